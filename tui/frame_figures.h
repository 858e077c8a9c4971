/* What the newest frames say: percentiles and how they spread. SPDX-License-Identifier: MIT */
#ifndef TUI_FRAME_FIGURES_H
#define TUI_FRAME_FIGURES_H

#include <stdbool.h>

#include "model.h"

#define FRAME_BINS_MAX 6

/* Percentiles by nearest rank over the frames of the last 10 s, as the library has them; NAN = no frame. */
struct frame_figures {
    size_t count, late; /* frames; those that took longer than allowed, where the caller counts them */
    double p50_ms, p95_ms, p99_ms, p99_9_ms, max_ms;
};

struct frame_bin {
    const char *name;
    bool late;
    size_t count;
};

/* Frame periods sorted into bins: by how many frames late; without a target by milliseconds. */
struct frame_spread {
    size_t total, late;
    int bin_count;
    struct frame_bin bins[FRAME_BINS_MAX];
};

/* `now_ns` is the time at which the frames were read. */
void frame_figures_compute(const struct perfadapt_frame *frames, size_t count, int64_t now_ns,
                           struct frame_figures *out);

/* The frame time that the app is allowed now, or aims at where it has no budget; NAN = neither. */
double frame_target_ms(const struct model_app *of);

/* The same at the time when a frame began, as far back as the app's decisions are kept. */
double frame_target_then_ms(const struct model_app *of, const struct perfadapt_frame *frame);

/* Each frame is held against what was allowed when it began. */
void frame_spread_compute(const struct perfadapt_frame *frames, size_t count, int64_t now_ns,
                          const struct model_app *of, struct frame_spread *out);

#endif
