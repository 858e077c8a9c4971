/* The policies that the simulator knows. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_POLICIES_H
#define PERFADAPT_TOOLS_SIM_POLICIES_H

#include "sim/policy.h"

#define SIM_POLICIES_MAX 16

extern const struct sim_policy *const sim_policies[];
extern const size_t sim_policy_count;

/* NULL: none has that name. */
const struct sim_policy *sim_policy_find(const char *name);

/* The one whose figures are held against the targets, among those given; NULL where there is none. */
const struct sim_policy *sim_policy_judged(const struct sim_policy *const *policies, size_t count);

#endif
