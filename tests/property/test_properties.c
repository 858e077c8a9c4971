/* What holds for any input: thousands of generated ones, the same in every run. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_loop.h"

#include <math.h>
#include <perfadapt/monitor.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The least time between two rises: while a first rung is searched for, and after. */
static const double search_s = 30, search_dwell_s = 1, dwell_least_s = 3;

static const uint32_t all_reasons = PERFADAPT_REASON_YIELD * 2 - 1;

static bool chance(uint64_t *random, uint32_t in) {
    return loop_random(random) % in == 0;
}

static double between(uint64_t *random, double low, double high) {
    return low + (high - low) * loop_random_share(random);
}

static uint32_t below(uint64_t *random, uint32_t end) {
    return (uint32_t)(loop_random(random) % end);
}

/* --- Generated inputs --- */

/* Any policy that the session would let through. */
static struct perfadapt__policy any_policy(uint64_t *random) {
    static const int64_t targets_ns[] = {0, SECOND / 240, SECOND / 144, SECOND / 60, SECOND / 30, SECOND};
    static const int64_t refreshes_ns[] = {0, 0, SECOND / 60, SECOND / 144};
    struct perfadapt__policy policy = loop_policy(1 + below(random, PERFADAPT__QUALITY_LEVELS_MAX), below(random, 8));
    policy.quality_max = below(random, policy.quality_levels);
    policy.quality_min = below(random, policy.quality_max + 1);
    policy.prefer = below(random, 4);
    policy.role = below(random, 3);
    policy.yields = below(random, 2);
    policy.target_frame_ns = targets_ns[below(random, COUNT(targets_ns))];
    policy.refresh_ns = refreshes_ns[below(random, COUNT(refreshes_ns))];
    policy.render_scale_min = between(random, 0.25, 1);
    policy.render_scale_max = between(random, policy.render_scale_min, 1);
    policy.thermal_limit_c = chance(random, 2) ? (double)NAN : between(random, 30, 125);
    policy.thermal_margin_c = between(random, 0, 10);
    policy.battery_busy = chance(random, 2) ? 1 : between(random, 0.05, 1);
    policy.frames_in_flight = 1 + below(random, 8);
    policy.worker_threads = 1 + below(random, 16);
    policy.dispatch_ns = chance(random, 2) ? 0 : (int64_t)between(random, 1e6, 1e8);
    policy.memory_reserve_bytes = (int64_t)between(random, 0, 1e10);
    return policy;
}

static double any_double(uint64_t *random, double low, double high) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1, -1, 1e300, -1e300, 1e-300, 1e18};
    return chance(random, 8) ? odd[below(random, COUNT(odd))] : between(random, low, high);
}

static int64_t any_time(uint64_t *random, double most_ns) {
    static const int64_t odd_ns[] = {INT64_MIN, INT64_MIN / 4, -SECOND,       -1,       0,
                                     1,         3600 * SECOND, INT64_MAX / 4, INT64_MAX};
    return chance(random, 8) ? odd_ns[below(random, COUNT(odd_ns))] : (int64_t)between(random, 0, most_ns);
}

static struct perfadapt__frame_input any_input(struct loop *loop, uint64_t *random) {
    struct perfadapt__frame_input input = {
        .kind = chance(random, 50) ? below(random, 7) : below(random, 2),
        .quality = below(random, 40),
        .frame = loop->frame + below(random, 2) - below(random, 8) * below(random, 2),
        .now_ns = chance(random, 500) ? any_time(random, 1e12) : loop->now_ns - (chance(random, 20) ? SECOND : 0),
        .cpu_ns = any_time(random, 30e6),
        .period_ns = any_time(random, 40e6),
        .gpu_ns = any_time(random, 40e6),
        .render_scale = (float)any_double(random, 0.25, 1),
        .event = below(random, 8),
    };
    if (input.kind == PERFADAPT__FRAME_HOLD)
        input.value = chance(random, 3);
    else if (chance(random, 2))
        input.gpu_ns = -1;
    loop->frame += chance(random, 2);
    return input;
}

