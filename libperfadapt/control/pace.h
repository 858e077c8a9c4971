/*
 * A steady rate that the CPU can hold. SPDX-License-Identifier: MIT
 *
 * Where the CPU is what makes frames late, no resolution and no quality helps: a cut would cost and gain nothing. Frames
 * that come when they are ready stutter; at the next longer interval of the ladder they come evenly. Only where the
 * frame rate may move and GPU times are known (otherwise CPU times stand in for them, and quality answers).
 */
#ifndef PERFADAPT_CONTROL_PACE_H
#define PERFADAPT_CONTROL_PACE_H

#include "control/caps.h"
#include "control/frame.h"

struct perfadapt__pace {
    int64_t pace_ns;                      /* 0 = as the rung says */
    int64_t late_since_ns, calm_since_ns; /* 0 = not */
};

void perfadapt__pace_init(struct perfadapt__pace *pace);

void perfadapt__pace_step(struct perfadapt__pace *pace, const struct perfadapt__ladder *ladder,
                          const struct perfadapt__frame_statistics *frames, int64_t now_ns,
                          struct perfadapt__caps *caps);

#endif
