/*
 * What the user has said of single sensors, over what was found: role, limit, label, ignore. SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_SAMPLER_OVERRIDES_H
#define PERFADAPT_SAMPLER_OVERRIDES_H

#include "config/sensor_map.h"

#include <perfadapt/snapshot.h>

struct perfadapt__overrides {
    const struct perfadapt__sensor_note *notes[PERFADAPT_SENSORS_MAX]; /* by sensor; NULL = none */
    char labels[PERFADAPT_SENSORS_MAX][32]; /* the driver's, of those renamed; "" = it is not */
};

/* Finds the note of each sensor; again whenever there are more sensors. The map outlives it. */
void perfadapt__overrides_find(struct perfadapt__overrides *overrides, const struct perfadapt__sensor_map *map,
                               const struct perfadapt_snapshot *snapshot);

/* After every read, before the guard, and before roles are given out: limits, and sensors to be ignored. */
void perfadapt__overrides_apply(const struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot,
                                int64_t now_ns);

/* Around giving out roles, which goes by the labels of drivers: what a user calls a sensor says nothing of it. */
void perfadapt__overrides_restore_labels(struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot);
void perfadapt__overrides_rename(struct perfadapt__overrides *overrides, struct perfadapt_snapshot *snapshot);

#endif
