#!/usr/bin/python3
"""perfadapt-top as its users see it: in a terminal emulator, in a pipe, at its ends. SPDX-License-Identifier: MIT"""
import fcntl
import json
import math
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import outcome

try:
    import pyte
except ImportError:
    print("skipped: the terminal emulator pyte is not installed (package python3-pyte)")
    sys.exit(77)

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
TOP = os.environ.get("PERFADAPT_TOP", os.path.join(BUILD, "bin", "perfadapt-top"))
PRINT_BUDGET = os.environ.get("PRINT_BUDGET", os.path.join(BUILD, "bin", "print_budget"))
TIMEOUT_S = 20
SESSION_S = 600  # longer than any test: ended at the end
COLOURS = re.compile(rb"\x1b\[(?:[0-9;:]*[;:])?(?:[34][0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m")


def environment(runtime_dir, **changes):
    result = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "TERM": "xterm-256color",
              "PERFADAPT_NO_PROBE": "1"}  # what it finds would move budgets while they are looked at
    for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            result[name] = os.environ[name]
    if runtime_dir is not None:
        result["XDG_RUNTIME_DIR"] = runtime_dir
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


class Screen(pyte.Screen):
    """With what ncurses uses and pyte lacks: to repeat the last character, and to scroll."""

    last = " "

    def draw(self, data):
        super().draw(data)
        self.last = data[-1:]

    def repeat(self, count=1, **_):
        self.draw(self.last * (count or 1))

    def scroll_from(self, row, count, step):
        before = self.cursor.y
        self.cursor.y = row
        for _ in range(count or 1):
            step()
        self.cursor.y = before

    def scroll_up(self, count=1, **_):
        self.scroll_from(self.margins.bottom if self.margins else self.lines - 1, count, self.index)

    def scroll_down(self, count=1, **_):
        self.scroll_from(self.margins.top if self.margins else 0, count, self.reverse_index)


class Stream(pyte.ByteStream):
    added = {"b": "repeat", "S": "scroll_up", "T": "scroll_down"}
    csi = {**pyte.ByteStream.csi, **added}
    events = frozenset([*pyte.ByteStream.events, *added.values()])


class Terminal:
    """perfadapt-top on a pseudo terminal of its own, its output drawn by pyte."""

    def __init__(self, columns, rows, env, *arguments):
        self.master, self.slave = os.openpty()
        self.size(columns, rows)
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.raw = b""
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen([TOP, *arguments], stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        env=env, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.size(columns, rows)
        self.screen.resize(rows, columns)

    def keys(self, text):
        os.write(self.master, text.encode())

    def read(self, timeout_s=0.05):
        if select.select([self.master], [], [], timeout_s)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return False
            self.raw += data
            self.stream.feed(data)
            return True
        return False

    def text(self):
        return "\n".join(self.screen.display)

    def wait(self, condition, what):
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            self.read()
            if condition():
                return
            if self.process.poll() is not None and not self.read():
                break
        raise AssertionError(f"{what}: not within {TIMEOUT_S} s, status {self.process.poll()}\n{self.text()}")

    def wait_text(self, *words):
        self.wait(lambda: all(word in self.text() for word in words), f"on the screen: {words}")

    def status(self):
        end = time.monotonic() + TIMEOUT_S
        while self.process.poll() is None:
            self.read()
            if time.monotonic() > end:
                self.process.kill()
                raise AssertionError("perfadapt-top did not end\n" + self.text())
        while self.read():
            pass
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for name in ("master", "slave"):
            fd = getattr(self, name)
            if fd is not None:
                os.close(fd)


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.runtime_dir = tempfile.mkdtemp(prefix="perfadapt-top-")
        cls.empty_dir = tempfile.mkdtemp(prefix="perfadapt-top-")
        plain = environment(cls.runtime_dir)
        simulated = environment(cls.runtime_dir, PERFADAPT_SIMULATE="handheld:10")
        cls.sessions = [subprocess.Popen([PRINT_BUDGET, str(SESSION_S)], env=env, stdout=subprocess.DEVNULL)
                        for env in (plain, simulated)]
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            apps = cls.sample(cls.runtime_dir)["apps"]
            if len(apps) == 2 and all(app["fps"] is not None and app["decisions"] for app in apps):
                return
        cls.tearDownClass()
        raise AssertionError("the sessions to look at did not appear")

    @classmethod
    def tearDownClass(cls):
        for session in cls.sessions:
            session.terminate()
            session.wait()
        shutil.rmtree(cls.runtime_dir)
        shutil.rmtree(cls.empty_dir)

    @staticmethod
    def run_top(*arguments, runtime_dir=None, env=None, **options):
        return subprocess.run([TOP, *arguments], env=env or environment(runtime_dir), timeout=TIMEOUT_S,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              **{"stdout": subprocess.PIPE, **options})

    @classmethod
    def sample(cls, runtime_dir):
        return json.loads(cls.run_top("--json", runtime_dir=runtime_dir).stdout)

    def start(self, columns, rows, *arguments, runtime_dir=None, **changes):
        terminal = Terminal(columns, rows, environment(runtime_dir or self.runtime_dir, **changes), *arguments)
        self.addCleanup(terminal.close)
        return terminal

    def assert_restored(self, terminal):
        self.assertIn(b"\x1b[?1049h", terminal.raw)
        self.assertGreater(terminal.raw.rfind(b"\x1b[?1049l"), terminal.raw.rfind(b"\x1b[?1049h"))
        self.assertGreater(max(terminal.raw.rfind(b"\x1b[?25h"), terminal.raw.rfind(b"\x1b[?12l")), 0)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)


