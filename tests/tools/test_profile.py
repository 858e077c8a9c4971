#!/usr/bin/python3
"""perfadapt profile as its users see it. SPDX-License-Identifier: MIT"""
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
PROGRAM = os.environ.get("PERFADAPT", os.path.join(BUILD, "bin", "perfadapt"))
TIMEOUT_S = 60
PR_SET_CHILD_SUBREAPER = 36
SKIPPED = 77

KEYS = ["schema", "state", "source", "device_name", "vendor_id", "device_id", "driver", "api_version", "pci",
        "device_type", "family", "tier", "preset", "score", "gflops", "reasons", "compute_units", "memory_bytes",
        "unified_memory", "tiled", "gpu_timing", "features", "asleep", "device_count", "system"]
SYSTEM_KEYS = ["form", "processor", "core_kinds", "threads_allowed", "quota", "memory_bytes", "memory_limit_bytes",
               "refresh_hz", "panel_internal", "on_ac", "has_battery", "vendor", "product", "board", "device_tree"]
TYPES = ["other", "integrated", "discrete", "virtual", "cpu"]

# Software, which is tier 0 whatever else is believed of it.
REPORT = {
    "environment": {"reportversion": "4.0"},
    "properties": {"apiVersion": 4210993, "deviceID": 0, "deviceName": "llvmpipe (LLVM 15.0.6, 256 bits)",
                   "deviceType": 4, "driverVersion": 1, "vendorID": 65541, "limits": {"timestampPeriod": 1}},
    "memory": {"memoryHeaps": [{"flags": 1, "size": "0x100000000"}],
               "memoryTypes": [{"heapIndex": 0, "propertyFlags": 15}]},
    "queues": [{"queueFlags": 7, "timestampValidBits": 64}],
    "extensions": [{"extensionName": "VK_EXT_memory_budget", "specVersion": 1}],
    "extended": {"deviceproperties2": [
        {"extension": "VK_KHR_driver_properties", "name": "driverID", "value": "13"},
        {"extension": "VK_KHR_driver_properties", "name": "driverName", "value": "llvmpipe"},
        {"extension": "VK_KHR_driver_properties", "name": "driverInfo", "value": "Mesa 22.3.6"}]},
}


def environment(**changes):
    result = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            result[name] = os.environ[name]
    return {**result, **changes}


