/* The resident memory of every app that is there, from when it was first seen. SPDX-License-Identifier: MIT
 *
 * An app takes sizeof(struct resident), 1.3 kB, for as long as it is there. */
#ifndef TUI_RESIDENTS_H
#define TUI_RESIDENTS_H

#include "history.h"

#define RESIDENTS_MAX 256 /* no monitor finds more apps */
#define RESIDENTS_SECONDS 3

struct model;

struct resident {
    int64_t asked_ns;       /* when it was last read; 0 = not yet */
    struct history history; /* bytes; its owner is the app's key */
};

struct residents {
    size_t count;
    struct resident *items[RESIDENTS_MAX]; /* in the order of the apps, as far as there was memory */
};

/* Reads model->apps, each once in RESIDENTS_SECONDS: what an app publishes is in memory, but is 30 kB to copy. Those that
 * were recorded are there already, and are read whenever asked for. What is kept of apps that are gone is freed. */
void residents_collect(struct model *model);

/* NULL where nothing is kept of it. */
const struct history *residents_find(const struct residents *residents, uint64_t key);

void residents_clear(struct residents *residents);

#endif
