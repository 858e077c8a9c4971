#!/usr/bin/python3
"""An interactive session beside a background and an export one, three processes. SPDX-License-Identifier: MIT

Processes are programs that only sleep, Renderers the example renderer on the software rasteriser.
usage: test_together.py [Processes[.test_NAME]|Renderers]
"""
import glob
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
DRAWER = os.path.join(BUILD, "bin", "drawer")
RENDER_LOOP = os.path.join(BUILD, "bin", "render_loop")
DEADLINE_S = 60  # of whatever is waited for: machines are busy
TICK_S = 0.1     # while frames flow
# From the need of one to the minimum of the others: a tick and a frame; three times that, for the machine's sake.
WITHIN_S = 0.5
HOLD_S = 2       # without need, before they come back
NEED = {"frame-late", "frame-cost", "thermal", "memory", "power"}


class Session:
    """A process, the lines that it prints, and the newest of them."""

    def __init__(self, runtime_dir, *command):
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "XDG_RUNTIME_DIR": runtime_dir,
               "XDG_CONFIG_HOME": runtime_dir, "XDG_STATE_HOME": runtime_dir, "XDG_CACHE_HOME": runtime_dir,
               "PERFADAPT_NO_PROBE": "1"}
        for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS",
                     "VK_ICD_FILENAMES", "VK_DRIVER_FILES"):
            if name in os.environ:
                env[name] = os.environ[name]
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = " ".join(command)
        self.lines = queue.Queue()
        self.told = []  # all that has been read of them
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def forget(self):
        """What has been told so far is not what is waited for next."""
        while not self.lines.empty():
            self.told.append(self.lines.get())

    def wait(self, condition, what):
        """The first line that is as it should be."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=0.05)
            except queue.Empty:
                if self.process.poll() is not None and self.lines.empty():
                    break
                continue
            self.told.append(line)
            if condition(line):
                return line
        raise AssertionError(f"{self.name}: {what}: not within {DEADLINE_S} s, status {self.process.poll()}\n"
                             + "\n".join(self.told[-20:]))

    def stays(self, condition, seconds, what):
        """No line is otherwise in that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.told.append(self.lines.get(timeout=0.05))
            except queue.Empty:
                continue
            if not condition(self.told[-1]):
                raise AssertionError(f"{self.name}: {what}: no more\n" + "\n".join(self.told[-20:]))

    def end(self):
        """Whatever state it is in; its status, -9 where it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self.reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            stream.close()


def fields(line):
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def reasons(line):
    found = re.search(r"reasons=(\S+)|\(why: ([^)]*)\)", line)
    return set((found.group(1) or found.group(2)).split(",")) if found else set()


def needs(line):
    return bool(reasons(line) & NEED)


def yields(line):
    return "yield" in reasons(line)


def is_free(line):
    return bool(reasons(line)) and not yields(line)


def at_s(line):
    return int(fields(line)["at"]) * 1e-9


class Base(unittest.TestCase):
    def setUp(self):
        self.runtime_dir = tempfile.mkdtemp(prefix="perfadapt-together-")
        self.addCleanup(shutil.rmtree, self.runtime_dir)

    def start(self, *command):
        session = Session(self.runtime_dir, *command)
        self.addCleanup(session.end)
        return session


class Processes(Base):
    """Programs that sleep in place of drawing."""

    def setUp(self):
        super().setUp()
        self.background = self.start(DRAWER, "background")
        self.export = self.start(DRAWER, "export", "unpublished")
        self.others = (self.background, self.export)
        for other in self.others:
            other.wait(lambda line: int(fields(line).get("quality", 0)) == 4, "at its best")
        self.interactive = self.start(DRAWER, "interactive")
        self.interactive.wait(lambda line: int(fields(line).get("quality", 0)) == 4, "at its best")

    def overload(self):
        """The interactive session cannot keep its time. How long the others took to notice."""
        for session in (self.interactive, *self.others):
            session.forget()
        self.interactive.tell("load 60")
        need_s = at_s(self.interactive.wait(needs, "held down"))
        took_s = []
        for other in self.others:
            line = other.wait(yields, "gives way")
            self.assertEqual((fields(line)["quality"], fields(line)["in_flight"], fields(line)["workers"]),
                             ("0", "1", "1"))
            took_s.append(at_s(line) - need_s)
        self.assertGreater(int(fields(line)["frame_ns"]), 0)  # the export has no target and is paced all the same
        return took_s

    def wait_until_back(self):
        """Both are as they were. The time of the later."""
        lines = [other.wait(lambda line: is_free(line) and fields(line)["quality"] == "4", "comes back")
                 for other in self.others]
        return max(at_s(line) for line in lines)

    def test_need(self):
        took_s = self.overload()
        print(f"at their minimum after {took_s[0] * 1000:.0f} and {took_s[1] * 1000:.0f} ms")
        self.assertLess(max(took_s), WITHIN_S)
        for other in self.others:
            other.stays(yields, 1.5 * HOLD_S, "gives way while it is needed")
        self.interactive.forget()
        self.interactive.tell("load 3")
        over_s = at_s(self.interactive.wait(lambda line: reasons(line) and not needs(line), "not held down any more"))
        print(f"back {self.wait_until_back() - over_s:.1f} s after the need was over")

    def test_end_in_order(self):
        self.overload()
        self.interactive.tell("end")
        self.interactive.process.wait()
        self.wait_until_back()

    def test_killed(self):
        self.overload()
        killed_s = time.monotonic()
        self.interactive.process.kill()
        print(f"back {self.wait_until_back() - killed_s:.1f} s after a kill")
        self.interactive = self.start(DRAWER, "interactive")
        self.overload()

    def test_stopped(self):
        self.overload()
        stopped_s = time.monotonic()
        self.interactive.process.send_signal(signal.SIGSTOP)
        print(f"back {self.wait_until_back() - stopped_s:.1f} s after a stop")
        self.interactive.process.send_signal(signal.SIGCONT)
        for other in self.others:
            other.wait(yields, "gives way again")

    def test_nothing_drawn(self):
        self.overload()
        self.interactive.tell("pause")
        self.wait_until_back()

    def test_future(self):
        self.overload()
        self.interactive.tell("future")
        self.interactive.wait(lambda line: line == "did future", "lies")
        self.wait_until_back()

    def test_nonsense(self):
        self.overload()
        self.interactive.tell("nonsense")
        self.interactive.wait(lambda line: line == "did nonsense", "raves")
        for other in self.others:  # whatever they make of it, they are there and adapt
            other.tell("load 3")
            other.wait(lambda line: line == "did load 3", "goes on")
        frames = [int(fields(other.told[-2])["frames"]) for other in self.others if "frames" in other.told[-2]]
        self.interactive.process.kill()
        self.interactive.process.wait()
        for other in self.others:
            other.tell("pause")
            other.wait(lambda line: line == "did pause", "lives")
            other.tell("draw")
        self.wait_until_back()
        self.interactive = self.start(DRAWER, "interactive")
        self.overload()
        self.assertTrue(all(int(fields(other.told[-1])["frames"]) > before
                            for other, before in zip(self.others, frames)))


class Renderers(Base):
    """The example renderer, three times on the software rasteriser."""

    def render(self, role, load, *more):
        return self.start(RENDER_LOOP, "--role", role, "--name", role, "--size", "64x64", "--load", str(load), *more)

    def test_need_sends_both_to_their_minimum_and_back(self):
        others = (self.render("background", 0.1), self.render("export", 0.1, "--outputs", "quality,frame"))
        for other in others:
            other.wait(is_free, "draws")
        for end in ("ended", signal.SIGKILL, signal.SIGSTOP):
            interactive = self.render("interactive", 30)
            interactive.wait(needs, "held down")
            for other in others:
                other.wait(yields, "gives way")
            if end == "ended":
                interactive.process.terminate()
            else:
                interactive.process.send_signal(end)
            for other in others:
                other.wait(is_free, f"comes back after {end}")
            interactive.end()
        for other in others:
            self.assertIsNone(other.process.poll())


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def use_software_rasteriser():
    if not os.access(RENDER_LOOP, os.X_OK):
        skip("render_loop is not built (PERFADAPT_VULKAN=OFF)")
    manifests = [path for place in ("/usr/share", "/usr/local/share")
                 for path in glob.glob(place + "/vulkan/icd.d/lvp_icd*.json")]
    if not manifests:
        skip("no software rasteriser (lavapipe) is installed")
    os.environ["VK_ICD_FILENAMES"] = os.environ["VK_DRIVER_FILES"] = manifests[0]


if __name__ == "__main__":
    tests = sys.argv[1:] or ["Processes"]
    if "Renderers" in tests:
        use_software_rasteriser()
    unittest.main(argv=[sys.argv[0], *tests], verbosity=2)
