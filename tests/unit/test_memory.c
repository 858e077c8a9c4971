/* The memory caps, on a model of a machine and the process on it. SPDX-License-Identifier: MIT */
#include "control/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <perfadapt/budget.h>
#include <perfadapt/monitor.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const double mib = 1024.0 * 1024.0;
static const double kernel_mib = 300;
static const double reserve_mib = 256;
static const uint32_t rungs = 8;

/* Amounts in MiB. */
struct model {
    struct perfadapt__policy policy;
    struct perfadapt__memory_control control;
    struct perfadapt__reading reading;
    struct perfadapt__caps caps;
    double total, neighbour;
    double resident;  /* of the process */
    double wanted;    /* by it, if it may */
    double stalls_at; /* available memory below which tasks stall */
    double some_us, full_us, avg10, avg60;
    double stalled_ms; /* so far, by what is available */
    uint64_t seed;
    uint32_t ticks, cuts, raises;
    bool deaf; /* the process takes no notice of what it is told */
};

static struct model model;

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static double noise_mib(double most) {
    return most * ((double)(next_random(&model.seed) % 2001) / 1000.0 - 1.0);
}

static double available_mib(void) {
    const double left = model.total - model.neighbour - model.resident - kernel_mib;
    return left > 0 ? left : 0;
}

static double told_mib(void) {
    return model.caps.memory_bytes == PERFADAPT_NO_LIMIT ? (double)INFINITY : (double)model.caps.memory_bytes / mib;
}

static void begin(double total, double neighbour, double wanted, double stalls_at) {
    memset(&model, 0, sizeof model);
    model.policy.memory_reserve_bytes = (int64_t)(reserve_mib * mib);
    perfadapt__memory_init(&model.control);
    perfadapt__reading_init(&model.reading, 1000 * SECOND);
    model.caps.memory_bytes = PERFADAPT_NO_LIMIT;
    model.total = total;
    model.neighbour = neighbour;
    model.resident = model.wanted = wanted;
    model.stalls_at = stalls_at;
    model.seed = 88172645463325252u;
    model.some_us = 1e7;
    model.full_us = 1e6;
}

/* It shrinks with a time constant of half a second and grows with one of two. */
static void live(double seconds) {
    const double goal = model.deaf || model.wanted < told_mib() ? model.wanted : told_mib();
    model.resident += (goal - model.resident) * (goal < model.resident ? seconds / 0.5 : seconds / 2);
}

static void stall(double some, double full, double seconds) {
    model.some_us += some * seconds * 1e6;
    model.full_us += full * seconds * 1e6;
    model.avg10 += (some * 100 - model.avg10) * seconds / 10;
    model.avg60 += (some * 100 - model.avg60) * seconds / 60;
}

/* The deeper available memory lies below the level, the more tasks stall. */
static void stall_for_want(double seconds) {
    const double depth = (model.stalls_at - available_mib()) / model.stalls_at;
    const double some = depth > 0 ? depth : 0;
    stall(some, depth > 0.3 ? depth - 0.3 : 0, seconds);
    model.stalled_ms += some * seconds * 1e3;
}

/* Half a second apart, and with some noise, as the sampler has them. */
static void read_amounts(void) {
    const double left = available_mib() + noise_mib(8);
    model.reading.memory_total = model.total * mib;
    model.reading.memory_available = (left > 0 ? left : 0) * mib;
    model.reading.resident = (model.resident + noise_mib(2)) * mib;
}

static void decide(void) {
    const uint64_t before = model.caps.memory_bytes;
    const uint32_t rung = model.caps.memory_rung;
    model.reading.machine_memory = (struct perfadapt__stall_reading){
        .some_us = model.some_us, .full_us = model.full_us, .some_avg10 = model.avg10, .some_avg60 = model.avg60};
    model.caps = (struct perfadapt__caps){0};
    perfadapt__memory_step(&model.control, &model.policy, &model.reading, rung, rungs, &model.caps);
    model.cuts += model.caps.memory_bytes < before && model.ticks > 1;
    model.raises += model.caps.memory_bytes > before;
}

static void tick(void) {
    live(0.1);
    stall_for_want(0.1);
    model.reading.now_ns += SECOND / 10;
    if (model.ticks++ % 5 == 0)
        read_amounts();
    decide();
}

