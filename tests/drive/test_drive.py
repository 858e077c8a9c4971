#!/usr/bin/python3
"""perfadapt drive as its users see it: a filter with one answer per line. SPDX-License-Identifier: MIT"""
import locale
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import unittest

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
PROGRAM = os.environ.get("PERFADAPT", os.path.join(BUILD, "bin", "perfadapt"))
TIMEOUT_S = 60
MS = 1_000_000
S = 1_000_000_000
FRAME = S // 60
PRESETS = ("minimal", "low", "medium", "high", "ultra", "handheld", "battery")
REASON = "(?:frame-late|frame-cost|thermal|sensor-lost|memory|settling|event|power|policy|hold)"
BUDGET = re.compile(rf"budget gen=(\d+) frame_ns=(\d+) quality=(\d+) scale=(\d\.\d{{3}}) in_flight=(\d+) "
                    rf"memory=(\d+) headroom=(\d+\.\d{{3}}|nan) ttt_ns=(-[12]|\d+) "
                    rf"bottleneck=(unknown|cpu|gpu|vsync|memory) reasons=(-|{REASON}(?:,{REASON})*)")


def environment(**changes):
    result = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            result[name] = os.environ[name]
    return {**result, **changes}


def run(data, *arguments, **changes):
    """(exit code, answers, standard error) of one run over `data`: bytes, or a list of lines."""
    if not isinstance(data, bytes):
        data = "".join(f"{line}\n" for line in data).encode()
    done = subprocess.run([PROGRAM, "drive", *arguments], input=data, capture_output=True, timeout=TIMEOUT_S,
                          env=environment(**changes), check=False)
    return done.returncode, done.stdout.decode("ascii").splitlines(), done.stderr.decode()


def fields(answer):
    return dict(word.split("=", 1) for word in answer.split()[1:])


class Driver:
    """A program on the other end of two pipes: one line out, one line in."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, "drive", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment())
        self.budget = {}

    def tell(self, line):
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode("ascii")
        if answer.startswith("budget "):
            self.budget = fields(answer)
        return answer.rstrip("\n")

    @property
    def quality(self):
        return int(self.budget["quality"])

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
        return code


class Plant:
    """A die on a board: 30 °C per unit of GPU time within 4 s, 25 °C more within half a minute."""

    def __init__(self, ambient_c):
        self.ambient_c = ambient_c
        self.die_c = 0.0
        self.board_c = 0.0

    def step(self, busy, seconds):
        self.die_c += (30 * busy - self.die_c) * seconds / (seconds + 4)
        self.board_c += (25 * busy - self.board_c) * seconds / (seconds + 30)

    @property
    def temperature_c(self):
        return self.ambient_c + self.die_c + self.board_c


class Loop:
    """A render loop on that plant: its frames cost 0.86 of the better level's, and its driver ticks once a second."""

    def __init__(self, *arguments, levels=6, limit_c=85):
        self.driver = Driver("--levels", str(levels), *arguments)
        self.levels = levels
        self.limit_c = limit_c
        self.plant = Plant(ambient_c=42)
        self.now_ns = 5 * S
        self.tick_ns = self.now_ns
        self.hottest_c = 0.0
        self.seen = {"quality": set(), "scale": set(), "frame_ns": set(), "reasons": set()}
        self.driver.tell(f"tick {self.now_ns} temp={self.plant.temperature_c:.2f} limit={limit_c}")

    def frame(self, best_ms):
        budget = self.driver.budget
        scale = float(budget["scale"])
        gpu_ns = best_ms * MS * 0.86 ** (self.levels - 1 - int(budget["quality"])) * scale * scale
        period_ns = max(int(budget["frame_ns"]), gpu_ns)
        self.now_ns += int(period_ns)
        self.plant.step(gpu_ns / period_ns, period_ns / S)
        self.driver.tell(f"frame {self.now_ns} {3 * MS} {int(gpu_ns)}")
        if self.now_ns - self.tick_ns >= S:
            self.tick_ns = self.now_ns
            self.driver.tell(f"tick {self.now_ns} temp={self.plant.temperature_c:.2f} limit={self.limit_c}")
        self.hottest_c = max(self.hottest_c, self.plant.temperature_c)
        for key, values in self.seen.items():
            values.add(self.driver.budget[key])

    def play(self, seconds, best_ms):
        until_ns = self.now_ns + seconds * S
        while self.now_ns < until_ns:
            self.frame(best_ms)


