/* What a STATE record holds, and how builds whose states differ are told apart. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_RECORD_STATE_H
#define PERFADAPT_RECORD_STATE_H

#include "control/decider.h"
#include "control/tick.h"
#include "record/words.h"

/* Of the decider: what is behind the policy and the ladder, which follows from it. */
#define PERFADAPT__STATE_DECIDER_AT offsetof(struct perfadapt__decider, frame)
#define PERFADAPT__STATE_DECIDER_BYTES (sizeof(struct perfadapt__decider) - PERFADAPT__STATE_DECIDER_AT)

/* The most that a state takes, packed. */
#define PERFADAPT__STATE_PACKED_MOST                                                                                   \
    (PERFADAPT__WORDS_PACKED_MOST(sizeof(struct perfadapt__policy)) +                                                  \
     PERFADAPT__WORDS_PACKED_MOST(PERFADAPT__STATE_DECIDER_BYTES) +                                                    \
     PERFADAPT__WORDS_PACKED_MOST(sizeof(struct perfadapt__tick_control)))

/* Packs all three, of one session at one moment. */
unsigned char *perfadapt__state_pack(unsigned char *to, const struct perfadapt__decider *decider,
                                     const struct perfadapt__tick_control *tick);

/* The same in builds of one version whose states have the same layout and meaning. */
uint64_t perfadapt__state_layout(void);

/* Of everything in it. A NAN is a NAN, whatever its bits: those are the processor's. */
uint32_t perfadapt__budget_hash(const struct perfadapt_budget *budget);

#endif
