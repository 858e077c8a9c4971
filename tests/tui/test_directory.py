#!/usr/bin/python3
"""What perfadapt-top tells of the directory of sessions: it is missing, too many are in it. SPDX-License-Identifier: MIT"""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outcome
from test_top import BUILD, TIMEOUT_S, TOP, Terminal, environment  # skips where pyte is missing

SESSIONS = os.path.join(BUILD, "bin", "tui_sessions")
WATCHED = 256  # sessions that a monitor looks at
SESSIONS_S = 60


class Base(unittest.TestCase):
    def setUp(self):
        self.runtime_dir = tempfile.mkdtemp(prefix="perfadapt-directory-")
        self.addCleanup(shutil.rmtree, self.runtime_dir, ignore_errors=True)

    def top(self, *arguments, **changes):
        result = subprocess.run([TOP, *arguments], env=environment(self.runtime_dir, **changes), timeout=TIMEOUT_S,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout.decode()

    def sample(self, *arguments, **changes):
        return json.loads(self.top("--json", "--no-sampler", *arguments, **changes))

    def terminal(self, *arguments, **changes):
        terminal = Terminal(120, 40, environment(self.runtime_dir, **changes), "--no-sampler", *arguments)
        self.addCleanup(terminal.close)
        return terminal


class Missing(Base):
    """The directory that XDG_RUNTIME_DIR names cannot be looked into: its name, why, and what to do."""
    ADVICE = "no app can be found: set it as the apps have it"

    def assert_told(self, path, why):
        told = f"XDG_RUNTIME_DIR={path}: {why}"
        sample = self.sample(XDG_RUNTIME_DIR=path)
        self.assertEqual((sample["sessions_error"], sample["apps"], sample["apps_left_out"]),
                         (f"{told}; {self.ADVICE}", [], None))
        for arguments in (("--once",), ("--batch", "-n", "1")):
            self.assertTrue(self.top(*arguments, XDG_RUNTIME_DIR=path).endswith(f"  {told}; {self.ADVICE}\n"))
        terminal = self.terminal("-d", "0.2", XDG_RUNTIME_DIR=path)
        terminal.wait_text(told, self.ADVICE)
        self.assertNotIn("no app with a budget", terminal.text())
        return terminal

    def test_comes_and_goes(self):
        path = os.path.join(self.runtime_dir, "user")
        terminal = self.assert_told(path, "No such file or directory")
        os.mkdir(path, 0o700)
        terminal.wait_text("no app with a budget found")
        os.rmdir(path)
        terminal.wait_text("No such file or directory")

    def test_no_directory(self):
        path = os.path.join(self.runtime_dir, "file")
        with open(path, "w", encoding="ascii"):
            pass
        self.assert_told(path, "Not a directory")

    def test_in_a_recording(self):
        path = os.path.join(self.runtime_dir, "seen.ptape")
        self.sample("--record", path, XDG_RUNTIME_DIR="/nonexistent")
        self.assertEqual(self.sample("--replay", path)["sessions_error"],
                         f"XDG_RUNTIME_DIR: No such file or directory; {self.ADVICE}")

    def test_strange_name(self):
        text = self.top("--once", XDG_RUNTIME_DIR="/nonexistent/\x1b[31m\u202e" + "long/" * 100)
        self.assertIn("XDG_RUNTIME_DIR=/nonexistent/?[31m?long/long", text)
        self.assertIn(f": No such file or directory; {self.ADVICE}\n", text)

    def test_not_searchable(self):
        os.chmod(self.runtime_dir, 0o600)
        if os.geteuid() != 0:
            self.assert_told(self.runtime_dir, "Permission denied")
            return
        other = {"user": 65534, "group": 65534, "extra_groups": []}
        result = subprocess.run([TOP, "--once"], env=environment(self.runtime_dir), stdout=subprocess.PIPE,
                                timeout=TIMEOUT_S, **other)
        if result.returncode != 0:
            self.skipTest("another user cannot run the program where it was built")
        self.assertIn(f"{self.runtime_dir}: Permission denied; no app".encode(), result.stdout)

    def test_nothing_published(self):
        sample = self.sample()
        self.assertEqual((sample["sessions_error"], sample["apps"], sample["apps_left_out"]), (None, [], 0))
        os.mkdir(os.path.join(self.runtime_dir, "perfadapt"), 0o700)
        self.assertIsNone(self.sample()["sessions_error"])


class Many(Base):
    """More sessions than a monitor looks at: how many it leaves out is told wherever sessions are."""

    def open_sessions(self, count):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit[0] < 8 * count and limit[1] < 8 * count:
            self.skipTest(f"no {8 * count} file descriptors are permitted")
        process = subprocess.Popen([SESSIONS, str(count), "viewer", "60000"], env=environment(self.runtime_dir),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1])))
        self.addCleanup(self.end, process)
        self.assertEqual(process.stdout.readline(), b"open\n")

    @staticmethod
    def end(process):
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=SESSIONS_S)

    def sample_of_all(self):
        """On a busy machine not all of them answer the first refresh in time."""
        end = time.monotonic() + TIMEOUT_S
        while True:
            sample = self.sample()
            if len(sample["apps"]) == WATCHED or time.monotonic() > end:
                return sample

    def test_left_out(self):
        self.open_sessions(300)
        sample = self.sample_of_all()
        self.assertEqual((len(sample["apps"]), sample["apps_left_out"]), (WATCHED, 300 - WATCHED))
        path = os.path.join(self.runtime_dir, "seen.ptape")
        text = self.top("--batch", "--no-sampler", "-n", "5", "-d", "0.1", "--record", path)
        told = "\n  44 more are there and left out: no more than 256 are looked at\n"
        self.assertTrue(text.endswith(told), text[-200:])
        self.assertEqual(self.sample("--replay", path)["apps_left_out"], 44)
        terminal = self.terminal("-d", "0.2")
        terminal.wait_text("Apps with a budget (256, 44 more left out)")
        terminal.keys("/nobody\r")
        terminal.wait_text("Apps with a budget (0 of 256, 44 more left out), times in ms  /nobody")

    def test_none(self):
        self.open_sessions(WATCHED)
        sample = self.sample_of_all()
        self.assertEqual((len(sample["apps"]), sample["apps_left_out"]), (WATCHED, 0))
        self.assertNotIn("left out", self.top("--once", "--no-sampler"))


if __name__ == "__main__":
    outcome.run()