def scene(seconds=6, seed=1, start_ns=0):
    """Lines of a recorded session: everything that a driver may send."""
    rng = random.Random(seed)
    lines = []
    now_ns = start_ns
    for index in range(seconds * 60):
        now_ns += FRAME + rng.randrange(-MS, MS)
        late = index % 3 == 0
        gpu_ns = rng.randrange(8 * MS, 22 * MS)
        lines.append(f"frame {now_ns} {rng.randrange(2 * MS, 6 * MS)} {-1 if late else gpu_ns}")
        if late and index >= 2:
            lines.append(f"gpu {now_ns} {index - rng.randrange(3)} {gpu_ns}")
        if index % 60 == 59:
            lines.append(f"tick {now_ns} temp={60 + index / 20:.3f} limit=85 busy=.8 power=41.5 clock=1400 "
                         f"clock_max=2100 throttle=none mem_some_us={index * 11} mem_full_us={index} "
                         f"mem_available=3e9 mem_total=8000000000 gpu_mem_used=nan rss=400000000 ac=1")
    lines.insert(200, f"event {lines[199].split()[1]} scene-cut")
    lines.insert(300, f"hold {lines[299].split()[1]} on")
    lines.insert(330, f"hold {lines[329].split()[1]} off")
    return lines


class Answers(unittest.TestCase):
    def test_first_answer_is_full_and_later_ones_are_not_repeated(self):
        code, answers, _ = run([f"hold {n} off" for n in range(5)], "--levels", "5")
        self.assertEqual(code, 0)
        self.assertRegex(answers[0], f"^{BUDGET.pattern}$")
        self.assertEqual(answers[1:], ["="] * 4)

    def test_every_line_is_answered_in_the_same_form(self):
        lines = scene()
        code, answers, errors = run(lines, "--levels", "5", "--scale", "0.5:1", "--fps", "30:60")
        self.assertEqual((code, len(answers), errors), (0, len(lines), ""))
        generation = 0
        for answer in answers:
            if answer != "=":
                match = BUDGET.fullmatch(answer)
                self.assertTrue(match, answer)
                generation += 1
                self.assertEqual(int(match[1]), generation)

    def test_two_full_answers_in_a_row_differ_in_more_than_their_generation(self):
        _, answers, _ = run(scene(), "--levels", "5")
        full = [answer.split(" ", 2)[2] for answer in answers if answer != "="]
        self.assertGreater(len(full), 3)
        for before, after in zip(full, full[1:]):
            self.assertNotEqual(before, after)

    def test_each_answer_comes_before_the_next_line(self):
        driver = Driver("--levels", "3")
        self.addCleanup(driver.close)
        for index in range(1, 200):
            self.assertTrue(driver.tell(f"frame {index * FRAME} 1000000 9000000"))

    def test_unknown_is_never_a_number(self):
        _, answers, _ = run(["frame 0 1 1"])
        first = fields(answers[0])
        self.assertEqual((first["headroom"], first["ttt_ns"], first["memory"]), ("nan", "-2", "18446744073709551615"))

    def test_no_input_is_no_error(self):
        self.assertEqual(run(b""), (0, [], ""))


