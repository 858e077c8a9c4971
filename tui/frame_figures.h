/* What the newest frames say: percentiles and how they spread. SPDX-License-Identifier: MIT */
#ifndef TUI_FRAME_FIGURES_H
#define TUI_FRAME_FIGURES_H

#include <stdbool.h>

#include <perfadapt/monitor.h>

#define FRAME_BINS_MAX 6

/* Percentiles by nearest rank over the frames of the last 10 s, as the library has them; NAN = no frame. */
struct frame_figures {
    size_t count;
    double p50_ms, p95_ms, p99_ms, p99_9_ms, max_ms;
};

struct frame_bin {
    const char *name;
    bool late;
    size_t count;
};

/* Frame periods sorted into bins: by how many frames late; without a target by milliseconds. */
struct frame_spread {
    size_t total;
    int bin_count;
    struct frame_bin bins[FRAME_BINS_MAX];
};

/* `now_ns` is the time at which the frames were read. */
void frame_figures_compute(const struct perfadapt_frame *frames, size_t count, int64_t now_ns,
                           struct frame_figures *out);

/* target_ms NAN = none. */
void frame_spread_compute(const struct perfadapt_frame *frames, size_t count, int64_t now_ns, double target_ms,
                          struct frame_spread *out);

#endif
