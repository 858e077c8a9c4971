"""perfadapt config run on made up machines: what its tests share. SPDX-License-Identifier: MIT"""
import configparser
import json
import os
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
PROGRAM = os.environ.get("PERFADAPT", os.path.join(BUILD, "bin", "perfadapt"))
TIMEOUT_S = 60
SKIPPED = 77
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "ThreadSanitizer")

SMALL_PRESETS = {
    "medium": "[preset]\ntarget_fps = 60\nframes_in_flight = 3\n\n[thermal]\nmargin_c = 1.5\n",
    "low": "[preset]\ntarget_fps = 30\ndispatch_ns = 8000000\nmemory_share = 0.5\n",
}


def environment(**changes):
    result = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LOCPATH"):
        if name in os.environ:
            result[name] = os.environ[name]
    return {**result, **changes}


def run(*arguments, user=None, **changes):
    """(exit code, standard output, standard error), the texts with what is no UTF-8 escaped"""
    done = subprocess.run([PROGRAM, "config", *arguments], capture_output=True, timeout=TIMEOUT_S,
                          stdin=subprocess.DEVNULL, env=environment(**changes), check=False, user=user,
                          extra_groups=[] if user else None)
    errors = done.stderr.decode(errors="backslashreplace")
    for word in SANITIZER_WORDS:
        if word in errors:
            raise AssertionError(errors)
    return done.returncode, done.stdout.decode(errors="backslashreplace"), errors


def strict(text):
    """Parsed as what JSON allows and no more."""
    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key twice in {keys}")
        return dict(pairs)

    def refuse(word):
        raise ValueError(f"{word} is no JSON")
    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def sections(text):
    """An INI text as another parser sees it."""
    parser = configparser.ConfigParser(delimiters=("=",), comment_prefixes=(";", "#"), interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


class Directories:
    """A made up root, and a made up directory of what comes with the library."""

    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="perfadapt-config-")
        self.root = os.path.join(self.base, "root")
        self.data = os.path.join(self.base, "data")
        self.clear()

    def clear(self):
        for directory in (self.root, self.data):
            shutil.rmtree(directory, ignore_errors=True)
            os.makedirs(directory)
        for name, text in SMALL_PRESETS.items():
            self.write(self.data, f"presets/{name}.ini", text)
        self.write(self.root, "etc/perfadapt/.keep", "")

    def remove(self):
        shutil.rmtree(self.base, ignore_errors=True)

    @staticmethod
    def write(directory, path, text):
        full = os.path.join(directory, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return full

    def etc(self, path, text):
        return self.write(self.root, f"etc/perfadapt/{path}", text)

    def usr(self, path, text):
        return self.write(self.data, path, text)

    def machine(self, vendor=None, product=None, board=None, compatible=None, host=None):
        for name, value in (("sys_vendor", vendor), ("product_name", product), ("board_name", board)):
            if value is not None:
                self.write(self.root, f"sys/class/dmi/id/{name}", value + "\n")
        if compatible is not None:
            self.write(self.root, "proc/device-tree/compatible", "".join(entry + "\0" for entry in compatible))
        if host is not None:
            self.write(self.root, "proc/sys/kernel/hostname", host + "\n")

    def gpu(self, number, vendor, device):
        directory = f"sys/bus/pci/devices/0000:{number:02x}:00.0"
        for name, value in (("class", "0x030000"), ("vendor", f"0x{vendor:04x}"), ("device", f"0x{device:04x}")):
            self.write(self.root, f"{directory}/{name}", value + "\n")

    def run(self, *arguments, preset="medium", **changes):
        """As if that preset fitted the device; None: nothing is known of it."""
        if preset and "--preset" not in arguments:
            arguments = ("--preset", preset, *arguments)
        return run("--sysroot", self.root, "--data-dir", self.data, *arguments, **changes)

    def document(self, *arguments, **changes):
        """(settings by key, the whole document)"""
        code, text, errors = self.run("--json", *arguments, **changes)
        if code != 0 or text.count("\n") != 1:
            raise AssertionError((code, text, errors))
        document = strict(text)
        return {entry["key"]: entry for entry in document["settings"]}, document

    def values(self, *arguments, **changes):
        """What files and preset set, by key."""
        settings, _ = self.document(*arguments, **changes)
        return {key: entry["value"] for key, entry in settings.items() if entry["value"] is not None}


class Made(unittest.TestCase):
    """A made up machine per test."""

    def setUp(self):
        self.at = Directories()
        self.addCleanup(self.at.remove)
