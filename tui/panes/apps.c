/* Apps with a budget: a line each, as many columns as fit. SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app_order.h"
#include "app_text.h"
#include "frame_parts.h"
#include "pane.h"

struct column {
    const char *title;
    int width;
    bool right;
    int priority; /* the highest number is left out first */
    int sort;     /* enum view_sort that a click on the title gives; -1 = none */
    app_text_format *format;
};

enum { NONE = -1, BAR_WIDTH = 4, COLUMN_STATE = 2, ACTION_WIDTH = 40 };

/* Times are in ms, as the pane's title says. */
static const struct column columns[] = {
    {"PID", 7, true, 7, VIEW_SORT_AGE, app_text_pid},
    {"NAME", 12, false, 0, VIEW_SORT_NAME, app_text_name},
    {"STATE", 7, false, 5, NONE, app_text_state},
    {"FPS", 5, true, 1, VIEW_SORT_FPS, app_text_fps},
    {"LIMIT", 5, true, 6, NONE, app_text_limit},
    {"p50", 5, true, 10, NONE, app_text_p50},
    {"p99", 5, true, 4, VIEW_SORT_P99, app_text_p99},
    {"1%LOW", 5, true, 11, NONE, app_text_low},
    {"cpu", 5, true, 14, NONE, app_text_cpu},
    {"gpu", 5, true, 15, NONE, app_text_gpu},
    {"USED", BAR_WIDTH + 5, false, 8, VIEW_SORT_USED, NULL},
    {"QUALITY", 7, true, 2, VIEW_SORT_QUALITY, app_text_level},
    {"SCALE", 5, true, 16, NONE, app_text_scale},
    {"MEMORY", 8, true, 12, NONE, app_text_memory},
    {"HEAT", 16, false, 13, NONE, app_text_heat},
    {"LAST ACTION", 24, false, 9, NONE, NULL},
    {"WHY", 11, false, 3, NONE, app_text_why},
};

enum { COLUMN_COUNT = sizeof columns / sizeof *columns, COLUMN_LIMIT = 4, COLUMN_USED = 10, COLUMN_ACTION = 15 };

/* Where each column begins and how wide it is; 0 = left out. */
struct places {
    int at[COLUMN_COUNT];
    int width[COLUMN_COUNT];
};

/* Columns by priority as long as they fit. Returns the width that is left. */
static int choose(int width, struct places *out) {
    int left = width;
    for (int priority = 0; priority < COLUMN_COUNT; ++priority) {
        for (int i = 0; i < COLUMN_COUNT; ++i) {
            if (columns[i].priority == priority && columns[i].width < left) {
                out->width[i] = columns[i].width;
                left -= columns[i].width + 1;
            }
        }
    }
    return left;
}

/* What is left over goes to the latest action, as far as it can use it, and then to the last column. */
static void place(int width, struct places *out) {
    int last = 0;
    memset(out, 0, sizeof *out);
    const int left = choose(width, out);
    if (out->width[COLUMN_ACTION] > 0) {
        const int more = ACTION_WIDTH - columns[COLUMN_ACTION].width;
        out->width[COLUMN_ACTION] += left < more ? left : more;
    }
    for (int i = 0, at = 1; i < COLUMN_COUNT; ++i) {
        if (out->width[i] > 0) {
            out->at[i] = at;
            at += out->width[i] + 1;
            last = i;
        }
    }
    if (!columns[last].right && width > out->at[last]) {
        out->width[last] = width - out->at[last];
    }
}

static void draw_used(const struct pane *pane, int row, int column, enum screen_style style,
                      const struct model_app *of) {
    const double used = app_order_used(of);
    if (isnan(used)) {
        pane_text(pane, row, column, style, "n/a");
        return;
    }
    const int filled = used >= 1 ? BAR_WIDTH : (int)lround(used * BAR_WIDTH);
    pane_fill(pane, row, column, BAR_WIDTH, STYLE_DIM, pane->view->ascii ? L'.' : L'░');
    pane_fill(pane, row, column, filled, used > 1 ? STYLE_HOT : STYLE_COOL, pane->view->ascii ? L'#' : L'█');
    pane_format(pane, row, column + BAR_WIDTH, style, "%4.0f%%", fmin(100 * used, 999));
}

