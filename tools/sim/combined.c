/* SPDX-License-Identifier: MIT */
#include "sim/combined.h"

#include "sim/classic.h"
#include "sim/frame_cap.h"

static const double dwell_s = 20.0;

struct state {
    struct sim_rules rules;
    struct sim_step_wise step_wise;
    struct sim_power_allocator allocator;
    struct sim_frame_cap cap;
    double readings_c[2]; /* the last two, newest last */
    bool has_readings;
    double better_s; /* for how long a better rung has been allowed */
    uint32_t rung;
};

static void start(void *memory, const struct sim_rules *rules) {
    struct state *state = memory;
    state->rules = *rules;
    state->step_wise.trip_c = rules->target_c;
    sim_power_allocator_init(&state->allocator, rules);
    sim_frame_cap_init(&state->cap, rules);
}

static void take_gpu(void *memory, const struct sim_gpu *gpu) {
    struct state *state = memory;
    if (sim_frame_cap_gpu(&state->cap, gpu) && state->cap.rung > state->rung) {
        state->rung = state->cap.rung;
        state->better_s = 0;
    }
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

/* Down at once; up by one when that has been allowed for long enough. */
static void arbitrate(struct state *state, uint32_t thermal) {
    const uint32_t wanted = thermal > state->cap.rung ? thermal : state->cap.rung;
    if (wanted >= state->rung) {
        state->rung = wanted;
        state->better_s = 0;
        return;
    }
    state->better_s += state->rules.tick_s;
    if (state->better_s >= dwell_s) {
        state->rung--;
        state->better_s = 0;
    }
}

/* Median of three: a spike of the sensor is no heat. */
static double filtered_c(struct state *state, double reading_c) {
    if (!state->has_readings)
        state->readings_c[0] = state->readings_c[1] = reading_c;
    state->has_readings = true;
    const double median_c = sim_median3(state->readings_c[0], state->readings_c[1], reading_c);
    state->readings_c[0] = state->readings_c[1];
    state->readings_c[1] = reading_c;
    return median_c;
}

static void step_wise_tick(void *memory, const struct sim_tick *tick) {
    struct state *state = memory;
    sim_frame_cap_tick(&state->cap, state->rung);
    sim_step_wise_tick(&state->step_wise, filtered_c(state, tick->temperature_c), state->rules.ladder->count);
    arbitrate(state, state->step_wise.rung);
}

static void ipa_tick(void *memory, const struct sim_tick *tick) {
    struct state *state = memory;
    sim_frame_cap_tick(&state->cap, state->rung);
    struct sim_tick filtered = *tick;
    filtered.temperature_c = filtered_c(state, tick->temperature_c);
    sim_power_allocator_tick(&state->allocator, &state->rules, &filtered, state->rung);
    arbitrate(state, state->allocator.rung);
}

const struct sim_policy sim_step_wise_frame = {
    .name = "step_wise+frame",
    .text = "step_wise with a well-built frame cap",
    .state_bytes = sizeof(struct state),
    .start = start,
    .frame = take_frame,
    .gpu = take_gpu,
    .tick = step_wise_tick,
    .rung = rung_of,
};

const struct sim_policy sim_ipa_frame = {
    .name = "ipa+frame",
    .text = "the power allocator with a well-built frame cap",
    .state_bytes = sizeof(struct state),
    .start = start,
    .frame = take_frame,
    .gpu = take_gpu,
    .tick = ipa_tick,
    .rung = rung_of,
};
