/* The apps that were found, as copies. SPDX-License-Identifier: MIT */
#ifndef TUI_MODEL_APPS_H
#define TUI_MODEL_APPS_H

#include <stdbool.h>

#include <perfadapt/monitor.h>

struct model_app {
    struct perfadapt_app app;
    size_t decision_count;
    struct perfadapt_decision decisions[PERFADAPT_DECISIONS_MAX]; /* oldest first */
    struct perfadapt_snapshot *simulated; /* what steers it where that is no real machine, else NULL */
};

struct model_apps {
    size_t count;
    size_t capacity;
    struct model_app *items;
};

/* Room for so many; new ones are zero. False where there is no memory, and what there was stays. */
bool model_apps_reserve(struct model_apps *apps, size_t count);

void model_apps_free(struct model_apps *apps);

#endif
