/* One run: a policy on a plant through a scene. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_RUN_H
#define PERFADAPT_TOOLS_SIM_RUN_H

#include <stdio.h>

#include "sim/body.h"
#include "sim/metrics.h"
#include "sim/policy.h"
#include "sim/scene.h"

#define SIM_GPU_LATE_MOST 8

/* The same for every run of one invocation. */
struct sim_conditions {
    struct perfadapt__policy policy;
    struct perfadapt__ladder ladder;
    double true_cost[PERFADAPT__RUNGS_MAX]; /* per rung; the ladder has what the app says */
    int64_t tick_ns;
    unsigned gpu_late; /* frames until a GPU time is known */
    double margin_c;   /* T_set = where the hardware throttles - this */
};

struct sim_cell {
    const struct sim_conditions *conditions;
    const struct sim_plant *plant;
    const struct sim_plant *nominal; /* the maker's table of it */
    const struct sim_scene *scene;
    enum sim_variant variant;
    uint64_t seed;
};

/* `trace` (may be NULL) gets a line per second. False: out of memory. */
bool sim_run(const struct sim_cell *cell, const struct sim_policy *policy, FILE *trace, struct sim_result *out_result);

#endif
