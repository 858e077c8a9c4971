/*
 * Which rung frame costs and heat allow: down at once, up when it has been good for long enough. SPDX-License-Identifier: MIT
 *
 * Down where the forecast of seconds leads over the target, or frames do not fit; the fast step may have dropped before,
 * and is followed. Up to the best rung that has been good, by the peak of the load and forecasts up to two minutes, for
 * the dwell time. That grows with every switch, by a bucket of tokens that fills slowly, and for a rung that had to be
 * left again soon: a load that swings between two rungs settles on the lower one.
 */
#ifndef PERFADAPT_CONTROL_CHOICE_H
#define PERFADAPT_CONTROL_CHOICE_H

#include "control/caps.h"
#include "control/prospects.h"

struct perfadapt__choice {
    uint32_t rung;
    uint32_t reasons; /* why it is not better */
    uint64_t drops_seen;
    int64_t started_ns, stepped_ns, switched_ns, guarded_ns, lost_stepped_ns; /* 0 = never */
    int64_t over_since_ns;                                                    /* the target; 0 = not over it */
    uint32_t steps;
    uint32_t rose_to; /* the rung that the last rise led to, until it proved itself; PERFADAPT__RUNGS_MAX = none */
    bool dropped;     /* once since the start: the first, fast search for a rung is over */
    double tokens;
    float good_s[PERFADAPT__RUNGS_MAX];  /* for how long each rung has been good */
    float relapse[PERFADAPT__RUNGS_MAX]; /* how often it had to be left again soon, fading */
    struct perfadapt__evidence evidence; /* for the last move */
};

void perfadapt__choice_init(struct perfadapt__choice *choice, const struct perfadapt__ladder *ladder);

/* The ladder is another one: the search begins again at `rung`. `drops` of the fast step are known already. */
void perfadapt__choice_begin_at(struct perfadapt__choice *choice, const struct perfadapt__ladder *ladder, uint32_t rung,
                                uint64_t drops);

/* Takes a view once a second, at any pace of ticks; a temperature over the target is seen to at once. */
void perfadapt__choice_step(struct perfadapt__choice *choice, const struct perfadapt__prospects *prospects,
                            int64_t now_ns);

#endif
