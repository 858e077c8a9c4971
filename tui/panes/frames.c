/* Frame times of the selected app: a graph, their distribution beside. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "frame_figures.h"
#include "frames_past.h"
#include "line.h"
#include "pane.h"
#include "plot.h"
#include "text.h"

enum {
    SCALE_WIDTH = 6,
    BIN_NAME_WIDTH = 10,
    BAR_MIN = 6,
    BAR_MAX = 30,
    SHARE_WIDTH = 7,
    HISTOGRAM_COLUMNS = 70, /* of the pane, below it the graph has all of it */
    GAP = 2
};

/* The graph's scale, in what is shown: milliseconds or frames per second. */
struct scale {
    bool fps;
    double target; /* NAN = none */
    double top;
};

static double target_ms(const struct model_app *of) {
    const int64_t frame_ns = of->app.budget.size != 0 ? of->app.budget.frame_ns : of->app.target_frame_ns;
    return frame_ns > 0 ? (double)frame_ns / 1e6 : (double)NAN;
}

/* What is shown of a frame; NAN of the first, which has no period. */
static double shown_value(const struct perfadapt_frame *frame, bool fps) {
    if (frame->period_ns < 0 || (fps && frame->period_ns == 0)) {
        return NAN;
    }
    return fps ? 1e9 / (double)frame->period_ns : (double)frame->period_ns / 1e6;
}

/* The top of the scale: over the target and all but the rarest outliers, which are cut. */
static struct scale scale_of(const struct pane *pane, const struct model_app *of, size_t first) {
    struct scale scale = {.fps = pane->view->frames_as_fps, .target = target_ms(of)};
    if (scale.fps) {
        scale.target = 1000 / scale.target;
    }
    const double most = isnan(scale.target) ? 1e4 : scale.target * (scale.fps ? 2 : 6);
    scale.top = isnan(scale.target) ? 1 : scale.target * (scale.fps ? 1.2 : 1.5);
    for (size_t i = first; i < pane->model->frame_count; ++i) {
        scale.top = fmax(scale.top, fmin(shown_value(&pane->model->frames[i], scale.fps), most));
    }
    scale.top *= 1.05;
    return scale;
}

static void draw_scale(const struct pane *pane, const struct plot *like, const struct scale *scale) {
    pane_format(pane, 0, 0, STYLE_DIM, "%5.1f", scale->top);
    pane_format(pane, like->rows - 1, 0, STYLE_DIM, "%5.1f", 0.0);
    for (int row = 0; row < like->rows; ++row) {
        pane_glyph(pane, row, SCALE_WIDTH - 1, STYLE_BORDER, pane->view->ascii ? L'|' : L'┊');
    }
    if (isnan(scale->target)) {
        return;
    }
    struct plot plot;
    plot_init(&plot, like->columns, like->rows, like->ascii);
    plot_dashes(&plot, plot_scale(&plot, scale->target, 0, scale->top));
    pane_plot(pane, 0, SCALE_WIDTH, STYLE_LIMIT, &plot, '-');
    pane_format(pane, plot_row(&plot, scale->target, 0, scale->top), 0, STYLE_LIMIT, "%5.1f", scale->target);
}

static void draw_graph(const struct pane *pane, const struct model_app *of, int rows, int width) {
    const struct model *model = pane->model;
    struct plot plot;
    plot_init(&plot, width, rows, pane->view->ascii);
    const size_t dots = (size_t)plot_width(&plot);
    const size_t first = model->frame_count > dots ? model->frame_count - dots : 0;
    const struct scale scale = scale_of(pane, of, first);
    draw_scale(pane, &plot, &scale);
    const int offset = (int)(dots - (model->frame_count - first));
    int before = -1;
    for (size_t i = first; i < model->frame_count; ++i) {
        const double value = shown_value(&model->frames[i], scale.fps);
        const int y = isnan(value) ? -1 : plot_scale(&plot, value, 0, scale.top);
        if (y >= 0) {
            plot_column(&plot, offset + (int)(i - first), before >= 0 ? before : y, y);
        }
        before = y;
    }
    pane_plot(pane, 0, SCALE_WIDTH, STYLE_SERIES_1, &plot, '*');
}

