/* What the graphs of frame times have in common. SPDX-License-Identifier: MIT */
#include "frame_parts.h"

#include <inttypes.h>
#include <math.h>

#include "line.h"
#include "text.h"

bool frame_is_slowed(const struct model_app *of) {
    const int64_t aim_ns = of->app.target_frame_ns;
    return aim_ns > 0 && of->app.budget.size != 0 && of->app.budget.frame_ns > aim_ns + aim_ns / 50;
}

double frame_shown(const struct pane *pane, double ms) {
    return pane->view->frames_as_fps ? 1000 / ms : ms;
}

struct frame_scale frame_scale_begin(const struct pane *pane, const struct model_app *of) {
    const bool fps = pane->view->frames_as_fps;
    struct frame_scale scale = {.target = frame_shown(pane, frame_target_ms(of)), .most = 1e4, .top = 1};
    if (!isnan(scale.target)) {
        scale.most = scale.target * (fps ? 2 : 6);
        scale.top = scale.target * (fps ? 1.2 : 1.5);
    }
    return scale;
}

void frame_scale_add(struct frame_scale *scale, double value) {
    scale->top = value > scale->top ? fmin(value, scale->most) : scale->top;
}

void frame_scale_draw(const struct pane *pane, int row, const struct plot *like, const struct frame_scale *scale) {
    pane_format(pane, row, 0, STYLE_DIM, "%5.1f", scale->top);
    pane_format(pane, row + like->rows - 1, 0, STYLE_DIM, "%5.1f", 0.0);
    for (int i = 0; i < like->rows; ++i) {
        pane_glyph(pane, row + i, FRAME_SCALE_WIDTH - 1, STYLE_BORDER, pane->view->ascii ? L'|' : L'┊');
    }
    if (!isnan(scale->target)) {
        pane_format(pane, row + plot_row(like, scale->target, 0, scale->top), 0, STYLE_LIMIT, "%5.1f", scale->target);
    }
}

void frame_target_draw(const struct pane *pane, int row, const struct plot *like, const struct frame_scale *scale) {
    struct plot plot;
    if (isnan(scale->target)) {
        return;
    }
    plot_init(&plot, like->columns, like->rows, like->ascii);
    plot_dashes(&plot, plot_scale(&plot, scale->target, 0, scale->top));
    pane_plot(pane, row, FRAME_SCALE_WIDTH, STYLE_LIMIT, &plot, '-');
}

static void add_number(struct line *line, int priority, const char *name, double value, const char *unit) {
    char text[24];
    text_number(text, sizeof text, value, 1);
    line_add(line, priority, STYLE_NORMAL, "%s %s%s", name, text, unit);
}

static void add_period(struct line *line, int priority, const char *name, double ms) {
    add_number(line, priority, name, frame_shown(line->pane, ms), "");
}

void frame_numbers_draw(const struct pane *pane, int row, const struct frame_figures *figures,
                        const struct model_app *of) {
    const struct perfadapt_app *app = &of->app;
    const bool fps = pane->view->frames_as_fps;
    struct line line;
    line_begin(&line, pane);
    add_period(&line, 0, "p50", figures->p50_ms);
    if (!isnan(figures->p95_ms)) {
        add_period(&line, 4, "p95", figures->p95_ms);
    }
    add_period(&line, 1, "p99", figures->p99_ms);
    if (!isnan(figures->p99_9_ms)) {
        add_period(&line, 5, "p99.9", figures->p99_9_ms);
    }
    add_period(&line, 3, fps ? "min" : "max", figures->max_ms);
    line_add(&line, 2, figures->late > 0 ? STYLE_STRONG : STYLE_NORMAL, "late %zu/%zu", figures->late, figures->count);
    if (frame_is_slowed(of)) {
        line_add(&line, 2, STYLE_HOT, "aims at %.1f", frame_shown(pane, (double)app->target_frame_ns / 1e6));
    }
    add_number(&line, 3, "1% low", app->low_1_percent_fps, " fps");
    add_number(&line, 6, "cpu", app->cpu_p50_ms, fps ? " ms" : "");
    add_number(&line, 6, "gpu", app->gpu_p50_ms, fps ? " ms" : "");
    line_add(&line, 7, STYLE_NORMAL, "frames %" PRIu64, app->frames_total);
    line_draw(&line, row, 0, pane->area.columns);
}
