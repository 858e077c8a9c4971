/* Clocks of the processors, and what policy allows them: cpufreq. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CPUFREQ_H
#define PERFADAPT_PROVIDERS_CPUFREQ_H

#include "providers/kernel_number.h"
#include "providers/provider.h"

#define PERFADAPT__CPUFREQ_POLICIES_MAX 4

struct perfadapt__cpufreq_policy {
    uint32_t number;
    struct perfadapt__kernel_number clock_file; /* scaling_cur_freq */
    struct perfadapt__kernel_number limit_file; /* scaling_max_freq */
    struct perfadapt__kernel_number max_file;   /* cpuinfo_max_freq */
    double clock_mhz;                           /* NAN unknown */
    double limit_mhz;
    double max_mhz;
};

struct perfadapt__cpufreq {
    const struct perfadapt__root *root;
    bool below_cpus; /* cpuN/cpufreq instead of cpufreq/policyN */
    size_t count;
    struct perfadapt__cpufreq_policy policies[PERFADAPT__CPUFREQ_POLICIES_MAX]; /* the fastest first */
    int64_t search_ns;                                                          /* next search where none answers */
    int64_t seldom_ns;                                                          /* next look at what seldom changes */
    struct perfadapt__kernel_number no_turbo_file;
    struct perfadapt__kernel_number boost_file;
    bool no_turbo;
    bool no_boost;
    bool has_evidence;
    int evidence;
};

void perfadapt__cpufreq_init(struct perfadapt__cpufreq *cpufreq, const struct perfadapt__root *root,
                             struct perfadapt_snapshot *snapshot);
void perfadapt__cpufreq_finish(struct perfadapt__cpufreq *cpufreq);

/* Not more often than once a second: before Linux 5.18 a look at an x86 clock interrupts the core. */
void perfadapt__cpufreq_read(struct perfadapt__cpufreq *cpufreq, int64_t now_ns, struct perfadapt_snapshot *snapshot);

#endif
