/*
 * The steps a session can take, from best to cheapest, as one list. SPDX-License-Identifier: MIT
 *
 * Quality, render scale and frame rate are three outputs but one decision: each rung fixes all three, a higher index
 * never has more of any, and its load (relative GPU cost per unit of time) is lower. Caps then are rung indices and the
 * most conservative cap is simply the largest.
 * Where quality and scale may both move they take turns; the frame rate gives way after them (or before, where quality
 * is preferred), in the steps 1.25, 1.5, 2, 3, or in whole refreshes of the panel. Where nothing but the frame rate may
 * move its steps are as fine as the list has room for.
 */
#ifndef PERFADAPT_CONTROL_LADDER_H
#define PERFADAPT_CONTROL_LADDER_H

#include "control/policy.h"

#define PERFADAPT__RUNGS_MAX 64

/* Beyond this share of its time a frame is late. */
#define PERFADAPT__LATE_RATIO 1.05

struct perfadapt__rung {
    uint32_t quality;
    double render_scale;
    int64_t frame_ns;
    double per_frame_ns; /* 1 / frame_ns; 0 where there is no target */
    double cost;         /* of one frame, relative to the best rung's: the first guess */
};

struct perfadapt__ladder {
    uint32_t count;     /* at least 1 */
    uint32_t full_rate; /* the last rung at the target's frame rate */
    struct perfadapt__rung rungs[PERFADAPT__RUNGS_MAX];
};

void perfadapt__ladder_init(struct perfadapt__ladder *ladder, const struct perfadapt__policy *policy);

/*
 * The best rung that has no more of anything than `rung` of another ladder has, whose target was `target_ns`; the last
 * one where there is none. Frame times count relative to their targets: who asks for more frames keeps the quality, and
 * where that is too much, frames will be late and tell.
 */
uint32_t perfadapt__ladder_no_better(const struct perfadapt__ladder *ladder, const struct perfadapt__rung *rung,
                                     int64_t target_ns);

#endif
