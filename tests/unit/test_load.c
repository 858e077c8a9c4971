/* What frames are taken for: lateness, the clock below them, what each level costs. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_loop.h"

#include <math.h>
#include <perfadapt/monitor.h>

/* --- Frames --- */

static void light_load_reaches_the_best_quality(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 8, 15);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    assert_int_equal(loop_budget(&loop)->reasons, 0);
    assert_int_equal(loop_budget(&loop)->bottleneck, PERFADAPT_BOTTLENECK_VSYNC);
}

static void heavy_load_is_cut_within_a_few_frames(void **state) {
    (void)state;
    for (int late = 0; late <= 3; late++) {
        struct loop loop;
        loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
        loop.gpu_late = late;
        loop_run(&loop, 12, 30);
        assert_int_equal(loop_budget(&loop)->quality, 6);
        for (int i = 0; i < 10 + late; i++)
            loop_frame(&loop, 24);
        assert_true(24 * loop_true_cost(&loop) <= 1.05 * 1000.0 / 60);
        assert_true(loop_budget(&loop)->reasons & PERFADAPT_REASON_FRAME_LATE);
        const struct perfadapt_decision *decision = &loop.decider.arbiter.decision;
        assert_int_equal(decision->signal, PERFADAPT_SIGNAL_FRAME_TIME);
        assert_true(decision->value > decision->limit && decision->forecast < decision->value);
        assert_true(decision->value > 23 && decision->value < 25);
    }
}

static void without_gpu_times_the_cpus_count(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.gpu_late = -1;
    loop.cpu_ms = 5;
    loop_run(&loop, 5, 60);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    const float confidence = loop_budget(&loop)->confidence;
    assert_true(confidence > 0 && confidence < 1);
    loop.cpu_ms = 25;
    loop_run(&loop, 5, 2);
    assert_true(loop_budget(&loop)->quality < 6);
    assert_int_equal(loop_budget(&loop)->bottleneck, PERFADAPT_BOTTLENECK_CPU);
}

static void steady_load_between_two_levels_does_not_flip(void **state) {
    (void)state;
    for (int noisy = 0; noisy <= 1; noisy++) {
        struct loop loop;
        loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
        loop.gpu_late = 1;
        loop.noise = 0.08 * noisy;
        loop_run(&loop, 19, 60);
        const uint32_t before = loop.decisions;
        loop_run(&loop, 19, 300);
        assert_true(loop.decisions - before <= 4);
        assert_in_range(loop_budget(&loop)->quality, 3, 5);
        assert_true(loop_budget(&loop)->reasons & (PERFADAPT_REASON_FRAME_COST | PERFADAPT_REASON_FRAME_LATE));
    }
}

static void single_hitch_changes_nothing(void **state) {
    (void)state;
    for (int late = 0; late <= 3; late++) {
        struct loop loop;
        loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
        loop.gpu_late = late;
        loop_run(&loop, 12, 30);
        const uint32_t before = loop.decisions;
        for (int i = 0; i < 5; i++) {
            loop_frame(&loop, 120);
            loop_run(&loop, 12, 5);
        }
        assert_int_equal(loop.decisions, before);
    }
}

/* How far it falls is told by what most frames take, not by the one that came just then. */
static void hitch_amid_overload_does_not_set_the_depth(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 12, 30);
    while (loop.falls == 0 && loop.decider.frame.late < 0.2)
        loop_frame(&loop, 19);
    assert_int_equal(loop.falls, 0);
    loop_frame(&loop, 200);
    assert_int_equal(loop.falls, 1);
    assert_in_range(loop_budget(&loop)->quality, 4, 5);
}

static void without_room_in_quality_the_frame_rate_gives_way(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 3, PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_FRAME_NS);
    loop_run(&loop, 36, 5);
    assert_int_equal(loop_budget(&loop)->quality, 0);
    assert_true(loop_budget(&loop)->frame_ns > loop.decider.policy.target_frame_ns);
    const double gpu_ms = 36 * loop_true_cost(&loop);
    assert_true((double)loop_budget(&loop)->frame_ns * 1.05e-6 >= gpu_ms);
    loop_run(&loop, 19, 120);
    assert_int_equal(loop_budget(&loop)->frame_ns, loop.decider.policy.target_frame_ns);
}