class Errors(unittest.TestCase):
    BAD = ("", "   ", "# a comment", "frames 1 2 3", "frame", "frame 1", "frame 1 2", "frame 1 2 3 4", "frame x 2 3",
           "frame 1.5 2 3", "frame 1e3 2 3", "frame 1 -2 3", "frame 1 2 -2", "frame 9223372036854775808 2 3",
           "frame 1 nan 3", "gpu 1 0 5", "gpu 1 -1 5", "gpu 1", "tick", "tick x", "tick 1 temp", "tick 1 temp=",
           "tick 1 temp=hot", "tick 1 temp=inf", "tick 1 temp=-inf", "tick 1 temp=1e999", "tick 1 temp=0x20",
           "tick 1 temp=1,5", "tick 1 temp=1 temp=1", "tick 1 tmp=1", "tick 1 throttle=hot", "tick 1 ac=2", "event 1",
           "event 1 nonsense", "event 1 oom x", "event 1 oom 1 2", "hold 1", "hold 1 maybe", "hold 1 on off")

    def test_a_bad_line_is_answered_and_the_exit_code_tells(self):
        for line in self.BAD:
            with self.subTest(line=line):
                code, answers, _ = run([line])
                self.assertEqual(code, 1)
                self.assertEqual(len(answers), 1)
                self.assertRegex(answers[0], r"^error [ -~]+$")

    def test_bad_lines_change_nothing(self):
        good = scene()
        mixed = []
        for index, line in enumerate(good):
            mixed += [line, self.BAD[index % len(self.BAD)].replace(" 1 ", " 0 ")]
        code, answers, _ = run(mixed, "--levels", "5")
        self.assertEqual(code, 1)
        self.assertEqual(answers[0::2], run(good, "--levels", "5")[1])
        self.assertTrue(all(answer.startswith("error ") for answer in answers[1::2]))

    def test_time_never_goes_back_for_any_kind_of_line(self):
        kinds = ("frame {} 1 1", "tick {} temp=50", "event {} scene-cut", "hold {} off")
        for later in kinds:
            for earlier in kinds + ("gpu {} 0 5",):
                lines = ["frame 100 1 1", later.format(200), earlier.format(199), earlier.format(200)]
                code, answers, _ = run(lines)
                self.assertEqual((code, answers[2]), (1, "error time goes back"), lines)
                self.assertFalse(answers[3].startswith("error"), lines)

    def test_a_refused_line_does_not_move_the_time(self):
        code, answers, _ = run(["frame 100 1 1", "frame 500 x 1", "gpu 500 7 5", "frame 101 1 1"])
        self.assertEqual(code, 1)
        self.assertEqual([answer.startswith("error") for answer in answers], [False, True, True, False])

    def test_the_nearest_word_is_offered(self):
        for line, word in (("frme 1 2 3", "frame"), ("tick 1 tmp=1", "temp"), ("tick 1 mem_som_us=1", "mem_some_us"),
                           ("tick 1 throttle=thermla", "thermal"), ("event 1 devicelost", "device-lost")):
            self.assertIn(f'did you mean "{word}"?', run([line])[1][0])

    def test_events_by_their_names(self):
        for name in ("gpu-timeout", "GPU_TIMEOUT", "timeout", "device_lost", "out-of-memory", "oom",
                     "gpu-out-of-memory", "shader-compile", "scene-cut"):
            code, answers, _ = run(["frame 1 1 1", f"event 2 {name}", f"event 3 {name} 40"])
            self.assertEqual((code, len(answers)), (0, 3), name)

    def test_gpu_times_of_frames_that_were_not_there(self):
        code, answers, _ = run(["frame 1 1 -1", "gpu 2 1 5", "gpu 2 0 5", "gpu 2 0 -1"])
        self.assertEqual(code, 1)
        self.assertTrue(answers[1].startswith("error "))
        self.assertFalse(answers[2].startswith("error "))
        self.assertFalse(answers[3].startswith("error "))

    def test_lines_of_any_length_and_content(self):
        rng = random.Random(7)
        garbage = [bytes(rng.randrange(256) for _ in range(rng.randrange(200))).replace(b"\n", b"") for _ in range(300)]
        bad = [b"frame " + b"1" * 5_000_000, b"x" * 70_000, b" " * 4095, b" " * 4096, b"\0", b"frame 1 1 1\0",
               b"tick 1 " + b"\xff" * 4000 + b"=1", b"tick 1 temp=" + b"9" * 4000] + garbage
        data = b"\n".join(bad) + b"\nframe 1 1 1\n" + b"y" * 100_000
        code, answers, errors = run(data)
        self.assertEqual((code, len(answers), errors), (1, len(bad) + 2, ""))
        self.assertTrue(answers[-2].startswith("budget "))
        self.assertEqual(answers[-1], "error line too long")
        self.assertTrue(all(len(answer) < 400 for answer in answers))

    def test_the_longest_good_line(self):
        line = b"frame 1 1 1".ljust(4095)
        self.assertTrue(run(line + b"\n")[1][0].startswith("budget "))
        self.assertEqual(run(line + b" \n")[1], ["error line too long"])

    def test_line_ends(self):
        expected = run(["frame 1 1 1", "frame 2 1 1"])
        self.assertEqual(run(b"frame 1 1 1\nframe 2 1 1"), expected)
        self.assertEqual(run(b"frame 1 1 1\r\nframe 2 1 1\r\n"), expected)
        self.assertEqual(run(b"\tframe  1 1\t1 \n frame 2 1 1\n"), expected)

    def test_absurd_numbers_leave_a_budget_in_its_bounds(self):
        top = 2 ** 63 - 1
        rng = random.Random(3)
        values = [0, 1, 1000, FRAME, 10 * S, 3600 * S, 2 ** 61, top]
        lines = [f"frame {-2 ** 63} 0 0"]
        now_ns = -2 ** 63
        for _ in range(400):
            now_ns = min(top, now_ns + rng.choice((0, 1, FRAME, FRAME, FRAME, S, 2 ** 55)))
            lines.append(rng.choice((
                f"frame {now_ns} {rng.choice(values)} {rng.choice(values + [-1])}",
                f"gpu {now_ns} 0 {rng.choice(values)}",
                f"tick {now_ns} " + " ".join(f"{key}={rng.choice(('nan', '-1e308', '1e308', '0', '-0', '55', '1e-9'))}"
                                             for key in ("temp", "limit", "busy", "power", "clock", "clock_max",
                                                         "mem_some_us", "mem_full_us", "mem_available", "mem_total",
                                                         "gpu_mem_used", "gpu_mem_budget", "rss")),
                f"event {now_ns} {rng.choice(('oom', 'timeout', 'gpu-oom', 'device-lost'))} {rng.choice(values)}",
                f"event {now_ns} gpu-oom {-2 ** 63}", f"hold {now_ns} {rng.choice(('on', 'off'))}")))
        code, answers, errors = run(lines, "--levels", "7", "--scale", "0.25:1", "--fps", "20:60")
        self.assertEqual((code, len(answers), errors), (0, len(lines), ""))
        for answer in answers:
            if answer != "=":
                match = BUDGET.fullmatch(answer)
                self.assertTrue(match, answer)
                self.assertTrue(FRAME <= int(match[2]) <= S // 20 and int(match[3]) <= 6, answer)
                self.assertTrue(0.25 <= float(match[4]) <= 1 and 1 <= int(match[5]) <= 16, answer)


class CommandLine(unittest.TestCase):
    WRONG = (("--levels", "0"), ("--levels", "33"), ("--levels", "x"), ("--levels",), ("--lvels", "3"), ("3",),
             ("--cost", "1,2"), ("--cost", "1,0"), ("--cost", "1,-1"), ("--cost", "1,,1"), ("--cost", ""),
             ("--cost", "1,nan"), ("--levels", "3", "--cost", "1,.5"), ("--target-ms", "-1"), ("--target-ms", "inf"),
             ("--target-ms", "1e9"), ("--scale", "1"), ("--scale", "0:1"), ("--scale", ".5:2"), ("--scale", "1:.5"),
             ("--fps", "60"), ("--fps", "60:30"), ("--fps", "0:60"), ("--fps", "30:60", "--target-ms", "50"),
             ("--fps", "30:60", "--target-ms", "0"), ("--preset", "nonsense"), ("--preset", ""),
             ("--set", "thermal.limit_c"), ("--set", "thermal.limit_c=29.9"), ("--set", "thermal.limit_c=126"),
             ("--set", "thermal.limit_c=nan"), ("--set", "thermal.limt_c=80"), ("--set", "policy.mode=on"),
             ("--set", "policy.prefer="), ("--set", "memory.reserve=-1"), ("--set", "memory.reserve=1X"),
             ("--set", "power.battery_busy=0"), ("--levels", "3", "--set", "policy.quality_min=3"),
             ("--levels", "3", "--set", "policy.quality_min=2", "--set", "policy.quality_max=1"))

    def test_wrong_words_are_usage_errors(self):
        for arguments in self.WRONG:
            with self.subTest(arguments=arguments):
                code, answers, errors = run(["frame 1 1 1"], *arguments)
                self.assertEqual((code, answers), (2, []))
                self.assertRegex(errors, r"^perfadapt drive: [^\n]*(; |\?$)[^\n]*\n\Z")

    def test_a_wrong_setting_is_told_with_the_right_one_and_its_range(self):
        for setting in ("thermal.limt_c=80", "limit_c=80", "thermal.limit_c=200"):
            errors = run(b"", "--set", setting)[2]
            self.assertIn("thermal.limit_c", errors)
            self.assertIn("30 to 125", errors)

    def test_help_lists_every_option_and_setting(self):
        code, text, errors = run(b"", "--help")
        self.assertEqual((code, errors), (0, ""))
        for word in ("--preset", "--levels", "--cost", "--target-ms", "--scale", "--fps", "--set", "thermal.limit_c",
                     "thermal.margin_c", "policy.mode", "policy.prefer", "policy.quality_min", "policy.quality_max",
                     "frame.target_fps", "frame.refresh_hz", "memory.reserve", "power.battery_busy", "app.role",
                     *PRESETS):
            self.assertIn(word, "\n".join(text))

    def first(self, *arguments):
        code, answers, errors = run(["hold 0 off"], *arguments)
        self.assertEqual((code, errors), (0, ""), arguments)
        return fields(answers[0])

    def test_targets(self):
        for arguments, frame_ns in (((), 16666666), (("--target-ms", "16.667"), 16667000),
                                    (("--target-ms=8",), 8000000),
                                    (("--fps", "30:50"), 20000000), (("--fps", "30:60", "--target-ms", "20"), 20000000),
                                    (("--set", "frame.target_fps=30"), 33333333), (("--target-ms", "0"), 0),
                                    (("--set", "frame.target_fps=30", "--target-ms", "5"), 33333333),
                                    (("--set", "app.role=background"), 33333333), (("--set", "app.role=export"), 0)):
            first = self.first(*arguments, "--set", "policy.mode=fixed")
            self.assertEqual(first["frame_ns"], str(frame_ns), arguments)

    def test_presets_are_beaten_by_options_and_those_by_set(self):
        for name in PRESETS:
            first = self.first("--preset", name, "--levels", "4")
            self.assertIn(first["frame_ns"], ("16666666", "25000000", "33333333"))
        self.assertEqual(self.first("--preset", "low")["in_flight"], "2")
        self.assertEqual(self.first("--target-ms", "5", "--preset", "low")["frame_ns"], "5000000")
        self.assertEqual(self.first("--set", "preset.frames_in_flight=1", "--preset", "low")["in_flight"], "1")

    def test_preset_files(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "own.ini")
            for text, expected in ((b"; mine\n[preset]\ntarget_fps = 50 ; a TV\n", None),
                                   (b"[preset]\ntarget_fps = fifty\n", ":2: preset.target_fps"),
                                   (b"[preset]\n\ntarget_fsp = 50\n", 'did you mean "preset.target_fps"?'),
                                   (b"nonsense\n", ":1: neither"), (b"\0\xff" * 5000, "own.ini:")):
                with open(path, "wb") as file:
                    file.write(text)
                code, answers, errors = run(["hold 0 off"], "--preset", path)
                if expected is None:
                    self.assertEqual((code, fields(answers[0])["frame_ns"]), (0, "20000000"))
                else:
                    self.assertEqual((code, answers), (3, []))
                    self.assertIn(expected, errors)
            for missing in (f"{directory}/", f"{directory}/nonsense.ini"):
                self.assertEqual(run(b"", "--preset", missing)[0], 3)


class Repeatable(unittest.TestCase):
    ARGUMENTS = ("--levels", "7", "--cost", "1,.86,.74,.63,.53,.44,.36", "--scale", "0.5:1", "--fps", "20:60")

    def test_same_input_same_bytes(self):
        lines = scene(20)
        self.assertEqual(run(lines, *self.ARGUMENTS), run(lines, *self.ARGUMENTS))

    def test_the_origin_of_time_does_not_matter(self):
        expected = run(scene(20), *self.ARGUMENTS)
        for start_ns in (1, 86_400 * 400 * S + 17, 2 ** 63 - 60 * S, -10 * S, -2 ** 63):
            self.assertEqual(run(scene(20, start_ns=start_ns), *self.ARGUMENTS), expected, start_ns)

    def test_the_locale_does_not_matter(self):
        lines = scene()
        expected = run(lines, *self.ARGUMENTS, "--target-ms", "16.5", LC_ALL="C")
        tried = 0
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            finally:
                locale.setlocale(locale.LC_ALL, "C")
            tried += 1
            self.assertEqual(run(lines, *self.ARGUMENTS, "--target-ms", "16.5", LC_ALL=name), expected)
        if not tried:
            self.skipTest("no locale with a decimal comma is installed")


class Streams(unittest.TestCase):
    def test_a_reader_that_goes_ends_it_quietly(self):
        process = subprocess.Popen([PROGRAM, "drive"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment(),
                                   preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
        process.stdout.close()
        process.stdin.write(b"frame 1 1 1\n")
        process.stdin.close()
        self.assertEqual((process.wait(TIMEOUT_S), process.stderr.read()), (3, b""))
        process.stderr.close()

    def test_input_that_cannot_be_read(self):
        with open(os.devnull, "wb") as sink:
            descriptor = os.open("/", os.O_RDONLY)
            self.addCleanup(os.close, descriptor)
            done = subprocess.run([PROGRAM, "drive"], stdin=descriptor, stdout=sink, stderr=subprocess.PIPE,
                                  env=environment(), timeout=TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard input", done.stderr)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "drive"], input=b"frame 1 1 1\n", stdout=full, stderr=subprocess.PIPE,
                                  env=environment(), timeout=TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output", done.stderr)


class Decisions(unittest.TestCase):
    def test_heat_costs_quality_and_gives_it_back(self):
        loop = Loop()
        self.addCleanup(loop.driver.close)
        loop.play(60, best_ms=6)
        self.assertEqual(loop.driver.quality, 5)
        loop.play(300, best_ms=16)
        self.assertLess(loop.driver.quality, 5)
        self.assertTrue(any("thermal" in reasons for reasons in loop.seen["reasons"]))
        self.assertLess(loop.hottest_c, 85)
        self.assertGreater(loop.hottest_c, 80)
        loop.play(180, best_ms=6)
        self.assertEqual(loop.driver.quality, 5)
        self.assertEqual(loop.seen["scale"], {"1.000"})
        self.assertEqual(loop.seen["frame_ns"], {"16666666"})

    def test_late_frames_cost_quality_within_a_few_of_them(self):
        loop = Loop(limit_c=100)
        self.addCleanup(loop.driver.close)
        loop.play(60, best_ms=6)
        self.assertEqual(loop.driver.quality, 5)
        for _ in range(10):
            loop.frame(best_ms=24)
        self.assertLess(loop.driver.quality, 5)
        self.assertEqual(loop.seen["scale"], {"1.000"})

    def test_scale_and_frame_rate_move_only_where_freed(self):
        for arguments, moves in (((), ()), (("--scale", "0.5:1"), ("scale",)), (("--fps", "20:60"), ("frame_ns",)),
                                 (("--scale", "0.5:1", "--fps", "20:60"), ("scale", "frame_ns"))):
            loop = Loop(*arguments, levels=2, limit_c=70)
            self.addCleanup(loop.driver.close)
            loop.play(60, best_ms=1)
            loop.play(60, best_ms=60)
            for key in ("scale", "frame_ns"):
                self.assertEqual(len(loop.seen[key]) > 1, key in moves, (arguments, key, loop.seen[key]))

    def test_levels_alone_without_any_option(self):
        loop = Loop(levels=1, limit_c=70)
        self.addCleanup(loop.driver.close)
        loop.play(20, best_ms=40)
        self.assertEqual((loop.seen["quality"], loop.seen["scale"], loop.seen["frame_ns"]),
                         ({"0"}, {"1.000"}, {"16666666"}))

    def test_load_is_acted_on_without_any_tick(self):
        driver = Driver("--levels", "6")
        self.addCleanup(driver.close)
        now_ns = 0
        lowest = 5
        for index in range(120 * 60):
            now_ns += FRAME
            best_ms = 6 if index < 3600 else 20
            gpu_ns = best_ms * MS * 0.86 ** (5 - driver.quality) if driver.budget else 6 * MS
            driver.tell(f"frame {now_ns} 2000000 {int(gpu_ns)}")
            if index == 3599:
                self.assertEqual(driver.quality, 5)
            lowest = min(lowest, driver.quality) if index >= 3600 else lowest
        self.assertLess(lowest, 5)
        self.assertEqual(driver.budget["headroom"], "nan")

    def test_a_lost_sensor_is_told_and_a_slow_one_is_not_lost(self):
        for gap_s, lost in ((2, False), (30, True)):
            lines = []
            for index in range(60 * 60):
                lines.append(f"frame {index * FRAME} 2000000 9000000")
                if index % (gap_s * 60) == 0:
                    lines.append(f"tick {index * FRAME} temp=50 limit=90")
            _, answers, _ = run(lines, "--levels", "4")
            self.assertEqual(any("sensor-lost" in answer for answer in answers), lost, gap_s)

    def test_no_sensor_is_no_loss(self):
        lines = [f"tick {second * S} temp=nan mem_available=4e9" for second in range(100)]
        _, answers, _ = run(lines, "--levels", "4")
        self.assertFalse(any("sensor-lost" in answer for answer in answers))

    def test_nothing_moves_while_held(self):
        loop = Loop(limit_c=100)
        self.addCleanup(loop.driver.close)
        loop.play(60, best_ms=6)
        held = loop.driver.quality
        loop.driver.tell(f"hold {loop.now_ns} on")
        loop.seen["quality"].clear()
        loop.play(10, best_ms=30)
        self.assertEqual(loop.seen["quality"], {str(held)})
        loop.driver.tell(f"hold {loop.now_ns} off")
        loop.play(1, best_ms=30)
        self.assertLess(loop.driver.quality, held)

    def test_a_fixed_policy_stands(self):
        loop = Loop("--set", "policy.mode=fixed", limit_c=60)
        self.addCleanup(loop.driver.close)
        loop.play(30, best_ms=40)
        self.assertEqual(loop.seen["quality"], {"5"})

    def test_quality_stays_within_what_is_allowed(self):
        loop = Loop("--set", "policy.quality_min=2", "--set", "policy.quality_max=4", limit_c=60)
        self.addCleanup(loop.driver.close)
        loop.play(60, best_ms=6)
        loop.play(60, best_ms=60)
        self.assertTrue(loop.seen["quality"] <= {"2", "3", "4"}, loop.seen["quality"])
        self.assertIn("2", loop.seen["quality"])


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print(f"skipped: no program {PROGRAM}")
        sys.exit(77)
    unittest.main()
