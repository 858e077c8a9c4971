#!/usr/bin/python3
"""perfadapt config with any file: what is right comes back as it is, what is wrong is survived.
SPDX-License-Identifier: MIT"""
import os
import re
import sys
import unittest

sys.dont_write_bytecode = True
from config_program import PROGRAM, SKIPPED, Directories, run, sections, strict  # noqa: E402

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
SETTINGS = settings(max_examples=60, derandomize=True, deadline=None, database=None,
                    phases=[Phase.explicit, Phase.generate, Phase.shrink],
                    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
PATIENT = settings(SETTINGS, max_examples=40)

KEYS = [strict(line) for line in run("--list", "--json")[1].splitlines()]
# Names of one setting: the first counts here.
ALIASES = {"preset.target_fps": "frame.target_fps", "preset.memory_share": "memory.share",
           "preset.dispatch_ms": "preset.dispatch_ns"}
PRESETS = ["low", "medium", "auto"]


# ---- files that are right ----

def decimal(number):
    return f"{number:.6f}".rstrip("0").rstrip(".")


def value_of(key):
    """(as it is written, as it is meant)"""
    if key["type"] == "word":
        return st.sampled_from(key["words"]).map(lambda word: (word, word))
    if key["type"] == "name":
        return st.sampled_from(PRESETS).map(lambda name: (name, name))
    if key["type"] == "whole":
        return st.integers(int(key["least"]), int(key["most"])).map(lambda number: (str(number), number))
    if key["type"] == "size":
        suffixes = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
        return st.tuples(st.integers(0, 500000), st.sampled_from(sorted(suffixes))).map(
            lambda pair: (f"{pair[0]}{pair[1]}", pair[0] * suffixes[pair[1]]))
    numbers = st.floats(key["least"], key["most"], allow_nan=False).map(lambda number: round(number, 3))
    numbers = numbers.filter(lambda number: key["least"] <= number <= key["most"])
    if key["range"].endswith("or 0 for none"):
        numbers = st.one_of(numbers, st.just(0.0))
    return numbers.map(lambda number: (decimal(number), number))


def lines_of(keys):
    """Some of the keys, each once, with values."""
    some_keys = st.lists(st.sampled_from(keys), unique_by=lambda key: ALIASES.get(key["key"], key["key"]), max_size=8)
    return some_keys.flatmap(
        lambda some: st.tuples(*[value_of(key).map(lambda value, key=key: (key["key"], value)) for key in some]))


PLAIN = [key for key in KEYS if not key["key"].startswith("preset.")]
SPACE = st.sampled_from(["", " ", "  ", "\t"])
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\n; a comment\n", " ; behind\n", "\n# another\n"])


@st.composite
def right_files(draw):
    """A file, and what it means to the app "viewer" on a machine of Valve: by the first name of each setting."""
    parts = []
    meant = {}
    for header, keys, applies in (("", PLAIN, True), ("machine deck", KEYS, True), ("machine other", KEYS, False),
                                  ("app viewer", KEYS, True), ("app other", KEYS, False)):
        lines = draw(lines_of(keys))
        text = ""
        if header:
            text += f"[{header}]\n"
        if header.startswith("machine"):
            text += f"match.dmi_vendor = {'Valve' if applies else 'Nobody'}\n"
        for key, (written, value) in lines:
            if not header:
                text += f"[{key.split('.')[0]}]\n"
            name = key if header else key.split(".")[1]
            text += f"{draw(SPACE)}{name}{draw(SPACE)}={draw(SPACE)}{written}{draw(ENDS)}"
            if applies:
                meant[ALIASES.get(key, key)] = (key, value)
        parts.append(text)
    order = draw(st.permutations(range(len(parts)))) # what wins does not depend on where it stands
    return "".join(parts[index] for index in order), meant


# ---- files of any kind ----

WORDS = ["[", "]", "[thermal]", "[policy", "[machine x]", "[app *]", "[preset low]", "[preset]", "match.gpu = ",
         "match.host", "limit_c", "thermal.limit_c", "=", ":", " ; ", "#", "85", "1e999", "nan", "-0", "0x10",
         "99999999999999999999", "K", "G", "%s%n", "auto", "policy.preset = ", "../../x", "\n", "\r\n", "\r", "\t",
         "\0", "\ufeff", "\x1b[31m", "°", "x" * 210, "y" * 300, "*" * 60, "|", "..", "[" + "z" * 60 + "]"]
TEXTS = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), max_size=40).map(
    lambda words: "".join(words).encode(errors="surrogatepass"))
