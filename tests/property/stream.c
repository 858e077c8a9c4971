/*
 * Prints what the controller decides about a generated stream of frames, ticks and events, in full precision: same_bytes.sh
 * compares what different compilers make of it. SPDX-License-Identifier: MIT
 *
 * Nothing here may depend on the compiler either: of doubles + - * / and comparisons alone.
 */
#include "control_loop.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h> /* NAN and isnan only */
#include <perfadapt/monitor.h>
#include <stdio.h>
#include <string.h>

enum { SESSIONS = 24, SECONDS = 150 };

/* A session and the device below it. */
struct stream {
    struct perfadapt__decider decider;
    struct perfadapt__tick_control tick;
    uint64_t random;
    uint64_t frame;
    int64_t now_ns, ticked_ns;
    double work_ns;
    double temperature_c, ambient_c, gain_c; /* the die follows in a second, what is around it in a minute */
    double case_c;
    double stalled_us;
    double clock;
    int gpu_late;
    struct perfadapt__frame_input waiting[8];
    uint64_t steps;
};

static bool chance(struct stream *stream, uint32_t in) {
    return loop_random(&stream->random) % in == 0;
}

static double between(struct stream *stream, double low, double high) {
    return low + (high - low) * loop_random_share(&stream->random);
}

/* --- Printing --- */

static void print_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        printf(" nan"); /* which of them is no one's business */
    else
        printf(" %016" PRIx64, bits);
}

static void print_budget(const struct stream *stream) {
    const struct perfadapt_budget *budget = &stream->decider.arbiter.budget;
    printf("%" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu32, budget->generation, budget->timestamp_ns, budget->frame_ns,
           budget->quality);
    printf(" %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRIu64 " %" PRIu64, budget->frames_in_flight,
           budget->worker_threads, budget->dispatch_ns, budget->memory_bytes, budget->gpu_memory_bytes);
    printf(" %" PRId64 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIx32, budget->time_to_throttle_ns,
           budget->thermal_state, budget->memory_state, budget->bottleneck, budget->reasons);
    print_double((double)budget->render_scale);
    print_double((double)budget->thermal_headroom);
    print_double((double)budget->confidence);
    printf("\n");
}

static void print_decision(const struct stream *stream) {
    const struct perfadapt_decision *decision = &stream->decider.arbiter.decision;
    printf("decision %" PRIu32, decision->signal);
    print_double(decision->value);
    print_double(decision->limit);
    print_double(decision->forecast);
    printf("\n");
}

/* What has been learned: differences too small to show in a budget show here. */
static void print_state(const struct stream *stream) {
    const struct perfadapt__frame_statistics *frames = &stream->decider.frame.statistics;
    const struct perfadapt__heat *heat = &stream->tick.thermal.channels[0].heat;
    printf("state");
    for (uint32_t i = 0; i < stream->decider.policy.quality_levels; i++)
        print_double(frames->cost.level[i]);
    for (int i = 0; i < PERFADAPT__POLES; i++)
        print_double(frames->busy[i]);
    for (int i = 0; i < PERFADAPT__HEAT_UNKNOWNS; i++) {
        print_double(heat->unknowns[i]);
        print_double(heat->covariance[i][i]);
    }
    print_double(heat->bias);
    print_double(heat->variance);
    print_double(stream->tick.load.mean_ns);
    print_double(stream->tick.load.spread);
    print_double(stream->tick.choice.tokens);
    printf("\n");
}

/* --- The stream --- */

static void step(struct stream *stream, const struct perfadapt__frame_input *input) {
    const enum perfadapt__arbiter_change change = perfadapt__decider_step(&stream->decider, input);
    if (change != PERFADAPT__BUDGET_SAME || ++stream->steps % 64 == 0)
        print_budget(stream);
    if (change == PERFADAPT__BUDGET_DECIDED)
        print_decision(stream);
}

