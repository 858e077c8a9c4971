/* Another policy while a session runs: what changes, and what stays. SPDX-License-Identifier: MIT */
#include "control_loop.h"

#include "record/sound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static enum perfadapt__arbiter_change change(struct loop *loop, const struct perfadapt__policy *policy) {
    return perfadapt__decider_set_policy(&loop->decider, &loop->tick, policy, loop->now_ns);
}

/* An app that has found its quality. */
static struct loop settled(double work_ms) {
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, work_ms, 60);
    return loop;
}

static void outputs_follow_at_once(void **state) {
    (void)state;
    struct loop loop = settled(8);
    struct perfadapt__policy policy = loop.decider.policy;
    const uint64_t generation = loop_budget(&loop)->generation;
    assert_int_equal(loop_budget(&loop)->quality, 6);
    policy.frames_in_flight = 2;
    policy.dispatch_ns = 9 * MS;
    policy.target_frame_ns = SECOND / 40;
    assert_int_equal(change(&loop, &policy), PERFADAPT__BUDGET_DECIDED);
    assert_int_equal(loop_budget(&loop)->frame_ns, SECOND / 40);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, 9 * MS);
    assert_int_equal(loop_budget(&loop)->quality, 6); /* nothing asks for less */
    assert_int_equal(loop_budget(&loop)->generation, generation + 1);
    const struct perfadapt_decision *decision = &loop.decider.arbiter.decision;
    assert_int_equal(decision->signal, PERFADAPT_SIGNAL_POLICY);
    assert_int_equal(decision->dispatch_ns_to, 9 * MS);
    assert_true(isnan(decision->value));
    loop_run(&loop, 8, 2);
    assert_int_equal(loop_budget(&loop)->frames_in_flight, 2);
    assert_int_equal(decision->frames_in_flight_to, 2);
    assert_int_equal(decision->signal, PERFADAPT_SIGNAL_POLICY);
}

/* What it was fast enough for, it is until frames tell otherwise. */
static void a_shorter_target_keeps_the_quality(void **state) {
    (void)state;
    static const int64_t rates[] = {61, 90, 60};
    struct loop loop = settled(8);
    struct perfadapt__policy policy = loop.decider.policy;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        policy.target_frame_ns = SECOND / rates[i];
        assert_int_equal(change(&loop, &policy), PERFADAPT__BUDGET_DECIDED);
        assert_int_equal(loop_budget(&loop)->quality, 6);
        assert_int_equal(loop_budget(&loop)->frame_ns, SECOND / rates[i]);
        loop_run(&loop, 8, 3);
        assert_int_equal(loop_budget(&loop)->quality, 6);
    }
}

static void the_same_policy_changes_nothing(void **state) {
    (void)state;
    struct loop loop = settled(8);
    const struct perfadapt__policy policy = loop.decider.policy;
    const uint64_t generation = loop_budget(&loop)->generation;
    assert_int_equal(change(&loop, &policy), PERFADAPT__BUDGET_SAME);
    loop_run(&loop, 8, 5);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_true(loop_budget(&loop)->generation <= generation + 1); /* a forecast may move */
}

static void what_was_learned_stays(void **state) {
    (void)state;
    struct loop loop = settled(25);
    struct perfadapt__policy policy = loop.decider.policy;
    const uint32_t quality = loop_budget(&loop)->quality;
    const double second_level = loop.decider.frame.statistics.cost.level[1];
    const uint64_t frames = loop.decider.frame.statistics.frames;
    assert_in_range(quality, 1, 5);
    policy.render_scale_min = 0.7;
    policy.thermal_margin_c = 4;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->quality, quality);
    assert_true(loop.decider.frame.statistics.cost.level[1] == second_level);
    assert_int_equal(loop.decider.frame.statistics.frames, frames);
    loop_run(&loop, 25, 20);
    assert_int_equal(loop_budget(&loop)->quality, quality);
}

/* Never better than before: what a slower device was given must be taken back by looking, not by guessing. */
static void a_longer_ladder_is_not_jumped_up(void **state) {
    (void)state;
    struct loop loop;
    struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    policy.quality_max = 3;
    loop_init(&loop, &policy);
    loop_run(&loop, 5, 60);
    assert_int_equal(loop_budget(&loop)->quality, 3);
    policy.quality_max = 6;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->quality, 3);
    loop_run(&loop, 5, 60);
    assert_int_equal(loop_budget(&loop)->quality, 6);
}

static void a_shorter_ladder_is_obeyed(void **state) {
    (void)state;
    struct loop loop = settled(8);
    struct perfadapt__policy policy = loop.decider.policy;
    policy.quality_max = 2;
    assert_int_equal(change(&loop, &policy), PERFADAPT__BUDGET_DECIDED);
    assert_int_equal(loop_budget(&loop)->quality, 2);
    assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_POLICY);
    policy.quality_min = policy.quality_max = 0;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->quality, 0);
    loop_run(&loop, 60, 30); /* far too slow, and nothing left to give */
    assert_int_equal(loop_budget(&loop)->quality, 0);
}

static void a_hold_is_kept(void **state) {
    (void)state;
    struct loop loop = settled(8);
    struct perfadapt__policy policy = loop.decider.policy;
    loop_hold(&loop, true);
    policy.quality_max = 2;
    assert_int_equal(change(&loop, &policy), PERFADAPT__BUDGET_SAME);
    loop_run(&loop, 8, 5);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    loop_hold(&loop, false);
    assert_int_equal(loop_budget(&loop)->quality, 2);
}

