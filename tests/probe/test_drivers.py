#!/usr/bin/python3
"""perfadapt-probe on made-up machines with made-up Vulkan drivers, good and bad. SPDX-License-Identifier: MIT"""

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = os.environ.get("PERFADAPT_BUILD", "build")
BIN = os.path.join(BUILD, "bin")
SANITIZE = os.environ.get("PERFADAPT_SANITIZE", "")
PROBE = os.path.join(BIN, "made_up_probe")
AMD, INTEL, NVIDIA, MESA = 0x1002, 0x8086, 0x10de, 0x10005
# Vulkan drivers for the real loader, one for each behaviour (tests/fake/icd.c), with their manifests.
FAKE_ICDS = os.path.abspath(os.path.join(BUILD, "fake_icd"))
DISCRETE, INTEGRATED, CPU = 2, 1, 4
# Seconds in which a driver may hang and a report still come: a fifth of them is for what follows, on a loaded machine.
AMPLE = "4"
LAVAPIPE = {"name": "made-up lavapipe", "vendor_id": MESA, "device_id": 0, "type": CPU}


def boot_id():
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


class Machine(unittest.TestCase):
    """A /sys, manifests, a cache and marks, all in one directory."""

    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="perfadapt-drivers-")
        self.root = os.path.join(self.place, "root")
        self.icds = os.path.join(self.place, "icd.d")
        self.marks = os.path.join(self.place, "marks")
        self.cache = os.path.join(self.place, "cache")
        self.own = os.path.join(self.cache, "perfadapt")
        for path in self.root, self.icds, self.marks:
            os.makedirs(path)
        self.write(self.root + "/proc/sys/kernel/random/boot_id", boot_id() + "\n")
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("VK_", "XDG_")) and key != "HOME"}
        self.environment.update(XDG_CACHE_HOME=self.cache, VK_DRIVER_FILES=self.icds, MADE_UP_MARKS=self.marks)

    def tearDown(self):
        shutil.rmtree(self.place)

    @staticmethod
    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def gpu(self, bus, vendor, device, driver, status="active", root=None):
        path = "%s/sys/bus/pci/devices/0000:%02x:00.0" % (root or self.root, bus)
        files = {"class": "0x030000", "vendor": "0x%04x" % vendor, "device": "0x%04x" % device, "boot_vga": "0",
                 "power/runtime_status": status,
                 "uevent": "DRIVER=%s\nPCI_CLASS=30000\nPCI_ID=%04X:%04X\nPCI_SLOT_NAME=0000:%02x:00.0"
                           % (driver, vendor, device, bus)}
        for name, text in files.items():
            self.write(os.path.join(path, name), text + "\n")
        os.makedirs("%s/sys/bus/pci/drivers/%s" % (root or self.root, driver), exist_ok=True)
        os.symlink("../../../../bus/pci/drivers/" + driver, path + "/driver")

    def icd(self, name, library, *devices, do=None):
        """The manifest's path."""
        path = os.path.join(self.icds, name + ".json")
        manifest = {"file_format_version": "1.0.0", "ICD": {"library_path": library, "api_version": "1.3.275"},
                    "devices": devices}
        if do is not None:
            manifest["do"] = do
        self.write(path, json.dumps(manifest))
        return path

    def run_probe(self, *options, **more):
        more.setdefault("env", self.environment)
        return subprocess.run([PROBE, "--sysroot", self.root, "--no-sensors", *options], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, text=True, **more)

    def report(self, *options, **more):
        done = self.run_probe(*options, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("\n"), 1)
        return json.loads(done.stdout)

    def asked(self):
        return sorted(name[:-5] for name in os.listdir(self.marks))

    def forget(self):
        for name in os.listdir(self.marks):
            os.unlink(os.path.join(self.marks, name))

    @staticmethod
    def icd_of(report, name):
        return [icd for icd in report["icds"] if os.path.basename(icd["path"]) == name + ".json"][0]

    @staticmethod
    def best(report):
        return report["devices"][report["best_device"]]


