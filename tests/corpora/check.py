#!/usr/bin/python3
"""perfadapt sensors on every recorded machine against right.ini. SPDX-License-Identifier: MIT

check.py [SECTION]...    some sections alone. Exit code 1: something is wrong, 77: no recordings.
"""
import configparser
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("PERFADAPT_BUILD", os.path.join(SOURCE, "build"))
PROGRAM = os.environ.get("PERFADAPT", os.path.join(BUILD, "bin", "perfadapt"))
CORPORA = os.environ.get("PERFADAPT_CORPORA") or os.path.join(SOURCE, "..", "shared", "corpora")
SNAPSHOT_H = os.path.join(SOURCE, "include", "perfadapt", "snapshot.h")
HEADROOM_RANGE_C = 30


# ---- laying out ----

def copy_tree(source, target):
    """Version control keeps links of recorded trees as files that hold the target."""
    os.makedirs(target, exist_ok=True)
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        to = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False):
            copy_tree(entry.path, to)
            continue
        with open(entry.path, "rb") as file:
            content = file.read()
        if content.startswith(b"../"):
            os.symlink(content.strip().rstrip(b"/"), to)
        else:
            with open(to, "wb") as file:
                file.write(content)


def lay_card_out(source, root):
    """As make-root.sh beside the recordings: the card in its class, its hwmon directories linked from theirs."""
    hwmon_class = os.path.join(root, "sys", "class", "hwmon")
    os.makedirs(hwmon_class)
    for card in sorted(os.listdir(source)):
        target = os.path.join(root, "sys", "class", "drm", card)
        if not card.startswith("card"):
            continue
        copy_tree(os.path.join(source, card), target)
        monitors = os.path.join(target, "device", "hwmon")
        for monitor in sorted(os.listdir(monitors)) if os.path.isdir(monitors) else []:
            os.symlink(f"../drm/{card}/device/hwmon/{monitor}", os.path.join(hwmon_class, monitor))


def lay_out(section, root):
    source = os.path.join(CORPORA, "sysfs", section)
    if section.startswith("LACT/"):
        lay_card_out(source, root)
    else:
        for name in ("sys", "proc"):
            if os.path.isdir(os.path.join(source, name)):
                copy_tree(os.path.join(source, name), os.path.join(root, name))


def sensors_of(root):
    done = subprocess.run([PROGRAM, "sensors", "--json", "--sysroot", root], capture_output=True, timeout=30,
                          check=False)
    if done.returncode != 0 or done.stderr:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return json.loads(done.stdout)


# ---- comparing ----

def why_texts():
    """Words of enum perfadapt_why and how they are printed."""
    with open(SNAPSHOT_H, encoding="utf-8") as file:
        block = file.read().split("PERFADAPT_WHY_MAP(X)")[1].split("enum")[0]
    return {name: text for name, text in re.findall(r'X\((\w+), \d+, "([^"]*)"\)', block)}


def is_right(wanted, found):
    """`wanted` as right.ini has it: "-", a number, lo..hi, a word, or several of them with "|" between."""
    if "|" in wanted:
        return any(is_right(part, found) for part in wanted.split("|"))
    wanted = wanted.strip()
    if wanted == "-":
        return found is None
    if isinstance(found, bool):
        return wanted == str(found).lower()
    if isinstance(found, (int, float)):
        if ".." in wanted:
            low, high = map(float, wanted.split(".."))
            return low <= found <= high
        try:
            return math.isclose(float(wanted), found, rel_tol=1e-5, abs_tol=1e-9)
        except ValueError:
            return False
    return wanted == found


def look_up(document, path):
    for key in path.split("."):
        if not isinstance(document, dict) or key not in document:
            return f"(no key {path})"
        document = document[key]
    return document


