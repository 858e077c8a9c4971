/* What the user and the app have laid down; constant while a session runs. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_POLICY_H
#define PERFADAPT_CONTROL_POLICY_H

#include <float.h>
#include <stdint.h>

/* Decisions are to be the same bits on every machine: doubles that are evaluated as doubles. */
_Static_assert(FLT_EVAL_METHOD == 0, "control/ needs FLT_EVAL_METHOD 0 (on 32-bit x86: -msse2 -mfpmath=sse)");

#define PERFADAPT__QUALITY_LEVELS_MAX 32

struct perfadapt__policy {
    uint32_t quality_levels;                    /* at least 1 */
    uint32_t outputs;                           /* mask of enum perfadapt_output: what may move */
    int64_t target_frame_ns;                    /* 0 = none: frames come as fast as they can */
    double render_scale_min;                    /* lowest render scale used */
    double cost[PERFADAPT__QUALITY_LEVELS_MAX]; /* relative GPU cost, best quality first, cost[0] == 1 */
    double thermal_margin_c;                    /* steer to this far below the limit */
    uint32_t frames_in_flight;
    uint32_t worker_threads;
    int64_t memory_reserve_bytes; /* of available memory, left to the rest of the machine */
};

#endif
