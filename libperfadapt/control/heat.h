/*
 * One sensor's answer to load, learned while running. SPDX-License-Identifier: MIT
 *
 * The temperature is taken as a constant, plus a gain for each pole times the utilisation through that pole, plus a fading
 * rest of what was before the session. Linear in its unknowns, so a Kalman filter with a random walk finds them (Kalman,
 * J. Basic Eng. 82, 1960); poles are fixed, so that the model is stable for any estimate. Bounds are kept by projecting
 * along the covariance (Simon, IET Control Theory 4, 2010): plain clipping makes the filter diverge.
 */
#ifndef PERFADAPT_CONTROL_HEAT_H
#define PERFADAPT_CONTROL_HEAT_H

#include "control/poles.h"

#include <stdbool.h>
#include <stdint.h>

/* A constant, the poles, the fading rest. */
#define PERFADAPT__HEAT_UNKNOWNS (PERFADAPT__POLES + 2)

/* Times ahead that are looked at. */
enum perfadapt__horizon {
    PERFADAPT__AFTER_100_MS,
    PERFADAPT__AFTER_500_MS,
    PERFADAPT__AFTER_1_S,
    PERFADAPT__AFTER_2_S,
    PERFADAPT__AFTER_3_S,
    PERFADAPT__AFTER_4_S,
    PERFADAPT__AFTER_5_S,
    PERFADAPT__AFTER_8_S,
    PERFADAPT__AFTER_10_S,
    PERFADAPT__AFTER_20_S,
    PERFADAPT__AFTER_30_S,
    PERFADAPT__AFTER_60_S,
    PERFADAPT__AFTER_120_S,
    PERFADAPT__HORIZONS
};

double perfadapt__horizon_seconds(enum perfadapt__horizon horizon);

/* Utilisation through each pole: of the die, and as the sensor follows it. */
struct perfadapt__busy {
    double now[PERFADAPT__POLES];
    double sensed[PERFADAPT__POLES];
};

struct perfadapt__heat {
    double unknowns[PERFADAPT__HEAT_UNKNOWNS];
    double covariance[PERFADAPT__HEAT_UNKNOWNS][PERFADAPT__HEAT_UNKNOWNS];
    double fade;         /* of the rest, from 1 */
    double bias;         /* of the newest predictions, °C */
    double variance;     /* of the newest surprises, °C² */
    double flicker;      /* the part of it that differs from sample to sample: the sensor's, not the model's, °C² */
    double believed;     /* the newest surprise, as it taught, °C */
    double surprises[3]; /* newest first, °C */
    uint32_t learned;    /* samples */
};

void perfadapt__heat_init(struct perfadapt__heat *heat, double temperature_c);

/* A sample, `seconds` after the last. `frozen`: the clock is not what it was, so load says less of heat: only time passes. */
void perfadapt__heat_learn(struct perfadapt__heat *heat, const struct perfadapt__busy *busy, double temperature_c,
                           double seconds, bool frozen);

/* Temperature without any load, as things are now. */
double perfadapt__heat_base_c(const struct perfadapt__heat *heat);

/* Temperature at the horizon with `utilisation` until then. Finite for any finite input. */
double perfadapt__heat_forecast_c(const struct perfadapt__heat *heat, const struct perfadapt__busy *busy,
                                  double utilisation, enum perfadapt__horizon horizon);

/* Variance of the rise from what the sensor shows now to that forecast, °C². */
double perfadapt__heat_doubt(const struct perfadapt__heat *heat, const struct perfadapt__busy *busy, double utilisation,
                             enum perfadapt__horizon horizon);

/* Standard deviation of the newest surprises, °C. */
double perfadapt__heat_noise_c(const struct perfadapt__heat *heat);

#endif
