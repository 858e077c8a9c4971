#!/usr/bin/python3
"""The manual, the completions and the desktop entry of perfadapt-top. SPDX-License-Identifier: MIT"""
import os
import re
import shutil
import subprocess
import unittest

import outcome

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
TOP = os.environ.get("PERFADAPT_TOP", os.path.join(BUILD, "bin", "perfadapt-top"))
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MANUAL = os.path.join(SOURCE, "docs", "man", "perfadapt-top.1")
BASH = os.path.join(SOURCE, "completions", "perfadapt-top.bash")
ZSH = os.path.join(SOURCE, "completions", "_perfadapt-top")
FISH = os.path.join(SOURCE, "completions", "perfadapt-top.fish")
DESKTOP = os.path.join(SOURCE, "data", "perfadapt-top.desktop")


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20, encoding="utf-8",
                          **{"stdin": subprocess.DEVNULL, **options})


def options_of_help():
    """{"samples": "n", "json": None}: long options and their letters, as --help has them."""
    text = run(TOP, "--help").stdout
    return {long: letter or None for letter, long in re.findall(r"^  (?:-(\w), |    )--([\w-]+)", text, re.MULTILINE)}


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


class Options(unittest.TestCase):
    def test_help_has_options(self):
        options = options_of_help()
        self.assertGreaterEqual(len(options), 15)
        self.assertEqual((options["samples"], options["json"]), ("n", None))

    def test_manual(self):
        found = {}
        for line in re.findall(r"^\.It (Fl .*)$", read_text(MANUAL), re.MULTILINE):
            letter = re.search(r"Fl (\w)\b", line)
            long = re.search(r"Fl -([\w-]+)", line)
            found[long.group(1)] = letter and letter.group(1)
        self.assertEqual(found, options_of_help())

    def test_manual_has_every_reason(self):
        header = read_text(os.path.join(SOURCE, "include", "perfadapt", "budget.h"))
        words = re.findall(r'X\([A-Z_]+, \d+, "([a-z-]+)"\)', header)
        self.assertIn("settling", words)
        reasons = read_text(MANUAL).partition(".Ss Reasons")[2].partition(".Ss ")[0]
        self.assertEqual(re.findall(r"^\.It Cm (\S+)$", reasons, re.MULTILINE), words)

    def test_zsh_and_fish(self):
        options = options_of_help()
        fish = dict((long, letter or None) for letter, long in
                    re.findall(r"^complete -c perfadapt-top (?:-s (\w) )?-l ([\w-]+)", read_text(FISH), re.MULTILINE))
        self.assertEqual(fish, options)
        zsh = {long: None for long in re.findall(r"(?:'|\))--([\w-]+)=?\[", read_text(ZSH))}
        zsh.update((long, letter) for letter, long in re.findall(r"\{-(\w)\+?,--([\w-]+)=?\}", read_text(ZSH)))
        self.assertEqual(zsh, options)


class Bash(unittest.TestCase):
    def complete(self, *words):
        """What bash has for the last word; "=" is a word of its own, as bash takes it apart."""
        script = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _perfadapt_top 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'
        result = run("bash", "-uc", script, BASH, "perfadapt-top", *words, cwd=SOURCE)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [word for word in result.stdout.splitlines() if word]

    def test_options(self):
        words = self.complete("")
        self.assertEqual({word[2:].rstrip("=") for word in words}, set(options_of_help()))
        self.assertEqual(self.complete("--rec"), ["--record="])
        self.assertEqual(self.complete("--no-"), ["--no-mouse", "--no-sampler"])

    def test_values(self):
        colours = ["auto", "never", "256", "true"]
        for words in (("--color", ""), ("--color", "="), ("--color", "=", "")):
            self.assertEqual(self.complete(*words), colours)
        self.assertEqual(self.complete("--color", "=", "2"), ["256"])
        for option in ("--record", "--replay"):
            self.assertEqual(self.complete(option, "=", "READ"), ["README.md"])
        self.assertEqual(self.complete("--sysroot", "=", "compl"), ["completions"])
        self.assertEqual(self.complete("-n", ""), [])
        self.assertEqual(self.complete("-d", "0."), ["0.1", "0.2", "0.5"])

    def test_registered(self):
        result = run("bash", "-c", f'source "{BASH}"; complete -p perfadapt-top')
        self.assertEqual(result.stdout, "complete -F _perfadapt_top perfadapt-top\n")


class Syntax(unittest.TestCase):
    def assert_quiet(self, *command, **options):
        result = run(*command, **options)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    @needs("zsh")
    def test_zsh(self):
        self.assert_quiet("zsh", "-n", ZSH)

    @needs("fish")
    def test_fish(self):
        self.assert_quiet("fish", "-n", FISH)

    @needs("fish")
    def test_fish_completes(self):
        result = run("fish", "-N", "-c", f'source "{FISH}"; complete -C "perfadapt-top --color="')
        words = {line.split("\t")[0] for line in result.stdout.splitlines()}
        self.assertEqual(words, {f"--color={when}" for when in ("auto", "never", "256", "true")})

    @needs("mandoc")
    def test_mandoc(self):
        self.assert_quiet("mandoc", "-T", "lint", "-W", "warning", MANUAL)

    @needs("man")
    def test_man(self):
        env = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
        result = run("man", "--warnings", "-P", "cat", "-l", MANUAL, env=env)
        if result.returncode != 0 and "No manual entry" not in result.stderr and not result.stdout:
            self.skipTest(f"man does not format here: {result.stderr.strip()}")
        self.assertEqual(result.stderr, "")
        for word in ("NAME", "EXIT STATUS", "NO_COLOR", "flatpak override"):
            self.assertIn(word, result.stdout)

    @needs("desktop-file-validate")
    def test_desktop_entry(self):
        self.assert_quiet("desktop-file-validate", DESKTOP)

    def test_desktop_entry_runs_in_a_terminal(self):
        entry = dict(line.split("=", 1) for line in read_text(DESKTOP).splitlines() if "=" in line)
        self.assertEqual((entry["Exec"], entry["Terminal"]), ("perfadapt-top", "true"))


if __name__ == "__main__":
    outcome.run()
