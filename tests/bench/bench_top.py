#!/usr/bin/python3
"""What perfadapt-top costs, beside htop, btop, nvtop and top in the same run. SPDX-License-Identifier: MIT

Each runs on a pseudo terminal of 120x40 that is always read. CPU time is of the whole tree, by the scheduler's own count in
/proc/PID/task/*/schedstat; on a kernel without it (gVisor) by the clock ticks of /proc/PID/stat. System calls are counted by strace after that, so that it slows down nothing that is timed.
The first screen is there when the first 60 ms of silence begin."""
import argparse
import fcntl
import os
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
TOP = os.environ.get("PERFADAPT_TOP", os.path.join(BUILD, "bin", "perfadapt-top"))
SESSIONS = os.path.join(BUILD, "bin", "tui_sessions")
NVML = os.path.join(BUILD, "lib", "libstand_in_nvml.so")
NVIDIA_DRIVER = os.path.exists("/dev/nvidiactl")
TARGETS = {"cpu_percent": 0.1, "rss_mb": 6, "bytes": 1500, "writes": 1, "calls": 100, "first_ms": 50}  # at 1 s
CPU_PERCENT_50_SESSIONS = 0.5
COLUMNS = ("cpu_percent", "rss_mb", "pss_mb", "bytes", "writes", "calls", "first_ms")
TITLES = ("CPU %", "RSS MB", "PSS MB", "bytes/refresh", "writes/refresh", "syscalls/refresh", "first screen ms")
SETTLE_S = 2
SILENCE_S = 0.06


class Sessions:
    """`count` sessions of ten frames a second in a runtime directory of their own."""

    def __init__(self, count):
        self.directory = tempfile.mkdtemp(prefix="perfadapt-bench-")
        self.process = None
        if count > 0:
            env = {**os.environ, "XDG_RUNTIME_DIR": self.directory, "PERFADAPT_NO_PROBE": "1"}
            self.process = subprocess.Popen([SESSIONS, str(count), "bench"], env=env, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE)
            self.process.stdout.readline()

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
        shutil.rmtree(self.directory)


