/* Ladder, frame cap, thermal cap, memory cap and arbiter, with time as an argument. SPDX-License-Identifier: MIT */
#include "control/arbiter.h"
#include "control/tick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static const uint32_t all_outputs =
    PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE | PERFADAPT_OUTPUT_FRAME_NS;

static struct perfadapt__policy make_policy(uint32_t levels, uint32_t outputs) {
    struct perfadapt__policy policy = {
        .quality_levels = levels,
        .outputs = outputs,
        .target_frame_ns = SECOND / 60,
        .render_scale_min = 0.5,
        .thermal_margin_c = 1.5,
        .frames_in_flight = 3,
        .worker_threads = 1,
        .memory_reserve_bytes = 0,
    };
    double cost = 1.0;
    for (uint32_t i = 0; i < levels; i++, cost *= 0.86)
        policy.cost[i] = cost;
    return policy;
}

/* --- A session's control without a session --- */

struct loop {
    struct perfadapt__policy policy;
    struct perfadapt__ladder ladder;
    struct perfadapt__frame_control frame;
    struct perfadapt__arbiter arbiter;
    struct perfadapt__tick_control tick;
    struct perfadapt_snapshot snapshot;
    int64_t now_ns;
    uint64_t number;
    uint32_t changes;
};

static void loop_init(struct loop *loop, uint32_t levels, uint32_t outputs) {
    memset(loop, 0, sizeof *loop);
    loop->policy = make_policy(levels, outputs);
    loop->now_ns = 1000 * SECOND;
    perfadapt__ladder_init(&loop->ladder, &loop->policy);
    perfadapt__frame_init(&loop->frame, &loop->ladder);
    perfadapt__tick_init(&loop->tick, &loop->policy);
    perfadapt__arbiter_init(&loop->arbiter, &loop->policy, &loop->ladder, &loop->frame, &loop->tick.caps, loop->now_ns);
}

static void step(struct loop *loop, const struct perfadapt__frame_input *input) {
    perfadapt__frame_step(&loop->frame, &loop->policy, &loop->ladder, loop->arbiter.rung, input);
    if (perfadapt__arbiter_step(&loop->arbiter, &loop->policy, &loop->ladder, &loop->frame, &loop->tick.caps,
                                loop->now_ns) == PERFADAPT__BUDGET_DECIDED)
        loop->changes++;
}

/* One frame of `work_ms` at the best rung, drawn as the budget says; its GPU time comes `gpu_late` frames later. */
static void frame(struct loop *loop, double work_ms, int gpu_late) {
    static struct perfadapt__frame_input waiting[8];
    const struct perfadapt_budget *budget = &loop->arbiter.budget;
    const double cost = perfadapt__ladder_cost(&loop->policy, budget->quality, (double)budget->render_scale);
    const int64_t gpu_ns = (int64_t)(work_ms * cost * 1e6);
    const int64_t period_ns = gpu_ns > budget->frame_ns ? gpu_ns : budget->frame_ns;
    loop->now_ns += period_ns;
    const struct perfadapt__frame_input done = {.kind = PERFADAPT__FRAME_DONE,
                                                .quality = budget->quality,
                                                .frame = ++loop->number,
                                                .now_ns = loop->now_ns,
                                                .cpu_ns = 2 * MS,
                                                .period_ns = period_ns,
                                                .render_scale = budget->render_scale};
    step(loop, &done);
    waiting[loop->number % 8] =
        (struct perfadapt__frame_input){.kind = PERFADAPT__FRAME_GPU, .frame = loop->number, .gpu_ns = gpu_ns};
    if (loop->number <= (uint64_t)gpu_late)
        return;
    struct perfadapt__frame_input gpu = waiting[(loop->number - (uint64_t)gpu_late) % 8];
    gpu.now_ns = loop->now_ns;
    step(loop, &gpu);
}

static void frames(struct loop *loop, double work_ms, int gpu_late, double seconds) {
    const int64_t end_ns = loop->now_ns + (int64_t)(seconds * (double)SECOND);
    while (loop->now_ns < end_ns)
        frame(loop, work_ms, gpu_late);
}

/* --- Ladder --- */

