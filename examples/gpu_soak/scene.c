/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <math.h>
#include <stddef.h>

static const double lowest_share = 0.4;

double scene_level_share(uint32_t quality, uint32_t levels) {
    if (levels < 2 || quality >= levels - 1)
        return 1;
    return pow(lowest_share, (double)(levels - 1 - quality) / (double)(levels - 1));
}

void scene_level_costs(uint32_t levels, double out_costs[SCENE_LEVELS_MAX]) {
    for (uint32_t i = 0; i < levels; i++)
        out_costs[i] = scene_level_share(levels - 1 - i, levels);
}

/* Long enough for heat to follow, short enough that each run sees several; 33 s, then again. */
static const struct {
    double seconds, weight;
} jumps[] = {{4, 0.5}, {5, 1.0}, {3, 0.6}, {4, 1.0}, {6, 0.4}, {3, 1.0}, {5, 0.7}, {3, 1.0}};

double scene_weight(enum scene_load load, double seconds) {
    const size_t count = sizeof jumps / sizeof jumps[0];
    double period = 0;
    if (load == SCENE_CONSTANT)
        return 1;
    for (size_t i = 0; i < count; i++)
        period += jumps[i].seconds;
    double rest = fmod(seconds > 0 ? seconds : 0, period);
    for (size_t i = 0; i < count; i++) {
        if (rest < jumps[i].seconds)
            return jumps[i].weight;
        rest -= jumps[i].seconds;
    }
    return jumps[count - 1].weight;
}
