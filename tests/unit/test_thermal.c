/* Heat: guard, forecast, more than one sensor, learned limits. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_loop.h"

#include <math.h>
#include <perfadapt/monitor.h>

static const double target_c = 83.5; /* limit 85, margin 1.5 */

/* --- The guard --- */

static void assert_guarded(const struct loop *loop) {
    const struct perfadapt_budget *budget = loop_budget(loop);
    const struct perfadapt_decision *decision = &loop->decider.arbiter.decision;
    assert_int_equal(budget->thermal_state, PERFADAPT_THERMAL_CRITICAL);
    assert_true(budget->thermal_headroom > 1.0F);
    assert_int_equal(budget->time_to_throttle_ns, 0);
    assert_true(budget->reasons & PERFADAPT_REASON_THERMAL);
    assert_int_equal(decision->signal, PERFADAPT_SIGNAL_TEMPERATURE);
    assert_true(decision->value > decision->limit && decision->limit < 85);
    assert_int_equal(loop->unexplained, 0);
    assert_true(perfadapt__tick_near_limit(&loop->tick));
}

static void over_the_target_the_lowest_rung_is_reached(void **state) {
    (void)state;
    for (uint32_t levels = 2; levels <= 12; levels++)
        for (uint32_t outputs = 1; outputs <= LOOP_ALL_OUTPUTS; outputs++) {
            struct loop loop = loop_cool(levels, outputs);
            const uint32_t last = loop.decider.ladder.count - 1;
            const int64_t latest_ns = loop.now_ns + 4 * last * SECOND;
            loop_set_temperature(&loop, 86);
            while (loop.decider.arbiter.rung < last && loop.now_ns < latest_ns)
                loop_frame(&loop, 8);
            assert_int_equal(loop.decider.arbiter.rung, last);
            assert_guarded(&loop);
        }
}

/* A limit that is passed is no place to look for quality, whatever the model says. */
static void over_the_limit_nothing_rises(void **state) {
    (void)state;
    static const double temperatures_c[] = {84.5, 86, 95};
    for (size_t i = 0; i < 3; i++)
        for (uint32_t outputs = 1; outputs <= LOOP_ALL_OUTPUTS; outputs++) {
            struct loop loop = loop_cool(5, outputs);
            const uint32_t rises = loop.rises;
            loop_set_temperature(&loop, temperatures_c[i]);
            loop_run(&loop, 8, 300);
            assert_int_equal(loop.rises, rises);
            assert_int_equal(loop.decider.arbiter.rung, loop.decider.ladder.count - 1);
            assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_THERMAL);
        }
}

static void cool_device_gets_its_quality_back_slowly(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    loop_set_temperature(&loop, 86);
    loop_run(&loop, 8, 24);
    assert_int_equal(loop_budget(&loop)->quality, 0);
    loop_set_temperature(&loop, 55);
    loop_run(&loop, 8, 2);
    assert_int_equal(loop_budget(&loop)->quality, 0);
    loop_run(&loop, 8, 240);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop_budget(&loop)->thermal_state, PERFADAPT_THERMAL_COOL);
    assert_int_equal(loop_budget(&loop)->reasons, 0);
}

static void coarse_sensor_below_the_target_is_no_cap(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    for (int i = 0; i < 300; i++) {
        loop_set_temperature(&loop, i / 3 % 2 ? 72 : 71);
        loop_run(&loop, 8, 1);
    }
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop.falls, 0);
}

static void spike_of_a_sensor_changes_nothing(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    for (int i = 0; i < 200; i++) {
        loop_set_temperature(&loop, i % 20 == 7 ? 120 : 60);
        loop_run(&loop, 8, 1);
    }
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop.falls, 0);
}

/* --- The forecast --- */

static double hottest_of(struct loop *loop, double work_ms, double seconds) {
    double hottest = -INFINITY;
    const int64_t end_ns = loop->now_ns + (int64_t)(seconds * (double)SECOND);
    while (loop->now_ns < end_ns) {
        loop_frame(loop, work_ms);
        hottest = fmax(hottest, loop->temperature_c);
    }
    return hottest;
}

