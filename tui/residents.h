/* The resident memory of every app that is there, from when it was first seen. SPDX-License-Identifier: MIT */
#ifndef TUI_RESIDENTS_H
#define TUI_RESIDENTS_H

#include "history.h"

#define RESIDENTS_SECONDS 3

struct model;

/* Reads model->apps, each once in RESIDENTS_SECONDS: what an app publishes is in memory, but is 30 kB to copy. Those that
 * were recorded are there already, and are read whenever asked for. */
void residents_collect(struct model *model);

/* In bytes. NULL where nothing is kept of that app. */
const struct history *residents_find(const struct model *model, uint64_t key);

#endif
