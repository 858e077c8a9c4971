/*
 * Where devices throttled below the limits that they state, from one session to the next. SPDX-License-Identifier: MIT
 *
 * $XDG_STATE_HOME/perfadapt/limits.ini, or below ~/.local/state. Homes are shared between machines, so each limit is of one
 * sensor of one machine. Where another root directory is read, what is learned there is kept apart, in
 * limits-sysroot.ini; of simulated sensors nothing is kept. What was not learned again for 30 days is forgotten: dust and
 * summers go. A limit that is too low costs hours of quality, one that is too high a moment of throttling.
 *
 * All of it is the sampler thread's: the session's ticks ask and tell, the errand, which may block, reads and writes.
 */
#ifndef PERFADAPT_TUNING_LEARNED_LIMITS_H
#define PERFADAPT_TUNING_LEARNED_LIMITS_H

#include "control/reading.h"
#include "control/thermal.h"
#include "core/fs.h"
#include "core/variables.h"
#include "tuning/limits_text.h"

struct perfadapt__learned_limits {
    const struct perfadapt__root *root;
    const struct perfadapt__variables *variables;
    const struct perfadapt_log *log;

    char path[512];                           /* "" = none */
    char machine[PERFADAPT__HASH_TEXT_BYTES]; /* this one */
    bool loaded;
    bool told;                           /* that nothing can be kept */
    bool given_up;                       /* the file is of a newer version */
    int64_t tried_ns;                    /* to write; 0 = never */
    struct perfadapt__limits limits;     /* of this machine; as the file has them, limit_dc 0 = it has not */
    double now_c[PERFADAPT__LIMITS_MAX]; /* of each, as the session has it */
};

/* The three are kept. Opens nothing, and writes to no more than it must. */
void perfadapt__learned_limits_init(struct perfadapt__learned_limits *learned, const struct perfadapt__root *root,
                                    const struct perfadapt__variables *variables, const struct perfadapt_log *log);

/* Before a tick: fills in remembered_c. `snapshot` is what the reading was made of. */
void perfadapt__learned_limits_recall(struct perfadapt__learned_limits *learned,
                                      const struct perfadapt_snapshot *snapshot, struct perfadapt__reading *reading);

/* After it: takes what was learned. */
void perfadapt__learned_limits_take(struct perfadapt__learned_limits *learned,
                                    const struct perfadapt_snapshot *snapshot,
                                    const struct perfadapt__thermal_control *thermal);

/* The errand: reads the file once; writes where there is news, at most every 30 s, and at the end. */
void perfadapt__learned_limits_run(struct perfadapt__learned_limits *learned, int64_t now_ns, bool at_end);

#endif
