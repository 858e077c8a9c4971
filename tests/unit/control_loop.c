/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_loop.h"

#include <math.h>
#include <perfadapt/monitor.h>
#include <string.h>

static const double throttled_clock = 0.6;

struct perfadapt__policy loop_policy(uint32_t levels, uint32_t outputs) {
    struct perfadapt__policy policy = {
        .outputs = outputs,
        .quality_levels = levels,
        .quality_max = levels - 1,
        .target_frame_ns = SECOND / 60,
        .render_scale_min = 0.5,
        .render_scale_max = 1.0,
        .thermal_limit_c = (double)NAN,
        .thermal_margin_c = 1.5,
        .battery_busy = 1.0,
        .frames_in_flight = 3,
        .worker_threads = 1,
    };
    double cost = 1.0;
    for (uint32_t i = 0; i < levels; i++, cost *= 0.86)
        policy.cost[i] = cost;
    return policy;
}

void loop_init(struct loop *loop, const struct perfadapt__policy *policy) {
    memset(loop, 0, sizeof *loop);
    loop->now_ns = loop->ticked_ns = 1000 * SECOND;
    loop->tick_gap_ns = SECOND;
    loop->cpu_ms = 2;
    loop->cost_exponent = 1;
    loop->clock = 1;
    loop->temperature_c = (double)NAN;
    loop->quantum_c = 0.5;
    loop->limit_c = 85;
    loop->remembered_c = (double)NAN;
    loop->sensor_state = PERFADAPT_STATE_OK;
    loop->plant.throttle_c = (double)NAN;
    struct perfadapt__ladder ladder;
    perfadapt__reading_init(&loop->reading, loop->now_ns);
    perfadapt__ladder_init(&ladder, policy);
    perfadapt__tick_init(&loop->tick, policy, &ladder);
    perfadapt__decider_init(&loop->decider, policy, &loop->tick.caps, loop->now_ns);
}

void loop_init_simple(struct loop *loop, uint32_t levels, uint32_t outputs) {
    const struct perfadapt__policy policy = loop_policy(levels, outputs);
    loop_init(loop, &policy);
}

void loop_set_temperature(struct loop *loop, double temperature_c) {
    loop->temperature_c = temperature_c;
    memset(loop->plant.gain_c, 0, sizeof loop->plant.gain_c);
}

void loop_set_plant(struct loop *loop, double ambient_c, double gain_c) {
    loop->plant = (struct loop_plant){.ambient_c = ambient_c,
                                      .gain_c = {0.6 * gain_c, 0.4 * gain_c},
                                      .pole_s = {5, 60},
                                      .throttle_c = loop->plant.throttle_c};
    loop->temperature_c = ambient_c;
}

struct loop loop_cool(uint32_t levels, uint32_t outputs) {
    struct loop loop;
    loop_init_simple(&loop, levels, outputs);
    loop_set_temperature(&loop, 50);
    loop_run(&loop, 8, 60);
    assert_int_equal(loop.decider.arbiter.rung, 0);
    return loop;
}

/* What the app may be told to do has changed: it must be told why. */
static bool is_explained(const struct perfadapt_decision *decision) {
    switch (decision->signal) {
    case PERFADAPT_SIGNAL_NONE:
        return false;
    case PERFADAPT_SIGNAL_SENSOR: /* it has no value any more: that is the news */
    case PERFADAPT_SIGNAL_SESSION:
        return true;
    case PERFADAPT_SIGNAL_EVENT:
        return isfinite(decision->value) != 0;
    default:
        return isfinite(decision->value) && isfinite(decision->limit);
    }
}

void loop_step(struct loop *loop, const struct perfadapt__frame_input *input) {
    const uint32_t rung = loop->decider.arbiter.rung;
    if (perfadapt__decider_step(&loop->decider, input) == PERFADAPT__BUDGET_DECIDED) {
        loop->decisions++;
        loop->unexplained += !is_explained(&loop->decider.arbiter.decision);
    }
    loop->rises += loop->decider.arbiter.rung < rung;
    loop->falls += loop->decider.arbiter.rung > rung;
}

void loop_report(struct loop *loop, enum perfadapt_event event, int64_t value) {
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_EVENT, .now_ns = loop->now_ns, .event = event, .value = value};
    loop_step(loop, &input);
}

void loop_hold(struct loop *loop, bool hold) {
    const struct perfadapt__frame_input input = {.kind = PERFADAPT__FRAME_HOLD, .now_ns = loop->now_ns, .value = hold};
    loop_step(loop, &input);
}