static struct perfadapt__policy any_policy(struct stream *stream) {
    const uint32_t levels = 1 + (uint32_t)(loop_random(&stream->random) % 12);
    struct perfadapt__policy policy = {
        .prefer = (uint32_t)(loop_random(&stream->random) % 4),
        .role = chance(stream, 4) ? PERFADAPT_ROLE_EXPORT : PERFADAPT_ROLE_INTERACTIVE,
        .yields = 1,
        .outputs = (uint32_t)(loop_random(&stream->random) % 8),
        .quality_levels = levels,
        .quality_max = levels - 1,
        .target_frame_ns = chance(stream, 8) ? 0 : SECOND / 60,
        .refresh_ns = chance(stream, 4) ? SECOND / 60 : 0,
        .render_scale_min = 0.5,
        .render_scale_max = 1.0,
        .thermal_limit_c = (double)NAN,
        .thermal_margin_c = 1.5,
        .battery_busy = chance(stream, 3) ? 0.5 : 1.0,
        .frames_in_flight = 3,
        .worker_threads = 8,
        .memory_reserve_bytes = INT64_C(512) << 20,
    };
    policy.cost[0] = 1.0;
    for (uint32_t i = 1; i < levels; i++)
        policy.cost[i] = policy.cost[i - 1] * 0.86;
    return policy;
}

static void start(struct stream *stream, uint64_t seed) {
    memset(stream, 0, sizeof *stream);
    stream->random = seed;
    stream->now_ns = stream->ticked_ns = 1000 * SECOND;
    stream->ambient_c = between(stream, 25, 50);
    stream->gain_c = between(stream, 20, 60);
    stream->temperature_c = stream->case_c = stream->ambient_c;
    stream->clock = 1.0;
    stream->gpu_late = (int)(loop_random(&stream->random) % 4);
    stream->work_ns = 10e6;
    const struct perfadapt__policy policy = any_policy(stream);
    struct perfadapt__ladder ladder;
    perfadapt__ladder_init(&ladder, &policy);
    perfadapt__tick_init(&stream->tick, &policy, &ladder);
    perfadapt__decider_init(&stream->decider, &policy, &stream->tick.caps, stream->now_ns);
    print_budget(stream);
}

static void heat(struct stream *stream, double busy, double seconds) {
    const double case_c = stream->ambient_c + 0.4 * stream->gain_c * busy;
    stream->case_c += seconds / (60.0 + seconds) * (case_c - stream->case_c);
    const double die_c = stream->case_c + 0.6 * stream->gain_c * busy;
    stream->temperature_c += seconds / (1.0 + seconds) * (die_c - stream->temperature_c);
}

static struct perfadapt__reading read_device(struct stream *stream) {
    struct perfadapt__reading reading;
    perfadapt__reading_init(&reading, stream->now_ns);
    reading.heat_count = 1;
    reading.heat[0] = (struct perfadapt__heat_reading){
        .key = 1,
        .state = chance(stream, 60) ? PERFADAPT_STATE_ERROR : PERFADAPT_STATE_OK,
        .timestamp_ns = stream->now_ns,
        .temperature_c = stream->temperature_c + between(stream, -0.3, 0.3) + (chance(stream, 100) ? 15.0 : 0.0),
        .limit_c = 85,
        .remembered_c = (double)NAN,
    };
    reading.throttle = stream->temperature_c > 85 ? PERFADAPT_THROTTLING_THERMAL : PERFADAPT_THROTTLING_NONE;
    reading.busy = between(stream, 0, 1);
    reading.clock_mhz = 2000 * stream->clock;
    reading.clock_max_mhz = 2000;
    stream->stalled_us += chance(stream, 10) ? between(stream, 0, 3e5) : 0;
    reading.machine_memory = (struct perfadapt__stall_reading){
        .some_us = stream->stalled_us, .full_us = 0.3 * stream->stalled_us, .some_avg10 = 1, .some_avg60 = 0.05};
    reading.memory_total = 8e9;
    reading.memory_available = between(stream, 1e8, 3e9);
    reading.resident = between(stream, 9e8, 1e9);
    reading.gpu_memory_budget = 4e9;
    reading.gpu_memory_used = between(stream, 2e9, 4.2e9);
    reading.cpu_some_us = stream->stalled_us;
    reading.on_ac = stream->now_ns / (40 * SECOND) % 2 ? 1 : 0;
    reading.peer_reasons = stream->now_ns / (15 * SECOND) % 3 ? 0 : PERFADAPT_REASON_THERMAL;
    return reading;
}

