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
        cmocka_unit_test(nothing_rises_before_the_third_tick),
        cmocka_unit_test(swinging_load_settles_on_the_lower_rung),
        cmocka_unit_test(pause_earns_no_quality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
