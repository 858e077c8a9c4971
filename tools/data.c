/* SPDX-License-Identifier: MIT */
#include "data.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(DATA_PATH_MAX >= PATH_MAX, "realpath() may write that much");

/* From the program's directory: as in a build tree and by default, and as this installation was laid out. */
static const char *const beside[] = {"../share/perfadapt", PERFADAPT_DATA_FROM_PROGRAM};

/* Up to the last slash of /proc/self/exe; empty where there is no such file. */
static void find_program(char out_directory[DATA_PATH_MAX]) {
    const ssize_t length = readlink("/proc/self/exe", out_directory, DATA_PATH_MAX - 1);
    out_directory[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(out_directory, '/');
    if (slash)
        *slash = '\0';
}

static void find_folder(const char *folder, char out_directory[DATA_PATH_MAX]) {
    char program[DATA_PATH_MAX];
    char path[2 * DATA_PATH_MAX];
    find_program(program);
    for (size_t i = 0; *program && i < sizeof beside / sizeof beside[0]; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", program, beside[i], folder);
        if (realpath(path, out_directory))
            return;
    }
    snprintf(out_directory, DATA_PATH_MAX, "%s/%s", PERFADAPT_DATA_INSTALLED, folder);
}

bool data_path(const char *folder, const char *name, char out_path[DATA_PATH_MAX]) {
    char directory[DATA_PATH_MAX];
    find_folder(folder, directory);
    const int length = snprintf(out_path, DATA_PATH_MAX, "%s/%s.ini", directory, name);
    return length > 0 && length < DATA_PATH_MAX;
}
