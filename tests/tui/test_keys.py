#!/usr/bin/python3
"""What keys and the mouse do in perfadapt-top, in a terminal emulator. SPDX-License-Identifier: MIT"""
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import outcome
import test_top
from test_top import PRINT_BUDGET, SESSION_S, TIMEOUT_S, environment

SESSIONS = 3
ENTER, ESCAPE, DOWN, UP = "\r", "\x1b", "\x1b[B", "\x1b[A"
LEFT, RIGHT, PAGE_DOWN, HOME = "\x1b[D", "\x1b[C", "\x1b[6~", "\x1b[1~"


class Base(test_top.Base):
    @classmethod
    def setUpClass(cls):
        cls.runtime_dir = tempfile.mkdtemp(prefix="perfadapt-top-")
        cls.empty_dir = tempfile.mkdtemp(prefix="perfadapt-top-")
        cls.sessions = []
        plain = environment(cls.runtime_dir)
        for index in range(SESSIONS):
            env = plain if index else environment(cls.runtime_dir, PERFADAPT_SIMULATE="handheld:10")
            cls.sessions.append(subprocess.Popen([PRINT_BUDGET, str(SESSION_S)], env=env, stdout=subprocess.DEVNULL))
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            apps = cls.sample(cls.runtime_dir)["apps"]
            if len(apps) == SESSIONS and all(app["fps"] is not None and app["decisions"] for app in apps):
                return
        cls.tearDownClass()
        raise AssertionError("the sessions to look at did not appear")

    def setUp(self):
        self.config = tempfile.mkdtemp(prefix="perfadapt-top-")
        self.addCleanup(shutil.rmtree, self.config)
        self.file = os.path.join(self.config, "perfadapt", "top.ini")

    def open(self, columns=120, rows=40, *arguments, **changes):
        changes.setdefault("XDG_CONFIG_HOME", self.config)
        terminal = self.start(columns, rows, "-d", "0.2", *arguments, **changes)
        terminal.wait(lambda: len(self.shown(terminal)) == SESSIONS, "all sessions")
        self.pids = self.shown(terminal)  # sessions opened at once are found in any order
        return terminal

    @staticmethod
    def shown(terminal):
        """Process ids of the apps in the order in which they are listed."""
        return [int(pid) for pid in re.findall(r"(\d+) print_budget +(?:running|idle)", terminal.text())]

    @staticmethod
    def selected(terminal):
        found = re.search(r">\s+(\d+) print_budget", terminal.text())
        return int(found.group(1)) if found else None

    def wait_gone(self, terminal, word):
        terminal.wait(lambda: word not in terminal.text(), f"gone from the screen: {word}")

    @staticmethod
    def find(terminal, word, after=0):
        """Row and column, from 1, of the first line that holds the word."""
        for row, line in enumerate(terminal.screen.display):
            if row >= after and word in line:
                return row + 1, line.index(word) + 1
        raise AssertionError(f"{word} is not on the screen\n{terminal.text()}")

    @staticmethod
    def press(terminal, place, button=0):
        row, column = place
        terminal.keys(f"\x1b[<{button};{column};{row}M\x1b[<{button};{column};{row}m")

    def press_until(self, terminal, find, condition, what):
        """Panes may move between a look and a press, or be drawn in part: then it is pressed again where it is now."""
        def done():
            for _ in range(20):
                if condition():
                    return True
                terminal.read()
            self.press(terminal, find())
            return False
        self.press(terminal, find())
        terminal.wait(done, what)


