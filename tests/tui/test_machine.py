#!/usr/bin/python3
"""The machine's half of perfadapt-top, on machines made up here. SPDX-License-Identifier: MIT"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import outcome

try:
    from test_top import TIMEOUT_S, TOP, Terminal, environment
except SystemExit:  # says on its last line what is missing
    sys.exit(77)

CPU = "sys/devices/system/cpu"
STALL = "some avg10=%s avg60=%s avg300=%s total=%s\nfull avg10=%s avg60=%s avg300=%s total=%s"


class Machine:
    """A root directory of a machine, as the kernel would show it."""

    def __init__(self, root):
        self.root = root

    def file(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")

    def link(self, path, target):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        os.symlink(target, full)

    def chip(self, number, name, **files):
        self.file(f"sys/class/hwmon/hwmon{number}/name", name)
        for key, value in files.items():
            self.file(f"sys/class/hwmon/hwmon{number}/{key}", value)

    def pressure(self, resource, some=0.0, full=0.0):
        self.file(f"proc/pressure/{resource}", STALL % (some, some / 2, some / 4, 1000, full, full / 2, full / 4, 100))

    def memory(self, swap_kib=0):
        self.file("proc/meminfo", f"MemTotal: 16000000 kB\nMemFree: 100 kB\nMemAvailable: 9000000 kB\n"
                                  f"SwapTotal: {swap_kib} kB\nSwapFree: {swap_kib // 2} kB")
        for resource in ("cpu", "memory", "io"):
            self.pressure(resource)

    def processors(self, count, clock_khz, max_khz):
        for name in ("online", "present", "possible"):
            self.file(f"{CPU}/{name}", f"0-{count - 1}")
        policy = f"{CPU}/cpufreq/policy0"
        for name, value in (("affected_cpus", "0"), ("related_cpus", "0"), ("cpuinfo_max_freq", max_khz),
                            ("scaling_max_freq", max_khz), ("scaling_cur_freq", clock_khz)):
            self.file(f"{policy}/{name}", value)

    def gpu(self, number, driver, vendor="1002", **files):
        """A card with its temperatures in hwmon of ten more than its number."""
        address = f"0000:{number + 3:02x}:00.0"
        device = f"sys/devices/pci0000:00/{address}"
        self.file(f"{device}/uevent", f"DRIVER={driver}\nPCI_CLASS=30000\nPCI_ID={vendor}:73DF\n"
                                      f"PCI_SLOT_NAME={address}")
        self.file(f"{device}/drm/card{number}/dev", f"226:{number}")
        self.file(f"{device}/drm/renderD{128 + number}/dev", f"226:{128 + number}")
        self.link(f"{device}/drm/card{number}/device", "../..")
        self.link(f"sys/class/drm/card{number}", f"../../devices/pci0000:00/{address}/drm/card{number}")
        self.link(f"sys/bus/pci/devices/{address}", f"../../../devices/pci0000:00/{address}")
        for key, value in files.items():
            self.file(f"{device}/{key.replace('__', '/')}", value)
        if f"hwmon__hwmon{number + 10}__name" in files:
            self.link(f"sys/class/hwmon/hwmon{number + 10}",
                      f"../../devices/pci0000:00/{address}/hwmon/hwmon{number + 10}")

    def radeon(self, number, status="active", edge=61500):
        hwmon = f"hwmon__hwmon{number + 10}__"
        self.gpu(number, "amdgpu", power__runtime_status=status, power__control="auto",
                 power_state="D0" if status == "active" else "D3cold", gpu_busy_percent=43,
                 mem_info_vram_total=17163091968, mem_info_vram_used=2147483648,
                 pp_dpm_sclk="0: 500Mhz\n1: 1300Mhz *\n2: 2600Mhz",
                 **{hwmon + "name": "amdgpu", hwmon + "temp1_label": "edge", hwmon + "temp1_input": edge,
                    hwmon + "temp1_crit": 100000, hwmon + "temp2_label": "junction",
                    hwmon + "temp2_input": edge + 9000, hwmon + "temp2_crit": 110000, hwmon + "temp3_label": "mem",
                    hwmon + "temp3_input": edge + 3000, hwmon + "temp3_crit": 100000,
                    hwmon + "power1_average": 62000000, hwmon + "power1_cap": 186000000,
                    hwmon + "freq1_label": "sclk", hwmon + "freq1_input": 1300000000})

    def arc(self, number, **reasons):
        tree = f"drm__card{number}__gt__gt0__"
        files = {f"drm__card{number}__gt_act_freq_mhz": 600, f"drm__card{number}__gt_max_freq_mhz": 1400,
                 f"drm__card{number}__gt_RP0_freq_mhz": 1400, tree + "id": 0, tree + "rps_act_freq_mhz": 600,
                 tree + "rps_max_freq_mhz": 1400, tree + "rps_RP0_freq_mhz": 1400,
                 tree + "throttle_reason_status": int(any(reasons.values()))}
        for reason in ("pl1", "pl2", "pl4", "thermal", "prochot", "ratl", "vr_thermalert", "vr_tdc"):
            files[tree + "throttle_reason_" + reason] = int(reasons.get(reason, 0))
        self.gpu(number, "i915", vendor="8086", power__runtime_status="active", power__control="on", power_state="D0",
                 **files)

    def battery(self, mains):
        supply = "sys/class/power_supply"
        self.file(f"{supply}/AC/type", "Mains")
        self.file(f"{supply}/AC/online", int(mains))
        for name, value in (("type", "Battery"), ("scope", "System"), ("present", 1),
                            ("status", "Charging" if mains else "Discharging"), ("capacity", 71),
                            ("energy_now", 40470000), ("energy_full", 57000000), ("power_now", 9100000)):
            self.file(f"{supply}/BAT0/{name}", value)
        self.file("sys/firmware/acpi/platform_profile", "balanced")
        self.file("sys/firmware/acpi/platform_profile_choices", "low-power balanced performance")

    def cgroup(self, quota="max 100000", limit="max", pressure=True):
        tree = "sys/fs/cgroup/app.scope"
        self.file("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids")
        self.file(f"{tree}/cgroup.type", "domain")
        self.file(f"{tree}/cgroup.controllers", "cpu io memory pids")
        self.file(f"{tree}/cpu.max", quota)
        for name, value in (("memory.max", limit), ("memory.high", "max"), ("memory.current", 1610612736),
                            ("memory.stat", "anon 1\ninactive_file 0")):
            self.file(f"{tree}/{name}", value)
        for name in ("cpu", "memory", "io") if pressure else ():
            self.file(f"{tree}/{name}.pressure", STALL % (40.0, 20.0, 5.0, 1000, 30.0, 15.0, 4.0, 900))
        self.file("proc/self/cgroup", "0::/app.scope")
        self.file("proc/self/mountinfo", "21 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"
                                         "30 21 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw")


def make_laptop(machine):
    machine.memory(swap_kib=8388604)
    machine.processors(16, 2400000, 4700000)
    machine.battery(mains=False)
    machine.chip(0, "coretemp", temp1_label="Package id 0", temp1_input=91000, temp1_crit=100000)
    machine.chip(1, "nct6798", temp1_label="SYSTIN", temp1_input=34000, temp2_label="AUXTIN", temp2_input=30000,
                 temp2_fault=1)
    machine.arc(0, pl1=1)
    machine.radeon(1, status="suspended")


def make_handheld(machine):
    machine.memory(swap_kib=1048576)
    machine.processors(8, 1700000, 3500000)
    machine.battery(mains=False)
    machine.radeon(0, edge=92000)
    machine.cgroup(quota="200000 100000", limit=4294967296)


def make_server(machine):
    machine.memory()
    machine.pressure("memory", 23.4, 11.0)
    machine.pressure("cpu", 66.0)
    machine.file("proc/pressure/irq", "full avg10=0.10 avg60=0.02 avg300=0.01 total=60")
    machine.processors(64, 3100000, 3800000)
    for drive in range(60):
        machine.chip(30 + drive, "nvme", temp1_label="Composite", temp1_input=35000 + 100 * drive, temp1_crit=85000)
    for chip in range(2):
        cores = {}
        for core in range(1, 37):
            cores[f"temp{core}_label"] = "Package id %d" % chip if core == 1 else f"Core {core - 2}"
            cores[f"temp{core}_input"] = 60000 + 500 * core
            cores[f"temp{core}_crit"] = 95000
        machine.chip(chip, "coretemp", **cores)
    for card in range(6):
        machine.radeon(card, status="active" if card % 2 else "suspended", edge=50000 + 4000 * card)


class Base(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="perfadapt-top-")
        self.addCleanup(shutil.rmtree, self.root)
        self.runtime_dir = os.path.join(self.root, "run")
        os.makedirs(self.runtime_dir, 0o700)
        self.machine = Machine(os.path.join(self.root, "machine"))
        os.makedirs(self.machine.root)

    def show(self, columns, rows, *arguments, **changes):
        terminal = Terminal(columns, rows, environment(self.runtime_dir, **changes), "--sysroot", self.machine.root,
                            *arguments)
        self.addCleanup(terminal.close)
        return terminal

    def once(self):
        done = subprocess.run([TOP, "--once", "--sysroot", self.machine.root], env=environment(self.runtime_dir),
                              timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def line(self, terminal, word):
        return next((line for line in terminal.screen.display if word in line), "")


class Limits(Base):
    """What the machine is limited by stands in words in the first lines, at any size."""

    def assert_says(self, *words):
        text = self.once()
        for word in words:
            self.assertIn(word, text)
        for columns, rows in ((120, 40), (80, 24), (60, 12), (40, 10)):
            terminal = self.show(columns, rows)
            terminal.wait_text(words[0])
            self.assertIn(words[0], "\n".join(terminal.screen.display[:3]))

    def test_power(self):
        self.machine.memory()
        self.machine.arc(0, pl1=1)
        self.assert_says("power cap (gpu)", "throttle i915 0000:03:00.0  claims power  believed power  pl1")

    def test_heat(self):
        self.machine.memory()
        self.machine.chip(0, "coretemp", temp1_label="Package id 0", temp1_input=99000, temp1_crit=100000)
        self.assert_says("heat (cpu at its limit)")

    def test_a_claim_of_heat_that_is_none(self):
        self.machine.memory()
        self.machine.chip(0, "coretemp", temp1_label="Package id 0", temp1_input=35000, temp1_crit=100000)
        self.machine.arc(0, thermal=1)
        self.machine.gpu(1, "amdgpu")
        text = self.once()
        self.assertIn("claims thermal", text)

    def test_memory(self):
        self.machine.memory()
        self.machine.pressure("memory", 23.4, 11.0)
        self.assert_says("memory pressure 23%")

    def test_quota(self):
        self.machine.memory()
        self.machine.cgroup(quota="150000 100000")
        for name in ("memory", "io"):
            os.unlink(os.path.join(self.machine.root, f"sys/fs/cgroup/app.scope/{name}.pressure"))
        self.assert_says("cgroup quota of 1.5 cpus")

    def test_several_the_worst_first(self):
        make_server(self.machine)
        self.assert_says("memory pressure 23%")
        self.assertIn("limited by: memory pressure 23%, cpu pressure 66%", self.once())

    def test_nothing_is_known(self):
        self.assert_says("What limits is not known")

    def test_nothing(self):
        self.machine.memory()
        self.machine.arc(0)
        self.assert_says("Nothing limits")


class Header(Base):
    def test_states(self):
        for celsius, words in ((50, "[COOL|warm|hot|crit]"), (90, "[cool|WARM|hot|crit]"),
                               (99, "[cool|warm|HOT|crit]"), (101, "[cool|warm|hot|CRIT]")):
            self.machine.chip(0, "coretemp", temp1_label="Package id 0", temp1_input=celsius * 1000, temp1_crit=100000)
            self.show(120, 40).wait_text(words, f"{100 - celsius}.0" if celsius > 90 else "left")

    def test_power_source(self):
        self.machine.memory()
        self.machine.battery(mains=False)
        self.show(120, 40).wait_text("profile balanced", "battery 71% 9 W", "live", "every 1s")
        self.machine.battery(mains=True)
        self.show(120, 40).wait_text("mains (battery 71%)")

    def test_policy(self):
        """Of the administrator's file below the root; an edit is seen, as sessions see it."""
        path = "etc/perfadapt/perfadapt.ini"
        terminal = self.show(120, 40, "-d", "0.1")
        terminal.wait_text("prefer framerate")
        self.machine.file(path, "[policy]\nprefer = battery\n")
        terminal.wait_text("prefer battery")
        self.machine.file(path, "[policy]\nprefer = speed\nmode = fixed\n[app other]\nprefer = quiet\n")
        terminal.wait_text("prefer framerate (mode fixed)")
        self.assertIn("policy: prefer framerate, mode fixed\n", self.once())

    def test_gpus(self):
        self.machine.radeon(0, status="suspended")
        self.show(120, 40).wait_text("GPU asleep")
        self.machine.radeon(1)
        self.show(120, 40).wait_text("2 GPUs: 1 asleep, busiest 43%")

    def test_no_word_is_cut(self):
        make_handheld(self.machine)
        for columns in range(60, 120, 7):
            terminal = self.show(columns, 30)
            terminal.wait_text("State", "Limited by", "Apps")
            for line in terminal.screen.display[:3]:
                last = line.split()[-1]
                self.assertTrue(last.endswith(("left", "%", ")", "]", "usage")) or ":" in last, line)

    def test_small(self):
        make_laptop(self.machine)
        terminal = self.show(40, 10)
        terminal.wait_text("W warm", "91/100", "apps 0", "power cap (gpu")


