/* The algorithm that the research prototype ended with, kept to compare with. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_REFERENCE_H
#define PERFADAPT_TOOLS_SIM_REFERENCE_H

#include "sim/policy.h"

extern const struct sim_policy sim_reference;

#endif
