#!/usr/bin/python3
"""perfadapt replay of logs as its users see it. SPDX-License-Identifier: MIT"""
import locale
import os
import select
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from replay_program import PROGRAM, SKIPPED, TIMEOUT_S, documents, environment, run, strict  # noqa: E402

if not os.access(PROGRAM, os.X_OK):
    print(f"skipped: no program {PROGRAM}")
    sys.exit(SKIPPED)

KEYS = {
    "source": ["schema", "kind", "path", "format", "writer", "writer_version", "gpu_name", "cpu_name", "open_loop",
               "rows_are", "row_step_ns", "work_from", "temp_from", "owner", "columns", "quality_levels",
               "target_frame_ns", "policy_limit_c"],
    "problem": ["schema", "kind", "line", "column", "text"],
    "change": ["schema", "kind", "time_ns", "line", "frame_ns", "quality", "render_scale", "frames_in_flight",
               "worker_threads", "dispatch_ns", "memory_bytes", "gpu_memory_bytes", "headroom", "time_to_throttle_ns",
               "thermal_state", "memory_state", "bottleneck", "reasons", "temp_c", "limit_c", "busy"],
    "summary": ["schema", "kind", "duration_ns", "frames", "ticks", "frame_mean_ms", "frame_p50_ms", "frame_p99_ms",
                "frame_worst_ms", "late_ratio",
                "busy_mean", "temp_min_c", "temp_max_c", "limit_c", "at_limit_ratio", "changes", "changes_per_min",
                "quality_mean", "quality_min", "render_scale_mean", "render_scale_min", "frame_max_ns",
                "unlimited_ratio", "reason_ratios", "rows", "rows_of_others", "rows_made_up", "rows_wrong_frame",
                "rows_wrong_time", "rows_cut", "temps_not_believed", "frames_rebuilt", "restarts", "problems",
                "complete"],
}


def mangohud(seconds, load, heat, period_ms=lambda s: 16.667, unit=1.0):
    """A log of a frame a row; load in percent and heat in °C over time."""
    rows = ["os,cpu,gpu,ram,kernel,driver,cpuscheduler", "Linux,A CPU,A GPU,16777216,6.1,Mesa,none",
            "fps,frametime,cpu_load,gpu_load,cpu_temp,gpu_temp,gpu_core_clock,gpu_mem_clock,gpu_vram_used,gpu_power,"
            "ram_used,elapsed"]
    now = 0
    while now < seconds * 1_000_000_000:
        period = period_ms(now * 1e-9)
        now += round(period * 1e6)
        second = now * 1e-9
        rows.append(f"{1000 / period:.6g},{period * unit:.6g},20,{round(load(second))},45,{round(heat(second))},2000,"
                    f"1000,2.5,80,6.25,{now}")
    return "\n".join(rows) + "\n"


def hot(second):
    """Warms up to 85 °C within a minute and a half."""
    return 50 + min(35, 35 * second / 90)


