/* The pane of frame times where a moment has no frames of the selected app. SPDX-License-Identifier: MIT */
#include "frames_past.h"

#include <math.h>

#include "frame_parts.h"
#include "frame_rows.h"
#include "plot.h"

enum { GRAPH_ROWS_MIN = 2 };

/* From half of the frames to nearly all, as seen that long before the moment; NAN where that is not known. */
static void range_at(const struct pane *pane, const struct frame_rows *rows, int ago_s, double *out_p50,
                     double *out_p99) {
    *out_p50 = frame_shown(pane, history_at(rows->p50_ms, pane->model->now_ns, ago_s, 1));
    *out_p99 = frame_shown(pane, history_at(rows->p99_ms, pane->model->now_ns, ago_s, 1));
}

static struct frame_scale scale_of(const struct pane *pane, const struct model_app *of, const struct frame_rows *rows,
                                   int seconds) {
    struct frame_scale scale = frame_scale_begin(pane, of);
    for (int ago = 0; ago < seconds; ++ago) {
        double p50 = NAN;
        double p99 = NAN;
        range_at(pane, rows, ago, &p50, &p99);
        frame_scale_add(&scale, fmax(p50, p99));
    }
    scale.top *= 1.05;
    return scale;
}

/* A second a dot, the moment that is shown at the right. */
static void draw_graph(const struct pane *pane, const struct model_app *of, int height) {
    const struct frame_rows rows = frame_rows_find(pane->model, of->app.key);
    struct plot plot;
    plot_init(&plot, pane->area.columns - FRAME_SCALE_WIDTH, height, pane->view->ascii);
    const int dots = plot_width(&plot);
    const int seconds = dots < HISTORY_SECONDS ? dots : HISTORY_SECONDS;
    if (rows.p50_ms == NULL) {
        return;
    }
    const struct frame_scale scale = scale_of(pane, of, &rows, seconds);
    frame_scale_draw(pane, 1, &plot, &scale);
    frame_target_draw(pane, 1, &plot, &scale);
    for (int ago = 0; ago < seconds; ++ago) {
        double p50 = NAN;
        double p99 = NAN;
        range_at(pane, &rows, ago, &p50, &p99);
        if (!isnan(p50) && !isnan(p99)) {
            plot_column(&plot, dots - 1 - ago, plot_scale(&plot, p99, 0, scale.top),
                        plot_scale(&plot, p50, 0, scale.top));
        }
    }
    pane_plot(pane, 1, FRAME_SCALE_WIDTH, STYLE_SERIES_1, &plot, '*');
}

static int draw_reason(const struct pane *pane) {
    const struct model *model = pane->model;
    const size_t index = model_find_app(model, model->frames_of);
    if (index < model->apps.count && model->apps.items[index].app.key == model->frames_of) {
        const struct perfadapt_app *kept = &model->apps.items[index].app;
        return pane_format(pane, 0, 0, STYLE_NORMAL, "n/a (of this moment frames are kept of %s (%d) alone)",
                           kept->name, (int)kept->pid);
    }
    return pane_text(pane, 0, 0, STYLE_NORMAL, "n/a (of this moment frames are kept of no app that is there)");
}

void frames_past_draw(const struct pane *pane, const struct model_app *of) {
    const int height = pane->area.rows - 2;
    const int column = draw_reason(pane);
    if (height >= GRAPH_ROWS_MIN) {
        pane_text(pane, 0, column, STYLE_DIM, "; below p50 to p99 of 10 s, second by second");
        draw_graph(pane, of, height);
    }
    if (pane->area.rows > 1) {
        const struct perfadapt_app *app = &of->app;
        const struct frame_figures figures = {.count = app->frames_counted,
                                              .late = app->frames_late,
                                              .p50_ms = app->period_p50_ms,
                                              .p95_ms = (double)NAN,
                                              .p99_ms = app->period_p99_ms,
                                              .p99_9_ms = (double)NAN,
                                              .max_ms = app->period_max_ms};
        frame_numbers_draw(pane, pane->area.rows - 1, &figures, of);
    }
}
