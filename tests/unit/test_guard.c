/* What is believed of the sensors. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "sampler/guard.h"

#include <math.h>
#include <perfadapt/budget.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct perfadapt__guard guard;
    struct perfadapt_snapshot snapshot;
    struct perfadapt_sensor *sensor;
};

static int setup(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->sensor = perfadapt__sensor_add(&bench->snapshot, "id", "chip", "label");
    bench->sensor->limit = perfadapt__metric_ok(90, PERFADAPT_UNIT_CELSIUS, 1);
    perfadapt__guard_init(&bench->guard);
    *state = bench;
    return 0;
}

static int teardown(void **state) {
    free(*state);
    return 0;
}

static void judge(struct bench *bench, double seconds) {
    perfadapt__guard_judge(&bench->guard, &bench->snapshot, (int64_t)(seconds * 1e9));
}

static void reading(struct bench *bench, double seconds, double celsius) {
    bench->sensor->temperature = perfadapt__metric_ok(celsius, PERFADAPT_UNIT_CELSIUS, (int64_t)(seconds * 1e9));
    bench->sensor->why = PERFADAPT_WHY_NONE;
    judge(bench, seconds);
}

static void assert_near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not near %.17g", value, expected);
}

static void test_one_plausible_read_is_ok(void **state) {
    struct bench *bench = *state;
    judge(bench, 1);
    assert_int_equal(bench->sensor->temperature.state, PERFADAPT_STATE_INIT);
    assert_true(isnan(bench->sensor->headroom));
    reading(bench, 2, 60);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 60);
    assert_near((double)bench->sensor->headroom, 0, 1e-6);
    assert_true(isnan(bench->sensor->slope_c_per_s));
    assert_near(bench->sensor->steering_c, 60, 0);
}

static void test_headroom(void **state) {
    struct bench *bench = *state;
    static const double cases[][2] = {{20, 0}, {60, 0}, {75, 0.5}, {90, 1}, {105, 1.5}};
    for (size_t i = 0; i < 5; i++) {
        reading(bench, (double)(i + 1), cases[i][0]);
        assert_near((double)bench->sensor->headroom, cases[i][1], 1e-6);
    }
    bench->sensor->limit = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED);
    reading(bench, 7, 60);
    assert_true(isnan(bench->sensor->headroom));
}

static void test_implausible(void **state) {
    static const double values[] = {-20.1, 125.1, 255, -273.2, -650788.984, 1e300, (double)INFINITY, (double)NAN};
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        reading(bench, (double)(i + 1), values[i]);
        assert_unknown(&bench->sensor->temperature, PERFADAPT_STATE_ERROR);
        assert_int_equal(bench->sensor->why, PERFADAPT_WHY_IMPLAUSIBLE);
        assert_true(isnan(bench->sensor->headroom));
        assert_true(isnan(bench->sensor->steering_c));
        judge(bench, (double)(i + 1) + 0.5);
        assert_int_equal(bench->sensor->why, PERFADAPT_WHY_IMPLAUSIBLE);
    }
    reading(bench, 20, 125);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 125);
    reading(bench, 21, -20);
    reading(bench, 22, -20);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, -20);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_NONE);
}

static void test_too_old(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, 60);
    judge(bench, 11);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 60);
    judge(bench, 11.1);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_STALE, 60);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_TOO_OLD);
    assert_true(isnan(bench->sensor->headroom));
    assert_true(isnan(bench->sensor->steering_c));
    reading(bench, 12, 61);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 61);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_NONE);
}

static void test_never_read(void **state) {
    struct bench *bench = *state;
    judge(bench, 1);
    judge(bench, 11);
    assert_int_equal(bench->sensor->temperature.state, PERFADAPT_STATE_INIT);
    judge(bench, 11.5);
    assert_unknown(&bench->sensor->temperature, PERFADAPT_STATE_ERROR);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_TOO_OLD);
}

static void test_a_known_reason_is_kept(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, 60);
    perfadapt__metric_fail(&bench->sensor->temperature, PERFADAPT_STATE_ERROR);
    bench->sensor->why = PERFADAPT_WHY_VANISHED;
    judge(bench, 2);
    judge(bench, 30);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_STALE, 60);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_VANISHED);
}

static void test_implausible_for_long_stays_an_error(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, 60);
    for (int i = 2; i < 40; i++)
        reading(bench, i, 200);
    assert_unknown(&bench->sensor->temperature, PERFADAPT_STATE_ERROR);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_IMPLAUSIBLE);
}

static void test_asleep_is_left_alone(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, 60);
    bench->sensor->temperature = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_ASLEEP);
    judge(bench, 2);
    judge(bench, 100);
    assert_unknown(&bench->sensor->temperature, PERFADAPT_STATE_ASLEEP);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_NONE);
    reading(bench, 101, 40);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 40);
    assert_near(bench->sensor->steering_c, 40, 0);
}

static void test_slope_uses_real_times(void **state) {
    static const double times[] = {1, 1.1, 1.9, 2, 3.5, 3.6, 4, 4.1, 5, 5.3};
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        reading(bench, times[i], 40 + 2.5 * times[i]);
        if (times[i] >= 4) /* three seconds after the first */
            assert_near(bench->sensor->slope_c_per_s, 2.5, 1e-6);
        else
            assert_true(isnan(bench->sensor->slope_c_per_s));
    }
    judge(bench, 5.4);
    judge(bench, 5.5);
    assert_near(bench->sensor->slope_c_per_s, 2.5, 1e-6);
}

