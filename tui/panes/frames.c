/* Frame times of the selected app: a graph, their distribution beside. SPDX-License-Identifier: MIT */
#include <math.h>

#include "frame_parts.h"
#include "frames_past.h"
#include "pane.h"
#include "plot.h"

enum {
    BIN_NAME_WIDTH = 14,
    BAR_MIN = 6,
    BAR_MAX = 30,
    SHARE_WIDTH = 7,
    HISTOGRAM_COLUMNS = 70, /* of the pane, below it the graph has all of it */
    GAP = 2
};

/* What is shown of a frame; NAN of the first, which has no period, and of one too short for a rate. */
static double shown_value(const struct pane *pane, const struct perfadapt_frame *frame) {
    const bool known = frame->period_ns > 0 || (frame->period_ns == 0 && !pane->view->frames_as_fps);
    return known ? frame_shown(pane, (double)frame->period_ns / 1e6) : (double)NAN;
}

static struct frame_scale scale_of(const struct pane *pane, const struct model_app *of, size_t first) {
    struct frame_scale scale = frame_scale_begin(pane, of);
    for (size_t i = first; i < pane->model->frame_count; ++i) {
        frame_scale_add(&scale, shown_value(pane, &pane->model->frames[i]));
    }
    scale.top *= 1.05;
    return scale;
}

/* What was allowed of each frame: dashes at the target of now, with a step where it was another one. Before the first
 * frame that is shown it is that of now. */
static void draw_allowed(const struct pane *pane, const struct model_app *of, const struct plot *like,
                         const struct frame_scale *scale) {
    const struct model *model = pane->model;
    const size_t dots = (size_t)plot_width(like);
    struct plot plot;
    plot_init(&plot, like->columns, like->rows, like->ascii);
    for (size_t x = 0; x < dots; ++x) {
        const size_t back = dots - 1 - x; /* frames before the newest */
        const bool known = back < model->frame_count;
        const double target_ms =
            known ? frame_target_then_ms(of, &model->frames[model->frame_count - 1 - back]) : frame_target_ms(of);
        const double shown = frame_shown(pane, target_ms);
        if (!isnan(shown) && shown <= scale->top && plot_is_dash(like, (int)x)) {
            const int y = plot_scale(&plot, shown, 0, scale->top);
            plot_column(&plot, (int)x, y, y);
        }
    }
    pane_plot(pane, 0, FRAME_SCALE_WIDTH, STYLE_LIMIT, &plot, '-');
}

static void draw_graph(const struct pane *pane, const struct model_app *of, int rows, int width) {
    const struct model *model = pane->model;
    struct plot plot;
    plot_init(&plot, width, rows, pane->view->ascii);
    const size_t dots = (size_t)plot_width(&plot);
    const size_t first = model->frame_count > dots ? model->frame_count - dots : 0;
    const struct frame_scale scale = scale_of(pane, of, first);
    frame_scale_draw(pane, 0, &plot, &scale);
    draw_allowed(pane, of, &plot, &scale);
    const int offset = (int)(dots - (model->frame_count - first));
    int before = -1;
    for (size_t i = first; i < model->frame_count; ++i) {
        const double value = shown_value(pane, &model->frames[i]);
        const int y = isnan(value) ? -1 : plot_scale(&plot, value, 0, scale.top);
        if (y >= 0) {
            plot_column(&plot, offset + (int)(i - first), before >= 0 ? before : y, y);
        }
        before = y;
    }
    pane_plot(pane, 0, FRAME_SCALE_WIDTH, STYLE_SERIES_1, &plot, '*');
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

static void draw_histogram(const struct pane *pane, const struct model_app *of, const struct frame_spread *spread,
                           int rows, int left) {
    const double target = frame_target_ms(of);
    const int head = rows > spread->bin_count ? 1 : 0;
    if (spread->total == 0) {
        pane_text(pane, 0, left, STYLE_DIM, "no frame in the last 10 s");
        return;
    }
    if (head > 0 && isnan(target)) {
        pane_text(pane, 0, left, STYLE_DIM, "last 10 s, no frame time set");
    } else if (head > 0) {
        pane_format(pane, 0, left, STYLE_DIM, "last 10 s, allowed %.1f%s", frame_shown(pane, target),
                    pane->view->frames_as_fps ? " fps" : " ms");
    }
    for (int i = 0; i < spread->bin_count; ++i) {
        draw_bin(pane, head + i, left, &spread->bins[i], (double)spread->bins[i].count / (double)spread->total);
    }
}

void frames_draw(const struct pane *pane) {
    const struct model_app *of = pane_selected(pane);
    if (of == NULL) {
        pane_text(pane, 0, 0, STYLE_DIM, "n/a (no app)");
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
    const struct model *model = pane->model;
    struct frame_spread spread;
    struct frame_figures figures;
    frame_spread_compute(model->frames, model->frame_count, model->now_ns, of, &spread);
    frame_figures_compute(model->frames, model->frame_count, model->now_ns, &figures);
    const int rows = pane->area.rows - 1;
    const bool beside = pane->area.columns >= HISTOGRAM_COLUMNS && rows >= 4;
    const int third = pane->area.columns / 3;
    const int most = BIN_NAME_WIDTH + BAR_MAX + SHARE_WIDTH;
    const int histogram = third > most ? most : third;
    const int width = pane->area.columns - FRAME_SCALE_WIDTH - (beside ? histogram + GAP : 0);
    if (rows >= 2) {
        draw_graph(pane, of, rows, width);
    }
    if (beside) {
        draw_histogram(pane, of, &spread, rows, pane->area.columns - histogram);
    }
    figures.late = spread.late;
    frame_numbers_draw(pane, rows > 0 ? rows : 0, &figures, of);
}
