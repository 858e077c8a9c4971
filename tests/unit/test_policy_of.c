/* From settings and an app's wishes to a policy. SPDX-License-Identifier: MIT */
#include "tuning/policy_of.h"

#include "config/schema.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <string.h>

struct given {
    struct perfadapt__settings preset, settings;
    struct perfadapt__wishes wishes;
    struct perfadapt__policy policy;
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
};

static void setup(struct given *given) {
    memset(given, 0, sizeof *given);
    perfadapt__settings_init(&given->preset);
    perfadapt__settings_init(&given->settings);
    given->wishes = (struct perfadapt__wishes){.target_ns = (double)NAN, .fastest_ns = (double)NAN};
}

static void set(struct perfadapt__settings *settings, const char *key, const char *value) {
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    if (!perfadapt__schema_set(settings, key, value, reason))
        fail_msg("%s", reason);
}

static const struct perfadapt__policy *policy_of(struct given *given) {
    if (!perfadapt__policy_of(&given->preset, &given->wishes, &given->settings, false, &given->policy, given->reason))
        fail_msg("%s", given->reason);
    return &given->policy;
}

static const struct perfadapt__policy *lenient_policy_of(struct given *given) {
    given->reason[0] = '\0';
    assert_true(
        perfadapt__policy_of(&given->preset, &given->wishes, &given->settings, true, &given->policy, given->reason));
    return &given->policy;
}

static void assert_refused(struct given *given, const char *text) {
    assert_false(
        perfadapt__policy_of(&given->preset, &given->wishes, &given->settings, false, &given->policy, given->reason));
    if (!strstr(given->reason, text))
        fail_msg("\"%s\" has no \"%s\"", given->reason, text);
}

