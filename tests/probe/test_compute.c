/* Lines through what libsensors makes of values. SPDX-License-Identifier: MIT */
#include "probe/compute.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define FIT(...)                                                                                                       \
    probe_compute_fit((const struct probe_point[])__VA_ARGS__,                                                         \
                      sizeof((const struct probe_point[])__VA_ARGS__) / sizeof(struct probe_point))

static void assert_near(double value, double expected) {
    if (!(fabs(value - expected) < 1e-9))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void assert_line(struct probe_compute compute, enum probe_fit fit, double scale, double offset_c) {
    assert_int_equal(compute.fit, fit);
    assert_near(compute.scale, scale);
    assert_near(compute.offset_c, offset_c);
}

static void test_lines(void **state) {
    (void)state;
    assert_line(FIT({{10, 15}, {20, 25}, {90, 95}}), PROBE_FIT_LINE, 1, 5);
    assert_line(FIT({{20, 38}, {-10, -16}, {90, 164}}), PROBE_FIT_LINE, 1.8, 2);
    assert_line(FIT({{10, 90}, {20, 80}, {30, 70}}), PROBE_FIT_LINE, -1, 100);
    assert_line(FIT({{10, 20}, {20, 40}}), PROBE_FIT_TWO_POINTS, 2, 0);
    assert_line(FIT({{10, 11.5}}), PROBE_FIT_ONE_POINT, 1, 1.5);
}

/* Equal values, as of limits that were never set, say nothing of the slope. */
static void test_same_point_twice(void **state) {
    (void)state;
    const struct probe_compute compute = FIT({{10, 12}, {10, 12}, {10, 12}});
    assert_line(compute, PROBE_FIT_ONE_POINT, 1, 2);
    assert_int_equal(compute.points, 1);
    assert_line(FIT({{10, 12}, {10, 12}, {20, 24}}), PROBE_FIT_TWO_POINTS, 1.2, 0);
}

static void test_identity(void **state) {
    (void)state;
    assert_line(FIT({{10, 10}}), PROBE_FIT_IDENTITY, 1, 0);
    assert_line(FIT({{10, 10}, {45.85, 45.85}, {0, 0}}), PROBE_FIT_IDENTITY, 1, 0);
    const struct probe_compute compute = FIT({{10, 10}});
    assert_false(probe_compute_says_something(&compute));
}

static void test_nothing_known(void **state) {
    (void)state;
    const struct probe_compute compute = probe_compute_fit(NULL, 0);
    assert_int_equal(compute.fit, PROBE_FIT_NONE);
    assert_true(isnan(compute.scale) && isnan(compute.offset_c));
    assert_false(probe_compute_says_something(&compute));
}

static void test_not_linear(void **state) {
    (void)state;
    const struct probe_compute square = FIT({{10, 100}, {20, 400}, {30, 900}});
    assert_int_equal(square.fit, PROBE_FIT_NOT_LINEAR);
    assert_true(isnan(square.scale));
    assert_false(probe_compute_says_something(&square));
    const struct probe_compute torn = FIT({{10, 20}, {10, 21}, {20, 40}}); /* one raw value, two results */
    assert_int_equal(torn.fit, PROBE_FIT_NOT_LINEAR);
}

/* What the sensor map would refuse is not written there. */
static void test_out_of_range(void **state) {
    (void)state;
    const struct probe_compute constant = FIT({{10, 42}, {20, 42}, {30, 42}});
    assert_int_equal(constant.fit, PROBE_FIT_OUT_OF_RANGE);
    assert_false(probe_compute_says_something(&constant));
    assert_int_equal(FIT({{10, 20000}, {20, 40000}}).fit, PROBE_FIT_OUT_OF_RANGE);
    assert_int_equal(FIT({{10, 611}, {20, 621}}).fit, PROBE_FIT_OUT_OF_RANGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_same_point_twice),
        cmocka_unit_test(test_identity),   cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_not_linear), cmocka_unit_test(test_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