static void tick(struct stream *stream) {
    const struct perfadapt__reading reading = read_device(stream);
    stream->ticked_ns = stream->now_ns;
    if (perfadapt__tick_step(&stream->tick, &stream->decider.policy, &stream->decider.ladder, &reading,
                             &stream->decider.frame.statistics))
        perfadapt__decider_take_caps(&stream->decider, &stream->tick.caps);
    const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = stream->now_ns};
    step(stream, &idle);
}

static void draw(struct stream *stream) {
    const struct perfadapt_budget *budget = &stream->decider.arbiter.budget;
    const double scale = (double)budget->render_scale;
    const double cost = stream->decider.policy.cost[budget->quality_levels - 1 - budget->quality] * scale * scale;
    const double gpu_ns = stream->work_ns * cost * between(stream, 0.93, 1.07) / stream->clock;
    const double least_ns = budget->frame_ns > 0 ? (double)budget->frame_ns : 2e6;
    const double period_ns = gpu_ns > least_ns ? gpu_ns : least_ns;
    stream->now_ns += (int64_t)period_ns;
    heat(stream, gpu_ns / period_ns, period_ns * 1e-9);
    const struct perfadapt__frame_input done = {.kind = PERFADAPT__FRAME_DONE,
                                                .quality = budget->quality,
                                                .frame = ++stream->frame,
                                                .now_ns = stream->now_ns,
                                                .cpu_ns = (int64_t)between(stream, 2e6, 9e6),
                                                .period_ns = (int64_t)period_ns,
                                                .gpu_ns = -1,
                                                .render_scale = budget->render_scale};
    stream->waiting[stream->frame % 8] = (struct perfadapt__frame_input){
        .kind = PERFADAPT__FRAME_GPU, .frame = stream->frame, .gpu_ns = (int64_t)gpu_ns};
    step(stream, &done);
    if (stream->frame <= (uint64_t)stream->gpu_late)
        return;
    struct perfadapt__frame_input gpu = stream->waiting[(stream->frame - (uint64_t)stream->gpu_late) % 8];
    gpu.now_ns = stream->now_ns;
    step(stream, &gpu);
}

/* Another scene, a pause, something that the app reports, a capture. */
static void happen(struct stream *stream) {
    struct perfadapt__frame_input input = {.kind = PERFADAPT__FRAME_EVENT, .now_ns = stream->now_ns};
    switch (loop_random(&stream->random) % 12) {
    case 0:
        input.event = 1 + (uint32_t)(loop_random(&stream->random) % 6);
        input.value = (int64_t)between(stream, 0, 1e9);
        break;
    case 1:
        input.kind = PERFADAPT__FRAME_HOLD;
        input.value = stream->decider.arbiter.holds == 0;
        break;
    case 2:
        stream->now_ns += (int64_t)between(stream, 0, 5e9);
        heat(stream, 0, 5);
        return;
    case 3:
        stream->clock = chance(stream, 2) ? 1.0 : between(stream, 0.4, 1);
        return;
    default:
        stream->work_ns = between(stream, 3e6, 30e6);
        return;
    }
    step(stream, &input);
}

int main(void) {
    static struct stream stream;
    setlocale(LC_ALL, ""); /* as a host may */
    for (uint64_t seed = 1; seed <= SESSIONS; seed++) {
        start(&stream, seed);
        const int64_t end_ns = stream.now_ns + SECONDS * SECOND;
        while (stream.now_ns < end_ns) {
            draw(&stream);
            if (stream.now_ns - stream.ticked_ns >= SECOND)
                tick(&stream);
            if (chance(&stream, 200))
                happen(&stream);
        }
        print_state(&stream);
    }
    return 0;
}