static struct perfadapt__heat_reading any_heat(const struct loop *loop, uint64_t *random, uint32_t key) {
    return (struct perfadapt__heat_reading){
        .key = chance(random, 20) ? below(random, PERFADAPT__HEAT_SENSORS + 1) : key,
        .state = chance(random, 10) ? below(random, 8) : PERFADAPT_STATE_OK,
        .timestamp_ns = chance(random, 10) ? any_time(random, 1e12) : loop->now_ns,
        .temperature_c = any_double(random, 20, 100),
        .limit_c = chance(random, 10) ? any_double(random, 30, 120) : 85,
        .remembered_c = chance(random, 10) ? any_double(random, 30, 120) : (double)NAN,
    };
}

static struct perfadapt__stall_reading any_stall(uint64_t *random, double seconds) {
    return (struct perfadapt__stall_reading){.some_us = any_double(random, 0, seconds * 1e6),
                                             .full_us = any_double(random, 0, seconds * 1e5),
                                             .some_avg10 = any_double(random, 0, 100),
                                             .some_avg60 = any_double(random, 0, 100)};
}

static struct perfadapt__reading any_reading(const struct loop *loop, uint64_t *random) {
    struct perfadapt__reading reading;
    perfadapt__reading_init(&reading, chance(random, 20) ? any_time(random, 1e12) : loop->now_ns);
    reading.heat_count = below(random, PERFADAPT__HEAT_SENSORS + 1);
    for (uint32_t i = 0; i < reading.heat_count; i++)
        reading.heat[i] = any_heat(loop, random, i + 1);
    reading.throttle = below(random, 7);
    reading.busy = any_double(random, 0, 1);
    reading.power_w = any_double(random, 0, 300);
    reading.clock_mhz = any_double(random, 100, 2000);
    reading.clock_max_mhz = any_double(random, 100, 2000);
    reading.machine_memory = any_stall(random, (double)loop->now_ns * 1e-9);
    reading.cgroup_memory = any_stall(random, (double)loop->now_ns * 1e-9);
    reading.cpu_some_us = any_double(random, 0, 1e9);
    reading.memory_total = any_double(random, 1e9, 1e11);
    reading.memory_available = any_double(random, 0, 1e10);
    reading.cgroup_limit = any_double(random, 1e8, 1e10);
    reading.cgroup_current = any_double(random, 0, 1e10);
    reading.resident = any_double(random, 0, 1e10);
    reading.resident_shared = any_double(random, 0, 1e9);
    reading.gpu_memory_used = any_double(random, 0, 1e10);
    reading.gpu_memory_budget = any_double(random, 0, 1e10);
    reading.cpu_quota = any_double(random, 0, 16);
    reading.on_ac = any_double(random, 0, 1);
    reading.peer_reasons = chance(random, 4) ? loop_random(random) : 0;
    return reading;
}

static void tick_with(struct loop *loop, const struct perfadapt__reading *reading) {
    if (perfadapt__tick_step(&loop->tick, &loop->decider.policy, &loop->decider.ladder, reading,
                             &loop->decider.frame.statistics))
        perfadapt__decider_take_caps(&loop->decider, &loop->tick.caps);
}

/* One input of any kind, before it at times a tick. */
static enum perfadapt__arbiter_change step_anyhow(struct loop *loop, uint64_t *random) {
    loop->now_ns += (int64_t)between(random, 0, 40e6);
    if (chance(random, 4)) {
        const struct perfadapt__reading reading = any_reading(loop, random);
        tick_with(loop, &reading);
    }
    const struct perfadapt__frame_input input = any_input(loop, random);
    return perfadapt__decider_step(&loop->decider, &input);
}

/* --- What must hold --- */

