/*
 * Pressure files' running totals into stall rates. SPDX-License-Identifier: MIT
 *
 * Differenced over two seconds: the kernel's own averages come every two seconds and are too late.
 */
#ifndef PERFADAPT_CONTROL_STALL_H
#define PERFADAPT_CONTROL_STALL_H

#include "control/reading.h"

#include <stdbool.h>

#define PERFADAPT__STALL_SAMPLES 24

struct perfadapt__stall_window {
    uint32_t count, newest;
    int64_t time_ns[PERFADAPT__STALL_SAMPLES];
    double some_us[PERFADAPT__STALL_SAMPLES];
    double full_us[PERFADAPT__STALL_SAMPLES];
    int64_t moved_ns; /* when the total was last seen to grow */
};

/* Milliseconds of stall per second, 0 … 1000 each. */
struct perfadapt__stall {
    bool known;
    double some, full;               /* over two seconds */
    double newest_some, newest_full; /* over the newest half second: whether it still goes on */
};

/* Zeroed memory is an empty window. `now_ns` is positive and never goes back. */
struct perfadapt__stall perfadapt__stall_step(struct perfadapt__stall_window *window,
                                              const struct perfadapt__stall_reading *reading, int64_t now_ns);

#endif
