/* SPDX-License-Identifier: MIT */
#include "sim/unity.h"

#define WINDOW 120

static const double band_c = 30.0; /* of headroom: level 0 at limit - 30 °C, 1 at the limit */
static const double level_up = 0.2, level_safe_low = 0.6, level_safe_high = 0.7, level_fast = 0.8;
static const double slower = 1.15, much_slower = 1.30; /* than the target */
static const double thermal_delay_s = 10.0, frame_delay_s = 4.0;

enum action { STAY, UP, DOWN, DOWN_FAST };

struct state {
    struct sim_rules rules;
    double times_ns[WINDOW];
    double sum_ns;
    uint32_t count;
    double thermal_wait_s, frame_wait_s;
    uint32_t rung;
};

static void start(void *memory, const struct sim_rules *rules) {
    struct state *state = memory;
    state->rules = *rules;
}

static void take_frame(void *memory, const struct sim_frame *frame) {
    struct state *state = memory;
    double *slot = &state->times_ns[state->count++ % WINDOW];
    state->sum_ns += (double)frame->period_ns - *slot;
    *slot = (double)frame->period_ns;
}

static enum action thermal_action(const struct state *state, double temperature_c) {
    const double level = 1.0 - (state->rules.limit_c - temperature_c) / band_c;
    if (level >= level_fast)
        return DOWN_FAST;
    if (level > level_safe_high)
        return DOWN;
    return level >= level_safe_low && level > level_up ? STAY : UP;
}

static enum action frame_action(const struct state *state) {
    if (state->count < WINDOW)
        return STAY;
    const double target_ns = (double)state->rules.ladder->rungs[state->rung].frame_ns;
    const double ratio = state->sum_ns / WINDOW / target_ns;
    return ratio > much_slower ? DOWN_FAST : ratio > slower ? DOWN : UP;
}

static void move(struct state *state, enum action action) {
    const uint32_t last = state->rules.ladder->count - 1;
    const uint32_t steps = action == DOWN_FAST ? 2 : 1;
    if (action == UP && state->rung > 0)
        state->rung--;
    else if (action == DOWN || action == DOWN_FAST)
        state->rung = state->rung + steps < last ? state->rung + steps : last;
    state->sum_ns = 0;
    state->count = 0;
    for (int i = 0; i < WINDOW; i++)
        state->times_ns[i] = 0;
}

static void take_tick(void *memory, const struct sim_tick *tick) {
    struct state *state = memory;
    state->thermal_wait_s -= state->rules.tick_s;
    state->frame_wait_s -= state->rules.tick_s;
    const enum action thermal = thermal_action(state, tick->temperature_c);
    const enum action frame = frame_action(state);
    const bool both_up = thermal == UP && frame == UP;
    if ((thermal >= DOWN || both_up) && state->thermal_wait_s <= 0) {
        move(state, thermal);
        state->thermal_wait_s = state->frame_wait_s = thermal_delay_s;
    } else if (frame >= DOWN && state->frame_wait_s <= 0) {
        move(state, frame);
        state->frame_wait_s = frame_delay_s;
        state->thermal_wait_s = thermal_delay_s;
    }
}

static uint32_t rung_of(const void *memory) {
    return ((const struct state *)memory)->rung;
}

const struct sim_policy sim_unity = {
    .name = "unity-like",
    .text = "an indexer: thermal headroom and mean frame time, one step per delay",
    .state_bytes = sizeof(struct state),
    .start = start,
    .frame = take_frame,
    .tick = take_tick,
    .rung = rung_of,
};
