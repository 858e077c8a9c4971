/*
 * The power policy: a share of the GPU's time that is not exceeded on battery. SPDX-License-Identifier: MIT
 *
 * Where the GPU rests it draws little, so that its busy share stands for power wherever no meter is at hand. The best
 * rung whose share stays below the cap; a rung is gone up to only a tenth below it.
 */
#ifndef PERFADAPT_CONTROL_POWER_H
#define PERFADAPT_CONTROL_POWER_H

#include "control/caps.h"
#include "control/load.h"

struct perfadapt__power {
    uint32_t rung;      /* the cap; 0 = none */
    double busy_most;   /* the share that is not to be exceeded; 1 = no cap */
    int64_t stepped_ns; /* 0 = never */
};

void perfadapt__power_init(struct perfadapt__power *power);

void perfadapt__power_step(struct perfadapt__power *power, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                           const struct perfadapt__frame_statistics *frames, const struct perfadapt__load *load,
                           struct perfadapt__caps *caps);

#endif
