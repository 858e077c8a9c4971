/* What holds, as an INI file that says the same. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_CONFIG_TEXT_H
#define PERFADAPT_TOOLS_CONFIG_TEXT_H

#include "config/merged.h"

#include <stdio.h>

/* `why`: of the preset, in words. `app` may be NULL. */
void config_text_print(const struct config_merged *merged, const char *app, const char *why, FILE *stream);

/* "/etc/perfadapt/perfadapt.ini:12", with what would break the line or a terminal replaced. */
void config_text_place(const char *path, unsigned line, FILE *stream);

/* Text that others wrote, likewise. */
void config_text_foreign(const char *text, FILE *stream);

#endif
