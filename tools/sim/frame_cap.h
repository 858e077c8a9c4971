/* The well-built frame cap: in time now, and in time after the next step up, with a wait before it.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SIM_FRAME_CAP_H
#define PERFADAPT_TOOLS_SIM_FRAME_CAP_H

#include "sim/load_window.h"
#include "sim/policy.h"

struct sim_frame_cap {
    const struct perfadapt__ladder *ladder;
    struct sim_load_window window;
    double lateness;  /* CUSUM of frames beyond their time */
    double peak_ns;   /* of the work, fading … */
    double peak_fade; /* … by this per tick */
    uint32_t rung;    /* the best that frames have room for */
};

void sim_frame_cap_init(struct sim_frame_cap *cap, const struct sim_rules *rules);
/* True: frames are late and `cap->rung` has moved down, now. */
bool sim_frame_cap_gpu(struct sim_frame_cap *cap, const struct sim_gpu *gpu);
void sim_frame_cap_tick(struct sim_frame_cap *cap, uint32_t rung_now);

/* Lateness adds up over frames; beyond a third of a frame it is no hitch. */
bool sim_lateness_add(double *lateness, double ratio);

#endif
