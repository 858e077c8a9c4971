/*
 * Joins what sources say of throttling into a verdict that names its proof. Pure. SPDX-License-Identifier: MIT
 *
 * Sources disagree and exaggerate: a driver reports THROTTLED at 34 °C, a counter grows for a board's regulator, a user's
 * no_turbo looks like a hot processor. A claim of heat is believed only beside a temperature that can be heat.
 */
#ifndef PERFADAPT_SAMPLER_THROTTLE_H
#define PERFADAPT_SAMPLER_THROTTLE_H

#include <perfadapt/snapshot.h>

/* After the guard: sets evidence[].believed, and the verdicts of the processor, of each GPU and of the machine. */
void perfadapt__throttle_judge(struct perfadapt_snapshot *snapshot, int64_t now_ns);

#endif
