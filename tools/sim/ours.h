/* The project's own controller as a policy of the simulator. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_OURS_H
#define PERFADAPT_TOOLS_SIM_OURS_H

#include <perfadapt/budget.h>

#include "sim/policy.h"

extern const struct sim_policy sim_ours;

/* Of its state. */
const struct perfadapt_budget *sim_ours_budget(const void *state);

#endif