static void what_is_set_back_stays_so(void **state) {
    (void)state;
    struct loop loop = settled(8);
    struct perfadapt__policy policy = loop.decider.policy;
    loop_report(&loop, PERFADAPT_EVENT_GPU_TIMEOUT, 16 * MS);
    const int64_t backed_off_ns = loop_budget(&loop)->dispatch_ns;
    assert_int_equal(backed_off_ns, 8 * MS);
    policy.dispatch_ns = 30 * MS;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, backed_off_ns);
    policy.dispatch_ns = 2 * MS;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, 2 * MS);
}

static void off_is_as_the_preset_has_it(void **state) {
    (void)state;
    struct loop loop = settled(40);
    struct perfadapt__policy policy = loop.decider.policy;
    assert_true(loop_budget(&loop)->quality < 6);
    policy.mode = PERFADAPT__MODE_OFF;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop_budget(&loop)->reasons, PERFADAPT_REASON_POLICY);
    policy.mode = PERFADAPT__MODE_AUTO;
    (void)change(&loop, &policy);
    loop_run(&loop, 40, 30);
    assert_true(loop_budget(&loop)->quality < 6);
}

/* The target moves with the margin while the device is hot: the next tick cuts. */
static void a_lower_limit_cuts(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    struct perfadapt__policy policy = loop.decider.policy;
    loop_set_temperature(&loop, 70);
    loop_run(&loop, 12, 30);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    policy.thermal_limit_c = 65;
    (void)change(&loop, &policy);
    loop_run(&loop, 12, 10);
    assert_true(loop_budget(&loop)->quality < 6);
    assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_THERMAL);
}

static void a_share_of_memory_is_a_cap(void **state) {
    (void)state;
    const double gib = 1024.0 * 1024 * 1024;
    struct loop loop = settled(8);
    struct perfadapt__policy policy = loop.decider.policy;
    loop.reading.memory_total = 8 * gib;
    loop.reading.memory_available = 7 * gib;
    loop.reading.resident = 0.2 * gib;
    loop_run(&loop, 8, 10);
    assert_true(loop_budget(&loop)->memory_bytes > (uint64_t)(2.5 * gib));
    policy.memory_share = 0.25;
    (void)change(&loop, &policy);
    loop_run(&loop, 8, 10);
    assert_true(loop_budget(&loop)->memory_bytes <= (uint64_t)(2 * gib));
    assert_true(loop_budget(&loop)->memory_bytes > (uint64_t)(1 * gib));
    policy.memory_share = 1;
    (void)change(&loop, &policy);
    loop_run(&loop, 8, 60);
    assert_true(loop_budget(&loop)->memory_bytes > (uint64_t)(2.5 * gib));
}

/* A CPU that is too slow for the target gets a longer interval; a policy without longer ones takes it away. */
static void a_pace_goes_with_its_intervals(void **state) {
    (void)state;
    struct loop loop;
    struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    policy.slowest_frame_ns = 4 * policy.target_frame_ns;
    loop_init(&loop, &policy);
    loop.cpu_ms = 25;
    loop_run(&loop, 4, 20);
    assert_true(loop_budget(&loop)->frame_ns > policy.target_frame_ns);
    loop.cpu_ms = 1;
    policy.slowest_frame_ns = policy.target_frame_ns;
    (void)change(&loop, &policy);
    loop_run(&loop, 4, 2);
    assert_int_equal(loop_budget(&loop)->frame_ns, policy.target_frame_ns);
}

/* A failed allocation says nothing of how long a dispatch may be. */
static void a_dispatch_that_is_not_set_back_follows(void **state) {
    (void)state;
    struct loop loop = settled(8);
    struct perfadapt__policy policy = loop.decider.policy;
    policy.dispatch_ns = 9 * MS;
    (void)change(&loop, &policy);
    loop_report(&loop, PERFADAPT_EVENT_OUT_OF_MEMORY, 0);
    policy.dispatch_ns = 30 * MS;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, 30 * MS);
    loop_report(&loop, PERFADAPT_EVENT_GPU_TIMEOUT, 0);
    policy.dispatch_ns = 40 * MS;
    (void)change(&loop, &policy);
    assert_int_equal(loop_budget(&loop)->dispatch_ns, 15 * MS);
}

/* What a fast drop went to may be a rung that is no more. */
static void a_state_is_sound_on_a_shorter_ladder(void **state) {
    (void)state;
    struct loop loop;
    struct perfadapt__policy policy = loop_policy(16, PERFADAPT_OUTPUT_QUALITY);
    loop_init(&loop, &policy);
    loop_run(&loop, 4, 60);
    loop_run(&loop, 60, 1);
    assert_true(loop.decider.frame.statistics.drop_rung > 2);
    policy.quality_min = 13;
    (void)change(&loop, &policy);
    assert_true(perfadapt__state_is_sound(&loop.decider, &loop.tick));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pace_goes_with_its_intervals),
        cmocka_unit_test(a_dispatch_that_is_not_set_back_follows),
        cmocka_unit_test(a_state_is_sound_on_a_shorter_ladder),
        cmocka_unit_test(outputs_follow_at_once),
        cmocka_unit_test(a_shorter_target_keeps_the_quality),
        cmocka_unit_test(the_same_policy_changes_nothing),
        cmocka_unit_test(what_was_learned_stays),
        cmocka_unit_test(a_longer_ladder_is_not_jumped_up),
        cmocka_unit_test(a_shorter_ladder_is_obeyed),
        cmocka_unit_test(a_hold_is_kept),
        cmocka_unit_test(what_is_set_back_stays_so),
        cmocka_unit_test(off_is_as_the_preset_has_it),
        cmocka_unit_test(a_lower_limit_cuts),
        cmocka_unit_test(a_share_of_memory_is_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
