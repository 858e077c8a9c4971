#!/bin/bash
# Boots Debian's kernel under QEMU and checks unmodified programs against real sensors and real pressure.
# SPDX-License-Identifier: MIT
# usage: run.sh BUILD_DIRECTORY WATCH_PROGRAM
#
# The kernel is the package that linux-image-amd64 depends on: downloaded by apt-get and unpacked, not installed, once
# for a build directory (into its vm/, 150 MB). An initramfs brings the programs under test with the libraries they are
# linked to, lm-sensors and busybox. In the guest (guest.py starts it, check.py drives it over virtio ports):
#   an LM75 on i2c-stub, whose registers i2cset writes, and which is taken away and plugged in again;
#   an ACPI thermal zone (zone.asl) whose temperature is a word in the guest's memory, which is a memfd of the driver's;
#   an NVMe drive with a thermometer, whose log reads QEMU traces; a SATA disk that suspends;
#   a cgroup with a limit and swap in memory, for stalls; two processors; a clock that wakes it from sleep.
# KVM where a guest boots by it, else QEMU's own emulation. Needs the packages named below; 77 where it cannot run.
set -euo pipefail

build=$(cd "${1:?usage: run.sh BUILD_DIRECTORY WATCH_PROGRAM}" && pwd)
watch=${2:?usage: run.sh BUILD_DIRECTORY WATCH_PROGRAM}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$build/vm
PATH=$PATH:/usr/sbin:/sbin

skip() {
    echo "skipped: $*"
    exit 77
}

check_needs() {
    local tool
    [[ $(uname -m) == x86_64 ]] || skip "the guest is an x86-64 machine, this one is $(uname -m)"
    for tool in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static sensors:lm-sensors modprobe:kmod \
        depmod:kmod iasl:acpica-tools /usr/bin/python3:python3; do
        command -v "${tool%%:*}" >/dev/null || skip "${tool%%:*} is not installed (Debian: ${tool##*:})"
    done
    if ldd "$(command -v busybox)" >/dev/null 2>&1; then
        skip "busybox is not linked statically (Debian: busybox-static)"
    fi
}

# What is big and of no use here stays out.
unpack_kernel() { # PACKAGE_FILE DIRECTORY
    mkdir -p "$2"
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --exclude='*/drivers/gpu' --exclude='*/drivers/net' \
        --exclude='*/drivers/media' --exclude='*/drivers/staging' --exclude='*/drivers/infiniband' \
        --exclude='*/sound' --exclude='*/kernel/fs' --exclude='*/kernel/net' --exclude='./usr'
}

fetch_kernel() {
    local package scratch=$cache/new
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        skip "no apt-get or dpkg-deb to get Debian's kernel with"
    fi
    package=$(apt-cache depends --important linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: *//p' | head -n 1)
    [[ -n $package ]] || skip "apt-get knows no linux-image-amd64"
    rm -rf "$scratch"
    mkdir -p "$scratch"
    # The sandbox's user may not be able to write here.
    if ! (cd "$scratch" && apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download "$package") \
        >"$scratch/log" 2>&1; then
        tail -n 5 "$scratch/log"
        skip "$package could not be downloaded"
    fi
    unpack_kernel "$scratch/$package"_*.deb "$scratch/tree"
    depmod -b "$scratch/tree" "${package#linux-image-}"
    mv "$scratch"/tree/boot/vmlinuz-* "$scratch/tree/kernel"
    rm -rf "$cache/tree"
    mv "$scratch/tree" "$cache/tree"
    rm -rf "$scratch"
}

check_needs
mkdir -p "$cache"
[[ -d $cache/tree ]] || fetch_kernel
iasl -p "$cache/zone" "$here/zone.asl" >"$cache/iasl.log" 2>&1 || { cat "$cache/iasl.log" && exit 1; }

programs=("$watch")
for program in "$build"/bin/perfadapt "$build"/bin/perfadapt-probe; do
    [[ ! -x $program ]] || programs+=("$program")
done
ln -sf tree/kernel "$cache/kernel"
# -B: no bytecode beside the sources.
/usr/bin/python3 -B "$here/image.py" "$cache/tree" "$cache/initramfs" "$here/init" "${programs[@]}" "$(command -v sensors)"
exec /usr/bin/python3 -B "$here/check.py" "$cache" "${programs[@]}"