static void ladder_never_gets_better_downwards(void **state) {
    (void)state;
    for (uint32_t levels = 1; levels <= PERFADAPT__QUALITY_LEVELS_MAX; levels++)
        for (uint32_t outputs = 0; outputs <= all_outputs; outputs++) {
            const struct perfadapt__policy policy = make_policy(levels, outputs);
            struct perfadapt__ladder ladder;
            perfadapt__ladder_init(&ladder, &policy);
            assert_in_range(ladder.count, 1, PERFADAPT__RUNGS_MAX);
            assert_int_equal(ladder.rungs[0].quality, levels - 1);
            for (uint32_t i = 1; i < ladder.count; i++) {
                const struct perfadapt__rung *above = &ladder.rungs[i - 1];
                const struct perfadapt__rung *rung = &ladder.rungs[i];
                assert_true(rung->quality <= above->quality);
                assert_true(rung->render_scale <= above->render_scale);
                assert_true(rung->frame_ns >= above->frame_ns);
                assert_true(rung->cost / (double)rung->frame_ns < above->cost / (double)above->frame_ns);
            }
        }
}

static void only_named_outputs_move(void **state) {
    (void)state;
    for (uint32_t outputs = 0; outputs <= all_outputs; outputs++) {
        const struct perfadapt__policy policy = make_policy(5, outputs);
        struct perfadapt__ladder ladder;
        perfadapt__ladder_init(&ladder, &policy);
        const struct perfadapt__rung *first = &ladder.rungs[0];
        const struct perfadapt__rung *last = &ladder.rungs[ladder.count - 1];
        assert_int_equal(first->quality != last->quality, (outputs & PERFADAPT_OUTPUT_QUALITY) != 0);
        assert_int_equal(first->render_scale > last->render_scale, (outputs & PERFADAPT_OUTPUT_RENDER_SCALE) != 0);
        assert_int_equal(first->frame_ns != last->frame_ns, (outputs & PERFADAPT_OUTPUT_FRAME_NS) != 0);
    }
}

/* --- Frame cap --- */

static void light_load_reaches_the_best_quality(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 8, 0, 5);
    assert_int_equal(loop.arbiter.budget.quality, 6);
    assert_int_equal(loop.arbiter.budget.reasons, 0);
    assert_int_equal(loop.arbiter.budget.bottleneck, PERFADAPT_BOTTLENECK_VSYNC);
}

static void heavy_load_is_cut_within_a_few_frames(void **state) {
    (void)state;
    for (int late = 0; late <= 3; late++) {
        struct loop loop;
        loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
        frames(&loop, 12, late, 10);
        assert_int_equal(loop.arbiter.budget.quality, 6);
        for (int i = 0; i < 10; i++)
            frame(&loop, 24, late);
        const double cost = perfadapt__ladder_cost(&loop.policy, loop.arbiter.budget.quality, 1.0);
        assert_true(24 * cost <= 1000.0 / 60);
        assert_true(loop.arbiter.budget.reasons & PERFADAPT_REASON_FRAME_LATE);
        assert_int_equal(loop.arbiter.decision.signal, PERFADAPT_SIGNAL_FRAME_TIME);
        assert_true(loop.arbiter.decision.value > loop.arbiter.decision.limit);
    }
}

static void steady_load_between_two_levels_does_not_flip(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 19, 1, 10);
    const uint32_t before = loop.changes;
    frames(&loop, 19, 1, 300);
    assert_true(loop.changes - before <= 2);
}

static void single_hitch_changes_nothing(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 12, 0, 10);
    const uint32_t before = loop.changes;
    frame(&loop, 120, 0);
    frames(&loop, 12, 0, 5);
    assert_int_equal(loop.changes, before);
}

static void without_room_in_quality_the_frame_rate_gives_way(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_FRAME_NS);
    frames(&loop, 36, 0, 5);
    assert_int_equal(loop.arbiter.budget.quality, 0);
    assert_true(loop.arbiter.budget.frame_ns > loop.policy.target_frame_ns);
}

static void export_without_a_target_is_never_late(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 5, all_outputs);
    loop.policy.target_frame_ns = 0;
    perfadapt__ladder_init(&loop.ladder, &loop.policy);
    perfadapt__frame_init(&loop.frame, &loop.ladder);
    perfadapt__arbiter_init(&loop.arbiter, &loop.policy, &loop.ladder, &loop.frame, &loop.tick.caps, loop.now_ns);
    for (int i = 0; i < 100; i++)
        frame(&loop, 300, 0);
    assert_int_equal(loop.arbiter.budget.quality, 4);
    assert_int_equal(loop.arbiter.budget.frame_ns, 0);
    assert_int_equal(loop.arbiter.budget.reasons, 0);
}

