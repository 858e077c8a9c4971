#!/usr/bin/python3
"""Fits a plant of `perfadapt sim` to a measured step response, by least squares in the simulator's own model.

usage: fit_plant.py PLANT.ini STEPS.csv [NEW.ini]

STEPS.csv is what was read of a GPU while its load went up and down in steps. Columns t_s, phase, duty (0 to 1: the share of
the time that it was busy), temp_c, power_w; others are passed over. Prints how far the plant is off before and after, phase
by phase, and the keys that change; with NEW.ini writes the plant with them, every other line as it was.

What is fitted, in two steps, since power is measured:
  idle_w, dynamic_w, busy_full                    power against duty: a line up to the power cap
  r1_k_per_w, c1_j_per_k, r2_k_per_w, c2_j_per_k,
  ambient_c                                       temperature against that power: die and board, as tools/sim/body.c has them
The reading is compared with the die itself: this sensor is faster than the lag that the simulator adds to every sensor.
Leakage is kept as it is. Needs python3-numpy.

SPDX-License-Identifier: MIT
"""

import csv
import math
import re
import sys

import numpy

POWER_KEYS = ("idle_w", "dynamic_w", "busy_full")
HEAT_KEYS = ("r1_k_per_w", "c1_j_per_k", "r2_k_per_w", "c2_j_per_k", "ambient_c")
SETTLING_S = 2.0  # after a step: what the power meter still averages
ROUNDS = 60


# ---- Files ----------------------------------------------------------------------------------------------------------


def read_plant(path):
    plant = {}
    with open(path) as file:
        for line in file:
            found = re.match(r"\s*(\w+)\s*=\s*([-+.\deE]+)\s*$", line)
            if found:
                plant[found[1]] = float(found[2])
    missing = [key for key in (*POWER_KEYS, *HEAT_KEYS, "leak_w") if key not in plant]
    if missing:
        sys.exit(f"fit_plant.py: {path}: no {', '.join(missing)}")
    return plant


def read_steps(path):
    columns = {"t_s": [], "duty": [], "temp_c": [], "power_w": []}
    phases, line = [], 1
    try:
        with open(path, newline="") as file:
            for line, row in enumerate(csv.DictReader(file), 2):
                for key, values in columns.items():
                    values.append(float(row[key]))
                phases.append(row["phase"])
    except OSError as error:
        sys.exit(f"fit_plant.py: {path}: {error.strerror}")
    except (KeyError, TypeError, ValueError) as error:
        sys.exit(f"fit_plant.py: {path}:{line}: {error}")
    if len(phases) < 10:
        sys.exit(f"fit_plant.py: {path}: too few rows to fit to")
    return {key: numpy.array(values) for key, values in columns.items()}, phases


def digits(value, count=4):
    return f"{value:.{count}g}"


def write_plant(old_path, new_path, plant):
    with open(old_path) as file:
        text = file.read()
    for key in (*POWER_KEYS, *HEAT_KEYS):
        text = re.sub(rf"(?m)^({key}\s*=\s*).*$", lambda m, key=key: m[1] + digits(plant[key]), text)
    with open(new_path, "w") as file:
        file.write(text)


# ---- The model ------------------------------------------------------------------------------------------------------


def power_of(plant, duty):
    return plant["idle_w"] + plant["dynamic_w"] * numpy.minimum(duty / plant["busy_full"], 1.0)


def leak_of(plant, die_c):
    return plant["leak_w"] * math.exp((die_c - 80.0) / 40.0) if plant["leak_w"] > 0 else 0.0


def stretch(plant, seconds):
    """e^(At) of die and board, by its eigenvalues: sim_body_stretch() of tools/sim/body.c."""
    die = 1.0 / (plant["r1_k_per_w"] * plant["c1_j_per_k"])
    board_in = 1.0 / (plant["r1_k_per_w"] * plant["c2_j_per_k"])
    board_out = 1.0 / (plant["r2_k_per_w"] * plant["c2_j_per_k"])
    half_trace = -0.5 * (die + board_in + board_out)
    fast = half_trace - math.sqrt(half_trace * half_trace - die * board_out)
    slow = die * board_out / fast
    f = math.exp(fast * seconds) / (fast - slow)
    s = math.exp(slow * seconds) / (slow - fast)
    board = board_in + board_out
    return (f * (-die - slow) + s * (-die - fast), (f + s) * die, (f + s) * board_in,
            f * (-board - slow) + s * (-board - fast))  # fmt: skip


