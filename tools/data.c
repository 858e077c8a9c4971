/* SPDX-License-Identifier: MIT */
#include "data.h"

#include "core/installed.h"

#include <limits.h>
#include <stdio.h>

bool data_path(const char *folder, const char *name, char out_path[DATA_PATH_MAX]) {
    char directory[PATH_MAX];
    if (!perfadapt__data_dir(directory, sizeof directory))
        directory[0] = '\0'; /* then no file of it is found, and its path tells where it was looked for */
    const int length = snprintf(out_path, DATA_PATH_MAX, "%s/%s/%s.ini", directory, folder, name);
    return length > 0 && length < DATA_PATH_MAX;
}
