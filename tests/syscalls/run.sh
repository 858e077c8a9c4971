#!/usr/bin/env bash
# Counts the system calls of the render thread in a hundred thousand frames, light and heavy: there must be none. SPDX-License-Identifier: MIT
# usage: run.sh PATH_OF_FRAMES_PROGRAM
set -euo pipefail

program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_RUNTIME_DIR=$folder

if ! command -v strace >/dev/null; then
    echo "skipped: strace is not installed"
    exit 77
fi
if ! strace -o /dev/null true 2>/dev/null; then
    echo "skipped: strace may not trace here (ptrace is refused)"
    exit 77
fi

# Without -f strace follows the first thread alone: the render thread. The program marks its frames with getppid().
strace -o "$folder/calls" "$program" 100000
marks=$(grep -c '^getppid' "$folder/calls" || true)
if [ "$marks" != 2 ]; then
    echo "FAILED: expected two marks in the trace, found $marks"
    exit 1
fi
between=$(sed -n '/^getppid/,/^getppid/p' "$folder/calls" | grep -cv '^getppid' || true)
echo "system calls of the render thread in 100000 frames: $between (in the whole program: $(wc -l <"$folder/calls"))"
if [ "$between" != 0 ]; then
    sed -n '/^getppid/,/^getppid/p' "$folder/calls" | head -n 20
    exit 1
fi
