/* What the scene costs on this device, and how many iterations make a load of it. SPDX-License-Identifier: MIT */
#include "calibrate.h"

#include <math.h>

#include "stats.h"

#define FRAMES_PER_MEASUREMENT 5
#define ITERATIONS_MAX (1 << 20)
#define GROWTH 4
#define REFINEMENTS 2
/* Longer frames than this are extrapolated to, so that a heavy load does not take seconds to find. */
#define LONGEST_FRAME_MS 80.0
#define LOWEST_QUALITY_SHARE 0.3

static bool time_frame(struct ring *ring, const struct gpu *gpu, const struct passes *passes, int32_t iterations,
                       double *out_ms) {
    struct finished_frame finished[RING_SLOTS];
    uint32_t count = 0;
    const struct scene scene = {.iterations = iterations, .render_scale = 1};
    if (!ring_begin(ring, 0))
        return false;
    passes_record(passes, ring_next(ring)->commands, &scene);
    if (!ring_submit(ring, gpu, (struct ring_semaphores){VK_NULL_HANDLE, VK_NULL_HANDLE}) ||
        !ring_collect(ring, gpu, 1, finished, &count) || count == 0)
        return false;
    *out_ms = (double)(finished[0].gpu_ns >= 0 ? finished[0].gpu_ns : finished[0].wall_ns) * 1e-6;
    return true;
}

static bool measure(struct ring *ring, const struct gpu *gpu, const struct passes *passes, int32_t iterations,
                    double *out_ms) {
    double times[FRAMES_PER_MEASUREMENT];
    for (int i = -1; i < FRAMES_PER_MEASUREMENT; i++) { /* the first one warms up */
        double milliseconds = 0;
        if (!time_frame(ring, gpu, passes, iterations, &milliseconds))
            return false;
        if (i >= 0)
            times[i] = milliseconds;
    }
    *out_ms = undisturbed(times, FRAMES_PER_MEASUREMENT);
    return true;
}

static void fit(struct cost_model *model, double first_ms, int32_t iterations, double cost_ms) {
    if (iterations <= 1)
        return;
    model->iteration_ms = fmax((cost_ms - first_ms) / (iterations - 1), 1e-9);
    model->fixed_ms = fmax(first_ms - model->iteration_ms, 0);
}

bool calibrate(struct ring *ring, const struct gpu *gpu, const struct passes *passes, double goal_ms,
               struct cost_model *out_model) {
    const double enough_ms = fmin(goal_ms / 2, LONGEST_FRAME_MS / GROWTH);
    double first_ms = 0;
    if (!measure(ring, gpu, passes, 1, &first_ms))
        return false;
    *out_model = (struct cost_model){.fixed_ms = first_ms / 2, .iteration_ms = first_ms / 2};
    double cost_ms = first_ms;
    for (int32_t iterations = GROWTH; cost_ms < enough_ms && iterations <= ITERATIONS_MAX; iterations *= GROWTH) {
        if (!measure(ring, gpu, passes, iterations, &cost_ms))
            return false;
        fit(out_model, first_ms, iterations, cost_ms);
    }
    /* Clocks rise under load and fixed costs shrink with them: what counts is the cost near the goal. */
    for (int i = 0; i < REFINEMENTS; i++) {
        const int32_t iterations = iterations_for(out_model, fmin(goal_ms, LONGEST_FRAME_MS));
        if (iterations <= 1)
            break;
        if (!measure(ring, gpu, passes, iterations, &cost_ms))
            return false;
        fit(out_model, fmin(first_ms, cost_ms), iterations, cost_ms);
    }
    return true;
}

double quality_share(uint32_t quality, uint32_t levels) {
    if (levels < 2 || quality >= levels - 1)
        return 1;
    return pow(LOWEST_QUALITY_SHARE, (double)(levels - 1 - quality) / (double)(levels - 1));
}

int32_t iterations_for(const struct cost_model *model, double cost_ms) {
    const double iterations = (cost_ms - model->fixed_ms) / model->iteration_ms;
    return (int32_t)fmax(1, fmin(iterations + 0.5, ITERATIONS_MAX));
}
