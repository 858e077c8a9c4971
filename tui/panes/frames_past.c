/* The pane of frame times where a moment has no frames of the selected app. SPDX-License-Identifier: MIT */
#include "frames_past.h"

#include <inttypes.h>
#include <stdio.h>

#include "line.h"
#include "text.h"

static void draw_reason(const struct pane *pane) {
    const struct model *model = pane->model;
    const size_t index = model_find_app(model, model->frames_of);
    if (index < model->apps.count && model->apps.items[index].app.key == model->frames_of) {
        const struct perfadapt_app *kept = &model->apps.items[index].app;
        pane_format(pane, 0, 0, STYLE_NORMAL, "n/a (of this moment frames are kept of %s (%d) alone)", kept->name,
                    (int)kept->pid);
    } else {
        pane_text(pane, 0, 0, STYLE_NORMAL, "n/a (of this moment frames are kept of no app that is there)");
    }
}

static void add_number(struct line *line, int priority, const char *name, double value, const char *unit) {
    char text[24];
    text_number(text, sizeof text, value, 1);
    line_add(line, priority, STYLE_NORMAL, "%s %s%s", name, text, unit);
}

static void draw_numbers(const struct pane *pane, const struct perfadapt_app *app, int row) {
    const bool fps = pane->view->frames_as_fps;
    struct line line;
    line_begin(&line, pane);
    add_number(&line, 0, "p50", fps ? 1000 / app->period_p50_ms : app->period_p50_ms, "");
    add_number(&line, 1, "p99", fps ? 1000 / app->period_p99_ms : app->period_p99_ms, "");
    add_number(&line, 3, fps ? "min" : "max", fps ? 1000 / app->period_max_ms : app->period_max_ms, "");
    line_add(&line, 2, app->frames_late > 0 ? STYLE_STRONG : STYLE_NORMAL, "late %" PRIu32 "/%" PRIu32,
             app->frames_late, app->frames_counted);
    add_number(&line, 3, "1% low", app->low_1_percent_fps, " fps");
    add_number(&line, 6, "cpu", app->cpu_p50_ms, "");
    add_number(&line, 6, "gpu", app->gpu_p50_ms, "");
    line_add(&line, 7, STYLE_NORMAL, "frames %" PRIu64, app->frames_total);
    line_draw(&line, row, 0, pane->area.columns);
}

void frames_past_draw(const struct pane *pane, const struct model_app *of) {
    draw_reason(pane);
    if (pane->area.rows > 1) {
        draw_numbers(pane, &of->app, pane->area.rows - 1);
    }
}
