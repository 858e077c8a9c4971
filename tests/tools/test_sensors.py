#!/usr/bin/python3
"""perfadapt sensors as its users see it, on machines made up here. SPDX-License-Identifier: MIT"""
import json
import locale
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
PROGRAM = os.environ.get("PERFADAPT", os.path.join(BUILD, "bin", "perfadapt"))
TIMEOUT_S = 60
SKIPPED = 77

SENSOR_KEYS = ["id", "chip", "label", "role", "steers", "temp_c", "limit_c", "limit_source", "limit_why", "headroom",
               "slope_c_per_s", "time_to_limit_ns", "confidence", "state", "why"]
KEYS = {
    "": ["schema", "timestamp_ns", "sensors", "sensors_left_out", "gpus", "cpu", "throttle", "power", "psi", "memory"],
    "cpu": ["busy", "clock_mhz", "clock_limit_mhz", "clock_max_mhz", "online", "quota", "throttled_us", "throttle"],
    "throttle": ["verdict", "subject", "since_ns", "proof", "evidence"],
    "power": ["on_ac", "battery", "battery_power_w", "package_power_w", "profile"],
    "psi": ["cpu", "memory", "io", "cgroup_memory", "cgroup_cpu", "cgroup_io", "irq"],
    "memory": ["total_bytes", "available_bytes", "swap_total_bytes", "swap_free_bytes", "cgroup_limit_bytes",
               "cgroup_current_bytes", "cgroup_swap_limit_bytes", "cgroup_swap_bytes", "cgroup_high_events",
               "cgroup_max_events", "cgroup_oom_kills"],
}


def environment(**changes):
    result = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LOCPATH"):
        if name in os.environ:
            result[name] = os.environ[name]
    return {**result, **changes}


def run(*arguments, **changes):
    """(exit code, standard output, standard error)"""
    done = subprocess.run([PROGRAM, "sensors", *arguments], capture_output=True, timeout=TIMEOUT_S,
                          stdin=subprocess.DEVNULL, env=environment(**changes), check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def refuse_constant(word):
    raise ValueError(f"{word} is no JSON")


def strict(text):
    """Parsed as what JSON allows and no more."""
    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key twice in {keys}")
        return dict(pairs)
    return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=unique)