class Apps(Base):
    def test_filter(self):
        terminal = self.open()
        terminal.keys("/")
        terminal.wait_text("Enter keeps, Esc clears")
        terminal.keys(str(self.pids[1]) + "x\x7f")
        terminal.wait(lambda: self.shown(terminal) == [self.pids[1]], "the one app with this pid")
        terminal.wait_text(f"(1 of {SESSIONS})", f"Frame times ms: print_budget ({self.pids[1]})")
        terminal.keys(ENTER)
        self.wait_gone(terminal, "Enter keeps")
        terminal.wait_text(f"/{self.pids[1]}")
        terminal.keys(ESCAPE)
        terminal.wait(lambda: self.shown(terminal) == self.pids, "all apps after Esc")
        terminal.keys("/BUDGet")
        terminal.wait_text(f"({SESSIONS} of {SESSIONS})")
        terminal.keys("q\u00e4")  # a letter like any other while it is typed, and one of two bytes
        terminal.wait_text("none of", "/BUDGetq\u00e4")
        terminal.keys("\x7f\x7f")
        terminal.wait_text(f"({SESSIONS} of {SESSIONS})")
        terminal.keys("x" * 200 + ESCAPE)
        self.wait_gone(terminal, "none of")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)

    def test_filter_where_no_line_of_keys_is(self):
        terminal = self.start(40, 10, "-d", "0.2")
        terminal.wait_text("print_budget")
        terminal.keys("/zz")
        terminal.wait_text("/zz", "none of 3")

    def test_sort(self):
        terminal = self.open()
        self.assertEqual(self.shown(terminal), self.pids)
        for word in ("by name", "by fps", "by p99", "by used", "by level"):
            terminal.keys("s")
            terminal.wait_text(word)
        terminal.keys("s")
        self.wait_gone(terminal, "by level")
        terminal.keys("S")
        terminal.wait_text("by age, reversed")
        terminal.wait(lambda: self.shown(terminal) == self.pids[::-1], "the other way round")
        terminal.keys("S")
        terminal.wait(lambda: self.shown(terminal) == self.pids, "the order as before")

    def test_selection_stays_with_its_app(self):
        terminal = self.open()
        terminal.keys(DOWN)
        terminal.wait(lambda: self.selected(terminal) == self.pids[1], "the second app")
        terminal.keys(PAGE_DOWN)
        terminal.wait(lambda: self.selected(terminal) == self.pids[2], "the last app")
        terminal.keys("S")
        terminal.wait(lambda: self.shown(terminal) == self.pids[::-1], "the other order")
        terminal.wait(lambda: self.selected(terminal) == self.pids[2], "the same app")
        terminal.keys("S" + HOME)
        terminal.wait(lambda: self.selected(terminal) == self.pids[0], "the first app")

    def test_more_than_fit(self):
        terminal = self.open()
        terminal.keys(DOWN + DOWN)
        terminal.wait(lambda: self.selected(terminal) == self.pids[2], "the last app")
        for columns, rows in ((60, 5), (80, 24), (40, 3), (120, 40)):
            terminal.resize(columns, rows)
            terminal.wait(lambda: re.search(r">.*print_budget", terminal.text()), "the last app is in sight")


class Panes(Base):
    def test_frames_as_rates(self):
        terminal = self.open()
        terminal.wait_text("Frame times ms", "max ", "p99.9", "1% low")
        terminal.keys("g")
        terminal.wait_text("Frames per second", "min ")
        terminal.keys("g")
        terminal.wait_text("Frame times ms")

    def test_events_of_selected(self):
        terminal = self.open()
        terminal.wait_text("5 Events ")
        terminal.keys("e")
        terminal.wait_text(f"5 Events: print_budget ({self.pids[0]})", "quality")
        terminal.keys("e")
        terminal.wait_text("5 Events ")

    def test_hide(self):
        terminal = self.open()
        for key, title in (("1", "Temperatures"), ("2", "Pressure"), ("3", "Apps with"), ("4", "Frame times"),
                           ("5", "Events ─"), ("6", "Power")):
            terminal.wait_text(f"{key} {title}")
            terminal.keys(key)
            self.wait_gone(terminal, title)
            terminal.keys(key)
            terminal.wait_text(f"{key} {title}")
        terminal.keys("123456")  # nothing is left to show, and nothing breaks
        self.wait_gone(terminal, "Temperatures")
        terminal.wait_text("all panes are hidden: 1 to 6 show them")
        for columns, rows in ((40, 10), (80, 24), (120, 40)):
            terminal.resize(columns, rows)
            terminal.wait_text("all panes are hidden: 1 to 6 show them")
        terminal.keys("123456")
        terminal.wait_text("1 Temperatures", "3 Apps with")
        self.wait_gone(terminal, "hidden")

    def test_help_has_every_key_of_the_line(self):
        terminal = self.open(200, 60)
        line = terminal.screen.display[-1]
        terminal.keys("?")
        terminal.wait_text("any key closes it")
        for key in re.findall(r"(\S+(?: \S)?) (?:Help|Details|Filter|Sort|Pause|Rate|Events|fps/ms|Panes|Write|Quit)",
                              line):
            self.assertRegex(terminal.text(), "│ " + re.escape(key) + " ")
        terminal.keys("x")
        self.wait_gone(terminal, "any key closes it")

    def test_help_on_a_small_screen(self):
        terminal = self.start(40, 10)
        terminal.wait_text("print_budget")
        terminal.keys("?")
        for _ in range(20):
            terminal.wait_text("Help: any key")
            if "closes" in terminal.text():
                break
            before = terminal.text()
            terminal.keys("x")
            terminal.wait(lambda b=before, t=terminal: t.text() != b, "the next part of the help")
        terminal.keys("x")
        self.wait_gone(terminal, "Help: any key")


