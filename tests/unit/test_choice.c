/* The choice of a rung where heat cannot be read, and how long it waits. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_loop.h"

#include <math.h>
#include <perfadapt/monitor.h>

/* --- What cannot be read --- */

static void unknown_temperature_is_no_cap(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 8, 30);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop_budget(&loop)->thermal_state, PERFADAPT_THERMAL_UNKNOWN);
    assert_true(isnan(loop_budget(&loop)->thermal_headroom));
    assert_int_equal(loop_budget(&loop)->time_to_throttle_ns, PERFADAPT_THROTTLE_UNKNOWN);
    const float confidence = loop_budget(&loop)->confidence;
    loop_set_temperature(&loop, 50);
    loop_run(&loop, 8, 3);
    assert_true(loop_budget(&loop)->confidence > confidence);
}

/* A sensor without any limit tells nothing that could steer. */
static void temperature_without_a_limit_is_no_cap(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.limit_c = (double)NAN;
    loop_set_temperature(&loop, 95);
    loop_run(&loop, 8, 60);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_true(isnan(loop_budget(&loop)->thermal_headroom));
}

enum loss { LOSS_ERROR, LOSS_STALE, LOSS_GONE, LOSSES };

static void lose(struct loop *loop, enum loss loss) {
    loop->sensor_state = loss == LOSS_ERROR ? PERFADAPT_STATE_ERROR : PERFADAPT_STATE_STALE;
    if (loss != LOSS_GONE)
        return;
    loop->temperature_c = (double)NAN;
    loop->reading.heat_count = 0;
}

static void lost_sensor_holds_then_moves_to_the_middle(void **state) {
    (void)state;
    for (enum loss loss = LOSS_ERROR; loss < LOSSES; loss++) {
        struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
        lose(&loop, loss);
        loop_run(&loop, 8, 29);
        assert_int_equal(loop.decider.arbiter.rung, 0);
        assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_SENSOR_LOST);
        loop_run(&loop, 8, 12);
        assert_in_range(loop.decider.arbiter.rung, 1, 2);
        assert_int_equal(loop.decider.arbiter.decision.signal, PERFADAPT_SIGNAL_SENSOR);
        loop_run(&loop, 8, 120);
        assert_int_equal(loop.decider.arbiter.rung, loop.decider.ladder.count / 2);
        assert_true(loop_budget(&loop)->confidence < 1);
        loop.sensor_state = PERFADAPT_STATE_OK;
        loop_set_temperature(&loop, 50);
        loop_run(&loop, 8, 120);
        assert_int_equal(loop.decider.arbiter.rung, 0);
        assert_int_equal(loop_budget(&loop)->reasons, 0);
    }
}

static void lost_sensor_gives_nothing_back(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 30, 5);
    const uint32_t rung = loop.decider.arbiter.rung;
    assert_true(rung > 3);
    lose(&loop, LOSS_ERROR);
    loop_run(&loop, 8, 300);
    assert_int_equal(loop.decider.arbiter.rung, rung);
}

/* Nor is what the app reported, once that is over. */
static void lost_sensor_keeps_a_setback(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    loop_report(&loop, PERFADAPT_EVENT_OUT_OF_MEMORY, 0);
    assert_int_equal(loop.decider.arbiter.rung, 1);
    lose(&loop, LOSS_ERROR);
    loop_run(&loop, 8, 25);
    assert_int_equal(loop.decider.setback.rung, 0);
    assert_int_equal(loop.decider.arbiter.rung, 1);
}

/* It can be read, and what is read is ever the same old sample. */
static void sensor_that_stops_is_lost(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    loop.sensor_stopped_ns = loop.now_ns;
    loop_run(&loop, 8, 10);
    assert_int_equal(loop_budget(&loop)->reasons, 0);
    loop_run(&loop, 8, 60);
    assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_SENSOR_LOST);
    loop_run(&loop, 8, 120);
    assert_int_equal(loop.decider.arbiter.rung, loop.decider.ladder.count / 2);
}

/* Frames that do not fit are cut all the same. */
static void lost_sensor_does_not_stop_the_frames(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    lose(&loop, LOSS_ERROR);
    loop_run(&loop, 8, 3);
    loop_run(&loop, 30, 1);
    assert_true(30 * loop_true_cost(&loop) <= 1.06 * 1000.0 / 60);
}

static void sensor_that_never_spoke_is_no_loss(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_set_temperature(&loop, 50);
    loop.reading.heat_count = 2;
    loop.reading.heat[1] = (struct perfadapt__heat_reading){
        .key = 2, .state = PERFADAPT_STATE_ERROR, .temperature_c = (double)NAN, .limit_c = 90};
    loop_run(&loop, 8, 100);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop_budget(&loop)->reasons, 0);
}

