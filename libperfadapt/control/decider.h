/*
 * The fast half of a session's control in one piece: frame step, events, hold, arbiter. SPDX-License-Identifier: MIT
 *
 * Pure, and for one caller at a time: the stepper guards it by its owner flag, tools drive it from one thread.
 */
#ifndef PERFADAPT_CONTROL_DECIDER_H
#define PERFADAPT_CONTROL_DECIDER_H

#include "control/arbiter.h"
#include "control/setback.h"

struct perfadapt__decider {
    struct perfadapt__policy policy; /* constant, like the ladder */
    struct perfadapt__ladder ladder;
    struct perfadapt__frame_control frame;
    struct perfadapt__setback setback;
    struct perfadapt__arbiter arbiter;
    struct perfadapt__caps caps; /* the newest */
    uint32_t arbited_rung, arbited_reasons;
    uint32_t unarbited; /* steps since the arbiter was last asked */
};

void perfadapt__decider_init(struct perfadapt__decider *decider, const struct perfadapt__policy *policy,
                             const struct perfadapt__caps *caps, int64_t now_ns);

/* Newer caps; they count from the next step on. */
void perfadapt__decider_take_caps(struct perfadapt__decider *decider, const struct perfadapt__caps *caps);

/* Takes one input of any kind. The budget is decider->arbiter.budget. */
enum perfadapt__arbiter_change perfadapt__decider_step(struct perfadapt__decider *decider,
                                                       const struct perfadapt__frame_input *input);

#endif
