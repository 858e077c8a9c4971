/*
 * Runs the frame step for whoever brings it an input: the render thread, a completion thread, the idle sampler.
 * SPDX-License-Identifier: MIT
 *
 * One owner at a time, by a flag that is tried and never waited for: who finds it taken leaves the input in a ring and
 * goes on, and the owner takes it along. The owner alone writes the budget. No system call (one non-blocking write per
 * budget change where a descriptor is watched), no lock, no allocation.
 */
#ifndef PERFADAPT_STEPPER_H
#define PERFADAPT_STEPPER_H

#include "control/decider.h"
#include "core/ring.h"
#include "core/seqlock.h"
#include "publish/region.h"
#include "record/recorder.h"

struct perfadapt__stepper {
    struct perfadapt__region *region; /* constant */

    struct perfadapt__ring inputs;
    _Atomic uint32_t owned;

    /* The mailbox from the tick: one writer, the sampler thread. */
    struct perfadapt__seqlock caps_lock;
    _Atomic uint64_t caps_words[PERFADAPT__WORDS(sizeof(struct perfadapt__caps))];
    _Atomic uint64_t caps_generation;

    struct perfadapt__recorder recorder; /* the owner's */
    struct perfadapt__decider decider; /* the owner's; its policy and ladder are changed by the sampler thread alone */

    /* What others want to know of the newest budget without copying it. */
    _Atomic uint64_t drawn; /* quality << 32 | bits of render_scale */
    _Atomic int64_t frame_ns;
    _Atomic int64_t last_end_ns;  /* of the last frame; 0 = none yet */
    _Atomic int64_t gpu_total_ns; /* of all GPU times handed in; -1 = none yet */
    _Atomic int budget_fd;        /* -1 = nobody watches */
};

/* `record` is zeroed memory, or NULL. */
void perfadapt__stepper_init(struct perfadapt__stepper *stepper, const struct perfadapt__policy *policy,
                             const struct perfadapt__caps *caps, struct perfadapt__region *region,
                             struct perfadapt__record_ring *record, int64_t now_ns);

/* Any thread. Steps at once, or leaves the input to the owner. */
void perfadapt__stepper_submit(struct perfadapt__stepper *stepper, const struct perfadapt__frame_input *input);

/*
 * The sampler thread, before a tick: a copy of what the frames have told so far, and the record of it. False where the
 * owner did not let go for long, as it has been stopped in mid-step: *out is untouched, and the tick must not be made:
 * it could not be told, and would not be on record.
 */
bool perfadapt__stepper_begin_tick(struct perfadapt__stepper *stepper, const struct perfadapt__tick_control *tick,
                                   const struct perfadapt__reading *reading, struct perfadapt__frame_statistics *out);

/*
 * The sampler thread: another policy from now on, for both halves of the control. False as above, and nothing changed.
 */
bool perfadapt__stepper_set_policy(struct perfadapt__stepper *stepper, struct perfadapt__tick_control *tick,
                                   const struct perfadapt__policy *policy, int64_t now_ns);

/* Any thread: the record as it is now. False as above, or where nothing is recorded. */
bool perfadapt__stepper_copy_record(struct perfadapt__stepper *stepper, struct perfadapt__record_ring *out);

/* The sampler thread. */
void perfadapt__stepper_put_caps(struct perfadapt__stepper *stepper, const struct perfadapt__caps *caps);

#endif