ANYTHING = st.one_of(st.binary(max_size=600), TEXTS)
PLACES = ["etc/perfadapt.ini", "etc/perfadapt.d/50-x.ini", "usr/perfadapt.ini", "usr/machines/x.ini",
          "usr/presets/medium.ini", "usr/perfadapt.d/50-x.ini"]


class Property(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.at = Directories()
        cls.addClassCleanup(cls.at.remove)

    def setUp(self):
        self.at.clear()

    def put(self, place, content):
        kind, path = place.split("/", 1)
        return self.at.etc(path, content) if kind == "etc" else self.at.usr(path, content)

    @PATIENT
    @given(right_files())
    def test_what_is_right_comes_back(self, file):
        text, meant = file
        self.at.machine(vendor="Valve")
        path = self.at.etc("perfadapt.ini", text)
        self.assertEqual(run("--check", path), (0, "", ""))
        found, document = self.at.document("--app", "viewer")
        self.assertEqual(document["warnings"], [])
        for key, value in meant.values():
            self.assertEqual(found[key]["source"], "file", key)
            if isinstance(value, float):
                self.assertAlmostEqual(found[key]["value"], value, delta=2e-6 * max(1, abs(value)))
            else:
                self.assertEqual(found[key]["value"], value, key)
        for key, entry in found.items():
            self.assertEqual(entry["source"] == "file", ALIASES.get(key, key) in meant, key)

        own = os.path.join(self.at.base, "own")
        code, merged, errors = self.at.run("--app", "viewer")
        self.assertEqual(code, 0)
        self.assertRegex(errors, r"\A(perfadapt config: [a-z_. ]* above [a-z_. ]*\n)?\Z")  # two that cross, at most
        path = self.at.write(own, "perfadapt.ini", merged)
        self.assertEqual(run("--check", path), (0, "", ""))
        values = {key: entry["value"] for key, entry in found.items() if entry["value"] is not None}
        self.assertEqual(self.at.values("--config-dir", own), values)
        again = self.at.run("--config-dir", own)[1]
        self.assertEqual(sections(again), sections(merged))

    @SETTINGS
    @given(st.sampled_from(PLACES), ANYTHING)
    def test_anything_is_survived(self, place, content):
        self.at.clear()
        path = self.put(place, content)
        code, text, errors = self.at.run()
        self.assertEqual(code, 0)
        for warning in errors.splitlines():
            self.assertRegex(warning, r"^[^:]+\.ini(:[1-9]\d*)?: [ -~]+$")
        path_of_result = self.at.write(os.path.join(self.at.base, "own"), "perfadapt.ini", text)
        self.assertEqual(run("--check", path_of_result), (0, "", ""))
        code, checked, errors = run("--check", path)
        self.assertIn(code, (0, 1))
        self.assertEqual(errors, "")
        for warning in checked.splitlines():
            self.assertRegex(warning, r"^" + re.escape(path) + r":[1-9]\d*: [ -~]+$")
        self.assertEqual(code == 1, checked != "")

    @PATIENT
    @given(ANYTHING)
    def test_anything_is_json(self, content):
        self.at.etc("perfadapt.ini", content)
        code, text, _ = self.at.run("--json", "--app", "viewer")
        self.assertEqual(code, 0)
        strict(text)
        strict(run("--check", "--json", os.path.join(self.at.root, "etc/perfadapt/perfadapt.ini"))[1])

    @PATIENT
    @given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=60))
    def test_any_name_of_an_app(self, name):
        self.at.etc("perfadapt.ini", "[app viewer]\nthermal.limit_c = 60\n")
        code, text, errors = self.at.run("--app", name)
        self.assertEqual((code, errors), (0, ""))
        sections(text)

    @PATIENT
    @given(*[st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=300)] * 3)
    def test_any_machine(self, vendor, product, compatible):
        self.at.machine(vendor=vendor, product=product, compatible=[compatible, "x" * 200])
        code, text, errors = run("--sysroot", self.at.root)
        self.assertEqual((code, errors), (0, ""))
        sections(text)


if __name__ == "__main__":
    unittest.main()