class Section:
    def __init__(self, name, wanted, document, whys):
        self.name, self.wanted, self.document, self.whys = name, wanted, document, whys
        self.complaints = []
        self.checked = 0

    def expect(self, what, wanted, found):
        self.checked += 1
        if not is_right(str(wanted), found):
            self.complaints.append(f"{what}: {json.dumps(found)}, right is {wanted}")

    def find_sensor(self, name):
        name, _, tail = name.partition("@")
        return [sensor for sensor in self.document["sensors"]
                if f"{sensor['chip']}/{sensor['label']}" == name and sensor["id"].endswith(tail)]

    def check_sensor(self, name, wanted):
        found = self.find_sensor(name)
        if not found:
            self.expect(f"sensor {name}", "listed", "missing")
        for sensor in found:
            role, temperature, limit = (part.strip() for part in wanted.split(";"))
            self.check_role(name, role, sensor)
            self.check_temperature(name, temperature, sensor)
            self.check_limit(name, limit, sensor)

    def check_role(self, name, wanted, sensor):
        self.expect(f"{name} role", wanted.rstrip("*?"), sensor["role"])
        if not wanted.endswith("?"):
            self.expect(f"{name} steers", str(wanted.endswith("*")).lower(), sensor["steers"])

    def check_temperature(self, name, wanted, sensor):
        if not wanted.startswith("not "):
            self.expect(f"{name} temp_c", wanted, sensor["temp_c"])
            self.expect(f"{name} state", "ok", sensor["state"])
            return
        how, why = wanted.split(": ")
        self.expect(f"{name} temp_c", "-", sensor["temp_c"])
        self.expect(f"{name} state", "error" if how == "not believed" else "unsupported", sensor["state"])
        self.expect(f"{name} why", self.whys[why], sensor["why"])

    def check_limit(self, name, wanted, sensor):
        celsius, source = ("-", "none") if wanted == "none" else wanted.split()
        self.expect(f"{name} limit_c", celsius, sensor["limit_c"])
        self.expect(f"{name} limit_source", source, sensor["limit_source"])

    def check_gpu(self, name, wanted):
        gpus = [gpu for gpu in self.document["gpus"] if gpu["id"] == name]
        if not gpus:
            self.expect(f"gpu {name}", "listed", "missing")
            return
        for pair in wanted.split(";"):
            key, value = pair.split()
            self.expect(f"gpu {name} {key}", value, look_up(gpus[0], key))

    def check_headroom(self):
        """What follows from the rest, for every sensor."""
        for sensor in self.document["sensors"]:
            known = sensor["state"] == "ok" and sensor["limit_c"] is not None
            right = max(0, 1 - (sensor["limit_c"] - sensor["temp_c"]) / HEADROOM_RANGE_C) if known else "-"
            self.expect(f"{sensor['id']} headroom", right, sensor["headroom"])

    def check(self):
        for key, wanted in self.wanted.items():
            kind, _, name = key.partition(" ")
            if kind == "sensor":
                self.check_sensor(name, wanted)
            elif kind == "gpu":
                self.check_gpu(name, wanted)
            elif kind == "value":
                self.expect(name, wanted, look_up(self.document, name))
            elif key in ("sensors", "gpus"):
                self.expect(f"number of {key}", wanted, len(self.document[key]))
            else:
                raise ValueError(f"right.ini: [{self.name}]: {key}")
        self.check_headroom()
        return self.complaints


def check(name, wanted, whys):
    root = tempfile.mkdtemp(prefix="perfadapt-corpora-")
    try:
        lay_out(name, root)
        section = Section(name, wanted, sensors_of(root), whys)
        complaints = section.check()
    except (RuntimeError, ValueError, KeyError, OSError, subprocess.TimeoutExpired) as error:
        return 0, [f"{type(error).__name__}: {error}"]
    finally:
        shutil.rmtree(root)
    return section.checked, complaints


def main(names):
    if not os.path.isdir(os.path.join(CORPORA, "sysfs")):
        print("skipped: no recorded trees")
        return 77
    right = configparser.ConfigParser(delimiters=("=",), comment_prefixes=(";",), interpolation=None)
    right.optionxform = str
    with open(os.path.join(HERE, "right.ini"), encoding="utf-8") as file:
        right.read_file(file)
    checked = wrong = 0
    for name in right.sections():
        if names and name not in names:
            continue
        count, complaints = check(name, right[name], why_texts())
        checked += count
        wrong += len(complaints)
        print(f"{name}: {'right' if not complaints else ''}")
        for complaint in complaints:
            print(f"  {complaint}")
    print(f"{checked} figures, {wrong} wrong")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
