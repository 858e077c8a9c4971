/* The slow step: a snapshot in, caps out. Pure; on the sampler thread. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_TICK_H
#define PERFADAPT_CONTROL_TICK_H

#include "control/memory.h"
#include "control/thermal.h"

struct perfadapt__tick_control {
    struct perfadapt__thermal_control thermal;
    struct perfadapt__memory_control memory;
    struct perfadapt__caps caps; /* as last handed out */
};

/* Everything a tick consumes. */
struct perfadapt__tick_input {
    int64_t now_ns;
    uint32_t rung;  /* in force */
    uint32_t rungs; /* of the ladder */
    const struct perfadapt_snapshot *snapshot;
};

void perfadapt__tick_init(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy);

/* True where the caps changed, or a number in them moved enough to be told. */
bool perfadapt__tick_step(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy,
                          const struct perfadapt__tick_input *input);

/* Near enough to a limit that temperatures should be read faster. */
bool perfadapt__tick_near_limit(const struct perfadapt__tick_control *control);

#endif
