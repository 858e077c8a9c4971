/* Many cells as one line: means and worst. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_SUMMARY_H
#define PERFADAPT_TOOLS_SIM_SUMMARY_H

#include "sim/batch.h"

struct sim_spread {
    double mean, worst;
    const struct sim_job *worst_job;
};

struct sim_summary {
    size_t cells;
    struct sim_spread throttled_percent, overshoot_c, late_percent, quality_share, switches_per_min;
};

/* Of one policy (by its place in the batch) and one variant. */
struct sim_summary sim_summary_of(const struct sim_batch *batch, size_t policy, enum sim_variant variant);

#endif
