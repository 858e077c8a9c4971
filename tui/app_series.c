/* The last minutes of some values of each app that is there. SPDX-License-Identifier: MIT */
#include "app_series.h"

#include <stdlib.h>

#include "model_apps.h"

static struct app_series *create(uint64_t key, size_t count) {
    struct app_series *series = malloc(sizeof *series + count * sizeof series->histories[0]);
    if (series == NULL) {
        return NULL;
    }
    series->key = key;
    series->asked_ns = 0;
    for (size_t i = 0; i < count; ++i) {
        history_init(&series->histories[i], key, "");
    }
    return series;
}

/* Apps keep their order from one refresh to the next: one is nearly always where it was. */
static size_t place_of(const struct app_series_table *table, uint64_t key, size_t likely) {
    for (size_t i = 0; i < table->count; ++i) {
        const size_t at = (likely + i) % table->count;
        if (table->items[at] != NULL && table->items[at]->key == key) {
            return at;
        }
    }
    return table->count;
}

void app_series_follow(struct app_series_table *table, const struct model_apps *apps, size_t count) {
    struct app_series_table before = *table;
    table->count = 0;
    for (size_t i = 0; i < apps->count && table->count < APP_SERIES_MAX; ++i) {
        const uint64_t key = apps->items[i].app.key;
        const size_t at = place_of(&before, key, i);
        struct app_series *series = at < before.count ? before.items[at] : create(key, count);
        if (at < before.count) {
            before.items[at] = NULL;
        }
        if (series != NULL) {
            table->items[table->count++] = series;
        }
    }
    app_series_clear(&before);
}

struct app_series *app_series_find(const struct app_series_table *table, uint64_t key, size_t likely) {
    const size_t at = place_of(table, key, likely);
    return at < table->count ? table->items[at] : NULL;
}

void app_series_clear(struct app_series_table *table) {
    for (size_t i = 0; i < table->count; ++i) {
        free(table->items[i]);
    }
    table->count = 0;
}
