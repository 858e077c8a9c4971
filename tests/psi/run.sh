#!/bin/bash
# Real memory pressure, confined to one cgroup: run.sh PRESSURE_PROGRAM [DIRECTORY_ON_A_DISK [frames|trigger]]
# SPDX-License-Identifier: MIT
set -euo pipefail

program=${1:?usage: run.sh PRESSURE_PROGRAM [DIRECTORY [frames|trigger]]}
directory=$(mktemp -d "${2:-$(dirname "$program")}/psi-XXXXXX")
pid=

# The program cleans up behind itself; this is for when it was killed.
clean_up() {
    if [[ -n $pid ]]; then
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        rmdir /sys/fs/cgroup/{,*/}"perfadapt-psi-$pid" 2>/dev/null || true
    fi
    rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$program" "$directory" "${3:-frames}" &
pid=$!
status=0
wait "$pid" || status=$?
exit "$status"