static void forecast_cuts_before_the_target(void **state) {
    (void)state;
    static const double gains_c[] = {55, 70, 100};
    for (size_t k = 0; k < 3; k++) {
        struct loop loop;
        loop_init_simple(&loop, 7, LOOP_ALL_OUTPUTS);
        loop.gpu_late = 1;
        loop.noise = 0.05;
        loop_set_plant(&loop, 40, gains_c[k]);
        loop_run(&loop, 6, 60);
        const uint32_t falls = loop.falls;
        for (int i = 0; loop.falls == falls && i < 60 * 300; i++)
            loop_frame(&loop, 15);
        assert_true(loop.falls > falls);
        assert_true(loop.temperature_c < target_c + 0.5);
        assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_THERMAL);
        assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_TEMPERATURE);
        assert_true(hottest_of(&loop, 15, 600) < 85);
        assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_THERMAL);
        assert_int_equal(loop.unexplained, 0);
    }
}

static void heat_costs_no_more_quality_than_it_must(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.noise = 0.05;
    loop_set_plant(&loop, 40, 60);
    loop_run(&loop, 14.5, 900);
    const uint32_t falls = loop.falls;
    loop_run(&loop, 14.5, 600);
    /* 43.5 of 60 °C is a utilisation of 0.725; the best of 7 is 0.87, the second 0.75, the third 0.64. */
    assert_in_range(loop_budget(&loop)->quality, 4, 5);
    assert_true(loop.falls - falls <= 4);
    assert_true(loop.temperature_c > 70);
}

static void time_to_throttle_is_foreseen(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 1, 0); /* nothing may move: it will throttle */
    loop_set_plant(&loop, 40, 65);
    loop_run(&loop, 4, 240);
    assert_int_equal(loop_budget(&loop)->time_to_throttle_ns, PERFADAPT_THROTTLE_NOT_FORESEEN);
    loop_run(&loop, 15, 15);
    const int64_t foreseen_ns = loop.now_ns + loop_budget(&loop)->time_to_throttle_ns;
    assert_true(foreseen_ns > loop.now_ns);
    while (loop.temperature_c < 85 && loop.now_ns < 3000 * SECOND)
        loop_frame(&loop, 15);
    const double off_s = (double)(loop.now_ns - foreseen_ns) * 1e-9;
    assert_true(fabs(off_s) < 30);
    loop_run(&loop, 15, 2);
    assert_int_equal(loop_budget(&loop)->time_to_throttle_ns, 0);
}

/* A die is 25 °C hotter in half a second: the frames must act before the next tick. */
static void fast_die_is_answered_between_ticks(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, LOOP_ALL_OUTPUTS);
    loop.noise = 0.04;
    loop.gpu_late = 1;
    loop_set_plant(&loop, 45, 0);
    loop.plant.gain_c[0] = 45;
    loop.plant.gain_c[1] = 10;
    loop.plant.pole_s[0] = 0.2;
    for (int i = 0; i < 12; i++) {
        loop_run(&loop, 5 + i % 3, 40);
        const uint64_t drops = loop.decider.frame.statistics.drops;
        const double hottest_c = hottest_of(&loop, 16, 1);
        assert_true(hottest_c < (i == 0 ? 90 : 82)); /* the first jump teaches */
        if (loop.decider.frame.statistics.drops > drops) {
            assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_TEMPERATURE);
            assert_true(loop.decider.arbiter.decision.value > loop.decider.arbiter.decision.limit);
        }
        assert_true(hottest_of(&loop, 16, 20) < 85);
    }
    assert_true(loop.decider.frame.statistics.drops > 2);
}

static void quiet_and_the_users_limit_are_cooler(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
        if (i == 0)
            policy.prefer = PERFADAPT__PREFER_QUIET;
        else
            policy.thermal_limit_c = 78;
        struct loop loop;
        loop_init(&loop, &policy);
        loop_set_plant(&loop, 40, 60);
        loop_run(&loop, 15, 300);
        assert_true(hottest_of(&loop, 15, 300) < 79);
        assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_THERMAL);
    }
}

