/* A controller of frame times alone, after the dynamic resolution of render engines. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_FILAMENT_H
#define PERFADAPT_TOOLS_SIM_FILAMENT_H

#include "sim/policy.h"

extern const struct sim_policy sim_filament;

#endif
