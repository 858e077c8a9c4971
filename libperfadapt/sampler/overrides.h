/*
 * What the user has said of single sensors, over what was found: role, limit, label, ignore. SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_SAMPLER_OVERRIDES_H
#define PERFADAPT_SAMPLER_OVERRIDES_H

#include "config/sensor_map.h"

#include <perfadapt/snapshot.h>

struct perfadapt__overrides {
    const struct perfadapt__sensor_note *notes[PERFADAPT_SENSORS_MAX]; /* by sensor; NULL = none */
};

/* Finds the note of each sensor; again whenever there are more sensors. The map outlives it. */
void perfadapt__overrides_find(struct perfadapt__overrides *overrides, const struct perfadapt__sensor_map *map,
                               const struct perfadapt_snapshot *snapshot);

/* After every read, before the guard, and before roles are given out: limits, and sensors to be ignored. */
void perfadapt__overrides_apply(const struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot,
                                int64_t now_ns);

/* After roles were given out, which goes by the labels of drivers. */
void perfadapt__overrides_rename(const struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot);

#endif
