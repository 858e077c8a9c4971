/*
 * The fast half of a session's control in one piece: frame step, events, hold, arbiter. SPDX-License-Identifier: MIT
 *
 * Pure, and for one caller at a time: the stepper guards it by its owner flag, tools drive it from one thread.
 */
#ifndef PERFADAPT_CONTROL_DECIDER_H
#define PERFADAPT_CONTROL_DECIDER_H

#include "control/arbiter.h"
#include "control/setback.h"
#include "control/tick.h"

struct perfadapt__decider {
    struct perfadapt__policy policy; /* as last set, like the ladder */
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

/*
 * Another policy takes the place of the one in force; its number of quality levels must be the same. What frames and
 * sensors have taught stays. Goes on from the best rung that has no more of anything than the one in force, and
 * searches from there as after an open. `tick` is the slow half of the same session; its caps are taken along.
 */
enum perfadapt__arbiter_change perfadapt__decider_set_policy(struct perfadapt__decider *decider,
                                                             struct perfadapt__tick_control *tick,
                                                             const struct perfadapt__policy *policy, int64_t now_ns);

#endif
