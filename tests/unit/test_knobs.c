/* Frames in flight and worker threads. SPDX-License-Identifier: MIT */
#include "control/knobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

struct session {
    struct perfadapt__policy policy;
    struct perfadapt__ladder ladder;
    struct perfadapt__knobs knobs;
    struct perfadapt__reading reading;
    struct perfadapt__frame_statistics frames;
    struct perfadapt__caps caps;
    double cpu_some_us;
};

static struct session session;

static void begin(uint32_t frames_in_flight, uint32_t worker_threads) {
    memset(&session, 0, sizeof session);
    session.policy.frames_in_flight = frames_in_flight;
    session.policy.worker_threads = worker_threads;
    session.ladder.count = 2;
    session.ladder.rungs[0].frame_ns = 10 * MS;
    session.ladder.rungs[1].frame_ns = 20 * MS;
    session.reading.now_ns = 100 * SECOND;
    session.reading.cpu_some_us = (double)NAN;
    session.reading.cpu_quota = (double)NAN;
    session.cpu_some_us = 5e6;
    perfadapt__knobs_init(&session.knobs, &session.policy);
}

static void step(void) {
    perfadapt__knobs_step(&session.knobs, &session.policy, &session.ladder, &session.reading, &session.frames,
                          &session.caps);
}

static void run(double period_ms, double cpu_ms, double gpu_ms, int tenths) {
    for (int i = 0; i < tenths; i++) {
        session.reading.now_ns += SECOND / 10;
        session.frames.last_frame_ns = session.reading.now_ns - 5 * MS;
        session.frames.period_ns = period_ms * 1e6;
        session.frames.cpu_ns = cpu_ms * 1e6;
        session.frames.gpu_ns = gpu_ms * 1e6;
        step();
    }
}

/* Tasks wait for a CPU for that share of the time. */
static void wait_for_cpu(double share, int tenths) {
    for (int i = 0; i < tenths; i++) {
        session.reading.now_ns += SECOND / 10;
        session.cpu_some_us += share * 1e5;
        session.reading.cpu_some_us = session.cpu_some_us;
        step();
    }
}

/* --- Frames in flight --- */

