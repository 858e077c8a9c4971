/* The simulator: plants, scenes, sensors, metrics, and that runs repeat. SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/batch.h"
#include "sim/clairvoyant.h"
#include "sim/frame_log.h"
#include "sim/heat_model.h"
#include "sim/options.h"
#include "sim/plant_file.h"
#include "sim/reference.h"
#include "sim/sensor.h"
#include "sim/shared.h"
#include "sim/targets.h"

static struct sim_plant plant_named(const char *name) {
    struct sim_plant plant;
    char message[SIM_MESSAGE_MAX] = "";
    if (!sim_plant_load(name, &plant, message))
        fail_msg("%s", message);
    return plant;
}

static struct sim_conditions usual_conditions(void) {
    struct sim_conditions conditions;
    struct sim_options options;
    char *arguments[] = {(char[]){"sim"}, (char[]){"--list"}, NULL};
    optind = 1;
    assert_int_equal(sim_options_parse(2, arguments, &options), -1);
    sim_options_conditions(&options, &conditions);
    return conditions;
}

/* A file with that text; its name is good until the next call. */
static const char *file_with(const char *suffix, const char *text) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/test_sim_XXXXXX%s", suffix);
    const int fd = mkstemps(path, (int)strlen(suffix));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static void test_random_repeats_and_is_normal(void **state) {
    (void)state;
    struct sim_random a, b, other;
    double sum = 0, squares = 0;
    sim_random_init(&a, 7, 1);
    sim_random_init(&b, 7, 1);
    sim_random_init(&other, 7, 2);
    assert_int_not_equal(sim_random_next(&a), sim_random_next(&other));
    sim_random_next(&b);
    for (int i = 0; i < 100000; i++) {
        const double normal = sim_random_normal(&a);
        assert_true(normal <= sim_random_normal(&b) && isfinite(normal));
        sum += normal;
        squares += normal * normal;
    }
    assert_true(fabs(sum / 1e5) < 0.02);
    assert_true(fabs(squares / 1e5 - 1.0) < 0.02);
}

/* Long stretches land where many tiny explicit steps do. */
static void test_stretches_are_exact(void **state) {
    (void)state;
    const struct sim_plant plant = plant_named("h200");
    const struct sim_stretch stretch = sim_body_stretch(&plant, 0.5);
    struct sim_body body;
    sim_body_init(&body, &plant, SIM_PLAIN);
    double die_c = body.die_c, board_c = body.board_c;
    for (int i = 0; i < 20; i++)
        sim_body_heat(&body, &stretch, 0.5, plant.ambient_c);
    const double power_w = body.power_w, step_s = 1e-5;
    for (int i = 0; i < 1000000; i++) {
        const double flow_w = (die_c - board_c) / plant.r1_k_per_w;
        die_c += step_s * (power_w - flow_w) / plant.c1_j_per_k;
        board_c += step_s * (flow_w - (board_c - plant.ambient_c) / plant.r2_k_per_w) / plant.c2_j_per_k;
    }
    assert_true(fabs(die_c - body.die_c) < 1e-3);
    assert_true(fabs(board_c - body.board_c) < 1e-3);
}

/* The figures that the plants were fitted to. */
static void test_plants_as_measured(void **state) {
    (void)state;
    const struct sim_plant h200 = plant_named("h200");
    const struct sim_stretch quarter = sim_body_stretch(&h200, 0.25);
    struct sim_body body;
    sim_body_init(&body, &h200, SIM_PLAIN);
    assert_true(fabs(body.die_c - 35.2) < 0.5);
    sim_body_heat(&body, &quarter, 1.0, h200.ambient_c);
    assert_true(body.die_c > 47 && body.die_c < 52);
    assert_true(fabs(sim_plant_steady_c(&h200, 1.0, h200.ambient_c) - 57.5) < 1.0);
    assert_true(fabs(sim_plant_dynamic_w(&h200, 0.9, 1.0) - h200.dynamic_w) < 1e-9); /* at its power cap … */
    assert_true(fabs(h200.idle_w + h200.dynamic_w - 690) < 5);
    assert_true(fabs(h200.idle_w + sim_plant_dynamic_w(&h200, 0.5, 1.0) - 536) < 15); /* … and below it */
}