def run(*arguments, given=b"", **changes):
    """(exit code, standard output, standard error)"""
    done = subprocess.run([PROGRAM, "profile", *arguments], capture_output=True, timeout=TIMEOUT_S, input=given,
                          env=environment(**changes), check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def adopt_orphans():
    """Probes, which outlive who has started them, become children of this process."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def remove(directory):
    """Once the probes have ended that may still be writing there."""
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        shutil.rmtree(directory)


def refuse_constant(word):
    raise ValueError(f"{word} is no JSON")


def strict(text):
    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key twice in {keys}")
        return dict(pairs)
    return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=unique)


class Files(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="perfadapt-profile-")
        self.addCleanup(remove, self.directory)

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def document(self, *arguments, **keywords):
        code, text, errors = run("--json", *arguments, **keywords)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual((text.count("\n"), text[-1]), (1, "\n"))
        return strict(text)


class Reports(Files):
    def check(self, document):
        self.assertEqual(list(document), KEYS)
        self.assertEqual(document["schema"], "perfadapt.profile/1")
        self.assertEqual((document["state"], document["source"], document["system"]), ("ok", "report", None))
        self.assertEqual(document["device_name"], "llvmpipe (LLVM 15.0.6, 256 bits)")
        self.assertEqual((document["vendor_id"], document["device_id"]), (65541, None))
        self.assertIn("llvmpipe", document["driver"])
        self.assertIn("Mesa 22.3.6", document["driver"])
        self.assertEqual((document["device_type"], document["tier"]), ("cpu", 0))
        self.assertEqual(document["api_version"], "1.4.305")
        self.assertTrue(document["preset"])
        self.assertTrue(document["reasons"] and all(isinstance(reason, str) for reason in document["reasons"]))
        self.assertIn("VK_EXT_memory_budget", document["features"])
        self.assertEqual(document["device_count"], 1)

    def test_json(self):
        self.check(self.document("--from", self.file("r.json", REPORT)))

    def test_standard_input(self):
        self.check(self.document("--from", "-", given=json.dumps(REPORT).encode()))

    def test_pipe(self):
        """As bash's <(command) makes it: the writer is there from the beginning, and slow."""
        reader, writer = os.pipe()

        def write():
            time.sleep(0.1)
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(json.dumps(REPORT).encode())
        thread = threading.Thread(target=write)
        thread.start()
        done = subprocess.run([PROGRAM, "profile", "--json", "--from", f"/dev/fd/{reader}"], capture_output=True,
                              pass_fds=[reader], timeout=TIMEOUT_S, env=environment(), check=False)
        thread.join()
        os.close(reader)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.check(strict(done.stdout.decode()))

    def test_text(self):
        path = self.file("r.json", REPORT)
        code, text, errors = run("--from", path)
        self.assertEqual((code, errors), (0, ""))
        lines = text.splitlines()
        self.assertEqual(lines[0], "llvmpipe (LLVM 15.0.6, 256 bits)")
        self.assertTrue(lines[1].startswith("Tier 0 of 5, preset \""), lines[1])
        self.assertTrue(lines[3].startswith("Why      1. "), lines[3])
        self.assertIn("Source      the report", text)
        self.assertFalse([line for line in lines if len(line) > 80 and " " in line.strip()])
        self.assertTrue(text.replace("\n", "").isprintable())

    def test_same_bytes_in_any_locale(self):
        path = self.file("r.json", REPORT)
        expected = run("--json", "--from", path)
        for name in ("de_DE.UTF-8", "C", "tr_TR.UTF-8"):
            self.assertEqual(run("--json", "--from", path, LC_ALL=name), expected)


class BadReports(Files):
    def refused(self, path, *words, name=None, **keywords):
        code, text, errors = run("--json", "--from", path, **keywords)
        self.assertEqual((code, text), (3, ""), errors)
        self.assertTrue(errors.startswith(f"perfadapt profile: {name or path}: "), errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        for word in words:
            self.assertIn(word, errors)

    def test_unreadable(self):
        self.refused(os.path.join(self.directory, "none"), "No such file")
        self.refused(self.directory, "directory")
        self.refused("", "No such file")
        self.refused("/dev/zero", "neither a file nor a pipe")
        self.refused("-", "empty", name="standard input")
        os.symlink("loop", os.path.join(self.directory, "loop"))
        self.refused(os.path.join(self.directory, "loop"), "symbolic links")
        os.mkfifo(os.path.join(self.directory, "fifo"))
        self.refused(os.path.join(self.directory, "fifo"), "empty")
        if os.geteuid() != 0:
            path = self.file("secret", REPORT)
            os.chmod(path, 0)
            self.refused(path, "Permission denied")

    def test_content(self):
        whole = json.dumps(REPORT, indent=1).encode()
        self.refused(self.file("empty", b""), "empty")
        self.refused(self.file("cut", whole[:len(whole) // 2]), "not JSON: line ", "column ")
        self.refused(self.file("list", b"[1, 2]"), "another kind", "gpuinfo", "vulkaninfo", "Profiles")
        self.refused(self.file("phone", {"deviceName": "Phone", "os": "Android 14"}), "another kind")
        self.refused(self.file("binary", bytes(range(256)) * 40), "not ")
        self.refused(self.file("utf16", json.dumps(REPORT).encode("utf-16")), "UTF-16")
        self.refused(self.file("deep", b"[" * 500000), "depth")
        self.refused(self.file("large", b" " * (16 * 1024 * 1024 + 1)), "larger than 16 MiB")

    def test_every_cut(self):
        whole = json.dumps(REPORT).encode()
        for length in range(1, len(whole), 37):
            self.refused("-", name="standard input", given=whole[:length])

    def test_ten_megabytes(self):
        """Is read, without more memory than a shell has."""
        report = dict(REPORT, formats=[[i, {"linearTilingFeatures": i, "bufferFeatures": 0}] for i in range(150000)])
        path = self.file("r.json", report)
        self.assertGreater(os.path.getsize(path), 8000000)
        self.assertEqual(self.document("--from", path)["device_name"], REPORT["properties"]["deviceName"])

    def test_mended(self):
        text = json.dumps(REPORT).encode()
        text = text.replace(b"Mesa 22.3.6", b"Mesa\xff\n22").replace(b'"timestampPeriod": 1', b'"timestampPeriod": nan')
        document = self.document("--from", self.file("r.json", text))
        self.assertIn("Mesa? 22", document["driver"])


class Options(Files):
    def test_help(self):
        code, text, errors = run("--help")
        self.assertEqual((code, errors), (0, ""))
        for word in ("--json", "--from", "--timeout", "--refresh", "Exit codes"):
            self.assertIn(word, text)

    def test_usage(self):
        path = self.file("r.json", REPORT)
        for arguments in (["--no"], [path], ["--from"], ["--wait", "x"], ["--timeout", "-1"], ["--timeout", "601"],
                          ["--timeout", "nan"], ["--timeout", ""], ["--from", path, "--refresh"],
                          ["--from", path, "--timeout", "1"], ["--json=1"]):
            code, text, errors = run(*arguments)
            self.assertEqual((code, text), (2, ""), arguments)
            self.assertTrue(errors.startswith("perfadapt profile: "), errors)
            self.assertRegex(errors, r"^[^\n]*(; |\?$)[^\n]*\n\Z")

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "profile", "--json", "--from", self.file("r.json", REPORT)], stdout=full,
                                  stderr=subprocess.PIPE, env=environment(), timeout=TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"No space left", done.stderr)


class Machine(Files):
    """This machine, whatever it is: what holds of any."""

    def setUp(self):
        super().setUp()
        self.cache = os.path.join(self.directory, "perfadapt", "device.ini")

    def profile(self, *arguments):
        code, text, errors = run("--json", *arguments, XDG_CACHE_HOME=self.directory, HOME=self.directory)
        self.assertIn(code, (0, 3), errors)
        document = strict(text)
        self.assertEqual(code == 3, document["state"] == "init", errors)
        return document

    def test_json(self):
        document = self.profile()
        self.assertEqual(list(document), KEYS)
        self.assertEqual(list(document["system"]), SYSTEM_KEYS)
        self.assertIn(document["device_type"], TYPES)
        self.assertTrue(document["tier"] is None or document["tier"] in range(6))
        self.assertTrue(document["preset"])

    def test_refresh_drops_the_cache(self):
        os.mkdir(os.path.dirname(self.cache))
        mark = "; of another machine, never written by a probe\n"
        with open(self.cache, "w", encoding="ascii") as file:
            file.write(mark)
        self.profile("--refresh")
        if os.path.exists(self.cache): # a probe has written it anew
            with open(self.cache, encoding="utf-8") as file:
                self.assertNotIn(mark, file.read())
        self.profile("--refresh") # with or without one there

    def test_refresh_cannot(self):
        os.makedirs(self.cache)
        code, text, errors = run("--refresh", XDG_CACHE_HOME=self.directory)
        self.assertEqual((code, text), (3, ""))
        self.assertIn(f"perfadapt profile: {self.cache}: ", errors)

    def test_no_wait(self):
        started = time.monotonic()
        self.profile("--timeout", "0")
        self.assertLess(time.monotonic() - started, 10)


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print(f"{PROGRAM} is not built")
        sys.exit(SKIPPED)
    adopt_orphans()
    unittest.main()
