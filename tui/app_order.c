/* Which apps are shown, and in what order. SPDX-License-Identifier: MIT */
#include "app_order.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "text.h"

/* What an app is sorted by. Those that are equal keep the order in which they came. */
struct rank {
    double value; /* NAN = not known */
    const char *name;
    size_t index;
    bool reversed;
};

static bool is_live(const struct model_app *of) {
    return of->app.state <= PERFADAPT_APP_IDLE;
}

static bool has_budget(const struct model_app *of) {
    return is_live(of) && of->app.budget.size != 0;
}

double app_order_used(const struct model_app *of) {
    const double work_ms = fmax(of->app.cpu_p50_ms, of->app.gpu_p50_ms);
    if (!has_budget(of) || of->app.budget.frame_ns <= 0 || isnan(work_ms)) {
        return NAN;
    }
    return work_ms / ((double)of->app.budget.frame_ns / 1e6);
}

static double quality_share(const struct model_app *of) {
    if (!has_budget(of) || of->app.budget.quality_levels < 2) {
        return NAN;
    }
    return (double)of->app.budget.quality / (double)(of->app.budget.quality_levels - 1);
}

static double rate(const struct model_app *of) {
    if (!is_live(of)) {
        return NAN;
    }
    return of->app.state == PERFADAPT_APP_IDLE ? 0 : of->app.fps;
}

/* Smaller comes first: figures are negated, for the highest is what one looks for. */
static double value_of(const struct model_app *of, enum view_sort sort) {
    switch (sort) {
    case VIEW_SORT_FPS:
        return -rate(of);
    case VIEW_SORT_P99:
        return is_live(of) ? -of->app.period_p99_ms : (double)NAN;
    case VIEW_SORT_USED:
        return -app_order_used(of);
    case VIEW_SORT_QUALITY:
        return -quality_share(of);
    case VIEW_SORT_AGE:
    case VIEW_SORT_NAME:
        break;
    }
    return 0;
}

static wint_t next_lower(const char **cursor) {
    return towlower((wint_t)text_decode(cursor));
}

static int compare_names(const char *left, const char *right) {
    while (*left != '\0' && *right != '\0') {
        const wint_t a = next_lower(&left);
        const wint_t b = next_lower(&right);
        if (a != b) {
            return a < b ? -1 : 1;
        }
    }
    return (*left != '\0') - (*right != '\0');
}

static int compare(const void *left, const void *right) {
    const struct rank *a = left;
    const struct rank *b = right;
    if (isnan(a->value) != isnan(b->value)) {
        return isnan(a->value) ? 1 : -1;
    }
    int order = (a->value > b->value) - (a->value < b->value);
    if (order == 0 && a->name != NULL) {
        order = compare_names(a->name, b->name);
    }
    if (order == 0) {
        order = (a->index > b->index) - (a->index < b->index);
    }
    return a->reversed ? -order : order;
}

static bool starts_with(const char *text, const char *part) {
    while (*part != '\0') {
        if (*text == '\0' || next_lower(&text) != next_lower(&part)) {
            return false;
        }
    }
    return true;
}

static bool contains(const char *text, const char *part) {
    while (*text != '\0') {
        if (starts_with(text, part)) {
            return true;
        }
        text_decode(&text);
    }
    return false;
}

static bool passes(const struct model_app *of, const char *filter) {
    char pid[16];
    if (filter[0] == '\0') {
        return true;
    }
    snprintf(pid, sizeof pid, "%" PRId32, of->app.pid);
    const bool is_number = filter[strspn(filter, "0123456789")] == '\0';
    return contains(of->app.name, filter) || (is_number && of->app.pid > 0 && strstr(pid, filter) != NULL);
}

void app_order_compute(const struct model_apps *apps, const struct view *view, struct app_order *out) {
    struct rank ranks[APP_ORDER_MAX];
    out->count = 0;
    for (size_t i = 0; i < apps->count && out->count < APP_ORDER_MAX; ++i) {
        const struct model_app *of = &apps->items[i];
        if (passes(of, view->filter)) {
            ranks[out->count++] = (struct rank){.value = value_of(of, view->sort),
                                                .name = view->sort == VIEW_SORT_NAME ? of->app.name : NULL,
                                                .index = i,
                                                .reversed = view->sort_reversed};
        }
    }
    if (out->count == 0) {
        return;
    }
    qsort(ranks, out->count, sizeof *ranks, compare);
    for (size_t i = 0; i < out->count; ++i) {
        out->indices[i] = ranks[i].index;
    }
}

size_t app_order_find(const struct app_order *order, const struct model_apps *apps, uint64_t key) {
    for (size_t i = 0; i < order->count; ++i) {
        if (apps->items[order->indices[i]].app.key == key) {
            return i;
        }
    }
    return 0;
}

const struct model_app *app_order_selected(const struct model_apps *apps, const struct view *view) {
    struct app_order order;
    app_order_compute(apps, view, &order);
    return order.count == 0 ? NULL : &apps->items[order.indices[app_order_find(&order, apps, view->selected)]];
}

const char *app_order_sort_name(enum view_sort sort) {
    static const char *const names[VIEW_SORT_COUNT] = {"age", "name", "fps", "p99", "used", "level"};
    return (unsigned)sort < VIEW_SORT_COUNT ? names[sort] : "age";
}
