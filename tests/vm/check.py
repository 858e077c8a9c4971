#!/usr/bin/python3
"""Checks the library and its programs in a guest with real sensors and real pressure. SPDX-License-Identifier: MIT

usage: check.py DIRECTORY WATCH PROGRAM...

DIRECTORY has what the guest boots: kernel, initramfs, zone.aml. Paths of programs are the same in the guest.
"""
import json
import os
import sys
import time

import guest as vm

LM75 = 0x48
LM75_LATER = 0x49
CGROUP = "/sys/fs/cgroup/app"
HOG_LIMIT_MIB = 64
TICK_S = 2  # a watched value changes at most so long after the machine's


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, good, text):
        if good:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok  ' if good else 'FAIL'} {text}", flush=True)
        return good

    def skip(self, text):
        self.skipped += 1
        print(f"skipped: {text}", flush=True)


# ---- what the watch says ----


def find(snapshot, **wanted):
    """The first sensor of which each named member contains the text given; None where there is none."""
    for sensor in snapshot["sensors"]:
        if all(text in sensor[key] for key, text in wanted.items()):
            return sensor
    return None


def value_of(sensor):
    return sensor["temperature"]["value"] if sensor and sensor["temperature"]["state"] == "ok" else None


class Watch:
    """The library in the guest, idle, in a cgroup of its own."""

    def __init__(self, guest, program):
        self.guest = guest
        guest.run(f"mkdir {CGROUP} && echo {HOG_LIMIT_MIB}M >{CGROUP}/memory.max")
        self.pid = guest.run(
            f"sh -c 'echo $$ >{CGROUP}/cgroup.procs; exec {program} >$WATCH_PORT' & echo $!"
        ).strip()

    def wait(self, test, timeout_s, start=None):
        """(seconds, snapshot) of the first one from now on that passes; (None, the last one) where none came."""
        start = self.guest.watch.count() if start is None else start
        began = time.monotonic()
        seen = self.guest.watch.wait(lambda line: test(json.loads(line)), timeout_s, start)
        return (seen[1] - began, json.loads(seen[2])) if seen else (None, self.last())

    def next(self):
        return self.wait(lambda snapshot: True, 5)[1]

    def last(self):
        lines = self.guest.watch.since(-1)
        return json.loads(lines[0][1]) if lines else {"sensors": [], "psi_trigger": "init", "generation": 0}

    def since(self, start):
        return [json.loads(line) for _, line in self.guest.watch.since(start)]

    def switches(self):
        """Voluntary context switches of each thread, by name; the guest's uptime, as a command may take its time."""
        text = self.guest.run(f"cat /proc/{self.pid}/task/*/status; echo Uptime: $(cut -d ' ' -f 1 /proc/uptime)")
        names = [line.split()[1] for line in text.splitlines() if line.startswith("Name:")]
        counts = [int(line.split()[1]) for line in text.splitlines() if line.startswith("voluntary_ctxt")]
        return dict(zip(names, counts)), float(text.split()[-1])


def gaps_s(snapshots):
    times = [snapshot["sampled_ns"] / 1e9 for snapshot in snapshots]
    return [later - earlier for earlier, later in zip(times, times[1:])]


def seconds(value):
    return "never" if value is None else f"{value:.2f} s"


# ---- the chip on the I2C bus ----


def find_bus(guest):
    name = guest.run("grep -l 'SMBus stub' /sys/bus/i2c/devices/i2c-*/name")
    return name.split("/")[5][len("i2c-") :]


def set_register(guest, bus, address, register, celsius):
    """Of an LM75: half degrees, in the upper nine bits of a word that travels high byte first."""
    word = (round(celsius * 2) << 7) & 0xFFFF
    swapped = (word & 0xFF) << 8 | word >> 8
    guest.run(f"i2cset -f -y {bus} {address:#x} {register} {swapped:#06x} w")


def add_lm75(guest, bus, address, celsius):
    set_register(guest, bus, address, 0, celsius)
    set_register(guest, bus, address, 2, 75)
    set_register(guest, bus, address, 3, 80)
    guest.run(f"echo lm75 {address:#x} >/sys/bus/i2c/devices/i2c-{bus}/new_device")


