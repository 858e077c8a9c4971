/* Frame times of the selected app: a graph, their distribution beside. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "pane.h"
#include "plot.h"
#include "text.h"

enum { SCALE_WIDTH = 6, HISTOGRAM_WIDTH = 38, HISTOGRAM_COLUMNS = 96, BINS = 4, BAR_WIDTH = 16 };

static double target_ms(const struct model_app *of) {
    const int64_t frame_ns = of->app.budget.size != 0 ? of->app.budget.frame_ns : of->app.target_frame_ns;
    return frame_ns > 0 ? (double)frame_ns / 1e6 : (double)NAN;
}

/* The top of the scale: over the target and all but the rarest outliers, which are cut. */
static double scale_top(const struct model *model, size_t first, double target) {
    double highest = isnan(target) ? 1 : target * 1.5;
    for (size_t i = first; i < model->frame_count; ++i) {
        highest = fmax(highest, fmin((double)model->frames[i].period_ns / 1e6, isnan(target) ? 1e4 : target * 6));
    }
    return highest * 1.05;
}

static void draw_target(const struct pane *pane, const struct plot *like, double target, double top) {
    if (isnan(target)) {
        return;
    }
    struct plot plot;
    plot_init(&plot, like->columns, like->rows, like->ascii);
    plot_dashes(&plot, plot_scale(&plot, target, 0, top));
    pane_plot(pane, 0, SCALE_WIDTH, STYLE_LIMIT, &plot, '-');
    pane_format(pane, plot_row(&plot, target, 0, top), 0, STYLE_LIMIT, "%5.1f", target);
}

static void draw_graph(const struct pane *pane, const struct model_app *of, int rows, int width) {
    const struct model *model = pane->model;
    const double target = target_ms(of);
    struct plot plot;
    plot_init(&plot, width, rows, pane->view->ascii);
    const size_t dots = (size_t)plot_width(&plot);
    const size_t first = model->frame_count > dots ? model->frame_count - dots : 0;
    const double top = scale_top(model, first, target);
    pane_format(pane, 0, 0, STYLE_DIM, "%5.1f", top);
    pane_format(pane, rows - 1, 0, STYLE_DIM, "%5.1f", 0.0);
    for (int row = 0; row < rows; ++row) {
        pane_glyph(pane, row, SCALE_WIDTH - 1, STYLE_BORDER, pane->view->ascii ? L'|' : L'┊');
    }
    draw_target(pane, &plot, target, top);
    const int offset = (int)(dots - (model->frame_count - first));
    int before = -1;
    for (size_t i = first; i < model->frame_count; ++i) {
        const int64_t period_ns = model->frames[i].period_ns;
        const int y = period_ns < 0 ? -1 : plot_scale(&plot, (double)period_ns / 1e6, 0, top);
        if (y >= 0) {
            plot_column(&plot, offset + (int)(i - first), before >= 0 ? before : y, y);
        }
        before = y;
    }
    pane_plot(pane, 0, SCALE_WIDTH, STYLE_SERIES_1, &plot, '*');
}

static void draw_histogram(const struct pane *pane, const struct model_app *of, int rows, int left) {
    static const double edges[BINS] = {1.05, 1.5, 2.1, 1e9};
    static const char *const names[BINS] = {"on time", "<= x1.5", "<= x2", "slower"};
    const double target = target_ms(of);
    size_t counts[BINS] = {0};
    size_t total = 0;
    for (size_t i = 0; i < pane->model->frame_count && !isnan(target); ++i) {
        const double period = (double)pane->model->frames[i].period_ns / 1e6;
        int bin = 0;
        while (bin < BINS - 1 && period > edges[bin] * target) {
            ++bin;
        }
        counts[bin] += period >= 0;
        total += period >= 0;
    }
    if (total == 0 || rows < BINS + 1) {
        return;
    }
    pane_format(pane, 0, left, STYLE_DIM, "last %zu frames, target %.1f ms", total, target);
    for (int bin = 0; bin < BINS; ++bin) {
        const double share = (double)counts[bin] / (double)total;
        const int length = counts[bin] > 0 ? (int)fmax(1, round(share * BAR_WIDTH)) : 0;
        pane_format(pane, bin + 1, left, STYLE_NORMAL, "%-8s", names[bin]);
        pane_fill(pane, bin + 1, left + 9, length, bin == 0 ? STYLE_COOL : STYLE_HOT, pane->view->ascii ? L'#' : L'█');
        pane_format(pane, bin + 1, left + 10 + BAR_WIDTH, STYLE_NORMAL, "%5.1f%%", share * 100);
    }
}

static void draw_numbers(const struct pane *pane, const struct perfadapt_app *app, int row) {
    char texts[5][24];
    const double values[5] = {app->period_p50_ms, app->period_p99_ms, app->period_max_ms, app->cpu_p50_ms,
                              app->gpu_p50_ms};
    for (int i = 0; i < 5; ++i) {
        text_number(texts[i], sizeof texts[i], values[i], 1);
    }
    pane_format(pane, row, 0, STYLE_NORMAL,
                "p50 %s  p99 %s  max %s  cpu %s  gpu %s  late %" PRIu32 "/%" PRIu32 "  frames %" PRIu64, texts[0],
                texts[1], texts[2], texts[3], texts[4], app->frames_late, app->frames_counted, app->frames_total);
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
    if (pane->model->frame_count == 0) {
        pane_text(pane, 0, 0, STYLE_NORMAL, "n/a (no frame yet)");
        return;
    }
    const int rows = pane->area.rows - 1;
    const bool beside = pane->area.columns >= HISTOGRAM_COLUMNS && rows > BINS;
    const int width = pane->area.columns - SCALE_WIDTH - (beside ? HISTOGRAM_WIDTH : 0);
    if (rows >= 2) {
        draw_graph(pane, of, rows, width);
    }
    if (beside) {
        draw_histogram(pane, of, rows, pane->area.columns - HISTOGRAM_WIDTH + 2);
    }
    draw_numbers(pane, &of->app, rows);
}
