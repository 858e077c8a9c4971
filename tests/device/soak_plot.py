#!/usr/bin/python3
"""Draws what soak_bench has traced: soak-constant.svg and soak-jump.svg, a column for each policy.

usage: soak_plot.py [-o OUTPUT_DIRECTORY] TRACE.csv...
       soak_plot.py --thin TRACE.csv    prints the trace with one row a second, to be kept

Where several traces have a policy, the first one counts; where it ran several times, the last. The plots go to docs/plots,
or to OUTPUT_DIRECTORY. The same traces give the same bytes. Needs python3-matplotlib.

SPDX-License-Identifier: MIT
"""

import csv
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PLOTS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "plots")
sys.path.insert(0, PLOTS)

import make  # noqa: E402  the look of every plot

LOADS = ("constant", "jump")
ORDER = ("perfadapt", "constant", "ipa+frame", "step_wise", "bang-bang")


def order(policy):
    return ORDER.index(policy) if policy in ORDER else len(ORDER)


def number(text):
    return float(text) if text else float("nan")


def read_trace(path):
    """{load: {policy: rows}} of the runs that are compared, and the limit."""
    runs, limit_c = {load: {} for load in LOADS}, None
    try:
        file = open(path, newline="")
    except OSError as error:
        sys.exit(f"soak_plot.py: {path}: {error.strerror}")
    with file:
        for row in csv.DictReader(file):
            if int(row["round"]) == 0 or row["load"] not in LOADS:
                continue  # what was measured before, and what the library learned in
            limit_c = number(row["limit_c"])
            rows = runs[row["load"]].setdefault(row["policy"], [])
            if rows and (row["round"] != rows[-1]["round"] or number(row["t_s"]) < number(rows[-1]["t_s"])):
                rows.clear()  # it runs again
            rows.append(row)
    if limit_c is None:
        sys.exit(f"soak_plot.py: {path}: no policy ran to its end")
    return runs, limit_c


def thin(path):
    """Every row that begins a second of its run."""
    with open(path, newline="") as file:
        print(next(file), end="")
        before = None
        for line in file:
            fields = line.split(",")
            now = (*fields[:3], int(float(fields[3])))
            if now != before:
                print(line, end="")
            before = now


def column(rows, key):
    return [number(row[key]) for row in rows]


def steps(axes, times, values, **look):
    axes.step(*make.changes(times, values), where="post", **look)


def work_per_s(rows, times):
    return (number(rows[-1]["work"]) - number(rows[0]["work"])) / (times[-1] - times[0])


def draw(canvas, load, runs, limit_c):
    names = list(runs)
    figure, panels = canvas.pyplot.subplots(
        2, len(names), figsize=(2.0 * len(names) + 0.6, 4.4), sharex="col", sharey="row", squeeze=False,
        gridspec_kw={"height_ratios": (3, 2)},
    )  # fmt: skip
    best = None
    if "constant" in runs:
        best = work_per_s(runs["constant"], column(runs["constant"], "t_s"))
    for heat, quality, name in zip(panels[0], panels[1], names):
        rows = runs[name]
        colour = make.LOOKS.get(name, (make.BLACK,))[0]
        start_s = number(rows[0]["t_s"])
        times = [t_s - start_s for t_s in column(rows, "t_s")]
        celsius = column(rows, "temperature_c")
        above = sum(c > limit_c for c in celsius) / len(celsius)
        work = work_per_s(rows, times)
        share = f"{100 * work / best:.0f} % of the constant's work" if best else f"{work:.1f} work/s"
        heat.axhline(limit_c, color=make.BLACK, linewidth=1, linestyle=(0, (6, 3)))
        steps(heat, times, celsius, color=colour, linewidth=1.2)
        heat.set_title(f"{name}\n{100 * above:.0f} % above the limit\n{share}", fontsize=8)
        # What the scene asks, and what is drawn of it, in frames of the best quality.
        weights = column(rows, "weight")
        steps(quality, times, column(rows, "quality"), color=colour, linewidth=1.2)
        steps(quality, times, [31 * w for w in weights], color=make.GREY, linewidth=0.8, linestyle=(0, (1, 1)))
        quality.set_xlabel("s")
    panels[0][0].set_ylabel("GPU, °C")
    panels[1][0].set_ylabel("quality, weight")
    panels[1][0].set_ylim(-1, 33)
    canvas.save(figure, f"soak-{load}")


def main(arguments):
    folder = PLOTS
    if len(arguments) > 1 and arguments[0] == "-o":
        folder, arguments = arguments[1], arguments[2:]
    if len(arguments) == 2 and arguments[0] == "--thin":
        thin(arguments[1])
        return
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    os.makedirs(folder, exist_ok=True)
    runs = {load: {} for load in LOADS}
    for path in arguments:
        newer, limit_c = read_trace(path)
        for load in LOADS:
            runs[load] = {**newer[load], **runs[load]}
    for load in LOADS:
        runs[load] = {name: runs[load][name] for name in sorted(runs[load], key=order)}
    canvas = make.Canvas(folder, "svg")
    for load in LOADS:
        if runs[load]:
            draw(canvas, load, runs[load], limit_c)


if __name__ == "__main__":
    main(sys.argv[1:])