def check_lm75(report, watch):
    sensor = find(watch.next(), chip="lm75")
    report.check(value_of(sensor) == 12.0, f"lm75 on I2C is found and reads {value_of(sensor)}, set to 12.0")
    limit = sensor and (sensor["limit"]["value"], sensor["limit_source"])
    report.check(limit == (80.0, "max"), f"lm75: its max of 80 C is the limit: {limit}")


def check_unplug(report, guest, watch, bus):
    guest.run(f"echo {LM75:#x} >/sys/bus/i2c/devices/i2c-{bus}/delete_device")

    def is_gone(snapshot):
        sensor = find(snapshot, chip="lm75")
        return sensor["temperature"]["state"] in ("error", "stale") and sensor["why"] == "device gone"

    took, snapshot = watch.wait(is_gone, 2 * TICK_S)
    report.check(took is not None, f"lm75 unplugged: 'device gone' after {seconds(took)}")
    guest.set_zone(44.0)
    took, _ = watch.wait(lambda s: value_of(find(s, chip="acpitz", limit_source="trip")) == 44.0, 2 * TICK_S)
    report.check(took is not None, f"lm75 unplugged: the thermal zone is still followed ({seconds(took)})")
    guest.set_zone(40.0)
    # Another chip takes the number that it had.
    before = guest.run("grep -l lm75 /sys/class/hwmon/*/name || echo none")
    add_lm75(guest, bus, LM75_LATER, 30.0)
    add_lm75(guest, bus, LM75, 22.5)
    numbers = guest.run("for h in /sys/class/hwmon/hwmon*; do echo $(basename $h) $(readlink $h/device); done")
    number = next((line.split()[0] for line in numbers.splitlines() if line.endswith("-0048")), "none")
    took, snapshot = watch.wait(lambda s: value_of(find(s, chip="lm75", id="0048")) == 22.5, 40)
    report.check(
        before.strip() == "none" and took is not None and took < 35,
        f"lm75 plugged in again as {number}: read again after {seconds(took)}",
    )
    guest.run(f"echo {LM75_LATER:#x} >/sys/bus/i2c/devices/i2c-{bus}/delete_device")


# ---- the zone of the firmware ----


def zone_in(snapshot):
    return find(snapshot, chip="acpitz", limit_source="trip")


def check_zone(report, watch):
    zone = zone_in(watch.next())
    limit = zone and (zone["limit"]["value"], zone["limit_source"])
    report.check(limit == (80.0, "trip"), f"ACPI zone: its passive trip of 80 C is the limit: {limit}")


# ---- values that change ----

# Of the LM75 and of the zone, which passes its trip. No step is one that a die could not make.
STEPS = ((25.5, 52.5), (38.0, 66.0), (24.0, 79.0), (10.5, 86.0), (-4.0, 72.3), (-12.5, 58.0), (0.5, 44.0))


def check_changes(report, guest, watch, bus):
    for chip, zone in STEPS:
        start = guest.watch.count()
        set_register(guest, bus, LM75, 0, chip)
        guest.set_zone(zone)
        chip_s, snapshot = watch.wait(lambda s, want=chip: value_of(find(s, chip="lm75")) == want, 2 * TICK_S, start)
        got = value_of(find(snapshot, chip="lm75"))
        report.check(chip_s is not None and chip_s < TICK_S, f"lm75 set to {chip}: reads {got} after {seconds(chip_s)}")
        zone_s, snapshot = watch.wait(lambda s, want=zone: value_of(zone_in(s)) == want, 2 * TICK_S, start)
        got = value_of(zone_in(snapshot))
        report.check(zone_s is not None, f"ACPI zone set to {zone}: reads {got}")


# ---- what is left alone ----


def check_rest(report, guest, watch):
    """The drive is not asked, and the sampler hardly wakes up; both over the same five seconds. The shortest pause."""
    chips = guest.run("cat /sys/class/hwmon/hwmon*/name")
    report.check("nvme" in chips.split(), "an NVMe drive with a thermometer is there")
    asked = guest.log_pages_asked()
    before, before_s = watch.switches()
    start = guest.watch.count()
    time.sleep(5)
    idle_gap_s = min(gaps_s(watch.since(start)), default=0)
    after, after_s = watch.switches()
    rate = {name: round((count - before.get(name, 0)) / (after_s - before_s), 2) for name, count in after.items()}
    report.check("perfadapt" in rate and rate["perfadapt"] <= 1.2, f"idle: wake-ups a second of each thread: {rate}")
    grown = guest.log_pages_asked() - asked
    report.check(grown == 0, f"NVMe: asked {grown} times for its log in 5 s of watching")
    drive = find(watch.last(), chip="nvme")
    if drive:
        told = (drive["temperature"]["state"], drive["why"])
        untold = drive["temperature"]["value"] is None
        report.check(untold and told[1].startswith("never read"), f"NVMe: told as {told}")
    else:
        report.skip("NVMe: this version does not list sensors that it never reads")
    asked = guest.log_pages_asked()
    guest.run("sensors")
    grown = guest.log_pages_asked() - asked
    report.check(grown > 0, f"NVMe: asked {grown} times by lm-sensors: the count would tell")
    return idle_gap_s


