#!/bin/bash
# Compares the library with nvidia-smi on a machine with an NVIDIA GPU, idle and under load; prints Markdown.
# SPDX-License-Identifier: MIT
# usage: nvidia.sh [--idle S] [--busy S] [--load COMMAND] DIRECTORY_OF_PROGRAMS
# The programs are the build's bin/: nvidia, nvml_cost and, where it was built with Vulkan, gpu_soak. Without --load that
# one is the load, with frames that are never done in time. Nothing is installed, no setting of the GPU is changed.
set -euo pipefail

idle=20
busy=60
load=
while [[ ${1:-} == --* ]]; do
    case $1 in
    --idle) idle=$2 ;;
    --busy) busy=$2 ;;
    --load) load=$2 ;;
    *)
        echo "unknown option: $1" >&2
        exit 2
        ;;
    esac
    shift 2
done
programs=${1:?usage: nvidia.sh [--idle S] [--busy S] [--load COMMAND] DIRECTORY_OF_PROGRAMS}
programs=$(cd "$programs" && pwd)

skip() { # WHY
    echo "skipped: $1"
    exit 77
}

command -v nvidia-smi >/dev/null || skip "no nvidia-smi here"
nvidia-smi >/dev/null 2>&1 || skip "nvidia-smi finds no GPU that works"
[[ -x $programs/nvidia ]] || skip "no program nvidia in $programs"
if [[ -z $load ]]; then
    [[ -x $programs/gpu_soak ]] || skip "no program gpu_soak in $programs: name another with --load"
    "$programs/gpu_soak" --duration 1 >/dev/null || skip "gpu_soak does not run here: name another with --load"
    load="exec '$programs/gpu_soak' --duration $((busy + 5)) --quality 31 --full-ms 25"
fi

# A field that this version does not know is an error for all of them.
known() { # FIELD...
    local field
    for field in "$@"; do
        if nvidia-smi --query-gpu="$field" --format=csv,noheader >/dev/null 2>&1; then
            printf '%s' "$field"
            return
        fi
    done
    printf 'name'
}
fields=temperature.gpu,$(known temperature.gpu.tlimit),power.draw,clocks.sm,memory.used,utilization.gpu
fields+=,$(known clocks_event_reasons.active clocks_throttle_reasons.active)

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
printf '## %s\n\n' "$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -n 1)"
if [[ -x $programs/nvml_cost ]]; then
    "$programs/nvml_cost" || echo "nvml_cost ended with status $?"
    echo
fi
status=0
"$programs/nvidia" "$idle" "$busy" "$load" "$fields" "$directory" || status=$?
exit "$status"