class Temperatures(Base):
    def test_table(self):
        make_laptop(self.machine)
        terminal = self.show(120, 40)
        terminal.wait_text("ROLE", "SENSOR", "NOW", "MIN", "MAX", "/MIN", "TO LIMIT", "9.0 left", "limit 100", "-1m",
                           "now", "n/a (asleep)", "n/a (fault flag set)", "no limit")
        self.assertRegex(self.line(terminal, "91.0"), r"W cpu .*91\.0 +91 +91 .* 9\.0 left")

    def test_more_than_fit(self):
        make_server(self.machine)
        for columns, rows in ((120, 40), (80, 24), (40, 10)):
            self.show(columns, rows).wait_text(" more: ", " cool")

    def test_none(self):
        self.machine.memory()
        self.show(120, 40).wait_text("n/a (no temperature sensor found)")

    def test_ascii(self):
        make_laptop(self.machine)
        terminal = self.show(120, 40, "--ascii")
        terminal.wait_text("limit 100", "power cap (gpu 1)", "pl1")
        self.assertTrue(all(byte < 0x80 for byte in terminal.raw))


class Pressure(Base):
    def test_some_and_full(self):
        make_server(self.machine)
        terminal = self.show(120, 60)
        terminal.wait_text("last 60 s, in %", "8.6 of 15.3 GiB available", "no memory limit", "none", "n/a (unsupported)")
        self.assertRegex(self.line(terminal, "23.4"), r"memory +some .* 23\.4 +11\.7 +5\.8")
        self.assertRegex(self.line(terminal, " 11.0 "), r"memory +full .* 11\.0 +5\.5 +2\.8")
        self.assertRegex(self.line(terminal, "irq"), r"irq +full .* 0\.1 ")

    def test_cgroup(self):
        make_handheld(self.machine)
        self.show(160, 60).wait_text("cgroup mem", "cgroup cpu", "cgroup io", "1.5 of 4.0 GiB used")

    def test_unknown(self):
        terminal = self.show(120, 40)
        terminal.wait_text("n/a (unsupported)")
        self.assertRegex(self.line(terminal, " some "), "cpu +some +n/a")