class Screens(Base):
    def test_wide(self):
        terminal = self.start(120, 40)
        terminal.wait_text("Temperatures", "Pressure", "Apps with a budget", "Frame times ms: print_budget", "Events",
                           "State", "cpu", "memory", "io", "fps".upper(), "p99", "print_budget", "running", "q Quit",
                           "sim handheld/junction", "quality", "on time")
        self.assertIn("┌", terminal.text())

    def test_narrow(self):
        terminal = self.start(80, 24)
        terminal.wait_text("State", "Temperatures", "Pressure", "Apps with a budget", "print_budget", "Frame times",
                           "Events", "q Quit")

    def test_small(self):
        terminal = self.start(40, 10)
        terminal.wait_text("apps 2", "NAME", "FPS", "print_budget")
        self.assertNotIn("Pressure", terminal.text())

    def test_tiny(self):
        for columns, rows in ((1, 1), (3, 2), (20, 3)):
            terminal = self.start(columns, rows)
            terminal.wait(lambda t=terminal: t.text().strip() != "", "anything on a tiny screen")
            terminal.keys("q")
            self.assertEqual(terminal.status(), 0)

    def test_resize_storm(self):
        terminal = self.start(120, 40, "-d", "0.1")
        terminal.wait_text("Events")
        for columns, rows in ((40, 10), (1, 1), (300, 100), (80, 24), (2, 50), (200, 3), (99, 27), (60, 12)) * 4:
            terminal.resize(columns, rows)
            terminal.read(0.01)
        terminal.resize(80, 24)
        terminal.wait_text("Pressure", "Apps with a budget", "q Quit")
        terminal.resize(120, 40)
        terminal.wait_text("┌", "Events", "q Quit")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)
        self.assert_restored(terminal)

    def test_no_session(self):
        terminal = self.start(80, 24, runtime_dir=self.empty_dir)
        terminal.wait_text("no app with a budget found", "libperfadapt")
        terminal = self.start(80, 24, XDG_RUNTIME_DIR=None)
        terminal.wait_text("XDG_RUNTIME_DIR is not set")

    def test_no_sampler(self):
        terminal = self.start(80, 24, "--no-sampler")
        terminal.wait_text("this machine is not read", "print_budget")

    def test_ascii(self):
        for arguments, changes in (((), {"LANG": "C"}), (("--ascii",), {})):
            terminal = self.start(120, 40, *arguments, **changes)
            terminal.wait_text("Temperatures", "Events", "print_budget", "on time")
            self.assertTrue(all(byte < 0x80 for byte in terminal.raw))

    def test_colours(self):
        terminal = self.start(120, 40)
        terminal.wait_text("on time")
        self.assertRegex(terminal.raw, COLOURS)
        for arguments, changes in (((), {"NO_COLOR": "1"}), (("--color=never",), {})):
            terminal = self.start(120, 40, *arguments, **changes)
            terminal.wait_text("on time")
            terminal.keys("q")
            self.assertEqual(terminal.status(), 0)
            self.assertNotRegex(terminal.raw, COLOURS)


