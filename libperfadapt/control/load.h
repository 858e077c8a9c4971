/*
 * What the frames of the last second say of the load: the middle, the spread, the peak. SPDX-License-Identifier: MIT
 *
 * Works are times of a frame at the best rung, and at the full clock where the GPU idles down. A hitch in a second of frames moves none of them; a second without
 * frames leaves all of them as they were.
 */
#ifndef PERFADAPT_CONTROL_LOAD_H
#define PERFADAPT_CONTROL_LOAD_H

#include "control/frame.h"
#include "control/heat.h"
#include "control/reading.h"

struct perfadapt__load {
    bool known;
    uint64_t works;   /* of the statistics, looked at so far */
    double unit;      /* of the works below */
    double middle_ns; /* median */
    double spread;    /* relative, one standard deviation of an ordinary frame */
    double mean_ns;   /* of the last minute */
    double peak_ns;   /* that a rung must have room for before it is gone up to */
    double clock;     /* what a GPU time of now takes at the full clock, relative; 1 = the same */
    double full;      /* the full clock, relative to the highest that is told: what a busy GPU comes to */
    double slow_s;    /* for how long a busy GPU has not raised its clock */
};

void perfadapt__load_init(struct perfadapt__load *load);

/* How far the GPU has idled down, at every tick: frames that it draws slowly then are no heavier for it. */
void perfadapt__load_judge_clock(struct perfadapt__load *load, const struct perfadapt__frame_statistics *frames,
                                 const struct perfadapt__reading *reading, double seconds);

/* Takes what is new in the statistics, `seconds` after the last time. */
void perfadapt__load_step(struct perfadapt__load *load, const struct perfadapt__frame_statistics *frames,
                          double seconds);

/* The work at a horizon: it returns to the mean of the last minute. */
double perfadapt__load_ahead_ns(const struct perfadapt__load *load, double work_ns, enum perfadapt__horizon horizon);

#endif