class Devices(Base):
    def test_gpus(self):
        make_laptop(self.machine)
        self.show(120, 50).wait_text("Power and clocks", "2.4/4.7 GHz", "0.6/1.4 GHz", "asleep", "held back: power",
                                     "throttle gpu power (i915)", "pl1")

    def test_figures(self):
        make_handheld(self.machine)
        self.show(120, 50).wait_text("awake  43%", "1.3/2.6 GHz  62/186 W  2.0/16 GiB", "quota 2 cpus")

    def test_more_than_fit(self):
        make_server(self.machine)
        self.show(120, 34).wait_text("3 asleep")
        text = self.once()
        self.assertEqual((text.count("  asleep\n"), text.count("awake  busy 43 %")), (3, 3))

    def test_none(self):
        self.show(120, 40).wait_text("none found", "n/a (no source tells)")

    def test_a_sleeping_gpu_is_left_alone(self):
        self.machine.radeon(0, status="suspended")
        files = [os.path.join(self.machine.root, "sys/devices/pci0000:00/0000:03:00.0", name)
                 for name in ("gpu_busy_percent", "mem_info_vram_used", "hwmon/hwmon10/temp1_input")]
        for file in files:
            os.utime(file, (1, 1))
        terminal = self.show(120, 40, "-d", "0.1")
        terminal.wait_text("GPU asleep")
        for file in files:
            self.assertEqual(os.stat(file).st_atime, 1, file)


MACHINES = {"laptop": make_laptop, "handheld": make_handheld, "server": make_server, "none": lambda machine: None}


if __name__ == "__main__" and sys.argv[1:2] == ["--make"]:
    for name, make in MACHINES.items():
        make(Machine(os.path.join(sys.argv[2], name)))
    sys.exit(0)

if __name__ == "__main__":
    outcome.run()
