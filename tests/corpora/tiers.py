#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges every report of a directory with `perfadapt profile` and compares it with public figures (throughput.csv).

usage: tiers.py [PERFADAPT DIRECTORY]   (of $PERFADAPT_BUILD; vulkan/ of the recordings in $PERFADAPT_CORPORA)

Prints a line a report, then the rank correlation of tier and score with the figures. Fails where a report is not
judged, a bound is broken, or the correlation is too low; skips (77) where there are no reports.
"""
import csv
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("PERFADAPT_BUILD", os.path.join(SOURCE, "build"))
CORPORA = os.environ.get("PERFADAPT_CORPORA") or os.path.join(SOURCE, "..", "shared", "corpora")

LEAST_OF_TIER = 0.9
LEAST_OF_SCORE = 0.95
FEWEST = 10  # reports that a correlation says something of
SOFTWARE = re.compile(r"llvmpipe|lavapipe|swiftshader|basic render", re.I)
RECENT = re.compile(
    r"GeForce RTX [345]0[5-9]0|RTX A\d{3,4}|Ada Generation|Blackwell|Radeon.* RX [679]\d{3}|Radeon Pro W[67]\d00"
    r"|Arc\(tm\) (Pro )?[AB]\d+|BMG|DG2", re.I)
PHONE = re.compile(r"Adreno|Mali-|Immortalis|PowerVR|Xclipse|Maleoon", re.I)


def read_figures(path):
    """(figure, type) by (name, number) and by name; a name alone is enough where all devices of that name agree."""
    exact, by_name = {}, {}
    with open(path, encoding="utf-8") as file:
        for row in csv.reader((line for line in file if not line.startswith("#")), delimiter=";"):
            name, figure = plain(row[0]), (float(row[6]), row[3].strip())
            exact[name, int(row[2], 0)] = figure
            for spelling in {name, without_brackets(name)}:
                by_name.setdefault(spelling, set()).add(figure)
    return exact, {name: figures.pop() for name, figures in by_name.items() if len(figures) == 1}


def without_brackets(name):
    return re.sub(r" \(.*\)$", "", name)


def plain(name):
    """Drivers write one device in several ways: "(R)", "(TM)", and the code name of RADV in brackets."""
    name = re.sub(r"\((R|TM|NVK [^)]*)\)", "", name, flags=re.I)
    name = re.sub(r"^(NVIDIA|AMD|Intel|Turnip) ", "", name.strip())
    return re.sub(r"\s+", " ", name).strip().lower()


def figure_of(profile, exact, by_name):
    name = plain(profile["device_name"] or "")
    exactly = exact.get((name, profile["device_id"]))
    return by_name.get(name, by_name.get(without_brackets(name), (None, ""))) if exactly is None else exactly


def judge(program, path):
    run = subprocess.run([program, "profile", "--json", "--from", path], capture_output=True, text=True, timeout=60,
                         check=False)
    if run.returncode != 0:
        return None, f"exit code {run.returncode}: {run.stderr.strip()}"
    try:
        return json.loads(run.stdout), None
    except ValueError as error:
        return None, f"no JSON: {error}"


def ranks(values):
    """Average ranks, for ties."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    result = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start:end + 1]:
            result[index] = (start + end) / 2
        start = end + 1
    return result


def spearman(left, right):
    left, right = ranks(left), ranks(right)
    mean = (len(left) - 1) / 2
    product = sum((a - mean) * (b - mean) for a, b in zip(left, right))
    squares = sum((a - mean) ** 2 for a in left) * sum((b - mean) ** 2 for b in right)
    return product / squares ** 0.5 if squares else 0.0


def broken_bound(profile, published_type):
    """The type is the judge's own, so names and the table have a say, too."""
    name, tier, kind = profile["device_name"] or "", profile["tier"], profile["device_type"]
    if tier is None:
        return "no tier"
    if SOFTWARE.search(name) or kind == "cpu" or published_type == "c":
        return None if tier == 0 else "software above tier 0"
    if (kind == "integrated" or published_type == "i" or PHONE.search(name)) and tier > 3:
        return "integrated above tier 3"
    if (kind == "discrete" and RECENT.search(name) or published_type == "r") and tier < 3:
        return "a card of the last three generations under tier 3"
    return None if profile["reasons"] else "no reasons"


def main():
    if len(sys.argv) not in (1, 3):
        print(__doc__)
        return 2
    program, directory = sys.argv[1:] or (os.path.join(BUILD, "bin", "perfadapt"), os.path.join(CORPORA, "vulkan"))
    reports = [name for name in os.listdir(directory) if name.endswith(".json")] if os.path.isdir(directory) else []
    if not reports:
        print(f"skipped: no reports in {directory}")
        return 77
    exact, by_name = read_figures(os.path.join(HERE, "throughput.csv"))
    failures, compared = 0, []
    for name in sorted(reports):
        profile, error = judge(program, os.path.join(directory, name))
        if profile is None:
            print(f"FAIL {name}: {error}")
            failures += 1
            continue
        figure, published_type = figure_of(profile, exact, by_name)
        error = broken_bound(profile, published_type)
        failures += error is not None
        score = profile["score"]
        print(f"{'FAIL' if error else 'ok  '} tier {profile['tier']} {profile['preset']:9} score "
              f"{'-' if score is None else round(score):>7} published {'-' if figure is None else round(figure):>7} "
              f"{profile['device_name']}{': ' + error if error else ''}")
        if figure and profile["tier"] and score:
            compared.append((profile["tier"], score, figure))
    if len(compared) >= FEWEST:
        tiers, scores, figures = zip(*compared)
        of_tier, of_score = spearman(tiers, figures), spearman(scores, figures)
        print(f"{len(compared)} with a figure: rank correlation of tier {of_tier:.3f}, of score {of_score:.3f}")
        failures += (of_tier < LEAST_OF_TIER) + (of_score < LEAST_OF_SCORE)
    elif len(reports) >= 2 * FEWEST:
        print(f"FAIL only {len(compared)} with a figure: too few to compare")
        failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
