#!/usr/bin/python3
"""perfadapt-probe on a made-up machine, against `sensors` on the same. SPDX-License-Identifier: MIT"""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(os.environ.get("PERFADAPT_BUILD", "build"), "bin")
PROBE = os.path.join(BIN, "perfadapt-probe")
SANITIZE = os.environ.get("PERFADAPT_SANITIZE", "")
LIST_NOTES = os.path.join(BIN, "list_notes")
MACHINE = os.path.join(HERE, "machine.umockdev")
CONFIG = os.path.join(HERE, "sensors.conf")
VALUES = ("input", "max", "crit", "emergency")


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, text=True, **more)


def on_machine(*command, machine=MACHINE, **more):
    return run("umockdev-run", "--device", machine, "--", *command, **more)


def probe(*options, config=CONFIG, **more):
    """The JSON object, and what was said on standard error. Drivers are for test_drivers.py."""
    done = on_machine(PROBE, "--no-vulkan", "--config", config, *options, **more)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1, done.stdout
    return json.loads(done.stdout), done.stderr


def features_of(report):
    """{(driver, number): feature}"""
    return {(chip["driver"], feature["number"]): feature
            for chip in report["sensors"]["chips"] for feature in chip["features"]}


def sensors_values(config=CONFIG):
    """{chip name: {"temp1_input": "45.850"}} in the digits that sensors prints; two features may have one label."""
    done = on_machine("sensors", "-j", "-A", "-c", config)
    chips = json.loads(done.stdout, parse_float=str, object_pairs_hook=list)
    return {chip: dict(pair for _, pairs in features for pair in pairs) for chip, features in chips}