def check_gate(report, guest, program):
    """A disk that really suspends stands in as the device of a chip made up: no chip of QEMU or Debian suspends."""
    guest.run(
        "mkdir -p /scratch/root/sys/class/hwmon/hwmon0 /scratch/root/sys/devices/disk;"
        "mount --bind /sys/block/sda/device/ /scratch/root/sys/devices/disk; cd /scratch/root/sys/class/hwmon/hwmon0;"
        "ln -s ../../../devices/disk device; echo sleeper >name; echo 41000 >temp1_input; cd /"
    )
    power = "/sys/block/sda/device/power"
    guest.run(f"echo 100 >{power}/autosuspend_delay_ms; echo auto >{power}/control; sleep 1")
    pid = guest.run(f"{program} /scratch/root >/scratch/gate & echo $!").strip()

    def look(wait_s):
        guest.run(f"sleep {wait_s}")
        lines = guest.run("tail -n 1 /scratch/gate").splitlines()
        sensor = find(json.loads(lines[-1]), chip="sleeper") if lines else None
        status, active_ms = guest.run(f"cat {power}/runtime_status {power}/runtime_active_time").split()
        return status, sensor and sensor["temperature"], int(active_ms)

    status, temperature, before_ms = look(1.2)
    report.check(
        status == "suspended" and temperature == {"state": "asleep", "value": None},
        f"a device that sleeps: {status}, its chip {temperature}",
    )
    status, temperature, after_ms = look(3)
    report.check(
        status == "suspended" and after_ms == before_ms,
        f"asked for 3 s whether it sleeps: awake {after_ms - before_ms} ms",
    )
    guest.run(f"echo on >{power}/control")
    status, temperature, after_ms = look(2)
    report.check(
        status == "active" and temperature == {"state": "ok", "value": 41.0} and after_ms > before_ms,
        f"the device wakes: {status}, its chip {temperature}, awake {after_ms - before_ms} ms",
    )
    guest.run(f"echo auto >{power}/control")
    status, temperature, _ = look(2)
    report.check(
        status == "suspended" and temperature["state"] == "asleep", f"it falls asleep: {status}, its chip {temperature}"
    )
    guest.run(f"kill {pid}; umount /scratch/root/sys/devices/disk")


# ---- pressure ----


def check_pressure(report, guest, watch, idle_gap_s):
    first = watch.next()
    report.check(first["psi_trigger"] == "ok", f"PSI: the trigger is {first['psi_trigger']}")
    before_us = watch.last()["cgroup_stalled_us"]["value"]
    if not report.check(before_us is not None, f"PSI: stalls of the own cgroup before: {before_us} us"):
        return
    start = guest.watch.count() - 1
    # More than the limit in a file of a tmpfs, read again and again: its pages travel to the swap and back.
    onset_s = float(
        guest.run(
            f"sh -c 'echo $$ >{CGROUP}/cgroup.procs; echo 1000 >/proc/self/oom_score_adj;"
            f" dd if=/dev/zero of=/scratch/hog bs=1M count={2 * HOG_LIMIT_MIB} 2>/dev/null;"
            " while :; do cat /scratch/hog >/dev/null; done' & HOG=$!; cut -d ' ' -f 1 /proc/uptime"
        )
    )
    # 150 ms is what the trigger waits for.
    _, seen = watch.wait(lambda s: (s["cgroup_stalled_us"]["value"] or 0) - before_us > 150e3, 15, start)
    grown_us = (seen["cgroup_stalled_us"]["value"] or 0) - before_us
    latency_s = seen["seen_ns"] / 1e9 - onset_s
    report.check(
        grown_us > 150e3 and latency_s < 5,
        f"PSI: {grown_us / 1e3:.0f} ms of stalls in the snapshot {latency_s:.2f} s after the hog began",
    )
    time.sleep(4)
    pressed = min(gaps_s(watch.since(start)), default=9)
    state = watch.last()["psi_trigger"]
    report.check(
        idle_gap_s > 0.9 and pressed < 0.9 and state == "ok",
        f"PSI: the trigger wakes the sampler: shortest pause {pressed:.2f} s, idle {idle_gap_s:.2f} s; trigger {state}",
    )
    kernel = guest.run(f"grep some {CGROUP}/memory.pressure").strip()
    guest.run("kill $HOG; rm -f /scratch/hog")
    report.check(guest.run(f"kill -0 {watch.pid} && echo alive") == "alive", f"PSI: the watch lives ({kernel})")


