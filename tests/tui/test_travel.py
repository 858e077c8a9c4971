#!/usr/bin/python3
"""Recordings and the way back in perfadapt-top: SPDX-License-Identifier: MIT"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outcome
from test_top import BUILD, TIMEOUT_S, TOP, Base, Terminal, environment  # skips where pyte is missing

SESSIONS = os.path.join(BUILD, "bin", "tui_sessions")
END = "\x1bOF"


class Recordings(Base):
    def setUp(self):
        super().setUp()
        self.directory = tempfile.mkdtemp(prefix="perfadapt-travel-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.path = os.path.join(self.directory, "seen.ptape")

    def top(self, *arguments):
        return subprocess.run([TOP, *arguments], env=environment(self.runtime_dir), timeout=TIMEOUT_S,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def record(self, samples=5):
        result = self.top("--batch", "--json", "-n", str(samples), "-d", "0.1", "--record", self.path)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout

    def terminal(self, *arguments):
        terminal = Terminal(120, 40, environment(self.runtime_dir), *arguments)
        self.addCleanup(terminal.close)
        return terminal

    def frames(self, terminal):
        found = re.search(r"frames (\d+)", terminal.text())
        return int(found.group(1)) if found else None

    def wait_frames(self, terminal, condition, what):
        terminal.wait(lambda: self.frames(terminal) is not None and condition(self.frames(terminal)), what)
        return self.frames(terminal)

    def assert_refused(self, path, *words):
        for arguments in (("--once",), ("--batch", "--json")):
            result = self.top(*arguments, "--replay", path)
            self.assertEqual((result.returncode, result.stdout), (3, b""), path)
            self.assertRegex(result.stderr, rb"^perfadapt-top: [^\n]+\n\Z")
            for word in (path, *words):
                self.assertIn(word.encode(), result.stderr)

    def as_live(self, output):
        """A replay names its file, and is else what was seen."""
        return output.replace(json.dumps(self.path).encode(), b"null")

    def test_the_same_samples(self):
        live = self.record()
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        result = self.top("--batch", "--json", "--replay", self.path)
        self.assertEqual((result.returncode, self.as_live(result.stdout), result.stderr), (0, live, b""))
        result = self.top("--json", "--replay", self.path)
        self.assertEqual(self.as_live(result.stdout), live.splitlines(keepends=True)[-1])
        result = self.top("--batch", "--json", "-n", "2", "--replay", self.path)
        self.assertEqual(self.as_live(result.stdout), b"".join(live.splitlines(keepends=True)[:2]))
        text = self.top("--batch", "--replay", self.path).stdout.decode()
        self.assertEqual(text.count("perfadapt-top "), 5)
        self.assertIn("print_budget", self.top("--once", "--replay", self.path).stdout.decode())

    def test_cut_and_damaged(self):
        live = self.record()
        with open(self.path, "rb") as file:
            data = file.read()
        for size in (len(data) - 1, len(data) - 100):
            with open(self.path, "wb") as file:
                file.write(data[:size])
            result = self.top("--batch", "--json", "--replay", self.path)
            self.assertEqual(result.returncode, 0)
            shown = self.as_live(result.stdout)
            self.assertTrue(live.startswith(shown) and len(shown) < len(live))
            self.assertIn(b"cut off at byte", result.stderr)
            self.terminal("--replay", self.path).wait_text("is cut off at byte", " END: cut off here ")
        with open(self.path, "wb") as file:
            file.write(data[:-9] + bytes([data[-9] ^ 4]) + data[-8:])
        result = self.top("--batch", "--json", "--replay", self.path)
        self.assertEqual(self.as_live(result.stdout), b"".join(live.splitlines(keepends=True)[:-1]))
        self.assertIn(b"damaged at byte", result.stderr)
        terminal = self.terminal("--replay", self.path)
        terminal.wait_text("print_budget", " END: damaged from here on ")
        terminal.resize(40, 10)
        terminal.wait_text("END", "print_budget")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)

    def test_no_recordings(self):
        self.record(1)
        with open(self.path, "rb") as file:
            data = file.read()
        for content, word in ((b"", "empty"), (b"x" * 100, "no recording"), (b"PERFADRC" + bytes(200), "damaged"),
                              (data[:8] + data[8:12][::-1] + data[12:], "byte order"), (data[:40], "first moment")):
            with open(self.path, "wb") as file:
                file.write(content)
            self.assert_refused(self.path, word)
        with open(self.path, "wb") as file:
            file.truncate(10 << 30)
        self.assert_refused(self.path, "no recording")
        self.assert_refused(self.directory, "directory")
        self.assert_refused("/dev/zero", "no file")
        self.assert_refused("/nonexistent", "No such file")
        result = self.top("--once", "--record", "/nonexistent/file")
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"/nonexistent/file", result.stderr)

    def test_what_is_no_recording_stays(self):
        self.record(1)
        with open(self.path, "rb") as file:
            data = file.read()
        for content in (b"x", b"PADTAP", b"my notes\n" * 100, b"PERFADRC" + bytes(200)):
            with open(self.path, "wb") as file:
                file.write(content)
            for arguments in (("--once",), ("--batch", "--json", "-n", "1")):
                result = self.top(*arguments, "--record", self.path)
                self.assertEqual((result.returncode, result.stdout), (2, b""))
                self.assertRegex(result.stderr, rb"^perfadapt-top: cannot record to [^\n]+; give another file\n\Z")
                self.assertIn(self.path.encode(), result.stderr)
            terminal = self.terminal("--record", self.path)
            self.assertEqual(terminal.status(), 2)
            self.assertIn(b"give another file", terminal.raw)
            with open(self.path, "rb") as file:
                self.assertEqual(file.read(), content)
        for content in (b"", data, data + data, data[:30], data[:8] + b"of another version"):
            with open(self.path, "wb") as file:
                file.write(content)
            self.record(2)
            self.assertEqual(self.top("--batch", "--json", "--replay", self.path).stdout.count(b"\n"), 2)

    def test_into_a_pipe(self):
        os.mkfifo(self.path)
        result = self.top("--once", "--record", self.path)  # nobody reads it
        self.assertEqual((result.returncode, result.stdout), (3, b""))
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.record(1)
        self.assertEqual(os.read(reader, 8), b"PADTAPE\n")

    def test_full_disk(self):
        result = self.top("--batch", "--json", "-n", "2", "-d", "0.1", "--record", "/dev/full")
        self.assertEqual((result.returncode, result.stdout.count(b"\n")), (0, 2))
        self.assertEqual(result.stderr.count(b"No space left"), 1)
        terminal = self.terminal("-d", "0.2", "--record", "/dev/full")
        before = self.wait_frames(terminal, lambda frames: True, "frames")
        self.wait_frames(terminal, lambda frames: frames > before, "going on")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)

    def test_the_way_back(self):
        terminal = self.terminal("-d", "0.2", "--record", self.path)
        first = self.wait_frames(terminal, lambda frames: True, "frames")
        self.wait_frames(terminal, lambda frames: frames > first + 200, "three seconds")
        terminal.keys("{")
        past = self.wait_frames(terminal, lambda frames: frames < first + 60, "the past")
        self.assertRegex(terminal.text(), r" 00:0\d ago ")
        terminal.keys("]")
        self.wait_frames(terminal, lambda frames: frames > past, "a second later")
        terminal.keys("[")
        self.wait_frames(terminal, lambda frames: frames == past, "a second back")
        terminal.keys("\x1bOF")
        now = self.wait_frames(terminal, lambda frames: frames > first + 200, "the newest again")
        self.wait_frames(terminal, lambda frames: frames > now, "going on")
        terminal.keys(" ")
        terminal.wait_text("PAUSED")
        held = self.frames(terminal)
        terminal.keys("[")
        self.wait_frames(terminal, lambda frames: frames < held, "back from a pause")
        terminal.keys(" ")
        self.wait_frames(terminal, lambda frames: frames > held, "going on after the pause")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)
        samples = self.top("--batch", "--json", "--replay", self.path).stdout.splitlines()
        totals = [json.loads(sample)["apps"][0]["frames_total"] for sample in samples]
        self.assertIn(past, totals)
        self.assertEqual(totals, sorted(totals))

    def test_replay(self):
        result = self.top("--batch", "--json", "-n", "4", "-d", "1", "--record", self.path)
        totals = [json.loads(sample)["apps"][0]["frames_total"] for sample in result.stdout.splitlines()]
        terminal = self.terminal("--replay", self.path)
        terminal.wait_text("print_budget", f"frames {totals[0]}")
        terminal.keys(" ")
        terminal.wait_text("PAUSED")
        terminal.keys("\x1bOF")
        terminal.wait_text(f"frames {totals[-1]}")
        terminal.keys("[")
        terminal.wait_text(f"frames {totals[-2]}")
        terminal.keys("{")
        terminal.wait_text(f"frames {totals[0]}")
        terminal.wait(lambda: re.search(" 00:0[23] before the end ", terminal.text()), "how far the end is")
        self.assertNotIn(" END ", terminal.text())
        terminal.keys(" ")
        for total in totals[1:]:
            terminal.wait_text(f"frames {total}")
        terminal.wait_text("replay seen.ptape", " END ")
        terminal.keys("{")
        for total in (totals[0], totals[-1]):  # goes on from where it was put
            terminal.wait_text(f"frames {total}")
        terminal.keys("{ \r")
        terminal.wait_text("Details: print_budget", "What steers it")
        terminal.wait(lambda: re.search("not recorded|handheld/junction", terminal.text()), "what was recorded of it")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)

    def test_record_key(self):
        before = os.getcwd()
        os.chdir(self.directory)
        self.addCleanup(os.chdir, before)
        terminal = self.terminal("-d", "0.2")
        self.wait_frames(terminal, lambda frames: True, "frames")
        terminal.keys("r")
        terminal.wait(lambda: any(os.path.getsize(path) > 100 for path in glob.glob("perfadapt-top-*.ptape")), "a file")
        terminal.keys("r")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)
        path, = glob.glob("perfadapt-top-*.ptape")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertIn(b"print_budget", self.top("--once", "--replay", path).stdout)


class OtherApps(Base):
    """Looking back there are frames of the app alone that was selected then."""
    FRAME_MS = 70

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.slow = subprocess.Popen([SESSIONS, "1", "slow", str(cls.FRAME_MS)], env=environment(cls.runtime_dir),
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        cls.slow.stdout.readline()
        end = time.monotonic() + TIMEOUT_S
        while any(app["period_p50_ms"] is None for app in cls.sample(cls.runtime_dir)["apps"]):
            if time.monotonic() > end:
                raise AssertionError("the slow session draws no frames")

    @classmethod
    def tearDownClass(cls):
        cls.slow.communicate()
        super().tearDownClass()

    def pane_of(self, terminal, name):
        """What the pane of frame times shows of that app, None where it is not drawn yet."""
        found = re.search(rf"Frame times ms: {name} \(.*?5 Events", terminal.text(), re.DOTALL)
        return found.group() if found else None

    def wait_pane(self, terminal, name, pattern, ago):
        def shown():
            pane = self.pane_of(terminal, name)
            return pane is not None and re.search(pattern, pane) and (" ago " in terminal.text()) == ago
        terminal.wait(shown, f"{pattern} of {name}")
        pane = self.pane_of(terminal, name)
        p50_ms = float(re.search(r"p50 (\d+\.\d)", pane).group(1))
        self.assertEqual(p50_ms >= self.FRAME_MS, name == "slow", pane)

    def test_the_pane_tells_whose_frames_were_kept(self):
        terminal = self.start(120, 40)
        terminal.wait_text("Frame times ms: ", "slow", "last 10 s", " late ")
        kept = re.search(r"Frame times ms: (\w+)", terminal.text()).group(1)
        other = "print_budget" if kept == "slow" else "slow"
        terminal.keys("[")
        self.wait_pane(terminal, kept, "last 10 s", True)
        terminal.keys(f"/{other}\r")
        self.wait_pane(terminal, other, rf"n/a \(of this moment frames are kept of {kept} \(\d+\) alone\)", True)
        terminal.keys(END)
        self.wait_pane(terminal, other, "last 10 s", False)


if __name__ == "__main__":
    outcome.run()