static void assert_bounded(const struct loop *loop) {
    const struct perfadapt_budget *budget = loop_budget(loop);
    const struct perfadapt__policy *policy = &loop->decider.policy;
    const struct perfadapt__ladder *ladder = &loop->decider.ladder;
    assert_in_range(budget->quality, policy->quality_min, policy->quality_max);
    assert_int_equal(budget->quality_levels, policy->quality_levels);
    assert_true(budget->render_scale >= 0.25F && budget->render_scale <= 1.0F);
    assert_true(budget->frame_ns >= ladder->rungs[0].frame_ns);
    const bool free_running = ladder->rungs[0].frame_ns == 0 && policy->outputs & PERFADAPT_OUTPUT_FRAME_NS;
    const bool paced = free_running && budget->reasons & PERFADAPT_REASON_YIELD;
    assert_true(budget->frame_ns <= (paced ? 10 * SECOND : ladder->rungs[ladder->count - 1].frame_ns));
    assert_true(budget->cpu_ns >= 0 && budget->gpu_ns >= 0 && budget->dispatch_ns >= 0);
    assert_in_range(budget->frames_in_flight, 1, 8);
    assert_in_range(budget->worker_threads, 1, policy->worker_threads);
    assert_true(isnan(budget->thermal_headroom) || (budget->thermal_headroom >= 0 && budget->thermal_headroom < 10));
    assert_true(budget->time_to_throttle_ns >= PERFADAPT_THROTTLE_UNKNOWN);
    assert_true(budget->time_to_throttle_ns <= 3600 * SECOND);
    assert_true(budget->thermal_state <= PERFADAPT_THERMAL_CRITICAL);
    assert_true(budget->memory_state <= PERFADAPT_MEMORY_CRITICAL);
    assert_true(budget->bottleneck <= PERFADAPT_BOTTLENECK_MEMORY);
    assert_int_equal(budget->reasons & ~all_reasons, 0);
    assert_true(budget->confidence >= 0 && budget->confidence <= 1.0F);
}

static void assert_finite(const double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_true(isfinite(values[i]));
}

/* One NAN would stay for ever. */
static void assert_finite_state(const struct loop *loop) {
    const struct perfadapt__frame_statistics *frames = &loop->decider.frame.statistics;
    const struct perfadapt__load *load = &loop->tick.load;
    const struct perfadapt__heat_cap *heat = &loop->tick.caps.heat;
    const double numbers[] = {frames->unit,
                              frames->cpu_ns,
                              frames->gpu_ns,
                              frames->period_ns,
                              frames->busy_ns,
                              load->unit,
                              load->middle_ns,
                              load->spread,
                              load->mean_ns,
                              load->peak_ns,
                              load->clock,
                              load->slow_s,
                              heat->base_c,
                              heat->target_c,
                              heat->other_busy,
                              loop->decider.frame.late,
                              loop->tick.choice.tokens};
    assert_finite(numbers, COUNT(numbers));
    assert_finite(frames->cost.level, PERFADAPT__QUALITY_LEVELS_MAX);
    assert_finite(frames->busy, PERFADAPT__POLES);
    assert_finite(frames->sensed, PERFADAPT__POLES);
    assert_finite(loop->decider.frame.newest_ns, 3);
    assert_finite(heat->gain_c, PERFADAPT__POLES);
    assert_finite(heat->other, PERFADAPT__POLES);
    for (int i = 0; i < PERFADAPT__POLES; i++)
        assert_true(frames->busy[i] >= -1e-9 && frames->busy[i] <= 2);
    for (int i = 0; i < PERFADAPT__WORKS; i++)
        assert_true(isfinite(frames->work_ns[i]));
}

