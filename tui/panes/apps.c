/* Apps with a budget: a line each, as many columns as fit. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pane.h"
#include "text.h"

struct column {
    const char *title;
    int width;
    bool right;
    int priority; /* the highest number is left out first */
    void (*format)(const struct model_app *of, char *out, size_t capacity);
};

static bool is_live(const struct model_app *of) {
    return of->app.state <= PERFADAPT_APP_IDLE;
}

static bool has_budget(const struct model_app *of) {
    return is_live(of) && of->app.budget.size != 0;
}

/* A dash where the session says nothing any more, "n/a" where it does and the value is not known. */
static void format_value(const struct model_app *of, double value, int decimals, char *out, size_t capacity) {
    if (!is_live(of)) {
        snprintf(out, capacity, "-");
    } else {
        text_number(out, capacity, value, decimals);
    }
}

static void format_pid(const struct model_app *of, char *out, size_t capacity) {
    if (of->app.pid > 0) {
        snprintf(out, capacity, "%" PRId32, of->app.pid);
    } else {
        snprintf(out, capacity, "n/a");
    }
}

static void format_name(const struct model_app *of, char *out, size_t capacity) {
    snprintf(out, capacity, "%s", of->app.name);
}

static void format_state(const struct model_app *of, char *out, size_t capacity) {
    snprintf(out, capacity, "%s", perfadapt_app_state_name(of->app.state));
}

static void format_fps(const struct model_app *of, char *out, size_t capacity) {
    /* The statistics are of frames that were; of an idle app they are no rate. */
    format_value(of, of->app.state == PERFADAPT_APP_IDLE ? 0 : of->app.fps, 1, out, capacity);
}

static void format_p50(const struct model_app *of, char *out, size_t capacity) {
    format_value(of, of->app.period_p50_ms, 1, out, capacity);
}

static void format_p99(const struct model_app *of, char *out, size_t capacity) {
    format_value(of, of->app.period_p99_ms, 1, out, capacity);
}

static void format_low(const struct model_app *of, char *out, size_t capacity) {
    format_value(of, of->app.low_1_percent_fps, 1, out, capacity);
}

static void format_cpu(const struct model_app *of, char *out, size_t capacity) {
    format_value(of, of->app.cpu_p50_ms, 1, out, capacity);
}

static void format_gpu(const struct model_app *of, char *out, size_t capacity) {
    format_value(of, of->app.gpu_p50_ms, 1, out, capacity);
}

static void format_frame(const struct model_app *of, char *out, size_t capacity) {
    const bool limited = has_budget(of) && of->app.budget.frame_ns > 0;
    format_value(of, limited ? (double)of->app.budget.frame_ns / 1e6 : (double)NAN, 1, out, capacity);
}

/* Work per frame held against the frame's time. */
static void format_used(const struct model_app *of, char *out, size_t capacity) {
    const double work = fmax(of->app.cpu_p50_ms, of->app.gpu_p50_ms);
    if (!has_budget(of) || of->app.budget.frame_ns <= 0 || isnan(work)) {
        snprintf(out, capacity, is_live(of) ? "n/a" : "-");
        return;
    }
    snprintf(out, capacity, "%.0f%%", 100 * work / ((double)of->app.budget.frame_ns / 1e6));
}

static void format_level(const struct model_app *of, char *out, size_t capacity) {
    const struct perfadapt_budget *budget = &of->app.budget;
    if (!has_budget(of)) {
        snprintf(out, capacity, "-");
        return;
    }
    snprintf(out, capacity, "%" PRIu32 "/%" PRIu32, budget->quality, budget->quality_levels - 1);
}

static void format_scale(const struct model_app *of, char *out, size_t capacity) {
    format_value(of, has_budget(of) ? (double)of->app.budget.render_scale : (double)NAN, 2, out, capacity);
}

static void format_heat(const struct model_app *of, char *out, size_t capacity) {
    snprintf(out, capacity, "%s%s", has_budget(of) ? perfadapt_thermal_state_name(of->app.budget.thermal_state) : "-",
             is_live(of) && of->app.simulated ? " (simulated)" : "");
}

