/* Where the files are that come with the library: data, and the helper program. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_INSTALLED_H
#define PERFADAPT_CORE_INSTALLED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Absolute paths. What lies beside the library comes first, so that a build tree and an installed copy that was moved
 * use their own; then what it was configured for. False where neither exists. No allocation.
 */
bool perfadapt__data_dir(char *out, size_t capacity);
bool perfadapt__probe_program(char *out, size_t capacity);

#endif