class Logs(unittest.TestCase):
    def test_every_object_has_every_key(self):
        code, kinds, errors = documents(mangohud(20, lambda s: 60, hot) + "1,2\n", "--set", "thermal.limit_c=80")
        self.assertEqual((code, errors), (1, ""))
        for kind, entries in kinds.items():
            self.assertTrue(entries, kind)
            for entry in entries:
                self.assertEqual(list(entry), KEYS[kind])
        self.assertEqual(kinds["problem"][0]["line"], 3 + kinds["summary"][0]["frames"] + 1)
        self.assertEqual(list(kinds["summary"][0]["reason_ratios"]),
                         ["frame-late", "frame-cost", "thermal", "sensor-lost", "memory", "settling", "event", "power",
                          "policy", "yield"])

    def test_heat_takes_quality_down(self):
        _, kinds, _ = documents(mangohud(120, lambda s: 90, hot), "--set", "thermal.limit_c=80")
        changes = kinds["change"]
        thermal = [change for change in changes if "thermal" in change["reasons"]]
        self.assertTrue(thermal)
        self.assertLess(thermal[0]["temp_c"], 80)
        self.assertEqual(changes[-1]["quality"], 0)
        self.assertEqual(kinds["summary"][0]["limit_c"], 80)
        self.assertGreater(kinds["summary"][0]["at_limit_ratio"], 0.1)
        self.assertEqual(kinds["source"][0]["policy_limit_c"], 80)

    def test_no_limit_is_no_heat(self):
        code, kinds, _ = documents(mangohud(120, lambda s: 60, hot))
        self.assertEqual(code, 0)
        self.assertEqual(kinds["change"][-1]["quality"], 4)
        self.assertIsNone(kinds["change"][-1]["headroom"])
        self.assertIsNone(kinds["change"][-1]["limit_c"])
        self.assertIsNone(kinds["summary"][0]["at_limit_ratio"])

    def test_the_lower_limit_counts(self):
        rows = "t_s,temp_c,limit_c\n" + "".join(f"{i},79,{limit}\n" for i, limit in enumerate([90, 90, "", 90]))
        for told, wanted in (("80", 80), ("95", 90)):
            _, kinds, _ = documents(rows, "--set", f"thermal.limit_c={told}")
            self.assertEqual(kinds["summary"][0]["limit_c"], wanted)

    # What a lower level costs is worked out from what the best one did: where 20 ms of work want 16.7, one or two
    # levels less do. An app that had obeyed would have told otherwise with every frame.
    def test_an_open_loop_finds_the_level_that_fits(self):
        _, kinds, _ = documents(mangohud(60, lambda s: 99 if s > 20 else 50, lambda s: 50,
                                         lambda s: 20 if s > 20 else 16.667))
        changes = [change for change in kinds["change"] if change["time_ns"] > 20_000_000_000]
        self.assertTrue(changes)
        self.assertIn("frame-late", changes[0]["reasons"] + changes[-1]["reasons"])
        self.assertIn(changes[-1]["quality"], (1, 2, 3))
        self.assertGreater(kinds["summary"][0]["quality_min"], -1)

    def test_both_units_come_to_the_same(self):
        ms = documents(mangohud(40, lambda s: 70, hot), "--set", "thermal.limit_c=75")
        us = documents(mangohud(40, lambda s: 70, hot, unit=1000), "--set", "thermal.limit_c=75")
        self.assertEqual(ms, us)

    def test_samples_say_so(self):
        rows = ["fps,frametime,cpu_load,gpu_load,gpu_temp,elapsed"]
        rows += [f"100,10,5,70,60,{i * 500_000_000 + 7}" for i in range(120)]
        code, kinds, _ = documents("\n".join(rows))
        self.assertEqual(code, 0)
        self.assertEqual(kinds["source"][0]["rows_are"], "samples")
        self.assertEqual(kinds["source"][0]["row_step_ns"], 500_000_000)
        self.assertEqual(kinds["summary"][0]["frames"], 119 * 50 + 1)
        self.assertEqual(kinds["summary"][0]["frames_rebuilt"], 119 * 50)
        _, text, _ = run("-", data="\n".join(rows))
        self.assertIn("samples 500.0 ms apart", text)

    def test_the_text_says_what_it_is(self):
        code, text, errors = run("-", "--set", "thermal.limit_c=80", data=mangohud(120, lambda s: 90, hot))
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("MangoHud on A GPU", text)
        self.assertIn("What the controller would have asked for. This is an open loop", text)
        self.assertIn("share of time the GPU was busy", text)
        self.assertIn("limit 80.0 C as told", text)
        self.assertRegex(text, r"\n +\d+\.\d\d s +\d+ 16\.67 ms +\d/4 +1\.000 +3 +\d+\.0 C +90% +\w+  thermal\n")
        self.assertRegex(text, r"\nwhy .*thermal")
        _, short, _ = run("-", "--summary", "--set", "thermal.limit_c=80", data=mangohud(120, lambda s: 90, hot))
        self.assertNotIn("in flight", short)
        self.assertTrue(text.endswith(short[short.index("\nthe file"):]))

    def test_a_machine_without_frames(self):
        rows = "t_s,temp_c,limit_c\n" + "".join(f"{i},{60 + i / 4},80\n" for i in range(100))
        code, kinds, _ = documents(rows)
        self.assertEqual(code, 0)
        self.assertEqual(kinds["source"][0]["work_from"], "none")
        self.assertEqual([change["thermal_state"] for change in kinds["change"]][-1], "critical")
        self.assertEqual(kinds["summary"][0]["ticks"], 100)
        self.assertIn("without frames", run("-", data=rows)[1])

    def test_memory_pressure(self):
        rows = "t_s,mem_some_us,mem_full_us,mem_available,mem_total\n"
        rows += "".join(f"{i},{i * 400000},{i * 300000},{2**27},{2**34}\n" for i in range(20))
        _, kinds, _ = documents(rows)
        self.assertEqual(kinds["change"][-1]["memory_state"], "critical")

    def test_files_pipes_and_formats(self):
        text = mangohud(5, lambda s: 50, hot)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "a log.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            from_file = run(path, "--summary")
            self.assertEqual(from_file[0], 0)
            self.assertEqual(run(path, "--format", "mangohud", "--summary"), from_file)
            self.assertEqual(run("--summary", "-", data=text)[1].replace("-: M", f"{path}: M", 1), from_file[1])
            as_csv = run("--format=csv", path, "--summary")
            self.assertEqual(as_csv[0], 3)
            code, _, errors = run(directory)
            self.assertEqual(code, 3)
            self.assertIn("Is a directory", errors)
            code, _, errors = run(os.path.join(directory, "none.csv"))
            self.assertEqual((code, "No such file" in errors), (3, True))
            with open(path, "wb") as file:
                file.write(b"PERFADRC" + bytes(100))
            for code, _, errors in (run(path), run("-", data=b"PERFADRC" + bytes(100))):
                self.assertNotEqual(code, 0)
                self.assertNotIn("no text", errors)  # no attempt to read it as one

    def test_a_pipe_that_does_not_block(self):
        rows = mangohud(5, lambda s: 50, hot).encode()
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        with os.fdopen(reading, "rb") as pipe, subprocess.Popen(
                [PROGRAM, "replay", "--summary", "-"], stdin=pipe, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment()) as process:
            with os.fdopen(writing, "wb", buffering=0) as out:
                for begin in range(0, len(rows), 2000):
                    select.select([], [], [], 0.005)  # so that its reader finds nothing now and then
                    out.write(rows[begin:begin + 2000])
            text, errors = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual((process.returncode, errors, text.decode()), (0, b"", run("--summary", "-", data=rows)[1]))

    def test_one_app_alone_over_two_headers(self):
        rows = "t_s,frame_ms,app\n" + "".join(f"{i / 60:.4f},16,a\n{i / 60:.4f},30,b\n" for i in range(60))
        rows += "t_s,frame_ms,gpu_load\n" + "".join(f"{i / 60:.4f},50,3\n" for i in range(600))
        _, kinds, _ = documents(rows, "--only", "app=a")
        self.assertEqual(kinds["summary"][0]["rows"], 60)
        self.assertEqual(kinds["summary"][0]["rows_of_others"], 660)

    def test_the_wrong_words(self):
        for arguments, wanted in (
                ((), "no file"),
                (("a", "b"), 'not "b"'),
                (("a", "--formt", "csv"), 'unknown option "--formt", did you mean "--format"?'),
                (("a", "--levls", "3"), 'did you mean "--levels"?'),
                (("a", "--format", "cvs"), 'unknown format "cvs", did you mean "csv"?'),
                (("a", "--format"), 'option "--format" wants a value'),
                (("a", "--json=1"), "takes no value"),
                (("a", "--only", "x"), "is not COLUMN=VALUE"),
                (("a", "--levels", "0"), "is not a whole number from 1 to 32"),
                (("a", "--set", "thermal.limt_c=80"), "thermal.limit_c"),
                (("a", "--preset", "hihg"), 'did you mean "high"?')):
            code, text, errors = run(*arguments)
            self.assertEqual((code, text), (2, ""), arguments)
            self.assertIn(wanted, errors)
        self.assertEqual(run("a", "--preset", "./none.ini")[0], 3)
        code, text, errors = run("--help")
        self.assertEqual((code, errors), (0, ""))
        for word in ("--format", "--levels", "--only", "thermal.limit_c", "Presets:"):
            self.assertIn(word, text)

    def test_what_cannot_be_read_is_told_once(self):
        rows = "t_s,temp_c\n" + "".join(f"{i},warm\n" for i in range(50)) + "50,60\n"
        code, _, errors = run("-", data=rows)
        self.assertEqual(code, 1)
        self.assertEqual(errors, 'perfadapt replay: -:2: column temp_c: "warm" is no number with a unit of this column\n')
        _, kinds, errors = documents(rows)
        self.assertEqual((kinds["summary"][0]["problems"], len(kinds["problem"]), errors), (50, 1, ""))

    def test_options_of_the_policy(self):
        text = mangohud(30, lambda s: 60, hot)
        _, kinds, _ = documents(text, "--levels", "3", "--target-ms", "8", "--scale", "0.5:1")
        self.assertEqual((kinds["source"][0]["quality_levels"], kinds["source"][0]["target_frame_ns"]), (3, 8000000))
        self.assertLess(kinds["summary"][0]["render_scale_min"], 1)
        _, kinds, _ = documents(text, "--fps", "30:60")
        self.assertEqual(kinds["source"][0]["quality_levels"], 1)
        _, text, _ = run("-", "--summary", "--levels", "7", data=text)
        self.assertIn("policy  7 levels of quality, aiming", text)

    def test_a_bound_of_quality_alone_is_of_the_usual_levels(self):
        text = mangohud(30, lambda s: 40, hot)
        _, kinds, _ = documents(text, "--set", "policy.quality_max=2")
        self.assertEqual(kinds["source"][0]["quality_levels"], 5)
        self.assertEqual(max(change["quality"] for change in kinds["change"]), 2)
        _, kinds, _ = documents(text, "--set", "policy.quality_min=1", "--preset", "medium")
        self.assertEqual(kinds["summary"][0]["quality_min"], 1)
        for words, levels in ((("--set", "policy.quality_max=7"), 5),
                              (("--scale", ".5:1", "--set", "policy.quality_max=7"), 1)):
            code, output, errors = run("-", *words, data=text)
            self.assertEqual((code, output), (2, ""))
            self.assertIn(f"--set policy.quality_max=7 is not below the number of quality levels, {levels}; --levels N",
                          errors)
        _, kinds, _ = documents(text, "--set", "policy.quality_max=7", "--levels", "9")
        self.assertEqual(max(change["quality"] for change in kinds["change"]), 7)
        self.assertIn('option "--set" wants a value; perfadapt replay --help', run("-", "--set", data=text)[2])

    def test_no_aim_is_no_limit(self):
        _, text, _ = run("-", "--levels", "5", "--target-ms", "0", data=mangohud(10, lambda s: 55, hot))
        self.assertIn("frame at most no limit\n", text)
        self.assertRegex(text, r"\n +0\.00 s +\d+ no limit ")
        self.assertNotIn(" 0.00 ms", text)
        self.assertNotIn("beyond the aim", text)

    def test_a_rate_alone_is_frame_after_frame(self):
        code, kinds, _ = documents("fps\n" + "50\n" * 100)
        self.assertEqual((code, kinds["summary"][0]["frames"]), (0, 100))
        self.assertAlmostEqual(kinds["summary"][0]["frame_mean_ms"], 20, 3)

    def test_percentiles_are_of_the_frames(self):
        times = [10] * 97 + [40, 90, 400]
        _, kinds, _ = documents("frame_ms\n" + "".join(f"{ms}\n" for ms in [1, *times]))
        summary = kinds["summary"][0]
        self.assertAlmostEqual(summary["frame_p50_ms"], 10, 6)
        self.assertAlmostEqual(summary["frame_p99_ms"], 90, 6)
        self.assertAlmostEqual(summary["frame_worst_ms"], 400, 6)
        _, text, _ = run("-", "--summary", data="frame_ms\n" + "".join(f"{ms}\n" for ms in [1, *times]))
        self.assertIn(" ms on average (66.7 fps), p50 10.00 ms, p99 90.00 ms, 400.0 ms at worst", text)
        _, kinds, _ = documents("t_s,temp_c\n1,50\n2,51\n")
        self.assertIsNone(kinds["summary"][0]["frame_p99_ms"])

    def test_bad_frames_alone_are_no_report(self):
        for words in ((), ("--json",)):
            code, text, errors = run("-", *words, data="frame_ms\n0\n-1\n0\n")
            self.assertEqual((code, text), (3, ""))
            self.assertIn("not one row that could be replayed: frames took no time", errors)

    def test_the_columns_of_gpu_soak(self):
        _, kinds, _ = documents("t_s,temp_c,gpu_busy\n0,50,0.4\n1,51,0.6\n")
        self.assertEqual(kinds["source"][0]["columns"]["busy"], "gpu_busy")
        self.assertEqual(kinds["summary"][0]["busy_mean"], 0.5)

    def test_a_line_without_an_end_is_not_read_to_it(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "sparse.csv")
            with open(path, "wb") as file:
                file.truncate(1 << 40)
            code, text, errors = run(path)
        self.assertEqual((code, text), (3, ""))
        self.assertIn(":1: a line of more than 4095 bytes", errors)
        self.assertEqual(run("-")[2], "perfadapt replay: -: the file is empty\n")

    ROWS = "t_s,frame_ms,temp_c\n" + "".join(f"{i / 50},20,{50 + i / 100}\n" for i in range(500))

    def test_a_later_line_without_an_end_ends_the_reading(self):
        told = "more than 1 MiB in one line; neither it nor what follows is read"
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "sparse.csv")
            with open(path, "wb") as file:
                file.write((self.ROWS + "x" * 5000 + "\n").encode())
                file.truncate(1 << 40)
            code, text, errors = run(path, "--summary")
            _, json_text, _ = run(path, "--summary", "--json")
        self.assertEqual(code, 1)
        self.assertIn(f"{path}:502: more than 4095 bytes; the line is left out\n", errors)
        self.assertIn(f"{path}:503: {told}\n", errors)
        self.assertIn(" 500 rows, 500 frames", text)
        self.assertIn("could not be read to its end: this is of what came before.", text)
        entries = [strict(line) for line in json_text.splitlines()]
        self.assertEqual([(e["line"], e["text"]) for e in entries if e["kind"] == "problem"][-1], (503, told))
        self.assertEqual((entries[-1]["rows"], entries[-1]["problems"], entries[-1]["complete"]), (500, 2, False))

    def test_long_lines_that_end_are_passed_over(self):
        rows = self.ROWS + "x" * (1 << 20) + "\n" + "10,20,55\n"
        code, kinds, _ = documents(rows)
        self.assertEqual((code, kinds["summary"][0]["rows"], kinds["summary"][0]["complete"]), (1, 501, True))

    def test_a_line_without_an_end_where_a_header_is_sought(self):
        for rows in ("# a remark\n", mangohud(0, None, None).splitlines()[0] + "\n"):
            code, text, errors = run("-", data=rows.encode() + bytes(1 << 23))
            self.assertEqual((code, text), (3, ""))
            self.assertIn("-:2: a line of more than 4095 bytes where a header was looked for", errors)
        code, _, errors = run("-", data=b"t_s,frame_ms\n" + bytes(1 << 23))
        self.assertEqual(code, 3)
        self.assertIn("-:2: more than 1 MiB", errors)
        self.assertIn("not one row", errors)

    def test_one_is_one(self):
        _, text, _ = run("-", "--summary", data="t_s,temp_c\n1,50\n")
        self.assertIn(" 1 row, 0 frames, 1 look at the machine\n", text)

    def test_the_locale_changes_nothing(self):
        text = mangohud(10, lambda s: 55, hot)
        wanted = run("-", data=text)
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            finally:
                locale.setlocale(locale.LC_ALL, "C")
            self.assertEqual(run("-", data=text, LC_ALL=name), wanted)

    def test_a_full_disk_is_no_success(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "replay", "-"], input=mangohud(1, lambda s: 50, hot).encode(), stdout=full,
                                  stderr=subprocess.PIPE, env=environment(), timeout=TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