class Sleepers(Machine):
    """No child was started for a driver that would wake a GPU: there is no mark of it."""

    def test_hybrid_laptop(self):
        self.gpu(0, INTEL, 0x46a6, "i915")
        self.gpu(1, NVIDIA, 0x25a2, "nvidia", "suspended")
        self.icd("intel", "/usr/lib/libvulkan_intel.so",
                 {"name": "Iris Xe", "vendor_id": INTEL, "device_id": 0x46a6, "type": INTEGRATED, "bus": 0})
        self.icd("lvp", "libvulkan_lvp.so", LAVAPIPE)
        self.icd("nvidia", "libGLX_nvidia.so.0", {"name": "must not be", "vendor_id": NVIDIA, "device_id": 0x25a2})
        self.icd("unknown", "libvulkan_of_tomorrow.so")
        report = self.report()
        self.assertEqual(self.asked(), ["intel", "lvp"])
        for name in "nvidia", "unknown":
            self.assertEqual(self.icd_of(report, name)["result"], "left out")
            self.assertIn("0000:01:00.0 sleeps (nvidia)", self.icd_of(report, name)["left_out"])
        self.assertEqual(self.best(report)["device_name"], "Iris Xe")
        card = [device for device in report["devices"] if device["vendor_id"] == "0x10de"][0]
        self.assertEqual((card["device_id"], card["pci"], card["icd"]), ("0x25a2", "0000:01:00.0", None))
        self.assertEqual(card["bus"]["suspended"], True)
        self.assertEqual((card["profile"]["asleep"], card["profile"]["source"]), (True, "bus"))
        self.assertIsNone(card["features"])
        self.assertIsNone(card["device_type"])

    def test_two_of_one_driver(self):
        self.gpu(3, AMD, 0x73ff, "amdgpu", "suspended")
        self.gpu(4, AMD, 0x1638, "amdgpu")
        for name, library in ("radv", "libvulkan_radeon.so"), ("amdvlk", "amdvlk64.so"), ("pro", "amdvlkpro64.so"):
            self.icd(name, library, {"name": "must not be", "vendor_id": AMD, "device_id": 0x1638, "bus": 4})
        self.icd("lvp", "libvulkan_lvp.so", LAVAPIPE)
        report = self.report()
        self.assertEqual(self.asked(), ["lvp"])
        self.assertEqual(len(report["devices"]), 3)
        self.assertEqual(self.best(report)["device_id"], "0x1638")
        sources = {device["profile"]["source"] for device in report["devices"] if device["icd"] is None}
        self.assertEqual(sources, {"bus"})

    def test_going_to_sleep(self):
        self.gpu(1, NVIDIA, 0x25a2, "nvidia", "suspending")
        self.icd("nvidia", "libGLX_nvidia.so.0")
        self.report()
        self.assertEqual(self.asked(), [])

    def test_all_awake(self):
        self.gpu(1, NVIDIA, 0x25a2, "nvidia")
        self.gpu(2, AMD, 0x73ff, "amdgpu", "unsupported")
        self.icd("nvidia", "libGLX_nvidia.so.0")
        self.icd("radv", "libvulkan_radeon.so")
        self.icd("unknown", "libvulkan_of_tomorrow.so")
        self.report()
        self.assertEqual(self.asked(), ["nvidia", "radv", "unknown"])

    def test_falls_asleep_while_another_is_asked(self):
        self.gpu(1, NVIDIA, 0x25a2, "nvidia")
        self.icd("a", "libvulkan_lvp.so", do="hang")
        self.icd("b", "libGLX_nvidia.so.0")
        probe = subprocess.Popen([PROBE, "--sysroot", self.root, "--no-sensors", "--timeout", AMPLE],
                                 stdout=subprocess.PIPE, text=True, env=self.environment)
        while "a" not in self.asked():
            time.sleep(0.005)
        self.write(self.root + "/sys/bus/pci/devices/0000:01:00.0/power/runtime_status", "suspended\n")
        report = json.loads(probe.communicate(timeout=60)[0])
        self.assertEqual(self.asked(), ["a"])
        self.assertIn("sleeps", self.icd_of(report, "b")["left_out"])

    def test_no_vulkan(self):
        self.gpu(1, NVIDIA, 0x25a2, "nvidia")
        self.icd("nvidia", "libGLX_nvidia.so.0")
        report = self.report("--no-vulkan")
        self.assertEqual(self.asked(), [])
        self.assertEqual(self.icd_of(report, "nvidia")["left_out"], "--no-vulkan")
        self.assertEqual(report["devices"][0]["device_id"], "0x25a2")


