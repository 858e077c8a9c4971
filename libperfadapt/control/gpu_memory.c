/* SPDX-License-Identifier: MIT */
#include "control/gpu_memory.h"

#include <perfadapt/budget.h>
#include <stdbool.h>

#define SECOND INT64_C(1000000000)

static const double largest = 1e18;
static const double reserve_share = 1.0 / 32;
static const double extra_step = 1.0 / 16;
static const double extra_most = 7.0 / 32;
static const double extra_back = 1.0 / 100;
static const double slack = 1.0 / 64; /* of the cap: what drivers' budgets move by from call to call */
static const double raise_step = 1.0 / 16;
static const double far_beyond = 1.25; /* of the budget */
static const int64_t cut_gap_ns = 2 * SECOND;
static const int64_t back_gap_ns = 6 * SECOND;

static void step_reserve(struct perfadapt__gpu_memory *control, bool beyond, int64_t now_ns) {
    if (beyond && (!control->cut_ns || now_ns - control->cut_ns >= cut_gap_ns)) {
        const double extra = control->extra_share + extra_step;
        control->extra_share = extra < extra_most ? extra : extra_most;
        control->cut_ns = control->relaxed_ns = now_ns;
    } else if (!beyond && control->extra_share > 0 && now_ns - control->relaxed_ns >= back_gap_ns) {
        const double extra = control->extra_share - extra_back;
        control->extra_share = extra > 0 ? extra : 0;
        control->relaxed_ns = now_ns;
    }
}

uint32_t perfadapt__gpu_memory_step(struct perfadapt__gpu_memory *control, double used, double budget, int64_t now_ns) {
    if (!(budget > 0 && budget <= largest)) {
        *control = (struct perfadapt__gpu_memory){.told_bytes = PERFADAPT_NO_LIMIT};
        return PERFADAPT_MEMORY_UNKNOWN;
    }
    const bool beyond = used > budget;
    step_reserve(control, beyond, now_ns);
    const double limit = budget * (1.0 - reserve_share - control->extra_share);
    const double told = (double)control->told_bytes;
    const double wanted = limit * (1.0 - slack);
    if (control->told_bytes == 0 || told > limit || wanted > told * (1.0 + raise_step))
        control->told_bytes = wanted > 1 ? (uint64_t)wanted : 1;
    if (beyond)
        return used > far_beyond * budget ? PERFADAPT_MEMORY_CRITICAL : PERFADAPT_MEMORY_TIGHT;
    return PERFADAPT_MEMORY_RELAXED;
}