/* The most conservative cap wins. */
static void assert_below_every_cap(const struct loop *loop) {
    const struct perfadapt__decider *decider = &loop->decider;
    const uint32_t rung = decider->arbiter.rung;
    assert_true(rung < decider->ladder.count);
    if (decider->policy.mode != PERFADAPT__MODE_AUTO || decider->arbiter.holds > 0)
        return;
    assert_true(rung >= decider->caps.rung || decider->unarbited > 0);
    assert_true(rung >= decider->caps.memory_rung || decider->unarbited > 0);
    assert_true(rung >= decider->caps.power_rung || decider->unarbited > 0);
    assert_true(rung >= decider->caps.yield_rung || decider->unarbited > 0);
    assert_true(rung >= decider->setback.rung);
    assert_true(rung >= decider->frame.rung);
    const struct perfadapt__rung *at = &decider->ladder.rungs[rung];
    assert_int_equal(loop_budget(loop)->quality, at->quality);
    assert_true(loop_budget(loop)->frame_ns >= at->frame_ns);
}

/* --- Anything at all --- */

static struct loop start_anywhere(uint64_t *random) {
    struct loop loop;
    struct perfadapt__policy policy = any_policy(random);
    policy.mode = chance(random, 8) ? below(random, 3) : PERFADAPT__MODE_AUTO;
    loop_init(&loop, &policy);
    loop.now_ns = chance(random, 4) ? 0 : 1000 * SECOND;
    return loop;
}

static void any_input_gives_a_bounded_budget(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t random = seed;
        struct loop loop = start_anywhere(&random);
        for (int i = 0; i < 1500; i++) {
            const struct perfadapt_budget before = *loop_budget(&loop);
            const enum perfadapt__arbiter_change change = step_anyhow(&loop, &random);
            const bool same = memcmp(&before, loop_budget(&loop), sizeof before) == 0;
            assert_int_equal(same, change == PERFADAPT__BUDGET_SAME);
            assert_int_equal(loop_budget(&loop)->generation, before.generation + !same);
            assert_bounded(&loop);
            assert_finite_state(&loop);
            assert_below_every_cap(&loop);
        }
    }
}

/* Everything is well: cool, on a charger, with memory to spare. */
static void calm_down(struct loop *loop) {
    const int64_t frames_ns = loop->decider.frame.statistics.now_ns;
    const int64_t ticks_ns = loop->tick.stepped_ns;
    while (loop->decider.arbiter.holds > 0)
        loop_hold(loop, false);
    loop->now_ns = loop->ticked_ns = (frames_ns > ticks_ns ? frames_ns : ticks_ns) + SECOND;
    loop->frame += 1000;
    perfadapt__reading_init(&loop->reading, loop->now_ns);
    loop->reading.throttle = PERFADAPT_THROTTLING_NONE;
    loop->reading.on_ac = 1;
    loop->reading.machine_memory =
        (struct perfadapt__stall_reading){.some_us = 0, .full_us = 0, .some_avg10 = 0, .some_avg60 = 0};
    loop->reading.memory_total = 64e9;
    loop->reading.memory_available = 60e9;
    loop->reading.resident = 1e9;
    loop->reading.heat_count = PERFADAPT__HEAT_SENSORS;
}

static void run_calmly(struct loop *loop, double work_ms, int seconds) {
    for (int i = 0; i < seconds; i++) {
        for (uint32_t k = 0; k < PERFADAPT__HEAT_SENSORS; k++)
            loop->reading.heat[k] = (struct perfadapt__heat_reading){.key = k + 1,
                                                                     .state = PERFADAPT_STATE_OK,
                                                                     .timestamp_ns = loop->now_ns,
                                                                     .temperature_c = -35,
                                                                     .limit_c = 85,
                                                                     .remembered_c = (double)NAN};
        loop_run(loop, work_ms, 1);
    }
}

