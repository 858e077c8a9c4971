/*
 * Joins the caps into the budget: the most conservative wins. SPDX-License-Identifier: MIT
 *
 * Pure, and the only place where a budget is made.
 */
#ifndef PERFADAPT_CONTROL_ARBITER_H
#define PERFADAPT_CONTROL_ARBITER_H

#include "control/frame.h"
#include "control/setback.h"

#include <perfadapt/monitor.h>

struct perfadapt__arbiter {
    uint32_t rung;  /* in force */
    uint32_t holds; /* nested; while any is there the budget does not change */
    struct perfadapt_budget budget;
    struct perfadapt_decision decision; /* the last one worth telling */
};

/* What a step came to. */
enum perfadapt__arbiter_change {
    PERFADAPT__BUDGET_SAME = 0,
    PERFADAPT__BUDGET_MOVED = 1,  /* a number or a state changed */
    PERFADAPT__BUDGET_DECIDED = 2 /* what the app is to do changed: arbiter->decision tells why */
};

/* What the arbiter joins. */
struct perfadapt__claims {
    const struct perfadapt__policy *policy;
    const struct perfadapt__ladder *ladder;
    const struct perfadapt__frame_control *frame;
    const struct perfadapt__setback *setback;
    const struct perfadapt__caps *caps;
};

void perfadapt__arbiter_init(struct perfadapt__arbiter *arbiter, const struct perfadapt__claims *claims,
                             int64_t now_ns);

enum perfadapt__arbiter_change perfadapt__arbiter_step(struct perfadapt__arbiter *arbiter,
                                                       const struct perfadapt__claims *claims, int64_t now_ns);

#endif