static void run(double seconds) {
    for (int i = 0; i < (int)(seconds * 10); i++)
        tick();
}

/* Stalls that do not come of what is available. */
static void run_stalled(double some, double full, double seconds) {
    for (int i = 0; i < (int)(seconds * 10); i++) {
        stall(some, full, 0.1);
        tick();
    }
}

static bool has_reason(void) {
    return model.caps.reasons & PERFADAPT_REASON_MEMORY;
}

/* --- Pressure --- */

static void calm_machine_leaves_half_of_what_is_left(void **state) {
    (void)state;
    begin(8192, 2500, 1000, 400);
    for (int i = 0; i < 6000; i++) {
        tick();
        assert_true(told_mib() > model.resident);
        assert_true(told_mib() <= model.resident + (available_mib() - reserve_mib) / 2 + 10);
    }
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
    assert_int_equal(model.caps.memory_rung, 0);
    assert_false(has_reason());
    assert_int_equal(model.cuts + model.raises, 0); /* noise moves nothing */
}

/* The process wants 2000, and tasks stall with more than 1500. */
static void steady_pressure_is_resolved_without_oscillation(void **state) {
    (void)state;
    begin(8192, 4000, 2000, 700);
    run(10);
    model.neighbour = 8192 - kernel_mib - 700 - 1500;
    run(0.3);
    assert_true(told_mib() < 0.85 * 2000);
    assert_true(has_reason());
    run(9.7);
    const double stalled_ms = model.stalled_ms;
    assert_true(stalled_ms < 1000);
    assert_true(available_mib() > 700);
    const uint32_t moves = model.cuts + model.raises;
    run(110);
    assert_true(model.resident > 1350);
    run(7000); /* one careful try after 5, 10, 20, 40 minutes */
    assert_true(model.resident > 1440 && model.resident < 1510);
    assert_true(model.cuts + model.raises - moves <= 16);
    assert_true(model.stalled_ms - stalled_ms < 100);
    assert_int_equal(model.caps.memory_rung, 0);
}

static void pressure_that_went_is_forgotten(void **state) {
    (void)state;
    begin(8192, 4000, 2000, 700);
    run(10);
    const double calm = told_mib();
    model.neighbour = 5700;
    run(60);
    assert_true(model.resident < 1500);
    model.neighbour = 3000;
    run(120);
    assert_true(model.resident > 1990);
    assert_true(told_mib() > calm);
    assert_false(has_reason());
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
}

/* As systemd would tell it: some tasks stalled for 200 ms in 2 s. */
static void pressure_that_systemd_would_tell_of_cuts(void **state) {
    (void)state;
    begin(8192, 3500, 1000, 400);
    run(10);
    run_stalled(0.1, 0, 1);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_TIGHT);
    assert_true(told_mib() < 1000);
    assert_int_equal(model.caps.memory.signal, PERFADAPT_SIGNAL_MEMORY_PRESSURE);
    assert_true(model.caps.memory.value > model.caps.memory.limit);
    run_stalled(0.1, 0, 30);
    assert_true(told_mib() > 490 && told_mib() < 510); /* half, and no further */
    assert_int_equal(model.caps.memory_rung, 0);
}

static void everything_stalled_is_answered_at_once(void **state) {
    (void)state;
    begin(8192, 3500, 1000, 400);
    run(10);
    stall(2, 2, 0.1); /* 200 ms of it between two ticks */
    tick();
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_CRITICAL);
    assert_true(told_mib() <= 802);
}

static void short_of_memory_without_stalls_a_fifth_goes(void **state) {
    (void)state;
    begin(8192, 4000, 2000, 0);
    run(10);
    for (int i = 0; i < 4800; i++) { /* 4 MiB/s */
        model.neighbour += 0.4;
        tick();
    }
    run(600);
    assert_true(model.resident < 1750 && model.resident > 1590);
    assert_true(available_mib() > reserve_mib / 2);
    const double before = model.resident;
    run(3000);
    assert_true(model.resident > before - 20 && model.resident < before + 20);
    for (int i = 0; i < 555; i++) { /* more than a fifth can make up for */
        model.neighbour += 0.4;
        tick();
    }
    run(600);
    assert_true(model.resident > 1590);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_CRITICAL);
    assert_int_equal(model.caps.memory_rung, 0); /* no stall, no loss of quality */
}