# ---- the programs ----


def readings_of_lm_sensors(guest):
    """{(chip, label): text} of every temperature, with three digits as lm-sensors gives them."""
    readings = {}
    for chip, features in json.loads(guest.run("sensors -j 2>/dev/null")).items():
        for label, feature in features.items():
            if not isinstance(feature, dict):
                continue
            for key, value in feature.items():
                if key.startswith("temp") and key.endswith("_input"):
                    readings[chip.split("-")[0], label] = f"{value:.3f}"
    return readings


def compare(report, what, theirs, ours):
    both = sorted(set(theirs) & set(ours))
    differing = [f"{key}: {ours[key]}, not {theirs[key]}" for key in both if ours[key] != theirs[key]]
    report.check(
        len(both) >= 2 and not differing,
        f"{what} agrees with lm-sensors on {len(both)} temperatures {differing or [theirs[key] for key in both]};"
        f" lm-sensors alone shows {sorted(key[0] for key in set(theirs) - set(ours))}",
    )


def check_programs(report, guest, watch, bus, programs):
    set_register(guest, bus, LM75, 0, 33.5)
    guest.set_zone(47.3)
    watch.wait(
        lambda s: value_of(find(s, chip="lm75")) == 33.5 and value_of(zone_in(s)) == 47.3, 2 * TICK_S
    )
    theirs = readings_of_lm_sensors(guest)
    # A zone and the chip that the kernel makes of it are one thermometer; lm-sensors knows the chip.
    ours = {
        (s["chip"], s["label"] if "zone/" not in s["id"] else "temp1"): f"{value_of(s):.3f}"
        for s in watch.next()["sensors"]
        if value_of(s) is not None
    }
    compare(report, "the watch", theirs, ours)
    perfadapt = programs.get("perfadapt")
    listed = guest.run(f"{perfadapt} --help") if perfadapt else ""
    if not any(line.split()[:1] == ["sensors"] for line in listed.splitlines()):
        report.skip("perfadapt sensors: this build has no such command")
        return
    asked = guest.log_pages_asked()
    text = guest.run(f"{perfadapt} sensors --json")
    report.check(guest.log_pages_asked() == asked, "perfadapt sensors leaves the NVMe drive alone")
    shown = json.loads(text) if guest.status == 0 else {"sensors": []}
    report.check(guest.status == 0, f"perfadapt sensors --json: exit {guest.status}, {len(shown['sensors'])} sensors")
    ours = {
        (s["chip"], s["label"] if "zone/" not in s["id"] else "temp1"): f"{s['temp_c']:.3f}"
        for s in shown["sensors"]
        if s["state"] == "ok"
    }
    compare(report, "perfadapt sensors", theirs, ours)


def check_probe(report, guest, programs):
    probe = programs.get("perfadapt-probe")
    if not probe:
        report.skip("perfadapt-probe: not built")
        return
    asked = guest.log_pages_asked()
    text = guest.run(probe, 60)
    found = guest.status == 0 and "lm75" in json.dumps(json.loads(text))
    report.check(found, f"perfadapt-probe: exit {guest.status}, the lm75 is in what it prints")
    report.check(guest.log_pages_asked() == asked, "perfadapt-probe leaves the NVMe drive alone")


# ---- the machine changes ----


def all_read(snapshot, names):
    return all(value_of(find(snapshot, chip=name)) is not None for name in names)


