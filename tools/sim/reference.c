/* SPDX-License-Identifier: MIT */
#include "sim/reference.h"

#include <math.h>
#include <string.h>

#include "sim/frame_cap.h"
#include "sim/heat_model.h"
#include "sim/load_window.h"

static const double lowest_extra_c =
    0.7; /* from the lowest quality down the target lies higher: less is left to give */
static const double frame_over_c = 0.5, guard_over_c = 0.5;
static const uint32_t guard_readings = 3; /* in a row: one may be noise */
static const double fast_enough_c = 1.0;  /* frames matter only to dies that move this much within one second */
static const double jump = 0.1, jump_doubt_most_c = 6.0;
static const double margin_per_deviation = 0.3, margin_deviation_most = 1.5;
static const double down_deviations = 2.0, up_deviations = 2.5, ninth_deviations = 1.28;
static const double peak_fade_per_s = 0.85;
static const double mean_s = 60.0;
static const double tokens_most = 6.0, tokens_at_first = 3.0, tokens_per_s = 1.2 / 60.0;
static const double wait_least_s = 3.0, wait_most_s = 40.0, wait_usual_s = 5.0, wait_scale = 1.2;
static const double settle_s = 8.0;
static const double eager_s = 30.0, eager_wait_s = 1.0;
static const uint32_t ticks_held = 3;

struct state {
    struct sim_rules rules;
    struct sim_load_window window;
    struct sim_heat_model model;
    double readings_c[3];
    double temperature_c; /* median of the readings */
    double lateness;
    double mean_ns, peak_ns; /* work at the best rung: over a minute; highest, fading */
    double tokens;
    double now_s, switched_s;
    double good_s[PERFADAPT__RUNGS_MAX];
    uint32_t ticks, over_readings;
    bool has_dropped;
    uint32_t rung;
};

static void start(void *memory, const struct sim_rules *rules) {
    struct state *state = memory;
    state->rules = *rules;
    state->rung = rules->ladder->full_rate;
    state->tokens = tokens_at_first;
    state->switched_s = -settle_s;
    sim_heat_model_init(&state->model);
}

static void switch_to(struct state *state, uint32_t rung) {
    if (rung == state->rung)
        return;
    state->has_dropped |= rung > state->rung;
    state->rung = rung;
    state->tokens -= 1.0;
    state->switched_s = state->now_s;
}

static double target_of(const struct state *state, uint32_t rung) {
    return state->rules.target_c + (rung >= state->rules.ladder->full_rate ? lowest_extra_c : 0.0);
}

static double busy_of(const struct state *state, double work_ns, uint32_t rung) {
    const struct perfadapt__rung *step = &state->rules.ladder->rungs[rung];
    const double busy = work_ns * step->cost * step->per_frame_ns;
    return busy < 1.0 ? busy : 1.0;
}

static struct sim_load_forecast steady(double busy) {
    return (struct sim_load_forecast){busy, busy};
}

/* Late frames add up: down to the first rung with room. */
static void watch_time(struct state *state, const struct sim_gpu *gpu) {
    const struct perfadapt__ladder *ladder = state->rules.ladder;
    if (!sim_lateness_add(&state->lateness, (double)gpu->gpu_ns * ladder->rungs[gpu->rung].per_frame_ns))
        return;
    const double work_ns =
        sim_load_window_recent_ns(&state->window) * (1.0 + down_deviations * state->window.deviation);
    const uint32_t rung = sim_rung_fitting(ladder, state->rung, work_ns, PERFADAPT__LATE_RATIO);
    switch_to(state, rung);
}

