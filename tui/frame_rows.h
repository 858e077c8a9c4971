/* What the rows of apps said of their frames, moment by moment: all that is left of frames which were not kept.
 * SPDX-License-Identifier: MIT */
#ifndef TUI_FRAME_ROWS_H
#define TUI_FRAME_ROWS_H

#include "history.h"

struct model;

/* Of the 10 s before each second, in ms. */
struct frame_rows {
    const struct history *p50_ms;
    const struct history *p99_ms;
};

/* Adds the rows of the moment that is shown. */
void frame_rows_collect(struct model *model);

/* NULL both where nothing is kept of that app. */
struct frame_rows frame_rows_find(const struct model *model, uint64_t key);

#endif
