"""Runs a file's tests and says what became of them. SPDX-License-Identifier: MIT"""
import sys
import unittest


def run():
    """The tests of the program that was started; ends it, with 0 where none failed."""
    outcome = unittest.main(module="__main__", exit=False, verbosity=1).result
    for test, reason in outcome.skipped:
        print(f"left out: {test}: {reason}")
    print(f"{outcome.testsRun} tests, {len(outcome.failures) + len(outcome.errors)} failed")
    sys.exit(0 if outcome.wasSuccessful() else 1)
