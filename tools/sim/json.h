/* The same as JSON, one object per line; null where unknown. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_JSON_H
#define PERFADAPT_TOOLS_SIM_JSON_H

#include "sim/shared.h"
#include "sim/targets.h"

void sim_json_result(const struct sim_batch *batch, const struct sim_job *job, size_t policy);
void sim_json_miss(const char *policy, const struct sim_job *job, enum sim_variant variant,
                   const struct sim_miss *miss);
void sim_json_shared(const struct sim_cell *cell, enum sim_company company, const struct sim_shared_result *result);
void sim_json_summary(const char *policy, enum sim_variant variant, const struct sim_summary *summary);

#endif