static void test_idle_stays_idle(void **state) {
    (void)state;
    for (size_t i = 0; i < SIM_PLANT_COUNT; i++) {
        const struct sim_plant plant = plant_named(sim_plant_names[i]);
        const struct sim_stretch stretch = sim_body_stretch(&plant, 1.0);
        struct sim_body body;
        sim_body_init(&body, &plant, SIM_PLAIN);
        const double before_c = body.die_c;
        for (int s = 0; s < 2000; s++)
            sim_body_heat(&body, &stretch, 0.0, plant.ambient_c);
        assert_true(fabs(body.die_c - before_c) < 0.01);
        assert_true(before_c < plant.soft_c);
    }
}

static double clock_at(struct sim_body *body, double die_c) {
    body->die_c = die_c;
    sim_body_throttle(body);
    return body->clock;
}

static void test_throttle(void **state) {
    (void)state;
    const struct sim_plant plant = plant_named("handheld"); /* 95 and 100 °C, .7 and .4 */
    struct sim_body body;
    sim_body_init(&body, &plant, SIM_PLAIN);
    const double steps[][2] = {{94.9, 1}, {95, .7}, {94.1, .7}, {93.9, 1}, {100, .4}, {99.1, .4}, {98.9, .7}, {90, 1}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        assert_true(fabs(clock_at(&body, steps[i][0]) - steps[i][1]) < 1e-9);
    sim_body_init(&body, &plant, SIM_CLIFF);
    const double cliff[][2] = {{94.9, 1}, {95, .4}, {90.1, .4}, {89.9, 1}};
    for (size_t i = 0; i < sizeof cliff / sizeof cliff[0]; i++)
        assert_true(fabs(clock_at(&body, cliff[i][0]) - cliff[i][1]) < 1e-9);
}

static void test_sensor_is_coarse_and_noisy(void **state) {
    (void)state;
    const struct sim_plant plant = plant_named("handheld");
    struct sim_body body;
    struct sim_sensor plain, noisy;
    int spikes = 0;
    double sum = 0;
    sim_body_init(&body, &plant, SIM_PLAIN);
    sim_sensor_init(&plain, &body, SIM_PLAIN, 3);
    sim_sensor_init(&noisy, &body, SIM_NOISE, 3);
    for (int i = 0; i < 20000; i++) {
        const double read_c = sim_sensor_read(&plain);
        assert_true(fabs(read_c / plant.sensor_step_c - nearbyint(read_c / plant.sensor_step_c)) < 1e-9);
        sum += read_c;
        spikes += sim_sensor_read(&noisy) > body.die_c + 10;
    }
    assert_true(fabs(sum / 20000 - body.die_c) < 0.2); /* rounding is coarser than the noise */
    assert_true(spikes > 140 && spikes < 260);
}

static const char good_plant[] = "[plant]\nname = x\nr1_k_per_w = 1\nc1_j_per_k = 8\nr2_k_per_w = 4\nc2_j_per_k = 36\n"
                                 "idle_w = 4\ndynamic_w = 10\nbusy_full = 1\nleak_w = 1\nambient_c = 35\nsoft_c = 95\n"
                                 "hard_c = 100\nclock_soft = .7\nclock_hard = .4\nclock_mhz = 1600\n";

static void expect_plant(const char *ending, const char *complaint) {
    char text[1024], message[SIM_MESSAGE_MAX] = "";
    struct sim_plant plant;
    snprintf(text, sizeof text, "%s%s", good_plant, ending);
    const char *path = file_with(".ini", text);
    const bool good = sim_plant_file_read(path, &plant, message);
    unlink(path);
    assert_int_equal(good, complaint == NULL);
    if (complaint && !strstr(message, complaint))
        fail_msg("\"%s\" is not in \"%s\"", complaint, message);
}

static void test_plant_files_are_read_strictly(void **state) {
    (void)state;
    expect_plant("sensor_step_c = 1\n", NULL);
    expect_plant("", ":16: sensor_step_c: missing");
    expect_plant("sensor_step = 1\n", ":17: sensor_step: unknown key");
    expect_plant("sensor_step_c = 0\n", ":17: sensor_step_c: must lie in");
    expect_plant("sensor_step_c = 1 degree\n", ":17: sensor_step_c: not a number");
    expect_plant("sensor_step_c = nan\n", ":17: sensor_step_c: not a number");
    expect_plant("sensor_step_c = 1\nidle_w = 3\n", ":18: idle_w: given twice");
    expect_plant("sensor_step_c\n", ":17: neither");
    expect_plant("[other]\nsensor_step_c = 1\n", ":18: sensor_step_c: only the section");
}

static struct sim_frame_log read_log(const char *text, const char *complaint) {
    struct sim_frame_log log;
    char message[SIM_MESSAGE_MAX] = "";
    const char *path = file_with(".csv", text);
    const bool good = sim_frame_log_read(path, &log, message);
    unlink(path);
    if (good != (complaint == NULL) || (complaint && !strstr(message, complaint)))
        fail_msg("\"%s\", not \"%s\"", message, complaint ? complaint : "");
    return log;
}

static void test_frame_logs(void **state) {
    (void)state;
    struct sim_frame_log log =
        read_log("os,cpu\nLinux,x\nfps,frametime,elapsed\n0,1e9,0\n60,16600,1\n30,33000,2\n", NULL);
    assert_int_equal(log.count, 2);
    assert_true(fabs(log.frames[0].period_ms - 16.6) < 1e-9 && fabs(log.frames[1].work_ms - 33) < 1e-9);
    sim_frame_log_free(&log);
    log = read_log("fps,frametime,gpu_time\n60,16.6,9\n60,16.7,9.5\n", NULL);
    assert_int_equal(log.count, 2);
    assert_true(fabs(log.frames[1].work_ms - 9.5) < 1e-9);
    sim_frame_log_free(&log);
    read_log("fps,frametime\n60,16.6\n60,fast\n", ":3: frametime");
    read_log("fps,frametime\n60,16.6\n60\n", ":3: frametime");
    read_log("fps,time\n60,16.6\n", "no column");
    read_log("fps,frametime\n", "no frame");
    read_log("fps,frametime\n60,0\n", "no plausible");
}

static void test_log_as_scene(void **state) {
    (void)state;
    struct sim_scene scene;
    char message[SIM_MESSAGE_MAX];
    const char *path = file_with(".csv", "frametime\n20\n40\n");
    assert_true(sim_scene_create(&scene, path, 10, 1, message));
    unlink(path);
    assert_true(fabs(sim_scene_mean_ms(&scene, 0, 6) - 100.0 / 3) < 0.1); /* 20 ms of 20, 40 ms of 40 */
    assert_true(fabs(sim_scene_peak_ms(&scene, 0, 1) - 40) < 1e-6);
    sim_scene_destroy(&scene);
}

static void test_scenes(void **state) {
    (void)state;
    char message[SIM_MESSAGE_MAX];
    struct sim_scene scene;
    assert_true(sim_scene_create(&scene, "step", 1200, 1, message));
    assert_true(fabs((double)scene.work_ms[sim_scene_slot(&scene, 239)] - 9) < 1e-6);
    assert_true(fabs((double)scene.work_ms[sim_scene_slot(&scene, 241)] - 16) < 1e-6);
    assert_true(fabs((double)scene.work_ms[sim_scene_slot(&scene, 1e9)] - 9) < 1e-6);
    sim_scene_destroy(&scene);
    assert_true(sim_scene_create(&scene, "spiky", 1200, 1, message));
    const double mean_ms = sim_scene_mean_ms(&scene, 0, 1200); /* 0.85 s of 20 ms per 8.85 s */
    assert_true(mean_ms > 12.4 && mean_ms < 13.2);
    sim_scene_destroy(&scene);
    assert_false(sim_scene_create(&scene, "nothing", 1200, 1, message));
}

static void test_metrics(void **state) {
    (void)state;
    static struct sim_metrics metrics;
    const struct sim_conditions conditions = usual_conditions();
    struct sim_scene scene = {.settle_from_s = (double)NAN, .settle_to_s = (double)NAN};
    struct sim_result result;
    sim_metrics_init(&metrics, &conditions.ladder, conditions.true_cost, &scene);
    for (int i = 0; i < 1000; i++) {
        const uint32_t rung = i >= 400 && i < 500 ? 1 : 0;
        sim_metrics_rung(&metrics, rung, i * 0.0166);
        const bool late = i % 50 == 0;
        const struct sim_metrics_frame frame = {
            .rung = rung, .frame_s = late ? 0.03 : 0.0166, .clock = i < 100 ? 0.5 : 1, .power_w = 10, .die_c = i * 0.1};
        sim_metrics_frame(&metrics, &frame);
    }
    sim_metrics_finish(&metrics, 90, &result);
    assert_true(fabs(result.late_percent - 2) < 1e-9);
    assert_true(fabs(result.stutter_percent - 3.9) < 1e-9); /* to each long frame and back, but to the first */
    assert_int_equal(result.switches, 2);
    assert_int_equal(result.flips, 1);
    assert_true(fabs(result.overshoot_c - 9.9) < 1e-9);
    assert_true(fabs(result.p50_ms - 16.6) < 0.02 && fabs(result.p99_ms - 30) < 0.02);
    assert_true(fabs(result.low_percentile_fps - 33.33) < 0.05 && fabs(result.low_mean_fps - 33.33) < 0.05);
    assert_true(fabs(result.power_w - 10) < 1e-9);
    assert_true(isnan(result.settling_s));
    const double time_s = 20 * 0.03 + 980 * 0.0166;
    assert_true(fabs(result.quality - 0.0166 * (882 + 98 * sqrt(.86)) / time_s) < 1e-9);
    assert_true(fabs(result.throttled_percent - 100 * (2 * 0.03 + 98 * 0.0166) / time_s) < 1e-9);
}

/* The prediction of the reference's model follows a plant that is what it assumes. */
static void test_heat_model_learns(void **state) {
    (void)state;
    static struct sim_heat_model model;
    const struct sim_plant plant = plant_named("handheld");
    const struct sim_stretch stretch = sim_body_stretch(&plant, 1.0 / 60);
    struct sim_body body;
    sim_body_init(&body, &plant, SIM_PLAIN);
    sim_heat_model_init(&model);
    for (int second = 0; second < 900; second++) {
        const double busy = second / 60 % 2 ? 0.8 : 0.4;
        for (int i = 0; i < 60; i++) {
            sim_body_heat(&body, &stretch, busy, plant.ambient_c);
            sim_heat_model_frame(&model, 1.0 / 60, busy);
        }
        sim_heat_model_learn(&model, body.die_c, true);
    }
    const struct sim_load_forecast load = {0.8, 0.8};
    const double expected_c = sim_heat_model_predict(&model, load, SIM_IN_30_S);
    for (int i = 0; i < 1800; i++)
        sim_body_heat(&body, &stretch, 0.8, plant.ambient_c);
    assert_true(fabs(body.die_c - expected_c) < 2.0);
}

static struct sim_job job_of(const char *plant, const char *scene, enum sim_variant variant) {
    struct sim_job job = {.plant = plant_named(plant), .scene = scene, .variant = variant, .seed = 5};
    job.nominal = job.plant;
    return job;
}

/* Every policy, also where the last rung does not help: within its ladder, all figures finite, and the same twice. */
static void test_runs_repeat(void **state) {
    (void)state;
    const struct sim_conditions conditions = usual_conditions();
    struct sim_job jobs[2][3];
    for (int i = 0; i < 2; i++) {
        jobs[i][0] = job_of("h200", "spiky", SIM_NOISE);
        jobs[i][1] = job_of("phone", "heavy", SIM_CLIFF);
        jobs[i][2] = job_of("rpi4", "sine", SIM_PLAIN);
        const struct sim_batch batch = {&conditions, sim_policies, sim_policy_count, 120, jobs[i], 3};
        char message[SIM_MESSAGE_MAX];
        assert_true(sim_batch_run(&batch, message));
    }
    for (int j = 0; j < 3; j++) {
        for (size_t p = 0; p < sim_policy_count; p++) {
            const struct sim_result *result = &jobs[0][j].results[p];
            assert_memory_equal(result, &jobs[1][j].results[p], sizeof *result);
            assert_true(result->frames > 2000 && isfinite(result->overshoot_c) && isfinite(result->quality_share));
        }
    }
}

/* What can be reached is not over the target, and the reference comes near it. */
static void test_clairvoyant_and_reference(void **state) {
    (void)state;
    static const struct sim_policy *const policies[] = {&sim_clairvoyant, &sim_reference};
    const struct sim_conditions conditions = usual_conditions();
    struct sim_job jobs[] = {job_of("handheld", "steady", SIM_PLAIN), job_of("mini-pc", "ambient", SIM_CLIFF)};
    const struct sim_batch batch = {&conditions, policies, 2, 1200, jobs, 2};
    char message[SIM_MESSAGE_MAX];
    assert_true(sim_batch_run(&batch, message));
    for (int i = 0; i < 2; i++) {
        struct sim_miss misses[SIM_MISSES_MAX];
        assert_true(jobs[i].holdable);
        assert_true(jobs[i].results[0].overshoot_c < 0.1);
        assert_true(jobs[i].results[0].throttled_percent <= 0);
        assert_int_equal(sim_targets_of_job(&jobs[i], &jobs[i].results[1], misses), 0);
    }
}

static void test_ladder_of_rates_alone(void **state) {
    (void)state;
    struct sim_options options;
    struct sim_conditions conditions;
    char *arguments[] = {(char[]){"sim"},
                         (char[]){"--list"},
                         (char[]){"--levels"},
                         (char[]){"1"},
                         (char[]){"--fps"},
                         (char[]){"20:60"},
                         NULL};
    optind = 1;
    assert_int_equal(sim_options_parse(6, arguments, &options), -1);
    sim_options_conditions(&options, &conditions);
    assert_true(conditions.ladder.count > 12);
    assert_int_equal(conditions.ladder.rungs[0].frame_ns, 16666666);
    assert_int_equal(conditions.ladder.rungs[conditions.ladder.count - 1].frame_ns, 49999998);
    assert_int_equal(usual_conditions().ladder.count, 11);
}

static struct sim_shared_result run_together(const char *plant_name, const char *scene_name, enum sim_company company) {
    struct sim_conditions conditions;
    struct sim_options options;
    struct sim_scene scene;
    struct sim_shared_result result;
    char message[SIM_MESSAGE_MAX] = "";
    char *arguments[] = {(char[]){"sim"}, (char[]){"--list"}, (char[]){"--fps"}, (char[]){"60:60"}, NULL};
    optind = 1;
    assert_int_equal(sim_options_parse(4, arguments, &options), -1);
    sim_options_conditions(&options, &conditions);
    const struct sim_plant plant = plant_named(plant_name);
    assert_true(sim_scene_create(&scene, scene_name, 900, 1, message));
    const struct sim_cell cell = {
        .conditions = &conditions, .plant = &plant, .nominal = &plant, .scene = &scene, .seed = 1};
    assert_true(sim_shared_run(&cell, company, &result));
    sim_scene_destroy(&scene);
    return result;
}

/* Late frames count as 0 in the quality; beside a stubborn one the laptop's stands at its lowest, and few are late. */
static void test_company_that_yields_is_nearly_none(void **state) {
    (void)state;
    static const char *const plants[] = {"handheld", "laptop-dgpu", "rpi4"};
    for (size_t i = 0; i < 3; i++) {
        const struct sim_shared_result alone = run_together(plants[i], "menu", SIM_ALONE);
        const struct sim_shared_result yielding = run_together(plants[i], "menu", SIM_YIELDING);
        const struct sim_shared_result stubborn = run_together(plants[i], "menu", SIM_STUBBORN);
        assert_true(yielding.interactive.throttled_percent <= alone.interactive.throttled_percent + 0.5);
        assert_true(stubborn.interactive.throttled_percent >= alone.interactive.throttled_percent + 5);
        assert_true(yielding.interactive.late_percent <= alone.interactive.late_percent + 3);
        assert_true(yielding.interactive.quality >= 0.7 * alone.interactive.quality);
        assert_true(stubborn.interactive.quality <= 0.9 * yielding.interactive.quality);
    }
}

/* At the minimum within one tick; where the need ends they come back, and do not swing. */
static void test_others_go_within_a_tick_and_come_back(void **state) {
    (void)state;
    const struct sim_shared_result result = run_together("laptop-dgpu", "menu", SIM_YIELDING);
    const struct sim_other *const others[] = {&result.background, &result.export};
    for (size_t i = 0; i < 2; i++) {
        assert_true(others[i]->slowest_yield_s <= 0.1 + 1e-9);
        assert_true(others[i]->yielded_percent > 50 && others[i]->yielded_percent < 97);
        assert_true(others[i]->yields_per_min > 0.1 && others[i]->yields_per_min < 1.5);
    }
    const struct sim_shared_result stubborn = run_together("laptop-dgpu", "menu", SIM_STUBBORN);
    assert_true(stubborn.export.frames_per_s > 2 * result.export.frames_per_s);
    assert_true(stubborn.export.yielded_percent <= 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_repeats_and_is_normal),
        cmocka_unit_test(test_stretches_are_exact),
        cmocka_unit_test(test_plants_as_measured),
        cmocka_unit_test(test_idle_stays_idle),
        cmocka_unit_test(test_throttle),
        cmocka_unit_test(test_sensor_is_coarse_and_noisy),
        cmocka_unit_test(test_plant_files_are_read_strictly),
        cmocka_unit_test(test_frame_logs),
        cmocka_unit_test(test_log_as_scene),
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_heat_model_learns),
        cmocka_unit_test(test_runs_repeat),
        cmocka_unit_test(test_clairvoyant_and_reference),
        cmocka_unit_test(test_ladder_of_rates_alone),
        cmocka_unit_test(test_company_that_yields_is_nearly_none),
        cmocka_unit_test(test_others_go_within_a_tick_and_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