/* A fast die is too hot before the next tick: the frame itself says so. */
static void watch_heat(struct state *state, double busy) {
    const struct sim_heat_model *model = &state->model;
    const struct perfadapt__ladder *ladder = state->rules.ladder;
    if (state->ticks < 2 || !(model->gains[1] * (1.0 + busy - model->heat[0]) > fast_enough_c))
        return;
    double limit_c = target_of(state, state->rung) + frame_over_c;
    if (busy > model->lagged[0] + jump)
        limit_c -= fmin(jump_doubt_most_c, 2.0 * sim_heat_model_doubt(model, steady(busy), SIM_IN_1_S));
    if (!(sim_heat_model_predict(model, steady(busy), SIM_IN_100_MS) > limit_c) ||
        !(sim_heat_model_predict(model, steady(busy), SIM_IN_1_S) > limit_c))
        return;
    const double work_ns = sim_load_window_recent_ns(&state->window);
    uint32_t rung = state->rung;
    while (rung + 1 < ladder->count) {
        rung++;
        const struct sim_load_forecast load = steady(busy_of(state, work_ns, rung));
        if (sim_heat_model_predict(model, load, SIM_IN_1_S) <= target_of(state, rung))
            break;
    }
    switch_to(state, rung);
}

static void take_gpu(void *memory, const struct sim_gpu *gpu) {
    struct state *state = memory;
    const double busy = gpu->gpu_ns < gpu->period_ns ? (double)gpu->gpu_ns / (double)gpu->period_ns : 1.0;
    state->now_s = (double)gpu->now_ns * 1e-9;
    sim_heat_model_frame(&state->model, (double)gpu->period_ns * 1e-9, busy);
    sim_load_window_add(&state->window, (double)gpu->gpu_ns / state->rules.ladder->rungs[gpu->rung].cost);
    watch_time(state, gpu);
    if (gpu->rung == state->rung)
        watch_heat(state, busy_of(state, sim_load_window_recent_ns(&state->window), gpu->rung));
}

static void take_frame(void *memory, const struct sim_frame *frame) {
    if (frame->gpu_ns < 0)
        return;
    const struct sim_gpu gpu = sim_gpu_of_frame(frame);
    take_gpu(memory, &gpu);
}

static double margin_of(const struct state *state) {
    return margin_per_deviation * fmin(margin_deviation_most, sqrt(state->model.variance));
}

static struct sim_load_forecast forecast(const struct state *state, uint32_t rung) {
    return (struct sim_load_forecast){busy_of(state, state->window.median_ns, rung),
                                      busy_of(state, state->mean_ns, rung)};
}

static bool stays_below(const struct state *state, uint32_t rung, const enum sim_horizon *horizons, int count,
                        double limit_c) {
    const struct sim_load_forecast load = forecast(state, rung);
    for (int i = 0; i < count; i++)
        if (sim_heat_model_predict(&state->model, load, horizons[i]) > limit_c)
            return false;
    return true;
}

static bool fits(const struct state *state, uint32_t rung, double work_ns, double deviations) {
    const struct perfadapt__rung *step = &state->rules.ladder->rungs[rung];
    const double spread = 1.0 + deviations * state->window.deviation;
    return work_ns * step->cost * spread <= PERFADAPT__LATE_RATIO * (double)step->frame_ns;
}

/* The rung to go down to now, or the present one. */
static uint32_t rung_below(const struct state *state) {
    static const enum sim_horizon alarms[] = {SIM_IN_3_S, SIM_IN_8_S, SIM_IN_20_S};
    static const enum sim_horizon aims[] = {SIM_IN_5_S, SIM_IN_20_S, SIM_IN_60_S};
    const uint32_t last = state->rules.ladder->count - 1;
    const double margin_c = 0.5 * margin_of(state);
    const bool too_hot = state->over_readings >= guard_readings ||
                         !stays_below(state, state->rung, alarms, 3, target_of(state, state->rung));
    uint32_t rung = state->rung;
    while (rung < last && !fits(state, rung, state->window.median_ns, down_deviations))
        rung++;
    if (!too_hot)
        return rung;
    rung = rung > state->rung || rung == last ? rung : rung + 1;
    while (rung < last && !stays_below(state, rung, aims, 3, target_of(state, rung) - margin_c))
        rung++;
    return rung;
}

