/*
 * The memory cap: stalls and what is left, into a resident total to stay under. SPDX-License-Identifier: MIT
 *
 * Stall time is differenced from the files' running totals over two seconds; the kernel's own averages come every two
 * seconds and are too late. The size of a cut grows with the square of the excess, as Meta's senpai does it
 * (github.com/facebookincubator/senpai).
 */
#ifndef PERFADAPT_CONTROL_MEMORY_H
#define PERFADAPT_CONTROL_MEMORY_H

#include "control/caps.h"
#include "control/policy.h"

#include <perfadapt/snapshot.h>
#include <stdbool.h>

#define PERFADAPT__STALL_SAMPLES 32

struct perfadapt__stall_window {
    uint32_t count, newest;
    int64_t time_ns[PERFADAPT__STALL_SAMPLES];
    double some_us[PERFADAPT__STALL_SAMPLES];
    double full_us[PERFADAPT__STALL_SAMPLES];
};

/* A state that gets worse at once and better only after a while. */
struct perfadapt__memory_judgement {
    uint32_t state;    /* enum perfadapt_memory_state */
    int64_t called_ns; /* when it, or worse, was last called for */
};

struct perfadapt__memory_control {
    struct perfadapt__stall_window machine, cgroup;
    uint32_t rung;                                    /* the cap, moved as a last resort only */
    struct perfadapt__memory_judgement machine_state; /* told: also stalls that nothing here can help */
    struct perfadapt__memory_judgement own_state;     /* acted on: stalls that giving memory back can help */
    double budget_bytes;                              /* what stalls have left of it; 0 = stalls say nothing */
    uint64_t told_bytes;                  /* as last handed out: small moves of what is available are not passed on */
    int64_t cut_ns, grown_ns, stepped_ns; /* 0 = never */
};

void perfadapt__memory_init(struct perfadapt__memory_control *control);

/* Writes its part of the caps. */
void perfadapt__memory_step(struct perfadapt__memory_control *control, const struct perfadapt__policy *policy,
                            const struct perfadapt_snapshot *snapshot, uint32_t rung, uint32_t rungs, int64_t now_ns,
                            struct perfadapt__caps *caps);

#endif
