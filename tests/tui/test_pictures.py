#!/usr/bin/python3
"""The pictures of docs/dashboard.md are what perfadapt-top draws of the recording beside them.
SPDX-License-Identifier: MIT"""
import html
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs")
PICTURES = os.path.join(DOCS, "pictures")
MAKE = os.path.join(PICTURES, "make.py")
TIMEOUT_S = 150


def texts(path):
    """Line by line, without colours."""
    with open(path, encoding="utf-8") as file:
        found = re.findall(r'<text x="(\d+)" y="(\d+)"[^>]*>([^<]*)</text>', file.read())
    lines = {}
    for _, y, text in found:
        lines.setdefault(int(y), []).append(html.unescape(text))
    return [" ".join(words) for _, words in sorted(lines.items())]


class Pictures(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="perfadapt-pictures-")
        self.addCleanup(shutil.rmtree, self.directory)

    def make(self, *arguments):
        return subprocess.run([sys.executable, MAKE, "--build", BUILD, "--output", self.directory, *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S,
                              encoding="utf-8")

    def test_pictures(self):
        result = self.make()
        self.assertEqual(result.returncode, 0, result.stderr)
        drawn = sorted(os.listdir(self.directory))
        self.assertEqual(drawn, sorted(name for name in os.listdir(PICTURES) if name.endswith(".svg")))
        for name in drawn:
            self.assertEqual(texts(os.path.join(PICTURES, name)), texts(os.path.join(self.directory, name)),
                             f"{name} is out of date; draw the pictures again: docs/pictures/make.py")

    def test_recording_of_another_version(self):
        recording = os.path.join(self.directory, "other.ptape")
        with open(os.path.join(DOCS, "recordings", "dashboard.ptape"), "rb") as file:
            data = bytearray(file.read())
        struct.pack_into("<Q", data, 16, 0)  # the layout, and the checksum of the header
        struct.pack_into("<I", data, 28, zlib.crc32(data[:28]))
        with open(recording, "wb") as file:
            file.write(data)
        result = self.make("--replay", recording)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"another version of perfadapt-top.*make\.py --record")


if __name__ == "__main__":
    try:
        import pyte  # noqa: F401 (make.py needs it)
    except ImportError:
        print("skipped: the terminal emulator pyte is not installed (package python3-pyte)")
        sys.exit(77)
    if sys.byteorder != "little" or struct.calcsize("P") != 8:
        print("skipped: the recording is of a machine of 64 bits, lowest byte first")
        sys.exit(77)
    unittest.main()
