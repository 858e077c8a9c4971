/* When each source is read. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "sampler/schedule.h"

#include <math.h>

#define MS INT64_C(1000000)

static const struct perfadapt__provider_class thermal = {
    .period_ns = 1000 * MS, .fast_period_ns = 100 * MS, .slow_when_cool = true};
static const struct perfadapt__provider_class pressure = {
    .period_ns = 1000 * MS, .fast_period_ns = 100 * MS, .fast_with_frames = true};
static const struct perfadapt__provider_class device = {
    .period_ns = 1000 * MS, .fast_period_ns = 500 * MS, .asks_devices = true};

static void test_faster_near_a_limit(void **state) {
    (void)state;
    struct perfadapt__activity activity = perfadapt__schedule_rest();
    assert_int_equal(perfadapt__schedule_period_ns(&thermal, &activity), 1000 * MS);
    activity.frames_flow = true;
    assert_int_equal(perfadapt__schedule_period_ns(&thermal, &activity), 1000 * MS);
    assert_int_equal(perfadapt__schedule_period_ns(&pressure, &activity), 100 * MS);
    activity = (struct perfadapt__activity){.near_limit = true};
    assert_int_equal(perfadapt__schedule_period_ns(&thermal, &activity), 100 * MS);
    assert_int_equal(perfadapt__schedule_period_ns(&pressure, &activity), 1000 * MS);
}

static void test_slower_when_cool(void **state) {
    (void)state;
    struct perfadapt__activity activity = {.cool = true};
    assert_int_equal(perfadapt__schedule_period_ns(&thermal, &activity), 2000 * MS);
    assert_int_equal(perfadapt__schedule_period_ns(&pressure, &activity), 1000 * MS);
    activity.frames_flow = true;
    assert_int_equal(perfadapt__schedule_period_ns(&thermal, &activity), 1000 * MS);
}

static void test_slow_devices_are_asked_less(void **state) {
    (void)state;
    const struct perfadapt__activity rest = perfadapt__schedule_rest();
    assert_int_equal(perfadapt__schedule_due_ns(&device, &rest, 7, 5 * MS), 7 + 1000 * MS);
    assert_int_equal(perfadapt__schedule_due_ns(&device, &rest, 7, 20 * MS), 7 + 2000 * MS);
    assert_int_equal(perfadapt__schedule_due_ns(&device, &rest, 7, 400 * MS), 7 + 5000 * MS);
    assert_int_equal(perfadapt__schedule_due_ns(&device, &rest, 7, INT64_MAX), 7 + 5000 * MS);
    /* Files of the kernel alone: what took long was the machine being busy. */
    assert_int_equal(perfadapt__schedule_due_ns(&pressure, &rest, 7, 400 * MS), 7 + 1000 * MS);
}

static void test_joined(void **state) {
    (void)state;
    const struct perfadapt__activity one = {.frames_flow = true, .gpu_busy = 0.7};
    const struct perfadapt__activity other = {.near_limit = true, .gpu_busy = 0.6};
    const struct perfadapt__activity both = perfadapt__schedule_join(one, other);
    assert_true(both.frames_flow && both.near_limit);
    assert_true(both.gpu_busy >= 1.0 && both.gpu_busy <= 1.0);
    assert_true(isnan(perfadapt__schedule_join(perfadapt__schedule_rest(), perfadapt__schedule_rest()).gpu_busy));
    assert_true(perfadapt__schedule_join(perfadapt__schedule_rest(), other).gpu_busy <= 0.6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faster_near_a_limit),
        cmocka_unit_test(test_slower_when_cool),
        cmocka_unit_test(test_slow_devices_are_asked_less),
        cmocka_unit_test(test_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
