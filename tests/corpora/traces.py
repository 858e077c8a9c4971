#!/usr/bin/python3
"""perfadapt replay of logs that others wrote on real machines. SPDX-License-Identifier: MIT"""
import os
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
from replay_program import PROGRAM, SKIPPED, documents  # noqa: E402

CORPORA = os.environ.get("PERFADAPT_CORPORA", os.path.join(HERE, "..", "..", "..", "shared", "corpora"))
TRACES = os.path.join(CORPORA, "traces")

if not os.access(PROGRAM, os.X_OK):
    print(f"skipped: no program {PROGRAM}")
    sys.exit(SKIPPED)
if not os.path.isdir(TRACES):
    print(f"skipped: no logs in {TRACES}")
    sys.exit(SKIPPED)


class Recorded(unittest.TestCase):
    """They are no part of this project."""

    def files(self, folder):
        directory = os.path.join(TRACES, folder)
        if not os.path.isdir(directory):
            self.skipTest(f"no {folder} here")
        return [os.path.join(directory, name) for name in sorted(os.listdir(directory))]

    def replay(self, path, *arguments):
        with open(path, "rb") as file:
            return documents(file.read(), *arguments)

    def test_presentmon(self):
        for path in self.files("presentmon"):
            code, kinds, errors = self.replay(path)
            self.assertEqual((code, errors), (0, ""), path)
            source, summary = kinds["source"][0], kinds["summary"][0]
            self.assertEqual((source["writer"], source["rows_are"]), ("PresentMon", "frames"), path)
            self.assertGreater(summary["frames"], 4, path)
            self.assertFalse((source["owner"] or "").startswith("dwm.exe"), path)
            self.assertLess(summary["rows_wrong_time"], 0.02 * summary["frames"] + 1, path)

    def test_both_schemas_of_presentmon_agree(self):
        for path in self.files("presentmon"):
            if not path.endswith("_v1.csv"):
                continue
            one = self.replay(path)[1]["summary"][0]
            two = self.replay(path.replace("_v1", "_v2"))[1]["summary"][0]
            self.assertAlmostEqual(one["frame_mean_ms"], two["frame_mean_ms"], delta=0.02 * one["frame_mean_ms"])

    def test_nvidia_smi(self):
        for path in self.files("nvidia-smi"):
            code, kinds, errors = self.replay(path)
            if code == 3:
                self.assertIn("--columns", errors, path)
                continue
            self.assertEqual((code, errors, kinds["source"][0]["writer"]), (0, "", "nvidia-smi"), path)
            self.assertGreater(kinds["summary"][0]["ticks"], 10)

    def test_sbc_bench(self):
        for path in self.files("sbc-bench"):
            code, kinds, errors = self.replay(path, "--set", "thermal.limit_c=80")
            self.assertEqual((code, errors), (0, ""), path)
            summary = kinds["summary"][0]
            bogus = "bogus" in os.path.basename(path)
            self.assertEqual(summary["temp_max_c"] is None, bogus, path)
            self.assertEqual(summary["temps_not_believed"] > 0, bogus, path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
