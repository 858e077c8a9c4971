#!/bin/bash
# Installs a build into a directory of its own and uses it as a stranger would: run.sh BUILD_DIRECTORY
# SPDX-License-Identifier: MIT
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_root=$(cd "$here/../.." && pwd)
build=$(cd "${1:?usage: run.sh BUILD_DIRECTORY}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/perfadapt-install-XXXXXX")
prefix=$work/prefix
cc=${CC:-cc}
cxx=${CXX:-c++}
failures=0

trap 'rm -rf "$work"' EXIT

pass() {
    printf 'PASS: %s\n' "$*"
}

fail() {
    printf 'FAIL: %s\n' "$*"
    failures=$((failures + 1))
}

# Passes where the command does; its output is shown where it does not.
expect() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        pass "$what"
    else
        fail "$what"
        sed 's/^/      /' "$work/output"
    fi
}

require_tools() {
    local tool
    for tool in cmake pkg-config readelf nm "$cc" "$cxx"; do
        if ! command -v "$tool" >/dev/null 2>&1; then
            printf 'skipped: no %s here\n' "$tool"
            exit 77
        fi
    done
}

same_text() { # WHAT EXPECTED ACTUAL
    if [[ $2 == "$3" ]]; then
        pass "$1"
    else
        fail "$1"
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | sed 's/^/      /' || true
    fi
}

has_vulkan_headers() {
    "$cc" -E -include vulkan/vulkan_core.h -x c /dev/null >/dev/null 2>&1
}

check_headers() { # each alone, so that none leans on another's includes
    local header name flags=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only "-I$prefix/include")
    for header in "$prefix"/include/perfadapt/*.h; do
        name=perfadapt/$(basename "$header")
        if [[ $name == perfadapt/vulkan.h ]] && ! has_vulkan_headers; then
            printf 'no Vulkan headers: %s is not tried\n' "$name"
            continue
        fi
        printf '#include <%s>\nint unused;\n' "$name" >"$work/alone.c"
        cp "$work/alone.c" "$work/alone.cpp"
        expect "$name alone as C11" "$cc" -std=c11 "${flags[@]}" "$work/alone.c"
        expect "$name alone as C++17" "$cxx" -std=c++17 "${flags[@]}" "$work/alone.cpp"
    done
    same_text "every public header is installed" "$(headers_of_tree)" "$(ls "$prefix/include/perfadapt")"
}

headers_of_tree() {
    find "$source_root/include/perfadapt" -name '*.h*' -printf '%f\n' | sed 's/\.in$//' | LC_ALL=C sort
}

map_symbols() {
    sed -n 's/^ *\(perfadapt_[a-z0-9_]*\);$/\1/p' "$source_root/libperfadapt/perfadapt.map" | LC_ALL=C sort
}

exported_symbols() {
    nm -D --defined-only --format=posix "$library" | awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' | LC_ALL=C sort
}

declared_symbols() { # what the headers promise
    cat "$prefix"/include/perfadapt/*.h | tr '\n' ' ' | grep -oE 'PERFADAPT_API (const |enum |u?int|size_t|void)[^;(]*\(' |
        sed 's/.*[ *]\(perfadapt_[a-z0-9_]*\)($/\1/' | LC_ALL=C sort
}

dynamic_entries() { # NEEDED|SONAME
    readelf -d "$library" | sed -n "s/.*($1).*\[\(.*\)\]/\1/p" | LC_ALL=C sort
}

check_library() {
    same_text "exported symbols are those of perfadapt.map" "$(map_symbols)" "$(exported_symbols)"
    same_text "declared functions are those of perfadapt.map" "$(map_symbols)" "$(declared_symbols)"
    same_text "no symbol without the perfadapt_ prefix" "" "$(exported_symbols | grep -v '^perfadapt_' || true)"
    same_text "SONAME" libperfadapt.so.0 "$(dynamic_entries SONAME)"
    # An older glibc has its threads and dlopen in libraries of their own.
    same_text "needs libc and inih alone" "" \
        "$(dynamic_entries NEEDED | grep -vE '^(libinih\.so\..*|libc\.so\.6|libpthread\.so\.0|libdl\.so\.2|libc\.musl-.*|libc\.so|ld-linux.*)$' || true)"
    expect "stays loaded (nodelete)" grep -q NODELETE <(readelf -d "$library")
}

run_consumer() { # WHAT PROGRAM
    expect "$1 runs" env "LD_LIBRARY_PATH=$(dirname "$library")" "XDG_RUNTIME_DIR=$work/run" timeout 20 "$2"
}

check_pkg_config() {
    local flags
    read -ra flags <<<"$(pkg-config --cflags --libs perfadapt)"
    expect "pkg-config: C consumer compiles" "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror "$here/consumer.c" \
        "${flags[@]}" -o "$work/consumer_c"
    expect "pkg-config: C++ consumer compiles" "$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Werror -x c++ \
        "$here/consumer.c" -x none "${flags[@]}" -o "$work/consumer_cxx"
    run_consumer "pkg-config: C consumer" "$work/consumer_c"
    run_consumer "pkg-config: C++ consumer" "$work/consumer_cxx"
    same_text "pkg-config: version" "$(sed -n 's/^project(perfadapt VERSION \([0-9.]*\).*/\1/p' \
        "$source_root/CMakeLists.txt")" "$(pkg-config --modversion perfadapt)"
}

