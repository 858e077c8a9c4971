/* Which apps are shown, and in what order: a pure function of the apps and of what the user set. SPDX-License-Identifier: MIT */
#ifndef TUI_APP_ORDER_H
#define TUI_APP_ORDER_H

#include "model.h"
#include "view.h"

#define APP_ORDER_MAX 256 /* the library finds no more sessions */

struct app_order {
    size_t count;
    size_t indices[APP_ORDER_MAX]; /* into model_apps.items */
};

/* Those that the filter lets through, sorted. What is not known comes last in either direction. */
void app_order_compute(const struct model_apps *apps, const struct view *view, struct app_order *out);

/* Place of the selected app in the order; of the first where it is not in it. */
size_t app_order_find(const struct app_order *order, const struct model_apps *apps, uint64_t key);

/* The app that is selected, NULL where none is shown. */
const struct model_app *app_order_selected(const struct model_apps *apps, const struct view *view);

/* Work per frame as a share of the frame's time, NAN where either is not known. */
double app_order_used(const struct model_app *of);

/* "age", "name", "fps": what the title and the setup say. */
const char *app_order_sort_name(enum view_sort sort);

#endif
