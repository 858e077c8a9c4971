/* The last minutes of some values of each app that is there. SPDX-License-Identifier: MIT */
#ifndef TUI_APP_SERIES_H
#define TUI_APP_SERIES_H

#include "history.h"
#include "model_apps.h"

#define APP_SERIES_MAX 256 /* no monitor finds more apps */

/* 1.3 kB a history. */
struct app_series {
    uint64_t key;     /* of the app */
    int64_t asked_ns; /* when it was last read; 0 = not yet */
    struct history histories[];
};

struct app_series_table {
    size_t count;
    struct app_series *items[APP_SERIES_MAX]; /* in the order of the apps, as far as there was memory */
};

/* Those of apps that are gone are freed, new ones begin with `count` histories of nothing. */
void app_series_follow(struct app_series_table *table, const struct model_apps *apps, size_t count);

/* NULL where nothing is kept of it. `likely` is where it may be, the place of the app among the others. */
struct app_series *app_series_find(const struct app_series_table *table, uint64_t key, size_t likely);

void app_series_clear(struct app_series_table *table);

#endif