/* Ten reads a second of a sensor that moves in whole degrees: one step is no fire. */
static void test_slope_of_a_coarse_sensor(void **state) {
    struct bench *bench = *state;
    for (int i = 0; i < 600; i++) {
        reading(bench, 1 + i / 10.0, 88 + i / 30 % 2);
        if (i > 40)
            assert_near(bench->sensor->slope_c_per_s, 0, 0.5);
    }
}

static void test_slope_forgets(void **state) {
    struct bench *bench = *state;
    for (int i = 1; i <= 20; i++)
        reading(bench, i, 40 + 2 * i);
    for (int i = 21; i <= 28; i++)
        reading(bench, i, 80);
    assert_near(bench->sensor->slope_c_per_s, 0, 1e-9);
}

static void test_spike(void **state) {
    struct bench *bench = *state;
    for (int i = 1; i <= 5; i++)
        reading(bench, i, 50);
    reading(bench, 6, 75);
    assert_near(bench->sensor->steering_c, 50, 0);
    assert_near(bench->sensor->slope_c_per_s, 0, 1e-9);
    reading(bench, 7, 50);
    assert_near(bench->sensor->steering_c, 50, 0);
    assert_near(bench->sensor->slope_c_per_s, 0, 1e-9);
}

/* A die of 0.2 s does jump by 20 °C from one read to the next: the second reading confirms it. */
static void test_real_jump(void **state) {
    struct bench *bench = *state;
    for (int i = 1; i <= 5; i++)
        reading(bench, i, 35);
    reading(bench, 6, 55);
    reading(bench, 7, 56);
    assert_near(bench->sensor->steering_c, 55, 0);
    assert_true(bench->sensor->slope_c_per_s > 2);
}

static void test_gap_starts_anew(void **state) {
    struct bench *bench = *state;
    for (int i = 1; i <= 5; i++)
        reading(bench, i, 80);
    reading(bench, 60, 40);
    assert_true(isnan(bench->sensor->slope_c_per_s));
    assert_near(bench->sensor->steering_c, 40, 0);
}

/* Never believed: as good as not there, not lost. */
static void test_never_believed_has_no_time(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, -273.2);
    assert_int_equal(bench->sensor->temperature.timestamp_ns, 0);
    reading(bench, 2, 50);
    reading(bench, 3, -273.2);
    assert_true(bench->sensor->temperature.timestamp_ns != 0);
}

static void test_impossible_jump_waits_for_a_second_reading(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, 45);
    reading(bench, 2, 45.5);
    reading(bench, 3, 110);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_STALE, 45.5);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_SPIKE);
    assert_int_equal(bench->sensor->temperature.timestamp_ns, 2000000000);
    reading(bench, 4, 46);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 46);
    reading(bench, 5, 100);
    reading(bench, 6, 102);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 102);
    reading(bench, 7, 103);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 103);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_NONE);
}

/* Five degrees a second, 95 °C: a suspend that CLOCK_MONOTONIC does not count lies between this and 35 °C. */
static void test_what_was_before_a_suspend_is_forgotten(void **state) {
    struct bench *bench = *state;
    for (int second = 1; second <= 8; second++)
        reading(bench, second, 55 + 5 * second);
    assert_near(bench->sensor->slope_c_per_s, 5, 0.01);
    perfadapt__guard_resume(&bench->guard);
    reading(bench, 9, 35);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 35);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_NONE);
    assert_true(isnan(bench->sensor->slope_c_per_s));
    assert_near(bench->sensor->steering_c, 35, 0);
}

/* An unplugged device holds nothing back for ever. */
static void test_gone_for_long_is_none(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, 60);
    for (int second = 2; second <= 310; second++) {
        perfadapt__metric_fail(&bench->sensor->temperature, PERFADAPT_STATE_ERROR);
        bench->sensor->why = PERFADAPT_WHY_VANISHED;
        judge(bench, second);
        if (second == 300)
            assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_STALE, 60);
    }
    assert_unknown(&bench->sensor->temperature, PERFADAPT_STATE_ERROR);
    assert_int_equal(bench->sensor->temperature.timestamp_ns, 0);
    reading(bench, 311, 61);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 61);
}

