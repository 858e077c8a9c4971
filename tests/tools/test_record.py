#!/usr/bin/python3
"""perfadapt record and the replay of what it wrote, as their users see them. SPDX-License-Identifier: MIT"""
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
from replay_program import PROGRAM, SKIPPED, TIMEOUT_S  # noqa: E402

APP = os.path.join(os.path.dirname(PROGRAM), "print_budget")
for needed in (PROGRAM, APP):
    if not os.access(needed, os.X_OK):
        print(f"skipped: no program {needed}")
        sys.exit(SKIPPED)

with open(PROGRAM, "rb") as program:
    CONTENT = program.read()
SANITIZED = b"__asan_" in CONTENT or b"__tsan_" in CONTENT
del CONTENT

HEADER_BYTES = 136
CHUNK_BYTES = 32


class Recordings(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="perfadapt-record-")
        self.addCleanup(self.folder.cleanup)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.path("run"), PERFADAPT_NO_PROBE="1",
                                XDG_STATE_HOME=self.path("state"), LC_ALL="C.UTF-8")
        os.mkdir(self.path("run"), 0o700)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_program(self, *words, **more):
        return subprocess.run([PROGRAM, *words], env=self.environment, capture_output=True, timeout=TIMEOUT_S,
                              text=True, errors="replace", check=False, **more)

    def record_app(self, name="a.rec", seconds="1.5"):
        done = self.run_program("record", "-o", self.path(name), "--", APP, seconds)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.path(name)

    def replayed(self, path, *words):
        done = self.run_program("replay", path, "--json", *words)
        kinds = {}
        for line in done.stdout.splitlines():
            entry = json.loads(line)
            self.assertEqual(entry["schema"], "perfadapt.replay/1")
            kinds.setdefault(entry["kind"], []).append(entry)
        return done, kinds

    def test_a_command_is_recorded_and_replayed(self):
        path = self.record_app()
        done, kinds = self.replayed(path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        source, summary = kinds["source"][0], kinds["summary"][0]
        self.assertEqual((source["app"], source["format"], source["same_build"], source["what_if"]),
                         ("print_budget", "perfadapt", True, False))
        self.assertGreater(summary["frames"], 30)
        self.assertGreater(summary["budgets"], 0)
        self.assertEqual((summary["budgets_differing"], summary["gaps"], summary["complete"]), (0, 0, True))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        text = self.run_program("replay", path).stdout
        self.assertIn("bit for bit", text)

    def test_a_process_that_runs_is_followed_to_its_end(self):
        app = subprocess.Popen([APP, "3"], env=self.environment, stdout=subprocess.DEVNULL)
        self.addCleanup(app.wait)
        self.await_socket()
        done = self.run_program("record", "-o", self.path("b.rec"), "--pid", str(app.pid))
        self.assertEqual(done.returncode, 0, done.stderr)
        result, kinds = self.replayed(self.path("b.rec"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(kinds["source"][0]["pid"], app.pid)
        self.assertGreater(kinds["summary"][0]["frames"], 60)

    def test_an_interrupt_ends_the_recording_and_not_the_app(self):
        app = subprocess.Popen([APP, "60"], env=self.environment, stdout=subprocess.DEVNULL)
        self.addCleanup(app.wait)
        self.addCleanup(app.kill)
        self.await_socket()
        recorder = subprocess.Popen([PROGRAM, "record", "-o", self.path("c.rec"), "--pid", str(app.pid)],
                                    env=self.environment, stderr=subprocess.DEVNULL)
        self.await_that(lambda: os.path.exists(self.path("c.rec")) and os.path.getsize(self.path("c.rec")) > 2000)
        recorder.send_signal(signal.SIGINT)
        self.assertEqual(recorder.wait(TIMEOUT_S), 0)
        self.assertIsNone(app.poll())
        self.assertEqual(self.replayed(self.path("c.rec"))[0].returncode, 0)

    def test_an_app_that_is_killed_leaves_all_it_did(self):
        app = subprocess.Popen([APP, "60"], env=self.environment, stdout=subprocess.DEVNULL)
        self.addCleanup(app.wait)
        self.await_socket()
        recorder = subprocess.Popen([PROGRAM, "record", "-o", self.path("d.rec"), "--pid", str(app.pid)],
                                    env=self.environment, stderr=subprocess.DEVNULL)
        self.await_that(lambda: os.path.exists(self.path("d.rec")) and os.path.getsize(self.path("d.rec")) > 2000)
        app.kill()
        app.wait()
        self.assertEqual(recorder.wait(TIMEOUT_S), 0)
        done, kinds = self.replayed(self.path("d.rec"))
        self.assertEqual((done.returncode, kinds["summary"][0]["budgets_differing"]), (0, 0))

    def test_a_command_with_two_sessions_makes_two_files(self):
        done = self.run_program("record", "-o", self.path("e.rec"), "--", "sh", "-c", f"'{APP}' 1 & '{APP}' 1; wait")
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("e.rec", "e-2.rec"):
            self.assertEqual(self.replayed(self.path(name))[0].returncode, 0)

    def test_the_exit_code_is_the_commands(self):
        words = ("record", "-o", self.path("f.rec"), "--", "sh", "-c")
        self.assertEqual(self.run_program(*words, "exit 7").returncode, 7)
        self.assertEqual(self.run_program(*words, "kill -9 $$").returncode, 137)
        self.assertEqual(self.run_program(*words, f"'{APP}' 0.5; exit 5").returncode, 5)
        done = self.run_program(*words, "exit 0")
        self.assertEqual((done.returncode, "opened no session" in done.stderr), (3, True))

    def test_wrong_command_lines(self):
        for words, told in (
                ((), "-o FILE is missing"),
                (("-o", "x"), "wants either --pid PID or a command"),
                (("-o", "x", "--pid", "1", "--", "true"), "wants either --pid PID or a command"),
                (("-o", "x", "--pid", "0"), "--pid 0: not a process id"),
                (("-o", "x", "--pid", "12x"), "--pid 12x: not a process id"),
                (("-o", "x", "--seconds", "-1", "true"), "--seconds -1"),
                (("--nonsense",), "nonsense")):
            done = self.run_program("record", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(told, done.stderr)

    def test_what_cannot_be_written_is_named(self):
        for place, told in (("none/a.rec", "No such file"), ("run", "")):
            done = self.run_program("record", "-o", self.path(place), "--", APP, "5")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(self.path(place), done.stderr)
            self.assertIn(told, done.stderr)
        done = self.run_program("record", "-o", self.path("g.rec"), "--", "/no/such/program")
        self.assertEqual((done.returncode, "/no/such/program" in done.stderr), (3, True))
        done = self.run_program("record", "-o", self.path("g.rec"), "--pid", str(os.getpid()))
        self.assertEqual((done.returncode, f"process {os.getpid()} has no session" in done.stderr), (3, True))

    def test_what_if(self):
        path = self.record_app()
        done, kinds = self.replayed(path, "--set", "policy.mode=fixed")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(kinds["source"][0]["what_if"] and kinds["source"][0]["open_loop"])
        self.assertEqual(kinds["summary"][0]["quality_min"], 4)
        self.assertEqual(kinds["change"][-1]["reasons"], ["policy"])
        done, kinds = self.replayed(path, "--target-ms", "40")
        self.assertEqual(kinds["change"][-1]["frame_ns"], 40000000)
        done, kinds = self.replayed(path, "--preset", "battery")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_program("replay", path, "--set", "policy.quality_min=9")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("policy.quality_min", done.stderr)
        text = self.run_program("replay", path, "--set", "thermal.limit_c=80").stdout
        self.assertIn("as it was", text)
        self.assertIn("as it is asked", text)
        self.assertIn("open loop", text)

    def test_damaged_files_are_replayed_in_part_and_say_so(self):
        with open(self.record_app(), "rb") as file:
            good = file.read()
        cases = (
            (good[:-10], 1, "the file is cut"),
            (good[:HEADER_BYTES + CHUNK_BYTES + 40], 3, "holds nothing that could be replayed"),
            (good[:20], 3, "header is cut or damaged"),
            (good[:HEADER_BYTES // 2] + b"\1" + good[HEADER_BYTES // 2 + 1:], 3, "header is cut or damaged"),
            (good + b"garbage" * 100, 1, "damaged"),
            (b"", 3, "is empty"),
            (good[:12] + struct.pack("=I", 9) + good[16:], 3, "version 9 of the format"),
            (good[7::-1] + good[11:7:-1] + good[12:], 3, "other byte order"),
        )
        for content, code, told in cases:
            with open(self.path("h.rec"), "wb") as file:
                file.write(content)
            done = self.run_program("replay", self.path("h.rec"), "--format", "perfadapt")
            self.assertEqual((done.returncode, told in done.stdout + done.stderr), (code, True),
                             f"{told}: {done.stdout} {done.stderr}")

    def test_a_large_file_takes_little_memory(self):
        path = self.record_app("i.rec")
        with open(path, "rb") as file:
            good = file.read()
        with open(path, "r+b") as file:
            file.truncate(1 << 28)
            file.seek(0, os.SEEK_END)
            file.write(good[HEADER_BYTES:])
        done = self.run_program("replay", path, "--summary", preexec_fn=limit_memory)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("damaged", done.stdout)

    def await_socket(self):
        folder = self.path("run/perfadapt")
        self.await_that(lambda: os.path.isdir(folder) and any(n.endswith(".sock") for n in os.listdir(folder)))

    def await_that(self, condition):
        until = time.monotonic() + TIMEOUT_S
        while not condition():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)


def limit_memory():
    """Less than the file; sanitizers take memory of their own."""
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))


if __name__ == "__main__":
    unittest.main()
