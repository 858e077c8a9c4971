/* SPDX-License-Identifier: MIT */
#include "sim/filament.h"

#include <string.h>

#define WINDOW 15

static const double gain = 0.11750309741540453; /* 1 - e^(-1/8) */
static const double integral_gain = 0.002;
static const double dead_over = 0.01, dead_under = 0.05; /* of the target: nothing moves in between */

struct state {
    const struct perfadapt__ladder *ladder;
    double times_ns[WINDOW];
    uint32_t count;
    double integral;
    double load; /* the share of the best rung's load that may be used */
    uint32_t rung;
};

static void start(void *memory, const struct sim_rules *rules) {
    struct state *state = memory;
    state->ladder = rules->ladder;
    state->load = 1.0;
}

static double median(const double *values) {
    double sorted[WINDOW];
    memcpy(sorted, values, sizeof sorted);
    for (int i = 1; i < WINDOW; i++)
        for (int j = i; j > 0 && sorted[j - 1] > sorted[j]; j--) {
            const double value = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = value;
        }
    return sorted[WINDOW / 2];
}

static uint32_t rung_for(const struct state *state) {
    uint32_t rung = 0;
    while (rung + 1 < state->ladder->count && sim_rung_load(state->ladder, rung) > state->load)
        rung++;
    return rung;
}

/* The controlled load is continuous, rungs are not: what is measured is carried over to the load, or it would hunt. */
static void control(struct state *state) {
    const double target_ns = (double)state->ladder->rungs[state->rung].frame_ns;
    const double ratio = state->load / sim_rung_load(state->ladder, state->rung);
    const double error = (target_ns - median(state->times_ns) * ratio) / target_ns;
    if (error > -dead_over && error < dead_under)
        return;
    state->integral += integral_gain * error;
    state->integral = state->integral < -0.2 ? -0.2 : state->integral > 0.2 ? 0.2 : state->integral;
    state->load *= 1.0 + gain * error + state->integral * gain;
    const double least = sim_rung_load(state->ladder, state->ladder->count - 1);
    state->load = state->load < least ? least : state->load > 1.0 ? 1.0 : state->load;
    state->rung = rung_for(state);
}

static void take_gpu(void *memory, const struct sim_gpu *gpu) {
    struct state *state = memory;
    if (gpu->rung != state->rung)
        return; /* drawn before the last switch */
    state->times_ns[state->count++ % WINDOW] = (double)gpu->gpu_ns;
    if (state->count < WINDOW)
        return;
    const uint32_t before = state->rung;
    control(state);
    if (state->rung != before)
        state->count = 0;
}

static void take_frame(void *memory, const struct sim_frame *frame) {
    if (frame->gpu_ns < 0)
        return;
    const struct sim_gpu gpu = sim_gpu_of_frame(frame);
    take_gpu(memory, &gpu);
}

static uint32_t rung_of(const void *memory) {
    return ((const struct state *)memory)->rung;
}

const struct sim_policy sim_filament = {
    .name = "filament-like",
    .text = "a PI controller of GPU times, as in dynamic resolution; knows no heat",
    .state_bytes = sizeof(struct state),
    .start = start,
    .frame = take_frame,
    .gpu = take_gpu,
    .rung = rung_of,
};
