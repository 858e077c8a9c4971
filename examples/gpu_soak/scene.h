/* What there is to draw: how much of it at which quality and at which moment. SPDX-License-Identifier: MIT */
#ifndef GPU_SOAK_SCENE_H
#define GPU_SOAK_SCENE_H

#include <stdint.h>

#define SCENE_LEVELS_MAX 32

enum scene_load { SCENE_CONSTANT, SCENE_JUMP };

/* Work of a quality level as a share of the best one's: even ratios, so that each step down saves as much as the last. */
double scene_level_share(uint32_t quality, uint32_t levels);

/* The same for all levels, best first: the session's cost hint. */
void scene_level_costs(uint32_t levels, double out_costs[SCENE_LEVELS_MAX]);

/* Weight of the scene so many seconds in: 1, or, where it jumps, 0.4 to 1, the same in every run. */
double scene_weight(enum scene_load load, double seconds);

#endif
