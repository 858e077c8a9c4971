#!/usr/bin/python3
"""perfadapt-top beside sessions that lie and under terminals that storm. SPDX-License-Identifier: MIT"""
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import outcome
import test_top  # exits with 77 where pyte is missing
from hostile_sockets import Listener
from test_top import TIMEOUT_S, Terminal, environment

BUILD = os.path.abspath(test_top.BUILD)
test_top.TOP = TOP = os.path.abspath(test_top.TOP)
PRINT_BUDGET = os.path.abspath(test_top.PRINT_BUDGET)
WRITER = os.environ.get("HOSTILE_WRITER", os.path.join(BUILD, "bin", "hostile_writer"))
KEYS_S = float(os.environ.get("PERFADAPT_KEYS_S", "5"))
SEED = int(os.environ.get("PERFADAPT_SEED", str(random.randrange(1 << 32))))
SANITIZED = os.environ.get("PERFADAPT_SANITIZE", "") != ""
STATES = {"running", "idle", "silent", "torn", "version", "corrupt", "denied"}
CLOCK = re.compile(r"\d\d:\d\d:\d\d")
POSITION = re.compile(rb"\x1b\[(\d+);(\d+)H")
MIB = 1 << 20


def refuse_constant(word):
    raise AssertionError(f"{word} is no JSON")


