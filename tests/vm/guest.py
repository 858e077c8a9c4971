"""A guest of QEMU: boots it, runs lines of shell in it, sets its temperatures. SPDX-License-Identifier: MIT

Everything between the two goes through inherited descriptors, and the guest's memory is one too: there is no file and
no socket to leave behind. QEMU is killed by the kernel if this process dies, however that comes.
"""
import ctypes
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

MEMORY_MIB = 512
# Of the page that zone.asl reads; the kernel is told to leave it alone.
ZONE_ADDRESS = 0x0FF00000
PR_SET_PDEATHSIG = 1


class GuestError(Exception):
    """The guest did not come up, has gone, or does not answer."""


class Lines:
    """Lines that arrive while nobody waits, each with the time of its arrival."""

    def __init__(self, file):
        self.lines = []
        self.ended = False
        self.arrived = threading.Condition()
        threading.Thread(target=self._read, args=(file,), daemon=True).start()

    def _read(self, file):
        try:
            for line in file:
                with self.arrived:
                    self.lines.append((time.monotonic(), line.decode(errors="replace").rstrip("\r\n")))
                    self.arrived.notify_all()
        except OSError:
            pass
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def count(self):
        with self.arrived:
            return len(self.lines)

    def since(self, start):
        with self.arrived:
            return self.lines[start:]

    def wait(self, test, timeout_s, start=0):
        """(index, time, line) of the first line from `start` on that passes; None where none came in time."""
        deadline = time.monotonic() + timeout_s
        with self.arrived:
            while True:
                for start in range(start, len(self.lines)):
                    if test(self.lines[start][1]):
                        return (start, *self.lines[start])
                start = len(self.lines)
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    return None
                self.arrived.wait(left)


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Guest:
    def __init__(self, directory, accelerator, boot_timeout_s, quiet=False):
        self.accelerator = accelerator
        self.started = time.monotonic()
        self.memory = os.memfd_create("guest")
        os.ftruncate(self.memory, MEMORY_MIB << 20)
        self.set_zone(40.0)
        self.process = None
        # Theirs are closed here once QEMU has them, so that its end is seen as the end of the stream.
        ours, theirs = zip(*(socket.socketpair() for _ in ("ctl", "watch", "qmp")))
        self.sockets = ours
        try:
            self._start(directory, theirs)
        finally:
            for end in theirs:
                end.close()
        try:
            self._greet(boot_timeout_s)
        except BaseException:
            if not quiet:
                self.print_end()
            self.close()
            raise

    def _start(self, directory, sockets):
        ctl, watch, qmp = (end.fileno() for end in sockets)
        kvm = self.accelerator == "kvm"
        command = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-M", "q35,memory-backend=ram", "-accel", self.accelerator, "-cpu", "host" if kvm else "Nehalem",
            "-smp", "2", "-m", f"{MEMORY_MIB}M",
            "-object", f"memory-backend-file,id=ram,size={MEMORY_MIB}M,mem-path=/proc/self/fd/{self.memory},share=on",
            "-kernel", os.path.join(directory, "kernel"), "-initrd", os.path.join(directory, "initramfs"),
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off psi=1 printk.time=1 "
                       + ("" if kvm else "tsc=reliable no_timer_check ") + f"memmap=4K${ZONE_ADDRESS:#x}",
            "-acpitable", "file=" + os.path.join(directory, "zone.aml"),
            "-serial", "stdio",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=ctl,fd={ctl}", "-device", "virtserialport,chardev=ctl,name=ctl",
            "-chardev", f"socket,id=watch,fd={watch}", "-device", "virtserialport,chardev=watch,name=watch",
            "-chardev", f"socket,id=qmp,fd={qmp}", "-mon", "chardev=qmp,mode=control",
            "-blockdev", "driver=null-co,node-name=drive,size=67108864,read-zeroes=on",
            "-device", "nvme,drive=drive,serial=vm",
            "-blockdev", "driver=null-co,node-name=disk,size=67108864,read-zeroes=on",
            "-device", "ide-hd,drive=disk",
            "-trace", "pci_nvme_get_log",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            pass_fds=(self.memory, ctl, watch, qmp), preexec_fn=die_with_parent,
        )  # fmt: skip
        self.console = Lines(self.process.stdout)
        self.messages = Lines(self.process.stderr)

    def _greet(self, timeout_s):
        self.ctl = Lines(self.sockets[0].makefile("rb"))
        self.watch = Lines(self.sockets[1].makefile("rb"))
        self.qmp_lines = Lines(self.sockets[2].makefile("rb"))
        self.qmp("qmp_capabilities")
        ready = self.ctl.wait(lambda line: line.startswith("READY "), timeout_s)
        if not ready:
            raise GuestError(f"no sign of the guest after {timeout_s} s")
        self.boot_s = ready[1] - self.started

    def qmp(self, command):
        start = self.qmp_lines.count()
        self.sockets[2].sendall(json.dumps({"execute": command}).encode() + b"\n")
        return self.qmp_lines.wait(lambda line: '"return"' in line or '"error"' in line, 10, start)

    def run(self, line, timeout_s=30):
        """What a shell line of the guest printed; its status is in self.status."""
        start = self.ctl.count()
        self.sockets[0].sendall(line.encode() + b"\n")
        end = self.ctl.wait(lambda text: re.fullmatch(r"END \d+", text), timeout_s, start)
        if not end:
            raise GuestError(f"no answer within {timeout_s} s: {line}")
        self.status = int(end[2].split()[1])
        return "\n".join(text for _, text in self.ctl.since(start)[: end[0] - start] if text)

    def set_zone(self, celsius):
        """The temperature of the ACPI zone, in tenths of a kelvin where its method reads it."""
        os.pwrite(self.memory, struct.pack("<I", round(celsius * 10) + 2732), ZONE_ADDRESS)

    def log_pages_asked(self):
        """How often the guest has asked the NVMe drive for a log page: that is how its temperature is read."""
        return sum("pci_nvme_get_log" in line for _, line in self.messages.since(0))

    def print_end(self):
        """What QEMU and the guest's console said last."""
        for _, line in (self.messages.since(0) + self.console.since(0))[-25:]:
            print("  | " + line)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        for end in self.sockets:
            end.close()
        os.close(self.memory)
