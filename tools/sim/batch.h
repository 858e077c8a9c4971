/* Many cells on all processors; the results stand in the order of the cells, whatever ran when.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_BATCH_H
#define PERFADAPT_TOOLS_SIM_BATCH_H

#include "sim/policies.h"
#include "sim/run.h"

/* A cell before it runs, and what came of it. */
struct sim_job {
    struct sim_plant plant, nominal;
    const char *scene;
    enum sim_variant variant;
    uint64_t seed;
    bool holdable;                               /* the lowest rung stays under the target throughout */
    struct sim_result results[SIM_POLICIES_MAX]; /* per policy of the batch */
};

struct sim_batch {
    const struct sim_conditions *conditions;
    const struct sim_policy *const *policies;
    size_t policy_count;
    double duration_s;
    struct sim_job *jobs;
    size_t job_count;
};

/* The clairvoyant runs in each cell, listed or not. `trace` (may be NULL) gets the first policy of the list. */
bool sim_job_run(const struct sim_batch *batch, struct sim_job *job, FILE *trace, char message[SIM_MESSAGE_MAX]);
bool sim_batch_run(const struct sim_batch *batch, char message[SIM_MESSAGE_MAX]);

#endif
