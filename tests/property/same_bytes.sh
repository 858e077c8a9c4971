#!/usr/bin/env bash
# The same input gives the same bytes, whatever compiled the controller: gcc and clang, without and with optimisation,
# for the plain machine and one that can fuse. SPDX-License-Identifier: MIT
# usage: same_bytes.sh DIRECTORY_OF_GENERATED_HEADERS
set -euo pipefail

generated=${1:?usage: same_bytes.sh DIRECTORY_OF_GENERATED_HEADERS}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
readonly fusing=x86-64-v3

# As the library is built; -ffp-contract=off is what makes a machine that can fuse refrain from it.
readonly flags=(-std=gnu11 -D_GNU_SOURCE -ffp-contract=off -I"$root/libperfadapt" -I"$root/include" -I"$generated"
    -I"$root/tests/unit")

build() { # PROGRAM COMPILER FLAGS...
    local program=$1 compiler=$2
    shift 2
    "$compiler" "${flags[@]}" "$@" "$root"/libperfadapt/control/*.c "$root/tests/property/stream.c" -o "$program"
}

can_fuse() { # COMPILER
    grep -qw fma /proc/cpuinfo && grep -qw avx2 /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo &&
        "$1" -march=$fusing -E -x c /dev/null -o /dev/null 2>/dev/null
}

printf 'int main(void) { return 0; }\n' >"$folder/probe.c"
compilers=()
for compiler in gcc clang; do
    if command -v "$compiler" >/dev/null && "$compiler" "$folder/probe.c" -o "$folder/program" 2>/dev/null; then
        compilers+=("$compiler")
    fi
done
if ((${#compilers[@]} < 2)); then
    echo "skipped: gcc and clang are needed, there is only: ${compilers[*]-none}"
    exit 77
fi

status=0
compare() { # NAME
    "$folder/program" >"$folder/$1"
    if [[ ! -e $folder/first ]]; then
        mv "$folder/$1" "$folder/first"
        first=$1
        echo "$1: $(wc -l <"$folder/first") lines"
    elif cmp "$folder/first" "$folder/$1"; then
        echo "$1: the same bytes"
    else
        echo "FAILED: $1 differs from $first"
        diff "$folder/first" "$folder/$1" | head -n 6 || true
        status=1
    fi
}

for compiler in "${compilers[@]}"; do
    for level in -O0 -O2; do
        build "$folder/program" "$compiler" "$level"
        compare "$compiler $level"
    done
    if can_fuse "$compiler"; then
        build "$folder/program" "$compiler" -O2 -march=$fusing
        compare "$compiler -O2 -march=$fusing"
    else
        echo "$compiler -march=$fusing: not on this machine"
    fi
done
if [[ $(LC_ALL=de_DE.UTF-8 locale decimal_point 2>/dev/null) == , ]]; then
    export LC_ALL=de_DE.UTF-8
    compare "locale de_DE.UTF-8"
else
    echo "locale de_DE.UTF-8: not on this machine"
fi
exit "$status"