class Details(Base):
    def test_evidence(self):
        terminal = self.open()
        terminal.keys(ENTER)
        terminal.wait_text(f"Details: print_budget ({self.pids[0]})", "interactive", "Latest decision", "because of",
                           "forecast", "Decisions, newest first", "QUALITY", "->", "resident", "handheld/junction",
                           "Why it is not higher", "confidence", "library")
        for pattern in (r"resident +\d+\.\d [KM]iB", r"limit +\d+\.\d ms"):
            terminal.wait(lambda p=pattern: re.search(p, terminal.text()), f"on the screen: {pattern}")
        terminal.keys(RIGHT)
        terminal.wait_text(f"Details: print_budget ({self.pids[1]})")
        terminal.keys(LEFT)
        terminal.wait_text(f"Details: print_budget ({self.pids[0]})")
        for back in (ESCAPE, ENTER, "\x7f"):
            terminal.keys(back)
            terminal.wait_text("3 Apps with a budget")
            terminal.keys(ENTER)
            terminal.wait_text("Details:")

    @staticmethod
    def watched_s(terminal):
        """For how long the memory of the app on the page is known."""
        found = re.search(r"trend +(?:n/a \(watched for|\S+ \S+ over) (\d+) s", terminal.text())
        return int(found.group(1)) if found else None

    def test_memory_is_watched_before_its_page_is_opened(self):
        terminal = self.open()
        terminal.keys(ENTER)
        terminal.wait(lambda: (self.watched_s(terminal) or 0) >= 4, "a few seconds of the first app")
        for pid in self.pids[1:]:
            terminal.keys(RIGHT)
            terminal.wait_text(f"Details: print_budget ({pid})", "trend")
            self.assertGreaterEqual(self.watched_s(terminal), 3, terminal.text())

    def more(self, terminal):
        """Lines of the page below the screen, as its last row tells; 0 where it tells nothing."""
        found = re.search(r" \+(\d+) more(?: │)? *$", terminal.text(), re.MULTILINE)
        return int(found.group(1)) if found else 0

    def test_scroll(self):
        for columns, rows in ((120, 20), (80, 24), (40, 10)):
            terminal = self.start(columns, rows, "-d", "0.2")
            terminal.wait_text("print_budget")
            terminal.keys(ENTER)
            terminal.wait_text("Latest decision")
            terminal.wait(lambda t=terminal: self.more(t) > 0, "how much is below")
            self.assertNotIn("newest first", terminal.text())
            terminal.keys(PAGE_DOWN * 20)
            terminal.wait_text("newest first")
            terminal.wait(lambda t=terminal: self.more(t) == 0, "nothing is below")
            terminal.keys(UP)
            terminal.wait(lambda t=terminal: self.more(t) == 1, "one line is below")
            terminal.keys(HOME * 2 + UP)
            terminal.wait(lambda t=terminal: "newest first" not in t.text(), "scrolled back")

    def test_evidence_comes_first_where_it_is_narrow(self):
        terminal = self.start(80, 24, "-d", "0.2")
        terminal.wait_text("print_budget")
        terminal.keys(ENTER)
        terminal.wait_text("Latest decision", "Why it is not higher", "Budget")
        self.assertLess(terminal.text().index("Why it is not higher"), terminal.text().index("Budget"))
        self.assertNotIn("library", terminal.text())

    def test_without_an_app(self):
        terminal = self.start(80, 24, runtime_dir=self.empty_dir)
        terminal.wait_text("no app with a budget found")
        terminal.keys(ENTER)
        terminal.wait_text("no app is selected")
        terminal.keys(RIGHT + DOWN + ESCAPE)
        terminal.wait_text("no app with a budget found")

    def test_app_that_goes(self):
        session = subprocess.Popen([PRINT_BUDGET, str(SESSION_S)], env=environment(self.runtime_dir),
                                   stdout=subprocess.DEVNULL)
        self.addCleanup(session.wait)
        self.addCleanup(session.kill)
        terminal = self.start(120, 40, "-d", "0.2")
        terminal.wait(lambda: session.pid in self.shown(terminal), "the app that will go")
        terminal.keys(f"/{session.pid}" + ENTER + ENTER)
        terminal.wait_text(f"Details: print_budget ({session.pid})")
        session.terminate()
        session.wait()
        terminal.wait(lambda: any(word in terminal.text() for word in ("no app is selected", "no sign of life")),
                      "gone, or said to be silent")
        terminal.keys(ESCAPE + ESCAPE)
        terminal.wait_text("3 Apps with a budget")


