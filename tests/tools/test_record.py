#!/usr/bin/python3
"""perfadapt record and the replay of what it wrote, as their users see them. SPDX-License-Identifier: MIT"""
import json
import os
import re
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

HEADER_BYTES = 128
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
        self.assertTrue(10 < summary["frame_p50_ms"] < 30, summary)
        self.assertTrue(summary["frame_p50_ms"] <= summary["frame_p99_ms"] <= 1.01 * summary["frame_worst_ms"], summary)
        text = self.run_program("replay", path).stdout
        self.assertIn("bit for bit", text)
        self.assertRegex(text, r"\n +frames of [\d.]+ ms on average \([\d.]+ fps\), p50 [\d.]+ ms, p99 [\d.]+ ms, ")

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
        app.kill()  # and nobody waits for it: it stays, as a zombie
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
                (("-o",), 'option "-o" wants a value'),
                (("-o", "x"), "wants either --pid PID or a command"),
                (("-o", "x", "--pid", "1", "--", "true"), "wants either --pid PID or a command"),
                (("-o", "x", "--pid", "0"), '--pid "0" is not a process id'),
                (("-o", "x", "--pid", "12x"), '--pid "12x" is not a process id'),
                (("-o", "x", "--duration", "-1", "true"), '--duration "-1"'),
                (("-o", "x", "--seconds", "1e-10", "true"), '--duration "1e-10" is not a number of seconds from 0.001'),
                (("-o", "-", "true"), "does not go to standard output"),
                (("--help=3",), 'option "--help=3" takes no value'),
                (("-x",), 'unknown option "-x"'),
                (("--duraton=3",), 'unknown option "--duraton", did you mean "--duration"?'),
                (("--nonsense",), 'unknown option "--nonsense"')):
            done = self.run_program("record", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertRegex(done.stderr, r"^perfadapt record: [^\n]*(; |\?$)[^\n]*\n\Z")
            self.assertIn(told, done.stderr)
        for word in ("-h", "--help"):
            done = self.run_program("record", word)
            self.assertEqual((done.returncode, done.stdout[:6], done.stderr), (0, "Usage:", ""))

    def test_what_cannot_be_written_is_named_and_nothing_is_run(self):
        os.symlink(self.path("target"), self.path("link"))
        os.mkfifo(self.path("pipe"))
        regular = "FILE must be a regular file, not a link, a pipe or a device"
        for place, told in (("none/a.rec", "No such file"), ("run", "Is a directory"), ("link", regular),
                            ("pipe", regular), ("/dev/stdout", regular), ("/dev/null", regular)):
            self.refused(self.path(place), self.environment, f"{self.path(place)}: {told}")
        self.assertFalse(os.path.exists(self.path("target")))

    def test_where_no_session_could_be_seen_nothing_is_run(self):
        os.makedirs(self.path("open/perfadapt"))
        os.chmod(self.path("open/perfadapt"), 0o755)
        for place in (None, "", "relative", self.path("none"), self.path("open")):
            environment = {**self.environment, "XDG_RUNTIME_DIR": place}
            if place is None:
                del environment["XDG_RUNTIME_DIR"]
            self.refused(self.path("g.rec"), environment, "XDG_RUNTIME_DIR")
        self.assertFalse(os.path.exists(self.path("g.rec")))

    def refused(self, path, environment, told):
        words = [PROGRAM, "record", "-o", path, "--", "touch", self.path("was run")]
        done = subprocess.run(words, env=environment, capture_output=True, timeout=TIMEOUT_S, text=True, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(told, done.stderr)
        self.assertNotIn("bytes of", done.stderr)
        self.assertFalse(os.path.exists(self.path("was run")))

    def test_without_a_session_there_is_no_file(self):
        for words, told in ((("--", "/no/such/program"), "/no/such/program: No such file"),
                            (("--", "true"), "true opened no session"),
                            (("--duration", "0.1", "--pid", str(os.getpid())), f"process {os.getpid()} has no session")):
            done = self.run_program("record", "-o", self.path("g.rec"), *words)
            self.assertEqual((done.returncode, told in done.stderr), (3, True), done.stderr)
            self.assertFalse(os.path.exists(self.path("g.rec")))

    def test_a_file_that_was_there_is_kept_until_there_is_another(self):
        path = self.path("old.rec")
        with open(path, "w", encoding="ascii") as file:
            file.write("dear")
        os.chmod(path, 0o644)
        self.assertEqual(self.run_program("record", "-o", path, "--", "true").returncode, 3)
        self.assertEqual((os.path.getsize(path), os.stat(path).st_mode & 0o777), (4, 0o644))
        done = self.run_program("record", "-o", path, "--", APP, "0.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertIn(f"{path}: {os.path.getsize(path)} bytes of print_budget", done.stderr)
        self.assertEqual(self.replayed(path)[0].returncode, 0)

    # What the signals are told by: it has had a session, and ends as it likes.
    SCRIPT = (f"trap 'echo int; exit 9' INT; trap 'echo term; exit 8' TERM; '{APP}' 0.4 >/dev/null; echo ready; "
              "while :; do sleep 0.05; done")

    def start_recorder(self, name, *words, **more):
        with open(self.path("errors"), "w", encoding="utf-8") as errors:
            recorder = subprocess.Popen([PROGRAM, "record", "-o", self.path(name), *words], env=self.environment,
                                        stdout=subprocess.PIPE, stderr=errors, text=True, **more)
        self.addCleanup(recorder.stdout.close)
        self.addCleanup(recorder.wait)
        self.addCleanup(recorder.kill)
        return recorder

    def errors(self):
        with open(self.path("errors"), encoding="utf-8") as file:
            return file.read()

    def start_script(self, name="s.rec"):
        recorder = self.start_recorder(name, "--", "sh", "-c", self.SCRIPT, start_new_session=True)
        self.assertEqual(recorder.stdout.readline(), "ready\n")
        return recorder

    def test_an_interrupt_of_both_is_the_commands_to_answer(self):
        recorder = self.start_script()
        os.killpg(recorder.pid, signal.SIGINT)
        self.assertEqual((recorder.stdout.read(), recorder.wait(TIMEOUT_S)), ("int\n", 9))
        self.assertEqual(self.replayed(self.path("s.rec"))[0].returncode, 0)

    def test_an_end_that_is_asked_of_the_recorder_is_passed_on(self):
        recorder = self.start_script()
        recorder.terminate()
        recorder.terminate()  # as timeout does: a wish that comes twice at once is one
        self.assertEqual((recorder.stdout.read(), recorder.wait(TIMEOUT_S)), ("term\n", 8))
        self.assertEqual(self.replayed(self.path("s.rec"))[0].returncode, 0)

    def test_a_second_signal_lets_the_command_run(self):
        recorder = self.start_script()
        recorder.send_signal(signal.SIGINT)
        self.await_that(lambda: "waits for sh to end" in self.errors())
        self.assertIsNone(recorder.poll())
        recorder.send_signal(signal.SIGINT)
        self.assertEqual(recorder.wait(TIMEOUT_S), 128 + signal.SIGINT)
        left = re.search(r"sh runs on as process (\d+)", self.errors())
        os.kill(int(left.group(1)), signal.SIGTERM)
        self.assertEqual(recorder.stdout.read(), "term\n")
        self.assertEqual(self.replayed(self.path("s.rec"))[0].returncode, 0)

    def test_a_failure_midway_leaves_the_command_its_time(self):
        recorder = self.start_recorder("w.rec", "--", "sh", "-c", f"'{APP}' 2 >/dev/null; echo whole")
        self.await_that(lambda: os.path.exists(self.path("w.rec")) and os.path.getsize(self.path("w.rec")) > 200)
        resource.prlimit(recorder.pid, resource.RLIMIT_FSIZE, (os.path.getsize(self.path("w.rec")),) * 2)
        self.assertEqual((recorder.stdout.read(), recorder.wait(TIMEOUT_S)), ("whole\n", 3))
        self.assertEqual(self.errors().count("File too large"), 1, self.errors())

    def test_a_second_file_that_cannot_be_written_leaves_the_command_its_time(self):
        os.mkdir(self.path("v-2.rec"))
        done = self.run_program("record", "-o", self.path("v.rec"), "--", "sh", "-c",
                                f"'{APP}' 0.5 >/dev/null; '{APP}' 0.5 >/dev/null; echo whole")
        self.assertEqual((done.returncode, done.stdout), (3, "whole\n"), done.stderr)
        self.assertEqual(done.stderr.count("Is a directory"), 1)
        self.assertEqual(self.replayed(self.path("v.rec"))[0].returncode, 0)

    def test_a_duration_ends_the_recording_and_not_the_command(self):
        done = self.run_program("record", "-o", self.path("t.rec"), "--seconds", "0.5", "--", "sh", "-c",
                                f"'{APP}' 2 >/dev/null; echo whole; exit 6")
        self.assertEqual((done.returncode, done.stdout), (6, "whole\n"), done.stderr)
        result, kinds = self.replayed(self.path("t.rec"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(kinds["summary"][0]["frames"], 80)

    def test_what_a_launcher_leaves_behind_is_followed_to_its_end(self):
        path = self.path("l.rec")
        done = self.run_program("record", "-o", path, "--", "sh", "-c",
                                f"'{APP}' 2 >/dev/null & while ! [ -s '{path}' ]; do sleep 0.02; done; exit 4")
        self.assertEqual(done.returncode, 4, done.stderr)
        result, kinds = self.replayed(path)
        self.assertEqual((result.returncode, kinds["summary"][0]["complete"]), (0, True))
        self.assertGreater(kinds["summary"][0]["frames"], 60)

    # The shell in the middle ends at once: what it started is nobody's child then, but the recorder's.
    def test_what_has_lost_its_parents_is_found(self):
        late = f"(sleep 0.5; exec '{APP}' 1 >/dev/null 2>&1)"
        for name, script in (("o1.rec", f"{late} & exit 4"), ("o2.rec", f"setsid sh -c \"{late} &\"; exit 4"),
                             ("o3.rec", f"sh -c \"{late} &\"; sleep 2.5; exit 4")):
            done = self.run_program("record", "-o", self.path(name), "--", "sh", "-c", script)
            self.assertEqual(done.returncode, 4, done.stderr)
            result, kinds = self.replayed(self.path(name))
            self.assertEqual((result.returncode, kinds["summary"][0]["complete"]), (0, True))
            self.assertGreater(kinds["summary"][0]["frames"], 30)

    def record_with_daemon(self, script):
        started = time.monotonic()
        done = self.run_program("record", "-o", self.path("daemon.rec"), "--", "sh", "-c",
                                f"sleep 60 >/dev/null 2>&1 & echo $!; {script}")
        os.kill(int(done.stdout), signal.SIGKILL)
        return done, time.monotonic() - started

    def test_a_daemon_that_is_left_is_not_waited_for_for_ever(self):
        done, took_s = self.record_with_daemon("exit 7")
        self.assertEqual(done.returncode, 7)
        self.assertTrue(4 < took_s < 30, took_s)
        self.assertIn("has ended without a session, and what it has left running has a few seconds", done.stderr)
        done, _ = self.record_with_daemon("exit 0")
        self.assertEqual((done.returncode, "opened none in time" in done.stderr), (3, True), done.stderr)
        done, took_s = self.record_with_daemon(f"'{APP}' 0.5 >/dev/null")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(took_s, 4)

    def test_another_command_of_the_shell_before_is_not_recorded(self):
        words = f"'{APP}' 2 >/dev/null 2>&1 & sleep 0.3; exec '{PROGRAM}' record -o '{self.path('x.rec')}' -- sleep 0.7"
        done = subprocess.run(["sh", "-c", words], env=self.environment, capture_output=True, timeout=TIMEOUT_S,
                              text=True, check=False)
        self.assertEqual((done.returncode, "opened no session" in done.stderr), (3, True), done.stderr)
        self.assertFalse(os.path.exists(self.path("x.rec")))

    def test_what_has_lost_its_parents_does_not_stay_as_a_zombie(self):
        recorder = self.start_recorder("z.rec", "--", "sh", "-c",
                                       "i=0; while [ $i -lt 20 ]; do (sleep 0.1 &); i=$((i + 1)); done; sleep 60")
        children = f"/proc/{recorder.pid}/task/{recorder.pid}/children"
        if not os.path.exists(children):
            self.skipTest(f"no {children}")

        def count():
            with open(children, encoding="ascii") as file:
                return len(file.read().split())
        self.await_that(lambda: count() > 1)
        self.await_that(lambda: count() == 1)
        recorder.terminate()
        self.assertEqual(recorder.wait(TIMEOUT_S), 128 + signal.SIGTERM)

    def test_children_that_the_caller_ignores_are_waited_for(self):
        done = self.run_program("record", "-o", self.path("k.rec"), "--", "sh", "-c", f"'{APP}' 0.4; exit 5",
                                preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertEqual(done.returncode, 5, done.stderr)

    def test_sessions_that_ended_make_room(self):
        done = self.run_program("record", "-o", self.path("m.rec"), "--", "sh", "-c",
                                f"i=0; while [ $i -lt 18 ]; do '{APP}' 0.3; i=$((i + 1)); done")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("at once", done.stderr)
        self.assertEqual(self.replayed(self.path("m-18.rec"))[0].returncode, 0)

    def test_too_many_at_once_are_spoken_of(self):
        done = self.run_program("record", "-o", self.path("n.rec"), "--", "sh", "-c",
                                f"i=0; while [ $i -lt 20 ]; do '{APP}' 2 & i=$((i + 1)); done; wait")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count("more than 16 sessions at once"), 1, done.stderr)

    def test_a_process_that_does_not_answer_is_told_and_waited_for(self):
        app = subprocess.Popen([APP, "60"], env=self.environment, stdout=subprocess.DEVNULL)
        self.addCleanup(app.wait)
        self.addCleanup(app.kill)
        self.await_socket()
        app.send_signal(signal.SIGSTOP)
        words = ("record", "-o", self.path("p.rec"), "--pid", str(app.pid))
        done = self.run_program(*words, "--duration", "0.3")
        self.assertEqual((done.returncode, "does not answer" in done.stderr), (3, True), done.stderr)
        recorder = self.start_recorder("p.rec", *words[3:])
        self.await_that(lambda: f"waits for an answer of process {app.pid}" in self.errors())
        app.send_signal(signal.SIGCONT)
        self.await_that(lambda: os.path.getsize(self.path("p.rec")) > 2000)
        app.kill()
        self.assertEqual(recorder.wait(TIMEOUT_S), 0, self.errors())

    def test_a_session_that_is_opened_soon_is_waited_for(self):
        app = subprocess.Popen(["sh", "-c", f"read go; exec '{APP}' 0.7"], env=self.environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        recorder = self.start_recorder("q.rec", "--pid", str(app.pid))
        self.await_that(lambda: f"waits for a session of process {app.pid}" in self.errors())
        app.communicate("go\n")
        self.assertEqual(recorder.wait(TIMEOUT_S), 0, self.errors())
        self.assertEqual(self.replayed(self.path("q.rec"))[0].returncode, 0)

    def test_a_process_that_is_none_is_told_at_once(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        done = self.run_program("record", "-o", self.path("r.rec"), "--pid", str(gone.pid))
        self.assertEqual((done.returncode, f"no process {gone.pid}" in done.stderr), (3, True), done.stderr)

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
        for words, told in ((("--set", "policy.quality_min=9"), "policy.quality_min"),
                            (("--set", "thermal.limt_c=80"), "thermal.limit_c"),
                            (("--levels", "3"), "the recorded app has 5 levels; --levels cannot change that"),
                            (("--levels=32",), "the recorded app has 5 levels; --levels cannot change that"),
                            (("--levels", "33"), "is not a whole number from 1 to 32"),
                            (("--columns", "t_s,temp_c"), "--columns is for logs"),
                            (("--only", "a=b"), "--only is for logs")):
            done = self.run_program("replay", path, *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(told, done.stderr)
        self.assertEqual(self.run_program("replay", path, "--preset", "./none.ini").returncode, 3)
        text = self.run_program("replay", path, "--set", "thermal.limit_c=80").stdout
        self.assertIn("as it was", text)
        self.assertIn("as it is asked", text)
        self.assertIn("open loop", text)

    def test_what_changes_nothing_comes_to_the_same(self):
        path = self.record_app()
        was = self.replayed(path)[1]
        for words in (("--set", "policy.mode=auto"), ("--levels", "5")):
            done, would = self.replayed(path, *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual((would["change"], would["summary"]), (was["change"], was["summary"]))

    def test_what_if_is_judged_by_the_recorded_policy(self):
        path = self.record_levels("levels.rec")
        done, kinds = self.replayed(path, "--set", "policy.quality_max=5")
        self.assertNotIn(done.returncode, (2, 3), done.stderr)
        self.assertLessEqual(kinds["change"][-1]["quality"], 5)
        self.assertEqual(self.run_program("replay", path, "--levels", "9").returncode, 0)

    def test_the_verdict_is_of_what_was(self):
        path = self.record_levels("verdict.rec")
        text = self.run_program("replay", path, "--set", "thermal.limit_c=60").stdout
        self.assertRegex(text, r"\n +as it was: all \d+ budgets are the recorded ones, bit for bit\n")
        self.assertRegex(self.run_program("replay", path).stdout, r"\n +all \d+ budgets are the recorded ones, bit")

    def test_parts_that_are_missing_come_twice_or_follow_a_hole(self):
        path = self.record_levels("parts.rec")
        with open(path, "rb") as file:
            good = file.read()
        first = CHUNK_BYTES + struct.unpack_from("=I", good, HEADER_BYTES + 20)[0]
        begin, chunk, rest = good[:HEADER_BYTES], good[HEADER_BYTES:HEADER_BYTES + first], good[HEADER_BYTES + first:]
        second = CHUNK_BYTES + struct.unpack_from("=I", rest, 20)[0]
        self.assertLess(second, len(rest), "three segments")
        twice = self.replay_bytes(begin + chunk + chunk + rest)
        self.assertEqual((twice.returncode, "doubled   1 part there once more" in twice.stdout), (0, True), twice.stdout)
        gap = begin + chunk + b"x" + rest[1:]
        text = self.replay_bytes(gap).stdout
        self.assertIn("gaps      1 part of the session is missing: the replay goes on behind each with the recorded", text)
        self.assertNotIn("its own state", text)
        self.assertRegex(text, r"damaged   \d+ bytes in 1 place, ")
        text = self.replay_bytes(gap, "--set", "thermal.limit_c=60").stdout
        self.assertIn("what is asked went on with its own state", text)

    def replay_bytes(self, content, *words):
        with open(self.path("bytes.rec"), "wb") as file:
            file.write(content)
        return self.run_program("replay", self.path("bytes.rec"), "--summary", *words)

    def record_levels(self, name):
        """Of a made-up session of nine levels."""
        maker = os.path.join(os.path.dirname(PROGRAM), "make_recording")
        if not os.access(maker, os.X_OK):
            self.skipTest(f"no program {maker}")
        subprocess.run([maker, self.path(name)], check=True, timeout=TIMEOUT_S)
        return self.path(name)

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