/* Frames so slow that the idle step runs between each of them and its GPU time. */
static void gpu_times_older_than_an_idle_step_count(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 5, PERFADAPT_OUTPUT_QUALITY);
    for (uint64_t i = 1; i <= 20; i++) {
        loop.now_ns += 450 * MS;
        const struct perfadapt__frame_input done = {.kind = PERFADAPT__FRAME_DONE,
                                                    .quality = loop.arbiter.budget.quality,
                                                    .frame = i,
                                                    .now_ns = loop.now_ns,
                                                    .cpu_ns = MS,
                                                    .period_ns = 450 * MS,
                                                    .render_scale = 1};
        step(&loop, &done);
        const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = loop.now_ns + 300 * MS};
        step(&loop, &idle);
        const struct perfadapt__frame_input gpu = {
            .kind = PERFADAPT__FRAME_GPU, .frame = i, .now_ns = loop.now_ns, .gpu_ns = 440 * MS};
        step(&loop, &gpu);
    }
    assert_int_equal(loop.arbiter.budget.quality, 0);
    assert_int_equal(loop.arbiter.budget.bottleneck, PERFADAPT_BOTTLENECK_GPU);
}

static void any_input_gives_a_bounded_budget(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 5, all_outputs);
    srand(1);
    for (int i = 0; i < 200000; i++) {
        const int64_t extremes[] = {INT64_MIN / 4, -1, 0, 1, 16 * MS, SECOND, INT64_MAX / 4};
        loop.now_ns += rand() % (40 * (int)MS) - 5 * MS; /* at times backwards */
        const struct perfadapt__frame_input input = {.kind = (uint32_t)(rand() % 3),
                                                     .quality = (uint32_t)rand() % 5,
                                                     .frame = (uint64_t)(rand() % 100),
                                                     .now_ns = loop.now_ns,
                                                     .cpu_ns = extremes[rand() % 7],
                                                     .period_ns = extremes[rand() % 7],
                                                     .gpu_ns = rand() % 3 ? rand() : 0,
                                                     .render_scale = 0.25F + 0.75F * (float)(rand() % 4) / 3};
        step(&loop, &input);
        const struct perfadapt_budget *budget = &loop.arbiter.budget;
        assert_true(budget->quality < 5);
        assert_true(budget->render_scale >= 0.25F && budget->render_scale <= 1.0F);
        assert_true(budget->frame_ns >= loop.policy.target_frame_ns && budget->frame_ns < SECOND);
        assert_true(budget->confidence >= 0 && budget->confidence <= 1.0F);
    }
}

static void same_input_gives_the_same_bits(void **state) {
    (void)state;
    struct loop *loops = calloc(2, sizeof *loops);
    for (int i = 0; i < 2; i++) {
        loop_init(&loops[i], 7, all_outputs);
        for (int k = 0; k < 3000; k++)
            frame(&loops[i], 5 + (k * 7919) % 23, 0);
    }
    assert_memory_equal(&loops[0].frame, &loops[1].frame, sizeof loops[0].frame);
    assert_memory_equal(&loops[0].arbiter.budget, &loops[1].arbiter.budget, sizeof(struct perfadapt_budget));
    free(loops);
}

/* --- Thermal cap --- */

static void set_temperature(struct loop *loop, double temperature_c, double slope, uint32_t sensor_state) {
    struct perfadapt_sensor *sensor = &loop->snapshot.sensors[0];
    loop->snapshot.sensor_count = 1;
    *sensor = (struct perfadapt_sensor){
        .role = PERFADAPT_SENSOR_GPU,
        .steers = 1,
        .temperature = {temperature_c, loop->now_ns, PERFADAPT_UNIT_CELSIUS, sensor_state},
        .limit = {85, loop->now_ns, PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_OK},
        .slope_c_per_s = slope,
        .steering_c = temperature_c,
    };
}

static void tick(struct loop *loop) {
    const struct perfadapt__tick_input input = {
        .now_ns = loop->now_ns, .rung = loop->arbiter.rung, .rungs = loop->ladder.count, .snapshot = &loop->snapshot};
    perfadapt__tick_step(&loop->tick, &loop->policy, &input);
}

static void hot_for(struct loop *loop, double temperature_c, double slope, int seconds) {
    for (int i = 0; i < seconds; i++) {
        set_temperature(loop, temperature_c, slope, PERFADAPT_STATE_OK);
        tick(loop);
        frames(loop, 5, 0, 1);
    }
}

