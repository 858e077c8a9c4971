#!/usr/bin/python3
"""Command lines of all sub-commands: one way to say what is wrong, one name for one thing. SPDX-License-Identifier: MIT"""
import os
import re
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
from replay_program import PROGRAM, SKIPPED, TIMEOUT_S, environment  # noqa: E402

if not os.access(PROGRAM, os.X_OK):
    print(f"skipped: no program {PROGRAM}")
    sys.exit(SKIPPED)

COMMANDS = ("config", "drive", "profile", "record", "replay", "sensors", "sim")
STYLE = re.compile(r"perfadapt (\w+): [ -~]+(; [ -~]+|\?)\n")
WITH_VALUE = {"config": "--app", "drive": "--levels", "profile": "--from", "record": "--duration", "replay": "--format",
              "sensors": "--sysroot", "sim": "--plant"}
# By what is wrong, with the words that are to be told.
WRONG = (("sim", ("--all", "--duration", "x"), '--duration "x" is not a number of seconds from 1 to 86400'),
         ("sim", ("--all", "--scale", "2:3"), '--scale "2:3" is not MIN:MAX, both from 0.25 to 1'),
         ("sim", ("--all", "--scale", ":"), '--scale ":" is not MIN:MAX'),
         ("sim", ("--all", "--fps", "60:30"), '--fps "60:30" is not MIN:MAX, both from 1 to 1000'),
         ("sim", ("--all", "--seed", "-1"), '--seed "-1" is not a whole number from 0'),
         ("sim", ("--all", "--levels", "1.5"), '--levels "1.5" is not a whole number from 1 to 32'),
         ("sim", ("--all", "--cost", "1,2"), '--cost "1,2" does not begin with 1 and fall'),
         ("sim", ("--all", "--policy", "none,x"), '--policy "none,x" holds a name that is no policy; perfadapt sim --list'),
         ("sim", ("--all", "more"), 'argument "more" is not an option'),
         ("sim", (), "one of --plant with --scene, --all, --random and --list is needed"),
         ("sensors", ("--watch=x",), '--watch "x" is not a number of seconds from 0.1 to 86400'),
         ("sensors", ("more",), 'argument "more" is not an option'),
         ("profile", ("--timeout", "601"), '--timeout "601" is not a number of seconds from 0 to 600'),
         ("profile", ("more",), 'argument "more" is not an option; --from FILE reads a report'),
         ("config", ("--app=",), '--app "" names nothing'),
         ("config", ("more",), 'argument "more" is not an option; --check FILE checks a file'),
         ("record", ("-o", "x", "--duration", "nan", "true"), '--duration "nan" is not a number of seconds from 0.001'),
         ("drive", ("--levels", "99"), '--levels "99" is not a whole number from 1 to 32'),
         ("replay", ("-", "--levels", "99"), '--levels "99" is not a whole number from 1 to 32'),
         ("config", ("--sys\nroot",), 'unknown option "--sys?root", did you mean "--sysroot"?'),
         ("sensors", ("--sysroot=\n", "x\x1b[1m"), 'argument "x?[1m" is not an option'))
# Names that were, or are elsewhere, for what has another name here.
OTHER_NAMES = ("--seconds", "--wait", "--margin", "--tick-s", "--policies", "--csv", "--quiet")


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=TIMEOUT_S, env=environment(), check=False)
    return done.returncode, done.stdout, done.stderr


class CommandLines(unittest.TestCase):
    def wrong(self, command, words, told):
        with self.subTest(command=command, words=words):
            code, text, errors = run(command, *words)
            self.assertEqual((code, text), (2, ""), errors)
            self.assertIn(told, errors)
            match = STYLE.fullmatch(errors)
            self.assertTrue(match, errors)
            self.assertEqual(match[1], command)

    def test_what_is_wrong_is_told_in_one_way(self):
        for command in COMMANDS:
            self.wrong(command, ("--jsno-at-all",), 'unknown option "--jsno-at-all"')
            self.wrong(command, (WITH_VALUE[command],), f'option "{WITH_VALUE[command]}" wants a value')
            self.wrong(command, (WITH_VALUE[command][:-1] + "x=1",), f'did you mean "{WITH_VALUE[command]}"?')
        for command, words, told in WRONG:
            self.wrong(command, words, told)

    def test_help_is_there_by_both_names(self):
        for command in COMMANDS:
            code, text, errors = run(command, "--help")
            self.assertEqual((code, errors), (0, ""))
            self.assertIn("Usage: perfadapt " + command, text)
            self.assertEqual(run(command, "-h"), (0, text, ""))

    def test_one_thing_has_one_name(self):
        for command in COMMANDS:
            names = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", run(command, "--help")[1]))
            self.assertFalse(names.intersection(OTHER_NAMES), command)

    def test_names_that_were_documented_go_on(self):
        for command, words, told in (("record", ("-o", "x", "--seconds", "x", "true"), '--duration "x"'),
                                     ("profile", ("--wait", "x"), '--timeout "x"'),
                                     ("sim", ("--all", "--margin", "x"), '--margin-c "x"')):
            self.wrong(command, words, told)


if __name__ == "__main__":
    unittest.main()