class Terminal:
    def __init__(self, command, env):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.name = os.ttyname(slave)
        self.bytes = 0
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env,
                                        start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def read(self, timeout_s):
        if not select.select([self.master], [], [], timeout_s)[0]:
            return False
        try:
            self.bytes += len(os.read(self.master, 65536))
        except OSError:
            time.sleep(timeout_s)
        return True

    def run(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def first_screen_ms(self):
        """From the start to the last byte before the first silence."""
        while not self.read(SILENCE_S) or self.bytes == 0:
            if self.process.poll() is not None:
                return None
        last = time.monotonic()
        while self.read(SILENCE_S):
            last = time.monotonic()
        return (last - self.started) * 1000

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.run(0.1)
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def tree(pid):
    yield pid
    for task in os.listdir(f"/proc/{pid}/task"):
        for child in read_text(f"/proc/{pid}/task/{task}/children").split():
            yield from tree(int(child))


def cpu_ns(pid):
    total = 0
    for process in tree(pid):
        running = [read_text(f"/proc/{process}/task/{task}/schedstat").split() for task in os.listdir(f"/proc/{process}/task")]
        total += sum(int(fields[0]) for fields in running if fields)
        stat = read_text(f"/proc/{process}/stat").rpartition(")")[2].split()
        if stat:
            own, ended_children = stat[11:13], stat[13:15]
            ticks = sum(map(int, ended_children if any(running) else own + ended_children))
            total += ticks * 1000000000 // os.sysconf("SC_CLK_TCK")
    return total


def memory_mb(pid, what):
    kib = 0
    for process in tree(pid):
        for line in read_text(f"/proc/{process}/smaps_rollup").splitlines():
            if line.startswith(what + ":"):
                kib += int(line.split()[1])
    return kib / 1024


def count_calls(terminal, seconds, *options):
    """Per second; None where strace is not there or may not."""
    if shutil.which("strace") is None:
        return None
    with tempfile.NamedTemporaryFile("r") as report:
        with subprocess.Popen(["strace", "-q", "-f", "-c", "-o", report.name, *options, "-p",
                               str(terminal.process.pid)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as strace:
            terminal.run(seconds)
            strace.send_signal(signal.SIGINT)
            strace.wait()
        total = [line.split() for line in report.read().splitlines() if line.endswith(" total")]
    return int(total[0][-2 if len(total[0]) < 6 else -3]) / seconds if total else 0.0


def measure(command, env, period_s, seconds):
    terminal = Terminal(command, env)
    try:
        result = {"first_ms": terminal.first_screen_ms()}
        if result["first_ms"] is None:
            return None
        terminal.run(SETTLE_S)
        pid = terminal.process.pid
        bytes_before, cpu_before, before = terminal.bytes, cpu_ns(pid), time.monotonic()
        terminal.run(seconds)
        elapsed = time.monotonic() - before
        result["cpu_percent"] = (cpu_ns(pid) - cpu_before) / 1e7 / elapsed
        result["bytes"] = (terminal.bytes - bytes_before) / elapsed * period_s
        result["rss_mb"], result["pss_mb"] = memory_mb(pid, "Rss"), memory_mb(pid, "Pss")
        counted_s = max(3, 3 * period_s)
        calls = count_calls(terminal, counted_s)
        writes = count_calls(terminal, counted_s, "-P", terminal.name, "-e", "trace=write,writev,pwrite64")
        result["calls"] = None if calls is None else calls * period_s
        result["writes"] = None if writes is None else writes * period_s
        return result
    finally:
        terminal.close()


def commands(period_s, home):
    """(name, command, sessions that it sees)"""
    tenths = str(int(period_s * 10))
    os.makedirs(os.path.join(home, "btop"), exist_ok=True)
    with open(os.path.join(home, "btop", "btop.conf"), "w", encoding="utf-8") as file:
        file.write(f"update_ms = {int(period_s * 1000)}\n")
    for count in (0, 1, 50):
        yield f"perfadapt-top, {count} sessions".replace("1 sessions", "1 session"), [TOP, "-d", str(period_s)], count
    yield "nvtop" if NVIDIA_DRIVER else "nvtop, a GPU that costs nothing to ask", ["nvtop", "-d", tenths], 0
    yield "top", ["top", "-d", str(period_s)], 0
    yield "htop", ["htop", "-d", tenths], 0
    yield "btop", ["btop", "--utf-force"], 0


def environment(command, home, sessions):
    env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": home,
           "XDG_CONFIG_HOME": home, "XDG_RUNTIME_DIR": sessions.directory}
    if command[0] == "nvtop" and os.path.exists(NVML) and not NVIDIA_DRIVER:  # it ends where it finds no GPU
        os.symlink(os.path.abspath(NVML), os.path.join(sessions.directory, "libnvidia-ml.so.1"))
        env["LD_LIBRARY_PATH"] = sessions.directory
    return env


def measure_runs(command, sessions_count, home, period_s, arguments):
    sessions = Sessions(sessions_count)
    env = environment(command, home, sessions)
    try:
        runs = [measure(command, env, period_s, arguments.seconds) for _ in range(arguments.runs)]
    finally:
        sessions.close()
    if None in runs:
        return None
    return {column: None if runs[0][column] is None else statistics.median(run[column] for run in runs)
            for column in COLUMNS}


def print_row(name, result):
    cells = (f"{result[column]:.2f}" if column == "cpu_percent" else f"{result[column]:.1f}" if column.endswith("_mb")
             else f"{result[column]:.1f}" if column == "writes" and result[column] is not None
             else "n/a" if result[column] is None else f"{result[column]:,.0f}" for column in COLUMNS)
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def missed(name, result):
    """The targets are for one refresh a second; of 50 sessions the time alone."""
    many = "50 sessions" in name
    targets = {"cpu_percent": CPU_PERCENT_50_SESSIONS} if many else TARGETS
    for column, most in targets.items():
        if result[column] is not None and result[column] > most:
            yield f"{name}: {TITLES[COLUMNS.index(column)]} {result[column]:.3g}, not {most:g}"


def run_rate(period_s, arguments):
    misses = []
    print(f"\nOne refresh every {period_s:g} s, {arguments.seconds:g} s, {arguments.runs} run(s):\n")
    print(f"| tool | {' | '.join(TITLES)} |\n|---|{'---|' * len(TITLES)}")
    with tempfile.TemporaryDirectory(prefix="perfadapt-bench-") as home:
        for name, command, count in commands(period_s, home):
            if arguments.only and not name.startswith(tuple(arguments.only)):
                continue
            if shutil.which(command[0]) is None:
                print(f"| {name} | not installed |{' |' * (len(TITLES) - 1)}")
                continue
            result = measure_runs(command, count, home, period_s, arguments)
            if result is None:
                print(f"| {name} | does not start |{' |' * (len(TITLES) - 1)}")
                misses.extend([f"{name} does not start"] if command[0] == TOP else [])
                continue
            print_row(name, result)
            misses.extend(missed(name, result) if command[0] == TOP and period_s == 1 else ())
    return misses


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30, help="that CPU time and bytes are measured")
    parser.add_argument("--runs", type=int, default=3, help="of which the medians are printed")
    parser.add_argument("--only", action="append", help="tools whose names begin so")
    parser.add_argument("--rate", type=float, action="append", help="seconds between refreshes, 1 and 0.1 if not given")
    parser.add_argument("--quick", action="store_true", help="one short run of perfadapt-top: does the bench work?")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.runs, arguments.only = 2, 1, arguments.only or ["perfadapt-top, 1"]
    misses = []
    for period_s in arguments.rate or (1, 0.1):
        misses.extend(run_rate(period_s, arguments))
    for miss in misses:
        print(f"\nmissed: {miss}")
    broken = any(miss.endswith("does not start") for miss in misses)
    return 1 if broken or (misses and not arguments.quick) else 0


if __name__ == "__main__":
    sys.exit(main())
