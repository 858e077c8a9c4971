/*
 * Heat: what each sensor that steers will do, what is too hot, and what to do where nothing can be read.
 * SPDX-License-Identifier: MIT
 *
 * Each sensor is held against its own target, its limit less the margin; a forecast over several horizons says how far
 * beyond it any utilisation leads. Three things need no model: a temperature that is over the target (the guard), a
 * device that says it throttles for heat (then its limit lies lower than it states), and a sensor that is lost.
 */
#ifndef PERFADAPT_CONTROL_THERMAL_H
#define PERFADAPT_CONTROL_THERMAL_H

#include "control/caps.h"
#include "control/frame.h"
#include "control/heat_channel.h"
#include "control/policy.h"
#include "control/reading.h"

struct perfadapt__thermal_control {
    struct perfadapt__heat_channel channels[PERFADAPT__HEAT_SENSORS];
    struct perfadapt__busy busy;        /* of the whole GPU */
    double other_now[PERFADAPT__POLES]; /* of it, by others */
    double other_sensed[PERFADAPT__POLES];
    double other_busy;
    struct perfadapt__curve curve;
    struct perfadapt__curve_learning curve_learning;
    double own_busy;       /* since the last tick; NAN unknown */
    double own_busy_ns;    /* of the statistics at the last tick; NAN = none yet */
    int64_t looked_ns;     /* 0 = never */
    int64_t lost_since_ns; /* 0 = not lost */
    double last_resort_c;
    uint32_t state;    /* enum perfadapt_thermal_state, as it is told */
    int64_t calmer_ns; /* since when every look has been calmer than that; 0 = not */
    double headroom;   /* as it is told; NAN unknown */
    int64_t stepped_ns;
};

void perfadapt__thermal_init(struct perfadapt__thermal_control *control);

/* Once a second: how busy the GPU was in it, by whom, and what power that took. `clock` as perfadapt__load has it. */
void perfadapt__thermal_look(struct perfadapt__thermal_control *control, const struct perfadapt__reading *reading,
                             const struct perfadapt__frame_statistics *frames, double clock);

/* Takes a reading; learns from it. Writes its part of the caps: headroom, state, time to throttle, hold, the fast model. */
void perfadapt__thermal_step(struct perfadapt__thermal_control *control, const struct perfadapt__policy *policy,
                             const struct perfadapt__reading *reading, const struct perfadapt__frame_statistics *frames,
                             struct perfadapt__caps *caps);

/* How far beyond its target the sensor that is worst off will be, °C; below 0 = none will. -INFINITY = nothing known. */
double perfadapt__thermal_excess_c(const struct perfadapt__thermal_control *control, double own_utilisation,
                                   enum perfadapt__horizon horizon);

/* The same with `doubts` standard deviations of the model's doubt about the rise on top. */
double perfadapt__thermal_doubtful_excess_c(const struct perfadapt__thermal_control *control, double own_utilisation,
                                            enum perfadapt__horizon horizon, double doubts);

/* How far beyond its target the hottest sensor is now, °C; -INFINITY = nothing known. Evidence for it. */
double perfadapt__thermal_over_c(const struct perfadapt__thermal_control *control, double *out_temperature_c,
                                 double *out_target_c);

/* Half of what a forecast should stay below the target, for the noise of the sensors. */
double perfadapt__thermal_slack_c(const struct perfadapt__thermal_control *control);

/* How far a temperature may lie from what a sensor that steers reads, for its steps: half a degree, or 0 where it shows
 * parts of one. */
double perfadapt__thermal_grain_c(const struct perfadapt__thermal_control *control);

/* A sensor that steers has news since the last tick. */
bool perfadapt__thermal_is_fresh(const struct perfadapt__thermal_control *control);

#endif
