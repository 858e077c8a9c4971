/* Where the files are that come with perfadapt: plants, presets. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DATA_H
#define PERFADAPT_TOOLS_DATA_H

#include <stdbool.h>

#define DATA_PATH_MAX 4096

/*
 * The path of `folder`/`name`.ini, whether it exists or not. Data beside the program come first, so that a build tree
 * and an installed copy that was moved use their own; then those of the prefix it was configured for. False where the
 * path would be too long.
 */
bool data_path(const char *folder, const char *name, char out_path[DATA_PATH_MAX]);

#endif