/* --- Sudden --- */

static void neighbour_that_takes_most_of_what_is_free_is_seen_coming(void **state) {
    (void)state;
    begin(8192, 2500, 1000, 400);
    run(40);
    const double taken = 0.8 * available_mib();
    int told_at = -1;
    for (int i = 0; i < 20; i++) {
        model.neighbour += taken / 20;
        tick();
        if (told_at < 0 && told_mib() < 900)
            told_at = i;
    }
    /* The first reading below one half tells that the rest is gone in 3 s: the same tick. */
    assert_in_range(told_at, 3, 7);
    assert_true(model.stalled_ms <= 0);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_TIGHT);
    assert_int_equal(model.caps.memory.signal, PERFADAPT_SIGNAL_MEMORY_AVAILABLE);
    assert_true(model.caps.memory.forecast < model.caps.memory.limit);
    run(5);
    assert_true(model.resident > 780 && model.resident < 870);
    run(40); /* it stopped there, and nothing stalls: all of it comes back */
    assert_true(model.resident > 990);
    assert_false(has_reason());
    assert_int_equal(model.cuts, 1);
}

static void any_pace_of_ticks_sees_it(void **state) {
    (void)state;
    for (int tenths = 1; tenths <= 20; tenths++) {
        begin(8192, 2500, 1000, 400);
        run(40);
        const double taken = 0.8 * available_mib();
        const double start = model.neighbour;
        for (int passed = tenths; passed < 20 + tenths; passed += tenths) {
            model.neighbour = start + taken * (passed < 20 ? passed : 20) / 20;
            live(0.1 * tenths);
            model.reading.now_ns += tenths * SECOND / 10;
            read_amounts();
            decide();
        }
        assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_TIGHT);
        assert_true(told_mib() < 850);
    }
}

static void own_load_is_stopped_not_cut(void **state) {
    (void)state;
    begin(8192, 2500, 500, 400);
    run(40);
    model.wanted = 4800;
    model.deaf = true;
    run(2);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_TIGHT);
    assert_true(told_mib() > 1000 && told_mib() < model.resident);
}

static void own_steady_growth_is_told_a_minute_ahead(void **state) {
    (void)state;
    begin(8192, 2500, 1000, 400);
    run(40);
    model.deaf = true;
    double told_s = -1;
    for (int i = 0; i < 2000; i++) {
        model.wanted += 2;
        model.resident += 2; /* 20 MiB/s */
        tick();
        if (told_s < 0 && model.caps.memory_state == PERFADAPT_MEMORY_TIGHT) {
            told_s = (available_mib() - 0.03 * 8192) / 20;
            assert_true(has_reason());
            assert_true(model.caps.memory.forecast < 0.03 * 8192 * mib);
        }
        if (told_s < 0)
            assert_false(has_reason());
    }
    assert_true(told_s > 50 && told_s < 65);
    assert_true(told_mib() < model.resident); /* it does not grow along */
}

static void loads_and_sawteeth_are_no_steady_growth(void **state) {
    (void)state;
    begin(4096, 1500, 500, 100);
    for (int i = 0; i < 6000; i++) {
        model.wanted = i % 120 < 60 ? 500 : 900;
        tick();
        assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
    }
}

/* --- The cgroup --- */

static void set_cgroup(double limit, double current) {
    model.reading.cgroup_limit = limit * mib;
    model.reading.cgroup_current = current * mib;
}

static void cgroup_near_its_limit_gives_way_before_it_stalls(void **state) {
    (void)state;
    begin(8192, 1000, 800, 100);
    for (int i = 0; i < 1200; i++) {
        set_cgroup(1024, model.resident + 100);
        tick();
    }
    assert_true(model.resident < 820 && told_mib() < 820); /* as it was: 124 left, the reserve is 128 */
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
    for (int i = 0; i < 1200; i++) {
        set_cgroup(1024, model.resident + 180);
        tick();
        assert_true(i < 5 || i > 50 || model.caps.memory_state == PERFADAPT_MEMORY_TIGHT);
    }
    assert_true(model.resident < 730 && model.resident > 620);
    assert_true(model.stalled_ms <= 0);
    assert_int_equal(model.caps.memory.signal, PERFADAPT_SIGNAL_MEMORY_AVAILABLE);
    assert_true(model.caps.memory.limit < 110 * mib);
}

