#!/usr/bin/python3
"""Draws the pictures of docs/dashboard.md: perfadapt-top's own screen, as SVG. SPDX-License-Identifier: MIT

  docs/pictures/make.py [--build DIR]             draws them from docs/recordings/dashboard.ptape
  docs/pictures/make.py --record [--build DIR]    records that file anew, beside the demo, and draws them

The pictures are the same every time: clock, host and load are the recording's, and it is drawn while it stands still. They
are put together from the cells of a terminal emulator: no browser, no fonts."""
import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import pyte
except ImportError:
    print("make.py: the terminal emulator pyte is not installed (package python3-pyte)", file=sys.stderr)
    sys.exit(77)

PICTURES = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(PICTURES))
RECORDING = os.path.join(ROOT, "docs", "recordings", "dashboard.ptape")
PAUSE, NEWEST, DETAILS = " ", "\x1bOF", "\r"
SCREENS = (("top-120x40", 120, 40, ""), ("top-80x24", 80, 24, ""), ("top-40x10", 40, 10, ""),
           ("details-120x40", 120, 40, DETAILS))
TIMEOUT_S, SILENCE_S = 20, 0.7
RECORDED_S = 80
# The demo of the script dev: a simulated handheld that heats 30 times as fast, a scene that gets heavier.
DEMO = ("--target-fps", "30", "--load", "1.2", "--load-at", "12=4.0", "--simulate", "handheld:30", "--name", "render_loop")
CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, MARGIN = 8, 17, 13, 8
FOREGROUND, BACKGROUND = "d0d0d0", "16181c"
NAMES = {"black": "000000", "red": "cd3131", "green": "0dbc79", "brown": "e5e510", "blue": "2472c8",
         "magenta": "bc3fbc", "cyan": "11a8cd", "white": "e5e5e5", "default": FOREGROUND}


def emulator(build):
    """The terminal of the tests: it knows what ncurses uses and pyte lacks."""
    os.environ["PERFADAPT_BUILD"] = build
    sys.path.insert(0, os.path.join(ROOT, "tests", "tui"))
    import test_top
    return test_top


def wait(terminal, condition):
    """Until it holds and nothing more is drawn."""
    end, silent_from = time.monotonic() + TIMEOUT_S, time.monotonic()
    while time.monotonic() < end:
        if terminal.read():
            silent_from = time.monotonic()
        elif terminal.process.poll() is not None:
            break
        elif condition() and time.monotonic() - silent_from > SILENCE_S:
            return
    said = " ".join("".join(terminal.screen.display).split())
    again = "; record it again: docs/pictures/make.py --record" if "another version" in said else ""
    sys.exit(f"make.py: {said.removeprefix('perfadapt-top: ')}{again}")


def show(tests, recording, columns, rows, keys):
    """The recording's last screen. It plays by itself: it is stopped first, and then sent to its end."""
    env = tests.environment(None, TZ="UTC", LC_ALL="C.UTF-8")
    terminal = tests.Terminal(columns, rows, env, "--no-mouse", "--replay", recording)
    try:
        wait(terminal, lambda: "render_loop" in terminal.text())
        for key in (PAUSE, NEWEST, *keys):
            before = len(terminal.raw)
            terminal.keys(key)
            wait(terminal, lambda: len(terminal.raw) > before)
        return terminal.screen
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)
        os.close(terminal.slave)


def colours(cell):
    foreground = NAMES.get(cell.fg, cell.fg)
    background = BACKGROUND if cell.bg == "default" else NAMES.get(cell.bg, cell.bg)
    return (background, foreground) if cell.reverse else (foreground, background)


def runs(row, columns):
    """Pieces of a row that look alike: (column, length, text, look)."""
    start, text, before = 0, "", None
    for column in range(columns):
        cell = row[column]
        look = (*colours(cell), cell.bold)
        if look != before and before is not None:
            yield start, column - start, text, before
            start, text = column, ""
        text += cell.data or " "
        before = look
    yield start, columns - start, text, before


def draw_run(out, y, start, length, text, look):
    foreground, background, bold = look
    x, width = MARGIN + start * CELL_WIDTH, length * CELL_WIDTH
    if background != BACKGROUND:
        out.append(f'<rect x="{x}" y="{y}" width="{width}" height="{CELL_HEIGHT}" fill="#{background}"/>')
    weight = ' font-weight="bold"' if bold else ""
    for words in re.finditer(r"\S+(?: \S+)*", text):  # viewers make one space of several
        at, wide = x + words.start() * CELL_WIDTH, len(words.group()) * CELL_WIDTH
        out.append(f'<text x="{at}" y="{y + 13}" textLength="{wide}" lengthAdjust="spacingAndGlyphs"'
                   f' fill="#{foreground}"{weight}>{html.escape(words.group(), quote=False)}</text>')


def to_svg(screen):
    width = 2 * MARGIN + screen.columns * CELL_WIDTH
    height = 2 * MARGIN + screen.lines * CELL_HEIGHT
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
           f' font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{FONT_SIZE}">',
           f'<rect width="{width}" height="{height}" rx="6" fill="#{BACKGROUND}"/>']
    for line in range(screen.lines):
        for run in runs(screen.buffer[line], screen.columns):
            draw_run(out, MARGIN + line * CELL_HEIGHT, *run)
    return "\n".join(out) + "\n</svg>\n"


def draw(build, recording, output):
    tests = emulator(build)
    for name, columns, rows, keys in SCREENS:
        path = os.path.join(output, name + ".svg")
        picture = to_svg(show(tests, recording, columns, rows, keys))
        with open(path, "w", encoding="utf-8") as file:
            file.write(picture)
        print(path)


def named(command):
    """Under a host name that says nothing of this machine, where user namespaces are to be had."""
    unshare = ["unshare", "--user", "--map-root-user", "--uts"]
    rename = ["sh", "-c", 'hostname handheld && exec "$@"', "sh"]
    allowed = shutil.which("unshare") and subprocess.run([*unshare, *rename, "true"], check=False,
                                                         stderr=subprocess.DEVNULL).returncode == 0
    return [*unshare, *rename, *command] if allowed else command


def record(build, path):
    programs = os.path.join(build, "bin")
    with tempfile.TemporaryDirectory(prefix="perfadapt-pictures-") as directory:
        env = {**os.environ, "XDG_RUNTIME_DIR": directory, "PERFADAPT_NO_PROBE": "1"}
        app = subprocess.Popen([os.path.join(programs, "render_loop"), *DEMO, "--duration", str(RECORDED_S + 10)], env=env,
                               stdout=subprocess.DEVNULL)
        try:
            print(f"make.py: {RECORDED_S} s of render_loop to {path}", flush=True)
            subprocess.run(named([os.path.join(programs, "perfadapt-top"), "--batch", "-n", str(RECORDED_S), "--record", path]),
                           env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
            os.chmod(path, 0o644)
        finally:
            app.terminate()
            app.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="record the demo anew first")
    parser.add_argument("--replay", default=RECORDING, help="the recording, docs/recordings/dashboard.ptape if not given")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build directory")
    parser.add_argument("--output", default=PICTURES, help="directory of the pictures")
    arguments = parser.parse_args()
    if arguments.record:
        record(arguments.build, arguments.replay)
    draw(arguments.build, arguments.replay, arguments.output)


if __name__ == "__main__":
    main()