static void draw_cell(const struct pane *pane, int row, const struct places *places, int index, enum screen_style style,
                      const struct model_app *of) {
    char text[160];
    if (index == COLUMN_USED) {
        draw_used(pane, row, places->at[index], style, of);
        return;
    }
    if (index == COLUMN_LIMIT && style == STYLE_NORMAL && frame_is_slowed(of)) {
        style = STYLE_HOT;
    }
    if (index == COLUMN_ACTION) {
        app_text_action(pane->model, of, (size_t)places->width[index], text, sizeof text);
    } else {
        columns[index].format(of, text, sizeof text);
    }
    pane_field(pane, row, places->at[index], places->width[index], columns[index].right, style, text);
}

/* Of a session that says nothing more: who it is, and from there on why. */
static void draw_reason(const struct pane *pane, int row, const struct places *places, enum screen_style style,
                        const struct model_app *of) {
    char reason[160];
    int column = 1;
    for (int i = 0; i <= COLUMN_STATE; ++i) {
        if (places->width[i] > 0) {
            draw_cell(pane, row, places, i, i == COLUMN_STATE && style == STYLE_NORMAL ? STYLE_HOT : style, of);
            column = places->at[i] + places->width[i] + 1;
        }
    }
    app_text_reason(of, reason, sizeof reason);
    pane_text(pane, row, column, style == STYLE_NORMAL ? STYLE_DIM : style, reason);
}

static void draw_row(const struct pane *pane, int row, const struct places *places, bool selected,
                     const struct model_app *of) {
    const enum screen_style style = selected ? STYLE_SELECTED : STYLE_NORMAL;
    if (selected) {
        pane_fill(pane, row, 0, pane->area.columns, style, L' ');
        pane_glyph(pane, row, 0, style, L'>');
    }
    if (of->app.state > PERFADAPT_APP_IDLE) {
        draw_reason(pane, row, places, style, of);
        return;
    }
    for (int i = 0; i < COLUMN_COUNT; ++i) {
        if (places->width[i] > 0) {
            draw_cell(pane, row, places, i, style, of);
        }
    }
}

static void draw_head(const struct pane *pane, const struct places *places) {
    for (int i = 0; i < COLUMN_COUNT; ++i) {
        if (places->width[i] > 0) {
            const bool sorted = columns[i].sort == (int)pane->view->sort && pane->view->sort != VIEW_SORT_AGE;
            pane_field(pane, 0, places->at[i], places->width[i], columns[i].right, sorted ? STYLE_STRONG : STYLE_DIM,
                       columns[i].title);
        }
    }
}

static void draw_none(const struct pane *pane) {
    const char *error = model_sessions_error(pane->model);
    if (error != NULL) {
        const char *advice = strstr(error, "; ");
        const int length = advice != NULL ? (int)(advice - error) : (int)strlen(error);
        pane_format(pane, 0, 0, STYLE_HOT, "%.*s", length, error);
        pane_text(pane, 1, 0, STYLE_DIM, advice != NULL ? advice + 2 : "");
        return;
    }
    if (pane->model->apps.count > 0) {
        pane_format(pane, 0, 0, STYLE_NORMAL, "none of %zu apps has \"%s\" in its name or pid", pane->model->apps.count,
                    pane->view->filter);
        pane_text(pane, 1, 0, STYLE_DIM, "Esc shows all");
        return;
    }
    pane_text(pane, 0, 0, STYLE_NORMAL, "no app with a budget found");
    pane_text(pane, 1, 0, STYLE_DIM, "start one that uses libperfadapt, as this user");
}