static void export_without_a_target_is_never_late(void **state) {
    (void)state;
    struct perfadapt__policy policy = loop_policy(5, LOOP_ALL_OUTPUTS);
    policy.target_frame_ns = 0;
    policy.role = PERFADAPT_ROLE_EXPORT;
    struct loop loop;
    loop_init(&loop, &policy);
    loop_run(&loop, 300, 60);
    assert_int_equal(loop_budget(&loop)->quality, 4);
    assert_true(loop_budget(&loop)->render_scale >= 1.0F);
    assert_int_equal(loop_budget(&loop)->frame_ns, 0);
    assert_int_equal(loop_budget(&loop)->reasons, 0);
    assert_int_equal(loop.falls, 0);
}

/* Frames so slow that the idle step runs between each of them and its GPU time. */
static void gpu_times_older_than_an_idle_step_count(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 5, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 8, 30);
    assert_int_equal(loop_budget(&loop)->quality, 4);
    for (int i = 0; i < 20; i++) {
        loop.now_ns += 450 * MS;
        const struct perfadapt__frame_input done = {.kind = PERFADAPT__FRAME_DONE,
                                                    .quality = loop_budget(&loop)->quality,
                                                    .frame = ++loop.frame,
                                                    .now_ns = loop.now_ns,
                                                    .cpu_ns = MS,
                                                    .period_ns = 450 * MS,
                                                    .gpu_ns = -1,
                                                    .render_scale = 1};
        loop_step(&loop, &done);
        const struct perfadapt__frame_input idle = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = loop.now_ns + 300 * MS};
        loop_step(&loop, &idle);
        const struct perfadapt__frame_input gpu = {
            .kind = PERFADAPT__FRAME_GPU, .frame = loop.frame, .now_ns = loop.now_ns, .gpu_ns = 440 * MS};
        loop_step(&loop, &gpu);
    }
    assert_int_equal(loop_budget(&loop)->quality, 0);
    assert_int_equal(loop_budget(&loop)->bottleneck, PERFADAPT_BOTTLENECK_GPU);
}

static void cpu_bound_frames_cost_no_quality(void **state) {
    (void)state;
    for (uint32_t outputs = 1; outputs <= LOOP_ALL_OUTPUTS; outputs++) {
        struct loop loop;
        loop_init_simple(&loop, 7, outputs);
        loop_run(&loop, 5, 40);
        const struct perfadapt_budget best = *loop_budget(&loop);
        loop.cpu_ms = 23;
        loop_run(&loop, 5, 60);
        const struct perfadapt_budget *budget = loop_budget(&loop);
        assert_int_equal(budget->quality, best.quality);
        assert_true(budget->render_scale >= best.render_scale);
        assert_int_equal(budget->bottleneck, PERFADAPT_BOTTLENECK_CPU);
        if (outputs & PERFADAPT_OUTPUT_FRAME_NS) {
            assert_true((double)budget->frame_ns * 1.05e-6 >= 23 && budget->frame_ns <= 26 * MS);
            assert_true(budget->reasons & PERFADAPT_REASON_FRAME_COST);
        } else {
            assert_int_equal(budget->frame_ns, best.frame_ns);
        }
        loop.cpu_ms = 4;
        loop_run(&loop, 5, 40);
        assert_int_equal(loop_budget(&loop)->frame_ns, best.frame_ns);
    }
}

