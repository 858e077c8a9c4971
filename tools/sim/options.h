/* The command line of `perfadapt sim`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_OPTIONS_H
#define PERFADAPT_TOOLS_SIM_OPTIONS_H

#include "sim/policies.h"
#include "sim/run.h"
#include "sim/value.h"

struct sim_options {
    const char *plant, *scene, *trace; /* NULL = not given */
    const struct sim_policy *policies[SIM_POLICIES_MAX];
    size_t policy_count;
    enum sim_variant variant;
    uint64_t seed;
    double duration_s;
    unsigned gpu_late, levels;
    unsigned random; /* that many varied plants; 0 = not asked for */
    double cost[PERFADAPT__QUALITY_LEVELS_MAX];
    unsigned cost_count; /* 0 = the usual */
    struct sim_range scale, fps;
    double cost_exponent, margin_c;
    unsigned tick_ms;
    bool json, all, list, together;
};

/* -1: go on; else leave with that exit code: what there was to say has been said. */
int sim_options_parse(int argc, char **argv, struct sim_options *out_options);

/* What the options say of ladder, costs and timing. */
void sim_options_conditions(const struct sim_options *options, struct sim_conditions *out_conditions);

#endif
