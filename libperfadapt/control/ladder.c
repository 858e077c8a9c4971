/* SPDX-License-Identifier: MIT */
#include "control/ladder.h"

#include <perfadapt/perfadapt.h>
#include <stdbool.h>

/* Pixels follow the square, so each step saves about as much as a step of quality with the default costs. */
static const double scale_steps[] = {1.0, 0.92, 0.85, 0.78, 0.7, 0.6, 0.5, 0.4, 0.32, 0.25};
static const double interval_steps[] = {1.25, 1.5, 2.0, 3.0};
static const double fine_step = 1.08; /* finer ones only make for more switches */
static const double same = 0.02;      /* steps closer together than this are one */
static const double scale_least = 0.25;
static const double slowest_default = 3.0;

#define SCALE_STEPS (sizeof scale_steps / sizeof scale_steps[0])
#define SCALES_MAX (SCALE_STEPS + 2) /* with the best and the lowest, which need not be steps */

/* What each output may be, best first. */
struct choices {
    uint32_t quality_count, scale_count, interval_count;
    double scales[SCALES_MAX];
    int64_t intervals_ns[PERFADAPT__RUNGS_MAX];
};

static void list_scales(const struct perfadapt__policy *policy, struct choices *choices) {
    const double best = policy->render_scale_max < 1.0 ? policy->render_scale_max : 1.0;
    choices->scales[choices->scale_count++] = best;
    if (!(policy->outputs & PERFADAPT_OUTPUT_RENDER_SCALE))
        return;
    for (uint32_t i = 0; i < SCALE_STEPS; i++)
        if (scale_steps[i] < best && scale_steps[i] >= policy->render_scale_min)
            choices->scales[choices->scale_count++] = scale_steps[i];
    const double last = choices->scales[choices->scale_count - 1];
    if (policy->render_scale_min < last * (1.0 - same) && policy->render_scale_min >= scale_least)
        choices->scales[choices->scale_count++] = policy->render_scale_min;
}

static void add_interval(struct choices *choices, int64_t interval_ns) {
    const int64_t last_ns = choices->intervals_ns[choices->interval_count - 1];
    const bool is_same = (double)interval_ns < (double)last_ns * (1.0 + same);
    if (is_same && choices->interval_count > 1 && interval_ns > last_ns)
        choices->intervals_ns[choices->interval_count - 1] = interval_ns;
    else if (!is_same && choices->interval_count < PERFADAPT__RUNGS_MAX)
        choices->intervals_ns[choices->interval_count++] = interval_ns;
}

/* A panel shows a frame for whole refreshes: anything between two multiples only stutters. */
static void list_refreshes(const struct perfadapt__policy *policy, int64_t slowest_ns, struct choices *choices) {
    const int64_t tolerance_ns = policy->refresh_ns / 16; /* 59.94 is 60 */
    const int64_t first = (policy->target_frame_ns + policy->refresh_ns - 1 - tolerance_ns) / policy->refresh_ns;
    choices->intervals_ns[0] = first > 1 ? first * policy->refresh_ns : policy->refresh_ns;
    for (int64_t n = first > 1 ? first + 1 : 2; n < first + PERFADAPT__RUNGS_MAX; n++)
        if (n * policy->refresh_ns <= slowest_ns + tolerance_ns)
            add_interval(choices, n * policy->refresh_ns);
}

static void list_intervals(const struct perfadapt__policy *policy, bool finely, struct choices *choices) {
    const double target_ns = (double)policy->target_frame_ns;
    choices->intervals_ns[choices->interval_count++] = policy->target_frame_ns;
    if (!(policy->outputs & PERFADAPT_OUTPUT_FRAME_NS) || policy->target_frame_ns == 0)
        return;
    const int64_t slowest_ns =
        policy->slowest_frame_ns ? policy->slowest_frame_ns : (int64_t)(target_ns * slowest_default);
    if (policy->refresh_ns > 0 && policy->refresh_ns <= slowest_ns) {
        list_refreshes(policy, slowest_ns, choices);
        return;
    }
    if (finely) {
        double interval_ns = target_ns * fine_step;
        for (; (int64_t)interval_ns < slowest_ns && choices->interval_count + 1 < PERFADAPT__RUNGS_MAX;
             interval_ns *= fine_step)
            add_interval(choices, (int64_t)interval_ns);
    } else {
        for (uint32_t i = 0; i < sizeof interval_steps / sizeof interval_steps[0]; i++)
            if ((int64_t)(target_ns * interval_steps[i]) < slowest_ns)
                add_interval(choices, (int64_t)(target_ns * interval_steps[i]));
    }
    add_interval(choices, slowest_ns);
}

