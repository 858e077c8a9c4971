#!/usr/bin/python3
"""perfadapt-top on every terminal and in every locale it may meet. SPDX-License-Identifier: MIT"""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import outcome
from test_output import Sessions
from test_top import COLOURS, Terminal, environment

UTF_8 = {"xterm", "xterm-256color", "screen", "tmux-256color", "vt100"}  # with UTF-8, more than ASCII is drawn
TERMS = (*sorted(UTF_8), "linux")
NO_TERMS = ("dumb", "unknown", "", None, "no-such-terminal", "xterm\n", "../xterm", "\x1b[31m")
DIRECT = ("xterm-direct", "konsole-direct", "tmux-direct", "xterm-direct256")
# What xterm and its like take: control sequences, character sets, keypad, cursor, shifts.
KNOWN = re.compile(rb"\x1b\[[?>=]?[0-9;:]*[A-Za-z@`]|\x1b[()*+][0AB]|\x1b[=>78MHDEc]|[\x0e\x0f]|\x1b\]R")
CONTROLS = re.compile(rb"[\x00-\x06\x0b\x0c\x10-\x1f\x7f]")
GARBAGE = re.compile(r"\$<|\[\?|\[\d*[;:m]|38[:;]|\ufffd")


def has_terminal(name):
    return subprocess.run(["infocmp", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def with_comma(directory):
    """The environment of a locale with a decimal comma, made here where there are the sources; else one not there."""
    made = os.path.join(directory, "de_DE.UTF-8")
    try:
        subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", made], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    except OSError:
        pass
    return {"LC_ALL": "de_DE.UTF-8", **({"LOCPATH": directory} if os.path.isdir(made) else {})}


class Terminals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sessions = Sessions(2, "viewer", 20)
        cls.locales_dir = tempfile.mkdtemp(prefix="perfadapt-locales-")
        cls.comma = with_comma(cls.locales_dir)

    @classmethod
    def tearDownClass(cls):
        cls.sessions.close()
        shutil.rmtree(cls.locales_dir)

    def run_on(self, name, *arguments, columns=120, rows=40, **changes):
        """A screen that was drawn, and left by q."""
        env = environment(self.sessions.runtime_dir, TERM=name, **changes)
        terminal = Terminal(columns, rows, env, *arguments)
        self.addCleanup(terminal.close)
        terminal.wait_text("Temperatures", "viewer", "running")
        drawn = terminal.text()
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)
        return terminal, drawn

    def assert_clean(self, terminal, drawn, ascii_only):
        left = KNOWN.sub(b"", terminal.raw)
        self.assertNotRegex(left, CONTROLS)
        self.assertNotRegex(drawn, GARBAGE)
        self.assertEqual(left.isascii(), ascii_only)
        left.decode("utf-8")

    def test_locales(self):
        locales = ((True, {"LANG": "C"}), (True, {"LC_ALL": "POSIX"}), (True, {"LC_ALL": "xx_XX.UTF-8"}),
                   (True, {"LANG": None}), (False, {"LANG": "C.UTF-8"}),
                   ("LOCPATH" not in self.comma, self.comma))
        for name in TERMS:
            for narrow, changes in locales:
                with self.subTest(TERM=name, **changes):
                    terminal, drawn = self.run_on(name, **changes)
                    self.assert_clean(terminal, drawn, narrow or name not in UTF_8)
                    self.assertNotRegex(drawn, r"\d,\d")  # decimal points

    def test_no_colours(self):
        for name in (*TERMS, *filter(has_terminal, DIRECT)):
            for arguments, changes in (((), {"NO_COLOR": "1"}), (("--color=never",), {}),
                                       (("--color=never",), {"COLORTERM": "truecolor"}),
                                       ((), {"NO_COLOR": "1", "COLORTERM": "truecolor"})):
                with self.subTest(TERM=name, arguments=arguments, **changes):
                    terminal, _ = self.run_on(name, *arguments, **changes)
                    self.assertNotRegex(terminal.raw, COLOURS)

    def assert_colours(self, expected, name, *arguments, **changes):
        """`expected`: 0, 8, 256 or 2^24 colours."""
        with self.subTest(TERM=name, arguments=arguments, **changes):
            raw = self.run_on(name, *arguments, **changes)[0].raw
            found = {256: re.search(rb"\x1b\[[0-9;]*38;5;\d", raw), 1 << 24: re.search(rb"38[:;]2[:;]", raw),
                     8: re.search(rb"\x1b\[(?:[017];)*3[0-7]m", raw)}
            self.assertEqual([count for count, match in found.items() if match], [expected] if expected else [])

    def test_colours(self):
        for expected, name in ((8, "xterm"), (256, "xterm-256color"), (8, "screen"), (256, "tmux-256color"),
                               (8, "linux"), (0, "vt100")):
            self.assert_colours(expected, name)
            self.assert_colours(expected, name, NO_COLOR="")  # empty means not set

    def test_colours_asked_for(self):
        self.assert_colours(256, "xterm", "--color=256")
        self.assert_colours(256, "xterm", "--color=256", NO_COLOR="1")  # the option is nearer than the environment
        self.assert_colours(256, "screen", "--color=256")
        self.assert_colours(256, "xterm", COLORTERM="truecolor")
        self.assert_colours(8, "xterm", COLORTERM="yes")
        self.assert_colours(256, "xterm-256color", COLORTERM="24bit")
        self.assert_colours(0, "vt100", "--color=256")

    def test_direct_colours(self):
        true = 1 << 24 if has_terminal("xterm-direct") else 256
        self.assert_colours(true, "xterm-256color", "--color=true")
        self.assert_colours(true, "xterm", "--color=true")
        self.assert_colours(8, "linux", "--color=true")
        for name in filter(has_terminal, DIRECT):
            self.assert_colours(1 << 24, name)
            raw = self.run_on(name)[0].raw
            self.assertRegex(raw, rb"38[:;]2[:;]:?0[:;]135[:;]255")  # blue of the 256 too, not its number

    def test_terminals_that_will_not_do(self):
        for name in NO_TERMS:
            with self.subTest(TERM=name):
                terminal = Terminal(80, 24, environment(self.sessions.runtime_dir, TERM=name))
                self.addCleanup(terminal.close)
                self.assertEqual(terminal.status(), 2)
                self.assertRegex(terminal.raw, rb"^perfadapt-top: [^\r\n\x1b]*TERM[^\r\n\x1b]*\r\n\Z")

    def test_names_of_states_without_colour(self):
        _, drawn = self.run_on("vt100", "--ascii", LANG="C")
        self.assertRegex(drawn, r"State +(n/a|[CWH!?] )")


if __name__ == "__main__":
    outcome.run()