class Machine(unittest.TestCase):
    """A made up root directory per test."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="perfadapt-sensors-")
        self.addCleanup(shutil.rmtree, self.root)

    def file(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(text if isinstance(text, bytes) else f"{text}\n".encode())

    def chip(self, number, name, **files):
        self.file(f"sys/class/hwmon/hwmon{number}/name", name)
        for key, value in files.items():
            self.file(f"sys/class/hwmon/hwmon{number}/{key}", value)

    def k10temp(self):
        self.chip(0, "k10temp", temp1_input=52000, temp1_label="Tctl", temp3_input=47125, temp3_label="Tccd1")

    def document(self, *arguments):
        code, text, errors = run("--json", "--sysroot", self.root, *arguments)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(text.count("\n"), 1)
        self.assertTrue(text.endswith("\n"))
        return strict(text)

    def text(self, *arguments, **changes):
        code, text, errors = run("--sysroot", self.root, *arguments, **changes)
        self.assertEqual((code, errors), (0, ""))
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, line)
        return text

    def test_no_sensor_at_all(self):
        self.assertIn("No temperature sensor was found", self.text())
        document = self.document()
        self.assertEqual(document["schema"], "perfadapt.sensors/1")
        self.assertEqual((document["sensors"], document["gpus"]), ([], []))
        self.assertEqual(document["throttle"]["verdict"], "unknown")

    def test_keys(self):
        self.k10temp()
        document = self.document()
        for name, keys in KEYS.items():
            self.assertEqual(list(document[name] if name else document), keys, name)
        self.assertEqual(list(document["sensors"][0]), SENSOR_KEYS)
        for resource in document["psi"].values():
            self.assertEqual(list(resource), ["some", "full"])
            self.assertEqual(list(resource["some"]), ["avg10_percent", "avg60_percent", "avg300_percent", "total_us"])

    def test_k10temp(self):
        self.k10temp()
        tctl, tccd = self.document()["sensors"]
        self.assertEqual((tctl["chip"], tctl["label"], tctl["role"], tctl["steers"]), ("k10temp", "Tctl", "cpu", True))
        self.assertEqual((tctl["temp_c"], tctl["limit_c"], tctl["limit_source"]), (52, 95, "table"))
        self.assertEqual((tctl["headroom"], tctl["state"], tctl["why"]), (0, "ok", None))
        self.assertEqual((tccd["temp_c"], tccd["role"], tccd["steers"]), (47.125, "other", False))
        self.assertRegex(self.text(), r"\n\*cpu +k10temp/Tctl +52\.0 +95\.0 table ")

    def test_headroom(self):
        self.chip(0, "amdgpu", temp1_input=89000, temp1_label="edge", temp1_crit=100000)
        sensor = self.document()["sensors"][0]
        self.assertEqual((sensor["role"], sensor["limit_c"], sensor["limit_source"]), ("gpu", 100, "crit"))
        self.assertAlmostEqual(sensor["headroom"], 1 - 11 / 30, 5)

    def test_a_sensor_that_is_stuck_at_0(self):
        self.chip(0, "amdgpu", temp1_input=48000, temp1_label="edge", temp1_crit=110000, temp2_input=48000,
                  temp2_label="junction", temp2_crit=105000, temp3_input=0, temp3_label="mem", temp3_crit=105000)
        sensor = [sensor for sensor in self.document()["sensors"] if sensor["label"] == "mem"][0]
        self.assertEqual((sensor["temp_c"], sensor["headroom"], sensor["state"]), (None, None, "error"))
        self.assertEqual(sensor["why"], "0 C beside warmer sensors of its chip")
        self.assertRegex(self.text(), r"amdgpu/mem +n/a 0 C beside warmer sensors of its chip\n")

    def test_a_fault_flag(self):
        self.chip(0, "k10temp", temp1_input=52000, temp1_label="Tctl", temp1_fault=1)
        sensor = self.document()["sensors"][0]
        self.assertEqual((sensor["temp_c"], sensor["state"], sensor["why"]), (None, "error", "fault flag set"))
        self.assertRegex(self.text(), r"k10temp/Tctl +n/a fault flag set\n")

    def test_readings_that_cannot_be(self):
        for value, why in ((-273200, "outside -20..125 C"), (65261800, "outside -20..125 C"), ("hot", "not a number"),
                           (b"", "empty file"), (b"\xff" * 4096, "not a number")):
            with self.subTest(value=value):
                self.chip(0, "k10temp", temp1_input=value, temp1_label="Tctl")
                sensor = self.document()["sensors"][0]
                self.assertEqual((sensor["temp_c"], sensor["state"], sensor["why"]), (None, "error", why))

    def test_pressure_and_memory(self):
        self.file("proc/pressure/io", "some avg10=0.18 avg60=0.34 avg300=0.10 total=159886802\n"
                                      "full avg10=0.17 avg60=0.33 avg300=0.09 total=159229614")
        self.file("proc/meminfo", "MemTotal:  3742148 kB\nMemAvailable:  1000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB")
        document = self.document()
        self.assertEqual(document["psi"]["io"]["some"]["avg10_percent"], 0.18)
        self.assertEqual(document["psi"]["io"]["full"]["total_us"], 159229614)
        self.assertIsNone(document["psi"]["cpu"]["some"]["avg10_percent"])
        self.assertEqual(document["memory"]["total_bytes"], 3742148 * 1024)
        self.assertIn("io some 0.2 %, io full 0.2 %", self.text())
        self.assertIn("io some 0.2/0.3/0.1 %", self.text("--all"))
        self.assertIn("no swap", self.text())

    def test_numbers_are_as_short_as_they_can_be(self):
        self.k10temp()
        self.file("proc/pressure/io", "some avg10=0.18 avg60=0.07 avg300=12.30 total=1\n"
                                      "full avg10=0.00 avg60=0.00 avg300=0.00 total=0")
        _, text, _ = run("--json", "--sysroot", self.root)
        self.assertIn('"temp_c":47.125,', text)
        self.assertIn('"avg10_percent":0.18,"avg60_percent":0.07,"avg300_percent":12.3,"total_us":1}', text)

    def test_the_locale_changes_nothing(self):
        self.k10temp()
        name = "de_DE.UTF-8"
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            self.skipTest(f"no locale {name}")
        finally:
            locale.setlocale(locale.LC_ALL, "C")
        self.assertEqual(self.text(LC_ALL=name), self.text())
        documents = [strict(run("--json", "--sysroot", self.root, LC_ALL=name)[1]), self.document()]
        for document in documents:
            document["timestamp_ns"] = document["throttle"]["since_ns"] = document["cpu"]["throttle"]["since_ns"] = 0
        self.assertEqual(*documents)

    def test_ascii_where_the_locale_has_no_more(self):
        self.k10temp()
        self.assertIn("°C", self.text())
        self.assertTrue(self.text(LC_ALL="C").isascii())

    def test_recorded_machines_are_not_waited_for(self):
        started = time.monotonic()
        self.document()
        self.assertLess(time.monotonic() - started, 0.9)

    def test_watch_repeats(self):
        self.k10temp()
        with subprocess.Popen([PROGRAM, "sensors", "--json", "--watch", "0.1", "--sysroot", self.root],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
            stamps = [strict(process.stdout.readline())["timestamp_ns"] for _ in range(2)]
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.stderr.read(), b"")
        self.assertGreater(stamps[1], stamps[0])


class CommandLine(unittest.TestCase):
    WRONG = (("--jsn",), ("--json=1",), ("--sysroot",), ("--watch=x",), ("--watch=0",), ("--watch", "0.01"),
             ("--watch=",), ("extra",), ("--json", "5"), ("-j",))

    def test_wrong_words_are_usage_errors(self):
        for arguments in self.WRONG:
            with self.subTest(arguments=arguments):
                code, text, errors = run(*arguments)
                self.assertEqual((code, text), (2, ""))
                self.assertTrue(errors.startswith("perfadapt sensors: "), errors)
                self.assertRegex(errors, r"^[^\n]*(; |\?$)[^\n]*\n\Z")

    def test_help(self):
        code, text, errors = run("--help")
        self.assertEqual((code, errors), (0, ""))
        for word in ("--json", "--sysroot", "--watch", "--all", "--help", "Exit codes"):
            self.assertIn(word, text)

    def test_the_command_is_listed(self):
        done = subprocess.run([PROGRAM, "--help"], capture_output=True, timeout=TIMEOUT_S, env=environment(),
                              check=True)
        self.assertRegex(done.stdout, rb"\n  sensors +\w")

    def test_no_such_directory(self):
        code, text, errors = run("--sysroot", "/nonexistent/root")
        self.assertEqual((code, text), (3, ""))
        self.assertEqual(errors, "perfadapt sensors: /nonexistent/root: No such file or directory\n")

    def test_not_a_directory(self):
        code, _, errors = run("--json", "--sysroot", "/dev/null")
        self.assertEqual((code, errors), (3, "perfadapt sensors: /dev/null: Not a directory\n"))

    @unittest.skipIf(os.getuid() == 0, "root may read anything")
    def test_a_directory_of_others(self):
        with tempfile.TemporaryDirectory() as root:
            os.chmod(root, 0)
            code, _, errors = run("--sysroot", root)
            os.chmod(root, 0o700)
        self.assertEqual((code, errors), (3, f"perfadapt sensors: {root}: Permission denied\n"))

    def test_this_machine(self):
        code, text, errors = run("--json")
        self.assertEqual((code, errors), (0, ""))
        self.assertGreater(strict(text)["timestamp_ns"], 0)


class Output(unittest.TestCase):
    def shell(self, redirection, *arguments):
        words = " ".join([PROGRAM, "sensors", "--sysroot", "/proc/self/fdinfo", *arguments, redirection])
        return subprocess.run(["sh", "-c", words], capture_output=True, timeout=TIMEOUT_S, env=environment(),
                              check=False)

    def test_what_does_not_arrive_is_an_error(self):
        for redirection in (">&-", ">/dev/full"):
            for arguments in ((), ("--json",), ("--watch",), ("--help",)):
                with self.subTest(redirection=redirection, arguments=arguments):
                    done = self.shell(redirection, *arguments)
                    self.assertEqual(done.returncode, 3)
                    self.assertIn(b"perfadapt: standard output: ", done.stderr)

    def test_a_reader_that_leaves(self):
        done = self.shell("| head -n 1", "--json", "--watch", "0.1")
        self.assertEqual(done.returncode, 0)
        strict(done.stdout)


if __name__ == "__main__":
    if not os.path.exists(PROGRAM):
        print(f"skipped: no {PROGRAM}")
        sys.exit(SKIPPED)
    unittest.main()