/* Beyond a limit of its own a device slows down, and tells nothing of heat. Beyond one that was set it goes on as ever. */
static void above_the_users_limit_is_learned_from(void **state) {
    (void)state;
    for (int own = 0; own < 2; own++) {
        struct perfadapt__policy policy = loop_policy(7, PERFADAPT_OUTPUT_QUALITY);
        struct loop loop;
        if (!own)
            policy.thermal_limit_c = 50;
        loop_init(&loop, &policy);
        loop_set_temperature(&loop, 55);
        if (own)
            loop.limit_c = 50;
        loop_run(&loop, 8, 10);
        assert_int_equal(loop_budget(&loop)->thermal_state, PERFADAPT_THERMAL_CRITICAL);
        const uint32_t learned = loop.tick.thermal.channels[0].heat.learned;
        assert_true(own ? learned == 0 : learned >= 8);
    }
}

/* Another process heats the same GPU. */
static void others_heat_is_accounted_for(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, LOOP_ALL_OUTPUTS);
    loop_set_plant(&loop, 40, 60);
    loop_run(&loop, 10, 300);
    assert_int_equal(loop.decider.arbiter.rung, 0);
    loop.other_busy = 0.3;
    assert_true(hottest_of(&loop, 10, 600) < target_c + 1.0);
    assert_true(loop.decider.arbiter.rung > 0);
    loop.other_busy = 0;
    loop.reading.busy = (double)NAN;
    loop_run(&loop, 10, 300);
    assert_int_equal(loop.decider.arbiter.rung, 0);
}

static void second_sensor(struct loop *loop, double temperature_c) {
    loop->reading.heat_count = 2;
    loop->reading.heat[1] = (struct perfadapt__heat_reading){.key = 2,
                                                             .state = PERFADAPT_STATE_OK,
                                                             .timestamp_ns = loop->now_ns,
                                                             .temperature_c = temperature_c,
                                                             .limit_c = 60};
}

static void sensor_nearest_to_its_limit_steers(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    for (int i = 0; i < 30; i++) {
        second_sensor(&loop, 61);
        loop_run(&loop, 8, 1);
    }
    assert_int_equal(loop_budget(&loop)->quality, 0);
    assert_int_equal(loop_budget(&loop)->thermal_state, PERFADAPT_THERMAL_CRITICAL);
    assert_true(loop.decider.arbiter.decision.limit < 60);
}

/* --- A device that throttles --- */

static double share_hotter_than(struct loop *loop, double work_ms, double seconds, double limit_c) {
    const int64_t end_ns = loop->now_ns + (int64_t)(seconds * (double)SECOND);
    double hot_s = 0;
    while (loop->now_ns < end_ns) {
        const int64_t before_ns = loop->now_ns;
        loop_frame(loop, work_ms);
        hot_s += loop->temperature_c > limit_c ? (double)(loop->now_ns - before_ns) * 1e-9 : 0;
    }
    return hot_s / seconds;
}

/* It throttles at 75 °C and says 85. */
static void true_limit_is_learned_from_throttling(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, LOOP_ALL_OUTPUTS);
    loop.plant.throttle_c = 75;
    loop_set_plant(&loop, 40, 60);
    assert_true(share_hotter_than(&loop, 15, 300, 75) > 0);
    assert_true(share_hotter_than(&loop, 15, 600, 75) < 0.01);
    assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_THERMAL);
    assert_true(loop_budget(&loop)->thermal_headroom > 0.8F);
    assert_int_equal(loop.unexplained, 0);
}

/* The same device, with what a session before has learned: it hardly throttles at all. */
static void remembered_limit_holds_from_the_start(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, LOOP_ALL_OUTPUTS);
    loop.plant.throttle_c = 75;
    loop.remembered_c = 75;
    loop_set_plant(&loop, 40, 60);
    assert_true(share_hotter_than(&loop, 15, 300, 75.0) < 0.01);
    assert_int_equal(loop.unexplained, 0);
}

