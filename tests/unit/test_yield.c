/* Giving way to another session: when, how far, for how long; and that two on one device do not mislearn. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_loop.h"

#include <math.h>
#include <perfadapt/monitor.h>

static void assert_near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%g is not %g", value, expected);
}

static const double tick_s = 0.1; /* as while frames flow */

static struct perfadapt__policy yielding_policy(uint32_t role, uint32_t outputs) {
    struct perfadapt__policy policy = loop_policy(5, outputs);
    policy.role = role;
    policy.yields = 1;
    policy.worker_threads = 6;
    return policy;
}

/* At its best, ten ticks a second. */
static struct loop loop_that_yields(uint32_t role, uint32_t outputs, int64_t target_ns) {
    struct loop loop;
    struct perfadapt__policy policy = yielding_policy(role, outputs);
    policy.target_frame_ns = target_ns;
    loop_init(&loop, &policy);
    loop.tick_gap_ns = (int64_t)(tick_s * 1e9);
    loop_run(&loop, 4, 30);
    assert_int_equal(loop_budget(&loop)->quality, 4);
    assert_false(loop_budget(&loop)->reasons & PERFADAPT_REASON_YIELD);
    return loop;
}

static struct loop background(void) {
    return loop_that_yields(PERFADAPT_ROLE_BACKGROUND, LOOP_ALL_OUTPUTS, SECOND / 30);
}

static bool is_lowest(const struct loop *loop) {
    return loop->decider.arbiter.rung == loop->decider.ladder.count - 1;
}

/* Seconds of frames until it is at its lowest, or above it again; at most `most_s`. */
static double seconds_until(struct loop *loop, bool lowest, double most_s) {
    const int64_t start_ns = loop->now_ns;
    while (is_lowest(loop) != lowest && loop->now_ns - start_ns < (int64_t)(most_s * 1e9))
        loop_frame(loop, 4);
    return (double)(loop->now_ns - start_ns) * 1e-9;
}

static void need_of_another_sends_to_the_minimum_within_a_tick(void **state) {
    (void)state;
    static const uint32_t needs[] = {PERFADAPT_REASON_FRAME_LATE, PERFADAPT_REASON_FRAME_COST, PERFADAPT_REASON_THERMAL,
                                     PERFADAPT_REASON_MEMORY, PERFADAPT_REASON_POWER};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        struct loop loop = background();
        const uint32_t frames_before = loop_budget(&loop)->frames_in_flight;
        loop.unexplained = 0;
        loop.reading.peer_reasons = needs[i];
        assert_true(seconds_until(&loop, true, 10) <= tick_s + 0.034);
        const struct perfadapt_budget *budget = loop_budget(&loop);
        assert_int_equal(budget->quality, 0);
        assert_int_equal(budget->frames_in_flight, 1);
        assert_int_equal(budget->worker_threads, 1);
        assert_true(budget->reasons & PERFADAPT_REASON_YIELD);
        const struct perfadapt_decision *decision = &loop.decider.arbiter.decision;
        assert_int_equal(decision->signal, PERFADAPT_SIGNAL_SESSION);
        assert_true(decision->value >= needs[i] && decision->value <= needs[i]);
        loop.reading.peer_reasons = 0;
        assert_true(seconds_until(&loop, false, 10) <= 2.0 + tick_s + 0.1);
        loop_run(&loop, 4, 1);
        assert_int_equal(loop_budget(&loop)->quality, 4);
        assert_int_equal(loop_budget(&loop)->frames_in_flight, frames_before);
        assert_int_equal(loop_budget(&loop)->worker_threads, 3);
        assert_false(loop_budget(&loop)->reasons & PERFADAPT_REASON_YIELD);
        assert_int_equal(loop.unexplained, 0);
    }
}

static void what_is_not_shared_counts_for_nothing(void **state) {
    (void)state;
    struct loop loop = background();
    loop.reading.peer_reasons = PERFADAPT_REASON_SETTLING | PERFADAPT_REASON_POLICY | PERFADAPT_REASON_EVENT |
                                PERFADAPT_REASON_SENSOR_LOST | PERFADAPT_REASON_YIELD | UINT64_C(1) << 40;
    loop_run(&loop, 4, 10);
    assert_int_equal(loop_budget(&loop)->quality, 4);
    assert_false(loop_budget(&loop)->reasons & PERFADAPT_REASON_YIELD);
}

