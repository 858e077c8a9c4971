/* perfadapt config --check: is there anything wrong with these files? SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_CONFIG_CHECK_H
#define PERFADAPT_TOOLS_CONFIG_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/* One line a warning, "FILE:LINE: text". The exit code. `files` ends with NULL. */
int config_check(char *const *files, bool json, FILE *stream);

#endif
