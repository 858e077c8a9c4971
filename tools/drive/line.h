/*
 * One line of the filter's input, from text to numbers. SPDX-License-Identifier: MIT
 *
 *     frame T_NS CPU_NS GPU_NS | gpu T_NS FRAME_INDEX GPU_NS | tick T_NS key=value… | event T_NS NAME [VALUE]
 *     hold T_NS on|off
 *
 * Words are parted by blanks. Knows nothing of what came before: what only earlier lines tell to be wrong is stream's.
 */
#ifndef PERFADAPT_TOOLS_DRIVE_LINE_H
#define PERFADAPT_TOOLS_DRIVE_LINE_H

#include "drive/reason.h"

#include <stddef.h>
#include <stdint.h>

enum drive_line_kind {
    DRIVE_LINE_FRAME = 0,
    DRIVE_LINE_GPU = 1,
    DRIVE_LINE_TICK = 2,
    DRIVE_LINE_EVENT = 3,
    DRIVE_LINE_HOLD = 4
};

/* What a tick line says of the machine; NAN is unknown. */
struct drive_tick {
    double temperature_c, limit_c;
    double busy; /* 0 … 1 */
    double power_w, clock_mhz, clock_max_mhz;
    double memory_some_us, memory_full_us;                                               /* since boot */
    double memory_available, memory_total, gpu_memory_used, gpu_memory_budget, resident; /* bytes */
    double on_ac;                                                                        /* 1 or 0 */
    uint32_t throttle;                                                                   /* enum perfadapt_throttling */
};

struct drive_line {
    uint32_t kind;  /* enum drive_line_kind */
    uint32_t event; /* EVENT: enum perfadapt_event */
    int64_t time_ns;
    int64_t cpu_ns; /* FRAME */
    int64_t gpu_ns; /* FRAME, GPU; -1 = unknown */
    uint64_t index; /* GPU: of the frame line, from 0 */
    int64_t value;  /* EVENT; HOLD: 1 = on, 0 = off */
    struct drive_tick tick;
};

/* `text` is cut into its words. False where it is not a good line; `out_line` then holds nothing of use. */
bool drive_line_parse(char *text, size_t length, struct drive_line *out_line, char out_reason[DRIVE_REASON_MAX]);

#endif