static void over_the_target_the_lowest_rung_is_reached(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 5, 0, 10);
    hot_for(&loop, 86, 0, 4 * 6);
    assert_int_equal(loop.arbiter.budget.quality, 0);
    assert_int_equal(loop.arbiter.budget.thermal_state, PERFADAPT_THERMAL_CRITICAL);
    assert_true(loop.arbiter.budget.thermal_headroom > 1.0F);
    assert_true(loop.arbiter.budget.reasons & PERFADAPT_REASON_THERMAL);
    assert_int_equal(loop.arbiter.decision.signal, PERFADAPT_SIGNAL_TEMPERATURE);
    assert_int_equal(loop.arbiter.budget.time_to_throttle_ns, 0);
}

static void forecast_cuts_before_the_target(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 5, 0, 10);
    hot_for(&loop, 80, 0.8, 2);
    assert_true(loop.arbiter.budget.quality < 6);
    assert_true(loop.arbiter.budget.time_to_throttle_ns > 5 * SECOND);
    assert_true(loop.arbiter.budget.time_to_throttle_ns < 7 * SECOND);
}

static void cool_device_gets_its_quality_back_slowly(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 5, 0, 10);
    hot_for(&loop, 86, 0, 20);
    hot_for(&loop, 60, -0.1, 7);
    assert_int_equal(loop.arbiter.budget.quality, 0);
    hot_for(&loop, 60, 0, 120);
    assert_int_equal(loop.arbiter.budget.quality, 6);
    assert_int_equal(loop.arbiter.budget.thermal_state, PERFADAPT_THERMAL_COOL);
}

static void unknown_temperature_is_no_cap(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    tick(&loop);
    frames(&loop, 5, 0, 10);
    assert_int_equal(loop.arbiter.budget.quality, 6);
    assert_true(isnan(loop.arbiter.budget.thermal_headroom));
    assert_int_equal(loop.arbiter.budget.time_to_throttle_ns, PERFADAPT_THROTTLE_UNKNOWN);
    const float confidence = loop.arbiter.budget.confidence;
    hot_for(&loop, 50, 0, 1);
    assert_true(loop.arbiter.budget.confidence > confidence);
}

static void lost_sensor_holds_then_moves_to_the_middle(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 5, 0, 10);
    hot_for(&loop, 60, 0, 3);
    const uint32_t before = loop.arbiter.rung;
    for (int i = 0; i < 29; i++) {
        set_temperature(&loop, (double)NAN, (double)NAN, PERFADAPT_STATE_ERROR);
        tick(&loop);
        frames(&loop, 5, 0, 1);
        assert_int_equal(loop.arbiter.rung, before);
    }
    assert_true(loop.arbiter.budget.reasons & PERFADAPT_REASON_SENSOR_LOST);
    for (int i = 0; i < 120; i++) {
        set_temperature(&loop, (double)NAN, (double)NAN, PERFADAPT_STATE_ERROR);
        tick(&loop);
        frames(&loop, 5, 0, 1);
    }
    assert_int_equal(loop.arbiter.rung, loop.ladder.count / 2);
}

static void sensor_that_never_spoke_is_no_loss(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 5, 0, 10);
    for (int i = 0; i < 100; i++) {
        set_temperature(&loop, 50, 0, PERFADAPT_STATE_OK);
        loop.snapshot.sensors[1] = loop.snapshot.sensors[0];
        loop.snapshot.sensors[1].temperature.state = PERFADAPT_STATE_ERROR;
        loop.snapshot.sensor_count = 2;
        tick(&loop);
        frames(&loop, 5, 0, 1);
    }
    assert_int_equal(loop.arbiter.budget.quality, 6);
    assert_int_equal(loop.arbiter.budget.reasons, 0);
}

static void coarse_sensor_below_the_target_is_no_cap(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 5, 0, 10);
    for (int i = 0; i < 300; i++)
        hot_for(&loop, i / 3 % 2 ? 79 : 78, i % 3 == 0 ? 0.4 : 0, 1);
    assert_int_equal(loop.arbiter.budget.quality, 6);
}

static void sleeping_gpu_is_no_loss(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    hot_for(&loop, 60, 0, 10);
    set_temperature(&loop, (double)NAN, (double)NAN, PERFADAPT_STATE_ASLEEP);
    tick(&loop);
    assert_false(loop.tick.caps.hold);
    assert_int_equal(loop.tick.caps.thermal_rung, 0);
}

