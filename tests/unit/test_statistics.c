/* Frame statistics of known frames. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "publish/statistics.h"

#include <math.h>
#include <stdbool.h>

#define MS INT64_C(1000000)
#define NOW (INT64_C(100000) * MS)

static struct perfadapt_frame frames[PERFADAPT_FRAMES_MAX];
static struct perfadapt_app app;

static void fill(size_t count, int64_t period_ns) {
    for (size_t i = 0; i < count; i++)
        frames[i] = (struct perfadapt_frame){
            .number = i + 1, .end_ns = NOW - 1, .period_ns = period_ns, .cpu_ns = 4 * MS, .gpu_ns = -1};
}

static void assert_near(double value, double expected) {
    assert_true(value > expected - 1e-6 && value < expected + 1e-6);
}

static void assert_unknown(void) {
    assert_true(isnan(app.fps) && isnan(app.period_p50_ms) && isnan(app.period_p99_ms) && isnan(app.period_max_ms));
    assert_true(isnan(app.low_1_percent_fps) && isnan(app.cpu_p50_ms) && isnan(app.gpu_p50_ms));
    assert_int_equal(app.frames_late, 0);
}

static void too_few(void **state) {
    (void)state;
    fill(1, 16 * MS);
    for (size_t count = 0; count < 2; count++) {
        perfadapt__statistics_fill(frames, count, NOW, 16 * MS, &app);
        assert_int_equal(app.frames_counted, count);
        assert_unknown();
    }
}

static void steady(void **state) {
    (void)state;
    fill(600, 20 * MS);
    frames[0].period_ns = -1;
    perfadapt__statistics_fill(frames, 600, NOW, 20 * MS, &app);
    assert_int_equal(app.frames_counted, 600);
    assert_int_equal(app.frames_late, 0);
    assert_near(app.fps, 50);
    assert_near(app.period_p50_ms, 20);
    assert_near(app.period_p99_ms, 20);
    assert_near(app.period_max_ms, 20);
    assert_near(app.low_1_percent_fps, 50);
    assert_near(app.cpu_p50_ms, 4);
    assert_true(isnan(app.gpu_p50_ms));
}

/* 990 frames of 10 ms, 9 of 20 ms, 1 of 110 ms. */
static void slow_ones(void **state) {
    (void)state;
    fill(1000, 10 * MS);
    for (size_t i = 100; i < 109; i++)
        frames[i].period_ns = 20 * MS;
    frames[500].period_ns = 110 * MS;
    perfadapt__statistics_fill(frames, 1000, NOW, 10 * MS, &app);
    assert_int_equal(app.frames_late, 10);
    assert_near(app.period_p50_ms, 10);
    assert_near(app.period_p99_ms, 10); /* rank 990 */
    assert_near(app.period_max_ms, 110);
    assert_near(app.low_1_percent_fps, 10 / .290);
    assert_near(app.fps, 1000 / 10.190);
    frames[501].period_ns = 20 * MS;
    perfadapt__statistics_fill(frames, 1000, NOW, 0, &app);
    assert_near(app.period_p99_ms, 20);
    assert_int_equal(app.frames_late, 0); /* no frame time, none too late */
}

static void late_begins_beyond_five_percent(void **state) {
    (void)state;
    fill(3, 100 * MS);
    frames[1].period_ns = 105 * MS;
    frames[2].period_ns = 105 * MS + 1;
    perfadapt__statistics_fill(frames, 3, NOW, 100 * MS, &app);
    assert_int_equal(app.frames_late, 1);
    assert_near(app.low_1_percent_fps, 1e9 / (105e6 + 1)); /* the slowest one where 1 % is less */
}

static void old_frames_do_not_count(void **state) {
    (void)state;
    fill(10, 10 * MS);
    for (size_t i = 0; i < 6; i++)
        frames[i].end_ns = NOW - 10000 * MS - 1;
    frames[6].end_ns = NOW - 10000 * MS;
    perfadapt__statistics_fill(frames, 10, NOW, 10 * MS, &app);
    assert_int_equal(app.frames_counted, 4);
    perfadapt__statistics_fill(frames, 6, NOW, 10 * MS, &app);
    assert_int_equal(app.frames_counted, 0);
    assert_unknown();
}

static void gpu_times_of_some(void **state) {
    (void)state;
    fill(10, 10 * MS);
    frames[2].gpu_ns = 3 * MS;
    frames[5].gpu_ns = 9 * MS;
    frames[7].gpu_ns = 5 * MS;
    perfadapt__statistics_fill(frames, 10, NOW, 10 * MS, &app);
    assert_near(app.gpu_p50_ms, 5);
}

static void nothing_but_unknown(void **state) {
    (void)state;
    fill(10, -1);
    for (size_t i = 0; i < 10; i++)
        frames[i].cpu_ns = -1;
    perfadapt__statistics_fill(frames, 10, NOW, 10 * MS, &app);
    assert_int_equal(app.frames_counted, 10);
    assert_unknown();
    fill(10, 0);
    perfadapt__statistics_fill(frames, 10, NOW, 10 * MS, &app);
    assert_true(isnan(app.fps) && isnan(app.low_1_percent_fps)); /* not infinitely many */
    assert_near(app.period_max_ms, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_few),
        cmocka_unit_test(steady),
        cmocka_unit_test(slow_ones),
        cmocka_unit_test(late_begins_beyond_five_percent),
        cmocka_unit_test(old_frames_do_not_count),
        cmocka_unit_test(gpu_times_of_some),
        cmocka_unit_test(nothing_but_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