/* The part of the order that is shown: the selected app is in it. */
struct window {
    int head; /* rows of the heads of columns */
    size_t rows, first;
    bool told; /* the last row says how many are left out */
};

static struct window window_of(const struct pane *pane, const struct app_order *order) {
    struct window window = {.head = pane->area.rows > 1 ? 1 : 0};
    const size_t rows = (size_t)(pane->area.rows - window.head);
    window.told = order->count > rows && rows > 2;
    window.rows = rows - (window.told ? 1 : 0);
    const size_t selected = app_order_find(order, &pane->model->apps, pane->view->selected);
    window.first = selected >= window.rows ? selected - window.rows + 1 : 0;
    return window;
}

static void draw_left_out(const struct pane *pane, const struct window *window, size_t count) {
    const size_t below = count - window->first - window->rows;
    const int row = window->head + (int)window->rows;
    int column = 1;
    if (window->first > 0) {
        column = pane_format(pane, row, column, STYLE_DIM, "+%zu above  ", window->first);
    }
    if (below > 0) {
        pane_format(pane, row, column, STYLE_DIM, "+%zu more", below);
    }
}

void apps_draw(const struct pane *pane) {
    const struct model_apps *apps = &pane->model->apps;
    struct app_order order;
    struct places places;
    app_order_compute(apps, pane->view, &order);
    if (order.count == 0) {
        draw_none(pane);
        return;
    }
    place(pane->area.columns, &places);
    const struct window window = window_of(pane, &order);
    const size_t selected = app_order_find(&order, apps, pane->view->selected);
    if (window.head > 0) {
        draw_head(pane, &places);
    }
    for (size_t i = 0; i < window.rows && window.first + i < order.count; ++i) {
        const size_t at = window.first + i;
        draw_row(pane, window.head + (int)i, &places, at == selected, &apps->items[order.indices[at]]);
    }
    if (window.told) {
        draw_left_out(pane, &window, order.count);
    }
}

void apps_title(const struct pane *pane, char *out, size_t capacity) {
    const struct view *view = pane->view;
    struct app_order order;
    char shown[32] = "";
    char filter[VIEW_FILTER_MAX + 8] = "";
    char sorted[32] = "";
    char left_out[40] = "";
    app_order_compute(&pane->model->apps, view, &order);
    if (view->filter[0] != '\0') {
        snprintf(shown, sizeof shown, "%zu of ", order.count);
        snprintf(filter, sizeof filter, "  /%s", view->filter);
    }
    if (view->sort != VIEW_SORT_AGE || view->sort_reversed) {
        snprintf(sorted, sizeof sorted, "  by %s%s", app_order_sort_name(view->sort),
                 view->sort_reversed ? ", reversed" : "");
    }
    if (pane->model->apps_left_out > 0) {
        snprintf(left_out, sizeof left_out, ", %zu more left out", pane->model->apps_left_out);
    }
    snprintf(out, capacity, "Apps with a budget (%s%zu%s), times in ms%s%s", shown, pane->model->apps.count, left_out,
             filter, sorted);
}

struct apps_spot apps_at(const struct pane *pane, int row, int column) {
    struct apps_spot spot = {0};
    struct app_order order;
    struct places places;
    app_order_compute(&pane->model->apps, pane->view, &order);
    if (order.count == 0 || row < 0 || row >= pane->area.rows) {
        return spot;
    }
    const struct window window = window_of(pane, &order);
    const size_t at = window.first + (size_t)(row - window.head);
    if (row >= window.head) {
        const bool shown = (size_t)(row - window.head) < window.rows && at < order.count;
        spot.of = shown ? &pane->model->apps.items[order.indices[at]] : NULL;
        return spot;
    }
    place(pane->area.columns, &places);
    for (int i = 0; i < COLUMN_COUNT; ++i) {
        if (columns[i].sort != NONE && column >= places.at[i] && column < places.at[i] + places.width[i]) {
            spot.sorts = true;
            spot.sort = (enum view_sort)columns[i].sort;
        }
    }
    return spot;
}
