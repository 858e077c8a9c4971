#!/usr/bin/python3
"""Draws the pictures of docs/dashboard.md: perfadapt-top's own screen, as SVG. SPDX-License-Identifier: MIT

  docs/pictures/make.py [--replay FILE] [--build DIR] [--wait SECONDS]

With a recording (perfadapt-top --record=FILE) the pictures are the same every time; without one they are of now, beside the
apps that run. The picture is put together from the cells of a terminal emulator: no browser, no fonts, no clock."""
import argparse
import fcntl
import html
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time

try:
    import pyte
except ImportError:
    print("make.py: the terminal emulator pyte is not installed (package python3-pyte)", file=sys.stderr)
    sys.exit(3)

SIZES = ((120, 40), (80, 24), (40, 10))
CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, MARGIN = 8, 17, 13, 8
FOREGROUND, BACKGROUND = "d0d0d0", "16181c"
NAMES = {"black": "000000", "red": "cd3131", "green": "0dbc79", "brown": "e5e510", "blue": "2472c8",
         "magenta": "bc3fbc", "cyan": "11a8cd", "white": "e5e5e5", "default": FOREGROUND}


def show(command, columns, rows, wait_s):
    """The screen after `wait_s` seconds."""
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    env.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True,
                          preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) as process:
        os.close(slave)
        end = time.monotonic() + wait_s
        while (left := end - time.monotonic()) > 0 and process.poll() is None:
            if select.select([master], [], [], left)[0]:
                stream.feed(os.read(master, 65536))
        if process.poll() is not None:
            sys.exit("make.py: perfadapt-top ended: " + "\n".join(screen.display).strip())
        process.terminate()
    os.close(master)
    return screen


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replay", help="a recording; without one, this machine as it is now")
    parser.add_argument("--build", default="build", help="the build directory")
    parser.add_argument("--wait", type=float, default=5, help="seconds before the picture is taken")
    parser.add_argument("--output", default=os.path.dirname(os.path.abspath(__file__)), help="directory of the pictures")
    arguments = parser.parse_args()
    command = [os.path.join(arguments.build, "bin", "perfadapt-top"), "--no-mouse"]
    command += [f"--replay={arguments.replay}"] if arguments.replay else []
    for columns, rows in SIZES:
        path = os.path.join(arguments.output, f"top-{columns}x{rows}.svg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(to_svg(show(command, columns, rows, arguments.wait)))
        print(path)


if __name__ == "__main__":
    main()
