#!/bin/bash
# The controller at a temperature limit on a real GPU, beside others; prints Markdown, and leaves it with the traces in a
# directory. SPDX-License-Identifier: MIT
# usage: soak.sh [--also] DIRECTORY_OF_PROGRAMS OUTPUT_DIRECTORY [OPTION_OF_SOAK_BENCH]...
#   soak.sh build/bin /tmp/soak               on NVIDIA, about eight minutes
#   soak.sh build/bin /tmp/one --policy perfadapt,constant --learn-s 240
#   soak.sh build/bin /tmp/two --policy ipa+frame,step_wise,bang-bang,constant --limit-c C --best-quality N
#                                             in two parts of eight and six minutes, the library in a session that is not
#                                             new; C and N as the first part has printed them
#   soak.sh --also build/bin /tmp/also        what a tick, a frame and a look at the device cost there, and the library's
#                                             figures beside nvidia-smi's; about two minutes
#   PERFADAPT_SIMULATE=h200 soak.sh build/bin /tmp/soak --sensor snapshot --quick
#                                             without such a GPU: whether it runs
# The programs are the build's bin/: soak_bench; with --also nvidia, nvml_cost, gpu_soak, bench_frame_path, bench_tick and
# perfadapt. Nothing is installed, no setting of the GPU is changed. Plots: soak_plot.py OUTPUT_DIRECTORY/trace.csv;
# the best constant level of the same seconds: soak_best.py OUTPUT_DIRECTORY/trace.csv.
set -euo pipefail

also=false
if [[ ${1:-} == --also ]]; then
    also=true
    shift
fi
usage="usage: soak.sh [--also] DIRECTORY_OF_PROGRAMS OUTPUT_DIRECTORY [OPTION_OF_SOAK_BENCH]..."
programs=$(cd "${1:?$usage}" && pwd)
output=${2:?$usage}
shift 2
mkdir -p "$output"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Runs a program where it is there, and goes on whatever becomes of it.
try() { # PROGRAM ARGUMENT...
    local name=$1 status=0
    shift
    if [[ ! -x $programs/$name ]]; then
        printf '%s is not in %s\n' "$name" "$programs"
        return
    fi
    "$programs/$name" "$@" || status=$?
    ((status == 0)) || printf '%s ended with status %s\n' "$name" "$status"
}

print_costs() {
    local name
    "$here/nvidia.sh" --idle 12 --busy 45 "$programs" || printf 'nvidia.sh ended with status %s\n' $?
    for name in bench_frame_path bench_tick; do
        printf '\n## %s\n\n```\n' "$name"
        try "$name"
        printf '```\n'
    done
    printf '\n## perfadapt profile\n\n```\n'
    try perfadapt profile
    printf '```\n'
}

if $also; then
    print_costs 2>&1 | tee "$output/also.md"
    exit 0
fi
status=0
[[ -x $programs/soak_bench ]] || {
    echo "skipped: no program soak_bench in $programs: built with Vulkan?"
    exit 77
}
"$programs/soak_bench" "$@" "$output" | tee "$output/soak.md" || status=${PIPESTATUS[0]}
exit "$status"
