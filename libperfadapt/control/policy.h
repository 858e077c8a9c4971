/*
 * What the user, the app and the device's preset have laid down; another one may take its place.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_CONTROL_POLICY_H
#define PERFADAPT_CONTROL_POLICY_H

#include <float.h>
#include <stdint.h>

/* Decisions are to be the same bits on every machine: doubles that are evaluated as doubles. */
_Static_assert(FLT_EVAL_METHOD == 0, "control/ needs FLT_EVAL_METHOD 0 (on 32-bit x86: -msse2 -mfpmath=sse)");

#define PERFADAPT__QUALITY_LEVELS_MAX 32

/* policy.mode */
enum perfadapt__mode {
    PERFADAPT__MODE_AUTO = 0,
    PERFADAPT__MODE_FIXED = 1, /* outputs stand at their best allowed value; everything is watched and told */
    PERFADAPT__MODE_OFF = 2    /* likewise, and nothing is learned or told but the budget as opened */
};

/* policy.prefer: what gives way first, and how hot or hungry the device may be */
enum perfadapt__prefer {
    PERFADAPT__PREFER_FRAMERATE = 0, /* quality and scale give way first */
    PERFADAPT__PREFER_QUALITY = 1,   /* the frame rate gives way first */
    PERFADAPT__PREFER_QUIET = 2,     /* a cooler target: fans follow the temperature */
    PERFADAPT__PREFER_BATTERY = 3    /* never more than half of the GPU's time */
};

struct perfadapt__policy {
    uint32_t mode;            /* enum perfadapt__mode */
    uint32_t prefer;          /* enum perfadapt__prefer */
    uint32_t role;            /* enum perfadapt_role */
    uint32_t outputs;         /* mask of enum perfadapt_output: what may move */
    uint32_t quality_levels;  /* at least 1 */
    uint32_t quality_min;     /* never lower … */
    uint32_t quality_max;     /* … and never higher than this; both below quality_levels */
    uint32_t yields;          /* 1: unless interactive, gives way to sessions that are */
    int64_t target_frame_ns;  /* 0 = none: frames come as fast as they can */
    int64_t slowest_frame_ns; /* frame_ns never beyond it; 0 = three times the target */
    int64_t refresh_ns;       /* of a panel with a fixed rate: frame_ns is a multiple of it; 0 = unknown or variable */
    double render_scale_min;  /* lowest render scale used */
    double render_scale_max;  /* highest */
    double cost[PERFADAPT__QUALITY_LEVELS_MAX]; /* relative GPU cost, best quality first, cost[0] == 1: a first guess */
    double thermal_limit_c;                     /* the user's; NAN = the sensors' own alone */
    double thermal_margin_c;                    /* steer to this far below the limit */
    double battery_busy; /* on battery, never more than this share of the GPU's time; 1 = no cap */
    uint32_t frames_in_flight;
    uint32_t worker_threads;
    int64_t dispatch_ns;          /* longest single GPU submission where all is well; 0 = no limit */
    int64_t memory_reserve_bytes; /* of available memory, left to the rest of the machine */
    double memory_share;          /* of the machine's or the cgroup's memory, never more than this; 0 or 1 = no cap */
};

#endif
