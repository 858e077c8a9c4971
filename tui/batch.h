/* Samples on standard output, as text or JSON. SPDX-License-Identifier: MIT */
#ifndef TUI_BATCH_H
#define TUI_BATCH_H

#include <stdbool.h>

#include "model.h"
#include "options.h"

/* Writes options->samples of them (0 = endless), each at once. Returns the exit code; a closed pipe is no failure. */
int batch_run(struct model *model, const struct options *options, bool ascii);

/* Writes the moments of a recording: with --batch each in turn, not paced, else the last one. Returns the exit code. */
int batch_replay(const struct options *options, bool ascii);

#endif
