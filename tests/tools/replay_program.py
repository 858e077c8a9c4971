"""perfadapt replay run on logs: what its tests share. SPDX-License-Identifier: MIT"""
import json
import os
import subprocess

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
PROGRAM = os.environ.get("PERFADAPT", os.path.join(BUILD, "bin", "perfadapt"))
TIMEOUT_S = 120
SKIPPED = 77
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "ThreadSanitizer")


def environment(**changes):
    result = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LOCPATH"):
        if name in os.environ:
            result[name] = os.environ[name]
    return {**result, **changes}


def run(*arguments, data=b"", **changes):
    """(exit code, standard output, standard error) with `data`, bytes or a text, on standard input"""
    done = subprocess.run([PROGRAM, "replay", *arguments], capture_output=True, timeout=TIMEOUT_S,
                          input=data if isinstance(data, bytes) else data.encode(), env=environment(**changes),
                          check=False)
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


def documents(data, *arguments, **changes):
    """(exit code, objects by kind) of a log on standard input"""
    code, text, errors = run("-", "--json", *arguments, data=data, **changes)
    kinds = {"source": [], "problem": [], "change": [], "summary": []}
    for line in text.splitlines():
        entry = strict(line)
        if entry["schema"] != "perfadapt.replay/1":
            raise AssertionError(line)
        kinds[entry["kind"]].append(entry)
    return code, kinds, errors
