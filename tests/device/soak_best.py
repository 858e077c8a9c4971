#!/usr/bin/python3
"""The best constant level over the very seconds in which the library ran, from what soak_bench has traced.

usage: soak_best.py TRACE.csv...

A card in a rack is no constant: the air at its inlet warms and cools by a degree within a minute, three levels of this
bench's load. A constant that ran before or after therefore is no yardstick for a few percent. This fits one plant to all
of a trace, whoever ran: the sensor shows, in whole degrees, an offset that drifts (linear between knots, a random walk) and
the metered power through two poles. What any constant level would have read during a run of the library then follows from
the offset of those seconds, from the level's power and from that power's flicker. The best is the highest level that would
have been above the limit for 5 % of the time at most, as soak_search_hold asks of a real one. How far to believe it: the
share of time above the limit is told as read and as the plant has it, and what one level more would have come to.

Needs python3-numpy and python3-scipy. SPDX-License-Identifier: MIT
"""

import csv
import sys

import numpy
from scipy.optimize import minimize
from scipy.special import ndtr

TICK_S = 0.1
POLES_S = (0.1, 8.0)
KNOT_S = 15.0
DRIFT_C = 0.25  # from knot to knot, one standard deviation
SENSOR_C = 0.15  # the sensor's own noise, below its grain of 1 °C
WEIGHT = 0.1  # ten readings a second tell little more than one
OUTLIERS = 0.02
COOL_S, COOL_W = 5.0, 120.0  # between two runs nothing is traced
ABOVE_MOST = 0.05
LEVELS, LEAST_COST = 32, 0.4  # of soak_bench's ladder
RESTS = ("idle", "full")


def cost(level):
    return LEAST_COST ** (1 - numpy.asarray(level) / (LEVELS - 1))


def read_runs(path):
    """[(policy, limit, columns every TICK_S)], in the order in which they ran."""
    runs = []
    try:
        file = open(path, newline="")
    except OSError as error:
        sys.exit(f"soak_best.py: {path}: {error.strerror}")
    with file:
        for row in csv.DictReader(file):
            if row["work"] is None:
                continue  # cut
            if not runs or runs[-1][0] != row["policy"] or float(row["t_s"]) < float(runs[-1][1][-1]["t_s"]):
                runs.append((row["policy"], []))
            runs[-1][1].append(row)
    return [(policy, rows[-1]["limit_c"], resample(rows)) for policy, rows in runs]


def resample(rows):
    time_s = numpy.array([float(row["t_s"]) for row in rows])
    ticks = numpy.arange(int(round(time_s[-1] / TICK_S)) + 1) * TICK_S
    at = numpy.clip(numpy.searchsorted(time_s, ticks, side="right") - 1, 0, len(rows) - 1)
    columns = {name: numpy.array([float(row[name]) for row in rows])[at]
               for name in ("temperature_c", "power_w", "quality")}
    columns["load"] = numpy.array([row["load"] for row in rows])[at]
    return columns


class Trace:
    """All runs behind each other; `runs` tells where each begins and ends."""

    def __init__(self, path):
        power, reading, self.runs, self.limit_c = [], [], [], None
        for policy, limit, columns in read_runs(path):
            if policy not in RESTS:
                self.limit_c = float(limit)
                if not policy[-1].isdigit():
                    power += [COOL_W] * int(COOL_S / TICK_S)
                    reading += [numpy.nan] * int(COOL_S / TICK_S)
            begin = len(power)
            power += list(columns["power_w"])
            reading += list(columns["temperature_c"])
            self.runs.append((policy, begin, len(power), columns))
        self.power_w, self.reading_c = numpy.array(power), numpy.array(reading)
        if self.limit_c is None:
            sys.exit(f"soak_best.py: {path}: no policy ran")
        position = numpy.arange(len(power)) * TICK_S / KNOT_S
        self.knot, self.part = position.astype(int), position % 1
        self.knots = int(self.knot[-1]) + 2
        self.known = numpy.flatnonzero(~numpy.isnan(self.reading_c))
        self.heat = numpy.stack([self.filtered(pole) for pole in POLES_S], 1)

    def filtered(self, pole_s):
        kept, out = numpy.exp(-TICK_S / pole_s), numpy.empty(len(self.power_w))
        state = self.power_w[0]
        for i, power in enumerate(self.power_w):
            state = out[i] = power + (state - power) * kept
        return out

    def offset(self, knots):
        return knots[self.knot] * (1 - self.part) + knots[self.knot + 1] * self.part


