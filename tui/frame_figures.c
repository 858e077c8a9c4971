/* What the newest frames say. SPDX-License-Identifier: MIT */
#include "frame_figures.h"

#include <math.h>
#include <stdlib.h>

static const int64_t window_ns = INT64_C(10000000000);

static int compare(const void *left, const void *right) {
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool counts(const struct perfadapt_frame *frame, int64_t now_ns) {
    return frame->period_ns >= 0 && frame->end_ns > now_ns - window_ns;
}

/* Periods in ms of the frames that count; returns how many. */
static size_t collect(const struct perfadapt_frame *frames, size_t count, int64_t now_ns, double *out) {
    size_t known = 0;
    for (size_t i = 0; i < count && known < PERFADAPT_FRAMES_MAX; ++i) {
        if (counts(&frames[i], now_ns)) {
            out[known++] = (double)frames[i].period_ns / 1e6;
        }
    }
    return known;
}

static double percentile(const double *sorted, size_t count, double percent) {
    if (count == 0) {
        return NAN;
    }
    const size_t rank = (size_t)ceil((double)count * percent / 100 - 1e-9);
    return sorted[rank > 0 ? rank - 1 : 0];
}

void frame_figures_compute(const struct perfadapt_frame *frames, size_t count, int64_t now_ns,
                           struct frame_figures *out) {
    double periods[PERFADAPT_FRAMES_MAX];
    out->late = 0;
    out->count = collect(frames, count, now_ns, periods);
    qsort(periods, out->count, sizeof *periods, compare);
    out->p50_ms = percentile(periods, out->count, 50);
    out->p95_ms = percentile(periods, out->count, 95);
    out->p99_ms = percentile(periods, out->count, 99);
    out->p99_9_ms = percentile(periods, out->count, 99.9);
    out->max_ms = percentile(periods, out->count, 100);
}

/* A frame that misses its time is shown with the next one: lateness comes in whole frames. */
static const struct frame_bin by_target[] = {
    {"on time", false, 0}, {"1 frame late", true, 0}, {"2 frames late", true, 0}, {"later", true, 0}};
static const double edges_of_target[] = {1.05, 2.05, 3.05, INFINITY};

static const struct frame_bin by_ms[] = {
    {"<= 8.4 ms", false, 0}, {"<= 16.8", false, 0}, {"<= 33.5", false, 0}, {"<= 50", false, 0}, {"slower", false, 0}};
static const double edges_ms[] = {8.4, 16.8, 33.5, 50, INFINITY};

static double allowed_ms(const struct model_app *of, int64_t frame_ns) {
    const int64_t allowed_ns = of->app.budget.size != 0 ? frame_ns : of->app.target_frame_ns;
    return allowed_ns > 0 ? (double)allowed_ns / 1e6 : (double)NAN;
}

double frame_target_ms(const struct model_app *of) {
    return allowed_ms(of, of->app.budget.frame_ns);
}

double frame_target_then_ms(const struct model_app *of, const struct perfadapt_frame *frame) {
    int64_t frame_ns = of->app.budget.frame_ns;
    for (size_t i = of->decision_count; i > 0; --i) {
        const struct perfadapt_decision *decision = &of->decisions[i - 1];
        if (decision->timestamp_ns <= frame->end_ns - frame->period_ns) {
            break;
        }
        frame_ns = decision->frame_ns_from;
    }
    return allowed_ms(of, frame_ns);
}

void frame_spread_compute(const struct perfadapt_frame *frames, size_t count, int64_t now_ns,
                          const struct model_app *of, struct frame_spread *out) {
    const bool aimed = frame_target_ms(of) > 0;
    const double *edges = aimed ? edges_of_target : edges_ms;
    out->bin_count = (int)(aimed ? sizeof by_target / sizeof *by_target : sizeof by_ms / sizeof *by_ms);
    for (int i = 0; i < out->bin_count; ++i) {
        out->bins[i] = aimed ? by_target[i] : by_ms[i];
    }
    out->total = out->late = 0;
    for (size_t i = 0; i < count; ++i) {
        const double unit_ms = aimed ? frame_target_then_ms(of, &frames[i]) : 1;
        if (!counts(&frames[i], now_ns)) {
            continue;
        }
        int bin = 0;
        while (bin < out->bin_count - 1 && (double)frames[i].period_ns / 1e6 > edges[bin] * unit_ms) {
            ++bin;
        }
        ++out->bins[bin].count;
        out->late += out->bins[bin].late;
        ++out->total;
    }
}