/* Whatever came before, it is neither stuck nor blind afterwards. */
static void it_recovers_from_any_input(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t random = seed;
        struct perfadapt__policy policy = any_policy(&random);
        policy.prefer = PERFADAPT__PREFER_FRAMERATE;
        policy.target_frame_ns = chance(&random, 2) ? SECOND / 60 : SECOND / 30;
        struct loop loop;
        loop_init(&loop, &policy);
        for (int i = 0; i < 1000; i++)
            (void)step_anyhow(&loop, &random);
        if (loop.decider.frame.statistics.now_ns > INT64_MAX / 2 || loop.tick.stepped_ns > INT64_MAX / 2)
            continue; /* time has ended */
        calm_down(&loop);
        const double work_ms = 0.25e-6 * (double)loop.decider.ladder.rungs[0].frame_ns;
        run_calmly(&loop, work_ms, 1800);
        assert_int_equal(loop.decider.arbiter.rung, 0);
        const double scale = loop.decider.ladder.rungs[0].render_scale;
        const double best_cost = policy.cost[policy.quality_levels - 1 - policy.quality_max] * scale * scale;
        for (int i = 0; i < 15; i++)
            loop_frame(&loop, 6 * work_ms / best_cost);
        assert_true(loop.decider.arbiter.rung > 0 || loop.decider.ladder.count == 1);
    }
}

/* What is in memory before, and which way the state came to where it is, play no part. */
static void same_input_gives_the_same_bytes(void **state) {
    (void)state;
    struct loop *loops = malloc(2 * sizeof *loops);
    assert_non_null(loops);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t randoms[2];
        for (int k = 0; k < 2; k++) {
            memset(&loops[k], k ? 0xa5 : 0, sizeof loops[k]);
            randoms[k] = seed;
            const struct perfadapt__policy policy = any_policy(&randoms[k]);
            struct perfadapt__ladder ladder;
            loops[k].now_ns = 1000 * SECOND;
            loops[k].frame = 0;
            perfadapt__ladder_init(&ladder, &policy);
            perfadapt__tick_init(&loops[k].tick, &policy, &ladder);
            perfadapt__decider_init(&loops[k].decider, &policy, &loops[k].tick.caps, loops[k].now_ns);
        }
        for (int i = 0; i < 1000; i++) {
            for (int k = 0; k < 2; k++)
                (void)step_anyhow(&loops[k], &randoms[k]);
            assert_memory_equal(loop_budget(&loops[0]), loop_budget(&loops[1]), sizeof(struct perfadapt_budget));
        }
        assert_memory_equal(&loops[0].decider.frame, &loops[1].decider.frame, sizeof loops[0].decider.frame);
        assert_memory_equal(&loops[0].tick.caps, &loops[1].tick.caps, sizeof loops[0].tick.caps);
        assert_memory_equal(&loops[0].decider, &loops[1].decider, sizeof loops[0].decider);
        assert_memory_equal(&loops[0].tick, &loops[1].tick, sizeof loops[0].tick);
    }
    free(loops);
}

static void while_held_nothing_moves_and_release_is_one_step(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t random = seed;
        struct loop loop = start_anywhere(&random);
        for (int i = 0; i < 300; i++)
            (void)step_anyhow(&loop, &random);
        const uint32_t holds = 2 + below(&random, 3); /* a release that comes by chance leaves one */
        for (uint32_t i = 0; i < holds; i++)
            loop_hold(&loop, true);
        const struct perfadapt_budget held = *loop_budget(&loop);
        const uint32_t nested = loop.decider.arbiter.holds;
        for (int i = 0; i < 300; i++) {
            (void)step_anyhow(&loop, &random);
            loop.decider.arbiter.holds = nested;
            assert_memory_equal(loop_budget(&loop), &held, sizeof held);
        }
        while (loop.decider.arbiter.holds > 1)
            loop_hold(&loop, false);
        assert_memory_equal(loop_budget(&loop), &held, sizeof held);
        loop_hold(&loop, false);
        const struct perfadapt_budget released = *loop_budget(&loop);
        assert_in_range(released.generation, held.generation, held.generation + 1);
        loop_hold(&loop, false);
        assert_memory_equal(loop_budget(&loop), &released, sizeof released);
        assert_below_every_cap(&loop);
    }
}

/* --- Devices and loads that could be --- */