static double limit_with(double remembered_c, double stated_c) {
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.limit_c = stated_c;
    loop.remembered_c = remembered_c;
    loop_set_temperature(&loop, 50);
    loop_run(&loop, 8, 2);
    return loop.tick.thermal.channels[0].limit_c;
}

static void remembered_limit_is_to_be_plausible(void **state) {
    (void)state;
    assert_true(fabs(limit_with(75, 85) - 75) < 0.1);
    assert_true(fabs(limit_with(75, (double)NAN) - 75) < 0.1);
    static const double refused[] = {85, 95, 84.5, 50, 44, 31, 0, -5, 1e300, (double)INFINITY, (double)NAN};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_true(fabs(limit_with(refused[i], 85) - 85) < 1e-9);
}

/* It may come after the first tick, and no more once the session has learned something itself. */
static void remembered_limit_may_come_late(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    const struct perfadapt__heat_channel *channel = &loop.tick.thermal.channels[0];
    loop_set_temperature(&loop, 60);
    loop_run(&loop, 8, 5);
    assert_true(fabs(channel->limit_c - 85) < 1e-9);
    loop.remembered_c = 75;
    loop_run(&loop, 8, 2);
    assert_true(fabs(channel->limit_c - 75) < 0.1);
    loop.remembered_c = 70;
    loop_run(&loop, 8, 2);
    assert_true(fabs(channel->limit_c - 75) < 0.1);
}

/* It has learned 74 °C; being used for ten minutes without throttling makes that 75. */
static void remembered_limit_rises_again(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.remembered_c = 74;
    loop_set_temperature(&loop, 50);
    loop_run(&loop, 8, 602);
    assert_true(fabs(loop.tick.thermal.channels[0].limit_c - 75) < 0.1);
}

static void assert_nothing_learned(double limit_c, double temperature_c, uint32_t throttling) {
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.limit_c = limit_c;
    loop_set_temperature(&loop, temperature_c);
    loop.reading.throttle = throttling;
    loop_run(&loop, 8, 60);
    assert_true(isnan(loop.tick.thermal.channels[0].learned_limit_c));
    loop.reading.throttle = PERFADAPT_THROTTLING_NONE;
    loop_set_temperature(&loop, limit_c - 25);
    loop_run(&loop, 8, 240);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_true(loop_budget(&loop)->thermal_headroom < 0.25F);
}

/* Power caps are not heat, and drivers that cry at 34 °C mean something else. */
static void other_throttling_teaches_nothing(void **state) {
    (void)state;
    assert_nothing_learned(85, 76, PERFADAPT_THROTTLING_POWER);
    assert_nothing_learned(85, 76, PERFADAPT_THROTTLING_POLICY);
    assert_nothing_learned(85, 76, PERFADAPT_THROTTLING_CURRENT);
    assert_nothing_learned(85, 76, PERFADAPT_THROTTLING_UNKNOWN);
    assert_nothing_learned(85, 34, PERFADAPT_THROTTLING_THERMAL);
    assert_nothing_learned(55, 34, PERFADAPT_THROTTLING_THERMAL);
    assert_nothing_learned(85, 50, PERFADAPT_THROTTLING_THERMAL);
}

/* --- Sensors that go --- */

struct step {
    struct perfadapt__thermal_control control;
    struct perfadapt__reading reading;
    struct perfadapt__caps caps;
};

static void step_for(struct step *step, int64_t passed_ns) {
    const struct perfadapt__policy policy = loop_policy(5, PERFADAPT_OUTPUT_QUALITY);
    const struct perfadapt__frame_statistics frames = {.frames = 60};
    step->reading.now_ns += passed_ns;
    for (uint32_t i = 0; i < step->reading.heat_count; i++)
        step->reading.heat[i].timestamp_ns = step->reading.now_ns;
    step->caps = (struct perfadapt__caps){0};
    perfadapt__thermal_step(&step->control, &policy, &step->reading, &frames, &step->caps);
}

