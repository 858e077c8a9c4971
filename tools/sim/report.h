/* Prints what came of the runs: for people, or one JSON object per line. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_REPORT_H
#define PERFADAPT_TOOLS_SIM_REPORT_H

#include "sim/batch.h"

void sim_report_job(const struct sim_batch *batch, const struct sim_job *job, bool json);

/* Misses and worst cells of the judged policy, and a summary of all. Returns how many targets it misses. */
size_t sim_report_batch(const struct sim_batch *batch, bool json);

#endif
