/* The pane of frame times where a moment has no frames of the selected app. SPDX-License-Identifier: MIT */
#include "frames_past.h"

#include <inttypes.h>
#include <math.h>

#include "frame_rows.h"
#include "line.h"
#include "plot.h"
#include "text.h"

enum { SCALE_WIDTH = 6, GRAPH_ROWS_MIN = 2 };

static double target_ms(const struct model_app *of) {
    const int64_t frame_ns = of->app.budget.size != 0 ? of->app.budget.frame_ns : of->app.target_frame_ns;
    return frame_ns > 0 ? (double)frame_ns / 1e6 : (double)NAN;
}

/* Milliseconds, or frames per second. */
static double shown_value(const struct pane *pane, double ms) {
    return pane->view->frames_as_fps ? 1000 / ms : ms;
}

/* From half of the frames to nearly all, as seen that long before the moment; NAN where that is not known. */
static void range_at(const struct pane *pane, const struct frame_rows *rows, int ago_s, double *out_p50,
                     double *out_p99) {
    *out_p50 = shown_value(pane, history_at(rows->p50_ms, pane->model->now_ns, ago_s, 1));
    *out_p99 = shown_value(pane, history_at(rows->p99_ms, pane->model->now_ns, ago_s, 1));
}

/* Over the target and all but outliers, which are cut. */
static double top_of(const struct pane *pane, const struct frame_rows *rows, double target, int seconds) {
    const double most = isnan(target) ? 1e4 : target * (pane->view->frames_as_fps ? 2 : 6);
    double top = isnan(target) ? 1 : target * 1.2;
    for (int ago = 0; ago < seconds; ++ago) {
        double p50 = NAN;
        double p99 = NAN;
        range_at(pane, rows, ago, &p50, &p99);
        const double higher = fmax(p50, p99);
        top = higher > top ? fmin(higher, most) : top; /* NAN is not */
    }
    return top * 1.05;
}

static void draw_scale(const struct pane *pane, const struct plot *like, double target, double top) {
    pane_format(pane, 1, 0, STYLE_DIM, "%5.1f", top);
    pane_format(pane, like->rows, 0, STYLE_DIM, "%5.1f", 0.0);
    for (int row = 1; row <= like->rows; ++row) {
        pane_glyph(pane, row, SCALE_WIDTH - 1, STYLE_BORDER, pane->view->ascii ? L'|' : L'┊');
    }
    if (isnan(target)) {
        return;
    }
    struct plot plot;
    plot_init(&plot, like->columns, like->rows, like->ascii);
    plot_dashes(&plot, plot_scale(&plot, target, 0, top));
    pane_plot(pane, 1, SCALE_WIDTH, STYLE_LIMIT, &plot, '-');
    pane_format(pane, 1 + plot_row(&plot, target, 0, top), 0, STYLE_LIMIT, "%5.1f", target);
}

/* A second a dot, the moment that is shown at the right. */
static void draw_graph(const struct pane *pane, const struct model_app *of, int height) {
    const struct frame_rows rows = frame_rows_find(pane->model, of->app.key);
    const double target = shown_value(pane, target_ms(of));
    struct plot plot;
    plot_init(&plot, pane->area.columns - SCALE_WIDTH, height, pane->view->ascii);
    const int dots = plot_width(&plot);
    const int seconds = dots < HISTORY_SECONDS ? dots : HISTORY_SECONDS;
    if (rows.p50_ms == NULL) {
        return;
    }
    const double top = top_of(pane, &rows, target, seconds);
    draw_scale(pane, &plot, target, top);
    for (int ago = 0; ago < seconds; ++ago) {
        double p50 = NAN;
        double p99 = NAN;
        range_at(pane, &rows, ago, &p50, &p99);
        if (!isnan(p50) && !isnan(p99)) {
            plot_column(&plot, dots - 1 - ago, plot_scale(&plot, p99, 0, top), plot_scale(&plot, p50, 0, top));
        }
    }
    pane_plot(pane, 1, SCALE_WIDTH, STYLE_SERIES_1, &plot, '*');
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
    const int height = pane->area.rows - 2;
    const int column = draw_reason(pane);
    if (height >= GRAPH_ROWS_MIN) {
        pane_text(pane, 0, column, STYLE_DIM, "; below p50 to p99 of 10 s, second by second");
        draw_graph(pane, of, height);
    }
    if (pane->area.rows > 1) {
        draw_numbers(pane, &of->app, pane->area.rows - 1);
    }
}
