#!/usr/bin/python3
"""What perfadapt record wrote, in perfadapt-top: against what perfadapt replay says. SPDX-License-Identifier: MIT"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outcome
from test_top import BUILD, PRINT_BUDGET, TIMEOUT_S, TOP, Terminal, environment  # skips where pyte is missing

PROGRAM = os.environ.get("PERFADAPT", os.path.join(BUILD, "bin", "perfadapt"))
HEADER_BYTES = 128

for needed in (PROGRAM, PRINT_BUDGET):
    if not os.access(needed, os.X_OK):
        print(f"skipped: no program {needed}")
        sys.exit(77)


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="perfadapt-session-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        runtime = os.path.join(cls.directory, "run")
        os.mkdir(runtime, 0o700)
        cls.environment = environment(runtime)
        cls.environment.update(PERFADAPT_SIMULATE="handheld", XDG_STATE_HOME=os.path.join(cls.directory, "state"))
        cls.recorded = os.path.join(cls.directory, "session.rec")
        subprocess.run([PROGRAM, "record", "-o", cls.recorded, "--", PRINT_BUDGET, "5"], env=cls.environment,
                       timeout=TIMEOUT_S, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(cls.recorded, "rb") as file:
            cls.data = file.read()

    def path_of(self, content):
        path = os.path.join(self.directory, "changed.rec")
        with open(path, "wb") as file:
            file.write(content)
        return path

    def top(self, *arguments):
        return subprocess.run([TOP, *arguments], env=self.environment, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def samples(self, path):
        result = self.top("--batch", "--json", "--replay", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()], result.stderr.decode()

    def replayed(self):
        result = subprocess.run([PROGRAM, "replay", self.recorded, "--json"], env=self.environment, timeout=TIMEOUT_S,
                                check=True, stdout=subprocess.PIPE)
        kinds = {}
        for line in result.stdout.splitlines():
            entry = json.loads(line)
            kinds.setdefault(entry["kind"], []).append(entry)
        return kinds

    def test_the_same_as_replay_says(self):
        kinds = self.replayed()
        samples, errors = self.samples(self.recorded)
        app = samples[-1]["apps"][0]
        source, summary = kinds["source"][0], kinds["summary"][0]
        self.assertEqual(errors, "")
        self.assertEqual((app["name"], app["pid"], app["role"], app["version"]),
                         (source["app"], source["pid"], source["role"], source["library_version"]))
        self.assertEqual(app["frames_total"], summary["frames"])
        self.assertAlmostEqual(app["period_p50_ms"], summary["frame_p50_ms"], delta=0.1)  # there it is of classes
        decided = [change for change in kinds["change"] if change["why"] is not None]
        self.assertGreater(len(decided), 0)
        self.assertEqual([(decision["generation"], decision["text"]) for decision in app["decisions"]],
                         [(change["generation"], change["why"]) for change in decided][-16:])
        self.assertEqual(app["budget"]["quality"], kinds["change"][-1]["quality"])

    def test_what_was_not_recorded_is_unknown(self):
        samples, _ = self.samples(self.recorded)
        last = samples[-1]
        self.assertEqual(last["replay"], self.recorded)
        self.assertEqual([sensor["state"] for sensor in last["sensors"]], ["ok"])
        self.assertIsNotNone(last["sensors"][0]["limit_c"])
        self.assertEqual(last["psi"]["io"]["some"]["state"], "unsupported")
        self.assertIsNone(last["psi"]["io"]["some"]["avg10_percent"])
        self.assertIsNone(last["cpu"]["busy"])
        self.assertIsNone(last["power"]["battery"])

    def test_a_moment_each_second(self):
        samples, _ = self.samples(self.recorded)
        self.assertGreaterEqual(len(samples), 4)
        times = [sample["timestamp_ns"] for sample in samples]
        for before, after in zip(times[:-1], times[1:-1]):
            self.assertEqual(after - before, 1000000000)
        taken_ns = self.replayed()["source"][0]["taken_unix_s"] * 1000000000
        self.assertLess(abs(samples[0]["realtime_ns"] - taken_ns), 10e9)
        totals = [sample["apps"][0]["frames_total"] for sample in samples]
        self.assertEqual(totals, sorted(set(totals)))
        self.assertEqual(self.top("--csv", "--batch", "--replay", self.recorded).stdout.count(b"\n"), len(samples) + 1)

    def test_cut_and_damaged(self):
        whole, _ = self.samples(self.recorded)
        cut = self.path_of(self.data[:len(self.data) * 3 // 4])
        shown, errors = self.samples(cut)
        self.assertIn("cut off", errors)
        terminal = Terminal(120, 40, self.environment, "--replay", cut)
        self.addCleanup(terminal.close)
        terminal.keys("\x1bOF")
        terminal.wait_text(" END: cut off here ")
        self.assertTrue(0 < len(shown) < len(whole))
        self.assertEqual(shown[0]["apps"], whole[0]["apps"])
        middle = len(self.data) // 2
        damaged = self.path_of(self.data[:middle] + bytes([self.data[middle] ^ 1]) + self.data[middle + 1:])
        shown, errors = self.samples(damaged)
        self.assertRegex(errors, r"^perfadapt-top: \S+: is damaged in 1 place, first near byte \d+: [^\n]+\n\Z")
        terminal = Terminal(120, 40, self.environment, "--replay", damaged)
        self.addCleanup(terminal.close)
        terminal.wait_text("is damaged in 1 place")

    def test_none_that_can_be_shown(self):
        swapped = self.data[7::-1] + self.data[8:12][::-1] + self.data[12:]
        for content, word in ((self.data[:HEADER_BYTES], "no moment"), (self.data[:60], "damaged at its beginning"),
                              (self.data[:30] + b"?" + self.data[31:], "damaged at its beginning"),
                              (swapped, "byte order"),
                              (self.data[:12] + b"\x63" + self.data[13:], "another version")):
            path = self.path_of(content)
            for arguments in (("--once",), ("--batch", "--json")):
                result = self.top(*arguments, "--replay", path)
                self.assertEqual((result.returncode, result.stdout), (3, b""), word)
                self.assertRegex(result.stderr, rb"^perfadapt-top: [^\n]+\n\Z")
                self.assertIn(word.encode(), result.stderr)

    def test_a_huge_file(self):
        path = self.path_of(self.data)
        os.truncate(path, 10 << 30)
        result = self.top("--once", "--replay", path)
        self.assertEqual((result.returncode, result.stderr.count(b"\n")), (3, 1))

    def test_the_way_back(self):
        totals = [sample["apps"][0]["frames_total"] for sample in self.samples(self.recorded)[0]]
        terminal = Terminal(120, 40, self.environment, "--replay", self.recorded)
        self.addCleanup(terminal.close)
        terminal.wait_text("print_budget", f"frames {totals[0]}")
        terminal.keys(" ")
        terminal.wait_text("PAUSED")
        terminal.keys("\x1bOF")
        terminal.wait_text(f"frames {totals[-1]}")
        terminal.keys("{")
        terminal.wait_text(f"frames {totals[0]}")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)


if __name__ == "__main__":
    outcome.run()