static void each_room_is_judged_by_its_own_size(void **state) {
    (void)state;
    begin(65536, 64000, 500, 10); /* 736 of 64 GiB: short, though the cgroup's half would be plenty */
    for (int i = 0; i < 50; i++) {
        set_cgroup(2048, 600);
        tick();
    }
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_TIGHT);
    begin(65536, 1000, 500, 10);
    for (int i = 0; i < 50; i++) {
        set_cgroup(9.2e18, 600); /* no limit, as version 1 says it */
        tick();
    }
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
    assert_true(told_mib() > 20000);
}

static void stalls_elsewhere_with_plenty_free_cut_nothing(void **state) {
    (void)state;
    begin(8192, 500, 500, 10);
    run(10);
    const double calm = told_mib();
    run_stalled(0.5, 0.5, 20);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_TIGHT);
    assert_true(told_mib() >= calm && told_mib() <= calm);
    assert_false(has_reason());
}

static void own_cgroups_stalls_cut_whatever_is_free(void **state) {
    (void)state;
    begin(8192, 500, 500, 10);
    run(10);
    for (int i = 0; i < 30; i++) {
        model.reading.cgroup_memory = (struct perfadapt__stall_reading){
            .some_us = 1e6 + 2e4 * i, .full_us = 1e5, .some_avg10 = 20, .some_avg60 = 20};
        tick();
    }
    assert_true(told_mib() < 450);
    assert_true(has_reason());
}

static void total_of_another_cgroup_is_no_stall(void **state) {
    (void)state;
    begin(8192, 4000, 500, 10);
    run(10);
    const double calm = told_mib();
    for (int i = 0; i < 4; i++) {
        model.some_us += i % 2 ? -500e6 : 600e6; /* ten minutes between two samples */
        model.full_us += i % 2 ? -500e6 : 600e6;
        run(3);
        assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
    }
    assert_true(told_mib() >= calm && told_mib() <= calm);
}

static void total_that_was_unreadable_for_a_while_is_no_stall(void **state) {
    (void)state;
    begin(8192, 4000, 500, 0);
    model.full_us = 9e6;
    for (int i = 0; i < 20; i++) {
        const double full_us = model.full_us;
        model.full_us = i % 2 ? full_us : (double)NAN;
        run(1);
        model.full_us = full_us;
        assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
    }
    assert_int_equal(model.cuts, 0);
}

/* --- The last resort --- */

static void lasting_stalls_take_quality_and_give_it_back(void **state) {
    (void)state;
    begin(8192, 4000, 2000, 800);
    model.deaf = true;
    run(10);
    model.neighbour = 5700;
    run(7);
    assert_int_equal(model.caps.memory_rung, 0); /* first the budget, as far as it goes */
    assert_true(told_mib() < 1010);
    run(4);
    assert_int_equal(model.caps.memory_rung, 1);
    run(8);
    assert_int_equal(model.caps.memory_rung, 3);
    run(60);
    assert_int_equal(model.caps.memory_rung, rungs - 1);
    model.neighbour = 3000;
    run(7);
    assert_int_equal(model.caps.memory_rung, rungs - 1);
    run(30);
    assert_in_range(model.caps.memory_rung, rungs - 4, rungs - 3);
    run(60);
    assert_int_equal(model.caps.memory_rung, 0);
    run(60);
    assert_false(has_reason());
}

/* --- Device memory --- */

static void decide_gpu(double used, double budget, double seconds) {
    for (int i = 0; i < (int)(seconds * 10); i++) {
        model.reading.gpu_memory_used = used * mib;
        model.reading.gpu_memory_budget = budget * mib;
        tick();
    }
}

static double gpu_told_mib(void) {
    return (double)model.caps.gpu_memory_bytes / mib;
}