/* A pipeline is compiled, a scene begins: slow frames that were announced say nothing of the load. */
static void marked_frames_are_left_out(void **state) {
    (void)state;
    static const enum perfadapt_event events[] = {PERFADAPT_EVENT_SHADER_COMPILE, PERFADAPT_EVENT_SCENE_CUT};
    for (int late = 0; late <= 3; late++)
        for (size_t k = 0; k < 2; k++) {
            struct loop loop;
            loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
            loop.gpu_late = late;
            loop_run(&loop, 12, 30);
            const struct loop before = loop;
            loop_report(&loop, events[k], 6);
            for (int i = 0; i < 6; i++)
                loop_frame(&loop, 60);
            loop_run(&loop, 12, 5);
            assert_int_equal(loop.decisions, before.decisions);
            assert_int_equal(loop_budget(&loop)->quality, 6);
            /* Unannounced they are overload. */
            loop = before;
            for (int i = 0; i < 6; i++)
                loop_frame(&loop, 60);
            loop_run(&loop, 12, 0.2);
            assert_true(loop.decisions > before.decisions);
        }
}

static void tell_clock(struct loop *loop, double share) {
    loop->clock = share;
    loop->reading.clock_mhz = 2000 * share;
    loop->reading.clock_max_mhz = 2000;
    loop->reading.throttle = PERFADAPT_THROTTLING_NONE;
}

/* A GPU that idled down draws the first frames slowly, then raises its clock; whenever the ticks come. */
static void clock_that_ramps_up_is_no_overload(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    tell_clock(&loop, 1);
    loop_run(&loop, 12, 30);
    assert_int_equal(loop_budget(&loop)->quality, 6);
    for (int i = 0; i < 20; i++) {
        tell_clock(&loop, 0.4);
        loop_run(&loop, 5, 20.05);
        const uint32_t falls = loop.falls;
        loop_run(&loop, 12, 0.1 * i);
        tell_clock(&loop, 1);
        loop_run(&loop, 12, 20);
        assert_int_equal(loop.falls, falls);
        assert_int_equal(loop_budget(&loop)->quality, 6);
    }
}

static void clock_that_stays_low_under_load_is_the_real_one(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    tell_clock(&loop, 1);
    loop_run(&loop, 12, 30);
    tell_clock(&loop, 0.5);
    loop_run(&loop, 12, 20);
    assert_true(loop_budget(&loop)->quality < 6);
    assert_true(12 * loop_true_cost(&loop) / 0.5 <= 1.05 * 1000.0 / 60);
}

static double busy_of_seconds(const struct loop *loop) {
    return loop->decider.frame.statistics.busy[1];
}

/* Three tenths busy. */
static struct loop loop_at_full_clock(void) {
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    tell_clock(&loop, 1);
    loop_run(&loop, 5, 30);
    return loop;
}

/* Twice the time at half the clock is the same work, and no more heat. */
static void idle_clock_makes_no_load(void **state) {
    (void)state;
    struct loop loop = loop_at_full_clock();
    const double busy = busy_of_seconds(&loop);
    assert_in_range((int)(1000 * busy), 290, 310);
    tell_clock(&loop, 0.5);
    loop_run(&loop, 5, 30);
    assert_in_range((int)(1000 * busy_of_seconds(&loop)), (int)(980 * busy), (int)(1020 * busy));
}

/* Some drivers tell the clock of the very moment, low between two frames. */
static void clock_of_a_moment_halves_no_load(void **state) {
    (void)state;
    struct loop loop = loop_at_full_clock();
    const double busy = busy_of_seconds(&loop);
    for (int i = 0; i < 60; i++) {
        loop.reading.clock_mhz = i % 2 ? 2000 : 400;
        loop_run(&loop, 5, 1);
    }
    assert_true(busy_of_seconds(&loop) > 0.7 * busy);
}

/* The highest clock that is told is one that no load reaches: what a busy GPU comes to is the full one. */
static void unreachable_clock_is_not_waited_for(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    tell_clock(&loop, 1);
    loop.reading.clock_mhz = 1600;
    loop_run(&loop, 15, 30);
    assert_int_equal((int)(1000 * loop.tick.load.clock), 1000);
    loop_run(&loop, 5, 30);
    assert_int_equal((int)(1000 * loop.tick.load.clock), 1000);
    loop.reading.clock_mhz = 800;
    loop_run(&loop, 5, 30);
    assert_in_range((int)(1000 * loop.tick.load.clock), 495, 505);
}