class BadDrivers(Machine):
    def test_each_is_named_and_the_others_stay(self):
        self.gpu(1, AMD, 0x73ff, "amdgpu")
        self.icd("a", "libvulkan_crash.so", do="crash")
        self.icd("b", "libvulkan_exit.so", do="exit")
        self.icd("c", "libvulkan_garbage.so", do="garbage")
        self.icd("d", "libvulkan_none.so", do=-9)
        self.icd("e", "libvulkan_leave.so", LAVAPIPE, do="leave")
        self.icd("f", "libvulkan_radeon.so",
                 {"name": "RX", "vendor_id": AMD, "device_id": 0x73ff, "type": DISCRETE, "bus": 1, "compute_units": 32})
        self.write(os.path.join(self.icds, "g.json"), "{")
        report = self.report()
        self.assertEqual([(icd["result"], icd["why"]) for icd in report["icds"][:4]],
                         [("failed", "crashed (signal 11)"), ("failed", "exited (code 1)"),
                          ("failed", "wrote garbage"), ("none", "cannot be loaded: libvulkan_none.so: cannot open shared "
                                                          "object file: No such file or directory")])
        self.assertEqual(report["icds"][3]["vk_result"], -9)
        self.assertEqual(report["icds"][4]["result"], "ok")
        self.assertIn("broken manifest", report["icds"][6]["left_out"])
        self.assertIsNone(report["icds"][6]["library"])
        self.assertEqual(self.best(report)["device_name"], "RX")
        self.assertEqual(len(report["devices"]), 2)
        self.assertEqual((report["state"], report["reason"]), ("ok", None))
        self.assertEqual(report["error"], "libvulkan_crash.so: crashed (signal 11)")
        self.assertEqual(os.listdir(self.own), [])

    def test_several_hang_and_the_others_have_their_time(self):
        for name in "a", "b", "c":
            self.icd(name, "libvulkan_lvp.so", do="hang")
        self.icd("d", "libvulkan_lvp.so", LAVAPIPE)
        started = time.monotonic()
        report = self.report("--timeout", AMPLE)
        self.assertLess(time.monotonic() - started, float(AMPLE))
        self.assertEqual(self.asked(), ["a", "b", "c", "d"])
        for name in "a", "b", "c":
            self.assertRegex(self.icd_of(report, name)["why"], r"^gave no answer in \d+ ms$")
        self.assertEqual(self.best(report)["device_name"], "made-up lavapipe")

    def test_nothing_but_failures(self):
        self.icd("a", "libvulkan_crash.so", do="crash")
        report = self.report()
        self.assertEqual((report["state"], report["devices"], report["best_device"]), ("error", [], None))
        self.assertEqual(report["reason"], "libvulkan_crash.so: crashed (signal 11)")

    def test_no_driver_at_all(self):
        report = self.report()
        self.assertEqual((report["state"], report["devices"], report["icds"]), ("unsupported", [], []))
        self.assertIn("no Vulkan driver", report["reason"])

    def test_low_priority(self):
        self.icd("a", "libvulkan_lvp.so", LAVAPIPE)
        self.report()
        with open(os.path.join(self.marks, "a.json"), encoding="ascii") as file:
            self.assertGreaterEqual(int(file.read().split()[1]), 10)

    def test_started_by_a_thread_that_blocks_all_signals(self):
        """And by a host that ignores the end of its children; its streams are closed."""
        def block():
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        self.icd("a", "libvulkan_lvp.so", do="hang")
        self.icd("b", "libvulkan_crash.so", do="crash")
        self.icd("c", "libvulkan_lvp.so", LAVAPIPE)
        report = self.report("--timeout", AMPLE, preexec_fn=block)
        self.assertEqual([icd["result"] for icd in report["icds"]], ["failed", "failed", "ok"])
        self.assertEqual(report["icds"][1]["why"], "crashed (signal 11)")

        def close():
            for fd in 0, 1, 2:
                os.close(fd)
        done = self.run_probe("--write-cache", preexec_fn=close)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(os.path.isfile(os.path.join(self.own, "device.ini")))


