/* SPDX-License-Identifier: MIT */
#include "sim/clairvoyant.h"

#include "sim/body.h"
#include "sim/scene.h"

static const double horizon_s = 60.0;
static const double step_least_s = 0.1;
static const double step_most_s = 0.5;
static const double deviations = 1.8; /* of the frame noise that a level must have room for */
static const double first_s = 0.0;

struct state {
    struct sim_rules rules;
    struct sim_stretch stretch;
    uint32_t rung;
};

/* The first rung from `from` on whose frames are in time for the next second, noise and a throttled clock included. */
static uint32_t first_in_time(const struct state *state, double now_s) {
    const struct perfadapt__ladder *ladder = state->rules.ladder;
    const struct sim_scene *scene = state->rules.scene;
    const double peak_ms = sim_scene_peak_ms(scene, now_s, now_s + state->rules.tick_s) / state->rules.body->clock;
    const double work_ns = peak_ms * 1e6 * (1.0 + deviations * scene->noise);
    for (uint32_t rung = 0; rung < ladder->count; rung++)
        if (work_ns * state->rules.true_cost[rung] <= PERFADAPT__LATE_RATIO * (double)ladder->rungs[rung].frame_ns)
            return rung;
    return ladder->count - 1;
}

/* Does the die stay at or below its target with that rung kept? The stretches are exact for constant work. */
static bool holds(const struct state *state, double now_s, uint32_t rung) {
    const struct sim_rules *rules = &state->rules;
    const struct sim_scene *scene = rules->scene;
    const double busy_per_ms = rules->true_cost[rung] * 1e6 * rules->ladder->rungs[rung].per_frame_ns;
    const double step_s = state->stretch.seconds;
    struct sim_body body = *rules->body;
    body.clock = 1.0;
    for (double t = now_s; t < now_s + horizon_s; t += step_s) {
        const double busy = sim_scene_mean_ms(scene, t, t + step_s) * busy_per_ms;
        const double ambient_c = rules->plant->ambient_c + (double)scene->ambient_c[sim_scene_slot(scene, t)];
        sim_body_heat(&body, &state->stretch, busy < 1.0 ? busy : 1.0, ambient_c);
        if (body.die_c > rules->target_c)
            return false;
    }
    return true;
}

/* Lower rungs are cooler, so halving finds the best that holds; the last one where none does. */
static void choose(struct state *state, double now_s) {
    uint32_t low = first_in_time(state, now_s);
    uint32_t high = state->rules.ladder->count - 1;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (holds(state, now_s, middle))
            high = middle;
        else
            low = middle + 1;
    }
    state->rung = low;
}

static void start(void *memory, const struct sim_rules *rules) {
    struct state *state = memory;
    state->rules = *rules;
    double step_s = 0.5 * sim_body_fastest_s(rules->plant);
    step_s = step_s < step_least_s ? step_least_s : step_s;
    state->stretch = sim_body_stretch(rules->plant, step_s < step_most_s ? step_s : step_most_s);
    choose(state, first_s);
}

static void tick(void *memory, const struct sim_tick *news) {
    choose(memory, (double)news->now_ns * 1e-9);
}

static uint32_t rung_of(const void *memory) {
    return ((const struct state *)memory)->rung;
}

const struct sim_policy sim_clairvoyant = {
    .name = "clairvoyant",
    .text = "true state and future scene: the best level whose next 60 s stay under the target",
    .state_bytes = sizeof(struct state),
    .start = start,
    .tick = tick,
    .rung = rung_of,
};
