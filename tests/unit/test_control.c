/* The ladder, what the app reports, the policy, hold and the arbiter; time is an argument. SPDX-License-Identifier: MIT */
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

/* --- Ladder --- */

static void assert_never_better_downwards(const struct perfadapt__policy *policy) {
    struct perfadapt__ladder ladder;
    perfadapt__ladder_init(&ladder, policy);
    assert_in_range(ladder.count, 1, PERFADAPT__RUNGS_MAX);
    assert_in_range(ladder.full_rate, 0, ladder.count - 1);
    assert_int_equal(ladder.rungs[0].quality, policy->quality_max);
    for (uint32_t i = 0; i < ladder.count; i++) {
        const struct perfadapt__rung *rung = &ladder.rungs[i];
        const struct perfadapt__rung *above = &ladder.rungs[i ? i - 1 : 0];
        assert_in_range(rung->quality, policy->quality_min, above->quality);
        assert_true(rung->render_scale <= above->render_scale && rung->render_scale >= policy->render_scale_min);
        assert_true(rung->frame_ns >= above->frame_ns);
        assert_true(i == 0 || rung->cost / (double)rung->frame_ns < above->cost / (double)above->frame_ns);
        assert_int_equal(rung->frame_ns == ladder.rungs[0].frame_ns, i <= ladder.full_rate);
    }
}

static void ladder_never_gets_better_downwards(void **state) {
    (void)state;
    static const int64_t refreshes_ns[] = {0, SECOND / 60, SECOND / 75, SECOND / 144, SECOND / 10};
    for (uint32_t levels = 1; levels <= PERFADAPT__QUALITY_LEVELS_MAX; levels++)
        for (uint32_t outputs = 0; outputs <= LOOP_ALL_OUTPUTS; outputs++)
            for (uint32_t prefer = 0; prefer <= PERFADAPT__PREFER_BATTERY; prefer++)
                for (size_t i = 0; i < sizeof refreshes_ns / sizeof refreshes_ns[0]; i++) {
                    struct perfadapt__policy policy = loop_policy(levels, outputs);
                    policy.prefer = prefer;
                    policy.refresh_ns = refreshes_ns[i];
                    assert_never_better_downwards(&policy);
                }
}

static void where_quality_is_preferred_the_frame_rate_goes_first(void **state) {
    (void)state;
    struct perfadapt__policy policy = loop_policy(5, LOOP_ALL_OUTPUTS);
    struct perfadapt__ladder ladder;
    policy.prefer = PERFADAPT__PREFER_QUALITY;
    perfadapt__ladder_init(&ladder, &policy);
    const struct perfadapt__rung *last = &ladder.rungs[ladder.count - 1];
    for (uint32_t i = 1; i < ladder.count; i++) {
        const struct perfadapt__rung *above = &ladder.rungs[i - 1];
        const struct perfadapt__rung *rung = &ladder.rungs[i];
        const bool detail_falls = rung->quality < above->quality || rung->render_scale < above->render_scale;
        assert_true(detail_falls != (rung->frame_ns > above->frame_ns));
        assert_true(!detail_falls || above->frame_ns == last->frame_ns);
    }
    assert_int_equal(last->quality, 0);
    assert_true(last->render_scale < 0.6);
}

static void only_named_outputs_move(void **state) {
    (void)state;
    for (uint32_t outputs = 0; outputs <= LOOP_ALL_OUTPUTS; outputs++) {
        const struct perfadapt__policy policy = loop_policy(5, outputs);
        struct perfadapt__ladder ladder;
        perfadapt__ladder_init(&ladder, &policy);
        const struct perfadapt__rung *first = &ladder.rungs[0];
        const struct perfadapt__rung *last = &ladder.rungs[ladder.count - 1];
        assert_int_equal(first->quality != last->quality, (outputs & PERFADAPT_OUTPUT_QUALITY) != 0);
        assert_int_equal(first->render_scale > last->render_scale, (outputs & PERFADAPT_OUTPUT_RENDER_SCALE) != 0);
        assert_int_equal(first->frame_ns != last->frame_ns, (outputs & PERFADAPT_OUTPUT_FRAME_NS) != 0);
    }
}

