/* What the slow step (heat, memory) allows the fast step (frames): the sampler thread's word to the render thread. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_CAPS_H
#define PERFADAPT_CONTROL_CAPS_H

#include <stdint.h>

/* What a decision rests on; the same as in struct perfadapt_decision. */
struct perfadapt__evidence {
    uint64_t signal; /* enum perfadapt_signal */
    double value;
    double limit;
    double forecast;
};

/* A multiple of 8 bytes without padding, so that it travels through a seqlock as words. */
struct perfadapt__caps {
    uint64_t generation;   /* grows with every tick that changed something */
    uint32_t thermal_rung; /* best rung that heat allows */
    uint32_t memory_rung;  /* best rung that memory allows */
    uint32_t hold;         /* 1: nothing may get better until this clears */
    uint32_t reasons;      /* of enum perfadapt_reason: those that stand behind the caps above */
    uint64_t memory_bytes;
    int64_t time_to_throttle_ns;
    uint32_t frames_in_flight;
    uint32_t thermal_state;
    uint32_t memory_state;
    float thermal_headroom;
    float confidence; /* of what the tick knows: heat and memory, 0 … 0.7 */
    uint32_t padding; /* 0 */
    struct perfadapt__evidence thermal;
    struct perfadapt__evidence memory;
};

#endif
