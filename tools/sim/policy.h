/* What every policy under test implements: it hears of frames and ticks and answers with a rung of the ladder.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_POLICY_H
#define PERFADAPT_TOOLS_SIM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/ladder.h"
#include "control/policy.h"

struct sim_plant;
struct sim_scene;
struct sim_body;

/* What a policy is told once. Valid until the run ends. */
struct sim_rules {
    const struct perfadapt__ladder *ladder;
    const struct perfadapt__policy *policy;
    double target_c; /* T_set: steer to this … */
    double limit_c;  /* … because the hardware throttles here */
    double tick_s;
    /* For the power allocator alone: the true power that holds the target, and the maker's table, not this machine's. */
    double sustainable_w;
    const struct sim_plant *nominal;
    /* For the clairvoyant alone: the truth, now and later. */
    const struct sim_plant *plant;
    const struct sim_scene *scene;
    const struct sim_body *body;
    const double *true_cost; /* per rung */
};

/* A frame that has ended. */
struct sim_frame {
    uint64_t index;
    int64_t end_ns;
    int64_t period_ns; /* since the end of the frame before */
    int64_t cpu_ns;
    int64_t gpu_ns; /* -1 = told later, by a sim_gpu */
    uint32_t rung;  /* that it was drawn with */
    uint32_t quality;
    double render_scale;
};

/* The GPU time of an earlier frame. */
struct sim_gpu {
    uint64_t index;
    int64_t gpu_ns;
    int64_t now_ns;
    int64_t period_ns; /* of that frame */
    uint32_t rung;     /* of that frame */
};

/* What a sampler sees. */
struct sim_tick {
    int64_t now_ns;
    double temperature_c; /* as the sensor reads it */
    double limit_c;
    double busy;    /* mean utilisation since the last tick */
    double power_w; /* mean, true */
    double clock_mhz, clock_max_mhz;
    bool throttled;        /* by heat */
    uint32_t peer_reasons; /* of enum perfadapt_reason: what holds an interactive session down beside it */
};

struct sim_policy {
    const char *name;
    const char *text;
    size_t state_bytes;
    /* The state is all zeros before. Any of the next three may be NULL. */
    void (*start)(void *state, const struct sim_rules *rules);
    void (*frame)(void *state, const struct sim_frame *frame);
    void (*gpu)(void *state, const struct sim_gpu *gpu);
    void (*tick)(void *state, const struct sim_tick *tick);
    uint32_t (*rung)(const void *state); /* for the next frame */
};

/* The same news whether it came with the frame or later. */
static inline struct sim_gpu sim_gpu_of_frame(const struct sim_frame *frame) {
    return (struct sim_gpu){frame->index, frame->gpu_ns, frame->end_ns, frame->period_ns, frame->rung};
}

/* Load of a rung in relation to the best one: GPU time per unit of time. */
static inline double sim_rung_load(const struct perfadapt__ladder *ladder, uint32_t rung) {
    const double target_ns = (double)ladder->rungs[0].frame_ns;
    return ladder->rungs[rung].cost * target_ns * ladder->rungs[rung].per_frame_ns;
}

/* The first rung at or below `from` on which that work fits into `share` of its time; the last where there is none. */
static inline uint32_t sim_rung_fitting(const struct perfadapt__ladder *ladder, uint32_t from, double work_ns,
                                        double share) {
    for (uint32_t rung = from; rung < ladder->count; rung++)
        if (work_ns * ladder->rungs[rung].cost <= share * (double)ladder->rungs[rung].frame_ns)
            return rung;
    return ladder->count - 1;
}

#endif
