/* SPDX-License-Identifier: MIT */
#include "control/ladder.h"

#include <perfadapt/perfadapt.h>
#include <stdbool.h>

/* Pixels follow the square, so each step saves about as much as a step of quality with the default costs. */
static const double scale_steps[] = {1.0, 0.92, 0.85, 0.78, 0.7, 0.6, 0.5, 0.4, 0.32, 0.25};
static const double interval_steps[] = {1.25, 1.5, 2.0, 3.0};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

double perfadapt__ladder_cost(const struct perfadapt__policy *policy, uint32_t quality, double render_scale) {
    const uint32_t best = policy->quality_levels - 1;
    const uint32_t level = quality < best ? best - quality : 0;
    return policy->cost[level] * render_scale * render_scale;
}

static void add_rung(struct perfadapt__ladder *ladder, const struct perfadapt__policy *policy, uint32_t quality,
                     double render_scale, double interval) {
    if (ladder->count == PERFADAPT__RUNGS_MAX)
        return;
    const double cost = perfadapt__ladder_cost(policy, quality, render_scale);
    const double frame_ns = (double)policy->target_frame_ns * interval;
    ladder->rungs[ladder->count++] = (struct perfadapt__rung){
        .quality = quality,
        .render_scale = render_scale,
        .frame_ns = (int64_t)frame_ns,
        .cost = cost,
        .late_share = frame_ns > 0 ? cost / (PERFADAPT__LATE_RATIO * frame_ns) : 0,
    };
}

static uint32_t usable_scale_steps(const struct perfadapt__policy *policy) {
    if (!(policy->outputs & PERFADAPT_OUTPUT_RENDER_SCALE))
        return 1;
    uint32_t count = 1;
    while (count < COUNT(scale_steps) && scale_steps[count] >= policy->render_scale_min)
        count++;
    return count;
}

void perfadapt__ladder_init(struct perfadapt__ladder *ladder, const struct perfadapt__policy *policy) {
    const bool quality_moves = policy->outputs & PERFADAPT_OUTPUT_QUALITY;
    const uint32_t levels = quality_moves ? policy->quality_levels : 1;
    const uint32_t scales = usable_scale_steps(policy);
    const uint32_t best = policy->quality_levels - 1;
    ladder->count = 0;
    uint32_t level = 0;
    uint32_t scale = 0;
    add_rung(ladder, policy, best, scale_steps[0], 1.0);
    while (level + 1 < levels || scale + 1 < scales) {
        /* The one that has gone the smaller share of its way moves next; cross-multiplied to stay in integers. */
        const bool lower_quality =
            level + 1 < levels && (scale + 1 >= scales || level * (scales - 1) <= scale * (levels - 1));
        if (lower_quality)
            level++;
        else
            scale++;
        add_rung(ladder, policy, best - level, scale_steps[scale], 1.0);
    }
    if (!(policy->outputs & PERFADAPT_OUTPUT_FRAME_NS) || policy->target_frame_ns == 0)
        return;
    for (uint32_t i = 0; i < COUNT(interval_steps); i++)
        add_rung(ladder, policy, best - level, scale_steps[scale], interval_steps[i]);
}