static void pins_are_the_ladders_ends(void **state) {
    (void)state;
    struct perfadapt__policy policy = loop_policy(7, PERFADAPT_OUTPUT_QUALITY);
    policy.quality_min = 2;
    policy.quality_max = 4;
    assert_never_better_downwards(&policy);
    struct loop loop;
    loop_init(&loop, &policy);
    loop_run(&loop, 60, 20);
    assert_int_equal(loop_budget(&loop)->quality, 2);
    loop_run(&loop, 5, 120);
    assert_int_equal(loop_budget(&loop)->quality, 4);
    assert_int_equal(loop_budget(&loop)->quality_levels, 7);
    assert_int_equal(loop_budget(&loop)->reasons, PERFADAPT_REASON_POLICY);
}

/* --- What the app reports --- */

static void timeout_halves_the_dispatch(void **state) {
    (void)state;
    struct perfadapt__policy policy = loop_policy(7, PERFADAPT_OUTPUT_QUALITY);
    policy.dispatch_ns = 20 * MS;
    struct loop loop;
    loop_init(&loop, &policy);
    loop_run(&loop, 8, 30);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, 20 * MS);
    loop_report(&loop, PERFADAPT_EVENT_GPU_TIMEOUT, 0);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, 10 * MS);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_EVENT);
    assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_EVENT);
    assert_int_equal((int)loop.decider.arbiter.decision.value, PERFADAPT_EVENT_GPU_TIMEOUT);
    loop_run(&loop, 8, 120);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, 20 * MS);
    assert_int_equal(loop_budget(&loop)->reasons, 0);
}

static void lost_device_goes_to_the_middle_and_comes_back(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 8, 30);
    loop_report(&loop, PERFADAPT_EVENT_DEVICE_LOST, 0);
    assert_int_equal(loop.decider.arbiter.rung, 3);
    assert_int_equal(loop_budget(&loop)->frames_in_flight, 2);
    assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_EVENT);
    loop_run(&loop, 8, 120);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop_budget(&loop)->frames_in_flight, 3);
}

static void failed_allocation_takes_a_rung_and_memory(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 8, 30);
    loop_report(&loop, PERFADAPT_EVENT_OUT_OF_MEMORY, INT64_C(1000) << 20);
    assert_int_equal(loop_budget(&loop)->quality, 5);
    assert_int_equal(loop_budget(&loop)->frames_in_flight, 2);
    assert_true(loop_budget(&loop)->memory_bytes <= UINT64_C(800) << 20);
    loop_report(&loop, PERFADAPT_EVENT_GPU_OUT_OF_MEMORY, INT64_C(500) << 20);
    assert_int_equal(loop_budget(&loop)->quality, 4);
    assert_true(loop_budget(&loop)->gpu_memory_bytes <= UINT64_C(400) << 20);
    loop_run(&loop, 8, 300);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_true(loop_budget(&loop)->memory_bytes == PERFADAPT_NO_LIMIT);
}

/* --- Policy --- */

static void fixed_and_off_stand_at_the_best(void **state) {
    (void)state;
    for (uint32_t mode = PERFADAPT__MODE_FIXED; mode <= PERFADAPT__MODE_OFF; mode++) {
        struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
        policy.mode = mode;
        policy.quality_max = 5;
        struct loop loop;
        loop_init(&loop, &policy);
        loop_set_temperature(&loop, 99);
        loop_run(&loop, 40, 30);
        const struct perfadapt_budget *budget = loop_budget(&loop);
        assert_int_equal(budget->quality, 5);
        assert_true(budget->render_scale >= 1.0F);
        assert_int_equal(budget->frame_ns, policy.target_frame_ns);
        assert_true(budget->reasons & PERFADAPT_REASON_POLICY);
        assert_int_equal(loop.decisions, 0);
    }
}

/* 12 ms of 16.7 is 72 % busy. */
static void run_on_battery(struct loop *loop, double on_ac, uint32_t prefer, double battery_busy) {
    struct perfadapt__policy policy = loop_policy(7, PERFADAPT_OUTPUT_QUALITY);
    policy.prefer = prefer;
    policy.battery_busy = battery_busy;
    loop_init(loop, &policy);
    loop->reading.on_ac = on_ac;
    loop_run(loop, 12, 90);
}