class Report(Machine):
    DEVICE = {"device_name": str, "device_type": str, "vendor_id": str, "device_id": str, "pci": str,
              "api_version": str, "api_version_packed": int, "driver_id": None, "driver_version_packed": None,
              "driver_name": None, "driver_info": None, "icd": int, "also_icds": list, "bus": dict, "heaps": list,
              "memory_types": list, "features": list, "timestamp_valid_bits": int, "timestamp_period_ns": float,
              "subgroup_size_lanes": None, "subgroup_size_min_lanes": None, "subgroup_size_max_lanes": None,
              "max_image_2d_pixels": None, "max_workgroup_invocations": None, "max_workgroup_size": None,
              "max_shared_memory_bytes": None, "max_allocations": None, "max_bound_sets": None,
              "compute_units": int, "lanes_per_unit": None, "fma_per_unit_clock": None, "clock_mhz": None,
              "profile": dict}
    PROFILE = {"state", "source", "tier", "preset", "family", "driver", "score", "gflops", "memory_bytes",
               "unified_memory", "tiled", "gpu_timing", "asleep", "reasons"}
    SYSTEM = {"form", "vendor", "product", "board", "device_tree", "processor", "core_kinds", "threads_allowed",
              "quota", "memory_bytes", "memory_limit_bytes", "refresh_hz", "panel_internal",
              "on_ac", "has_battery"}

    def test_shape(self):
        self.gpu(1, AMD, 0x73ff, "amdgpu")
        self.icd("a", "libvulkan_radeon.so",
                 {"name": "RX", "vendor_id": AMD, "device_id": 0x73ff, "type": DISCRETE, "bus": 1, "compute_units": 32})
        self.icd("b", "amdvlk64.so", {"name": "RX too", "vendor_id": AMD, "device_id": 0x73ff, "type": DISCRETE})
        report = self.report()
        self.assertEqual(list(report), ["schema", "version", "state", "reason", "error", "best_device", "devices",
                                        "icds", "system", "warnings", "sensors", "sensors_error"])
        self.assertEqual(report["schema"], "perfadapt.probe/1")
        self.assertEqual(len(report["devices"]), 1)
        device = report["devices"][0]
        self.assertEqual(set(device), set(self.DEVICE))
        for key, kind in self.DEVICE.items():
            self.assertTrue(device[key] is None if kind is None else isinstance(device[key], kind), (key, device[key]))
        self.assertEqual(set(device["profile"]), self.PROFILE)
        self.assertEqual(set(report["system"]), self.SYSTEM)
        self.assertEqual((device["icd"], device["also_icds"]), (0, [1]))
        self.assertEqual(device["device_type"], "discrete")
        self.assertEqual(device["api_version"], "1.3.275")
        self.assertEqual(device["features"], ["VK_KHR_present_id"])
        self.assertAlmostEqual(device["heaps"][0].pop("size_bytes") / 2 ** 64, 1, 9)
        self.assertEqual(device["heaps"], [{"flags": "0x00000001", "flag_names": ["DEVICE_LOCAL"]}])
        self.assertEqual(device["memory_types"][0]["flag_names"],
                         ["DEVICE_LOCAL", "HOST_VISIBLE", "HOST_COHERENT", "LAZILY_ALLOCATED"])
        self.assertAlmostEqual(device["timestamp_period_ns"], 38.4, 5)
        self.assertEqual(device["bus"], {"pci": "0000:01:00.0", "vendor_id": "0x1002", "device_id": "0x73ff",
                                         "kernel_driver": "amdgpu", "compatible": None, "boot_vga": False,
                                         "suspended": False})
        self.assertEqual(set(report["icds"][0]), {"path", "library", "api_version", "result", "left_out", "why",
                                                  "vk_result", "device_count"})
        self.assertTrue([line for line in device["profile"]["reasons"] if "amdvlk64.so tells of it too" in line])

    def test_names_in_any_encoding(self):
        self.icd("a", "libvulkan_lvp.so", dict(LAVAPIPE, name="Tür \"quoted\"\u0001"))
        self.assertEqual(self.report()["devices"][0]["device_name"], "Tür \"quoted\"?")

    def test_locale(self):
        self.icd("a", "libvulkan_lvp.so", LAVAPIPE)
        self.environment["LC_ALL"] = "de_DE.UTF-8"
        self.report()

    def test_usage(self):
        for options in ["--sysroot="], ["--data-dir", ""], ["--write-cache", "x"], ["--write-map"], ["--sysroot"]:
            done = self.run_probe(*options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (options, done.stderr))
            self.assertTrue(done.stderr)

    def test_no_such_sysroot(self):
        done = self.run_probe("--sysroot", self.place + "/none")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("/none: cannot be opened", done.stderr)


