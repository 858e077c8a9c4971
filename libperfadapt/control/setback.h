/*
 * What the app reports: timeouts, lost devices, failed allocations. Back off, wait, come back. SPDX-License-Identifier: MIT
 *
 * gpu-timeout        the longest dispatch halves, from what the budget says. Where that is no limit it halves from the
 *                    duration that the app told (ns; more than 64 ms counts as 64 ms), or else from 16 ms. Never below
 *                    0.5 ms.
 * device-lost        the same with 16 ms, whatever was told; at best the middle of the ladder, or the rung in force where
 *                    that is lower; two frames in flight.
 * out-of-memory      one rung lower, two frames in flight; where the app told what it used (bytes), a cap at 80 % of it,
 *                    not below 16 MiB.
 * gpu-out-of-memory  one rung lower, and the same cap for device memory.
 * Others are ignored. Events of one kind within a second are one: what was queued fails together.
 *
 * Recovery begins after a wait of 10 s since the last event; then, every 10 s: one rung, 10 % longer dispatches, 10 %
 * more memory. A limit is gone where it reaches the preset (64 ms where that is no limit), or what was used when the
 * allocation failed. Two frames in flight stay until rung and memory are back. The wait doubles, up to 320 s, with an
 * event during recovery or within 60 s of its end; it is 10 s again for one that comes later.
 */
#ifndef PERFADAPT_CONTROL_SETBACK_H
#define PERFADAPT_CONTROL_SETBACK_H

#include "control/caps.h"
#include "control/policy.h"

#include <stdbool.h>

struct perfadapt__setback {
    uint32_t rung;                                     /* the cap; 0 = none */
    uint32_t frames_in_flight;                         /* cap; 0 = none */
    int64_t dispatch_ns;                               /* what the budget says; 0 = no limit */
    uint64_t memory_bytes, gpu_memory_bytes;           /* caps; UINT64_MAX = none */
    uint64_t memory_back_bytes, gpu_memory_back_bytes; /* where those are lifted again */
    uint32_t reasons;                                  /* EVENT while any of it differs from its normal value */
    uint32_t event;                                    /* the last one; 0 = none yet */
    int64_t happened_ns, stepped_ns;                   /* the last event, the last step of recovery; 0 = never */
    int64_t wait_ns; /* before recovery begins; doubles with every event that comes soon after recovery */
    struct perfadapt__evidence evidence;
};

void perfadapt__setback_init(struct perfadapt__setback *setback, const struct perfadapt__policy *policy);

/* Another policy than `before` and another ladder: what is set back stays so, what is not is as the policy has it. */
void perfadapt__setback_set_policy(struct perfadapt__setback *setback, const struct perfadapt__policy *before,
                                   const struct perfadapt__policy *policy, uint32_t rungs);

/* `event` of enum perfadapt_event, `value` what the app told with it. `rung` is in force, `rungs` the ladder's length. */
void perfadapt__setback_report(struct perfadapt__setback *setback, const struct perfadapt__policy *policy,
                               uint32_t event, int64_t value, uint32_t rung, uint32_t rungs, int64_t now_ns);

/* Time passes: true where something recovered. Cheap: one comparison where nothing is set back. */
bool perfadapt__setback_step(struct perfadapt__setback *setback, const struct perfadapt__policy *policy,
                             int64_t now_ns);

#endif
