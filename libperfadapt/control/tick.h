/* The slow step: a reading and the frames' statistics in, caps out. Pure; on the sampler thread. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONTROL_TICK_H
#define PERFADAPT_CONTROL_TICK_H

#include "control/choice.h"
#include "control/knobs.h"
#include "control/load.h"
#include "control/memory.h"
#include "control/pace.h"
#include "control/power.h"
#include "control/thermal.h"
#include "control/yield.h"

struct perfadapt__tick_control {
    struct perfadapt__load load;
    struct perfadapt__thermal_control thermal;
    struct perfadapt__memory_control memory;
    struct perfadapt__power power;
    struct perfadapt__pace pace;
    struct perfadapt__knobs knobs;
    struct perfadapt__yield yield;
    struct perfadapt__choice choice;
    int64_t looked_ns;           /* 0 = never */
    int64_t stepped_ns;          /* 0 = never */
    struct perfadapt__caps caps; /* as last handed out */
};

void perfadapt__tick_init(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy,
                          const struct perfadapt__ladder *ladder);

/* The policy has been replaced: begins again at `rung` of the new ladder, with all that was learned of the machine.
 * `drops` is how often the fast step has dropped so far. The caps are to be handed out. */
void perfadapt__tick_set_ladder(struct perfadapt__tick_control *control, const struct perfadapt__ladder *ladder,
                                uint32_t rung, uint64_t drops);

/* True where the caps changed, or a number in them moved enough to be told. Ticks may come at any pace. */
bool perfadapt__tick_step(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy,
                          const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                          const struct perfadapt__frame_statistics *frames);

/* Near enough to a limit that temperatures should be read faster. */
bool perfadapt__tick_near_limit(const struct perfadapt__tick_control *control);

#endif