# All of it is inline: compiled as hosts do, with warnings of their own, and linked to nothing.
check_vulkan() {
    local flags=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror "-I$prefix/include")
    if ! has_vulkan_headers; then
        return
    fi
    expect "vulkan.h: C host compiles and links" "$cc" -std=c11 -O2 "${flags[@]}" "$here/vulkan_consumer.c" \
        -o "$work/vulkan_c"
    expect "vulkan.h: C++ host compiles and links" "$cxx" -std=c++17 -O2 "${flags[@]}" -x c++ \
        "$here/vulkan_consumer.c" -o "$work/vulkan_cxx"
    expect "vulkan.h: C host runs" "$work/vulkan_c"
    expect "vulkan.h: C++ host runs" "$work/vulkan_cxx"
}

check_find_package() {
    local generator
    generator=$(sed -n 's/^CMAKE_GENERATOR:[A-Z]*=//p' "$build/CMakeCache.txt") # the one this machine is known to have
    expect "find_package: configures" cmake -G "$generator" -S "$here/cmake" -B "$work/cmake" \
        "-DCMAKE_PREFIX_PATH=$prefix" \
        "-DCMAKE_C_COMPILER=$cc" "-DCMAKE_CXX_COMPILER=$cxx"
    expect "find_package: compiles" cmake --build "$work/cmake"
    run_consumer "find_package: C consumer" "$work/cmake/consumer_c"
    run_consumer "find_package: C++ consumer" "$work/cmake/consumer_cxx"
}

data_files() { # DIRECTORY
    (cd "$1" && find . -mindepth 2 -name '*.ini' | LC_ALL=C sort)
}

first_answer() { # PROGRAM DRIVE_ARGUMENTS...
    local program=$1
    shift
    printf 'hold 0 off\n' | "$program" drive "$@" 2>&1
}

# What the program reads lies beside it, wherever the copy went; the directory it was built for is not asked.
check_program() {
    local program=$prefix/bin/perfadapt moved=$work/moved
    if [[ ! -x $program ]]; then
        printf 'no perfadapt program in this build\n'
        return
    fi
    same_text "every file of profiles/ is installed" "$(data_files "$source_root/profiles")" \
        "$(data_files "$prefix/share/perfadapt")"
    expect "the configuration's example is installed" test -f "$prefix/share/perfadapt/perfadapt.ini.example"
    expect "perfadapt.ini(5) is installed" grep -q limit_c "$(find "$prefix" -name perfadapt.ini.5)"
    expect "perfadapt: its own presets and machines" grep -qF "$prefix/share/perfadapt/presets/high.ini:" \
        <("$program" config --preset high)
    expect "perfadapt: a plant is found" "$program" sim --plant rpi4 --scene steady --duration 2 --policy none
    expect "perfadapt: a preset is found" grep -q 'frame_ns=33333333 ' <(first_answer "$program" --preset low)
    mkdir "$moved"
    cp -r "$prefix/bin" "$prefix/share" "$moved/"
    sed -i 's/^target_fps = .*/target_fps = 50/' "$moved/share/perfadapt/presets/low.ini"
    expect "perfadapt, moved: its own preset" grep -q 'frame_ns=20000000 ' \
        <(first_answer "$moved/bin/perfadapt" --preset low)
    rm "$moved/share/perfadapt/plants/rpi4.ini"
    expect "perfadapt, moved: a plant that is missing" grep -qF "($moved/share/perfadapt/plants/rpi4.ini)" \
        <("$moved/bin/perfadapt" sim --plant rpi4 --scene steady 2>&1)
    ln -s "$moved/bin/perfadapt" "$work/elsewhere"
    expect "perfadapt, by a link" grep -q 'frame_ns=20000000 ' <(first_answer "$work/elsewhere" --preset low)
    expect "perfadapt, in the build tree: the source's preset" grep -q 'frame_ns=33333333 ' \
        <(first_answer "$build/bin/perfadapt" --preset low)
}

require_tools
mkdir -m 0700 "$work/run"
if ! cmake --install "$build" --prefix "$prefix" >"$work/output" 2>&1; then
    cat "$work/output"
    fail "cmake --install"
    exit 1
fi
pass "cmake --install"
library=$(find "$prefix" -name libperfadapt.so)
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name perfadapt.pc)")
export PKG_CONFIG_PATH
check_headers
check_library
check_pkg_config
check_vulkan
check_find_package
check_program
if ((failures)); then
    printf '%d checks failed\n' "$failures"
    exit 1
fi
