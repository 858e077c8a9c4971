/*
 * Writes what every step of a session consumes into its record. SPDX-License-Identifier: MIT
 *
 * For the step owner: one call at a time. No system call, no lock, no allocation. What does not fit is lost until the
 * next tick or policy, which begins another segment with the state as it is then: the gap shows in a replay.
 */
#ifndef PERFADAPT_RECORD_RECORDER_H
#define PERFADAPT_RECORD_RECORDER_H

#include "control/decider.h"
#include "control/tick.h"
#include "record/format.h"

struct perfadapt__recorder {
    struct perfadapt__record_ring *ring; /* NULL: nothing is recorded */
    struct perfadapt__record_segment *segment;
    unsigned char *at, *end;  /* of its payload; both NULL without one */
    unsigned char *ticked_at; /* where the last tick was */
    uint64_t lost;            /* records since the segment was full */
    uint64_t caps_before;     /* generation of the caps before the last tick */
    /* What the next record is told apart from. */
    int64_t now_ns, done_ns;
    uint64_t frame;
    uint32_t quality;
    float render_scale;
    struct perfadapt__reading reading;
};

/* `ring` is zeroed memory, or NULL. The policy is that of a session's first step at `now_ns`. */
void perfadapt__recorder_init(struct perfadapt__recorder *recorder, struct perfadapt__record_ring *ring,
                              const struct perfadapt__policy *policy, int64_t now_ns);

/*
 * Before the step that takes it; `caps` as perfadapt__recorder_caps() says where it took other caps, else 0.
 */
void perfadapt__recorder_input(struct perfadapt__recorder *recorder, const struct perfadapt__frame_input *input,
                               enum perfadapt__record_caps caps);

/* Which caps these are that a step is about to take. */
static inline enum perfadapt__record_caps perfadapt__recorder_caps(const struct perfadapt__recorder *recorder,
                                                                   uint64_t generation) {
    return generation > recorder->caps_before ? PERFADAPT__RECORD_CAPS_NEWEST : PERFADAPT__RECORD_CAPS_BEFORE;
}

/* After a step that changed it. */
void perfadapt__recorder_budget(struct perfadapt__recorder *recorder, const struct perfadapt_budget *budget);

/*
 * Before a tick, or another policy, that finds `decider` and `tick` as they are.
 */
void perfadapt__recorder_tick(struct perfadapt__recorder *recorder, const struct perfadapt__decider *decider,
                              const struct perfadapt__tick_control *tick, const struct perfadapt__reading *reading);
void perfadapt__recorder_policy(struct perfadapt__recorder *recorder, const struct perfadapt__decider *decider,
                                const struct perfadapt__tick_control *tick, const struct perfadapt__policy *policy,
                                int64_t now_ns);

#endif
