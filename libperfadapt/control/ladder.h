/*
 * The steps a session can take, from best to cheapest, as one list. SPDX-License-Identifier: MIT
 *
 * Quality, render scale and frame rate are three outputs but one decision: each rung fixes all three, a higher index
 * never has more of any, and its load (relative GPU cost per unit of time) is lower. Caps then are rung indices and the
 * most conservative cap is simply the largest.
 * Where quality and scale may both move they take turns; frame rate gives way last, in the steps 1.25, 1.5, 2, 3.
 */
#ifndef PERFADAPT_CONTROL_LADDER_H
#define PERFADAPT_CONTROL_LADDER_H

#include "control/policy.h"

#define PERFADAPT__RUNGS_MAX 48

/* Beyond this share of its time a frame is late. */
#define PERFADAPT__LATE_RATIO 1.05

struct perfadapt__rung {
    uint32_t quality;
    double render_scale;
    int64_t frame_ns;
    double cost; /* of one frame, relative to the best rung's */
    double
        late_share; /* 1/ns: times the work at the best rung, beyond 1 where a frame of this rung is late; 0 = never */
};

struct perfadapt__ladder {
    uint32_t count; /* at least 1 */
    struct perfadapt__rung rungs[PERFADAPT__RUNGS_MAX];
};

void perfadapt__ladder_init(struct perfadapt__ladder *ladder, const struct perfadapt__policy *policy);

/* Relative cost of a frame as the app drew it, which may lie on no rung. */
double perfadapt__ladder_cost(const struct perfadapt__policy *policy, uint32_t quality, double render_scale);

#endif