static void step_second(struct step *step) {
    step_for(step, SECOND);
}

static struct step step_with_sensor(void) {
    struct step step;
    perfadapt__thermal_init(&step.control);
    perfadapt__reading_init(&step.reading, 1000 * SECOND);
    step.reading.heat_count = 1;
    step.reading.heat[0] =
        (struct perfadapt__heat_reading){.key = 7, .state = PERFADAPT_STATE_OK, .temperature_c = 60, .limit_c = 90};
    step_second(&step);
    assert_false(step.caps.hold);
    assert_int_equal(step.caps.thermal_state, PERFADAPT_THERMAL_COOL);
    return step;
}

static void one_that_is_not_heard_any_more_holds(void **state) {
    (void)state;
    struct step step = step_with_sensor();
    step.reading.heat_count = 0;
    step.reading.withdrawn = UINT64_C(1) << 5; /* another */
    step_second(&step);
    assert_true(step.caps.hold);
    assert_true(step.caps.reasons & PERFADAPT_REASON_SENSOR_LOST);
}

/* Stuck, or a better one has taken its place: it would hold for ever. */
static void one_that_is_withdrawn_does_not_hold(void **state) {
    (void)state;
    struct step step = step_with_sensor();
    step.reading.heat_count = 0;
    step_second(&step);
    assert_true(step.caps.hold);
    step.reading.withdrawn = UINT64_C(1) << 6;
    step_second(&step);
    assert_false(step.caps.hold);
    assert_int_equal(step.caps.thermal_state, PERFADAPT_THERMAL_UNKNOWN);
    assert_int_equal(step.control.lost_since_ns, 0);
}

/* Ten times a second, between a reading at its limit and the next lower: told once, and that it is over once. */
static void reading_that_flickers_is_told_once(void **state) {
    (void)state;
    struct step step = step_with_sensor();
    int states = 0;
    int headrooms = 0;
    struct perfadapt__caps told = step.caps;
    for (int tick = 0; tick < 200; tick++) {
        step.reading.heat[0].temperature_c = tick < 100 && tick / 2 % 2 ? 90 : 89;
        step_for(&step, SECOND / 10);
        states += step.caps.thermal_state != told.thermal_state;
        headrooms += fabsf(step.caps.thermal_headroom - told.thermal_headroom) > 0.02F;
        told = step.caps;
    }
    assert_int_equal(told.thermal_state, PERFADAPT_THERMAL_HOT);
    assert_int_equal(states, 3);
    assert_int_equal(headrooms, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_the_target_the_lowest_rung_is_reached),
        cmocka_unit_test(over_the_limit_nothing_rises),
        cmocka_unit_test(cool_device_gets_its_quality_back_slowly),
        cmocka_unit_test(coarse_sensor_below_the_target_is_no_cap),
        cmocka_unit_test(spike_of_a_sensor_changes_nothing),
        cmocka_unit_test(forecast_cuts_before_the_target),
        cmocka_unit_test(heat_costs_no_more_quality_than_it_must),
        cmocka_unit_test(time_to_throttle_is_foreseen),
        cmocka_unit_test(fast_die_is_answered_between_ticks),
        cmocka_unit_test(quiet_and_the_users_limit_are_cooler),
        cmocka_unit_test(above_the_users_limit_is_learned_from),
        cmocka_unit_test(others_heat_is_accounted_for),
        cmocka_unit_test(sensor_nearest_to_its_limit_steers),
        cmocka_unit_test(true_limit_is_learned_from_throttling),
        cmocka_unit_test(remembered_limit_holds_from_the_start),
        cmocka_unit_test(remembered_limit_is_to_be_plausible),
        cmocka_unit_test(remembered_limit_may_come_late),
        cmocka_unit_test(remembered_limit_rises_again),
        cmocka_unit_test(other_throttling_teaches_nothing),
        cmocka_unit_test(reading_that_flickers_is_told_once),
        cmocka_unit_test(one_that_is_not_heard_any_more_holds),
        cmocka_unit_test(one_that_is_withdrawn_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