static void device_memory_stays_below_its_budget(void **state) {
    (void)state;
    begin(8192, 500, 500, 10);
    run(1);
    assert_true(model.caps.gpu_memory_bytes == PERFADAPT_NO_LIMIT);
    decide_gpu(2000, 4000, 1);
    const double first = gpu_told_mib();
    assert_true(first > 3700 && first < 3900);
    assert_false(has_reason());
    for (int i = 0; i < 100; i++) { /* what drivers' budgets move by */
        decide_gpu(2000, 4000 + (i % 7) * 10 - 30, 0.1);
        assert_true(gpu_told_mib() >= first && gpu_told_mib() <= first);
    }
    decide_gpu(2000, 3000, 0.1);
    assert_true(gpu_told_mib() < 3000 * 31.0 / 32);
    decide_gpu(2000, 4000, 0.1);
    assert_true(gpu_told_mib() >= first);
    decide_gpu((double)NAN, (double)NAN, 0.1);
    assert_true(model.caps.gpu_memory_bytes == PERFADAPT_NO_LIMIT);
}

static void device_memory_beyond_its_budget_is_cut(void **state) {
    (void)state;
    begin(8192, 500, 500, 10);
    decide_gpu(3000, 4000, 10);
    decide_gpu(3000, 2800, 0.1);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_TIGHT);
    assert_true(has_reason());
    assert_int_equal(model.caps.memory.signal, PERFADAPT_SIGNAL_GPU_MEMORY);
    assert_true(model.caps.memory.value > model.caps.memory.limit);
    assert_true(gpu_told_mib() < 2800 * 0.91);
    decide_gpu(3000, 2800, 60);
    assert_true(gpu_told_mib() > 2800 * 0.73 && gpu_told_mib() < 2800 * 0.76);
    decide_gpu(2000, 1500, 1);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_CRITICAL);
    decide_gpu(1000, 4000, 200);
    assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_RELAXED);
    assert_true(gpu_told_mib() > 3500);
    assert_false(has_reason());
    assert_int_equal(model.caps.memory_rung, 0);
}

/* --- Little known, and anything at all --- */

static void nothing_known_is_no_limit(void **state) {
    (void)state;
    begin(8192, 500, 500, 10);
    for (int i = 0; i < 100; i++) {
        perfadapt__reading_init(&model.reading, model.reading.now_ns + SECOND);
        model.caps = (struct perfadapt__caps){0};
        perfadapt__memory_step(&model.control, &model.policy, &model.reading, 0, rungs, &model.caps);
        assert_true(model.caps.memory_bytes == PERFADAPT_NO_LIMIT);
        assert_true(model.caps.gpu_memory_bytes == PERFADAPT_NO_LIMIT);
        assert_int_equal(model.caps.memory_state, PERFADAPT_MEMORY_UNKNOWN);
        assert_int_equal(model.caps.memory_rung, 0);
        assert_false(has_reason());
        assert_true(model.caps.confidence <= 0);
        assert_true(isnan(model.caps.memory.value));
    }
}

static void less_available_never_allows_more(void **state) {
    (void)state;
    begin(8192, 4000, 1000, 400);
    run(60);
    uint64_t before = 0;
    for (double left = 0; left < 8192; left += 16) {
        struct perfadapt__memory_control control = model.control;
        struct perfadapt__reading reading = model.reading;
        struct perfadapt__caps caps = {0};
        reading.now_ns += SECOND / 10;
        reading.memory_available = left * mib;
        perfadapt__memory_step(&control, &model.policy, &reading, 0, rungs, &caps);
        assert_true(caps.memory_bytes >= before);
        before = caps.memory_bytes;
    }
}

static double any_number(uint64_t *seed) {
    static const double some[] = {
        0, -1, 1, 1e6, 1e9, 8.5e9, 1e18, 1e300, -1e9, -1e300, (double)NAN, (double)INFINITY, 9.2e18};
    const uint64_t choice = next_random(seed) % 32;
    if (choice < sizeof some / sizeof some[0])
        return some[choice];
    return (double)(next_random(seed) >> (next_random(seed) % 64));
}