/* A second sensor on the same chip. */
static void test_zero_beside_warmer(void **state) {
    struct bench *bench = *state;
    struct perfadapt_sensor *other = perfadapt__sensor_add(&bench->snapshot, "amdgpu/mem@pci/1", "amdgpu", "mem");
    snprintf(bench->sensor->id, sizeof bench->sensor->id, "amdgpu/edge@pci/1");
    other->temperature = perfadapt__metric_ok(0, PERFADAPT_UNIT_CELSIUS, 1000000000);
    reading(bench, 1, 48);
    assert_unknown(&other->temperature, PERFADAPT_STATE_ERROR);
    assert_int_equal(other->temperature.timestamp_ns, 0);
    assert_int_equal(other->why, PERFADAPT_WHY_ZERO);
    judge(bench, 1.5);
    assert_int_equal(other->why, PERFADAPT_WHY_ZERO);
    other->temperature = perfadapt__metric_ok(41, PERFADAPT_UNIT_CELSIUS, 2000000000);
    reading(bench, 2, 49);
    assert_metric(&other->temperature, PERFADAPT_STATE_OK, 41);
    snprintf(other->id, sizeof other->id, "amdgpu/mem@pci/2"); /* a cold one elsewhere may be cold */
    other->temperature = perfadapt__metric_ok(0, PERFADAPT_UNIT_CELSIUS, 3000000000);
    reading(bench, 3, 49);
    assert_int_equal(other->why, PERFADAPT_WHY_SPIKE);
}

/* 11 minutes at 40 °C; the load goes up and down every `load_period` seconds. */
static void run_unchanged(struct bench *bench, double high_load, int load_period) {
    for (int second = 1; second <= 660; second++) {
        const double load = second / load_period % 2 ? high_load : 0.1;
        bench->snapshot.processor.busy = perfadapt__metric_ok(load, PERFADAPT_UNIT_RATIO, (int64_t)second * 1000000000);
        reading(bench, second, 40);
    }
}

static void test_stuck_under_varying_load(void **state) {
    struct bench *bench = *state;
    run_unchanged(bench, 0.9, 120);
    assert_unknown(&bench->sensor->temperature, PERFADAPT_STATE_ERROR);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_STUCK);
    reading(bench, 661, 40);
    assert_int_equal(bench->sensor->why, PERFADAPT_WHY_STUCK);
    reading(bench, 662, 40.5);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 40.5);
}

static void test_unchanged_at_rest_is_not_stuck(void **state) {
    struct bench *bench = *state;
    run_unchanged(bench, 0.2, 120);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 40);
}

static void test_flicker_of_load_heats_nothing(void **state) {
    struct bench *bench = *state;
    bench->guard.load = 0.5; /* it has done so for long */
    run_unchanged(bench, 0.9, 1);
    assert_metric(&bench->sensor->temperature, PERFADAPT_STATE_OK, 40);
}

static void test_time_to_the_limit(void **state) {
    struct bench *bench = *state;
    reading(bench, 1, 70);
    assert_int_equal(bench->sensor->time_to_limit_ns, PERFADAPT_THROTTLE_UNKNOWN);
    for (int second = 2; second <= 8; second++)
        reading(bench, second, 69 + second);
    assert_near((double)bench->sensor->time_to_limit_ns / 1e9, 13, 0.01);
    assert_near((double)bench->sensor->confidence, 1, 0.01);
    bench->sensor->limit_source = PERFADAPT_LIMIT_TABLE;
    judge(bench, 8);
    assert_near((double)bench->sensor->confidence, 0.6, 0.01);
    for (int second = 9; second <= 20; second++)
        reading(bench, second, 77);
    assert_int_equal(bench->sensor->time_to_limit_ns, PERFADAPT_THROTTLE_NOT_FORESEEN);
    reading(bench, 21, 91);
    assert_int_equal(bench->sensor->time_to_limit_ns, 0);
    bench->sensor->limit = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED);
    judge(bench, 21);
    assert_int_equal(bench->sensor->time_to_limit_ns, PERFADAPT_THROTTLE_UNKNOWN);
    assert_near((double)bench->sensor->confidence, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_one_plausible_read_is_ok),
        TEST(test_headroom),
        TEST(test_implausible),
        TEST(test_too_old),
        TEST(test_never_read),
        TEST(test_a_known_reason_is_kept),
        TEST(test_implausible_for_long_stays_an_error),
        TEST(test_asleep_is_left_alone),
        TEST(test_slope_uses_real_times),
        TEST(test_slope_of_a_coarse_sensor),
        TEST(test_slope_forgets),
        TEST(test_spike),
        TEST(test_real_jump),
        TEST(test_gap_starts_anew),
        TEST(test_never_believed_has_no_time),
        TEST(test_impossible_jump_waits_for_a_second_reading),
        TEST(test_what_was_before_a_suspend_is_forgotten),
        TEST(test_gone_for_long_is_none),
        TEST(test_zero_beside_warmer),
        TEST(test_stuck_under_varying_load),
        TEST(test_unchanged_at_rest_is_not_stuck),
        TEST(test_flicker_of_load_heats_nothing),
        TEST(test_time_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