def check_hotplug(report, guest, watch):
    processor = "/sys/devices/system/cpu/cpu1/online"
    for wanted, word in ((0, "off"), (1, "on")):
        guest.run(f"echo {wanted} >{processor}")
        count = guest.run("nproc").strip()
        start = guest.watch.count()
        took, _ = watch.wait(lambda s, first=[]: first.append(s) or len(first) >= 3, 6, start)
        snapshots = watch.since(start)
        good = took is not None and all(all_read(snapshot, ("lm75", "acpitz")) for snapshot in snapshots)
        report.check(
            good and count == str(1 + wanted),
            f"processor 1 switched {word} ({count} left): {len(snapshots)} good snapshots",
        )
        online = watch.last()["online"]
        if online["state"] == "ok":
            took, last = watch.wait(lambda s, want=1 + wanted: s["online"]["value"] == want, 12, start)
            report.check(took is not None, f"processors online: {last['online']['value']:.0f} told")
        else:
            report.skip(f"processors online: {online['state']} in this build")


def check_suspend(report, guest, watch, bus):
    """To memory: in s2idle this guest's clocks would run on, as it has no idle state deep enough to stop them."""
    before = guest.watch.count()
    add_lm75(guest, bus, LM75_LATER, 28.5)
    answer = guest.run(
        "echo 0 >/sys/class/rtc/rtc0/wakealarm; A=$(cut -d ' ' -f 1 /proc/uptime);"
        "echo +3 >/sys/class/rtc/rtc0/wakealarm && echo mem >/sys/power/state &&"
        "echo $A $(cut -d ' ' -f 1 /proc/uptime)"
    ).split()
    if guest.status != 0:
        report.skip(f"suspend: this guest does not: {' '.join(answer)}")
        return
    asleep_s = float(answer[-1]) - float(answer[-2])
    resumed = guest.watch.count()
    took, snapshot = watch.wait(lambda s: all_read(s, ("lm75", "acpitz")), 5, resumed)
    report.check(took is not None, f"resumed after {asleep_s:.1f} s asleep: read again after {seconds(took)}")
    ahead_s = float(guest.run("cut -d ' ' -f 1 /proc/uptime")) - watch.last()["seen_ns"] / 1e9
    report.check(ahead_s > 1, f"resumed: the clock that counts sleep is {ahead_s:.1f} s ahead of the other")
    took, _ = watch.wait(lambda s: value_of(find(s, chip="lm75", id=f"{LM75_LATER:04x}")) == 28.5, 5, before)
    report.check(took is not None, f"resumed: a chip that came just before the sleep is read after {seconds(took)}")


# ---- main ----


def start_guest(directory):
    """By KVM where it works here, which only a boot can tell."""
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        try:
            return vm.Guest(directory, "kvm", 15, quiet=True)
        except vm.GuestError:
            print("KVM is there and boots no guest here: QEMU's own emulation is used", flush=True)
    return vm.Guest(directory, "tcg", 90)


def check_all(report, guest, watch_program, programs):
    bus = find_bus(guest)
    add_lm75(guest, bus, LM75, 12.0)
    watch = Watch(guest, watch_program)
    took, _ = watch.wait(lambda snapshot: True, 10)
    if not report.check(took is not None, f"the watch runs in the guest: first snapshot after {seconds(took)}"):
        return
    check_lm75(report, watch)
    check_zone(report, watch)
    check_changes(report, guest, watch, bus)
    idle_gap_s = check_rest(report, guest, watch)
    check_programs(report, guest, watch, bus, programs)
    check_probe(report, guest, programs)
    check_gate(report, guest, watch_program)
    check_unplug(report, guest, watch, bus)
    check_hotplug(report, guest, watch)
    check_pressure(report, guest, watch, idle_gap_s)
    check_suspend(report, guest, watch, bus)


def main():
    directory, watch_program, *others = sys.argv[1:]
    programs = {os.path.basename(path): path for path in others}
    report = Report()
    began = time.monotonic()
    try:
        guest = start_guest(directory)
    except vm.GuestError as error:
        print(f"FAIL no guest: {error}")
        return 1
    print(f"guest up after {guest.boot_s:.1f} s, by {guest.accelerator}", flush=True)
    try:
        check_all(report, guest, watch_program, programs)
    except vm.GuestError as error:
        report.check(False, f"the guest: {error}")
    finally:
        if report.failed:
            guest.print_end()
        guest.close()
    took_s = time.monotonic() - began
    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped in {took_s:.0f} s")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
