#!/usr/bin/python3
"""Draws the plots of docs/controller.md and writes its tables, from what `perfadapt sim` and `perfadapt drive` say.

usage: make.py PROGRAM                  draws docs/plots/*.svg
       make.py PROGRAM --tables         prints the tables
       make.py PROGRAM --tables FILE    writes them into FILE, between the lines "<!-- NAME -->" and "<!-- end -->",
                                        and the value of each constant that FILE lists, as the sources have it
       make.py PROGRAM --png DIRECTORY  draws pictures to look at, elsewhere

PROGRAM is build/bin/perfadapt. The same program gives the same bytes. Needs python3-matplotlib for the plots.

SPDX-License-Identifier: MIT
"""

import ast
import configparser
import csv
import json
import operator
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VARIANTS = ("plain", "cliff", "noise")
OURS = "perfadapt"
RANDOM_PLANTS = 36


# ---- What the program says ------------------------------------------------------------------------------------------


def simulate(program, *arguments):
    """The objects of `perfadapt sim --json`; leaving with 1 only means that a target is missed."""
    command = [program, "sim", *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode > 1:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_kind(objects, kind):
    return [o for o in objects if o["kind"] == kind]


def cells_of(objects, **wanted):
    return [o for o in of_kind(objects, "cell") if all(o[key] == value for key, value in wanted.items())]


def unique(objects, key):
    return list(dict.fromkeys(o[key] for o in of_kind(objects, "cell")))


def trace(program, plant, scene, policy):
    """One run: its columns as lists of numbers, one entry a second, and its result."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.csv")
        arguments = ("--plant", plant, "--scene", scene, "--policy", policy, "--trace", path)
        result = of_kind(simulate(program, *arguments), "cell")[0]
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
    return {key: [float(row[key]) for row in rows] for key in rows[0]}, result


# ---- A fast die, frame by frame: the controller through `drive` ------------------------------------------------------

COSTS = (1, 0.86, 0.74, 0.63, 0.53, 0.44, 0.36)
FRAME_S = 1 / 60
JUMP_S = 120.35  # between two ticks
WINDOW_S = (-0.6, 3.0)  # of what is drawn, around the jump


def read_plant(name):
    plant = configparser.ConfigParser()
    plant.read(os.path.join(ROOT, "profiles", "plants", name + ".ini"))
    return {key: float(value) for key, value in plant["plant"].items() if key != "name"}


class Die:
    """Die and board of a plant, as tools/sim/body.c has them; without throttling, leakage and noise."""

    def __init__(self, plant):
        self.plant = plant
        self.board_c = plant["ambient_c"] + plant["idle_w"] * plant["r2_k_per_w"]
        self.die_c = self.board_c + plant["idle_w"] * plant["r1_k_per_w"]
        self.read_c = self.die_c

    def live(self, busy, seconds):
        plant, steps = self.plant, 8
        power_w = plant["idle_w"] + plant["dynamic_w"] * min(1, busy / plant["busy_full"])
        for _ in range(steps):
            flow_w = (self.die_c - self.board_c) / plant["r1_k_per_w"]
            out_w = (self.board_c - plant["ambient_c"]) / plant["r2_k_per_w"]
            self.die_c += seconds / steps * (power_w - flow_w) / plant["c1_j_per_k"]
            self.board_c += seconds / steps * (flow_w - out_w) / plant["c2_j_per_k"]
        self.read_c += seconds / (0.5 + seconds) * (self.die_c - self.read_c)

    def reading(self):
        step_c = self.plant["sensor_step_c"]
        return round(self.read_c / step_c) * step_c


class Drive:
    """`perfadapt drive`: a line in, a line out."""

    def __init__(self, program):
        costs = ",".join(str(cost) for cost in COSTS)
        command = [program, "drive", "--levels", str(len(COSTS)), "--cost", costs, "--target-ms", "16.666667"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.rung, self.reasons = 0, "-"

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer.startswith("budget"):
            budget = dict(field.split("=", 1) for field in answer.split()[1:])
            self.rung = len(COSTS) - 1 - int(budget["quality"])
            self.reasons = budget["reasons"]
        elif answer.strip() != "=":
            sys.exit(f"drive: {line!r} gives {answer!r}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def run_fast_die(program, acting):
    """Frames around a jump of the load from 9 to 16 ms; without `acting`, the rung stays what it was before it."""
    plant, drive = read_plant("h200"), Drive(program)
    die, frames, ticks = Die(plant), [], []
    now_s, tick_s, busy_s, rung, index, late = 0.0, 1.0, 0.0, 0, 0, None
    while now_s < JUMP_S + WINDOW_S[1]:
        rung = drive.rung if acting or now_s < JUMP_S else rung
        gpu_s = (0.009 if now_s < JUMP_S else 0.016) * COSTS[rung]
        die.live(gpu_s / FRAME_S, FRAME_S)
        now_s += FRAME_S
        busy_s += gpu_s
        now_ns = round(now_s * 1e9)
        drive.tell(f"frame {now_ns} 3000000 -1")
        if late is not None:
            drive.tell(f"gpu {now_ns} {index - 1} {late}")
        late, index = round(gpu_s * 1e9), index + 1
        if now_s >= tick_s:
            busy = min(1, busy_s / (1.0 + now_s - tick_s))
            drive.tell(f"tick {now_ns} temp={die.reading():.1f} limit={plant['soft_c']:.1f} busy={busy:.4f}")
            ticks.append((now_s - JUMP_S, die.reading()))
            tick_s, busy_s = tick_s + 1, 0.0
        frames.append((now_s - JUMP_S, die.die_c, gpu_s * 1e3, rung))
    drive.close()
    inside = [frame for frame in frames if frame[0] >= WINDOW_S[0]]
    return inside, [tick for tick in ticks if tick[0] >= WINDOW_S[0]], plant["soft_c"]


# ---- Plots ----------------------------------------------------------------------------------------------------------

BLUE, LIGHT_BLUE, ORANGE, LIGHT_ORANGE, GREY, BLACK = "#08519c", "#6baed6", "#d94801", "#fd8d3c", "#737373", "#000000"
# Colour, marker, filled, dashes: each pair differs in more than the colour.
LOOKS = {
    "perfadapt": (BLUE, "o", True, "-"),
    "reference": (LIGHT_BLUE, "o", False, (0, (4, 1))),
    "ipa+frame": (ORANGE, "s", True, (0, (5, 2))),
    "step_wise+frame": (ORANGE, "s", False, (0, (5, 2, 1, 2))),
    "ipa": (LIGHT_ORANGE, "^", True, (0, (2, 1))),
    "step_wise": (LIGHT_ORANGE, "^", False, (0, (2, 1))),
    "bang-bang": (GREY, "v", True, (0, (1, 1))),
    "filament-like": (GREY, "D", False, (0, (1, 1))),
    "unity-like": (GREY, "P", True, (0, (1, 1))),
    "none": (GREY, "X", True, (0, (1, 1))),
    "clairvoyant": (BLACK, "*", True, (0, (1, 1))),
}


class Canvas:
    """Where figures go: small SVG without dates, fonts as text; or PNG to look at."""

    def __init__(self, folder, suffix):
        import matplotlib

        matplotlib.use("svg" if suffix == "svg" else "agg")
        matplotlib.rcParams.update(
            {
                "svg.fonttype": "none",
                "svg.hashsalt": "perfadapt",
                "font.family": "DejaVu Sans",
                "font.size": 9,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "grid.color": "#dddddd",
                "grid.linewidth": 0.6,
                "legend.frameon": False,
                "figure.constrained_layout.use": True,
            }
        )
        from matplotlib import pyplot

        self.pyplot, self.folder, self.suffix = pyplot, folder, suffix

    def save(self, figure, name):
        path = os.path.join(self.folder, f"{name}.{self.suffix}")
        figure.savefig(path, metadata={"Date": None, "Creator": None} if self.suffix == "svg" else None, dpi=110)
        self.pyplot.close(figure)
        if self.suffix == "svg":  # matplotlib ends lines of paths with blanks, and names no other font
            with open(path) as file:
                text = re.sub(r"[ \t]+$", "", file.read(), flags=re.MULTILINE)
            text = text.replace("'DejaVu Sans'", "'DejaVu Sans', sans-serif")
            with open(path, "w") as file:
                file.write(text)
        print(f"{path}: {os.path.getsize(path) / 1000:.0f} kB")


def tenths(values):
    """The first and the last decile."""
    cuts = statistics.quantiles(values, n=10, method="inclusive")
    return cuts[0], cuts[-1]


def cross(axes, policy, across, upwards):
    """A marker at the means; bars hold eight of ten cells."""
    colour, marker, filled, _ = LOOKS[policy]
    x, y = statistics.fmean(across), statistics.fmean(upwards)
    axes.plot(tenths(across), [y, y], color=colour, linewidth=0.9, alpha=0.6, solid_capstyle="butt")
    axes.plot([x, x], tenths(upwards), color=colour, linewidth=0.9, alpha=0.6, solid_capstyle="butt")
    axes.plot(
        x, y, marker, color=colour, markersize=9 if marker == "*" else 7, linestyle="none", label=policy,
        markerfacecolor=colour if filled else "white", markeredgecolor=colour, zorder=4 if policy == OURS else 3,
    )  # fmt: skip


def draw_quality(canvas, objects):
    figure, panels = canvas.pyplot.subplots(1, 2, figsize=(8.6, 4.6), sharey=True, constrained_layout=False)
    figure.subplots_adjust(left=0.08, right=0.98, top=0.97, bottom=0.24, wspace=0.06)
    for policy in LOOKS:
        cells = cells_of(objects, policy=policy)
        share = [cell["eff_quality_share"] for cell in cells]
        cross(panels[0], policy, [cell["throttled_percent"] for cell in cells], share)
        cross(panels[1], policy, [cell["overshoot_c"] for cell in cells], share)
    panels[0].set_xscale("symlog", linthresh=0.01, linscale=0.6)
    panels[0].set_xlim(-0.002, 130)
    panels[0].set_xticks([0, 0.01, 0.1, 1, 10, 100], ["0", "0.01", "0.1", "1", "10", "100"])
    panels[0].xaxis.set_minor_locator(canvas.pyplot.NullLocator())
    panels[0].set_ylim(0.65, 1.08)
    panels[0].set_xlabel("time throttled, %")
    panels[0].set_ylabel("effective quality / clairvoyant's")
    panels[1].axvline(0, color=BLACK, linewidth=0.8)
    panels[1].axvline(1.5, color=ORANGE, linewidth=0.8, linestyle=(0, (5, 2)))
    panels[1].annotate("target", (0, 0.66), xytext=(-4, 0), textcoords="offset points", ha="right")
    panels[1].annotate("throttles", (1.5, 0.66), xytext=(4, 0), textcoords="offset points")
    panels[1].set_xlim(-8, 3.4)
    panels[1].set_xlabel("highest die temperature - target, °C")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=6, handletextpad=0.2, columnspacing=1.2)
    canvas.save(figure, "quality")


def every(values, step):
    return values[::step]


def changes(times, values):
    """The corners of a step function."""
    kept = [i for i, value in enumerate(values) if i == 0 or value != values[i - 1]]
    return [times[i] for i in kept] + [times[-1]], [values[i] for i in kept] + [values[-1]]


def draw_series(canvas, program):
    figure, panels = canvas.pyplot.subplots(
        3, 1, figsize=(8.6, 6.2), sharex=True, gridspec_kw={"height_ratios": (3, 2, 1)}
    )
    heat, rungs, work = panels
    for policy in ("clairvoyant", "ipa+frame", OURS):
        columns, result = trace(program, "handheld", "step", policy)
        colour, _, _, dashes = LOOKS[policy]
        width = 1.8 if policy == OURS else 1.2
        heat.plot(every(columns["t_s"], 4), every(columns["die_c"], 4), color=colour, linestyle=dashes, linewidth=width)
        times, levels = changes(columns["t_s"], columns["rung"])
        label = f"{policy}: {result['switches']} switches, quality {result['eff_quality']:.3f}"
        rungs.step(times, levels, where="post", color=colour, linestyle=dashes, linewidth=width, label=label)
    heat.axhline(result["limit_c"], color=BLACK, linewidth=1)
    heat.axhline(result["target_c"], color=BLACK, linewidth=1, linestyle=(0, (6, 3)))
    heat.annotate("throttles", (1200, result["limit_c"]), xytext=(0, 3), textcoords="offset points", ha="right")
    heat.annotate("target", (1200, result["target_c"]), xytext=(0, -11), textcoords="offset points", ha="right")
    heat.set_ylabel("die, °C")
    heat.set_ylim(result["limit_c"] - 23, result["limit_c"] + 3)
    rungs.invert_yaxis()
    rungs.set_yticks(range(0, 8, 2))
    rungs.set_ylim(7.4, -0.4)
    rungs.set_ylabel("rung (0 = best)")
    rungs.legend(loc="lower left", handlelength=3.2)
    times, works = changes(columns["t_s"], columns["work_ms"])
    work.step(times, works, where="post", color=GREY, linewidth=1.4)
    work.set_ylim(0, 20)
    work.set_ylabel("work, ms")
    work.set_xlabel("time, s")
    work.set_xlim(0, 1200)
    figure.align_ylabels(panels)
    canvas.save(figure, "series")


def draw_fast(canvas, program):
    left, ticks, limit_c = run_fast_die(program, acting=False)
    frames, _, _ = run_fast_die(program, acting=True)
    figure, panels = canvas.pyplot.subplots(
        2, 1, figsize=(8.6, 4.6), sharex=True, gridspec_kw={"height_ratios": (3, 2)}
    )
    heat, time = panels
    heat.plot(
        [f[0] for f in left], [f[1] for f in left], color=ORANGE, linestyle=(0, (5, 2)), label="had the rung been kept"
    )
    heat.plot([f[0] for f in frames], [f[1] for f in frames], color=BLUE, linewidth=1.8, label="with the fast step")
    heat.axhline(limit_c, color=BLACK, linewidth=1)
    heat.axhline(limit_c - 1.5, color=BLACK, linewidth=1, linestyle=(0, (6, 3)))
    heat.annotate("throttles", (WINDOW_S[0], limit_c), xytext=(2, 3), textcoords="offset points")
    heat.annotate("target", (WINDOW_S[0], limit_c - 1.5), xytext=(2, 3), textcoords="offset points")
    heat.set_ylabel("die, °C")
    heat.legend(loc="lower right", bbox_to_anchor=(WINDOW_S[1], limit_c + 0.2), bbox_transform=heat.transData)
    for panel in panels:
        for at_s, _ in ticks:
            panel.axvline(at_s, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    heat.annotate("a tick", (ticks[1][0], limit_c + 1), xytext=(3, 0), textcoords="offset points", color=GREY)
    time.plot([f[0] for f in frames], [f[2] for f in frames], ".", color=BLUE, markersize=3.5)
    before = frames[0][3]
    for previous, frame in zip(frames, frames[1:]):
        if frame[3] == previous[3]:
            continue
        time.annotate(
            f"rung {previous[3]} to {frame[3]}, {frame[0] * 1e3:.0f} ms after the jump", (frame[0], frame[2]),
            xytext=(22, 14 if frame[3] > before else -14), textcoords="offset points", arrowprops={"arrowstyle": "-"},
        )  # fmt: skip
    time.set_ylim(0, 17)
    time.set_ylabel("GPU time of\na frame, ms")
    time.set_xlabel("time after the load went from 9 to 16 ms, s")
    time.set_xlim(*WINDOW_S)
    figure.align_ylabels(panels)
    canvas.save(figure, "fast")


def draw_switches(canvas, objects):
    policies = [policy for policy in LOOKS if policy != "none"]
    rates = {p: sorted(cell["switches_per_min"] for cell in cells_of(objects, policy=p)) for p in policies}
    policies.sort(key=lambda p: statistics.fmean(rates[p]), reverse=True)
    figure, axes = canvas.pyplot.subplots(figsize=(8.6, 3.6))
    for y, policy in enumerate(policies):
        colour, marker, filled, _ = LOOKS[policy]
        values = rates[policy]
        first, middle, third = statistics.quantiles(values, n=4, method="inclusive")
        axes.plot([values[0], values[-1]], [y, y], color=colour, linewidth=0.9)
        axes.barh(y, third - first, left=first, height=0.6, facecolor="white", edgecolor=colour, linewidth=1.2)
        axes.plot([middle, middle], [y - 0.3, y + 0.3], color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot(
            statistics.fmean(values), y, marker, color=colour, markersize=7, zorder=4,
            markerfacecolor=colour if filled else "white",
        )  # fmt: skip
    axes.axvline(1.7, color=BLACK, linewidth=0.8, linestyle=(0, (6, 3)))
    axes.annotate("target per cell", (1.7, len(policies) - 0.4), xytext=(4, 0), textcoords="offset points")
    axes.set_yticks(range(len(policies)), policies)
    axes.grid(axis="y", visible=False)
    axes.set_xscale("symlog", linthresh=1, linscale=1.5)
    axes.set_xticks([0, 0.5, 1, 2, 5, 10, 20, 50], ["0", "0.5", "1", "2", "5", "10", "20", "50"])
    axes.xaxis.set_minor_locator(canvas.pyplot.NullLocator())
    axes.set_xlim(0, 70)
    axes.set_ylim(-0.6, len(policies))
    axes.set_xlabel("switches per minute: all cells, middle half, median (bar), mean (marker)")
    canvas.save(figure, "switches")


def draw(program, folder, suffix):
    canvas = Canvas(folder, suffix)
    objects = simulate(program, "--all")
    draw_quality(canvas, objects)
    draw_series(canvas, program)
    draw_fast(canvas, program)
    draw_switches(canvas, objects)


# ---- Tables ---------------------------------------------------------------------------------------------------------


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def share(value):
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.3f}"


def percent(value):
    return "0" if value == 0 else f"{value:.4f}" if value < 0.01 else f"{value:.3f}" if value < 1 else f"{value:.1f}"


def summary_row(cells):
    def mean(key):
        return statistics.fmean(cell[key] for cell in cells)

    def worst(key, choose=max):
        return choose(cell[key] for cell in cells)

    return [
        f"{percent(mean('throttled_percent'))} / {percent(worst('throttled_percent'))}",
        f"{worst('overshoot_c'):+.2f}",
        f"{mean('late_percent'):.3f}",
        f"{share(mean('eff_quality_share'))} / {share(worst('eff_quality_share', min))}",
        f"{mean('switches_per_min'):.2f} / {worst('switches_per_min'):.2f}",
    ]


SUMMARY_HEAD = ["policy", "throttled %", "overshoot °C", "late %", "quality share", "switches/min"]


def summary_table(objects, variant):
    rows = [[p, *summary_row(cells_of(objects, policy=p, variant=variant))] for p in unique(objects, "policy")]
    return table(SUMMARY_HEAD, rows)


def by_table(objects, key):
    """Plant by plant, or scene by scene: ours beside the two well-built classics."""
    policies = (OURS, "ipa+frame", "step_wise+frame")
    rows = []
    for name in unique(objects, key):
        row = [name]
        for policy in policies:
            cells = cells_of(objects, policy=policy, variant="plain", **{key: name})
            quality, throttled, switches = (
                statistics.fmean(cell[k] for cell in cells)
                for k in ("eff_quality_share", "throttled_percent", "switches_per_min")
            )
            row.append(f"{share(quality)} · {percent(throttled)} · {switches:.2f}")
        rows.append(row)
    return table([key, *policies], rows)


WORDS = {
    "throttled_percent": "throttled, %",
    "overshoot_c": "overshoot, °C",
    "late_percent": "late, %",
    "eff_quality_share": "quality share",
    "switches_per_min": "switches/min",
}


def miss_table(objects):
    """Every target that is missed, beside what the clairvoyant reaches there."""
    clairvoyant = {(c["plant"], c["scene"], c["variant"]): c for c in cells_of(objects, policy="clairvoyant")}
    rows = []
    for miss in of_kind(objects, "miss"):
        cell = clairvoyant.get((miss["plant"], miss["scene"], miss["variant"]))
        beside = f"{cell[miss['what']]:.3f}" if cell else "-"
        name = WORDS[miss["what"].removeprefix("mean ")]
        where = f"{miss['plant']}, {miss['scene']}" if miss["plant"] else "all cells"
        rows.append([where, miss["variant"], name, f"{miss['value']:.3f}", f"{miss['target']:g}", beside])
    rows = rows or [["none", "", "", "", "", ""]]
    return table(["cell", "variant", "what", "reached", "target", "clairvoyant"], rows)


OTHER_CONDITIONS = (
    ("as above", ()),
    ("other random numbers", ("--seed", "2")),
    ("GPU times with the frame", ("--gpu-late", "0")),
    ("GPU times 3 frames late", ("--gpu-late", "3")),
    ("costs really c^0.85", ("--cost-exponent", "0.85")),
    ("costs really c^1.2", ("--cost-exponent", "1.2")),
    ("sensors every 0.1 s", ("--tick-ms", "100")),
    ("sensors every 2 s", ("--tick-ms", "2000")),
    ("3 quality levels", ("--levels", "3")),
    ("render scale alone", ("--levels", "1", "--scale", "0.5:1")),
    ("frame rate alone", ("--levels", "1")),
)


def conditions_table(program):
    rows = []
    for name, arguments in OTHER_CONDITIONS:
        objects = simulate(program, "--all", "--policy", OURS, *arguments)
        command = f"`{' '.join(arguments)}`" if arguments else ""
        rows.append([name, command, *summary_row(cells_of(objects, variant="plain"))])
    return table(["conditions", "options", *SUMMARY_HEAD[1:]], rows)


# ---- An interactive session beside others ----------------------------------------------------------------------------

TOGETHER_PLANTS = ("handheld", "laptop-dgpu", "rpi4")
TOGETHER_HEAD = ["plant", "beside it", "throttled %", "late %", "quality", "switches/min", "export, frames/s",
                 "export gives way, % of the time", "at the minimum after, ms at most"]


def known(value, digits, factor=1):
    return "-" if value is None else f"{value * factor:.{digits}f}"


def together_table(program):
    company = {"alone": "nobody", "yielding": "two that give way", "yield=off": "two that do not"}
    rows = [[run["plant"], company[run["company"]], known(run["throttled_percent"], 1), known(run["late_percent"], 2),
             known(run["eff_quality"], 3), known(run["switches_per_min"], 2), known(run["export_fps"], 1),
             known(run["export_yielded_percent"], 0), known(run["export_slowest_yield_s"], 0, 1000)]
            for plant in TOGETHER_PLANTS
            for run in simulate(program, "--together", "--plant", plant, "--scene", "menu", "--fps", "60:60")]
    return table(TOGETHER_HEAD, rows)


def make_tables(program):
    objects = simulate(program, "--all")
    randoms = simulate(program, "--random", str(RANDOM_PLANTS))
    tables = {f"summary {variant}": summary_table(objects, variant) for variant in VARIANTS}
    tables["by plant"] = by_table(objects, "plant")
    tables["by scene"] = by_table(objects, "scene")
    tables["misses"] = miss_table(objects)
    tables["random"] = summary_table(randoms, "plain")
    tables["random misses"] = miss_table(randoms)
    tables["conditions"] = conditions_table(program)
    tables["together"] = together_table(program)
    return tables


# ---- Constants, as the sources have them -----------------------------------------------------------------------------

OPERATORS = {ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Add: operator.add, ast.Sub: operator.sub}
UNITS = {"SECOND": 1.0, "MS": 1e-3, "MIB": 1.0}  # times come out in seconds, sizes in MiB


def number(node):
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.Name):
        return UNITS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -number(node.operand)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](number(node.left), number(node.right))
    raise ValueError(ast.dump(node))


def plain(text):
    """C's expression as a number in plain words; what is no number stays as it is written."""
    text = re.sub(r"INT64_C\((\d+)\)", r"\1", text.strip())
    text = re.sub(r"(?<=\d)[Ff]\b", "", text)
    try:
        return f"{number(ast.parse(text, mode='eval').body):.6g}"
    except (ValueError, SyntaxError, KeyError):
        return text


def horizons(text):
    """PERFADAPT__AFTER_500_MS, PERFADAPT__AFTER_1_S … as seconds."""
    found = re.findall(r"PERFADAPT__AFTER_(\d+)_(MS|S)", text)
    return ", ".join(f"{int(n) / (1000 if unit == 'MS' else 1):g}" for n, unit in found)


def constant(file, name):
    for room in ("control", "sampler"):
        path = os.path.join(ROOT, "libperfadapt", room, file)
        if os.path.exists(path):
            break
    with open(path) as source:
        text = re.sub(r"/\*.*?\*/", "", source.read(), flags=re.DOTALL).replace("\\\n", " ")
    found = re.search(rf"\b{name}(?:\[[^\]]*\])?\s*=\s*(\{{[^}}]*\}}|[^,;]+)", text)
    found = found or re.search(rf"#define {name}\s+(.+)", text)
    if not found:
        sys.exit(f"{file}: no {name} any more")
    value = found.group(1).strip()
    if not value.startswith("{"):
        return plain(value)
    return horizons(value) or ", ".join(plain(item) for item in value.strip("{} ").split(",") if item.strip())


def fill_constants(text):
    row = re.compile(r"^\| `(\w+\.[ch])` `(\w+)` \| [^|]* \|", re.MULTILINE)
    return row.sub(lambda m: f"| `{m[1]}` `{m[2]}` | {constant(m[1], m[2])} |", text)


def write_tables(tables, path):
    with open(path) as file:
        text = file.read()
    for name, lines in tables.items():
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not block.search(text):
            print(f"{path}: no place for the table \"{name}\"", file=sys.stderr)
        text = block.sub(lambda m, lines=lines: m[1] + "\n".join(lines) + "\n" + m[2], text)
    with open(path, "w") as file:
        file.write(fill_constants(text))


def main(arguments):
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        draw(arguments[0], HERE, "svg")
    elif len(arguments) == 3 and arguments[1] == "--png":
        draw(arguments[0], arguments[2], "png")
    elif len(arguments) in (2, 3) and arguments[1] == "--tables":
        tables = make_tables(arguments[0])
        if len(arguments) == 3:
            write_tables(tables, arguments[2])
            return
        for name, lines in tables.items():
            print(f"{name}\n")
            print("\n".join(lines), end="\n\n")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
