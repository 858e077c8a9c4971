/* What the project's own policy is to reach, per cell and on average. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_TARGETS_H
#define PERFADAPT_TOOLS_SIM_TARGETS_H

#include "sim/summary.h"

struct sim_miss {
    const char *what;
    double value, target;
};

#define SIM_MISSES_MAX 8

/* The targets that a cell or an average misses, and how many there are. */
size_t sim_targets_of_job(const struct sim_job *job, const struct sim_result *result,
                          struct sim_miss out_misses[SIM_MISSES_MAX]);
size_t sim_targets_of_summary(const struct sim_summary *summary, enum sim_variant variant,
                              struct sim_miss out_misses[SIM_MISSES_MAX]);

#endif
