/* SPDX-License-Identifier: MIT */
#include "core/installed.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the file that this code was loaded from: what dladdr() is asked for must be data, to be a pointer to it. */
static const char landmark;

/* The directory of that file: the library, or a program that has it linked in. */
static bool find_own_directory(char *out, size_t capacity) {
    Dl_info info;
    char path[PATH_MAX];
    if (!dladdr(&landmark, &info) || !info.dli_fname)
        return false;
    /* A program's name is as it was called; the kernel knows where it lies. */
    const bool is_path = strchr(info.dli_fname, '/') != NULL;
    if (!realpath(is_path ? info.dli_fname : "/proc/self/exe", path))
        return false;
    char *slash = strrchr(path, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return snprintf(out, capacity, "%s", path) < (int)capacity;
}

static bool try(const char *directory, const char *rest, const char *also, int mode, char *out, size_t capacity) {
    char path[PATH_MAX];
    char real[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%s%s", directory, rest, also);
    if (length < 0 || (size_t)length >= sizeof path || access(path, mode) != 0 || !realpath(path, real))
        return false;
    return snprintf(out, capacity, "%s", real) < (int)capacity;
}

bool perfadapt__data_dir(char *out, size_t capacity) {
    static const char from_here[][sizeof PERFADAPT_DATA_FROM_LIBRARY + sizeof "../share/perfadapt"] = {
        PERFADAPT_DATA_FROM_LIBRARY, "../share/perfadapt", /* a build tree's; also where libraries lie in lib/ itself */
    };
    char own[PATH_MAX];
    const bool known = find_own_directory(own, sizeof own);
    for (size_t i = 0; known && i < sizeof from_here / sizeof from_here[0]; i++)
        if (try(own, from_here[i], "", R_OK, out, capacity))
            return true;
    return try(PERFADAPT_DATA_INSTALLED, "", "", R_OK, out, capacity);
}

bool perfadapt__probe_program(char *out, size_t capacity) {
    static const char program[] = "/perfadapt-probe";
    char own[PATH_MAX];
    const bool known = find_own_directory(own, sizeof own);
    return (known && try(own, PERFADAPT_PROBE_FROM_LIBRARY, program, X_OK, out, capacity)) ||
           (known && try(own, "../bin", program, X_OK, out, capacity)) || /* a build tree's */
           try(PERFADAPT_PROBE_INSTALLED, "", program, X_OK, out, capacity);
}
