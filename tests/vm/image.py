#!/usr/bin/python3
"""Makes the initramfs that the guest boots: modules and programs. SPDX-License-Identifier: MIT

usage: image.py KERNEL_TREE INITRAMFS INIT PROGRAM...

KERNEL_TREE is an unpacked kernel package after depmod. Programs and the libraries they link keep their paths, so that
they find each other as they do here.
"""
import gzip
import lzma
import os
import re
import shutil
import stat
import subprocess
import sys

# In the guest's order of loading, with the options of each.
MODULES = {
    "virtio_pci": "",
    "virtio_console": "",
    "i2c-stub": "chip_addr=0x48,0x49",
    "i2c-dev": "",
    "lm75": "",
    "zram": "",
    "nvme": "",
    "ahci": "",
    "sd_mod": "",
}


def unpack(packed):
    """The content of xz, gzip or zstd data; None for other formats."""
    if packed.startswith(b"\xfd7zXZ\0"):
        return lzma.decompress(packed)
    if packed.startswith(b"\x1f\x8b"):
        return gzip.decompress(packed)
    if packed.startswith(b"\x28\xb5\x2f\xfd") and shutil.which("zstd"):
        return subprocess.run(["zstd", "-dcq"], input=packed, stdout=subprocess.PIPE, check=True).stdout
    return None


def read_module(path):
    with open(path, "rb") as file:
        content = file.read()
    module = content if content.startswith(b"\x7fELF") else unpack(content)
    if not module:
        sys.exit(f"image.py: {path} is packed in a way that cannot be unpacked here")
    return module


def find_modules(tree):
    """Paths in the order of loading, each with its options; what is built into the kernel is left out."""
    version = os.listdir(os.path.join(tree, "lib/modules"))[0]
    found = {}
    for name, options in MODULES.items():
        command = ["modprobe", "-C", "/dev/null", "-d", tree, "-S", version, "--show-depends", name]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        paths = [line.split()[1] for line in lines if line.startswith("insmod ")]
        for path in paths:
            found.setdefault(path, "")
        if paths:
            found[paths[-1]] = options
    return found


def libraries_of(program):
    output = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return re.findall(r"(/\S+) \(0x", output)


class Archive:
    """A cpio archive as the kernel takes it (Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.known = set()

    def entry(self, path, mode, content=b"", device=(0, 0)):
        if path in self.known:
            return
        if "/" in path:
            self.entry(os.path.dirname(path), stat.S_IFDIR | 0o755)
        self.known.add(path)
        name = path.encode() + b"\0"
        fields = (len(self.known), mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name), 0)
        self.pad(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        self.pad(content)

    def pad(self, data):
        self.file.write(data + b"\0" * (-len(data) % 4))

    def add_file(self, source, path=None, mode=0o755):
        with open(source, "rb") as file:
            self.entry((path or source).lstrip("/"), stat.S_IFREG | mode, file.read())

    def add_link(self, path, target):
        self.entry(path, stat.S_IFLNK | 0o777, target.encode())

    def close(self):
        self.entry("TRAILER!!!", 0)
        self.file.close()


def make_initramfs(tree, out_path, init, programs):
    archive = Archive(out_path)
    for directory in ("proc", "sys", "dev", "scratch", "run"):
        archive.entry(directory, stat.S_IFDIR | 0o755)
    archive.entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.add_file(init, "init")
    archive.add_file(shutil.which("busybox"), "bin/busybox")
    for program in programs:
        archive.add_file(program)
        archive.add_link("bin/" + os.path.basename(program), os.path.abspath(program))
        for library in libraries_of(program):
            archive.add_file(os.path.normpath(library))
    if os.path.exists("/etc/sensors3.conf"):
        archive.add_file("/etc/sensors3.conf", mode=0o644)
    order = ""
    for path, options in find_modules(tree).items():
        name = re.sub(r"\.ko\..*", ".ko", os.path.basename(path))
        archive.entry("modules/" + name, stat.S_IFREG | 0o644, read_module(path))
        order += f"{name} {options}\n"
    archive.entry("modules/order", stat.S_IFREG | 0o644, order.encode())
    archive.close()


def main():
    tree, out_path, init, *programs = sys.argv[1:]
    make_initramfs(tree, out_path, init, programs)


if __name__ == "__main__":
    main()
