/*
 * The thermal cap: from the newest samples, with a forecast, hysteresis and dwell. SPDX-License-Identifier: MIT
 *
 * Each sensor that steers is held against its own target, limit - margin. A cap tightens by as many rungs as the excess
 * asks for, at most once a second so that the device can answer; it loosens one rung at a time after a dwell time that
 * doubles whenever loosening was followed by another cut.
 */
#ifndef PERFADAPT_CONTROL_THERMAL_H
#define PERFADAPT_CONTROL_THERMAL_H

#include "control/caps.h"
#include "control/policy.h"

#include <perfadapt/snapshot.h>
#include <stdbool.h>

struct perfadapt__thermal_control {
    uint32_t rung;   /* the cap; 0 = none */
    uint64_t seen;   /* bit i: sensor i has been believed once, and can be lost */
    int64_t read_ns; /* timestamp of the newest sample that was used */
    int64_t cut_ns, loosened_ns, good_since_ns, lost_since_ns, lost_step_ns; /* 0 = never or not */
    int64_t dwell_ns;
};

void perfadapt__thermal_init(struct perfadapt__thermal_control *control);

/* `rung` is the one in force, `rungs` the length of the ladder. Writes its part of the caps. */
void perfadapt__thermal_step(struct perfadapt__thermal_control *control, const struct perfadapt__policy *policy,
                             const struct perfadapt_snapshot *snapshot, uint32_t rung, uint32_t rungs, int64_t now_ns,
                             struct perfadapt__caps *caps);

#endif
