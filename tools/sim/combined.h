/* Well-built classics: a governor's cap and the frame cap, the lower wins, with a wait before each step up.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_COMBINED_H
#define PERFADAPT_TOOLS_SIM_COMBINED_H

#include "sim/policy.h"

extern const struct sim_policy sim_step_wise_frame;
extern const struct sim_policy sim_ipa_frame;

#endif