class Values(unittest.TestCase):
    def test_as_sensors_to_the_digit(self):
        report, _ = probe("--all")
        expected = sensors_values()
        compared = 0
        for chip in report["sensors"]["chips"]:
            if chip["power"] != "open":
                continue
            shown = dict(expected[chip["name"]])
            for feature in chip["features"]:
                for what in VALUES:
                    value = feature[what + "_c"]
                    text = shown.pop("temp%d_%s" % (feature["number"], what), None)
                    self.assertEqual("%.3f" % value if value is not None else None, text, (chip["name"], feature))
                    compared += text is not None
            left = [name for name in shown if name.split("_", 1)[1] in VALUES]
            self.assertEqual(left, [], chip["name"])
        self.assertGreaterEqual(compared, 20)

    def test_labels_and_names(self):
        report, _ = probe()
        self.assertEqual(report["schema"], "perfadapt.probe/1")
        chips = {chip["driver"]: chip for chip in report["sensors"]["chips"]}
        self.assertEqual(chips["coretemp"]["name"], "coretemp-isa-0000")
        self.assertEqual(chips["coretemp"]["adapter"], "ISA adapter")
        features = features_of(report)
        self.assertEqual(features["coretemp", 1]["label"], "Processor")
        self.assertEqual(features["coretemp", 1]["kernel_label"], "Package id 0")
        self.assertEqual(features["it8728", 2]["label"], "temp2")

    def test_formulas(self):
        features = features_of(probe()[0])
        expected = {1: ("line", 30 / 43, 25), 2: ("two points", 1, -5), 3: ("two points", 2, 0),
                    7: ("one point", 1, 1.5)}
        for number, (fit, scale, offset_c) in expected.items():
            compute = features["it8728", number]["compute"]
            self.assertEqual((compute["fit"], compute["written"]), (fit, True))
            self.assertAlmostEqual(compute["scale"], scale, 9)
            self.assertAlmostEqual(compute["offset_c"], offset_c, 9)
        square = features["it8728", 6]["compute"]
        self.assertEqual((square["fit"], square["written"], square["scale"]), ("not linear", False, None))
        self.assertIsNone(features["it8728", 8]["compute"])
        self.assertIsNone(features["coretemp", 1]["compute"])

    def test_ignored_fault_and_unreadable(self):
        features = features_of(probe()[0])
        ignored = {key for key, feature in features.items() if feature["ignored"]}
        self.assertEqual(ignored, {("it8728", 4), ("acpitz", 2)})
        self.assertIsNone(features["it8728", 4]["input_c"])
        self.assertIs(features["it8728", 5]["fault"], True)
        self.assertEqual(features["it8728", 5]["input_c"], -128)
        self.assertIsNone(features["it8728", 1]["fault"])
        self.assertIsNone(features["it8728", 9]["input_c"])
        self.assertTrue(features["it8728", 9]["error"])

    def test_avoided_chips_are_not_read(self):
        for options, value in ((), None), (("--all",), 38.85):
            report, _ = probe(*options)
            nvme = [chip for chip in report["sensors"]["chips"] if chip["driver"] == "nvme"][0]
            self.assertIn("SMART", nvme["avoided"])
            self.assertEqual(nvme["features"][0]["label"], "Composite")
            self.assertEqual(nvme["features"][0]["input_c"], value)
            self.assertEqual(nvme["features"][0]["crit_c"], 84.85 if options else None)

    def test_sleeping_devices_are_not_read(self):
        report, _ = probe("--all")
        gpu = [chip for chip in report["sensors"]["chips"] if chip["driver"] == "amdgpu"][0]
        self.assertEqual(gpu["power"], "asleep")
        self.assertEqual(gpu["features"][0]["label"], "edge")
        self.assertIsNone(gpu["features"][0]["input_c"])
        self.assertIsNone(gpu["features"][0]["crit_c"])

    def test_not_even_opened(self):
        if not shutil.which("strace"):
            self.skipTest("no strace")
        done = on_machine("strace", "-f", "-e", "trace=open,openat,openat2", PROBE, "--no-vulkan", "--config", CONFIG)
        if done.returncode != 0 and "ptrace" in done.stderr:
            self.skipTest("strace may not trace here")
        opened = [line for line in done.stderr.splitlines() if "_input" in line or "_crit\"" in line]
        self.assertTrue([line for line in opened if "hwmon0" in line], done.stderr[-2000:])
        self.assertEqual([line for line in opened if "hwmon3" in line or "hwmon4" in line], [])

    def test_thermal_zone_of_a_chip(self):
        features = features_of(probe()[0])
        self.assertEqual(features["acpitz", 1]["zone_id"], "zone/acpitz")
        self.assertEqual(features["acpitz", 2]["zone_id"], "zone/acpitz#2")
        self.assertIsNone(features["coretemp", 1]["zone_id"])

    def test_no_sensors(self):
        with tempfile.NamedTemporaryFile("w", suffix=".umockdev") as machine:
            machine.write("P: /devices/platform/none\nE: SUBSYSTEM=platform\n")
            machine.flush()
            done = on_machine(PROBE, "--no-vulkan", machine=machine.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["sensors"]["chips"], [])


class Configuration(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="perfadapt-probe-")
        self.path = os.path.join(self.directory, "own.conf")

    def tearDown(self):
        shutil.rmtree(self.directory)

    def write(self, data):
        with open(self.path, "wb") as file:
            file.write(data)

    def test_broken_line_leaves_the_rest(self):
        self.write(b'chip "it8728-*"\n    label temp1 "Board"\n    compute temp2 @+*+\n    ignore temp4\n')
        report, said = probe(config=self.path)
        self.assertEqual(len(report["sensors"]["warnings"]), 1)
        self.assertTrue(report["sensors"]["warnings"][0].startswith(self.path + ":3: "), report["sensors"]["warnings"])
        self.assertIn(self.path + ":3: ", said)
        features = features_of(report)
        self.assertEqual(features["it8728", 1]["label"], "Board")
        self.assertTrue(features["it8728", 4]["ignored"])

    def test_garbage_is_survived(self):
        self.write(b"\xff" * 4096 + b"\n" + b'chip "it8728-*"\n label temp1 "a"\n nonsense\n' * 100)
        report, said = probe(config=self.path)
        self.assertEqual(features_of(report)["coretemp", 1]["input_c"], 45.85)
        self.assertEqual(len(report["sensors"]["warnings"]), 32)
        self.assertIn(" warnings more", said)

    def test_label_that_is_no_utf8(self):
        self.write(b'chip "it8728-*"\n    label temp1 "T\xfcr"\n')
        self.assertEqual(features_of(probe(config=self.path)[0])["it8728", 1]["label"], "T?r")

    def test_division_by_zero(self):
        self.write(b'chip "it8728-*"\n    compute temp1 @/0, @\n')
        feature = features_of(probe(config=self.path)[0])["it8728", 1]
        self.assertIsNone(feature["input_c"])
        self.assertIn("zero", feature["error"].lower())
        self.assertIsNone(feature["compute"])