def temperatures(plant, steps):
    """Of the die at each row, from balance at the first row's duty."""
    times, powers = steps["t_s"], power_of(plant, steps["duty"])
    board_c = plant["ambient_c"] + powers[0] * plant["r2_k_per_w"]
    die_c = board_c + powers[0] * plant["r1_k_per_w"]
    found, known = numpy.empty(len(times)), {}
    found[0] = die_c
    for i in range(1, len(times)):
        seconds = round(times[i] - times[i - 1], 4)
        if seconds not in known:
            known[seconds] = stretch(plant, seconds)
        die_die, die_board, board_die, board_board = known[seconds]
        power_w = powers[i - 1] + leak_of(plant, die_c)
        board_end_c = plant["ambient_c"] + power_w * plant["r2_k_per_w"]
        die_end_c = board_end_c + power_w * plant["r1_k_per_w"]
        die_off_c, board_off_c = die_c - die_end_c, board_c - board_end_c
        die_c = die_end_c + die_die * die_off_c + die_board * board_off_c
        board_c = board_end_c + board_die * die_off_c + board_board * board_off_c
        found[i] = die_c
    return found


# ---- The fit --------------------------------------------------------------------------------------------------------


def is_settled(steps):
    """Rows at least SETTLING_S after the last change of the duty."""
    changed = numpy.concatenate(([0.0], numpy.where(numpy.diff(steps["duty"]) != 0, steps["t_s"][1:], 0.0)))
    return steps["t_s"] - numpy.maximum.accumulate(changed) >= SETTLING_S


def least_squares(plant, keys, errors):
    """Levenberg and Marquardt, over logarithms where the sign is certain."""
    logarithmic = [key != "ambient_c" for key in keys]

    def plant_at(point):
        values = {key: math.exp(x) if log else x for key, x, log in zip(keys, point, logarithmic)}
        return {**plant, **values}

    point = numpy.array([math.log(plant[key]) if log else plant[key] for key, log in zip(keys, logarithmic)])
    found, damping = errors(plant_at(point)), 1e-3
    for _ in range(ROUNDS):
        slopes = numpy.empty((len(found), len(keys)))
        for k in range(len(keys)):
            moved = point.copy()
            moved[k] += 1e-4
            slopes[:, k] = (errors(plant_at(moved)) - found) / 1e-4
        normal = slopes.T @ slopes
        step = numpy.linalg.solve(normal + damping * numpy.diag(normal.diagonal()), -slopes.T @ found)
        step = numpy.clip(step, -0.5, 0.5)  # a slope of here says little of far away
        tried = errors(plant_at(point + step))
        if tried @ tried < found @ found:
            done = found @ found - tried @ tried < 1e-7 * (found @ found)
            point, found, damping = point + step, tried, damping / 5
            if done:
                break
        else:
            damping *= 5
    return plant_at(point)


def fit(plant, steps):
    settled = is_settled(steps)
    fitted = least_squares(
        plant, POWER_KEYS, lambda p: power_of(p, steps["duty"][settled]) - steps["power_w"][settled]
    )
    fitted["busy_full"] = min(1.0, fitted["busy_full"])
    return least_squares(fitted, HEAT_KEYS, lambda p: temperatures(p, steps) - steps["temp_c"])


# ---- What came of it ------------------------------------------------------------------------------------------------


def rms(values):
    return math.sqrt(numpy.mean(values * values))


def print_errors(steps, phases, before, after):
    errors = [temperatures(plant, steps) - steps["temp_c"] for plant in (before, after)]
    phases = numpy.array(phases)
    print("| phase | rows | RMSE before, °C | after | worst before, °C | after |\n|---|---|---|---|---|---|")
    for name in (*dict.fromkeys(phases), None):
        rows = phases == name if name is not None else numpy.ones(len(phases), bool)
        figures = [rms(e[rows]) for e in errors] + [numpy.max(numpy.abs(e[rows])) for e in errors]
        cells = " | ".join(f"{figure:.2f}" for figure in figures)
        print(f"| {name if name is not None else 'all'} | {numpy.sum(rows)} | {cells} |")


def print_powers(steps, before, after):
    settled = is_settled(steps)
    print("| duty | measured W | before | after |\n|---|---|---|---|")
    for duty in sorted(set(steps["duty"])):
        rows = settled & (steps["duty"] == duty)
        if numpy.any(rows):
            modelled = " | ".join(f"{power_of(plant, duty):.0f}" for plant in (before, after))
            print(f"| {duty:g} | {numpy.mean(steps['power_w'][rows]):.0f} | {modelled} |")


def print_poles(name, plant):
    fast_s = plant["r1_k_per_w"] * plant["c1_j_per_k"]
    slow_s = plant["r2_k_per_w"] * plant["c2_j_per_k"]
    total_c = (plant["r1_k_per_w"] + plant["r2_k_per_w"]) * plant["dynamic_w"]
    print(f"{name}: die {fast_s:.2f} s, board {slow_s:.1f} s, {total_c:.1f} °C from idle to full load")


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    before = read_plant(arguments[0])
    steps, phases = read_steps(arguments[1])
    after = fit(before, steps)
    print_errors(steps, phases, before, after)
    print()
    print_powers(steps, before, after)
    print()
    print_poles("before", before)
    print_poles("after", after)
    for key in (*POWER_KEYS, *HEAT_KEYS):
        print(f"{key} = {digits(after[key])}    ; was {digits(before[key])}")
    if len(arguments) == 3:
        write_plant(arguments[0], arguments[2], after)


if __name__ == "__main__":
    main(sys.argv[1:])