static void any_reading(struct perfadapt__reading *reading, uint64_t *seed, bool wild) {
    double *const numbers[] = {
        &reading->machine_memory.some_us,
        &reading->machine_memory.full_us,
        &reading->machine_memory.some_avg10,
        &reading->machine_memory.some_avg60,
        &reading->cgroup_memory.some_us,
        &reading->cgroup_memory.full_us,
        &reading->cgroup_memory.some_avg10,
        &reading->cgroup_memory.some_avg60,
        &reading->memory_total,
        &reading->memory_available,
        &reading->cgroup_limit,
        &reading->cgroup_current,
        &reading->resident,
        &reading->gpu_memory_used,
        &reading->gpu_memory_budget,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (next_random(seed) % 4 == 0)
            *numbers[i] = any_number(seed);
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    if (wild && next_random(seed) % 16 == 0)
        reading->now_ns = times[next_random(seed) % 5];
    else if (reading->now_ns > -SECOND && reading->now_ns < INT64_MAX / 2)
        reading->now_ns += (int64_t)(next_random(seed) % (3 * SECOND)) - SECOND / 2; /* at times backwards */
}

static void assert_number(double value) {
    assert_true(isnan(value) || (value >= 0 && value <= 1e18));
}

static void assert_bounded(const struct perfadapt__caps *caps) {
    assert_true(caps->memory_rung < rungs);
    assert_true(caps->memory_state <= PERFADAPT_MEMORY_CRITICAL);
    assert_true(caps->memory_bytes >= 1 && caps->gpu_memory_bytes >= 1);
    assert_true(caps->memory_bytes == PERFADAPT_NO_LIMIT || caps->memory_bytes <= (uint64_t)2e18);
    assert_true(caps->gpu_memory_bytes == PERFADAPT_NO_LIMIT || caps->gpu_memory_bytes <= (uint64_t)1e18);
    assert_true(caps->confidence >= 0 && caps->confidence <= 0.31F);
    assert_int_equal(caps->reasons & ~(uint32_t)PERFADAPT_REASON_MEMORY, 0);
    assert_number(caps->memory.value);
    assert_number(caps->memory.limit);
    assert_number(caps->memory.forecast);
}

static void anything_gives_something_bounded_and_the_same_twice(void **state) {
    (void)state;
    for (uint64_t number = 1; number <= 4000; number++) {
        struct perfadapt__caps last[2];
        for (int again = 0; again < 2; again++) {
            uint64_t seed = number * UINT64_C(0x9e3779b97f4a7c15);
            begin(8192, 4000, 1000, 400);
            run(1);
            model.policy.memory_reserve_bytes = (int64_t)next_random(&seed) >> (next_random(&seed) % 64);
            for (int i = 0; i < 40; i++) {
                any_reading(&model.reading, &seed, number % 2);
                struct perfadapt__caps caps = {0};
                perfadapt__memory_step(&model.control, &model.policy, &model.reading,
                                       (uint32_t)(next_random(&seed) % rungs), rungs, &caps);
                assert_bounded(&caps);
                last[again] = caps;
            }
        }
        assert_memory_equal(&last[0], &last[1], sizeof last[0]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calm_machine_leaves_half_of_what_is_left),
        cmocka_unit_test(steady_pressure_is_resolved_without_oscillation),
        cmocka_unit_test(pressure_that_went_is_forgotten),
        cmocka_unit_test(pressure_that_systemd_would_tell_of_cuts),
        cmocka_unit_test(everything_stalled_is_answered_at_once),
        cmocka_unit_test(short_of_memory_without_stalls_a_fifth_goes),
        cmocka_unit_test(neighbour_that_takes_most_of_what_is_free_is_seen_coming),
        cmocka_unit_test(any_pace_of_ticks_sees_it),
        cmocka_unit_test(own_load_is_stopped_not_cut),
        cmocka_unit_test(own_steady_growth_is_told_a_minute_ahead),
        cmocka_unit_test(loads_and_sawteeth_are_no_steady_growth),
        cmocka_unit_test(cgroup_near_its_limit_gives_way_before_it_stalls),
        cmocka_unit_test(each_room_is_judged_by_its_own_size),
        cmocka_unit_test(stalls_elsewhere_with_plenty_free_cut_nothing),
        cmocka_unit_test(own_cgroups_stalls_cut_whatever_is_free),
        cmocka_unit_test(total_of_another_cgroup_is_no_stall),
        cmocka_unit_test(total_that_was_unreadable_for_a_while_is_no_stall),
        cmocka_unit_test(lasting_stalls_take_quality_and_give_it_back),
        cmocka_unit_test(device_memory_stays_below_its_budget),
        cmocka_unit_test(device_memory_beyond_its_budget_is_cut),
        cmocka_unit_test(nothing_known_is_no_limit),
        cmocka_unit_test(less_available_never_allows_more),
        cmocka_unit_test(anything_gives_something_bounded_and_the_same_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