static void preset_is_kept_within_its_bounds(void **state) {
    (void)state;
    static const uint32_t cases[][2] = {{0, 1}, {1, 1}, {2, 2}, {3, 3}, {8, 8}, {9, 8}, {UINT32_MAX, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(cases[i][0], 1);
        assert_int_equal(session.knobs.frames_in_flight, cases[i][1]);
        step();
        assert_int_equal(session.caps.frames_in_flight, cases[i][1]);
    }
}

static void serialised_pipeline_gets_one_more(void **state) {
    (void)state;
    begin(2, 1);
    run(14, 6, 8, 20);
    assert_int_equal(session.caps.frames_in_flight, 2);
    run(14, 6, 8, 1);
    assert_int_equal(session.caps.frames_in_flight, 3);
    /* Now they overlap, and frames are on time because of it: it stays. */
    run(10, 6, 8, 1000);
    assert_int_equal(session.caps.frames_in_flight, 3);
    run(10, 4, 4, 299);
    assert_int_equal(session.caps.frames_in_flight, 3);
    run(10, 4, 4, 2);
    assert_int_equal(session.caps.frames_in_flight, 2);
    run(10, 4, 4, 1000);
    assert_int_equal(session.caps.frames_in_flight, 2);
}

static void never_above_three_unless_the_preset_is(void **state) {
    (void)state;
    static const uint32_t cases[][2] = {{1, 2}, {2, 3}, {3, 3}, {4, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(cases[i][0], 1);
        run(14, 6, 8, 30);
        assert_int_equal(session.caps.frames_in_flight, cases[i][1]);
    }
}

static void frames_that_are_late_for_another_reason_get_none(void **state) {
    (void)state;
    static const double cases[][3] = {
        {14, 2, 13},  /* the GPU's */
        {14, 13, 2},  /* the CPU's */
        {14, 3, 3},   /* neither's: something else waits */
        {10.2, 6, 8}, /* on time */
        {14, 0, 13},  /* unknown */
        {14, 6, 0},   {14, (double)NAN, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(2, 1);
        run(cases[i][0], cases[i][1], cases[i][2], 100);
        assert_int_equal(session.caps.frames_in_flight, 2);
    }
}

static void frame_time_is_that_of_the_rung_in_force(void **state) {
    (void)state;
    begin(2, 1);
    session.frames.rung = 1;
    run(14, 6, 8, 100);
    assert_int_equal(session.caps.frames_in_flight, 2);
    session.frames.rung = UINT32_MAX; /* beyond the ladder: its last */
    run(25, 12, 13, 30);
    assert_int_equal(session.caps.frames_in_flight, 3);
    begin(2, 1);
    session.ladder.rungs[0].frame_ns = 0; /* no target: nothing is late */
    run(14, 6, 8, 100);
    assert_int_equal(session.caps.frames_in_flight, 2);
}

static void old_frames_say_nothing(void **state) {
    (void)state;
    begin(2, 1);
    run(14, 6, 8, 5);
    session.reading.now_ns += 60 * SECOND;
    step();
    session.reading.now_ns += 60 * SECOND;
    step();
    assert_int_equal(session.caps.frames_in_flight, 2);
}

static void load_that_swings_does_not_flap(void **state) {
    (void)state;
    begin(2, 1);
    uint32_t changes = 0;
    for (int i = 0; i < 60; i++) {
        const uint32_t before = session.knobs.frames_in_flight;
        const bool extra = session.knobs.extra_frames;
        if (i % 2)
            run(extra ? 10 : 14, 6, 8, 60);
        else
            run(10, 4, 4, 60);
        changes += session.knobs.frames_in_flight != before;
    }
    assert_int_equal(changes, 1);
}

static void short_memory_leaves_two(void **state) {
    (void)state;
    begin(3, 1);
    session.caps.memory_state = PERFADAPT_MEMORY_TIGHT;
    step();
    assert_int_equal(session.caps.frames_in_flight, 3); /* others are short of it */
    session.caps.reasons = PERFADAPT_REASON_MEMORY;
    step();
    assert_int_equal(session.caps.frames_in_flight, 2);
    session.caps.memory_state = PERFADAPT_MEMORY_RELAXED;
    step();
    assert_int_equal(session.caps.frames_in_flight, 3);
    begin(1, 1);
    session.caps.memory_state = PERFADAPT_MEMORY_CRITICAL;
    session.caps.reasons = PERFADAPT_REASON_MEMORY;
    run(14, 6, 8, 30);
    assert_int_equal(session.caps.frames_in_flight, 2);
}

/* --- Worker threads --- */

static void quota_and_role_bound_the_threads(void **state) {
    (void)state;
    static const struct {
        uint32_t preset, role;
        double quota;
        uint32_t expected;
    } cases[] = {
        {8, PERFADAPT_ROLE_INTERACTIVE, (double)NAN, 8},
        {8, PERFADAPT_ROLE_EXPORT, 2.5, 3},
        {8, PERFADAPT_ROLE_INTERACTIVE, 2.0, 2},
        {8, PERFADAPT_ROLE_INTERACTIVE, 0.1, 1},
        {8, PERFADAPT_ROLE_INTERACTIVE, 100, 8},
        {8, PERFADAPT_ROLE_INTERACTIVE, 0, 8},
        {8, PERFADAPT_ROLE_INTERACTIVE, -3, 8},
        {8, PERFADAPT_ROLE_INTERACTIVE, (double)INFINITY, 8},
        {8, PERFADAPT_ROLE_BACKGROUND, (double)NAN, 4},
        {8, PERFADAPT_ROLE_BACKGROUND, 3, 1},
        {1, PERFADAPT_ROLE_BACKGROUND, (double)NAN, 1},
        {0, PERFADAPT_ROLE_INTERACTIVE, (double)NAN, 1},
        {UINT32_MAX, 0, (double)NAN, 1024},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(2, cases[i].preset);
        session.policy.role = cases[i].role;
        session.reading.cpu_quota = cases[i].quota;
        step();
        assert_int_equal(session.caps.worker_threads, cases[i].expected);
    }
}

static void waiting_for_a_cpu_takes_threads_off_and_gives_them_back(void **state) {
    (void)state;
    begin(2, 8);
    wait_for_cpu(0, 100);
    assert_int_equal(session.caps.worker_threads, 8);
    wait_for_cpu(0.5, 20);
    assert_int_equal(session.caps.worker_threads, 8);
    wait_for_cpu(0.5, 20);
    assert_int_equal(session.caps.worker_threads, 7);
    wait_for_cpu(0.5, 50);
    assert_int_equal(session.caps.worker_threads, 6);
    wait_for_cpu(0.5, 1000);
    assert_int_equal(session.caps.worker_threads, 4);
    wait_for_cpu(0.1, 1000); /* between the two thresholds */
    assert_int_equal(session.caps.worker_threads, 4);
    wait_for_cpu(0.01, 95);
    assert_int_equal(session.caps.worker_threads, 4);
    wait_for_cpu(0.01, 20);
    assert_int_equal(session.caps.worker_threads, 5);
    wait_for_cpu(0.01, 300);
    assert_int_equal(session.caps.worker_threads, 8);
}

static void short_burst_takes_none_off(void **state) {
    (void)state;
    begin(2, 8);
    for (int i = 0; i < 50; i++) {
        wait_for_cpu(0.9, 9);
        wait_for_cpu(0, 30);
    }
    assert_int_equal(session.caps.worker_threads, 8);
}

static void total_of_something_else_is_no_wait(void **state) {
    (void)state;
    begin(2, 8);
    for (int i = 0; i < 100; i++) {
        wait_for_cpu(0, 10);
        session.cpu_some_us += i % 2 ? 600e6 : -500e6;
    }
    assert_int_equal(session.caps.worker_threads, 8);
}

static void quota_that_shrinks_counts_at_once(void **state) {
    (void)state;
    begin(2, 8);
    wait_for_cpu(0.5, 1000);
    assert_int_equal(session.caps.worker_threads, 4);
    session.reading.cpu_quota = 2;
    step();
    assert_int_equal(session.caps.worker_threads, 1);
    session.reading.cpu_quota = (double)NAN;
    step();
    assert_int_equal(session.caps.worker_threads, 7);
}

/* --- Anything at all --- */

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static double any_number(uint64_t *seed) {
    static const double some[] = {0, -1, 1, 5e6, 2e7, 1e300, -1e300, (double)NAN, (double)INFINITY, -(double)INFINITY};
    const uint64_t choice = next_random(seed) % 16;
    return choice < 10 ? some[choice] : (double)(next_random(seed) % 20000000);
}

static int64_t any_time(uint64_t *seed) {
    static const int64_t some[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    const uint64_t choice = next_random(seed) % 8;
    return choice < 5 ? some[choice] : (int64_t)(next_random(seed) >> (next_random(seed) % 40));
}

static void anything_gives_something_bounded(void **state) {
    (void)state;
    for (uint64_t run_number = 1; run_number <= 3000; run_number++) {
        uint64_t seed = run_number * UINT64_C(0x9e3779b97f4a7c15);
        begin((uint32_t)next_random(&seed), (uint32_t)(next_random(&seed) >> (next_random(&seed) % 64)));
        session.policy.role = (uint32_t)(next_random(&seed) % 4);
        session.ladder.count = (uint32_t)(next_random(&seed) % 80);
        for (int i = 0; i < 30; i++) {
            session.ladder.rungs[0].frame_ns = any_time(&seed);
            session.frames.rung = (uint32_t)next_random(&seed);
            session.reading.now_ns = any_time(&seed);
            session.reading.cpu_some_us = any_number(&seed);
            session.reading.cpu_quota = any_number(&seed);
            session.frames.last_frame_ns = any_time(&seed);
            session.frames.period_ns = any_number(&seed);
            session.frames.cpu_ns = any_number(&seed);
            session.frames.gpu_ns = any_number(&seed);
            session.caps.memory_state = (uint32_t)(next_random(&seed) % 5);
            session.caps.reasons = (uint32_t)next_random(&seed);
            step();
            assert_in_range(session.caps.frames_in_flight, 1, 8);
            assert_in_range(session.caps.worker_threads, 1, 1024);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preset_is_kept_within_its_bounds),
        cmocka_unit_test(serialised_pipeline_gets_one_more),
        cmocka_unit_test(never_above_three_unless_the_preset_is),
        cmocka_unit_test(frames_that_are_late_for_another_reason_get_none),
        cmocka_unit_test(frame_time_is_that_of_the_rung_in_force),
        cmocka_unit_test(old_frames_say_nothing),
        cmocka_unit_test(load_that_swings_does_not_flap),
        cmocka_unit_test(short_memory_leaves_two),
        cmocka_unit_test(quota_and_role_bound_the_threads),
        cmocka_unit_test(waiting_for_a_cpu_takes_threads_off_and_gives_them_back),
        cmocka_unit_test(short_burst_takes_none_off),
        cmocka_unit_test(total_of_something_else_is_no_wait),
        cmocka_unit_test(quota_that_shrinks_counts_at_once),
        cmocka_unit_test(anything_gives_something_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