class Mouse(Base):
    def test_click(self):
        terminal = self.open()
        self.press_until(terminal, lambda: self.place_of(terminal, self.pids[2]),
                         lambda: self.selected(terminal) == self.pids[2], "the app that was clicked")
        for word in ("by fps ─", "by fps, reversed"):
            self.press_until(terminal, lambda: self.find(terminal, " FPS "), lambda w=word: w in terminal.text(), word)
        self.press_until(terminal, lambda: self.find(terminal, "Help"), lambda: "any key closes" in terminal.text(),
                         "the help")
        self.press(terminal, (1, 1))
        self.wait_gone(terminal, "any key closes it")

    def test_double_click_and_wheel(self):
        terminal = self.open()
        self.press(terminal, (10, 10), 65)
        terminal.wait(lambda: self.selected(terminal) == self.pids[1], "a turn of the wheel down")
        self.press(terminal, (10, 10), 64)
        terminal.wait(lambda: self.selected(terminal) == self.pids[0], "a turn of the wheel up")
        self.double_click(terminal, self.pids[1])
        terminal.wait_text("Esc Back")
        self.press_until(terminal, lambda: self.find(terminal, "Back"), lambda: "3 Apps with" in terminal.text(), "back")
        self.press_until(terminal, lambda: self.find(terminal, "Quit"), lambda: terminal.process.poll() is not None,
                         "the end")
        self.assertEqual(terminal.status(), 0)

    def place_of(self, terminal, pid):
        return self.find(terminal, str(pid), self.find(terminal, "3 Apps")[0])

    def double_click(self, terminal, pid):
        def twice():
            place = self.place_of(terminal, pid)
            self.press(terminal, place)
            return place
        self.press_until(terminal, twice, lambda: f"Details: print_budget ({pid})" in terminal.text(), "its details")

    def test_anywhere(self):
        terminal = self.start(80, 24, "-d", "0.2")
        terminal.wait_text("print_budget")
        for row in range(1, 24):  # the last row has the keys
            for column in (1, 5, 40, 80):
                terminal.keys(f"\x1b[<0;{column};{row}M")
        terminal.keys("\x1b[<0;999;999M" + ESCAPE + ESCAPE)
        terminal.wait_text("3 Apps with")
        self.assertIsNone(terminal.process.poll())

    def test_given_back(self):
        for end in (lambda t: t.keys("q"), lambda t: t.process.send_signal(signal.SIGTERM),
                    lambda t: t.process.send_signal(signal.SIGABRT)):
            terminal = self.open(ASAN_OPTIONS="handle_abort=0")
            self.assertIn(b"1000h", terminal.raw)
            end(terminal)
            terminal.status()
            self.assertGreater(terminal.raw.rfind(b"1000l"), terminal.raw.rfind(b"1000h"))
            self.assert_restored(terminal)

    def test_left_off(self):
        terminal = self.open(120, 40, "--no-mouse")
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)
        self.assertNotIn(b"1000h", terminal.raw)


class Setup(Base):
    def test_written_when_asked_and_read_back(self):
        terminal = self.open()
        terminal.keys("ssgS5+")
        terminal.wait_text("by fps, reversed", "Frames per second", "every 0.1s")
        self.assertEqual(os.listdir(self.config), [])
        terminal.keys("w")
        terminal.wait_text("written:", "perfadapt/top.ini")
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        for line in ("period_s = 0.1", "sort = fps", "sort_reversed = yes", "hidden = events", "frames = fps"):
            self.assertIn(line, text)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode) & 0o022, 0)
        self.assertEqual(os.listdir(os.path.dirname(self.file)), ["top.ini"])
        again = self.start(120, 40, XDG_CONFIG_HOME=self.config)
        again.wait_text("by fps, reversed", "Frames per second", "every 0.1s")
        self.wait_gone(again, "Events ─")
        again.keys("q")
        self.assertEqual(again.status(), 0)
        with open(self.file, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)
        self.open().wait_text("every 0.2s")  # -d goes before the file

    def test_bad_lines_are_named(self):
        os.makedirs(os.path.dirname(self.file))
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("[top]\nsort = name\nperid_s = 3\nhidden = attic\n")
        terminal = self.open()
        terminal.wait_text("by name", 'top.ini:3 (+1 more): key "perid_s" is unknown; skipped')
        before = terminal.raw.partition(b"\x1b[?1049h")[0].decode()  # is there again when the screen is given back
        self.assertEqual(before.replace("\r", "").splitlines(), [
            f'perfadapt-top: {self.file}:3: key "perid_s" is unknown; skipped',
            f'perfadapt-top: {self.file}:4: hidden "attic" is not a list of panes; skipped'])
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0)

    def test_no_place_to_write(self):
        blocked = os.path.join(self.config, "file")
        with open(blocked, "w", encoding="utf-8"):
            pass
        terminal = self.open(XDG_CONFIG_HOME=blocked)
        terminal.keys("w")
        terminal.wait_text("cannot write", "Not a directory")
        terminal = self.open(XDG_CONFIG_HOME=None)
        terminal.keys("w")
        terminal.wait_text("neither XDG_CONFIG_HOME nor HOME is set")

    def test_a_pipe_in_its_place(self):
        os.makedirs(os.path.dirname(self.file))
        os.mkfifo(self.file)
        terminal = self.open()
        terminal.wait_text("not a regular file")


if __name__ == "__main__":
    outcome.run()