class Sentinel(Machine):
    def kill_the_probe(self, times=2):
        path = self.icd("bad", "libvulkan_bad.so", do="kill the probe")
        self.icd("lvp", "libvulkan_lvp.so", LAVAPIPE)
        for _ in range(times):
            self.assertEqual(self.run_probe().returncode, -signal.SIGKILL)
            self.assertTrue(os.path.isfile(os.path.join(self.own, "probe.lock")))
            self.assertEqual(self.asked(), ["bad"])
            self.forget()
        return path

    def test_killed_once_by_somebody(self):
        """A container ends with its host, and what runs in it by SIGKILL: no driver is to blame."""
        probe = self.start_slow()
        probe.kill()
        probe.wait()
        for _ in range(2):
            self.forget()
            report = self.report("--timeout", "0.5")
            self.assertEqual(self.asked(), ["a"])
            self.assertEqual(self.icd_of(report, "a").get("left_out"), None)

    def test_left_out_until_the_file_is_deleted(self):
        self.kill_the_probe()
        for _ in range(2):
            report = self.report()
            self.assertEqual(self.asked(), ["lvp"])
            why = self.icd_of(report, "bad")["left_out"]
            avoid = os.path.join(self.own, "probe.avoid")
            self.assertIn("an earlier probe ended while it was asked; delete " + avoid, why)
            self.assertEqual(self.best(report)["device_name"], "made-up lavapipe")
        os.unlink(avoid)
        self.forget()
        self.assertEqual(self.run_probe().returncode, -signal.SIGKILL)
        self.assertEqual(self.asked(), ["bad"])

    def test_other_boot(self):
        self.kill_the_probe(times=1)
        self.write(self.root + "/proc/sys/kernel/random/boot_id", "00000000-0000-0000-0000-000000000000\n")
        self.assertIn("an earlier boot", self.icd_of(self.report(), "bad")["left_out"])
        self.assertEqual(self.asked(), ["lvp"])

    def test_changed_manifest(self):
        self.kill_the_probe()
        self.icd("bad", "libvulkan_bad.so", dict(LAVAPIPE, name="mended", device_id=7))
        self.assertEqual(len(self.report()["devices"]), 2)
        self.assertEqual(self.asked(), ["bad", "lvp"])
        self.assertEqual(os.listdir(self.own), [])

    def test_ended_from_outside(self):
        """Nobody is to blame, and nothing stays."""
        self.icd("a", "libvulkan_lvp.so", do="hang")
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
            self.forget()
            probe = subprocess.Popen([PROBE, "--sysroot", self.root, "--write-cache"], env=self.environment,
                                     stderr=subprocess.DEVNULL)
            while not self.asked():
                time.sleep(0.005)
            probe.send_signal(number)
            self.assertEqual(probe.wait(timeout=60), -number)
            self.assertEqual(os.listdir(self.own), [])

    def test_timeout_of_all(self):
        self.icd("a", "libvulkan_lvp.so", do="hang")
        report = self.report("--timeout", AMPLE)
        self.assertEqual(report["icds"][0]["result"], "failed")
        self.assertEqual(os.listdir(self.own), [])

    def test_no_place(self):
        """Told, and no reason not to ask."""
        self.icd("lvp", "libvulkan_lvp.so", LAVAPIPE)
        self.write(self.cache, "in the way")
        report = self.report()
        self.assertEqual(self.asked(), ["lvp"])
        self.assertIn(os.strerror(20), report["warnings"][0])
        del self.environment["XDG_CACHE_HOME"]
        self.assertEqual(self.report()["warnings"], [])

    def start_slow(self, *options):
        """One that has asked its driver, and waits for the answer."""
        self.icd("a", "libvulkan_lvp.so", do="hang")
        probe = subprocess.Popen([PROBE, "--sysroot", self.root, "--no-sensors", *options],
                                 stdout=subprocess.DEVNULL, env=self.environment)
        while not self.asked():
            time.sleep(0.005)
        return probe

    def test_two_at_once(self):
        probe = self.start_slow("--timeout", "60")
        done = self.run_probe()
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("busy", done.stderr)
        done = self.run_probe("--write-cache", "--timeout", "0.2")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertEqual(self.run_probe("--no-vulkan").returncode, 0)
        probe.terminate()
        self.assertEqual(probe.wait(timeout=60), -signal.SIGTERM)
        self.icd("a", "libvulkan_lvp.so", LAVAPIPE)
        self.assertEqual(self.run_probe().returncode, 0)

    def test_the_second_takes_what_the_first_finds(self):
        """Two programs start at once: both are to know their GPU."""
        probe = self.start_slow("--timeout", "1.5", "--write-cache")
        self.forget()
        self.assertEqual(self.run_probe("--write-cache", "--timeout", "60").returncode, 0)
        self.assertEqual(probe.wait(timeout=60), 0)
        self.assertEqual(self.asked(), [])
        with open(os.path.join(self.own, "device.ini"), encoding="utf-8") as file:
            self.assertIn("gave no answer", file.read())

    def test_the_second_asks_where_the_first_leaves_nothing(self):
        probe = self.start_slow("--timeout", "1.5")
        self.forget()
        self.assertEqual(self.run_probe("--write-cache", "--timeout", "5").returncode, 0)
        self.assertEqual(probe.wait(timeout=60), 0)
        self.assertEqual(self.asked(), ["a"])
        self.assertTrue(os.path.isfile(os.path.join(self.own, "device.ini")))

    def test_what_a_driver_leaves_behind_holds_no_lock(self):
        self.icd("a", "libvulkan_lvp.so", LAVAPIPE, do="leave")
        for _ in range(3):
            self.report()


