/* SPDX-License-Identifier: MIT */
#include "sim/classic.h"

#include "sim/plant.h"

static const double bang_bang_off_c = 5.0;
static const double switch_on_c = 15.0;

struct state {
    struct sim_rules rules;
    struct sim_step_wise step_wise;
    struct sim_power_allocator allocator;
    uint32_t rung;
};

static void start(void *memory, const struct sim_rules *rules) {
    struct state *state = memory;
    state->rules = *rules;
    state->step_wise.trip_c = rules->target_c;
    sim_power_allocator_init(&state->allocator, rules);
}

static uint32_t rung_of(const void *memory) {
    return ((const struct state *)memory)->rung;
}

const struct sim_policy sim_none = {
    .name = "none",
    .text = "the best level always",
    .state_bytes = sizeof(struct state),
    .start = start,
    .rung = rung_of,
};

static void bang_bang_tick(void *memory, const struct sim_tick *tick) {
    struct state *state = memory;
    if (tick->temperature_c >= state->rules.target_c)
        state->rung = state->rules.ladder->full_rate;
    else if (tick->temperature_c < state->rules.target_c - bang_bang_off_c)
        state->rung = 0;
}

const struct sim_policy sim_bang_bang = {
    .name = "bang-bang",
    .text = "the lowest quality at the target, the best 5 °C below it",
    .state_bytes = sizeof(struct state),
    .start = start,
    .tick = bang_bang_tick,
    .rung = rung_of,
};

void sim_step_wise_tick(struct sim_step_wise *governor, double temperature_c, uint32_t rungs) {
    const bool rising = governor->has_last && temperature_c > governor->last_c;
    const bool falling = governor->has_last && temperature_c < governor->last_c;
    governor->last_c = temperature_c;
    governor->has_last = true;
    if (temperature_c >= governor->trip_c && rising && governor->rung + 1 < rungs)
        governor->rung++;
    else if (temperature_c < governor->trip_c && falling && governor->rung > 0)
        governor->rung--;
}

static void step_wise_tick(void *memory, const struct sim_tick *tick) {
    struct state *state = memory;
    sim_step_wise_tick(&state->step_wise, tick->temperature_c, state->rules.ladder->count);
    state->rung = state->step_wise.rung;
}

const struct sim_policy sim_step_wise = {
    .name = "step_wise",
    .text = "Linux' step_wise: hot and rising one down, cool and falling one up",
    .state_bytes = sizeof(struct state),
    .start = start,
    .tick = step_wise_tick,
    .rung = rung_of,
};

void sim_power_allocator_init(struct sim_power_allocator *allocator, const struct sim_rules *rules) {
    *allocator = (struct sim_power_allocator){
        .target_c = rules->target_c,
        .sustainable_w = rules->sustainable_w,
        .idle_w = rules->nominal->idle_w,
        .power_max_w = rules->nominal->idle_w + rules->nominal->dynamic_w,
    };
}

static double granted_w(struct sim_power_allocator *allocator, double error_c) {
    const double over = allocator->sustainable_w / switch_on_c;
    const double under = 2.0 * over;
    const double integral = under / 10.0;
    /* As in the kernel: only readings over the target count, and never beyond the whole power. */
    if (error_c < 0 && -(allocator->error_sum_c + error_c) * integral < allocator->power_max_w)
        allocator->error_sum_c += error_c;
    const double power_w =
        allocator->sustainable_w + (error_c < 0 ? over : under) * error_c + integral * allocator->error_sum_c;
    return power_w > 0 ? power_w : 0;
}

void sim_power_allocator_tick(struct sim_power_allocator *allocator, const struct sim_rules *rules,
                              const struct sim_tick *tick, uint32_t rung_now) {
    const struct perfadapt__ladder *ladder = rules->ladder;
    const double error_c = allocator->target_c - tick->temperature_c;
    allocator->rung = 0;
    if (error_c > switch_on_c) {
        allocator->error_sum_c = 0;
        return;
    }
    const double power_w = granted_w(allocator, error_c);
    const double busy_best = tick->busy / sim_rung_load(ladder, rung_now);
    while (allocator->rung + 1 < ladder->count) {
        const double busy = busy_best * sim_rung_load(ladder, allocator->rung);
        const double asked_w = sim_plant_dynamic_w(rules->nominal, busy < 1.0 ? busy : 1.0, 1.0);
        if (allocator->idle_w + asked_w <= power_w)
            return;
        allocator->rung++;
    }
}

static void ipa_tick(void *memory, const struct sim_tick *tick) {
    struct state *state = memory;
    sim_power_allocator_tick(&state->allocator, &state->rules, tick, state->rung);
    state->rung = state->allocator.rung;
}

const struct sim_policy sim_ipa = {
    .name = "ipa",
    .text = "Linux' power allocator, given the true sustainable power",
    .state_bytes = sizeof(struct state),
    .start = start,
    .tick = ipa_tick,
    .rung = rung_of,
};