static void sleeping_gpu_is_no_loss(void **state) {
    (void)state;
    static const uint32_t states[] = {PERFADAPT_STATE_ASLEEP, PERFADAPT_STATE_UNSUPPORTED};
    for (size_t i = 0; i < 2; i++) {
        struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
        loop_run(&loop, 30, 5);
        loop.sensor_state = states[i];
        loop_run(&loop, 8, 120);
        assert_int_equal(loop_budget(&loop)->quality, 6);
        assert_int_equal(loop_budget(&loop)->reasons, 0);
        assert_int_equal(loop_budget(&loop)->thermal_state, PERFADAPT_THERMAL_UNKNOWN);
    }
}

/* --- The first minute --- */

/* Until the best rung is back after a second of overload. */
static double seconds_to_recover(struct loop *loop) {
    loop_run(loop, 40, 1);
    assert_true(loop->decider.arbiter.rung > 2);
    for (int tenths = 1; tenths < 3000; tenths++) {
        loop_run(loop, 8, 0.1);
        if (loop->decider.arbiter.rung == 0)
            return tenths * 0.1;
    }
    return INFINITY;
}

/* An overload at the start is not waited out at the lowest level where a device is far from hot. */
static void cool_device_recovers_sooner_at_first(void **state) {
    (void)state;
    struct loop young;
    loop_init_simple(&young, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_set_plant(&young, 30, 20);
    loop_run(&young, 8, 10);
    struct loop old = young; /* the same in all but its age */
    old.tick.choice.started_ns -= 60 * SECOND;
    const double young_s = seconds_to_recover(&young);
    const double old_s = seconds_to_recover(&old);
    assert_true(young_s < 30);
    assert_true(young_s < 0.6 * old_s);
}

/* --- Dwell --- */

static void nothing_rises_before_the_third_tick(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    assert_int_equal(loop_budget(&loop)->quality, 0);
    assert_int_equal(loop_budget(&loop)->reasons, PERFADAPT_REASON_SETTLING);
    loop_run(&loop, 5, 2.5);
    assert_int_equal(loop.rises, 0);
}

static void swinging_load_settles_on_the_lower_rung(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    for (int i = 0; i < 40; i++) {
        loop_run(&loop, 12, 10);
        loop_run(&loop, 20, 5);
    }
    const uint32_t rises = loop.rises;
    for (int i = 0; i < 40; i++) {
        loop_run(&loop, 12, 10);
        loop_run(&loop, 20, 5);
    }
    assert_true(loop.rises - rises <= 12); /* of 40 that could be */
}

static void pause_earns_no_quality(void **state) {
    (void)state;
    struct loop loop = loop_cool(7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 30, 20);
    const uint32_t rung = loop.decider.arbiter.rung;
    loop.now_ns += 3600 * SECOND;
    loop_tick(&loop);
    assert_int_equal(loop.decider.arbiter.rung, rung);
    assert_int_equal(loop.rises, 1);
}

/* --- Fine ladders --- */

/* Levels from 1 down to 0.4 of the cost, all steps alike; steers to the limit itself. */
static struct loop loop_from_cold(uint32_t levels, double gain_c, double slow_gain_c, double slow_pole_s) {
    struct perfadapt__policy policy = loop_policy(levels, PERFADAPT_OUTPUT_QUALITY);
    const double step = 1.0 - 0.9 / (double)(levels - 1); /* 0.4 is e to the power of -0.9, nearly */
    double cost = 1.0;
    for (uint32_t i = 0; i < levels; i++, cost *= step)
        policy.cost[i] = cost;
    policy.thermal_margin_c = 0;
    struct loop loop;
    loop_init(&loop, &policy);
    loop.limit_c = 49.5; /* between two readings */
    loop.quantum_c = 1;
    loop.temperature_c = 36;
    loop.plant = (struct loop_plant){
        .ambient_c = 36, .gain_c = {gain_c, slow_gain_c}, .pole_s = {0.2, slow_pole_s}, .throttle_c = (double)NAN};
    loop_tick(&loop);
    return loop;
}

struct course {
    double cost; /* mean of the time */
    double most_c;
};

static struct course follow(struct loop *loop, double work_ms, int seconds) {
    struct course course = {0, -(double)INFINITY};
    for (int i = 0; i < seconds; i++) {
        loop_run(loop, work_ms, 1);
        course.cost += loop_true_cost(loop) / seconds;
        course.most_c = course.most_c > loop->temperature_c ? course.most_c : loop->temperature_c;
    }
    return course;
}

static const double frame_ms = 1000.0 / 60;

/* What holds the limit is 0.51 of the cost: 36 + 25 x 0.85 x 0.51 + 6 x 0.85 x 0.51 = 49.5. */
static void fine_ladder_comes_near_the_limit_soon(void **state) {
    (void)state;
    for (uint32_t levels = 16; levels <= 32; levels += 16) {
        struct loop loop = loop_from_cold(levels, 25, 6, 30);
        (void)follow(&loop, 0.85 * frame_ms, 60);
        const struct course course = follow(&loop, 0.85 * frame_ms, 60);
        assert_true(course.cost >= 0.94 * 0.51);
        assert_true(course.most_c <= loop.limit_c + 1);
    }
}

/* Between two whole degrees a steady load is tried out, and never a whole degree too far. */
static void whole_degrees_are_tried_out(void **state) {
    (void)state;
    for (int tenths = 0; tenths < 10; tenths++) {
        struct loop loop = loop_from_cold(32, 25, 6, 30);
        loop.plant.ambient_c -= 0.1 * tenths;
        const double best = 0.51 + 0.1 * tenths / (31 * 0.85);
        (void)follow(&loop, 0.85 * frame_ms, 60);
        const struct course course = follow(&loop, 0.85 * frame_ms, 120);
        assert_true(course.cost >= 0.975 * best);
        assert_true(course.most_c <= loop.limit_c + 0.5);
    }
}

/* With no token left, a rung needs 50 s. */
static void small_step_is_proved_sooner(void **state) {
    (void)state;
    struct loop loop = loop_from_cold(32, 25, 6, 30);
    (void)follow(&loop, 0.85 * frame_ms, 120);
    loop.plant.ambient_c -= 2;
    loop.tick.choice.tokens = -1;
    const uint32_t rises = loop.rises;
    int seconds = 0;
    for (; loop.rises == rises && seconds < 100; seconds++)
        loop_run(&loop, 0.85 * frame_ms, 1);
    assert_in_range(seconds, 20, 40);
}

/* A device that is hot in minutes only may be used meanwhile: a fine ladder follows it down without passing the limit. */
static void slow_heat_is_followed_down_in_small_steps(void **state) {
    (void)state;
    struct loop loop = loop_from_cold(32, 12, 20, 240);
    (void)follow(&loop, 0.85 * frame_ms, 30);
    const struct course soon = follow(&loop, 0.85 * frame_ms, 60);
    const struct course later = follow(&loop, 0.85 * frame_ms, 1200);
    const struct course last = follow(&loop, 0.85 * frame_ms, 60);
    assert_true(soon.cost > 1.6 * last.cost);
    assert_true(later.most_c <= loop.limit_c + 0.7);
    assert_true(last.cost >= 0.45);
}

/* One of 3 % costs a quarter to a third of a token, one of 14 % a whole one. */
static void small_move_costs_less_than_a_token(void **state) {
    (void)state;
    for (uint32_t levels = 7; levels <= 32; levels += 25) {
        struct loop loop = loop_from_cold(levels, 25, 6, 30);
        uint32_t moves = 0;
        while (loop.now_ns < 1120 * SECOND) {
            const struct perfadapt__choice before = loop.tick.choice;
            loop_frame(&loop, 0.85 * frame_ms);
            const double taken = before.tokens - loop.tick.choice.tokens;
            if (loop.tick.choice.rung + 1 != before.rung && loop.tick.choice.rung != before.rung + 1)
                continue;
            assert_true(levels == 7 ? taken > 0.9 : taken > 0.2 && taken < 0.4);
            moves++;
        }
        assert_true(moves > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_temperature_is_no_cap),
        cmocka_unit_test(temperature_without_a_limit_is_no_cap),
        cmocka_unit_test(lost_sensor_holds_then_moves_to_the_middle),
        cmocka_unit_test(lost_sensor_gives_nothing_back),
        cmocka_unit_test(lost_sensor_keeps_a_setback),
        cmocka_unit_test(sensor_that_stops_is_lost),
        cmocka_unit_test(lost_sensor_does_not_stop_the_frames),
        cmocka_unit_test(sensor_that_never_spoke_is_no_loss),
        cmocka_unit_test(sleeping_gpu_is_no_loss),
        cmocka_unit_test(cool_device_recovers_sooner_at_first),
        cmocka_unit_test(nothing_rises_before_the_third_tick),
        cmocka_unit_test(swinging_load_settles_on_the_lower_rung),
        cmocka_unit_test(pause_earns_no_quality),
        cmocka_unit_test(fine_ladder_comes_near_the_limit_soon),
        cmocka_unit_test(whole_degrees_are_tried_out),
        cmocka_unit_test(small_step_is_proved_sooner),
        cmocka_unit_test(slow_heat_is_followed_down_in_small_steps),
        cmocka_unit_test(small_move_costs_less_than_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
