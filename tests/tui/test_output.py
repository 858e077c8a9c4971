#!/usr/bin/python3
"""What perfadapt-top prints where nobody looks at a screen: JSON as documented, CSV, pipes. SPDX-License-Identifier: MIT"""
import csv
import fcntl
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import outcome
from test_top import BUILD, TIMEOUT_S, TOP, environment

SESSIONS = os.path.join(BUILD, "bin", "tui_sessions")


class Sessions:
    """Sessions named `name` in a runtime directory of their own; of each a frame every `frame_ms`."""

    def __init__(self, count, name, frame_ms=100, **changes):
        self.runtime_dir = tempfile.mkdtemp(prefix="perfadapt-output-")
        self.process = subprocess.Popen([SESSIONS, str(count), name, str(frame_ms)],
                                        env=environment(self.runtime_dir, **changes), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=TIMEOUT_S)
        shutil.rmtree(self.runtime_dir)


class Base(unittest.TestCase):
    def setUp(self):
        self.empty_dir = tempfile.mkdtemp(prefix="perfadapt-output-")
        self.addCleanup(shutil.rmtree, self.empty_dir)

    def sessions(self, *arguments, **changes):
        sessions = Sessions(*arguments, **changes)
        self.addCleanup(sessions.close)
        return sessions

    def run_top(self, *arguments, runtime_dir=None, **options):
        env = options.pop("env", None) or environment(runtime_dir or self.empty_dir)
        return subprocess.run([TOP, *arguments], env=env, timeout=TIMEOUT_S,
                              **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                                 **options})

    def rows(self, *arguments, **options):
        result = self.run_top("--csv", *arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return list(csv.DictReader(io.StringIO(result.stdout.decode("utf-8"), newline=""), strict=True))

    def rows_with(self, runtime_dir, *columns):
        """Rows of a time at which every session has come so far as to have something in these columns."""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            rows = self.rows(runtime_dir=runtime_dir)
            if all(row[column] for row in rows for column in columns):
                return rows
        raise AssertionError(f"nothing in {columns}: {rows}")


class Csv(Base):
    def test_apps(self):
        sessions = self.sessions(3, "viewer", 20)
        rows = self.rows_with(sessions.runtime_dir, "fps")
        self.assertEqual(len(rows), 3)
        for row in rows:
            self.assertNotIn(None, row)  # no more fields than columns
            self.assertNotIn(None, row.values())  # nor fewer
            self.assertEqual((row["pid"], row["name"]), (str(sessions.process.pid), "viewer"))
            self.assertEqual((row["app_state"], row["quality_levels"], row["gpu_p50_ms"]), ("running", "5", ""))
            self.assertRegex(row["time_utc"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$")
            for name in ("fps", "period_p50_ms", "period_p99_ms", "low_1_percent_fps", "cpu_p50_ms", "quality", "render_scale"):
                self.assertGreaterEqual(float(row[name]), 0, name)
            self.assertLessEqual(float(row["period_p50_ms"]), float(row["period_p99_ms"]))

    def test_samples(self):
        sessions = self.sessions(2, "viewer")
        result = self.run_top("--csv", "--batch", "-n", "3", "-d", "0.1", runtime_dir=sessions.runtime_dir)
        lines = result.stdout.decode().splitlines()
        self.assertEqual(len(lines), 1 + 3 * 2)
        self.assertEqual(sum(line.startswith("time_utc,") for line in lines), 1)
        elapsed = [float(row["elapsed_s"]) for row in csv.DictReader(lines)]
        self.assertEqual((elapsed[0], elapsed, len(set(elapsed))), (0, sorted(elapsed), 3))

    def test_each_sample_comes_at_once(self):
        with subprocess.Popen([TOP, "--csv", "--batch", "-d", "3600"], env=environment(self.empty_dir),
                              stdout=subprocess.PIPE) as process:
            self.addCleanup(process.kill)
            self.assertTrue(process.stdout.readline().startswith(b"time_utc,"))
            self.assertIn(b",", process.stdout.readline())
            process.terminate()

    def test_no_app(self):
        with tempfile.TemporaryDirectory() as root:
            row, = self.rows("--sysroot", root)
        known = {"time_utc", "elapsed_s", "host", "state", "throttle"}
        self.assertEqual({name for name, value in row.items() if value}, known)  # unknown is empty, never 0
        self.assertEqual((row["state"], row["throttle"]), ("unknown", "unknown"))
        row, = self.rows("--no-sampler")
        self.assertEqual((row["throttle"], row["memory_some_percent"], row["pid"]), ("", "", ""))

    def test_names_are_no_formulas(self):
        for name, field in (("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
                            ('a "b", c', 'a "b", c'), ('="x"', "'=\"x\""), ("b=c", "b=c"), ("Größe", "Größe")):
            row, = self.rows(runtime_dir=self.sessions(1, name).runtime_dir)
            self.assertEqual(row["name"], field)

    def test_names_stay_in_their_line(self):
        sessions = self.sessions(1, "a\nb\r\x1b[31mc\td")
        result = self.run_top("--csv", runtime_dir=sessions.runtime_dir)
        self.assertEqual(result.stdout.count(b"\n"), 2)
        for byte in (b"\r", b"\x1b", b"\t"):
            self.assertNotIn(byte, result.stdout)

    def test_locale(self):
        sessions = self.sessions(1, "viewer", 20)
        for changes in ({"LC_ALL": "de_DE.UTF-8"}, {"LC_NUMERIC": "de_DE.UTF-8"}, {"LANG": "C"}):
            env = environment(sessions.runtime_dir, **changes)
            row, = self.rows(env=env)
            self.assertRegex(row["elapsed_s"], r"^\d+\.\d+$")

    def test_sensors(self):
        with tempfile.TemporaryDirectory() as root:
            chip = os.path.join(root, "sys/class/hwmon/hwmon0")
            os.makedirs(chip)
            for name, text in (("name", "k10temp"), ("temp1_input", "61500"), ("temp1_crit", "95000"),
                               ("temp1_label", "Tctl")):
                with open(os.path.join(chip, name), "w", encoding="ascii") as file:
                    file.write(text + "\n")
            row, = self.rows("--sysroot", root)
        self.assertEqual((row["sensor"], row["temp_c"], row["limit_c"]), ("k10temp/Tctl", "61.5", "95.0"))
        self.assertEqual(row["state"], "cool")


RESOURCES = ("cpu", "memory", "io", "irq", "cgroup_cpu", "cgroup_memory", "cgroup_io")
DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "json.md")
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def section(title):
    with open(DOCUMENT, encoding="utf-8") as file:
        return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", file.read(), re.MULTILINE | re.DOTALL).group(1)


def tables(title):
    """{"apps[].fps": "frames/s"}: key and unit of each row of a section; a heading is what its rows are in."""
    rows = {}
    prefix = ""
    for line in section(title).splitlines():
        heading = re.match(r"### `([a-z_\[\]]+)`", line)
        if heading:
            prefix = heading.group(1) + "."
        elif line.startswith("| `"):
            keys, unit = line.split("|")[1:3]
            for key in re.findall(r"`([^`]+)`", keys):
                parent = first.rsplit(".", 1)[0] if key.startswith(".") else ""
                first = parent + key
                rows[prefix + first] = unit.strip()
    return rows


def documented():
    """Every key that --json may have, with its unit."""
    machine = tables("perfadapt sensors")
    machine = {key: unit for key, unit in machine.items() if key != "timestamp_ns"}
    throttle = {key: unit for key, unit in machine.items() if key.startswith("throttle.") and "evidence" not in key}
    keys = {}
    for key, unit in {**tables("perfadapt-top"), **machine}.items():
        within = {"budget": "apps[].", "decisions[]": "apps[]."}.get(key.split(".")[0], "")
        keys[within + key] = unit
    for owner in ("cpu", "gpus[]"):
        keys.update({f"{owner}.{key}": unit for key, unit in throttle.items()})
    stall = {key[len("psi."):]: unit for key, unit in keys.items() if key.startswith("psi.") and "*" not in key}
    keys = {key: unit for key, unit in keys.items() if not key.startswith("psi.")}
    stall["state"] = ""
    for resource in RESOURCES:
        keys[f"psi.{resource}"] = ""
        for kind in ("some", "full"):
            keys[f"psi.{resource}.{kind}"] = ""
            keys.update({f"psi.{resource}.{kind}.{key}": unit for key, unit in stall.items()})
    plant = {f"apps[].{key}": unit for key, unit in keys.items() if key.startswith("sensors[].")}
    return {re.sub(r"\[\]$", "", key): unit for key, unit in {**keys, **plant}.items()}


def walk(value, path=""):
    """Every key of a document with its value: ("apps[].fps", 59.9)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = f"{path}.{key}" if path else key
            yield name, inner
            yield from walk(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, path + "[]")


WHOLE = {"ns", "µs", "bytes", "count"}
KINDS = {"true, false": bool, "list": list, **{unit: int for unit in WHOLE},
         **{unit: (int, float) for unit in ("°C", "°C/s", "ms", "percent", "ratio", "frames/s", "W", "MHz", "number")}}
FRACTIONS = ("cpu.quota",)  # a count of processors, with fractions


def make_machine(root, files):
    for path, text in files.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")


HWMON = "sys/class/hwmon/"
STALL = "some avg10=1.50 avg60=2.25 avg300=0.00 total=123456\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=7890"
MACHINE = {
    HWMON + "hwmon0/name": "k10temp", HWMON + "hwmon0/temp1_input": "61500", HWMON + "hwmon0/temp1_label": "Tctl",
    HWMON + "hwmon0/temp1_crit": "95000",
    HWMON + "hwmon1/name": "amdgpu", HWMON + "hwmon1/temp1_input": "70000", HWMON + "hwmon1/temp1_label": "junction",
    HWMON + "hwmon1/temp1_fault": "1",
    "proc/pressure/cpu": STALL, "proc/pressure/memory": STALL, "proc/pressure/io": STALL,
    "proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB",
    "sys/class/power_supply/AC/type": "Mains", "sys/class/power_supply/AC/online": "1",
}


class Json(Base):
    def documents(self):
        """Of all kinds: with and without a machine, with sessions plain and simulated."""
        plain = self.sessions(1, "viewer", 20)
        simulated = self.sessions(1, "viewer", 20, PERFADAPT_SIMULATE="handheld:10")
        self.rows_with(plain.runtime_dir, "fps", "decision")
        self.rows_with(simulated.runtime_dir, "fps", "decision")
        with tempfile.TemporaryDirectory() as root:
            make_machine(root, MACHINE)
            for arguments, runtime_dir in (((), plain.runtime_dir), (("--no-sampler",), simulated.runtime_dir),
                                           (("--sysroot", root), self.empty_dir), ((), None)):
                yield json.loads(self.run_top("--json", *arguments, runtime_dir=runtime_dir).stdout)

    def test_documented(self):
        keys = documented()
        found = set()
        for document in self.documents():
            for path, value in walk(document):
                found.add(path)
                self.assertIn(path, keys, "docs/json.md does not have it")
                self.assert_kind(path, value, keys[path])
        missing = {key for key in keys if key not in found and not re.match(r"gpus\[\]\.|throttle\.evidence\[\]\.", key)}
        self.assertEqual(missing, set(), "docs/json.md has what was not printed")

    def assert_kind(self, path, value, unit):
        kind = KINDS.get(unit)
        if kind is None or value is None:
            return
        self.assertIsInstance(value, (int, float) if path in FRACTIONS else kind, path)
        self.assertEqual(isinstance(value, bool), kind is bool, path)

    def test_keys_are_always_there(self):
        documents = list(self.documents())
        for document in documents[1:]:
            self.assertEqual(list(document), list(documents[0]))
        apps = [list(app) for document in documents for app in document["apps"]]
        self.assertEqual(apps, [apps[0]] * 2)

    def test_units_end_keys(self):
        ends = {"ns": "_ns", "µs": "_us", "bytes": "_bytes", "ms": "_ms", "°C": "_c", "percent": "_percent",
                "frames/s": "fps", "W": "_w", "MHz": "_mhz", "°C/s": "_c_per_s"}
        for key, unit in documented().items():
            self.assertTrue(key.endswith(ends.get(unit, "")), (key, unit))


# What differs from run to run, by its key.
CLOCKS = re.compile(r'("(?:timestamp_ns|realtime_ns|since_ns|confidence|host)": )("[^"]*"|[\d.]+)')


class Golden(Base):
    """Outputs on a made-up machine, against files; PERFADAPT_GOLDEN=write writes them anew."""

    def check(self, name, text):
        path = os.path.join(GOLDEN, name)
        if os.environ.get("PERFADAPT_GOLDEN") == "write":
            os.makedirs(GOLDEN, exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read())

    def run_on(self, files, *arguments):
        with tempfile.TemporaryDirectory() as root:
            make_machine(root, files)
            result = self.run_top("--sysroot", root, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout.decode("utf-8")

    def test_json(self):
        for name, files in (("machine.json", MACHINE), ("nothing.json", {})):
            lines = json.dumps(json.loads(self.run_on(files, "--json")), indent=1, ensure_ascii=False)
            self.check(name, CLOCKS.sub(r'\1"…"', lines) + "\n")

    def test_csv(self):
        heading, values = list(csv.reader(io.StringIO(self.run_on(MACHINE, "--csv"))))
        masked = ("…" if name in ("time_utc", "host") else value for name, value in zip(heading, values))
        self.check("machine.csv.txt", "".join(f"{name} {value}".rstrip() + "\n" for name, value in zip(heading, masked)))

    def test_text(self):
        text = re.sub(r"^(perfadapt-top )\S+(  host ).*", r"\1…\2…", self.run_on(MACHINE, "--once"))
        self.check("machine.txt", text)


SAMPLES = ((), ("--once",), ("--json",), ("--csv",), ("--batch", "-n", "3", "-d", "0.05"),
           ("--batch", "--json", "-n", "3", "-d", "0.05"), ("--batch", "--csv", "-n", "3", "-d", "0.05"), ("--help",),
           ("--version",))


class Pipes(Base):
    def test_no_terminal_means_one_sample(self):
        result = self.run_top()
        self.assertEqual((result.returncode, result.stderr, result.stdout.count(b"perfadapt-top ")), (0, b"", 1))
        self.assertNotIn(b"\x1b", result.stdout)

    def test_reader_that_has_seen_enough(self):
        for arguments in (*SAMPLES, ("--batch",), ("--batch", "--json", "-d", "0.05"),
                          ("--batch", "--csv", "-d", "0.05")):
            reader, writer = os.pipe()
            os.close(reader)
            try:
                result = self.run_top(*arguments, stdout=writer)
            finally:
                os.close(writer)
            self.assertEqual((result.returncode, result.stderr), (0, b""), arguments)

    def test_disk_full(self):
        for arguments in SAMPLES:
            with open("/dev/full", "wb") as full:
                result = self.run_top(*arguments, stdout=full)
            self.assertEqual(result.returncode, 3, arguments)
            self.assertRegex(result.stderr, rb"^perfadapt-top: cannot write[^\n]*: No space left on device\n\Z")

    def test_closed_streams(self):
        for arguments in SAMPLES:
            for redirection, status in (("<&-", 0), (">&-", 3), ("2>&-", 0), ("<&- >&- 2>&-", 3), ("<&- 2>&-", 0)):
                command = f'exec "$0" "$@" {redirection}'
                result = subprocess.run(["/bin/sh", "-c", command, TOP, *arguments], timeout=TIMEOUT_S,
                                        env=environment(self.empty_dir), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
                self.assertEqual(result.returncode, status, (arguments, redirection))

    def test_pipe_that_does_not_block(self):
        sessions = self.sessions(40, "viewer")
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETFL, fcntl.fcntl(writer, fcntl.F_GETFL) | os.O_NONBLOCK)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        with subprocess.Popen([TOP, "--csv"], env=environment(sessions.runtime_dir), stdout=writer,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process, os.fdopen(reader, "rb") as file:
            os.close(writer)
            rows = file.read().decode().splitlines()
            self.assertEqual((process.wait(timeout=TIMEOUT_S), process.stderr.read()), (0, b""))
        self.assertEqual(len(rows), 41)


if __name__ == "__main__":
    outcome.run()
