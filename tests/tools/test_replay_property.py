#!/usr/bin/python3
"""perfadapt replay of any file: survived, with an exit code that is meant and a reason that names the place.
SPDX-License-Identifier: MIT"""
import os
import re
import sys
import unittest

sys.dont_write_bytecode = True
from replay_program import PROGRAM, SKIPPED, documents, run  # noqa: E402

try:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
except ImportError:
    print("skipped: no python3-hypothesis here")
    sys.exit(SKIPPED)

if not os.access(PROGRAM, os.X_OK):
    print(f"skipped: no program {PROGRAM}")
    sys.exit(SKIPPED)

# The same examples each time, and not many: sanitized programs take 50 ms to start.
SETTINGS = settings(max_examples=150, derandomize=True, deadline=None, database=None,
                    phases=[Phase.explicit, Phase.generate, Phase.shrink],
                    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

NAMES = ["t_s", "t_ns", "timestamp", "elapsed", "TimeInSeconds", "fps", "frametime", "frame_ms", "MsBetweenPresents",
         "msInPresentAPI", "cpu_ms", "gpu_ms", "cpu_load", "gpu_load", "gpu_temp", "cpu_temp", "temp_c", "limit_c", "busy",
         "power.draw [W]", "memory.used [MiB]", "clocks_event_reasons.active", "throttle", "Application", "FrameType",
         "mem_some_us", "mem_total", "mem_used", "ac", "nonsense", ""]
WORDS = st.one_of(
    st.floats().map(repr), st.integers(-2**70, 2**70).map(str), st.floats(0, 200).map(lambda number: f"{number:.3f}"),
    st.sampled_from(["", "N/A", "[Not Supported]", "nan", "inf", "0x8", "thermal", "12 W", "3 %", "\"", "\"a,b\"", "-",
                     "2024/01/01 00:00:00.5", "dwm.exe", "AMD_AFMF", "os", "fps", "v1", "----------", "#", "\0"]),
    st.text(max_size=8))
TABLES = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8).flatmap(
    lambda names: st.lists(st.lists(WORDS, min_size=len(names), max_size=len(names)), max_size=30).map(
        lambda rows: "\n".join(",".join(row) for row in [names, *rows])))
PREAMBLES = st.sampled_from(["", "\ufeff", "os,cpu,gpu,ram\na,b,c,1000000\n", "v1\n0.7\n-----\nos,cpu,gpu\na,b,c\n-----\n",
                             "#x\n\n"])


class AnyFile(unittest.TestCase):
    def check(self, data):
        code, kinds, errors = documents(data)
        self.assertIn(code, (0, 1, 3))
        if code == 3:
            self.assertRegex(errors, r"\Aperfadapt replay: -:(\d+:)? .+\n\Z")
            return
        self.assertEqual(errors, "")
        summary = kinds["summary"][0]
        self.assertEqual(len(kinds["source"]), 1)
        self.assertEqual(code == 1, summary["problems"] > 0)
        self.assertEqual(summary["problems"] > 0, bool(kinds["problem"]))
        self.assertGreater(summary["frames"] + summary["ticks"], 0)
        times = [change["time_ns"] for change in kinds["change"]]
        self.assertEqual(times, sorted(times))
        for change in kinds["change"]:
            self.assertTrue(0 <= change["quality"] < 5 and change["frame_ns"] > 0)
        for key, value in summary.items():
            if key.endswith("_ratio") and value is not None:
                self.assertTrue(0 <= value <= 1.000001, (key, value))

    @SETTINGS
    @given(st.binary(max_size=300))
    def test_of_any_bytes(self, data):
        self.check(data)

    @SETTINGS
    @given(PREAMBLES, TABLES)
    def test_of_any_table(self, preamble, table):
        self.check((preamble + table).encode(errors="surrogatepass"))

    @SETTINGS
    @given(TABLES, st.integers(0, 400))
    def test_that_is_cut_anywhere(self, table, length):
        self.check(table.encode(errors="surrogatepass")[:length])

    @SETTINGS
    @given(PREAMBLES, TABLES)
    def test_the_text_is_printable(self, preamble, table):
        code, text, errors = run("-", data=(preamble + table).encode(errors="surrogatepass"))
        self.assertIn(code, (0, 1, 3))
        self.assertTrue(re.fullmatch(r"[ -~\n]*", text + errors), ascii(text + errors))


if __name__ == "__main__":
    unittest.main(verbosity=2)