static struct loop start_somewhere(uint64_t *random) {
    struct perfadapt__policy policy = loop_policy(2 + below(random, 10), 1 + below(random, 7));
    struct loop loop;
    policy.prefer = below(random, 3);
    policy.target_frame_ns = chance(random, 3) ? SECOND / 30 : SECOND / 60;
    loop_init(&loop, &policy);
    loop.random = *random;
    loop.noise = between(random, 0, 0.1);
    loop.gpu_late = (int)below(random, 4) - (chance(random, 10) ? 4 : 0);
    loop.cost_exponent = between(random, 0.8, 1.25);
    loop.tick_gap_ns = chance(random, 3) ? SECOND / 10 : SECOND;
    return loop;
}

static void heat_somehow(struct loop *loop, uint64_t *random) {
    loop_set_plant(loop, between(random, 25, 50), between(random, 20, 80));
    loop->quantum_c = chance(random, 2) ? 1 : 0.25;
    if (chance(random, 2))
        loop->plant.pole_s[0] = between(random, 0.15, 2);
}

/* A share of the time that a frame has. */
static double any_work_ms(const struct loop *loop, uint64_t *random) {
    return (double)loop->decider.policy.target_frame_ns * 1e-6 * between(random, 0.2, 1.6);
}

struct rises {
    uint32_t rung, count;
    int64_t start_ns, last_ns;
};

static void count_rises(struct rises *rises, const struct loop *loop) {
    const uint32_t rung = loop->decider.arbiter.rung;
    if (rung < rises->rung) {
        const bool searching = (double)(loop->now_ns - rises->start_ns) * 1e-9 < search_s + 1;
        const double gap_s = (double)(loop->now_ns - rises->last_ns) * 1e-9;
        const double least_s = searching ? search_dwell_s : dwell_least_s;
        assert_true(rises->count == 0 || gap_s > 0.9 * least_s - 0.1);
        rises->count++;
        rises->last_ns = loop->now_ns;
    }
    rises->rung = rung;
}

/* Frames and heat alone: no event, no memory, no battery. */
static void rises_keep_their_distance(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        uint64_t random = seed;
        struct loop loop = start_somewhere(&random);
        struct rises rises = {.rung = loop.decider.arbiter.rung, .start_ns = loop.now_ns};
        if (chance(&random, 2))
            heat_somehow(&loop, &random);
        for (int scene = 0; scene < 60; scene++) {
            const double work_ms = any_work_ms(&loop, &random);
            const int64_t end_ns = loop.now_ns + (int64_t)between(&random, 0.1e9, 8e9);
            while (loop.now_ns < end_ns) {
                loop_frame(&loop, work_ms);
                count_rises(&rises, &loop);
                assert_below_every_cap(&loop);
            }
        }
        const double seconds = (double)(loop.now_ns - rises.start_ns) * 1e-9;
        assert_true(rises.count <= search_s / search_dwell_s + seconds / dwell_least_s + 1);
    }
}

static void hotter_is_never_better(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 80; seed++) {
        uint64_t random = seed;
        struct loop loop = start_somewhere(&random);
        heat_somehow(&loop, &random);
        for (int scene = 0; scene < 12; scene++) {
            loop_run(&loop, any_work_ms(&loop, &random), between(&random, 1, 30));
            uint32_t rung = 0;
            for (double temperature_c = 20; temperature_c < 120; temperature_c += between(&random, 0.1, 4)) {
                struct loop copy = loop;
                copy.now_ns += SECOND;
                copy.temperature_c = temperature_c;
                loop_tick(&copy);
                assert_true(copy.decider.arbiter.rung >= rung);
                rung = copy.decider.arbiter.rung;
            }
        }
    }
}

