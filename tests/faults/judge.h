/*
 * What may stand in a snapshot of the made-up machine, whatever is wrong with one of its files; and whether all that it
 * had is there again. SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TESTS_FAULTS_JUDGE_H
#define PERFADAPT_TESTS_FAULTS_JUDGE_H

#include "machine.h"

#include <perfadapt/snapshot.h>

#include <stdbool.h>
#include <stdint.h>

#define JUDGE_METRICS_MAX 512

/* The sound machine as it was read at each level. */
struct judge_reference {
    struct perfadapt_snapshot snapshots[MACHINE_LEVELS];
    bool steady[JUDGE_METRICS_MAX]; /* takes the same value whenever the level is the same */
};

struct judge_complaint {
    char text[256];
};

/* Takes the second look at a level: what differs from the first one is not steady. */
void judge_compare_looks(struct judge_reference *reference, const struct perfadapt_snapshot *again, unsigned level);

/* False, and why, where something implausible, or heat, is shown. No sensor of the machine is near its limit. */
bool judge_is_plausible(const struct perfadapt_snapshot *snapshot, int64_t now_ns, struct judge_complaint *out);

/* False, and what is not, where something that the sound machine has is not there with its value of that level. */
bool judge_is_whole(const struct perfadapt_snapshot *snapshot, const struct judge_reference *reference, unsigned level,
                    struct judge_complaint *out);

#endif