class Hostile(unittest.TestCase):
    def setUp(self):
        self.runtime_dir = tempfile.mkdtemp(prefix="perfadapt-hostile-")
        self.addCleanup(shutil.rmtree, self.runtime_dir, ignore_errors=True)

    def writer(self, kind, count=1):
        process = subprocess.Popen([WRITER, kind, str(count)], env=environment(self.runtime_dir),
                                   stdout=subprocess.PIPE)
        self.addCleanup(self.end, process)
        self.assertEqual(process.stdout.readline(), b"ready\n", kind)
        return process

    @staticmethod
    def end(process, how=signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(how)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def listener(self, number, answer, kind=socket.SOCK_SEQPACKET):
        result = Listener(self.runtime_dir, number, answer, kind)
        self.addCleanup(result.close)
        return result

    def start(self, columns=120, rows=40, *arguments, runtime_dir=None, **changes):
        env = environment(runtime_dir or self.runtime_dir, HOME=self.runtime_dir, **changes)
        terminal = Terminal(columns, rows, env, *(arguments or ("-d", "0.1")))
        self.addCleanup(terminal.close)
        return terminal

    def run_top(self, *arguments, **options):
        result = subprocess.run([TOP, *arguments], env=environment(self.runtime_dir), timeout=TIMEOUT_S,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout

    def sample(self):
        return json.loads(self.run_top("--json"), parse_constant=refuse_constant)

    def wait_state(self, terminal, pid, *states):
        row = re.compile(rf"\b{pid}\b.*\b({'|'.join(states)})\b")
        terminal.wait(lambda: row.search(terminal.text()), f"the app {pid} as {states}")

    def assert_answers(self, terminal):
        """It still takes keys, and goes on refreshing."""
        terminal.keys(" ")
        terminal.wait_text("PAUSED")
        terminal.keys(" ")
        terminal.wait(lambda: "PAUSED" not in terminal.text(), "no pause any more")
        before = CLOCK.findall(terminal.text())
        terminal.wait(lambda: CLOCK.findall(terminal.text()) not in ([], before), "a refresh")

    def assert_clean(self, terminal):
        """Nothing of what a session says reached the terminal as a command."""
        for bad in (b"owned\x07", b"\x1b]", b"\x07", "\u202e".encode(), "\u0301".encode()):
            self.assertNotIn(bad, terminal.raw)
        self.assertEqual((terminal.screen.title, terminal.screen.icon_name), ("", ""))
        rows, columns = terminal.screen.lines, terminal.screen.columns
        for row, column in POSITION.findall(terminal.raw):
            self.assertTrue(int(row) <= rows and int(column) <= columns, f"drawn at {row},{column} of {rows},{columns}")

    def assert_ends(self, terminal):
        terminal.keys("q")
        self.assertEqual(terminal.status(), 0, terminal.raw[-4000:])

    @staticmethod
    def descriptors(terminal):
        return len(os.listdir(f"/proc/{terminal.process.pid}/fd"))

    @staticmethod
    def resident(terminal):
        with open(f"/proc/{terminal.process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def assert_small(self, terminal, most=32 * MIB):
        if not SANITIZED:  # which keeps what is freed
            self.assertLess(self.resident(terminal), most)


class Regions(Hostile):
    """Sessions found and fetched as any other, whose memory then says anything at all."""
    EXPECTED = {"well": ("running",), "jump": ("running",), "past": ("silent",), "locked": ("idle",),
                "torn": ("torn",), "noise": ("running", "idle"), "absurd": ("running", "idle"),
                "future": ("running",), "tomorrow": ("running",), "texts": ("idle",), "version": ("version",),
                "size": ("version",), "magic": ("corrupt",), "cut": ("corrupt",)}

    def test_each(self):
        well = self.writer("well")
        for kind, states in self.EXPECTED.items():
            with self.subTest(kind=kind):
                process = self.writer(kind)
                terminal = self.start()
                self.wait_state(terminal, process.pid, *states)
                self.wait_state(terminal, well.pid, "running")
                terminal.keys("j")  # its frames and all that is shown of a selected app
                self.assert_answers(terminal)
                self.assert_small(terminal)
                self.assert_ends(terminal)
                self.assert_clean(terminal)
                self.end(process)

    def test_all_at_once_at_any_size(self):
        processes = [self.writer(kind) for kind in self.EXPECTED]
        for columns, rows in ((200, 60), (100, 28), (80, 24), (40, 10), (20, 3), (1, 1)):
            with self.subTest(size=(columns, rows)):
                terminal = self.start(columns, rows)
                terminal.wait(lambda t=terminal: t.text().strip() != "", "anything")
                for _ in processes:
                    terminal.keys("j")
                    terminal.read(0.05)
                if rows >= 10 and columns >= 80:
                    self.assert_answers(terminal)
                self.assert_small(terminal)
                self.assert_ends(terminal)
                self.assert_clean(terminal)

    def test_in_pipes(self):
        for kind in self.EXPECTED:
            self.writer(kind)
        apps = self.sample()["apps"]
        self.assertEqual(len(apps), len(self.EXPECTED))
        self.assertLessEqual({app["state"] for app in apps}, STATES)
        self.assertEqual(next(app for app in apps if app["name"] == "newer")["state"], "version")
        for arguments in (("--once",), ("--batch", "-n", "3", "-d", "0.1")):
            text = self.run_top(*arguments).decode()  # whole characters alone
            self.assertFalse([c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0)])

    def test_closed_again_and_again(self):
        self.writer("everywhere")
        terminal = self.start()
        terminal.wait_text("Apps with a budget")
        self.assert_answers(terminal)
        self.assert_ends(terminal)
        self.assert_clean(terminal)

    def test_events_of_others(self):
        self.writer("future")
        terminal = self.start()
        terminal.wait_text("prophet", "quality 1->2")
        well = self.writer("well")
        terminal.wait(lambda: re.search(r"well +session opened", terminal.text()), "the event of another session")
        self.end(well)
        terminal.wait(lambda: re.search(r"well +session closed", terminal.text()), "its end")


class Lives(Hostile):
    """Sessions that die, stop, and come and go."""

    def test_killed(self):
        processes = [self.writer(kind) for kind in ("well", "locked", "torn", "noise", "absurd", "texts", "tomorrow")]
        terminal = self.start(120, 70)
        terminal.wait(lambda: all(str(process.pid) in terminal.text() for process in processes), "all of them")
        descriptors = self.descriptors(terminal)
        for process in processes:
            self.end(process)
        terminal.wait_text("no app with a budget found")
        self.assertLessEqual(self.descriptors(terminal), descriptors)
        self.assert_ends(terminal)

    def test_stopped(self):
        process = self.writer("well")
        terminal = self.start()
        self.wait_state(terminal, process.pid, "running")
        process.send_signal(signal.SIGSTOP)
        self.wait_state(terminal, process.pid, "silent")
        self.assert_answers(terminal)
        process.send_signal(signal.SIGCONT)
        self.wait_state(terminal, process.pid, "running")

    def test_two_hundred_come_and_go(self):
        rounds = 20 if SANITIZED else 100
        terminal = self.start(80, 24, "-d", "0.05")
        terminal.wait_text("no app with a budget found")
        descriptors = self.descriptors(terminal)
        for i in range(rounds):
            process = self.writer("well" if i % 2 else "texts", 2)
            terminal.wait(lambda: str(process.pid) in terminal.text(), "a session that came")
            self.end(process, signal.SIGKILL if i == rounds // 2 else signal.SIGTERM)
            terminal.wait_text("no app with a budget found")
            if i == rounds // 4:
                resident = self.resident(terminal)
        self.assertEqual(self.descriptors(terminal), descriptors)
        grown = self.resident(terminal) - resident
        print(f"resident {resident >> 10} KiB, after {rounds - rounds // 4} rounds more {grown >> 10} KiB more")
        if not SANITIZED:
            self.assertLess(grown, MIB)
        self.assert_ends(terminal)

    def test_fifty(self):
        process = self.writer("well", 50)
        self.assertEqual(len(self.sample()["apps"]), 50)
        terminal = self.start(120, 40, "-d", "0.2")
        terminal.wait(lambda: re.search(r"Apps with a budget.*\b50\b", terminal.text()), "fifty apps")
        self.assertIn(str(process.pid), terminal.text())
        before, start = self.cpu_seconds(terminal), time.monotonic()
        for _ in range(3):
            self.assert_answers(terminal)
        refreshes = (time.monotonic() - start) / 0.2
        print(f"50 sessions: {1e3 * (self.cpu_seconds(terminal) - before) / refreshes:.1f} ms of CPU a refresh, "
              f"{self.resident(terminal) >> 10} KiB resident")
        self.assert_ends(terminal)

    @staticmethod
    def cpu_seconds(terminal):
        with open(f"/proc/{terminal.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_pid_namespace(self):
        apart = ["unshare", "--user", "--pid", "--map-root-user", "--fork", "--mount-proc", "--kill-child"]
        if shutil.which("unshare") is None or subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("this machine permits no pid namespaces")
        process = subprocess.Popen([*apart, PRINT_BUDGET, "600"], env=environment(self.runtime_dir),
                                   stdout=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        terminal = self.start()
        terminal.wait(lambda: re.search(r"> +1 print_budget +running", terminal.text()), "the session as 1")
        self.assert_answers(terminal)
        self.end(process)
        terminal.wait_text("no app with a budget found")


class Directories(Hostile):
    """Runtime directories that cannot be used: the reason stands on the screen."""

    def assert_told(self, *words, **changes):
        terminal = self.start(**changes)
        terminal.wait_text(*words)
        self.assert_answers(terminal)
        self.assert_ends(terminal)

    def test_open_to_others(self):
        for mode in (0o777, 0o750, 0o701):
            directory = os.path.join(self.runtime_dir, "perfadapt")
            os.makedirs(directory, exist_ok=True)
            os.chmod(directory, mode)
            self.assert_told("open to others")
            self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), mode)

    def test_a_link_a_file_a_pipe(self):
        path = os.path.join(self.runtime_dir, "perfadapt")
        for make in (lambda: os.symlink("/tmp", path), lambda: open(path, "w").close(), lambda: os.mkfifo(path)):
            make()
            self.assert_told("not trusted")
            os.unlink(path)

    def test_missing(self):
        self.assert_told("No such file or directory", XDG_RUNTIME_DIR="/nonexistent")
        self.assert_told("XDG_RUNTIME_DIR is not set", XDG_RUNTIME_DIR=None)
        self.assert_told("XDG_RUNTIME_DIR is not set", XDG_RUNTIME_DIR="relative")
        self.assert_told("XDG_RUNTIME_DIR is not set", XDG_RUNTIME_DIR="")
        self.assert_told("cannot be read", XDG_RUNTIME_DIR="/" + "long/" * 1000)

    def test_of_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be another user")
        other = {"user": 65534, "group": 65534, "extra_groups": []}
        try:
            subprocess.run([TOP, "--version"], stdout=subprocess.DEVNULL, check=True, env=environment(None), **other)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("another user cannot run the program where it was built")
        self.writer("well")
        os.chmod(self.runtime_dir, 0o755)
        self.assertIn(b"another user's", self.run_top("--once", **other))
        directory = os.path.join(self.runtime_dir, "perfadapt")
        os.chown(directory, 65534, 65534)
        os.chmod(os.path.join(directory, os.listdir(directory)[0]), 0o666)
        sample = json.loads(self.run_top("--json", **other))
        self.assertEqual([(app["state"], app["fps"]) for app in sample["apps"]], [("denied", None)])


class Storms(Hostile):
    """Terminals that change size, press every key, and go away."""
    SPECIAL = ("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1bOA", "\x1bOB", "\x1bOP", "\x1bOQ", "\x1b[15~", "\x1b[5~",
               "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[Z", "\x1b", "\x1b\x1b", "\x1b[", "\x1bO", "\x1b[200~/x\x1b[201~",
               "\x1b[999999999999;1;1u", "\x1b[<0;99999;1M", "\x1b[<;;M", "\x1b[I", "\x1b[O", "\x13\x11", "é", "漢字",
               "\U0001f600", "e\u0301", "\u202e", "/print\r", "/\x1b", "\r", "\r\x1b", "[[[[", "]]]]", "\x7f", "\x15")
    LEAVING = b"qQ\x03\x1a\x1c\x13\x11"  # quit, signals, and what stops the terminal itself

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        work = tempfile.mkdtemp(prefix="perfadapt-keys-")  # keys write files
        self.addCleanup(shutil.rmtree, work)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(work)

    def random_keys(self, columns, rows):
        choice = self.random.randrange(4)
        if choice == 0:
            return self.random.choice(self.SPECIAL).encode()
        if choice == 1:  # a mouse anywhere but on the line of keys, where a click may quit
            button = self.random.choice((0, 1, 2, 32, 64, 65, 128, 255))
            place = (self.random.randrange(1, columns + 2), self.random.randrange(1, max(rows, 2)))
            if self.random.randrange(4) == 0:
                return b"\x1b[M" + bytes((32, 33 + min(place[0], 40), 33 + min(place[1] - 1, max(rows - 2, 0), 40)))
            return b"\x1b[<%d;%d;%d%c" % (button, *place, self.random.choice(b"Mm"))
        if choice == 2:
            return bytes(byte for byte in self.random.randbytes(4) if byte not in self.LEAVING)
        return bytes((self.random.choice([byte for byte in range(0x20, 0x7f) if byte not in self.LEAVING]),))

    def test_keys(self):
        print(f"PERFADAPT_SEED={SEED}, {KEYS_S:g} s")
        for kind in ("well", "well", "noise", "texts", "version"):
            self.writer(kind)
        terminal = self.start(120, 40)
        terminal.wait_text("Apps with a budget")
        self.press_anything(terminal)

    def test_keys_in_a_replay(self):
        for kind in ("well", "noise", "texts", "version"):
            self.writer(kind)
        path = os.path.join(self.runtime_dir, "seen.ptape")
        self.run_top("--batch", "-n", "40", "-d", "0.05", "--record", path)
        terminal = self.start(120, 40, "--replay", path)
        terminal.wait_text("Apps with a budget")
        self.press_anything(terminal)

    def press_anything(self, terminal):
        pressed = b""
        os.set_blocking(terminal.master, False)  # who waits for room for keys reads nothing, and both stand still
        end = time.monotonic() + KEYS_S
        while time.monotonic() < end:
            keys = self.random_keys(terminal.screen.columns, terminal.screen.lines)
            try:
                pressed += keys[:os.write(terminal.master, keys)]
            except BlockingIOError:
                terminal.read()
            terminal.read(0.002)
            if self.random.randrange(200) == 0:
                terminal.resize(self.random.randrange(1, 200), self.random.randrange(1, 60))
            self.assertIsNone(terminal.process.poll(), f"seed {SEED}: ended after {pressed[-300:]!r}\n"
                              f"{terminal.raw[-3000:].decode(errors='replace')}")
        self.assert_still_draws(terminal)
        self.assert_small(terminal)
        terminal.process.send_signal(signal.SIGTERM)  # a "q" may be part of what is typed
        self.assertEqual(terminal.status(), -signal.SIGTERM, terminal.raw[-3000:].decode(errors="replace"))

    @staticmethod
    def drain(terminal):
        """What is under way for sizes before: the screen is then cleared for the last one."""
        end = time.monotonic() + 1
        while terminal.read(0.2) and time.monotonic() < end:
            pass

    def assert_still_draws(self, terminal):
        self.drain(terminal)
        terminal.screen.reset()
        terminal.resize(111, 33)
        terminal.wait(lambda: terminal.screen.display[0].strip() != "", "a screen drawn again")

    def test_half_a_report(self):
        """Of a mouse whose other half is lost: keys and refreshes go on."""
        for report in ("\x1b[<", "\x1b[<0;5", "\x1b[<0;5;"):
            terminal = self.start()
            terminal.wait_text("no app with a budget found")
            terminal.keys(report)
            before = CLOCK.findall(terminal.text())
            terminal.wait(lambda t=terminal, b=before: CLOCK.findall(t.text()) not in ([], b), "a refresh")
            self.assert_answers(terminal)
            self.assert_ends(terminal)

    def test_flood_of_keys(self):
        """Keys faster than they are taken stop neither refreshes nor the end."""
        self.writer("well", 3)
        terminal = self.start(120, 40)
        terminal.wait_text("q Quit")
        os.set_blocking(terminal.master, False)
        clocks = set()
        end = time.monotonic() + TIMEOUT_S
        while len(clocks) < 3 and time.monotonic() < end:
            self.flood(terminal)
            clocks.update(CLOCK.findall(terminal.screen.display[0]))
        self.assertGreaterEqual(len(clocks), 3, "no refresh while keys come")
        terminal.process.send_signal(signal.SIGTERM)
        while terminal.process.poll() is None and time.monotonic() < end + TIMEOUT_S:
            self.flood(terminal)
        self.assertEqual(terminal.process.poll(), -signal.SIGTERM)

    @staticmethod
    def flood(terminal):
        for _ in range(8):
            try:
                os.write(terminal.master, b"jk" * 1000)
            except BlockingIOError:
                pass
        terminal.read(0)

    def test_sizes(self):
        self.writer("well", 3)
        terminal = self.start(120, 40)
        terminal.wait_text("q Quit")
        sizes = [(1, 1), (2, 1), (1, 50), (300, 100), (300, 1), (1, 100)]
        sizes += [(self.random.randint(1, 300), self.random.randint(1, 100)) for _ in range(294)]
        self.random.shuffle(sizes)
        for columns, rows in sizes:
            terminal.resize(columns, rows)
            terminal.process.send_signal(signal.SIGWINCH)
            terminal.read(0.005)
            self.assertIsNone(terminal.process.poll(), f"seed {SEED}: ended at {columns}x{rows}")
        for columns, rows in ((65535, 65535), (1, 32768), (65535, 1)):  # told, not meant: there is no such screen
            terminal.size(columns, rows)
            terminal.read(0.1)
            self.assertIsNone(terminal.process.poll(), f"ended at {columns}x{rows}")
        self.drain(terminal)
        terminal.screen.reset()
        terminal.resize(130, 45)
        terminal.wait(lambda: "Quit" in terminal.screen.display[44] and not broken_frames(terminal.screen),
                      "the last size drawn fully")
        self.assertIn("State", terminal.screen.display[1])
        self.assert_answers(terminal)
        self.assert_ends(terminal)

    def test_terminal_gone(self):
        terminal = self.start()
        terminal.wait_text("q Quit")
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.master = terminal.slave = None
        self.assertIn(terminal.process.wait(timeout=TIMEOUT_S), (0, -signal.SIGHUP))

    def test_no_keyboard(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        for command in ('exec "$0" -d 1 <&-', 'exec "$0" -d 1 </dev/null'):
            process = subprocess.Popen(["/bin/sh", "-c", command, TOP], env=environment(self.runtime_dir),
                                       stdin=slave, stdout=slave, stderr=slave)
            self.assertEqual(process.wait(timeout=TIMEOUT_S), 0)
            self.assertIn(b"no app with a budget found", os.read(master, 65536))
        os.close(slave)

    def test_pipe_closed_early(self):
        self.writer("well", 20)
        for arguments in (("--once",), ("--json",), ("--batch", "-d", "0.05"), ("--batch", "--json", "-d", "0.05")):
            reading, writing = os.pipe()
            os.close(reading)
            result = subprocess.run([TOP, *arguments], env=environment(self.runtime_dir), timeout=TIMEOUT_S,
                                    stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
            os.close(writing)
            self.assertIn(result.returncode, (0, 3), arguments)
            self.assertNotIn(b"anitizer", result.stderr)


def cells(screen):
    return [[screen.buffer[row][column].data for column in range(screen.columns)] for row in range(screen.lines)]


def box_fault(grid, top, left):
    """What is wrong with the box whose upper left corner is there, or None."""
    right = next((c for c in range(left + 1, len(grid[top])) if grid[top][c] == "┐"), None)
    bottom = next((r for r in range(top + 1, len(grid)) if grid[r][left] != "│"), None)
    if right is None or bottom is None or grid[bottom][left] != "└":
        return f"no box from {top},{left}"
    if any(grid[row][right] != "│" for row in range(top + 1, bottom)):
        return f"the right side of the box from {top},{left} is broken"
    if grid[bottom][right] != "┘" or set(grid[bottom][left + 1:right]) != {"─"}:
        return f"the bottom of the box from {top},{left} is broken"
    return None


def broken_frames(screen):
    grid = cells(screen)
    faults = [box_fault(grid, row, column) for row in range(screen.lines) for column in range(screen.columns)
              if grid[row][column] == "┌"]
    count = [sum(line.count(corner) for line in grid) for corner in "┌┐└┘"]
    if len(set(count)) != 1:
        faults.append(f"corners {count}")
    for row, line in enumerate(grid):
        if line[:2] == ["─", " "] or line[:3] == ["─", "─", " "]:
            faults.append(None if line[-1] == "─" else f"the rule in row {row} is broken")
    return [fault for fault in faults if fault]


class Layouts(Hostile):
    SIZES = ((300, 100), (200, 60), (160, 50), (132, 43), (120, 40), (101, 31), (100, 28), (99, 28), (80, 24),
             (61, 13), (60, 12), (40, 10))

    def test_sizes(self):
        for count in (0, 1, 3):
            for i in range(count):
                self.writer("texts" if i == 2 else "well")
            for columns, rows in self.SIZES:
                with self.subTest(size=(columns, rows), sessions=count):
                    terminal = self.start(columns, rows)
                    terminal.wait(lambda t=terminal: re.search("well|owne" if count else "no app with a", t.text()),
                                  "the sessions")
                    terminal.wait(lambda t=terminal: not broken_frames(t.screen), "whole frames")
                    if columns >= 100 and rows >= 28:
                        self.assertIn("┌", terminal.text())
                    terminal.keys("j")
                    terminal.wait(lambda t=terminal: self.quiet(t), "a drawn screen")
                    self.assertEqual(broken_frames(terminal.screen), [], terminal.text())
                    self.assert_ends(terminal)
                    self.assert_clean(terminal)
            self.doCleanups()
            self.setUp()

    @staticmethod
    def quiet(terminal):
        return not terminal.read(0.03)


def run_side_by_side():
    """Most of the time is spent waiting for states that take seconds: each class waits in a process of its own."""
    cases = [case.__name__ for case in Hostile.__subclasses__()]
    running = {name: subprocess.Popen([sys.executable, os.path.abspath(__file__), name], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT) for name in cases}
    failed = 0
    for name, process in running.items():
        output = process.communicate()[0].decode(errors="replace")
        failed += process.returncode != 0
        print(f"-- {name}\n{output}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if not os.path.exists(WRITER):
        print(f"skipped: {WRITER} is not built")
        sys.exit(77)
    if len(sys.argv) == 1:
        sys.exit(run_side_by_side())
    outcome.run()
