/* What holds, what is wrong with a file, and what keys there are as JSON; docs/json.md has the keys.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_CONFIG_DOCUMENT_H
#define PERFADAPT_TOOLS_CONFIG_DOCUMENT_H

#include "config/merged.h"

#include <stdbool.h>
#include <stdio.h>

/* Each prints whole lines; false after a message on standard error where memory is short. */
bool config_document_print(const struct config_merged *merged, const char *app, FILE *stream);
bool config_document_print_check(const char *path, bool readable, const struct config_warning *warnings, size_t count,
                                 FILE *stream);
bool config_document_print_keys(FILE *stream);

#endif
