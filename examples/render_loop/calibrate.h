/* What the scene costs on this device, and how many iterations make a load of it. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_CALIBRATE_H
#define RENDER_LOOP_CALIBRATE_H

#include "passes.h"
#include "ring.h"

/* A frame at render scale 1 costs fixed_ms + iterations * iteration_ms. */
struct cost_model {
    double fixed_ms;
    double iteration_ms;
};

/* Measures around goal_ms, the cost that the best quality is to have. Takes about a second where goal_ms is small. */
bool calibrate(struct ring *ring, const struct gpu *gpu, const struct passes *passes, double goal_ms,
               struct cost_model *out_model);

/* Cost of a quality level as a share of the best one's. */
double quality_share(uint32_t quality, uint32_t levels);

/* Iterations for a frame of this cost, at least 1. */
int32_t iterations_for(const struct cost_model *model, double cost_ms);

#endif
