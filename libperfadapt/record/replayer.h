/*
 * Steps a controller through what was recorded, and holds what it decides against what was decided then.
 * SPDX-License-Identifier: MIT
 *
 * Pure, as the controller is. Where records are missing, or the question is what another policy would have done, it
 * says so in its tally instead of pretending.
 */
#ifndef PERFADAPT_RECORD_REPLAYER_H
#define PERFADAPT_RECORD_REPLAYER_H

#include "record/recording.h"

/*
 * Turns the policy that was in force into the one to try. Where that is another, the search begins anew at the first
 * state, as in a session that is given a new policy.
 */
struct perfadapt__what_if {
    void (*change)(void *context, struct perfadapt__policy *policy); /* NULL = replay what happened */
    void *context;
};

struct perfadapt__replay_tally {
    uint64_t frames, ticks, policies;
    uint64_t budgets;          /* changes of the budget, as they were recorded */
    uint64_t differing;        /* … that came out otherwise, or not at all, or were not recorded */
    int64_t differed_ns;       /* when the first of them was */
    uint64_t gaps;             /* where records are missing: it goes on with the recorded state, what if with its own */
    uint64_t lost;             /* records that the recorder had no room for */
    int64_t first_ns, last_ns; /* times of the first and the last record */
};

struct perfadapt__replayer {
    struct perfadapt__what_if what_if;
    bool started;
    bool loaded;             /* there is a state, recorded or begun with: another policy keeps its own behind gaps */
    bool stranded;           /* behind a gap no state could be read: nothing is stepped until one can */
    bool owed;               /* the last step changed the budget, and what was recorded of that has not come yet */
    uint64_t sequence, used; /* of the segment that is being read */
    struct perfadapt__decider decider;
    struct perfadapt__tick_control tick;
    struct perfadapt__caps caps_before;    /* the last tick */
    enum perfadapt__arbiter_change change; /* that the last record came to */
    struct perfadapt__replay_tally tally;
};

void perfadapt__replayer_init(struct perfadapt__replayer *replayer, const struct perfadapt__what_if *what_if);

/*
 * Takes the record that ends `used` bytes into the payload of segment `sequence`. False where it cannot be used: no
 * START or STATE came before it. The budget is then replayer->decider.arbiter.budget, and replayer->change whether this
 * record changed it.
 */
bool perfadapt__replayer_take(struct perfadapt__replayer *replayer, uint64_t sequence, uint64_t used,
                              const struct perfadapt__recorded *record);

/* Takes the next record of a recording, and what is missing there. `record` is room for it. As perfadapt__recording_next(). */
enum perfadapt__recording_result perfadapt__replayer_next(struct perfadapt__replayer *replayer,
                                                          struct perfadapt__recording *recording,
                                                          struct perfadapt__recorded *record);

/* Records are missing from here on: nothing is stepped until the next state, which tells where it goes on. */
void perfadapt__replayer_break(struct perfadapt__replayer *replayer);

#endif