static void assert_number(double value, double expected) {
    if (!(value >= expected && value <= expected))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void assert_levels(const struct perfadapt__policy *policy, uint32_t least, uint32_t most) {
    assert_int_equal(policy->quality_min, least);
    assert_int_equal(policy->quality_max, most);
}

static void test_nothing_given(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    const struct perfadapt__policy *policy = policy_of(&given);
    assert_int_equal(policy->mode, PERFADAPT__MODE_AUTO);
    assert_int_equal(policy->quality_levels, 1);
    assert_levels(policy, 0, 0);
    assert_int_equal(policy->target_frame_ns, 16666666);
    assert_int_equal(policy->slowest_frame_ns, 0);
    assert_number(policy->render_scale_min, .5);
    assert_number(policy->render_scale_max, 1);
    assert_true(isnan(policy->thermal_limit_c));
    assert_number(policy->thermal_margin_c, 1.5);
    assert_number(policy->battery_busy, 1);
    assert_int_equal(policy->frames_in_flight, 3);
    assert_int_equal(policy->worker_threads, 4);
    assert_int_equal(policy->dispatch_ns, 0);
    assert_int_equal(policy->memory_reserve_bytes, 268435456);
    assert_number(policy->memory_share, 1);
    assert_number(policy->cost[0], 1);
}

static void test_targets(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    set(&given.preset, "preset.target_fps", "40");
    assert_int_equal(policy_of(&given)->target_frame_ns, 25000000);
    given.wishes.target_ns = 8000000;
    assert_int_equal(policy_of(&given)->target_frame_ns, 8000000);
    given.wishes.fastest_ns = 10000000; /* holds for any target */
    assert_int_equal(policy_of(&given)->target_frame_ns, 10000000);
    set(&given.settings, "frame.target_fps", "50");
    assert_int_equal(policy_of(&given)->target_frame_ns, 20000000);
    set(&given.settings, "frame.target_fps", "0");
    assert_int_equal(policy_of(&given)->target_frame_ns, 0);
}

/* The documented defaults of roles are not a preset's to make worse. */
static void test_targets_of_roles(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.role = PERFADAPT_ROLE_BACKGROUND;
    assert_int_equal(policy_of(&given)->target_frame_ns, 33333333);
    set(&given.preset, "preset.target_fps", "60");
    assert_int_equal(policy_of(&given)->target_frame_ns, 33333333);
    set(&given.preset, "preset.target_fps", "20");
    assert_int_equal(policy_of(&given)->target_frame_ns, 50000000);
    given.wishes.role = PERFADAPT_ROLE_EXPORT;
    assert_int_equal(policy_of(&given)->target_frame_ns, 0);
    set(&given.settings, "app.role", "interactive");
    assert_int_equal(policy_of(&given)->role, PERFADAPT_ROLE_INTERACTIVE);
    assert_int_equal(policy_of(&given)->target_frame_ns, 50000000);
    set(&given.settings, "app.role", "export");
    set(&given.settings, "frame.target_fps", "50");
    assert_int_equal(policy_of(&given)->target_frame_ns, 20000000);
}

static void test_costs(void **state) {
    static const double costs[] = {4, 2, 1};
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.quality_levels = 3;
    assert_number(policy_of(&given)->cost[2], .86 * .86);
    given.wishes.cost = costs;
    assert_number(policy_of(&given)->cost[2], .25);
    given.wishes.quality_levels = 0; /* the costs of no levels */
    assert_number(policy_of(&given)->cost[0], 1);
    given.wishes.cost = NULL;
    given.wishes.quality_levels = 33;
    assert_int_equal(policy_of(&given)->quality_levels, 32);
}

static void share(struct given *given, const char *least, const char *most) {
    set(&given->preset, "preset.quality_min", least);
    set(&given->preset, "preset.quality_max", most);
}

static void test_shares_of_levels(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.outputs = PERFADAPT_OUTPUT_QUALITY;
    given.wishes.quality_levels = 5;
    share(&given, "0", "1");
    assert_levels(policy_of(&given), 0, 4);
    share(&given, "0.3", "0.7");
    assert_levels(policy_of(&given), 1, 3);
    share(&given, "0.5", "0.5");
    assert_levels(policy_of(&given), 2, 2); /* one is left */
    share(&given, "1", "1");
    assert_levels(policy_of(&given), 4, 4);
    share(&given, "0", "0");
    assert_levels(policy_of(&given), 0, 0);
    given.wishes.quality_levels = 1;
    share(&given, "0.6", "0.9");
    assert_levels(policy_of(&given), 0, 0);
    given.wishes.quality_levels = 5;
    given.wishes.outputs = 0; /* what may not move is not bounded by a preset */
    assert_levels(policy_of(&given), 0, 4);
}

static void test_bounds_that_were_set_beat_those_of_a_preset(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.outputs = PERFADAPT_OUTPUT_QUALITY;
    given.wishes.quality_levels = 5;
    share(&given, "0.25", "0.5");
    set(&given.settings, "policy.quality_min", "4");
    assert_levels(policy_of(&given), 4, 4);
    set(&given.settings, "policy.quality_min", "0");
    assert_levels(policy_of(&given), 0, 2);
    setup(&given);
    given.wishes.outputs = PERFADAPT_OUTPUT_QUALITY;
    given.wishes.quality_levels = 5;
    share(&given, "0.5", "1");
    set(&given.settings, "policy.quality_max", "1");
    assert_levels(policy_of(&given), 1, 1);
    set(&given.settings, "preset.quality_max", "1"); /* a level counts before a share */
    assert_levels(policy_of(&given), 1, 1);
}

static void test_levels_beyond_the_app(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.quality_levels = 3;
    set(&given.settings, "policy.quality_max", "3");
    assert_refused(&given, "below the number of levels");
    assert_levels(lenient_policy_of(&given), 0, 2);
    set(&given.settings, "policy.quality_min", "31");
    assert_levels(lenient_policy_of(&given), 2, 2);
    assert_string_equal(given.reason, ""); /* another app has them */
    set(&given.settings, "policy.quality_min", "2");
    set(&given.settings, "policy.quality_max", "1");
    assert_refused(&given, "must not be above");
    assert_levels(lenient_policy_of(&given), 1, 1); /* the lower is the safe side */
    assert_non_null(strstr(given.reason, "quality_min must not be above"));
}

static void test_scales(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.outputs = PERFADAPT_OUTPUT_RENDER_SCALE;
    set(&given.preset, "preset.scale_min", "0.7");
    set(&given.preset, "preset.scale_max", "0.8");
    assert_number(policy_of(&given)->render_scale_min, .7);
    assert_number(policy_of(&given)->render_scale_max, .8);
    set(&given.settings, "preset.scale_min", "0.9");
    assert_refused(&given, "render scale");
    assert_number(lenient_policy_of(&given)->render_scale_min, .8);
    assert_number(lenient_policy_of(&given)->render_scale_max, .8);
    assert_non_null(strstr(given.reason, "lowest render scale is above"));
    setup(&given);
    given.wishes.outputs = PERFADAPT_OUTPUT_RENDER_SCALE;
    set(&given.preset, "preset.scale_min", "0.7");
    set(&given.settings, "preset.scale_max", "0.5");
    assert_number(lenient_policy_of(&given)->render_scale_min, .5);
    assert_string_equal(given.reason, "");
    given.wishes.outputs = 0;
    assert_number(policy_of(&given)->render_scale_max, 1);
}

static void test_rates(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.outputs = PERFADAPT_OUTPUT_FRAME_NS;
    set(&given.settings, "frame.slowest_fps", "30");
    set(&given.settings, "frame.refresh_hz", "144");
    assert_int_equal(policy_of(&given)->slowest_frame_ns, 33333333);
    assert_int_equal(policy_of(&given)->refresh_ns, 6944444);
    given.wishes.target_ns = 5e7;
    assert_refused(&given, "above the target");
    assert_int_equal(lenient_policy_of(&given)->slowest_frame_ns, 50000000);
    assert_non_null(strstr(given.reason, "lowest frame rate is above"));
    given.wishes.target_ns = 0;
    assert_refused(&given, "needs a target");
    assert_int_equal(lenient_policy_of(&given)->target_frame_ns, 0);
    assert_string_equal(given.reason, "");
}

/* Of a preset whose own bounds cross the lower quality is taken, and it is told. */
static void test_presets_that_cross(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.outputs = PERFADAPT_OUTPUT_QUALITY;
    given.wishes.quality_levels = 5;
    set(&given.preset, "preset.quality_min", "0.9");
    set(&given.preset, "preset.quality_max", "0.2");
    assert_refused(&given, "preset.quality_min");
    const struct perfadapt__policy *policy = lenient_policy_of(&given);
    assert_int_equal(policy->quality_min, policy->quality_max);
    assert_in_range(policy->quality_max, 0, policy->quality_levels / 2);
    set(&given.preset, "preset.quality_min", "0");
    given.wishes.outputs = PERFADAPT_OUTPUT_RENDER_SCALE;
    set(&given.preset, "preset.scale_min", "0.8");
    set(&given.preset, "preset.scale_max", "0.6");
    assert_refused(&given, "render scale");
}

static void test_settings_beat_the_preset_and_that_the_machine(void **state) {
    struct given given;
    (void)state;
    setup(&given);
    given.wishes.worker_threads = 11;
    assert_int_equal(policy_of(&given)->worker_threads, 11);
    set(&given.preset, "preset.worker_threads", "2");
    set(&given.preset, "preset.memory_share", "0.5");
    set(&given.preset, "thermal.margin_c", "5");
    set(&given.preset, "policy.prefer", "quiet");
    set(&given.preset, "preset.dispatch_ms", "8");
    const struct perfadapt__policy *policy = policy_of(&given);
    assert_int_equal(policy->worker_threads, 2);
    given.wishes.worker_threads = 1;
    assert_int_equal(policy_of(&given)->worker_threads, 1); /* what it says is of a machine that has more */
    assert_number(policy->memory_share, .5);
    assert_number(policy->thermal_margin_c, 5);
    assert_int_equal(policy->prefer, PERFADAPT__PREFER_QUIET);
    assert_int_equal(policy->dispatch_ns, 8000000);
    set(&given.settings, "memory.share", "0.75");
    set(&given.settings, "thermal.margin_c", "0");
    set(&given.settings, "preset.dispatch_ns", "0");
    set(&given.settings, "memory.reserve", "1G");
    assert_number(policy_of(&given)->memory_share, .75);
    assert_number(policy_of(&given)->thermal_margin_c, 0);
    assert_int_equal(policy_of(&given)->dispatch_ns, 0);
    assert_int_equal(policy_of(&given)->memory_reserve_bytes, 1073741824);
}

#define TEST(name) cmocka_unit_test(name)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_given),
        TEST(test_targets),
        TEST(test_targets_of_roles),
        TEST(test_costs),
        TEST(test_shares_of_levels),
        TEST(test_bounds_that_were_set_beat_those_of_a_preset),
        TEST(test_levels_beyond_the_app),
        TEST(test_scales),
        TEST(test_rates),
        TEST(test_settings_beat_the_preset_and_that_the_machine),
        TEST(test_presets_that_cross),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