class Cache(Machine):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.own, "device.ini")

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def test_place_and_rights(self):
        self.icd("lvp", "libvulkan_lvp.so", LAVAPIPE)
        done = self.run_probe("--write-cache")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(os.listdir(self.own), ["device.ini"])
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.own).st_mode), 0o700)
        self.assertIn("made-up lavapipe", self.read())

    def test_with_the_sensor_map(self):
        done = subprocess.run([PROBE, "--write-cache"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              text=True, env=self.environment, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(sorted(os.listdir(self.own)), ["device.ini", "sensors.ini"])

    def test_sensors_that_fail_do_not_cost_it(self):
        config = os.path.join(self.place, "none.conf")
        done = subprocess.run([PROBE, "--write-cache", "--config", config], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, text=True, env=self.environment, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(config, done.stderr)
        self.assertEqual(os.listdir(self.own), ["device.ini"])

    def test_sensors_that_hang_do_not_cost_it(self):
        config = os.path.join(self.place, "fifo.conf")
        os.mkfifo(config)
        done = subprocess.run([PROBE, "--write-cache", "--config", config, "--timeout", AMPLE],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, text=True,
                              env=self.environment, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(os.listdir(self.own), ["device.ini"])

    def test_nothing_found_is_written_too(self):
        self.assertEqual(self.run_probe("--write-cache").returncode, 0)
        self.assertTrue(self.read())

    def test_full_disk_keeps_the_old_file(self):
        self.icd("lvp", "libvulkan_lvp.so", LAVAPIPE)
        self.write(self.path, "; old\n")
        done = subprocess.run(["sh", "-c", 'ulimit -f 0; exec "$0" "$@"', PROBE, "--no-sensors", "--write-cache"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, text=True,
                              env=self.environment, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(os.strerror(27), done.stderr)
        self.assertEqual((self.read(), os.listdir(self.own)), ("; old\n", ["device.ini"]))

    def test_place_that_cannot_be(self):
        self.write(self.cache, "in the way")
        done = self.run_probe("--write-cache")
        self.assertEqual(done.returncode, 3)
        self.assertIn(os.strerror(20), done.stderr)
        del self.environment["XDG_CACHE_HOME"]
        done = self.run_probe("--write-cache")
        self.assertEqual(done.returncode, 3)
        self.assertIn("HOME", done.stderr)

    def test_directory_in_its_place(self):
        os.makedirs(self.path)
        done = self.run_probe("--write-cache")
        self.assertEqual(done.returncode, 3)
        self.assertIn(os.strerror(21), done.stderr)
        self.assertEqual(os.listdir(self.own), ["device.ini"])

    def test_killed_at_any_moment(self):
        """The file is the old one or the new one, to the byte."""
        roots = [os.path.join(self.place, name) for name in ("one", "two")]
        texts = []
        for number, root in enumerate(roots):
            for bus in range(1, 9):
                self.gpu(bus, NVIDIA, 0x2000 + 0x100 * number + bus, "nvidia", root=root)
            self.root = root
            self.write(root + "/proc/sys/kernel/random/boot_id", boot_id() + "\n")
            started = time.monotonic()
            self.assertEqual(self.run_probe("--write-cache", "--no-vulkan").returncode, 0)
            took_s = time.monotonic() - started
            texts.append(self.read())
        self.assertNotEqual(*texts)
        seen = set()
        killed = 0
        for i in range(60):
            probe = subprocess.Popen([PROBE, "--sysroot", roots[i % 2], "--write-cache", "--no-vulkan",
                                      "--no-sensors"], env=self.environment)
            time.sleep(random.uniform(0, 1.2 * took_s))
            probe.kill()
            killed += probe.wait(timeout=60) == -signal.SIGKILL
            self.assertIn(self.read(), texts)
            seen.add(self.read())
        self.assertGreater(killed, 5)
        self.assertEqual(self.run_probe("--write-cache", "--no-vulkan").returncode, 0)
        self.assertEqual(os.listdir(self.own), ["device.ini"]) # what the killed ones left is gone


@unittest.skipIf(SANITIZE == "thread", "drivers do not run under the thread sanitizer")
@unittest.skipUnless(os.path.isfile(os.path.join(FAKE_ICDS, "discrete.json")), "no made-up Vulkan drivers were built")
class Loader(Machine):
    """The program as it is installed, the real loader, and drivers made up in C."""

    def ask(self, *names, options=("--no-sensors",)):
        """The report, and {name: (result, why)}."""
        self.environment["VK_DRIVER_FILES"] = ":".join(os.path.join(FAKE_ICDS, name + ".json") for name in names)
        done = subprocess.run([os.path.join(BIN, "perfadapt-probe"), "--sysroot", self.root, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, text=True,
                              env=self.environment, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        if "no Vulkan loader" in (report["icds"][0]["why"] or ""):
            self.skipTest("no Vulkan loader")
        self.assertEqual(os.listdir(self.own), [])
        return report, {os.path.basename(icd["path"])[:-5]: (icd["result"], icd["why"]) for icd in report["icds"]}

    def test_good_and_bad(self):
        report, said = self.ask("abort", "crash_negotiate", "crash_instance", "crash_properties", "exit",
                                "error_instance", "no_devices", "missing_library", "noisy", "discrete")
        for name in "crash_negotiate", "crash_instance", "crash_properties":
            self.assertEqual(said[name][0], "failed")
            if not SANITIZE: # a sanitizer turns a crash into an exit
                self.assertEqual(said[name][1], "crashed (signal 11)")
        self.assertEqual(said["abort"], ("failed", "crashed (signal 6)"))
        self.assertEqual(said["exit"][0], "failed")
        for name in "error_instance", "no_devices", "missing_library":
            self.assertEqual(said[name][0], "none")
        self.assertEqual(said["discrete"][0], "ok")
        self.assertEqual(self.best(report)["device_name"], "Fake Discrete 9000")
        self.assertEqual(self.best(report)["pci"], "0001:41:02.3")
        self.assertEqual(len(report["devices"]), 1)

    def test_hanging(self):
        for name in "hang_negotiate", "hang_instance", "hang_devices":
            report, said = self.ask(name, "discrete", options=("--no-sensors", "--timeout", AMPLE))
            self.assertEqual(said[name][0], "failed")
            self.assertRegex(said[name][1], "^gave no answer in")
            self.assertEqual(self.best(report)["device_name"], "Fake Discrete 9000")

    def test_lies(self):
        report, _ = self.ask("garbage", "liar", "flood", "unfilled", "negative_period", "many")
        self.assertTrue(report["devices"])
        for device in report["devices"]:
            self.assertLessEqual(len(device["heaps"]), 16)
            self.assertTrue(device["timestamp_period_ns"] is None or device["timestamp_period_ns"] >= 0)

    def test_sleeper_is_left_alone(self):
        """The same library as in the other tests; had it been loaded, its device would be here."""
        self.gpu(1, NVIDIA, 0x25a2, "nvidia", "suspended")
        shutil.copy(os.path.join(FAKE_ICDS, "libfake_icd_discrete.so"), self.place + "/libGLX_nvidia.so.0")
        shutil.copy(os.path.join(FAKE_ICDS, "libfake_icd_arm.so"), self.place + "/libvulkan_lvp.so")
        paths = [self.icd("nvidia", self.place + "/libGLX_nvidia.so.0"),
                 self.icd("lvp", self.place + "/libvulkan_lvp.so")]
        report, said = self.ask(*[path[:-5] for path in paths])
        self.assertEqual({name: result for name, (result, _) in said.items()}, {"nvidia": "left out", "lvp": "ok"})
        self.assertEqual([device["device_name"] for device in report["devices"]], ["Fake-G900", None])
        self.write(self.root + "/sys/bus/pci/devices/0000:01:00.0/power/runtime_status", "active\n")
        self.assertEqual(self.ask(*[path[:-5] for path in paths])[1]["nvidia"][0], "ok")


def main():
    return 0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
