/*
 * The cap on device memory, from what the driver grants. SPDX-License-Identifier: MIT
 *
 * The budget of VK_EXT_memory_budget shrinks while others take more, and what is beyond it is moved to slower memory. The
 * cap stays below it by a reserve: 1/32 of it, 1/16 more with every 2 s that the app is beyond the budget, up to 1/4; the
 * reserve shrinks by 1/100 every 6 s that it is not. The cap falls at once and rises in steps of at least 1/16.
 */
#ifndef PERFADAPT_CONTROL_GPU_MEMORY_H
#define PERFADAPT_CONTROL_GPU_MEMORY_H

#include <stdint.h>

/* Zeroed memory is a cap that has not been stepped yet. */
struct perfadapt__gpu_memory {
    double extra_share;         /* of the budget, reserved beyond the ordinary */
    uint64_t told_bytes;        /* 0 = nothing yet; UINT64_MAX = no limit known */
    int64_t cut_ns, relaxed_ns; /* 0 = never */
};

/* Updates told_bytes and returns the enum perfadapt_memory_state called for. `now_ns` is positive and never goes back. */
uint32_t perfadapt__gpu_memory_step(struct perfadapt__gpu_memory *control, double used, double budget, int64_t now_ns);

#endif
