/* An indexer of thermal headroom and frame rate, after the adaptive modules of game engines.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_UNITY_H
#define PERFADAPT_TOOLS_SIM_UNITY_H

#include "sim/policy.h"

extern const struct sim_policy sim_unity;

#endif