/* Could that rung be used from now on? */
static bool is_good(const struct state *state, uint32_t rung) {
    static const enum sim_horizon later[] = {SIM_IN_10_S, SIM_IN_30_S, SIM_IN_60_S, SIM_IN_120_S};
    static const enum sim_horizon soon[] = {SIM_IN_500_MS, SIM_IN_1_S, SIM_IN_2_S, SIM_IN_4_S};
    const double limit_c = target_of(state, rung) - 0.5 * margin_of(state);
    const struct sim_load_forecast peak = steady(busy_of(state, state->peak_ns, rung));
    if (!fits(state, rung, state->peak_ns, up_deviations) || !stays_below(state, rung, later, 4, limit_c))
        return false;
    for (int i = 0; i < 4; i++) {
        const double doubt_c = 2.0 * sim_heat_model_doubt(&state->model, peak, soon[i]);
        if (sim_heat_model_predict(&state->model, peak, soon[i]) + doubt_c > limit_c)
            return false;
    }
    return true;
}

static double wait_of(const struct state *state) {
    if (!state->has_dropped && state->now_s < eager_s)
        return eager_wait_s;
    const double wait_s = wait_usual_s * exp2((tokens_at_first - state->tokens) / wait_scale);
    return fmin(fmax(wait_s, wait_least_s), wait_most_s);
}

static void go_up(struct state *state) {
    const double wait_s = wait_of(state);
    uint32_t best = state->rung;
    for (uint32_t rung = state->rung; rung-- > 0;) {
        state->good_s[rung] = is_good(state, rung) ? state->good_s[rung] + state->rules.tick_s : 0.0;
        if (state->good_s[rung] >= wait_s)
            best = rung;
    }
    if (state->now_s - state->switched_s >= fmin(wait_s, settle_s))
        switch_to(state, best);
}

static void take_work(struct state *state) {
    struct sim_load_window *window = &state->window;
    sim_load_window_close(window);
    const double ninth_ns = window->ninth_ns / (1.0 + ninth_deviations * window->deviation);
    const double share = state->ticks == 0 ? 1.0 : state->rules.tick_s / mean_s;
    state->mean_ns += share * (window->median_ns - state->mean_ns);
    state->peak_ns =
        fmax(fmax(window->median_ns, ninth_ns), state->peak_ns * pow(peak_fade_per_s, state->rules.tick_s));
}

static void take_temperature(struct state *state, double temperature_c) {
    double *readings_c = state->readings_c;
    readings_c[0] = state->ticks == 0 ? temperature_c : readings_c[1];
    readings_c[1] = state->ticks == 0 ? temperature_c : readings_c[2];
    readings_c[2] = temperature_c;
    state->temperature_c = sim_median3(readings_c[0], readings_c[1], readings_c[2]);
    const bool over = state->temperature_c >= state->rules.target_c + guard_over_c;
    state->over_readings = over ? state->over_readings + 1 : 0;
    sim_heat_model_learn(&state->model, temperature_c, state->temperature_c < state->rules.limit_c);
}

static void take_tick(void *memory, const struct sim_tick *tick) {
    struct state *state = memory;
    state->now_s = (double)tick->now_ns * 1e-9;
    take_temperature(state, tick->temperature_c);
    take_work(state);
    state->tokens = fmin(tokens_most, state->tokens + tokens_per_s * state->rules.tick_s);
    if (++state->ticks <= ticks_held)
        return;
    const uint32_t below = rung_below(state);
    if (below > state->rung) {
        memset(state->good_s, 0, below * sizeof state->good_s[0]);
        switch_to(state, below);
    } else {
        go_up(state);
    }
}

static uint32_t rung_of(const void *memory) {
    return ((const struct state *)memory)->rung;
}

const struct sim_policy sim_reference = {
    .name = "reference",
    .text = "the research prototype: a learned model of the heat, dwell by tokens",
    .state_bytes = sizeof(struct state),
    .start = start,
    .frame = take_frame,
    .gpu = take_gpu,
    .tick = take_tick,
    .rung = rung_of,
};
