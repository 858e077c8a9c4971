/*
 * Giving way to interactive sessions of other apps. SPDX-License-Identifier: MIT
 *
 * While one of them is held below its best for something that is shared (time on the GPU or the CPU, heat, memory,
 * power), a session that nobody looks at goes to its lowest rung, one frame in flight and one worker thread, with the
 * next tick. Without a target frame rate the GPU is busy all the time whatever is drawn: where the frame rate may move,
 * frames then come so slowly that a twentieth of the time is left to them.
 *
 * It comes back when no session has needed that for a hold time, to whatever its other caps allow; for one that is on
 * its way back up it waits 15 s. The hold time is short at first, and twice as long with each time that the need returns
 * within minutes of coming back: an export heats, the other throttles, the export gives way, the other recovers.
 */
#ifndef PERFADAPT_CONTROL_YIELD_H
#define PERFADAPT_CONTROL_YIELD_H

#include "control/caps.h"
#include "control/load.h"
#include "control/policy.h"

struct perfadapt__yield {
    bool yielding;
    int64_t needed_ns;     /* the last time that another session needed it */
    int64_t lifted_ns;     /* 0 = never */
    int64_t hold_ns;       /* from then on */
    int64_t pace_ns;       /* 0 = none */
    uint64_t peer_reasons; /* the last that counted */
};

void perfadapt__yield_init(struct perfadapt__yield *yield);

/* Whether a session of this policy gives way at all: else what others report need not be known. */
bool perfadapt__yield_applies(const struct perfadapt__policy *policy);

/* After all that writes pace_ns, frames_in_flight, worker_threads or reasons. */
void perfadapt__yield_step(struct perfadapt__yield *yield, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                           const struct perfadapt__frame_statistics *frames, const struct perfadapt__load *load,
                           struct perfadapt__caps *caps);

#endif