static void assert_saving(const struct loop *loop) {
    const double busy = 12 * loop_true_cost(loop) * 60e-3;
    assert_true(busy <= 0.51 && busy > 0.35);
    assert_true(loop_budget(loop)->reasons & PERFADAPT_REASON_POWER);
    assert_int_equal(loop->unexplained, 0);
}

static void battery_caps_how_busy_the_gpu_is(void **state) {
    (void)state;
    struct loop loop;
    run_on_battery(&loop, 0, PERFADAPT__PREFER_FRAMERATE, 0.5);
    assert_saving(&loop);
    loop.reading.on_ac = 1;
    loop_run(&loop, 12, 60);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    loop.reading.on_ac = 0;
    loop_run(&loop, 12, 2);
    assert_saving(&loop);
    assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_GPU_BUSY);
    run_on_battery(&loop, 1, PERFADAPT__PREFER_BATTERY, 1);
    assert_saving(&loop);
    run_on_battery(&loop, (double)NAN, PERFADAPT__PREFER_FRAMERATE, 0.5);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    run_on_battery(&loop, 0, PERFADAPT__PREFER_FRAMERATE, 1);
    assert_int_equal(loop_budget(&loop)->quality, 6);
}

/* Whatever it draws, an export fills the GPU: fewer details would save nothing. */
static void a_battery_takes_no_quality_without_a_target(void **state) {
    (void)state;
    struct loop loop;
    struct perfadapt__policy policy = loop_policy(7, PERFADAPT_OUTPUT_QUALITY);
    policy.target_frame_ns = policy.slowest_frame_ns = 0;
    policy.battery_busy = 0.5;
    loop_init(&loop, &policy);
    loop.reading.on_ac = 0;
    loop_run(&loop, 12, 60);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_false(loop_budget(&loop)->reasons & PERFADAPT_REASON_POWER);
}

/* --- Hold --- */

static void hold_changes_nothing_and_release_applies_all_at_once(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, LOOP_ALL_OUTPUTS);
    loop_run(&loop, 12, 40);
    const struct perfadapt_budget before = *loop_budget(&loop);
    const uint32_t decisions = loop.decisions;
    loop_hold(&loop, true);
    loop_hold(&loop, true);
    loop_run(&loop, 40, 10);
    loop_set_temperature(&loop, 84);
    loop_run(&loop, 40, 10);
    loop_report(&loop, PERFADAPT_EVENT_GPU_TIMEOUT, 0);
    loop_hold(&loop, false);
    loop_run(&loop, 40, 1);
    assert_memory_equal(loop_budget(&loop), &before, sizeof before);
    assert_int_equal(loop.decisions, decisions);
    loop_hold(&loop, false);
    assert_int_equal(loop.decisions, decisions + 1);
    const struct perfadapt_budget after = *loop_budget(&loop);
    assert_int_equal(after.generation, before.generation + 1);
    assert_true(after.quality < before.quality || after.render_scale < before.render_scale);
    assert_true(after.dispatch_ns > 0 && after.dispatch_ns < 16 * MS);
    assert_int_equal(after.thermal_state, PERFADAPT_THERMAL_HOT);
    assert_int_equal(loop.unexplained, 0);
}

static void release_without_a_hold_is_nothing(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_hold(&loop, false);
    loop_run(&loop, 8, 15);
    assert_int_equal(loop_budget(&loop)->quality, 6);
}

/* --- Arbiter --- */

/* Every change of what the app is to do tells what decided. */
static void every_decision_has_its_evidence(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 5, LOOP_ALL_OUTPUTS);
    loop.gpu_late = 2;
    loop.noise = 0.05;
    loop_set_plant(&loop, 40, 60);
    for (int i = 0; i < 4; i++) {
        loop_run(&loop, 12, 60);
        loop_run(&loop, 40, 60);
        loop_run(&loop, 16, 120);
        loop_report(&loop, PERFADAPT_EVENT_DEVICE_LOST, 0);
        loop_report(&loop, PERFADAPT_EVENT_OUT_OF_MEMORY, INT64_C(1) << 30);
        loop_run(&loop, 6, 120);
    }
    assert_true(loop.decisions > 10);
    assert_int_equal(loop.unexplained, 0);
}

