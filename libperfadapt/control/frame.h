/*
 * The frame cap: one step per finished frame, O(1), no clock, no I/O. SPDX-License-Identifier: MIT
 *
 * Work is normalised by the cost of the rung it was done on, so that frames drawn at another quality, and GPU times that
 * arrive frames late, all tell about the same number: the work of a frame at the best rung. Down by a CUSUM of lateness
 * (Page, 1954) that needs about three late frames and ignores a single hitch; up after a dwell time that doubles with
 * every reversal.
 */
#ifndef PERFADAPT_CONTROL_FRAME_H
#define PERFADAPT_CONTROL_FRAME_H

#include "control/caps.h"
#include "control/ladder.h"

#include <perfadapt/budget.h>
#include <stdbool.h>

enum perfadapt__frame_kind {
    PERFADAPT__FRAME_DONE = 0, /* a frame ended */
    PERFADAPT__FRAME_GPU = 1,  /* a GPU time arrived */
    PERFADAPT__FRAME_IDLE = 2  /* no frame for a while: time passes, caps may have changed */
};

/* Everything a step consumes beside the caps. */
struct perfadapt__frame_input {
    uint32_t kind;
    uint32_t quality;   /* DONE: as applied */
    uint64_t frame;     /* DONE, GPU: its number */
    int64_t now_ns;     /* DONE: its end */
    int64_t cpu_ns;     /* DONE: begin to end */
    int64_t period_ns;  /* DONE: end to end; -1 for the first */
    int64_t gpu_ns;     /* GPU */
    float render_scale; /* DONE: as applied */
    uint32_t padding;   /* 0 */
};

#define PERFADAPT__FRAME_HISTORY 64

struct perfadapt__frame_control {
    uint32_t rung;    /* the frame cap */
    uint32_t reasons; /* FRAME_LATE, FRAME_COST or SETTLING: why the cap is not better */
    double late;      /* the CUSUM */
    double work[3];   /* newest normalised works, ns at the best rung */
    uint32_t work_count;
    double work_peak;                 /* decaying peak of the median work */
    double spread_ns;                 /* mean deviation of the work from its median */
    double cpu_ns, gpu_ns, period_ns; /* smoothed; 0 = none yet */
    int64_t gpu_seen_ns;              /* when the last GPU time came; 0 = never */
    int64_t last_ns, looked_ns;
    int64_t changed_ns, dropped_ns; /* last change of the cap, last drop */
    int64_t dwell_ns;
    int64_t good_since_ns[PERFADAPT__RUNGS_MAX]; /* since when each rung would have been affordable; 0 = it is not */
    struct {
        uint64_t frame;
        double cost;
    } history[PERFADAPT__FRAME_HISTORY]; /* costs of frames whose GPU time is still to come, by frame number */
};

void perfadapt__frame_init(struct perfadapt__frame_control *control, const struct perfadapt__ladder *ladder);

/* Takes one input. `rung` is the rung that the arbiter let through last. */
void perfadapt__frame_step(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, uint32_t rung,
                           const struct perfadapt__frame_input *input);

enum perfadapt_bottleneck perfadapt__frame_bottleneck(const struct perfadapt__frame_control *control, int64_t frame_ns);

/* Work of a frame at `rung`, in ns, as expected now; 0 = nothing known. */
double perfadapt__frame_expected_ns(const struct perfadapt__frame_control *control,
                                    const struct perfadapt__ladder *ladder, uint32_t rung);

#endif
