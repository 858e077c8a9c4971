/* Samples as comma-separated lines, one for each app. SPDX-License-Identifier: MIT */
#ifndef TUI_CSV_H
#define TUI_CSV_H

#include <stdio.h>

#include "model.h"

/* The names of the columns. */
void csv_write_heading(FILE *out);

/* A line for each app, one without an app where there is none. `first_ns` is the now_ns of the first sample. */
void csv_write_sample(const struct model *model, int64_t first_ns, FILE *out);

#endif