static void guard_reaches_the_lowest_rung_in_time(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t random = seed;
        struct loop loop = start_somewhere(&random);
        heat_somehow(&loop, &random);
        loop.limit_c = between(&random, 45, 110);
        for (int scene = 0; scene < 3; scene++)
            loop_run(&loop, any_work_ms(&loop, &random), between(&random, 1, 20));
        const uint32_t last = loop.decider.ladder.count - 1;
        const int64_t latest_ns = loop.now_ns + (4 * last + 3) * SECOND; /* a median of three needs two samples */
        loop_set_temperature(&loop, loop.limit_c + between(&random, 0.1, 20));
        loop.quantum_c = 0.01;
        const double work_ms = any_work_ms(&loop, &random);
        while (loop.decider.arbiter.rung < last && loop.now_ns < latest_ns)
            loop_frame(&loop, work_ms);
        assert_int_equal(loop.decider.arbiter.rung, last);
    }
}

/* Sensors that are not there, sleep, never spoke, have no limit or tell nonsense from the start. */
static void make_heat_unknown(struct loop *loop, uint64_t *random) {
    static const uint32_t states[] = {PERFADAPT_STATE_INIT,   PERFADAPT_STATE_STALE,       PERFADAPT_STATE_ERROR,
                                      PERFADAPT_STATE_ASLEEP, PERFADAPT_STATE_UNSUPPORTED, 99};
    switch (below(random, 4)) {
    case 0:
        break; /* none */
    case 1:
        loop_set_temperature(loop, 90);
        loop->limit_c = chance(random, 2) ? (double)NAN : 1e6;
        break;
    case 2:
        loop_set_temperature(loop, 90);
        loop->sensor_state = states[below(random, COUNT(states))];
        break;
    default:
        loop_set_temperature(loop, chance(random, 2) ? 3000 : -273);
        break;
    }
}

static void unknown_heat_never_caps(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t random = seed;
        struct loop loop = start_somewhere(&random);
        make_heat_unknown(&loop, &random);
        for (int scene = 0; scene < 10; scene++) {
            loop_run(&loop, any_work_ms(&loop, &random), between(&random, 0.1, 8));
            const uint32_t heat = PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_SENSOR_LOST;
            assert_int_equal(loop_budget(&loop)->reasons & heat, 0);
            assert_int_equal(loop.decider.caps.hold, 0);
            assert_int_equal(loop.decider.frame.statistics.drop_hot, 0);
            assert_true(isnan(loop_budget(&loop)->thermal_headroom));
        }
        loop_run(&loop, 1, 400);
        assert_int_equal(loop.decider.arbiter.rung, 0);
    }
}

static void lost_heat_never_rises(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        uint64_t random = seed;
        struct loop loop = start_somewhere(&random);
        heat_somehow(&loop, &random);
        loop_run(&loop, any_work_ms(&loop, &random), between(&random, 3, 60));
        loop.sensor_state = chance(&random, 2) ? PERFADAPT_STATE_ERROR : PERFADAPT_STATE_STALE;
        loop_tick(&loop);
        const uint32_t rises = loop.rises;
        for (int scene = 0; scene < 5; scene++) {
            loop_run(&loop, any_work_ms(&loop, &random), between(&random, 1, 30));
            assert_int_equal(loop.rises, rises);
            assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_SENSOR_LOST);
        }
        loop_run(&loop, 1, 120 + 10.0 * loop.decider.ladder.count);
        assert_int_equal(loop.rises, rises);
        const struct perfadapt__ladder *ladder = &loop.decider.ladder;
        assert_true(loop.decider.arbiter.rung >= (ladder->full_rate ? ladder->full_rate : ladder->count - 1) / 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_input_gives_a_bounded_budget),
        cmocka_unit_test(it_recovers_from_any_input),
        cmocka_unit_test(same_input_gives_the_same_bytes),
        cmocka_unit_test(while_held_nothing_moves_and_release_is_one_step),
        cmocka_unit_test(rises_keep_their_distance),
        cmocka_unit_test(hotter_is_never_better),
        cmocka_unit_test(guard_reaches_the_lowest_rung_in_time),
        cmocka_unit_test(unknown_heat_never_caps),
        cmocka_unit_test(lost_heat_never_rises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