class Keys(Base):
    def selected(self, terminal):
        found = re.search(r">\s+(\d+) print_budget", terminal.text())
        return int(found.group(1)) if found else None

    def test_select(self):
        terminal = self.start(120, 40, "-d", "0.2")
        pids = [app["pid"] for app in self.sample(self.runtime_dir)["apps"]]
        terminal.wait(lambda: self.selected(terminal) is not None, "a selected app")
        first = self.selected(terminal)
        self.assertIn(first, pids)
        second = next(pid for pid in pids if pid != first)
        for down, up in (("j", "k"), ("\x1b[B", "\x1b[A"), ("\x1bOB", "\x1bOA")):
            terminal.keys(down)
            terminal.wait(lambda: self.selected(terminal) == second, f"the second app after {down!r}")
            terminal.wait_text(f"Frame times ms: print_budget ({second})")
            terminal.keys(up)
            terminal.wait(lambda: self.selected(terminal) == first, f"the first app after {up!r}")

    def test_help(self):
        terminal = self.start(80, 24)
        terminal.wait_text("q Quit")
        for key in ("?", "h", "\x1bOP"):
            terminal.keys(key)
            terminal.wait_text("any key closes it")
            terminal.keys("x")
            terminal.wait(lambda: "any key closes it" not in terminal.text(), "help closed")

    def test_pause_and_rate(self):
        terminal = self.start(120, 40)
        terminal.wait_text("every 1s", "live")
        terminal.keys("+")
        terminal.wait_text("every 0.5s")
        terminal.keys("--")
        terminal.wait_text("every 2s")
        terminal.keys("+++")
        terminal.wait_text("every 0.2s")
        terminal.keys(" ")
        terminal.wait_text("PAUSED")
        frames = re.search(r"frames (\d+)", terminal.text()).group(1)
        terminal.keys("?")
        terminal.wait_text("any key closes it")
        terminal.keys("x")
        terminal.wait_text(f"frames {frames}")
        terminal.keys(" ")
        terminal.wait(lambda: re.search(r"frames (\d+)", terminal.text()).group(1) != frames, "going on")


class Ends(Base):
    def test_quit(self):
        terminal = self.start(120, 40)
        terminal.wait_text("q Quit")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)
        self.assert_restored(terminal)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            terminal = self.start(80, 24)
            terminal.wait_text("q Quit")
            terminal.process.send_signal(number)
            self.assertEqual(terminal.status(), -number)
            self.assert_restored(terminal)

    def test_control_c(self):
        terminal = self.start(80, 24)
        terminal.wait_text("q Quit")
        terminal.keys("\x03")
        self.assertEqual(terminal.status(), -signal.SIGINT)
        self.assert_restored(terminal)

    def test_crash(self):
        terminal = self.start(80, 24, ASAN_OPTIONS="handle_abort=0")
        terminal.wait_text("q Quit")
        terminal.process.send_signal(signal.SIGABRT)
        self.assertEqual(terminal.status(), -signal.SIGABRT)
        self.assert_restored(terminal)

    def test_terminal_gone(self):
        terminal = self.start(80, 24)
        terminal.wait_text("q Quit")
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.slave = terminal.master = None
        self.assertIn(terminal.process.wait(timeout=TIMEOUT_S), (0, -signal.SIGHUP))

    def test_bad_sysroot(self):
        terminal = self.start(80, 24, "--sysroot", "/nonexistent")
        self.assertEqual(terminal.status(), 3)
        self.assert_restored(terminal)
        self.assertIn("/nonexistent", terminal.text() + terminal.raw.decode())

    def test_terminals_that_will_not_do(self):
        for name in ("dumb", "unknown", "", None, "no-such-terminal"):
            terminal = self.start(80, 24, TERM=name)
            self.assertEqual(terminal.status(), 2, name)
            self.assertIn("TERM", terminal.text())
            self.assertNotIn(b"\x1b", terminal.raw)