/* Without a clock to look at, slow is slow. */
static void unknown_clock_excuses_nothing(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop_run(&loop, 12, 30);
    loop.clock = 0.5;
    loop_run(&loop, 12, 1);
    assert_true(loop_budget(&loop)->quality < 6);
}

/* --- Costs --- */

static double distance(const struct loop *loop, const double *cost) {
    double sum = 0;
    for (uint32_t i = 1; i < 7; i++)
        sum += fabs(log(cost[i] / pow(loop->decider.policy.cost[i], loop->cost_exponent)));
    return sum;
}

static void true_costs_are_learned_from_switches(void **state) {
    (void)state;
    static const double exponents[] = {0.85, 1.2};
    for (size_t k = 0; k < 2; k++)
        for (int late = 0; late <= 2; late += 2) {
            struct loop loop;
            loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
            loop.cost_exponent = exponents[k];
            loop.gpu_late = late;
            loop.noise = 0.03;
            for (int i = 0; i < 8; i++) {
                loop_run(&loop, 10, 90);
                loop_run(&loop, 17 + 2 * i, 60);
            }
            const double *learned = loop.decider.frame.statistics.cost.level;
            assert_true(distance(&loop, learned) < 0.7 * distance(&loop, loop.decider.policy.cost));
            for (uint32_t i = 1; i < 7; i++)
                assert_true(learned[i] < learned[i - 1] && learned[i] > 0);
        }
}

static void true_hints_stay(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.noise = 0.03;
    for (int i = 0; i < 8; i++) {
        loop_run(&loop, 10, 60);
        loop_run(&loop, 17 + 2 * i, 60);
    }
    assert_true(distance(&loop, loop.decider.frame.statistics.cost.level) < 6 * 0.05);
}

/* The clock moved between the two sides of a switch: what they cost says nothing of the levels. */
static void throttled_frames_teach_no_costs(void **state) {
    (void)state;
    struct loop loop;
    loop_init_simple(&loop, 7, PERFADAPT_OUTPUT_QUALITY);
    loop.reading.throttle = PERFADAPT_THROTTLING_POWER;
    loop_run(&loop, 10, 2);
    for (int i = 0; i < 8; i++) {
        loop.clock = 1;
        loop_run(&loop, 10, 60);
        loop.clock = 0.8;
        loop_run(&loop, 19, 60);
    }
    assert_true(loop.falls > 4);
    assert_true(distance(&loop, loop.decider.frame.statistics.cost.level) < 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_load_reaches_the_best_quality),
        cmocka_unit_test(heavy_load_is_cut_within_a_few_frames),
        cmocka_unit_test(without_gpu_times_the_cpus_count),
        cmocka_unit_test(steady_load_between_two_levels_does_not_flip),
        cmocka_unit_test(single_hitch_changes_nothing),
        cmocka_unit_test(hitch_amid_overload_does_not_set_the_depth),
        cmocka_unit_test(without_room_in_quality_the_frame_rate_gives_way),
        cmocka_unit_test(export_without_a_target_is_never_late),
        cmocka_unit_test(gpu_times_older_than_an_idle_step_count),
        cmocka_unit_test(cpu_bound_frames_cost_no_quality),
        cmocka_unit_test(marked_frames_are_left_out),
        cmocka_unit_test(clock_that_ramps_up_is_no_overload),
        cmocka_unit_test(clock_that_stays_low_under_load_is_the_real_one),
        cmocka_unit_test(idle_clock_makes_no_load),
        cmocka_unit_test(clock_of_a_moment_halves_no_load),
        cmocka_unit_test(unreachable_clock_is_not_waited_for),
        cmocka_unit_test(unknown_clock_excuses_nothing),
        cmocka_unit_test(true_costs_are_learned_from_switches),
        cmocka_unit_test(true_hints_stay),
        cmocka_unit_test(throttled_frames_teach_no_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
