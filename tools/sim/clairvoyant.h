/* A policy that knows the true state, the plant and the future: what could have been reached at the same target.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_CLAIRVOYANT_H
#define PERFADAPT_TOOLS_SIM_CLAIRVOYANT_H

#include "sim/policy.h"

extern const struct sim_policy sim_clairvoyant;

#endif