static void hotter_is_never_better(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    frames(&loop, 5, 0, 10);
    hot_for(&loop, 84, 0.1, 5);
    uint32_t rung = 0;
    for (int tenth = 600; tenth < 1100; tenth++) {
        struct loop copy = loop;
        copy.now_ns += 2 * SECOND;
        set_temperature(&copy, tenth / 10.0, 0, PERFADAPT_STATE_OK);
        tick(&copy);
        assert_true(copy.tick.caps.thermal_rung >= rung);
        rung = copy.tick.caps.thermal_rung;
    }
}

/* --- Memory cap --- */

static void set_memory(struct loop *loop, double some_us, double full_us, double available_mib) {
    const double mib = 1024.0 * 1024;
    const struct perfadapt_metric zero = {0, loop->now_ns, PERFADAPT_UNIT_PERCENT, PERFADAPT_STATE_OK};
    struct perfadapt_pressure *pressure = &loop->snapshot.pressure[PERFADAPT_RESOURCE_MEMORY];
    pressure->some = (struct perfadapt_stall){zero, zero, zero, zero};
    pressure->full = pressure->some;
    pressure->some.total.value = some_us;
    pressure->full.total.value = full_us;
    loop->snapshot.memory.total = (struct perfadapt_metric){8192 * mib, loop->now_ns, PERFADAPT_UNIT_BYTES, 1};
    loop->snapshot.memory.available =
        (struct perfadapt_metric){available_mib * mib, loop->now_ns, PERFADAPT_UNIT_BYTES, 1};
    loop->snapshot.memory.process_resident =
        (struct perfadapt_metric){500 * mib, loop->now_ns, PERFADAPT_UNIT_BYTES, 1};
}

static double stalled_some_us = 1e6;
static double stalled_full_us = 1e5;

static void pressure_for(struct loop *loop, double some_us_per_s, double full_us_per_s, double available_mib,
                         int seconds) {
    for (int i = 0; i < seconds * 10; i++) {
        stalled_some_us += some_us_per_s / 10;
        stalled_full_us += full_us_per_s / 10;
        set_memory(loop, stalled_some_us, stalled_full_us, available_mib);
        tick(loop);
        frames(loop, 5, 0, 0.1);
    }
}

static void pressure_cuts_the_memory_budget(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY);
    pressure_for(&loop, 0, 0, 4000, 5);
    const uint64_t calm = loop.arbiter.budget.memory_bytes;
    assert_int_equal(loop.arbiter.budget.memory_state, PERFADAPT_MEMORY_RELAXED);
    assert_int_equal(loop.arbiter.budget.frames_in_flight, 3);
    assert_true(calm > UINT64_C(500) << 20 && calm < UINT64_C(4500) << 20);
    pressure_for(&loop, 60000, 0, 1500, 3);
    assert_int_equal(loop.arbiter.budget.memory_state, PERFADAPT_MEMORY_TIGHT);
    assert_true(loop.arbiter.budget.memory_bytes < UINT64_C(500) << 20);
    assert_int_equal(loop.arbiter.budget.frames_in_flight, 2);
    assert_true(loop.arbiter.budget.reasons & PERFADAPT_REASON_MEMORY);
    assert_int_equal(loop.arbiter.budget.quality, 2);
}

static void sudden_full_stall_is_answered_at_once(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY);
    pressure_for(&loop, 0, 0, 4000, 5);
    loop.now_ns += 100 * MS;
    stalled_some_us += 2e5;
    stalled_full_us += 2e5;
    set_memory(&loop, stalled_some_us, stalled_full_us, 1000);
    tick(&loop);
    assert_int_equal(loop.tick.caps.memory_state, PERFADAPT_MEMORY_CRITICAL);
    assert_true(loop.tick.caps.memory_bytes <= (uint64_t)(0.8 * 500 * 1024 * 1024));
}

static void stalls_elsewhere_with_plenty_free_cut_nothing(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY);
    pressure_for(&loop, 0, 0, 7000, 3);
    const uint64_t calm = loop.arbiter.budget.memory_bytes;
    pressure_for(&loop, 60000, 60000, 7000, 3);
    assert_int_equal(loop.arbiter.budget.memory_state, PERFADAPT_MEMORY_TIGHT);
    assert_int_equal(loop.arbiter.budget.memory_bytes, calm);
    assert_int_equal(loop.arbiter.budget.frames_in_flight, 3);
    assert_int_equal(loop.arbiter.budget.reasons & PERFADAPT_REASON_MEMORY, 0);
}