static void pacing_is_explained_by_the_cpu(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 5, LOOP_ALL_OUTPUTS);
    loop_run(&loop, 5, 40);
    loop.cpu_ms = 23;
    loop_run(&loop, 5, 20);
    assert_true(loop_budget(&loop)->frame_ns > SECOND / 50);
    assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_FRAME_TIME);
    assert_int_equal(loop.unexplained, 0);
}

static void outputs_beside_the_rung_are_explained(void **state) {
    (void)state;
    struct perfadapt__policy policy = loop_policy(5, PERFADAPT_OUTPUT_QUALITY);
    policy.worker_threads = 8;
    policy.frames_in_flight = 2;
    struct loop loop;
    loop_init(&loop, &policy);
    loop_run(&loop, 8, 20);
    const uint32_t before = loop.decisions;
    for (int i = 0; i < 20; i++) { /* tasks wait for a CPU half of the time */
        loop.reading.cpu_some_us = 5e5 * i;
        loop_run(&loop, 8, 1);
    }
    assert_true(loop_budget(&loop)->worker_threads < 8);
    assert_true(loop.decisions > before);
    assert_int_equal(loop.unexplained, 0);
}

/* What is set back for an event does not explain what something else takes meanwhile. */
static void a_thread_taken_during_recovery_has_its_own_evidence(void **state) {
    (void)state;
    struct perfadapt__policy policy = loop_policy(5, PERFADAPT_OUTPUT_QUALITY);
    policy.worker_threads = 8;
    struct loop loop;
    loop_init(&loop, &policy);
    loop_run(&loop, 8, 20);
    loop_report(&loop, PERFADAPT_EVENT_GPU_TIMEOUT, 20 * MS);
    loop.reading.cpu_some_us = 0;
    uint32_t taken = 0;
    for (int i = 0; i < 20 * 60; i++) {
        const uint32_t threads = loop_budget(&loop)->worker_threads;
        loop.reading.cpu_some_us += i % 60 == 0 ? 5e5 : 0;
        loop_frame(&loop, 8);
        if (loop_budget(&loop)->worker_threads == threads)
            continue;
        assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_CPU_PRESSURE);
        taken++;
    }
    assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_EVENT);
    assert_true(taken > 0);
}

static void same_input_gives_the_same_bits(void **state) {
    (void)state;
    struct loop *loops = calloc(2, sizeof *loops);
    assert_non_null(loops);
    for (int i = 0; i < 2; i++) {
        loop_init_simple(&loops[i], 7, LOOP_ALL_OUTPUTS);
        loop_set_plant(&loops[i], 40, 60);
        for (int k = 0; k < 6000; k++)
            loop_frame(&loops[i], 5 + (k / 300 * 7919) % 23);
    }
    assert_true(loops[0].decisions > 2);
    assert_memory_equal(&loops[0].decider, &loops[1].decider, sizeof loops[0].decider);
    assert_memory_equal(&loops[0].tick, &loops[1].tick, sizeof loops[0].tick);
    free(loops);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladder_never_gets_better_downwards),
        cmocka_unit_test(where_quality_is_preferred_the_frame_rate_goes_first),
        cmocka_unit_test(only_named_outputs_move),
        cmocka_unit_test(pins_are_the_ladders_ends),
        cmocka_unit_test(timeout_halves_the_dispatch),
        cmocka_unit_test(lost_device_goes_to_the_middle_and_comes_back),
        cmocka_unit_test(failed_allocation_takes_a_rung_and_memory),
        cmocka_unit_test(fixed_and_off_stand_at_the_best),
        cmocka_unit_test(battery_caps_how_busy_the_gpu_is),
        cmocka_unit_test(a_battery_takes_no_quality_without_a_target),
        cmocka_unit_test(hold_changes_nothing_and_release_applies_all_at_once),
        cmocka_unit_test(release_without_a_hold_is_nothing),
        cmocka_unit_test(every_decision_has_its_evidence),
        cmocka_unit_test(pacing_is_explained_by_the_cpu),
        cmocka_unit_test(outputs_beside_the_rung_are_explained),
        cmocka_unit_test(a_thread_taken_during_recovery_has_its_own_evidence),
        cmocka_unit_test(same_input_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