static void format_why(const struct model_app *of, char *out, size_t capacity) {
    if (has_budget(of)) {
        perfadapt_reasons_text(of->app.budget.reasons, out, capacity);
    } else {
        snprintf(out, capacity, "-");
    }
}

static const struct column columns[] = {
    {"PID", 7, true, 6, format_pid},      {"NAME", 14, false, 0, format_name},  {"STATE", 8, false, 3, format_state},
    {"FPS", 6, true, 1, format_fps},      {"LIM ms", 6, true, 9, format_frame}, {"p50 ms", 6, true, 5, format_p50},
    {"p99 ms", 6, true, 4, format_p99},   {"1%LOW", 6, true, 8, format_low},    {"cpu ms", 6, true, 11, format_cpu},
    {"gpu ms", 6, true, 12, format_gpu},  {"USED", 5, true, 10, format_used},   {"LEVEL", 5, true, 2, format_level},
    {"SCALE", 5, true, 13, format_scale}, {"HEAT", 16, false, 14, format_heat}, {"WHY", 20, false, 7, format_why},
};

enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

/* Columns by priority as long as they fit; the rest of the width goes to the last one shown. */
static void choose(int width, bool shown[COLUMN_COUNT]) {
    int used = 1;
    memset(shown, 0, COLUMN_COUNT * sizeof *shown);
    for (int priority = 0; priority < 16; ++priority) {
        for (int i = 0; i < COLUMN_COUNT; ++i) {
            if (columns[i].priority == priority && used + columns[i].width <= width) {
                shown[i] = true;
                used += columns[i].width + 1;
            }
        }
    }
}

static void draw_row(const struct pane *pane, int row, const bool shown[COLUMN_COUNT], enum screen_style style,
                     const struct model_app *of) {
    int at = 1;
    if (of != NULL && style == STYLE_SELECTED) {
        pane_fill(pane, row, 0, pane->area.columns, style, L' ');
        pane_glyph(pane, row, 0, style, L'>');
    }
    for (int i = 0; i < COLUMN_COUNT; ++i) {
        char text[160];
        if (!shown[i]) {
            continue;
        }
        if (of == NULL) {
            snprintf(text, sizeof text, "%s", columns[i].title);
        } else {
            columns[i].format(of, text, sizeof text);
        }
        const int width = i == COLUMN_COUNT - 1 ? pane->area.columns - at : columns[i].width;
        at = pane_field(pane, row, at, width, columns[i].right, style, text) + 1;
    }
}

static void draw_none(const struct pane *pane) {
    const char *error = model_sessions_error(pane->model);
    if (error != NULL) {
        pane_text(pane, 0, 0, STYLE_HOT, error);
        return;
    }
    pane_text(pane, 0, 0, STYLE_NORMAL, "no app with a budget found");
    pane_text(pane, 1, 0, STYLE_DIM, "start one that uses libperfadapt, as this user");
}

/* The first app to show, so that the selected one is among those that fit. */
static size_t first_shown(const struct pane *pane, size_t rows) {
    const size_t selected = model_find_app(pane->model, pane->view->selected);
    return selected >= rows ? selected - rows + 1 : 0;
}

void apps_draw(const struct pane *pane) {
    const struct model *model = pane->model;
    if (model->apps.count == 0) {
        draw_none(pane);
        return;
    }
    bool shown[COLUMN_COUNT];
    choose(pane->area.columns, shown);
    const bool headed = pane->area.rows > 1;
    if (headed) {
        draw_row(pane, 0, shown, STYLE_DIM, NULL);
    }
    const size_t rows = (size_t)(pane->area.rows - (headed ? 1 : 0));
    const size_t first = first_shown(pane, rows);
    const struct model_app *selected = pane_selected(pane);
    for (size_t i = 0; i < rows && first + i < model->apps.count; ++i) {
        const struct model_app *of = &model->apps.items[first + i];
        draw_row(pane, (int)i + (headed ? 1 : 0), shown, of == selected ? STYLE_SELECTED : STYLE_NORMAL, of);
    }
}
