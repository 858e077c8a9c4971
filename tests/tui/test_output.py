#!/usr/bin/python3
"""What perfadapt-top prints where nobody looks at a screen: CSV, pipes. SPDX-License-Identifier: MIT"""
import csv
import fcntl
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

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

    def rows_with_frames(self, runtime_dir):
        """Rows of a time at which every session has drawn frames enough for figures."""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            rows = self.rows(runtime_dir=runtime_dir)
            if all(row["fps"] for row in rows):
                return rows
        raise AssertionError(f"no figures of frames: {rows}")


class Csv(Base):
    def test_apps(self):
        sessions = self.sessions(3, "viewer", 20)
        rows = self.rows_with_frames(sessions.runtime_dir)
        self.assertEqual(len(rows), 3)
        for row in rows:
            self.assertNotIn(None, row)  # no more fields than columns
            self.assertNotIn(None, row.values())  # nor fewer
            self.assertEqual((row["pid"], row["name"]), (str(sessions.process.pid), "viewer"))
            self.assertEqual((row["app_state"], row["quality_levels"], row["gpu_p50_ms"]), ("running", "5", ""))
            self.assertRegex(row["time_utc"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$")
            for name in ("fps", "p50_ms", "p99_ms", "low_1_percent_fps", "cpu_p50_ms", "quality", "render_scale"):
                self.assertGreaterEqual(float(row[name]), 0, name)
            self.assertLessEqual(float(row["p50_ms"]), float(row["p99_ms"]))

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
    program = unittest.main(exit=False, verbosity=1)
    outcome = program.result
    print(f"{outcome.testsRun} tests, {len(outcome.failures) + len(outcome.errors)} failed")
    sys.exit(0 if outcome.wasSuccessful() else 1)