class Map(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="perfadapt-probe-")
        self.cache = os.path.join(self.directory, "a", "cache")
        self.path = os.path.join(self.cache, "perfadapt", "sensors.ini")
        self.environment = dict(os.environ, XDG_CACHE_HOME=self.cache, XDG_CONFIG_HOME=self.directory)

    def tearDown(self):
        shutil.rmtree(self.directory)

    def write(self, *options, **more):
        return run(PROBE, "--write-map", *options, env=self.environment, **more)

    def test_the_library_reads_it(self):
        script = '"$1" --no-vulkan --config "$2" >"$4/json" && "$1" --config "$2" --write-map && "$3"'
        done = on_machine("sh", "-c", script, "sh", PROBE, CONFIG, LIST_NOTES, self.directory, env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.directory, "json"), encoding="utf-8") as file:
            features = features_of(json.load(file))
        lines = done.stdout.splitlines()
        self.assertEqual([line for line in lines if line.startswith("log ")], [])
        known = {feature["id"] for feature in features.values()} | {feature["zone_id"] for feature in features.values()}
        sensors = [line[7:] for line in lines if line.startswith("sensor ")]
        self.assertGreaterEqual(len(sensors), 12)
        for sensor in sensors: # of the provider, coretemp's package and each input of the others
            self.assertIn(sensor, known)
        notes = {line[5:].split("\t")[0]: line.split("\t")[1:] for line in lines if line.startswith("note ")}

        def note(number, driver="it8728"):
            return notes.pop(features[driver, number]["id"])

        self.assertEqual(note(1), ["Board", "0.697674419", "25.000000000", "-1"])
        self.assertEqual(note(2), ["", "1.000000000", "-5.000000000", "-1"])
        self.assertEqual(note(3), ["", "2.000000000", "0.000000000", "-1"])
        self.assertEqual(note(4), ["", "nan", "nan", "1"])
        self.assertEqual(note(7), ["", "1.000000000", "1.500000000", "-1"])
        self.assertEqual(note(1, "coretemp")[0], "Processor")
        self.assertEqual(note(2, "acpitz")[3], "1")
        self.assertEqual(notes.pop("zone/acpitz#2")[3], "1")
        self.assertEqual(notes, {})

    def test_place_and_rights(self):
        done = self.write()
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(self.path)).st_mode), 0o700)
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["sensors.ini"])
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot_id = file.read().strip()
        with open(self.path, encoding="ascii") as file:
            text = file.read()
        self.assertIn("[map]\nversion = 1\nboot_id = %s\nwritten = 2" % boot_id, text)

    def test_named_file(self):
        for number, options in enumerate((["%s"], ["--timeout", "9", "%s"])):
            path = os.path.join(self.directory, "own%d.ini" % number)
            done = self.write(*[option.replace("%s", path) for option in options])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(os.path.isfile(path))
        done = run(PROBE, "--write-map=here.ini", cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.path.isfile(os.path.join(self.directory, "here.ini")))
        self.assertFalse(os.path.exists(self.cache))

    def assert_fails(self, done, why):
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(why, done.stderr)

    @unittest.skipIf(SANITIZE == "thread", "the thread sanitizer writes a file before main, and is killed for it")
    def test_full_disk_keeps_the_old_file(self):
        self.assertEqual(self.write().returncode, 0)
        with open(self.path, "w", encoding="ascii") as file:
            file.write("; old\n")
        # Not a full disk, but as good: not a byte can be written.
        done = run("sh", "-c", 'ulimit -f 0; exec "$0" --write-map', PROBE, env=self.environment)
        self.assert_fails(done, os.strerror(27))
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["sensors.ini"])
        with open(self.path, encoding="ascii") as file:
            self.assertEqual(file.read(), "; old\n")

    def test_really_full_disk(self):
        script = ('mount -t tmpfs -o size=4k none "$1" && mkdir "$1/d" && { cat /dev/zero >"$1/zero" 2>/dev/null; '
                  '"$0" --write-map "$1/d/s.ini"; code=$?; ls "$1/d"; exit $code; }')
        if run("unshare", "-rm", "mount", "-t", "tmpfs", "none", self.directory).returncode != 0:
            self.skipTest("no file system may be mounted here")
        done = run("unshare", "-rm", "sh", "-c", script, PROBE, self.directory)
        self.assert_fails(done, os.strerror(28))

    def test_place_that_cannot_be(self):
        os.makedirs(os.path.dirname(self.cache))
        with open(self.cache, "w", encoding="ascii"):
            pass
        self.assert_fails(self.write(), os.strerror(20))
        self.assert_fails(self.write("/proc/sys/none/s.ini"), "/proc/sys/none/s.ini: ")
        environment = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")}
        self.assert_fails(run(PROBE, "--write-map", env=environment), "HOME")

    def test_read_only_directory(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        os.makedirs(self.cache)
        os.chmod(self.cache, 0o500)
        self.assert_fails(self.write(), os.strerror(13))


class Program(unittest.TestCase):
    def test_usage(self):
        for options in (["--nonsense"], ["more"], ["--timeout", "0"], ["--timeout", "x"], ["--timeout", "1,5"],
                        ["--timeout", "-1"], ["--timeout"], ["--write-map", "a", "b"], ["--write-map="]):
            done = run(PROBE, *options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (options, done.stderr))
            self.assertTrue(done.stderr)

    def test_help_and_version(self):
        for options, text in (["--help"], "--write-map"), (["-h"], "--timeout"), (["--version"], "perfadapt-probe 0."):
            done = run(PROBE, *options)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(text, done.stdout)

    def test_no_configuration(self):
        done = run(PROBE, "--no-vulkan", "--config", "/nonexistent/sensors.conf")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(os.strerror(2), done.stderr)

    def test_output_that_is_full(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROBE, "--no-vulkan"], stdout=full, stderr=subprocess.PIPE, timeout=60, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(os.strerror(28), done.stderr)

    @unittest.skipIf(SANITIZE, "a sanitizer wants to be loaded first")
    def test_libsensors_that_crashes(self):
        """All but the sensors is there; where they alone were asked for, that is a failure."""
        environment = dict(os.environ, LD_PRELOAD=os.path.join(BIN, "..", "lib", "libcrashing_sensors.so"))
        done = run(PROBE, "--no-vulkan", env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertIsNone(report["sensors"])
        self.assertEqual(report["sensors_error"], "crashed (signal 11)")
        self.assertIn("system", report)
        self.assertIn("libsensors: crashed (signal 11)", done.stderr)
        with tempfile.TemporaryDirectory(prefix="perfadapt-probe-") as directory:
            environment["XDG_CACHE_HOME"] = directory
            done = run(PROBE, "--write-map", env=environment)
            self.assertEqual((done.returncode, os.listdir(directory)), (3, []), done.stderr)
            done = run(PROBE, "--no-vulkan", "--write-cache", env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(os.listdir(os.path.join(directory, "perfadapt")), ["device.ini"])

    def test_timeout(self):
        """Also where it is started by a thread that has every signal blocked, as the sampler has."""
        with tempfile.TemporaryDirectory(prefix="perfadapt-probe-") as directory:
            path = os.path.join(directory, "fifo")
            os.mkfifo(path)
            started = time.monotonic()
            done = run("/usr/bin/python3", "-c",
                       "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); "
                       "os.execv(sys.argv[1], sys.argv[1:])", PROBE, "--no-vulkan", "--config", path,
                       "--timeout", "0.2")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("--timeout", done.stderr)
        self.assertLess(time.monotonic() - started, 30)


def main():
    for tool in "umockdev-run", "sensors":
        if not shutil.which(tool):
            print("skipped: no %s" % tool)
            return 77
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return 0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
