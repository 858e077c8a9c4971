/* What the user keeps from one run to the next: a file that is written only when asked. SPDX-License-Identifier: MIT */
#ifndef TUI_SETUP_H
#define TUI_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "setup_problem.h"
#include "view.h"

#define SETUP_PATH_MAX 4096

/* Where it is: $XDG_CONFIG_HOME/perfadapt/top.ini, or ~/.config/perfadapt/top.ini. False where neither is known. */
bool setup_path(char *out, size_t capacity);

/* Takes over what the file says; one that is not there says nothing. Each line that is bad is left out, and told. */
void setup_read(const char *path, struct view *view, struct setup_problems *out_problems);

/* Writes it anew, directories too; a file that is there is replaced in one step. False: `problem` says why not. */
bool setup_write(const char *path, const struct view *view, char *problem, size_t capacity);

#endif