static void lasting_critical_pressure_takes_quality_and_gives_it_back(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY);
    pressure_for(&loop, 0, 0, 4000, 5);
    pressure_for(&loop, 200000, 150000, 200, 20);
    assert_int_equal(loop.arbiter.budget.quality, 0);
    pressure_for(&loop, 0, 0, 4000, 60);
    assert_int_equal(loop.arbiter.budget.quality, 2);
    assert_int_equal(loop.arbiter.budget.memory_state, PERFADAPT_MEMORY_RELAXED);
}

static void pressure_that_went_is_forgotten(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY);
    pressure_for(&loop, 0, 0, 4000, 5);
    const uint64_t calm = loop.arbiter.budget.memory_bytes;
    pressure_for(&loop, 200000, 150000, 1000, 35);
    pressure_for(&loop, 0, 0, 4000, 600);
    assert_int_equal(loop.arbiter.budget.reasons & PERFADAPT_REASON_MEMORY, 0);
    assert_true(loop.arbiter.budget.memory_bytes >= calm - calm / 8);
    /* And it leaves nothing behind: little memory without a stall takes no quality. */
    pressure_for(&loop, 0, 0, 200, 60);
    assert_int_equal(loop.arbiter.budget.memory_state, PERFADAPT_MEMORY_CRITICAL);
    assert_int_equal(loop.arbiter.budget.quality, 2);
}

static void total_of_another_cgroup_is_no_stall(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY);
    pressure_for(&loop, 0, 0, 3000, 5);
    const uint64_t calm = loop.arbiter.budget.memory_bytes;
    stalled_some_us += 600e6; /* ten minutes of stalls between two samples */
    stalled_full_us += 600e6;
    pressure_for(&loop, 0, 0, 3000, 3);
    assert_int_equal(loop.arbiter.budget.memory_state, PERFADAPT_MEMORY_RELAXED);
    assert_int_equal(loop.arbiter.budget.memory_bytes, calm);
}

static void nothing_known_of_memory_is_no_limit(void **state) {
    (void)state;
    struct loop loop;
    loop_init(&loop, 3, PERFADAPT_OUTPUT_QUALITY);
    tick(&loop);
    assert_true(loop.tick.caps.memory_bytes == PERFADAPT_NO_LIMIT);
    assert_int_equal(loop.tick.caps.memory_state, PERFADAPT_MEMORY_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladder_never_gets_better_downwards),
        cmocka_unit_test(only_named_outputs_move),
        cmocka_unit_test(light_load_reaches_the_best_quality),
        cmocka_unit_test(heavy_load_is_cut_within_a_few_frames),
        cmocka_unit_test(steady_load_between_two_levels_does_not_flip),
        cmocka_unit_test(single_hitch_changes_nothing),
        cmocka_unit_test(without_room_in_quality_the_frame_rate_gives_way),
        cmocka_unit_test(export_without_a_target_is_never_late),
        cmocka_unit_test(gpu_times_older_than_an_idle_step_count),
        cmocka_unit_test(any_input_gives_a_bounded_budget),
        cmocka_unit_test(same_input_gives_the_same_bits),
        cmocka_unit_test(over_the_target_the_lowest_rung_is_reached),
        cmocka_unit_test(forecast_cuts_before_the_target),
        cmocka_unit_test(cool_device_gets_its_quality_back_slowly),
        cmocka_unit_test(unknown_temperature_is_no_cap),
        cmocka_unit_test(lost_sensor_holds_then_moves_to_the_middle),
        cmocka_unit_test(sensor_that_never_spoke_is_no_loss),
        cmocka_unit_test(coarse_sensor_below_the_target_is_no_cap),
        cmocka_unit_test(sleeping_gpu_is_no_loss),
        cmocka_unit_test(hotter_is_never_better),
        cmocka_unit_test(pressure_cuts_the_memory_budget),
        cmocka_unit_test(sudden_full_stall_is_answered_at_once),
        cmocka_unit_test(stalls_elsewhere_with_plenty_free_cut_nothing),
        cmocka_unit_test(lasting_critical_pressure_takes_quality_and_gives_it_back),
        cmocka_unit_test(pressure_that_went_is_forgotten),
        cmocka_unit_test(total_of_another_cgroup_is_no_stall),
        cmocka_unit_test(nothing_known_of_memory_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