static void add_rung(struct perfadapt__ladder *ladder, const struct perfadapt__policy *policy,
                     const struct choices *choices, uint32_t level, uint32_t scale, uint32_t interval) {
    if (ladder->count == PERFADAPT__RUNGS_MAX)
        return;
    const uint32_t quality = policy->quality_max - level;
    const double render_scale = choices->scales[scale];
    const int64_t frame_ns = choices->intervals_ns[interval];
    if (interval == 0)
        ladder->full_rate = ladder->count;
    ladder->rungs[ladder->count++] = (struct perfadapt__rung){
        .quality = quality,
        .render_scale = render_scale,
        .frame_ns = frame_ns,
        .per_frame_ns = frame_ns > 0 ? 1.0 / (double)frame_ns : 0.0,
        .cost = policy->cost[policy->quality_levels - 1 - quality] * render_scale * render_scale,
    };
}

/* Quality and scale from their best to their lowest, at one frame interval; the first of them only where asked for. */
static void add_details(struct perfadapt__ladder *ladder, const struct perfadapt__policy *policy,
                        const struct choices *choices, uint32_t interval, bool with_first) {
    const uint32_t levels = choices->quality_count;
    const uint32_t scales = choices->scale_count;
    uint32_t level = 0;
    uint32_t scale = 0;
    if (with_first)
        add_rung(ladder, policy, choices, level, scale, interval);
    while (level + 1 < levels || scale + 1 < scales) {
        /* The one that has gone the smaller share of its way moves next; cross-multiplied to stay in integers. */
        const bool lower_quality =
            level + 1 < levels && (scale + 1 >= scales || level * (scales - 1) <= scale * (levels - 1));
        if (lower_quality)
            level++;
        else
            scale++;
        add_rung(ladder, policy, choices, level, scale, interval);
    }
}

void perfadapt__ladder_init(struct perfadapt__ladder *ladder, const struct perfadapt__policy *policy) {
    const bool quality_moves = policy->outputs & PERFADAPT_OUTPUT_QUALITY;
    struct choices choices = {.quality_count = quality_moves ? policy->quality_max - policy->quality_min + 1 : 1};
    list_scales(policy, &choices);
    list_intervals(policy, choices.quality_count == 1 && choices.scale_count == 1, &choices);
    const uint32_t intervals = choices.interval_count;
    ladder->count = 0;
    if (policy->prefer == PERFADAPT__PREFER_QUALITY) {
        for (uint32_t i = 0; i < intervals; i++)
            add_rung(ladder, policy, &choices, 0, 0, i);
        add_details(ladder, policy, &choices, intervals - 1, false);
    } else {
        add_details(ladder, policy, &choices, 0, true);
        for (uint32_t i = 1; i < intervals; i++)
            add_rung(ladder, policy, &choices, choices.quality_count - 1, choices.scale_count - 1, i);
    }
}

uint32_t perfadapt__ladder_no_better(const struct perfadapt__ladder *ladder, const struct perfadapt__rung *rung,
                                     int64_t target_ns) {
    const double slower = target_ns > 0 ? (double)rung->frame_ns / (double)target_ns : 1;
    const double least_ns = slower * (double)ladder->rungs[0].frame_ns * (1 - same);
    for (uint32_t i = 0; i < ladder->count; i++) {
        const struct perfadapt__rung *here = &ladder->rungs[i];
        if (here->quality <= rung->quality && here->render_scale <= rung->render_scale &&
            (double)here->frame_ns >= least_ns)
            return i;
    }
    return ladder->count - 1;
}
