#!/usr/bin/env bash
# A session is recorded while it runs, and replayed by what gcc and clang make of the controller, without and with
# optimisation, and by a 64-bit Arm processor (emulated): every budget must be the recorded one, bit for bit. The demo's
# session where there is Vulkan, one of an app that draws nothing where there is none. SPDX-License-Identifier: MIT
# usage: same_budgets.sh DIRECTORY_OF_PROGRAMS DIRECTORY_OF_GENERATED_HEADERS
set -euo pipefail

programs=${1:?usage: same_budgets.sh DIRECTORY_OF_PROGRAMS DIRECTORY_OF_GENERATED_HEADERS}
generated=${2:?usage: same_budgets.sh DIRECTORY_OF_PROGRAMS DIRECTORY_OF_GENERATED_HEADERS}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_RUNTIME_DIR=$folder/run
mkdir -m 0700 "$XDG_RUNTIME_DIR"

readonly flags=(-std=gnu11 -D_GNU_SOURCE -ffp-contract=off -I"$root/libperfadapt" -I"$root/include" -I"$generated")
readonly sources=("$root"/libperfadapt/control/*.c "$root"/libperfadapt/record/{decoder,file_reader,recording}.c
    "$root"/libperfadapt/record/{replayer,sound,state,words}.c "$root"/libperfadapt/core/{hash,text}.c
    "$root/tests/replay/replay_budgets.c")

# ---- The recordings ----

"$programs/make_recording" "$folder/made.rec"
recordings=("$folder/made.rec")
demo=("$programs/render_loop" --duration 8 --simulate handheld:30 --load-at "5=3" --summary)
if [[ -x $programs/render_loop ]] && "$programs/perfadapt" record -o "$folder/demo.rec" -- "${demo[@]}" >/dev/null; then
    recordings+=("$folder/demo.rec")
    echo "recorded: the demo"
else
    echo "the demo was not recorded: no Vulkan device"
fi
if [[ -x $programs/print_budget ]]; then
    "$programs/perfadapt" record --duration 4 -o "$folder/plain.rec" -- "$programs/print_budget" >/dev/null || true
    [[ ! -s $folder/plain.rec ]] || recordings+=("$folder/plain.rec")
fi

# ---- The replays ----

status=0
first=
compare() { # NAME COMMAND...
    local name=$1
    shift
    if ! "$@" "${recordings[@]}" >"$folder/$name"; then
        echo "FAILED: $name: $(tail -n 1 "$folder/$name")"
        status=1
    elif [[ -z $first ]]; then
        first=$name
        echo "$name: $(grep -c . "$folder/$name") lines; $(grep frames, "$folder/$name" | tr '\n' ';')"
    elif cmp "$folder/$first" "$folder/$name"; then
        echo "$name: the same budgets"
    else
        echo "FAILED: $name differs from $first"
        status=1
    fi
}
build() { # PROGRAM COMPILER FLAGS...
    local program=$1 compiler=$2
    shift 2
    "$compiler" "${flags[@]}" "$@" "${sources[@]}" -o "$program"
}

for compiler in gcc clang; do
    if ! command -v "$compiler" >/dev/null; then
        echo "$compiler: not on this machine"
        continue
    fi
    for level in -O0 -O2; do
        build "$folder/program" "$compiler" "$level"
        compare "$compiler $level" "$folder/program"
    done
done
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
    build "$folder/program" aarch64-linux-gnu-gcc -O2 -static
    compare "aarch64 -O2" qemu-aarch64 "$folder/program"
else
    echo "aarch64: no cross compiler, or no qemu-user, on this machine"
fi
if [[ -z $first ]]; then
    echo "skipped: neither gcc nor clang"
    exit 77
fi
exit "$status"