def fit(trace):
    """(°C per W of each pole, offset at each knot), the likeliest."""
    poles, known = len(POLES_S), trace.known
    heat, reading = trace.heat[known], trace.reading_c[known]
    knot, part = trace.knot[known], trace.part[known]
    scale = numpy.concatenate([numpy.full(poles, 0.01), numpy.ones(trace.knots)])

    def loss(scaled):
        values = scaled * scale
        gains, knots = values[:poles], values[poles:]
        true_c = heat @ gains + knots[knot] * (1 - part) + knots[knot + 1] * part
        low, high = (reading - true_c) / SENSOR_C, (reading + 1 - true_c) / SENSOR_C
        far = true_c - reading - 0.5
        stray = OUTLIERS * 0.3 * numpy.exp(-numpy.abs(far))
        likely = (1 - OUTLIERS) * (ndtr(high) - ndtr(low)) + stray + 1e-12
        bell = (numpy.exp(-low * low / 2) - numpy.exp(-high * high / 2)) / numpy.sqrt(2 * numpy.pi) / SENSOR_C
        slope = -WEIGHT * ((1 - OUTLIERS) * bell - stray * numpy.sign(far)) / likely
        gradient = numpy.zeros(trace.knots)
        numpy.add.at(gradient, knot, slope * (1 - part))
        numpy.add.at(gradient, knot + 1, slope * part)
        steps = numpy.diff(knots) / DRIFT_C
        gradient[1:] += steps / DRIFT_C
        gradient[:-1] -= steps / DRIFT_C
        total = -WEIGHT * numpy.log(likely).sum() + 0.5 * (steps**2).sum()
        return total, numpy.concatenate([heat.T @ slope, gradient]) * scale

    first = numpy.concatenate([numpy.full(poles, 0.02), numpy.full(trace.knots, reading[0])])
    bounds = [(0, None)] * poles + [(None, None)] * trace.knots
    best = minimize(loss, first / scale, jac=True, method="L-BFGS-B", bounds=bounds,
                    options={"maxiter": 3000, "maxfun": 4000})
    values = best.x * scale
    return values[:poles], values[poles:]


def level_power(trace):
    """Watts by level, and the flicker around them, from where a level stood for two seconds under the whole load."""
    costs, watts = [], []
    settle = int(2 / TICK_S)
    for policy, begin, end, columns in trace.runs:
        level = columns["quality"]
        for i in range(settle, end - begin):
            if policy not in RESTS and columns["load"][i] == "constant" and (level[i - settle:i + 1] == level[i]).all():
                costs.append(cost(level[i]))
                watts.append(columns["power_w"][i])
    costs, watts = numpy.array(costs), numpy.array(watts)
    line = numpy.polyfit(costs, watts, 1)
    flicker = watts - numpy.polyval(line, costs)
    for each in set(costs):
        flicker[costs == each] -= numpy.median(flicker[costs == each])
    return line, flicker


def likely_above(trace, true_c):
    return float(ndtr((true_c - numpy.ceil(trace.limit_c)) / SENSOR_C).mean())


def share_above(trace, level, seconds, fitted, power):
    """Of these seconds, above the limit at a constant level."""
    (gains, knots), (line, flicker) = fitted, power
    draw = numpy.random.default_rng(1).choice(flicker, size=(seconds.stop - seconds.start, 8))
    steady_c = trace.offset(knots)[seconds, None] + gains.sum() * numpy.polyval(line, cost(level))
    return likely_above(trace, steady_c + gains[0] * draw)


def best_level(trace, seconds, fitted, power):
    """(level, share above) of the best, and of the next."""
    shares = [(level, share_above(trace, level, seconds, fitted, power)) for level in range(LEVELS)]
    best = max((level for level, share in shares if share <= ABOVE_MOST), default=0)
    return shares[best], shares[min(best + 1, LEVELS - 1)]


def constant_seconds(run):
    """The seconds of constant load that count, not those in which the library learned."""
    _, begin, _, columns = run
    ticks = numpy.flatnonzero(columns["load"] == "constant")
    return slice(begin + int(ticks[0]), begin + int(ticks[-1]) + 1) if len(ticks) else None


def row_of(trace, run, seconds, fitted, power):
    policy, begin, _, columns = run
    offset = trace.offset(fitted[1])[seconds]
    own = cost(columns["quality"][seconds.start - begin:seconds.stop - begin]).mean()
    read = (trace.reading_c[seconds] > trace.limit_c).mean()
    plant = likely_above(trace, offset + trace.heat[seconds] @ fitted[0])
    (best, share), (_, share_next) = best_level(trace, seconds, fitted, power)
    return (f"| {policy} | {offset.min():.1f} to {offset.max():.1f} | {own:.3f} | {100 * read:.1f} | {100 * plant:.1f} | "
            f"{best} | {100 * share:.1f} | {100 * share_next:.1f} | {100 * own / cost(best):.1f} |")


def report(path):
    trace = Trace(path)
    power, fitted = level_power(trace), fit(trace)
    offset = trace.offset(fitted[1])
    print(f"{path}: {fitted[0].sum() * 1000:.1f} °C per kW, offset {offset.min():.1f} to {offset.max():.1f} °C\n")
    print("| policy | offset °C | work per frame | above the limit %, read | by the plant | best constant level | "
          "above the limit % | one level more | of the best constant's work % |")
    print("|---|---|---|---|---|---|---|---|---|")
    for run in trace.runs:
        seconds = constant_seconds(run) if run[0] in ("perfadapt", "constant") else None
        if seconds is not None:
            print(row_of(trace, run, seconds, fitted, power))


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        report(name)
