/*
 * One sensor: what it reads, the limit and the target it is held against, and what has been learned of both.
 * SPDX-License-Identifier: MIT
 *
 * A device that says it throttles for heat below the limit it states has a lower one, which is learned, and rises again
 * while it does not throttle. The target lies below the limit by the margin, by more where quiet is preferred.
 */
#ifndef PERFADAPT_CONTROL_HEAT_CHANNEL_H
#define PERFADAPT_CONTROL_HEAT_CHANNEL_H

#include "control/heat.h"
#include "control/policy.h"
#include "control/reading.h"

/* A longer time between two looks counts as this. */
#define PERFADAPT__HEAT_GAP_MOST_S 3600.0

struct perfadapt__heat_channel {
    uint32_t key;         /* of the sensor; 0 = free */
    bool believed;        /* its newest sample is good */
    bool fresh;           /* … and new in this tick */
    bool lost;            /* it was believed once and cannot be read any more */
    int64_t read_ns;      /* of the newest sample */
    uint32_t throttled;   /* samples in a row at which the device throttled for heat below its limit */
    double temperature_c; /* median of the newest three samples */
    double samples_c[3];  /* newest first */
    uint32_t sample_count;
    uint32_t whole;         /* samples in a row that were whole degrees */
    double learned_limit_c; /* where the device throttled before its stated limit; NAN = it never did */
    double stated_c;        /* the limit that the sensor stated last; NAN = it never did */
    int64_t learned_ns;     /* of the newest sample that taught */
    double limit_c;         /* in force; NAN unknown: it steers nothing */
    double target_c;        /* NAN likewise */
    struct perfadapt__heat heat;
};

/* The sensor says something that can be a temperature. */
bool perfadapt__heat_channel_believes(const struct perfadapt__heat_reading *sensor);

/* For a sensor that is seen for the first time, in a believable state. */
void perfadapt__heat_channel_init(struct perfadapt__heat_channel *channel,
                                  const struct perfadapt__heat_reading *sensor);

/* Takes what its sensor says in `reading`, and learns from it by how busy the GPU has been. */
void perfadapt__heat_channel_take(struct perfadapt__heat_channel *channel, const struct perfadapt__heat_reading *sensor,
                                  const struct perfadapt__reading *reading, const struct perfadapt__policy *policy,
                                  const struct perfadapt__busy *busy);

/* The sensor is not in the reading any more; `excused` where that is no loss. */
void perfadapt__heat_channel_miss(struct perfadapt__heat_channel *channel, bool excused);

/* It can be read, and has a target. */
bool perfadapt__heat_channel_steers(const struct perfadapt__heat_channel *channel);

/* How far a temperature may lie from what the sensor reads, for its steps: half a degree, or 0 where it shows parts of
 * one. */
double perfadapt__heat_channel_grain_c(const struct perfadapt__heat_channel *channel);

#endif
