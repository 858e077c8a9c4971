/* The apps that were found. SPDX-License-Identifier: MIT */
#include "model_apps.h"

#include <stdlib.h>
#include <string.h>

bool model_apps_reserve(struct model_apps *apps, size_t count) {
    if (count <= apps->capacity) {
        return true;
    }
    struct model_app *grown = realloc(apps->items, count * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    memset(grown + apps->capacity, 0, (count - apps->capacity) * sizeof *grown);
    apps->items = grown;
    apps->capacity = count;
    return true;
}

void model_apps_free(struct model_apps *apps) {
    for (size_t i = 0; i < apps->capacity; ++i) {
        free(apps->items[i].simulated);
    }
    free(apps->items);
    *apps = (struct model_apps){0};
}