static void who_does_not_yield_stays(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct loop loop;
        struct perfadapt__policy policy = yielding_policy(PERFADAPT_ROLE_EXPORT, PERFADAPT_OUTPUT_QUALITY);
        policy.role = i == 0 ? PERFADAPT_ROLE_INTERACTIVE : PERFADAPT_ROLE_EXPORT;
        policy.yields = i != 1;
        policy.mode = i == 2 ? PERFADAPT__MODE_FIXED : PERFADAPT__MODE_AUTO;
        loop_init(&loop, &policy);
        loop.reading.peer_reasons = PERFADAPT_REASON_FRAME_LATE;
        loop_run(&loop, 4, 30);
        assert_int_equal(loop_budget(&loop)->quality, 4);
        assert_false(loop_budget(&loop)->reasons & PERFADAPT_REASON_YIELD);
    }
}

/* How long it stays down when the need is over at once; then up for `up_s`. */
static double hold_of(struct loop *loop, double up_s) {
    loop->reading.peer_reasons = PERFADAPT_REASON_FRAME_LATE;
    assert_true(seconds_until(loop, true, 1) < 0.2);
    loop->reading.peer_reasons = 0;
    const double held_s = seconds_until(loop, false, 100);
    loop_run(loop, 4, up_s);
    return held_s;
}

static void need_that_returns_holds_longer(void **state) {
    (void)state;
    struct loop loop = background();
    double expected_s = 2;
    for (int i = 0; i < 8; i++) {
        assert_near(hold_of(&loop, 20), expected_s, 0.25);
        expected_s = fmin(2 * expected_s, 60);
    }
    assert_near(hold_of(&loop, 301), 60, 0.25);
    assert_near(hold_of(&loop, 0), 2, 0.25);
}

static void lifting_leaves_what_other_caps_say(void **state) {
    (void)state;
    struct loop loop = background();
    loop_set_temperature(&loop, 90);
    loop_run(&loop, 4, 30);
    loop.reading.peer_reasons = PERFADAPT_REASON_THERMAL;
    loop_run(&loop, 4, 1);
    loop.reading.peer_reasons = 0;
    loop_run(&loop, 4, 10);
    assert_true(is_lowest(&loop));
    assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_THERMAL);
    assert_false(loop_budget(&loop)->reasons & PERFADAPT_REASON_YIELD);
}

/* Without a target a lower quality frees nothing: more frames are drawn. */
static void without_a_target_it_is_paced_where_it_may_be(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        const uint32_t rate = i == 0 ? PERFADAPT_OUTPUT_FRAME_NS : 0;
        struct loop loop = loop_that_yields(PERFADAPT_ROLE_EXPORT, PERFADAPT_OUTPUT_QUALITY | rate, 0);
        loop.reading.peer_reasons = PERFADAPT_REASON_FRAME_LATE;
        loop_run(&loop, 4, 3);
        assert_int_equal(loop_budget(&loop)->quality, 0);
        const double work_ns = 4e6 * loop_true_cost(&loop);
        assert_near((double)loop_budget(&loop)->frame_ns, rate ? 20 * work_ns : 0, 2 * work_ns);
        assert_false(loop_budget(&loop)->reasons & PERFADAPT_REASON_FRAME_COST);
        loop.reading.peer_reasons = 0;
        loop_run(&loop, 4, 3);
        assert_int_equal(loop_budget(&loop)->frame_ns, 0);
        assert_int_equal(loop_budget(&loop)->quality, 4);
    }
}

/* Heavier frames get a longer pace, not a new one with each frame. */
static void pace_follows_what_frames_cost(void **state) {
    (void)state;
    struct loop loop = loop_that_yields(PERFADAPT_ROLE_EXPORT, PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_FRAME_NS, 0);
    loop.noise = 0.2;
    loop.reading.peer_reasons = PERFADAPT_REASON_FRAME_LATE;
    loop_run(&loop, 4, 1);
    const int64_t pace_ns = loop_budget(&loop)->frame_ns;
    loop_run(&loop, 4, 60);
    assert_int_equal(loop_budget(&loop)->frame_ns, pace_ns);
    loop_run(&loop, 16, 10);
    assert_true(loop_budget(&loop)->frame_ns > 3 * pace_ns);
}

