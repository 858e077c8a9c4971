#!/bin/bash
# The examples as a user runs them; the renderer on the software rasteriser, with far too much to draw.
# SPDX-License-Identifier: MIT
# usage: run.sh DIRECTORY_OF_PROGRAMS
set -euo pipefail

programs=${1:?usage: run.sh DIRECTORY_OF_PROGRAMS}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export XDG_RUNTIME_DIR=$directory
log=$directory/log

fail() { # MESSAGE
    echo "FAILED: $1"
    cat "$log"
    exit 1
}

"$programs/print_budget" 1 >"$log" 2>&1 || fail "print_budget ended with status $?"
[[ -s $log ]] || fail "print_budget printed nothing"

if [[ ! -x $programs/render_loop ]]; then
    echo "skipped: render_loop is not built (PERFADAPT_VULKAN=OFF)"
    exit 77
fi
for manifest in /usr/share/vulkan/icd.d/lvp_icd*.json /usr/local/share/vulkan/icd.d/lvp_icd*.json; do
    [[ ! -e $manifest ]] || export VK_DRIVER_FILES=$manifest VK_ICD_FILENAMES=$manifest
done
if [[ -z ${VK_DRIVER_FILES:-} ]]; then
    echo "skipped: no software rasteriser (lavapipe) is installed"
    exit 77
fi

"$programs/render_loop" --frames 120 --load 32 --name test >"$log" 2>&1 || fail "render_loop ended with status $?"
grep -qE '^ *[0-9.]+ s  .*fps [0-9.]+ -> [0-9.]+.*frame-(late|cost)' "$log" || fail "thirty times the load and no cut"
grep -qE '^frames +120 ' "$log" || fail "not all frames were drawn"
grep -qE '^gpu +p50 [0-9]' "$log" || fail "no GPU times"
cat "$log"

# A line is a change of what is drawn, or of a state that has lasted: what only flickers gets none.
"$programs/render_loop" --duration 6 --size 64x64 --load 0.5 --simulate handheld:30 >"$log" 2>&1 ||
    fail "render_loop ended with status $?"
lines=$(grep -cE '^ *[0-9.]+ s  ' "$log") || true
told=$(grep -cE '^ *[0-9.]+ s  ([a-z ]+ [0-9.]+ -> [0-9.]+|thermal [a-z]+|memory [a-z]+)(, .*)?  \(why: [a-z, -]+(; .*)?\)$' \
    "$log") || true
[[ $lines -ge 1 && $lines -le 20 && $told = "$lines" ]] || fail "$lines lines about the budget, $told of what matters"
"$programs/render_loop" --frames 60 --size 64x64 --summary >"$log" 2>&1 || fail "render_loop ended with status $?"
if grep -q '(why: ' "$log" || ! grep -qE '^budget +[0-9]+ changes' "$log"; then
    fail "--summary tells more or less than the report"
fi

# The soak, on a device that is made up to be hot: a row every 100 ms, a summary, and nothing left behind.
csv=$directory/soak.csv
TMPDIR=$directory "$programs/gpu_soak" --duration 1 --scene jump --full-ms 2 --simulate h200 --limit-c 45 --trace "$csv" \
    >"$log" 2>&1 || fail "gpu_soak ended with status $?"
grep -qE '^work +[0-9.]*[1-9]' "$log" || fail "no work was done"
grep -qE '^heat +at most 3[5-9]' "$log" || fail "no temperature of the made-up device"
rows=$(grep -cE '^[0-9.]+,[0-9.]+,45\.0,[0-9.]*,[0-9]*,[0-9]+,[0-9.]+,[0-9.]+,[0-9.]+$' "$csv") || true
[[ $rows -ge 3 && $rows -le 11 ]] || fail "$rows rows in a second"
[[ -z $(find "$directory" -name 'gpu_soak-*') ]] || fail "its configuration was left behind"
"$programs/gpu_soak" --duration 0.3 --full-ms 1 --quality 0 >"$log" 2>&1 || fail "gpu_soak ended with status $?"
grep -qE '^quality +0 changes' "$log" || fail "a pinned quality moved"
status=0
"$programs/gpu_soak" --levels 4 --quality 4 >"$log" 2>&1 || status=$?
if [[ $status != 2 ]] || ! grep -q -- --quality "$log"; then
    fail "a quality that is none gave status $status"
fi

# Errors have a name and a status of their own.
status=0
"$programs/render_loop" --levels 99 >"$log" 2>&1 || status=$?
if [[ $status != 2 ]] || ! grep -q -- --levels "$log"; then
    fail "a bad option gave status $status"
fi
status=0
VK_DRIVER_FILES=/nowhere VK_ICD_FILENAMES=/nowhere "$programs/render_loop" --frames 1 >"$log" 2>&1 || status=$?
if [[ $status != 3 ]] || ! grep -qi vulkan "$log"; then
    fail "no driver gave status $status"
fi
[[ -z $(find "$directory" -name '*.sock') ]] || fail "a socket was left behind"
