#!/bin/bash
# How long real memory pressure takes to be seen: bench.sh PRESSURE_PROGRAM frames|trigger RUNS [DIRECTORY_ON_A_DISK]
# Prints figures; asserts nothing. SPDX-License-Identifier: MIT
set -euo pipefail

program=${1:?usage: bench.sh PRESSURE_PROGRAM frames|trigger RUNS [DIRECTORY]}
mode=${2:?frames or trigger}
runs=${3:?how many runs}
directory=${4:-$(dirname "$program")}
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

for ((i = 0; i < runs; i++)); do
    status=0
    output=$("$(dirname "$0")/run.sh" "$program" "$directory" "$mode") || status=$?
    if ((status == 77)); then
        echo "${output##*$'\n'}"
        exit 77
    fi
    ((status == 0)) || echo "run $i failed: ${output##*$'\n'}"
    echo "$output" >>"$lines"
done

# Of each thing that was waited for: the middle, the 95th percentile (nearest rank) and the worst, in milliseconds.
sed -n 's/^\(.*[^ ]\)  *\(-\{0,1\}[0-9.]*\) ms after .*/\1\t\2/p' "$lines" | sort -t "$(printf '\t')" -k1,1 -k2,2n | awk -F '\t' '
    function rank(p,  at) { at = int(p * n); if (at < p * n) at++; return value[at < 1 ? 1 : at] }
    function flush() { if (n) printf "%-44s n %3d  p50 %8.1f  p95 %8.1f  max %8.1f ms\n", name, n, rank(0.5), rank(0.95), value[n] }
    $1 != name { flush(); name = $1; n = 0 }
    { value[++n] = $2 }
    END { flush() }'
