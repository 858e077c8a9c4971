/*
 * Frames in flight, worker threads: outputs of one simple rule each. SPDX-License-Identifier: MIT
 *
 * frames_in_flight: the preset's (1 … 8). One more, up to 3, where the pipeline has been starved for 2 s: frames take
 * more than 1.05 x frame_ns, although neither CPU nor GPU works for as much as 0.95 of it; both together do for longer,
 * so that they must be waiting for each other. Back once both together have stayed below 0.9 of it, or one alone above
 * 0.95, for 30 s: not when frames are on time again, which is what the extra frame is for. At most 2 while the process
 * is short of memory: what is in flight holds memory.
 *
 * worker_threads: the preset's, at most the cgroup's CPU quota rounded up; half of that (at least 1) for a background
 * session. While tasks wait for a CPU more than 20 % of the time, from 2 s on, one fewer every 5 s, down to half; while
 * they wait less than 5 %, or nothing is known of it, one more every 10 s.
 */
#ifndef PERFADAPT_CONTROL_KNOBS_H
#define PERFADAPT_CONTROL_KNOBS_H

#include "control/caps.h"
#include "control/frame.h"
#include "control/policy.h"
#include "control/reading.h"

struct perfadapt__knobs {
    uint32_t frames_in_flight, worker_threads; /* as last decided */
    uint32_t extra_frames;                     /* 1 while the pipeline would starve without */
    uint32_t fewer_workers;                    /* taken off for CPU pressure */
    uint32_t policy_frames, policy_workers;    /* that the last step went by */
    int64_t starved_since_ns, calm_since_ns;   /* 0 = not */
    double cpu_some_us;                        /* at the last look; NAN unknown */
    int64_t looked_ns;                         /* 0 = never */
    int64_t pressed_since_ns, idle_since_ns;   /* CPUs; 0 = not */
    int64_t workers_changed_ns;                /* 0 = never */
    double waiting;                            /* share of the time that tasks waited for a CPU; NAN unknown */
    struct perfadapt__evidence evidence;       /* for the last move of either */
};

void perfadapt__knobs_init(struct perfadapt__knobs *knobs, const struct perfadapt__policy *policy);

/* Writes frames_in_flight and worker_threads; memory_state and the memory's evidence must be there already. */
void perfadapt__knobs_step(struct perfadapt__knobs *knobs, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                           const struct perfadapt__frame_statistics *frames, struct perfadapt__caps *caps);

#endif