static void read_device(struct loop *loop, int64_t elapsed_ns) {
    struct perfadapt__reading *reading = &loop->reading;
    reading->now_ns = loop->now_ns;
    if (loop->other_busy > 0)
        reading->busy = fmin(1.0, loop->other_busy + loop->busy_ns / (double)elapsed_ns);
    if (!isnan(loop->plant.throttle_c))
        reading->throttle = loop->throttled ? PERFADAPT_THROTTLING_THERMAL : PERFADAPT_THROTTLING_NONE;
    if (isnan(loop->temperature_c))
        return;
    reading->heat_count = reading->heat_count > 0 ? reading->heat_count : 1;
    reading->heat[0] = (struct perfadapt__heat_reading){
        .key = 1,
        .state = loop->sensor_state,
        .timestamp_ns = loop->sensor_stopped_ns ? loop->sensor_stopped_ns : loop->now_ns,
        .temperature_c = loop->sensor_state == PERFADAPT_STATE_OK
                             ? round(loop->temperature_c / loop->quantum_c) * loop->quantum_c
                             : (double)NAN,
        .limit_c = loop->limit_c,
        .remembered_c = loop->remembered_c,
    };
}

void loop_tick(struct loop *loop) {
    read_device(loop, loop->now_ns > loop->ticked_ns ? loop->now_ns - loop->ticked_ns : 1);
    loop->ticked_ns = loop->now_ns;
    loop->busy_ns = 0;
    if (perfadapt__tick_step(&loop->tick, &loop->decider.policy, &loop->decider.ladder, &loop->reading,
                             &loop->decider.frame.statistics))
        perfadapt__decider_take_caps(&loop->decider, &loop->tick.caps);
    const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = loop->now_ns};
    loop_step(loop, &idle);
}

static void heat(struct loop *loop, double busy, double seconds) {
    struct loop_plant *plant = &loop->plant;
    if (!(plant->gain_c[0] > 0))
        return;
    loop->temperature_c = plant->ambient_c;
    for (int i = 0; i < 2; i++) {
        const double left = exp(-seconds / plant->pole_s[i]);
        plant->heat_c[i] = plant->heat_c[i] * left + plant->gain_c[i] * busy * (1 - left);
        loop->temperature_c += plant->heat_c[i];
    }
    loop->throttled = loop->temperature_c > plant->throttle_c - (loop->throttled ? 1.0 : 0.0);
}

double loop_true_cost(const struct loop *loop) {
    const struct perfadapt_budget *budget = loop_budget(loop);
    const double level = loop->decider.policy.cost[budget->quality_levels - 1 - budget->quality];
    const double scale = (double)budget->render_scale;
    return pow(level, loop->cost_exponent) * scale * scale;
}

static void finish_gpu(struct loop *loop, int64_t gpu_ns) {
    struct perfadapt__frame_input *newest = &loop->waiting[loop->frame % LOOP_WAITING];
    *newest = (struct perfadapt__frame_input){.kind = PERFADAPT__FRAME_GPU, .frame = loop->frame, .gpu_ns = gpu_ns};
    if (loop->gpu_late < 0 || loop->frame <= (uint64_t)loop->gpu_late)
        return;
    struct perfadapt__frame_input gpu = loop->waiting[(loop->frame - (uint64_t)loop->gpu_late) % LOOP_WAITING];
    gpu.now_ns = loop->now_ns;
    loop_step(loop, &gpu);
}

void loop_frame(struct loop *loop, double work_ms) {
    const struct perfadapt_budget *budget = loop_budget(loop);
    const double swing = 1.0 + loop->noise * (2.0 * loop_random_share(&loop->random) - 1.0);
    const double clock = loop->throttled ? throttled_clock : loop->clock;
    const double gpu_ns = work_ms * 1e6 * loop_true_cost(loop) * swing / clock;
    const double period_ns = fmax(fmax(gpu_ns, loop->cpu_ms * 1e6), (double)budget->frame_ns);
    loop->now_ns += (int64_t)period_ns;
    loop->busy_ns += gpu_ns;
    heat(loop, fmin(1.0, gpu_ns / period_ns + loop->other_busy), period_ns * 1e-9);
    const struct perfadapt__frame_input done = {.kind = PERFADAPT__FRAME_DONE,
                                                .quality = budget->quality,
                                                .frame = ++loop->frame,
                                                .now_ns = loop->now_ns,
                                                .cpu_ns = (int64_t)(loop->cpu_ms * 1e6),
                                                .period_ns = (int64_t)period_ns,
                                                .gpu_ns = -1,
                                                .render_scale = budget->render_scale};
    loop_step(loop, &done);
    finish_gpu(loop, (int64_t)gpu_ns);
    if (loop->now_ns - loop->ticked_ns >= loop->tick_gap_ns)
        loop_tick(loop);
}

void loop_run(struct loop *loop, double work_ms, double seconds) {
    const int64_t end_ns = loop->now_ns + (int64_t)(seconds * (double)SECOND);
    while (loop->now_ns < end_ns)
        loop_frame(loop, work_ms);
}