static void draw_bin(const struct pane *pane, int row, int left, const struct frame_bin *bin, double share) {
    const int room = pane->area.columns - left - BIN_NAME_WIDTH - SHARE_WIDTH;
    const int width = room < BAR_MIN ? BAR_MIN : room > BAR_MAX ? BAR_MAX : room;
    const int length = bin->count > 0 ? (int)fmax(1, round(share * width)) : 0;
    pane_text(pane, row, left, STYLE_NORMAL, bin->name);
    pane_fill(pane, row, left + BIN_NAME_WIDTH, length, bin->late ? STYLE_HOT : STYLE_COOL,
              pane->view->ascii ? L'#' : L'█');
    pane_format(pane, row, left + BIN_NAME_WIDTH + width, STYLE_NORMAL, "%6.1f%%", share * 100);
}

static void draw_histogram(const struct pane *pane, const struct model_app *of, int rows, int left) {
    struct frame_spread spread;
    const double target = target_ms(of);
    frame_spread_compute(pane->model->frames, pane->model->frame_count, pane->model->now_ns, target, &spread);
    const int head = rows > spread.bin_count ? 1 : 0;
    if (spread.total == 0) {
        pane_text(pane, 0, left, STYLE_DIM, "no frame in the last 10 s");
        return;
    }
    if (head > 0 && isnan(target)) {
        pane_text(pane, 0, left, STYLE_DIM, "last 10 s, no target");
    } else if (head > 0) {
        pane_format(pane, 0, left, STYLE_DIM, "last 10 s, target %.1f ms", target);
    }
    for (int i = 0; i < spread.bin_count; ++i) {
        draw_bin(pane, head + i, left, &spread.bins[i], (double)spread.bins[i].count / (double)spread.total);
    }
}

static void add_number(struct line *line, int priority, const char *name, double value, const char *unit) {
    char text[24];
    text_number(text, sizeof text, value, 1);
    line_add(line, priority, STYLE_NORMAL, "%s %s%s", name, text, unit);
}

static void draw_numbers(const struct pane *pane, const struct perfadapt_app *app, int row) {
    const bool fps = pane->view->frames_as_fps;
    struct frame_figures of;
    struct line line;
    frame_figures_compute(pane->model->frames, pane->model->frame_count, pane->model->now_ns, &of);
    line_begin(&line, pane);
    add_number(&line, 0, "p50", fps ? 1000 / of.p50_ms : of.p50_ms, "");
    add_number(&line, 4, "p95", fps ? 1000 / of.p95_ms : of.p95_ms, "");
    add_number(&line, 1, "p99", fps ? 1000 / of.p99_ms : of.p99_ms, "");
    add_number(&line, 5, "p99.9", fps ? 1000 / of.p99_9_ms : of.p99_9_ms, "");
    add_number(&line, 3, fps ? "min" : "max", fps ? 1000 / of.max_ms : of.max_ms, "");
    line_add(&line, 2, app->frames_late > 0 ? STYLE_STRONG : STYLE_NORMAL, "late %" PRIu32 "/%" PRIu32,
             app->frames_late, app->frames_counted);
    add_number(&line, 3, "1% low", app->low_1_percent_fps, " fps");
    add_number(&line, 6, "cpu", app->cpu_p50_ms, "");
    add_number(&line, 6, "gpu", app->gpu_p50_ms, "");
    line_add(&line, 7, STYLE_NORMAL, "frames %" PRIu64, app->frames_total);
    line_draw(&line, row, 0, pane->area.columns);
}

void frames_draw(const struct pane *pane) {
    const struct model_app *of = pane_selected(pane);
    if (of == NULL) {
        return;
    }
    if (of->app.state > PERFADAPT_APP_IDLE) {
        pane_format(pane, 0, 0, STYLE_NORMAL, "n/a (%s)", perfadapt_app_state_name(of->app.state));
        return;
    }
    if (pane->model->frames_of != of->app.key) {
        frames_past_draw(pane, of);
        return;
    }
    if (pane->model->frame_count == 0) {
        pane_text(pane, 0, 0, STYLE_NORMAL, "n/a (no frame yet)");
        return;
    }
    const int rows = pane->area.rows - 1;
    const bool beside = pane->area.columns >= HISTOGRAM_COLUMNS && rows >= 4;
    const int third = pane->area.columns / 3;
    const int most = BIN_NAME_WIDTH + BAR_MAX + SHARE_WIDTH;
    const int histogram = third > most ? most : third;
    const int width = pane->area.columns - SCALE_WIDTH - (beside ? histogram + GAP : 0);
    if (rows >= 2) {
        draw_graph(pane, of, rows, width);
    }
    if (beside) {
        draw_histogram(pane, of, rows, pane->area.columns - histogram);
    }
    draw_numbers(pane, &of->app, rows > 0 ? rows : 0);
}
