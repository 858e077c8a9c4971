/*
 * Memory: how short it is, how much of it the process may use, and what to do where that is not enough.
 * SPDX-License-Identifier: MIT
 *
 * The state gets worse at once and better after 5 s. Tight: little is left (10 %, at most 1.5 GiB), tasks stall for 5 ms
 * per second, a sudden fall that uses up what is left within 3 s, or a steady growth of the process that does within
 * 60 s. Critical: next to nothing is left (3 %, at most 512 MiB), or all tasks stall for 70 ms per second. Device memory
 * beyond its budget counts likewise.
 *
 * As a last resort, where all tasks stall for 4 s with the budget at its lowest, the rung falls by one, again every 4 s;
 * it rises by one every 10 s once that is over.
 */
#ifndef PERFADAPT_CONTROL_MEMORY_H
#define PERFADAPT_CONTROL_MEMORY_H

#include "control/caps.h"
#include "control/gpu_memory.h"
#include "control/memory_budget.h"
#include "control/memory_view.h"
#include "control/policy.h"

/* A state that gets worse at once and better only after a while. */
struct perfadapt__memory_judgement {
    uint32_t state;    /* enum perfadapt_memory_state */
    int64_t called_ns; /* when it, or worse, was last called for */
};

struct perfadapt__memory_control {
    int64_t now_ns; /* of the last step; never goes back */
    struct perfadapt__memory_past past;
    struct perfadapt__memory_judgement machine_state; /* told: also stalls that nothing here can help */
    struct perfadapt__memory_judgement own_state;     /* acted on: what giving memory back can help */
    struct perfadapt__memory_judgement gpu_state;
    struct perfadapt__memory_budget budget;
    struct perfadapt__gpu_memory gpu;
    uint32_t rung;      /* the cap, moved as a last resort only */
    int64_t stepped_ns; /* 0 = nothing is so bad that it may have to */
};

void perfadapt__memory_init(struct perfadapt__memory_control *control);

/* `rung` is in force, `rungs` the length of the ladder. Writes its part of the caps; time is the reading's. */
void perfadapt__memory_step(struct perfadapt__memory_control *control, const struct perfadapt__policy *policy,
                            const struct perfadapt__reading *reading, uint32_t rung, uint32_t rungs,
                            struct perfadapt__caps *caps);

#endif