class Samples(Base):
    def assert_no_unknown_zero(self, document):
        for sensor in document["sensors"]:
            if sensor["state"] not in ("ok", "stale"):
                self.assertIsNone(sensor["temp_c"])
        for app in document["apps"]:
            self.assertIsNone(app["gpu_p50_ms"])  # print_budget hands in no GPU times
            self.assertGreater(app["fps"], 0)
            self.assertEqual(app["state"], "running")
            self.assertEqual(app["budget"]["quality_levels"], 5)
        full = document["psi"]["cpu"]["full"]
        self.assertEqual((full["state"], full["avg10_percent"]), ("unsupported", None))

    def test_json(self):
        result = self.run_top("--json", runtime_dir=self.runtime_dir)
        self.assertEqual((result.returncode, result.stderr, result.stdout.count(b"\n")), (0, b"", 1))
        document = json.loads(result.stdout)
        self.assertEqual(document["schema"], "perfadapt.top/1")
        self.assertIsNone(document["sessions_error"])
        self.assertEqual({app["pid"] for app in document["apps"]}, {session.pid for session in self.sessions})
        self.assert_no_unknown_zero(document)
        simulated = [app for app in document["apps"] if app["simulated"]]
        self.assertEqual([app["pid"] for app in simulated], [self.sessions[1].pid])
        self.assertTrue(all(sensor["simulated"] for sensor in simulated[0]["sensors"]))
        self.assertTrue(simulated[0]["sensors"])
        self.assertIn("quality", simulated[0]["decisions"][-1]["text"])
        self.assertIsInstance(simulated[0]["decisions"][-1]["reasons"], list)
        self.assertTrue(all(app["sensors"] is None for app in document["apps"] if not app["simulated"]))

    def test_json_without_a_machine(self):
        document = json.loads(self.run_top("--json", "--no-sampler", runtime_dir=self.runtime_dir).stdout)
        self.assertEqual((document["psi"], document["memory"], document["psi_trigger"]), (None, None, None))
        with tempfile.TemporaryDirectory() as root:
            document = json.loads(self.run_top("--json", "--sysroot", root, runtime_dir=self.empty_dir).stdout)
        self.assertEqual((document["state"], document["sensors"], document["apps"]), ("unknown", [], []))
        self.assertIsNone(document["psi"]["memory"]["some"]["avg10_percent"])
        self.assertIsNone(document["memory"]["available_bytes"])

    def test_sensors(self):
        with tempfile.TemporaryDirectory() as root:
            chip = os.path.join(root, "sys/class/hwmon/hwmon0")
            os.makedirs(chip)
            for name, text in (("name", "amdgpu"), ("temp1_input", "61500"), ("temp1_crit", "100000"),
                               ("temp1_label", "edge"), ("temp2_input", "70000"), ("temp2_label", "junction"),
                               ("temp2_fault", "1")):
                with open(os.path.join(chip, name), "w", encoding="ascii") as file:
                    file.write(text + "\n")
            document = json.loads(self.run_top("--json", "--sysroot", root, runtime_dir=self.empty_dir).stdout)
            text = self.run_top("--once", "--sysroot", root, runtime_dir=self.empty_dir).stdout.decode()
            terminal = self.start(120, 40, "--sysroot", root, runtime_dir=self.empty_dir)
            terminal.wait_text("amdgpu/edge", "61.5", "38.5 left", "limit 100", "amdgpu/junction", "(fault flag set)")
        sensors = {sensor["label"]: sensor for sensor in document["sensors"]}
        self.assertEqual((sensors["edge"]["temp_c"], sensors["edge"]["limit_c"]), (61.5, 100))
        self.assertEqual((sensors["junction"]["temp_c"], sensors["junction"]["state"]), (None, "error"))
        self.assertIsNotNone(sensors["junction"]["why"])
        self.assertRegex(text, r"n/a °C .*\(fault flag set\)")

    def test_locale(self):
        env = environment(self.runtime_dir, LC_NUMERIC="de_DE.UTF-8", LC_ALL=None)
        document = json.loads(self.run_top("--json", env=env).stdout)
        self.assertEqual(len(document["apps"]), 2)
        self.assertTrue(math.isfinite(document["apps"][0]["fps"]))

    def test_once(self):
        for arguments in ((), ("--once",)):
            result = self.run_top(*arguments, runtime_dir=self.runtime_dir)
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            text = result.stdout.decode()
            self.assertNotIn("\x1b", text)
            for word in ("state", "temperatures", "pressure", "apps", "print_budget", "simulated", "n/a",
                         "budget quality"):
                self.assertIn(word, text)
            self.assertNotRegex(text, r"n/a(/min| ms| fps)\b")
        result = self.run_top("--once", env=environment(self.runtime_dir, LANG="C"))
        self.assertTrue(result.stdout.isascii())

    def test_once_says_of_simulated_temperatures_what_the_screen_says(self):
        with tempfile.TemporaryDirectory() as root:
            text = self.run_top("--once", "--sysroot", root, runtime_dir=self.runtime_dir).stdout.decode()
        self.assertRegex(text, r"\nstate \w+ \(simulated\): -?\d+\.\d °C to the limit of handheld/junction\n")
        self.assertIn("\n  not supported here: cpu, memory, io, cgroup memory, cgroup cpu, cgroup io, irq\n", text)
        self.assertRegex(text, r"budget quality \d/\d ")

    def test_no_runtime_dir(self):
        self.assertIn("XDG_RUNTIME_DIR", self.sample(None)["sessions_error"])
        self.assertIn(b"XDG_RUNTIME_DIR is not set", self.run_top("--once", runtime_dir=None).stdout)
        self.assertIn(b"no app with a budget found", self.run_top("--once", runtime_dir=self.empty_dir).stdout)

    def test_batch(self):
        result = self.run_top("--batch", "-n", "2", "-d", "0.1", runtime_dir=self.runtime_dir)
        self.assertEqual((result.returncode, result.stdout.count(b"perfadapt-top ")), (0, 2))
        result = self.run_top("--batch", "--json", "-n", "3", "-d", "0.1", runtime_dir=self.runtime_dir)
        stamps = [json.loads(line)["timestamp_ns"] for line in result.stdout.splitlines()]
        self.assertEqual((result.returncode, len(stamps), stamps), (0, 3, sorted(stamps)))

    def test_reader_gone(self):
        with subprocess.Popen([TOP, "--batch", "--json", "-d", "0.05"], env=environment(self.runtime_dir),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            for _ in range(2):  # each sample comes at once
                json.loads(process.stdout.readline())
            process.stdout.close()
            self.assertEqual(process.wait(timeout=TIMEOUT_S), 0)
            self.assertEqual(process.stderr.read(), b"")

    def test_disk_full(self):
        for arguments in (("--once",), ("--json",), ("--batch", "-n", "2"), ("--help",), ("--version",)):
            with open("/dev/full", "wb") as full:
                result = self.run_top(*arguments, runtime_dir=self.runtime_dir, stdout=full)
            self.assertEqual(result.returncode, 3, arguments)
            self.assertIn(b"No space left", result.stderr)

    def test_closed_streams(self):
        command = 'exec "$0" --once'
        for redirection, expected in (("<&-", 0), (">&-", 3), ("2>&-", 0), ("<&- >&- 2>&-", 3)):
            result = subprocess.run(["/bin/sh", "-c", f"{command} {redirection}", TOP], timeout=TIMEOUT_S,
                                    env=environment(self.runtime_dir), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, expected, redirection)


class CommandLine(unittest.TestCase):
    def run_top(self, *arguments):
        return subprocess.run([TOP, *arguments], env=environment(None), timeout=TIMEOUT_S, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_errors_name_the_option(self):
        for arguments, word in ((("--nonsense",), "nonsense"), (("-n", "0", "--batch"), '--samples "0"'), (("-n", "2"), "--batch"),
                                (("--batch", "-n", "1x"), "1x"), (("-d", "0"), '--delay "0"'), (("-d", "nan"), "nan"),
                                (("--color=red",), "--color"), (("file",), "file"), (("--once", "--batch"), "--once"),
                                (("--sysroot",), "sysroot"), (("-bxn",), '"-x" is unknown'),
                                (("--once=1",), '"--once=1" takes no value'), (("-n",), 'option "-n" wants a value')):
            result = self.run_top(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, b""), arguments)
            self.assertIn(word.encode(), result.stderr)
            self.assertRegex(result.stderr, rb"^perfadapt-top: [^\n]+; [^\n]+\n\Z")

    def test_help_and_version(self):
        self.assertIn(b"Usage: perfadapt-top", self.run_top("--help").stdout)
        self.assertRegex(self.run_top("--version").stdout, rb"^perfadapt-top \d+\.\d+\.\d+\n$")

    def test_bad_sysroot(self):
        result = self.run_top("--once", "--sysroot", "/nonexistent")
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"/nonexistent", result.stderr)


if __name__ == "__main__":
    outcome.run()
