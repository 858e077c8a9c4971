/* SPDX-License-Identifier: MIT */
#include "sim/ours.h"

#include "control/decider.h"
#include "control/tick.h"

#include <math.h> /* NAN only */

struct ours {
    struct perfadapt__decider decider;
    struct perfadapt__tick_control tick;
};

static void start(void *state, const struct sim_rules *rules) {
    struct ours *ours = state;
    struct perfadapt__ladder ladder;
    struct perfadapt__policy policy = *rules->policy;
    policy.thermal_margin_c = rules->limit_c - rules->target_c;
    perfadapt__ladder_init(&ladder, &policy);
    perfadapt__tick_init(&ours->tick, &policy, &ladder);
    perfadapt__decider_init(&ours->decider, &policy, &ours->tick.caps, 0);
}

static void frame(void *state, const struct sim_frame *frame) {
    struct ours *ours = state;
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_DONE,
        .quality = frame->quality,
        .frame = frame->index + 1,
        .now_ns = frame->end_ns,
        .cpu_ns = frame->cpu_ns,
        .period_ns = frame->period_ns,
        .gpu_ns = frame->gpu_ns,
        .render_scale = (float)frame->render_scale,
    };
    perfadapt__decider_step(&ours->decider, &input);
}

static void gpu(void *state, const struct sim_gpu *gpu) {
    struct ours *ours = state;
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_GPU,
        .frame = gpu->index + 1,
        .now_ns = gpu->now_ns,
        .gpu_ns = gpu->gpu_ns,
    };
    perfadapt__decider_step(&ours->decider, &input);
}

static void tick(void *state, const struct sim_tick *tick) {
    struct ours *ours = state;
    struct perfadapt__reading reading;
    perfadapt__reading_init(&reading, tick->now_ns);
    reading.heat_count = 1;
    reading.heat[0] = (struct perfadapt__heat_reading){
        .key = 1,
        .state = PERFADAPT_STATE_OK,
        .timestamp_ns = tick->now_ns,
        .temperature_c = tick->temperature_c,
        .limit_c = tick->limit_c,
        .remembered_c = (double)NAN,
    };
    reading.busy = tick->busy;
    reading.power_w = tick->power_w;
    reading.clock_mhz = tick->clock_mhz;
    reading.clock_max_mhz = tick->clock_max_mhz;
    reading.throttle = tick->throttled ? PERFADAPT_THROTTLING_THERMAL : PERFADAPT_THROTTLING_NONE;
    reading.peer_reasons = tick->peer_reasons;
    if (perfadapt__tick_step(&ours->tick, &ours->decider.policy, &ours->decider.ladder, &reading,
                             &ours->decider.frame.statistics))
        perfadapt__decider_take_caps(&ours->decider, &ours->tick.caps);
    const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = tick->now_ns};
    perfadapt__decider_step(&ours->decider, &idle);
}

static uint32_t rung(const void *state) {
    const struct ours *ours = state;
    return ours->decider.arbiter.rung;
}

const struct perfadapt_budget *sim_ours_budget(const void *state) {
    const struct ours *ours = state;
    return &ours->decider.arbiter.budget;
}

const struct sim_policy sim_ours = {
    .name = "perfadapt",
    .text = "this library's controller",
    .state_bytes = sizeof(struct ours),
    .start = start,
    .frame = frame,
    .gpu = gpu,
    .tick = tick,
    .rung = rung,
};