static void a_change_of_policy_ends_it(void **state) {
    (void)state;
    struct loop loop = background();
    loop.reading.peer_reasons = PERFADAPT_REASON_FRAME_LATE;
    loop_run(&loop, 4, 1);
    assert_true(is_lowest(&loop));
    struct perfadapt__policy policy = loop.decider.policy;
    policy.yields = 0;
    (void)perfadapt__decider_set_policy(&loop.decider, &loop.tick, &policy, loop.now_ns);
    loop_run(&loop, 4, 30);
    assert_int_equal(loop_budget(&loop)->quality, 4);
}

/* --- Two on one device: what the driver tells of it is of both, and so is the heat --- */

struct pair {
    struct loop quiet, heating;
    double die_c[2]; /* above ambient, per pole */
};

static const double pole_s[2] = {5, 60}, gain_c[2] = {24, 16};
static const double ambient_c = 30;

/* Both up to the same time; what they did meanwhile heats the one device. */
static void pair_run(struct pair *pair, double quiet_ms, double heating_ms, double seconds, bool told) {
    struct loop *loops[2] = {&pair->quiet, &pair->heating};
    const double works_ms[2] = {quiet_ms, heating_ms};
    const double step_s = 0.1;
    for (double t = 0; t < seconds; t += step_s) {
        double busy[2];
        double celsius = ambient_c;
        for (int i = 0; i < 2; i++) {
            const double before_ns = loops[i]->decider.frame.statistics.busy_ns;
            loop_run(loops[i], works_ms[i], step_s);
            busy[i] = fmin(1, (loops[i]->decider.frame.statistics.busy_ns - before_ns) / (step_s * 1e9));
        }
        for (int i = 0; i < 2; i++) {
            const double left = exp(-step_s / pole_s[i]);
            pair->die_c[i] = pair->die_c[i] * left + gain_c[i] * fmin(1, busy[0] + busy[1]) * (1 - left);
            celsius += pair->die_c[i];
        }
        for (int i = 0; i < 2; i++) {
            loops[i]->temperature_c = celsius;
            loops[i]->other_busy = told ? busy[1 - i] : 0;
        }
    }
}

static void pair_init(struct pair *pair) {
    const struct perfadapt__policy policy = loop_policy(5, PERFADAPT_OUTPUT_QUALITY);
    *pair = (struct pair){.die_c = {0}};
    loop_init(&pair->quiet, &policy);
    loop_init(&pair->heating, &policy);
    pair->quiet.temperature_c = pair->heating.temperature_c = ambient_c;
    pair->quiet.limit_c = pair->heating.limit_c = 110; /* neither is to react */
}

/* How warm the quiet one thinks that the device gets with all of its time, and how warm it gets. */
static double foreseen_rise_c(const struct loop *loop) {
    const struct perfadapt__heat *heat = &loop->tick.thermal.channels[0].heat;
    double rise_c = 0;
    for (int i = 0; i < PERFADAPT__POLES; i++)
        rise_c += heat->unknowns[1 + i];
    return rise_c;
}

/* A quiet session of 10 % busy; the other comes and goes every 100 s with 60 %. */
static double quiet_learns(bool told) {
    static struct pair pair;
    pair_init(&pair);
    for (int i = 0; i < 12; i++) {
        pair_run(&pair, 1.7, 0.1, 100, told);
        pair_run(&pair, 1.7, 10, 100, told);
    }
    return foreseen_rise_c(&pair.quiet);
}

static void heat_of_another_session_teaches_no_wrong_gains(void **state) {
    (void)state;
    const double true_rise_c = gain_c[0] + gain_c[1];
    const double told_c = quiet_learns(true);
    const double untold_c = quiet_learns(false);
    print_message("full load heats by %.1f C: learned %.1f, without the device's busy share %.1f\n", true_rise_c,
                  told_c, untold_c);
    assert_near(told_c, true_rise_c, 0.2 * true_rise_c);
    assert_true(fabs(untold_c - true_rise_c) > 2 * fabs(told_c - true_rise_c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(need_of_another_sends_to_the_minimum_within_a_tick),
        cmocka_unit_test(what_is_not_shared_counts_for_nothing),
        cmocka_unit_test(who_does_not_yield_stays),
        cmocka_unit_test(need_that_returns_holds_longer),
        cmocka_unit_test(lifting_leaves_what_other_caps_say),
        cmocka_unit_test(without_a_target_it_is_paced_where_it_may_be),
        cmocka_unit_test(pace_follows_what_frames_cost),
        cmocka_unit_test(a_change_of_policy_ends_it),
        cmocka_unit_test(heat_of_another_session_teaches_no_wrong_gains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
