/*
 * What each rung would bring: whether its frames fit, and where its heat leads. SPDX-License-Identifier: MIT
 *
 * Heat is a forecast's excess over the target: soon, which a move must avoid, and late, which can be followed down rung by
 * rung and counts the more the larger the next step down is.
 */
#ifndef PERFADAPT_CONTROL_PROSPECTS_H
#define PERFADAPT_CONTROL_PROSPECTS_H

#include "control/load.h"
#include "control/thermal.h"

/* Of the load: such a move is seen. */
#define PERFADAPT__FULL_STEP 0.1

/* What they are reckoned from. */
struct perfadapt__prospects {
    const struct perfadapt__policy *policy;
    const struct perfadapt__ladder *ladder;
    const struct perfadapt__load *load;
    const struct perfadapt__thermal_control *thermal;
    const struct perfadapt__frame_statistics *frames;
};

/* Of a frame, as a share of one at rung 0. */
double perfadapt__prospects_cost(const struct perfadapt__prospects *prospects, uint32_t rung);

/* GPU time per time that a rung takes; only ratios mean anything. */
double perfadapt__prospects_load(const struct perfadapt__prospects *prospects, uint32_t rung);

/* How much of a full step it is from one rung to the other, at most 1. */
double perfadapt__prospects_move_share(const struct perfadapt__prospects *prospects, uint32_t rung_a, uint32_t rung_b);

/* The load stays near its middle. */
bool perfadapt__prospects_is_steady(const struct perfadapt__prospects *prospects);

/* Without a target the GPU is busy all the time whatever it draws: a cut would cost quality and cool nothing. */
bool perfadapt__prospects_answers_heat(const struct perfadapt__prospects *prospects);

/* At the middle of the load: a rung to stay on, or to move down to. */
bool perfadapt__prospects_fits(const struct perfadapt__prospects *prospects, uint32_t rung);
bool perfadapt__prospects_stays_cool(const struct perfadapt__prospects *prospects, uint32_t rung);

/* Seconds lead over the target, by more than its sensor's noise; by how much, °C. */
bool perfadapt__prospects_is_too_hot(const struct perfadapt__prospects *prospects, uint32_t rung, double *out_excess_c);

/* At the peak of the load: a rung to move up to. */
bool perfadapt__prospects_may_rise_by_frames(const struct perfadapt__prospects *prospects, uint32_t rung);
bool perfadapt__prospects_may_rise_by_heat(const struct perfadapt__prospects *prospects, uint32_t rung);

/* Over the target, up to two minutes ahead, °C; below 0 = room. */
double perfadapt__prospects_lasting_excess_c(const struct perfadapt__prospects *prospects, uint32_t rung);

/* How far over the target the guard acts, °C. */
double perfadapt__prospects_guarded_from_c(const struct perfadapt__prospects *prospects, uint32_t rung);

#endif
