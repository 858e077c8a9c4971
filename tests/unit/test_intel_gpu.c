/* Intel graphics under i915 and xe. SPDX-License-Identifier: MIT */
#include "graphics.h"
#include "providers/intel_gpu.h"
#include "providers/intel_reasons.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HWMON "hwmon/hwmon4"
#define XE_GT "tile0/gt0/freq0"
#define I915_GT "drm/card1/gt/gt0"
#define UEVENT(driver) "DRIVER=" driver "\nPCI_ID=8086:56A5\nPCI_SLOT_NAME=" CARD_ID "\n"

static const char *const i915_reasons[] = {"pl1",     "pl2",  "pl4",           "thermal",
                                           "prochot", "ratl", "vr_thermalert", "vr_tdc"};
#define REASON_COUNT (sizeof i915_reasons / sizeof i915_reasons[0])

static void set_reason(struct fixture *fixture, const char *format, const char *reason, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s%s", format, reason);
    graphics_set(fixture, path, text);
}

static void add_i915(struct fixture *fixture) {
    graphics_add(fixture, CARD_DEVICE, 1, UEVENT("i915"));
    graphics_set(fixture, I915_GT "/rps_act_freq_mhz", "600\n");
    graphics_set(fixture, I915_GT "/rps_max_freq_mhz", "2000\n");
    graphics_set(fixture, I915_GT "/rps_RP0_freq_mhz", "2450\n");
    graphics_set(fixture, I915_GT "/throttle_reason_status", "0\n");
    for (size_t i = 0; i < REASON_COUNT; i++)
        set_reason(fixture, I915_GT "/throttle_reason_", i915_reasons[i], "0\n");
    graphics_set(fixture, HWMON "/name", "i915\n");
    graphics_set(fixture, HWMON "/energy1_input", "25637161804\n");
    graphics_set(fixture, HWMON "/power1_max", "55000000\n");
    graphics_set(fixture, "hwmon/hwmon3/name", "i915_gt0\n");
    graphics_set(fixture, "hwmon/hwmon3/energy1_input", "1\n");
}

static void add_xe(struct fixture *fixture) {
    graphics_add(fixture, CARD_DEVICE, 1, UEVENT("xe"));
    graphics_set(fixture, XE_GT "/act_freq", "0\n");
    graphics_set(fixture, XE_GT "/max_freq", "2000\n");
    graphics_set(fixture, XE_GT "/rp0_freq", "2850\n");
    graphics_set(fixture, XE_GT "/throttle/status", "0\n");
    for (size_t i = 0; i < REASON_COUNT; i++)
        set_reason(fixture, XE_GT "/throttle/reason_", i915_reasons[i], "0\n");
    graphics_set(fixture, HWMON "/name", "xe\n");
    graphics_set(fixture, HWMON "/energy2_input", "1000000\n");
    graphics_set(fixture, HWMON "/power1_max", "11000000\n");
    graphics_set(fixture, HWMON "/power2_max", "0\n");
    graphics_set(fixture, HWMON "/power2_cap", "190000000\n");
}

static struct perfadapt_gpu *create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__intel_gpu_provider);
    assert_non_null(fixture->provider);
    return graphics_gpu(fixture, CARD_ID);
}

static const struct perfadapt_evidence *evidence(const struct fixture *fixture) {
    assert_int_equal(fixture->snapshot.evidence_count, 1);
    return &fixture->snapshot.evidence[0];
}

static void assert_says(const struct fixture *fixture, uint32_t claims, const char *text) {
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_OK);
    assert_int_equal(evidence(fixture)->claims, claims);
    assert_string_equal(evidence(fixture)->text, text);
}

static void test_i915(void **state) {
    struct fixture *fixture = *state;
    add_i915(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    assert_unknown(&gpu->clock, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    assert_string_equal(gpu->driver, "i915");
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 600);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 2450);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 55);
    assert_unknown(&gpu->power, PERFADAPT_STATE_INIT);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_UNSUPPORTED);
    assert_says(fixture, PERFADAPT__CLAIM(NONE), "none");
    assert_string_equal(evidence(fixture)->source, "i915");
    graphics_set(fixture, HWMON "/energy1_input", "25667161804\n");
    fixture_read(fixture, 2000);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 30);
}

static void test_i915_before_gt(void **state) {
    struct fixture *fixture = *state;
    graphics_add(fixture, CARD_DEVICE, 1, UEVENT("i915"));
    graphics_set(fixture, "drm/card1/gt_act_freq_mhz", "350\n");
    graphics_set(fixture, "drm/card1/gt_RP0_freq_mhz", "1100\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 350);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 1100);
    assert_unknown(&gpu->power, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&gpu->power_limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->snapshot.evidence_count, 0);
}

/* Here only the package has a counter, and its sustained limit is switched off. */
static void test_xe(void **state) {
    struct fixture *fixture = *state;
    add_xe(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 0);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 2850);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 190);
    assert_says(fixture, PERFADAPT__CLAIM(NONE), "none");
    graphics_set(fixture, HWMON "/energy2_input", "8500000\n");
    fixture_read(fixture, 1500);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 15);
}

static void test_none(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__intel_gpu_provider);
    assert_null(fixture->provider);
    graphics_add(fixture, CARD_DEVICE, 1, UEVENT("amdgpu"));
    fixture_create(fixture, &perfadapt__intel_gpu_provider);
    assert_non_null(fixture->provider); /* one may be plugged in */
}

/* ---- energy ---- */

static void set_energy(struct fixture *fixture, long long microjoules) {
    char text[32];
    snprintf(text, sizeof text, "%lld\n", microjoules);
    graphics_set(fixture, HWMON "/energy1_input", text);
}

static void test_energy_differences(void **state) {
    struct fixture *fixture = *state;
    add_i915(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    set_energy(fixture, 1000000);
    fixture_read(fixture, 1000);
    set_energy(fixture, 11000000);
    fixture_read(fixture, 2000);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 10);
    fixture_read(fixture, 3000); /* it stands still */
    assert_metric(&gpu->power, PERFADAPT_STATE_STALE, 10);
    set_energy(fixture, 51000000);
    fixture_read(fixture, 4000); /* over the two seconds */
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 20);
    set_energy(fixture, 5); /* turned over, or reset */
    fixture_read(fixture, 5000);
    assert_metric(&gpu->power, PERFADAPT_STATE_STALE, 20);
    set_energy(fixture, 7000005);
    fixture_read(fixture, 6000);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 7);
    set_energy(fixture, 9000000000000); /* 9 MW */
    fixture_read(fixture, 7000);
    assert_metric(&gpu->power, PERFADAPT_STATE_STALE, 7);
    set_energy(fixture, -5);
    fixture_read(fixture, 8000);
    assert_metric(&gpu->power, PERFADAPT_STATE_STALE, 7);
}

static void test_resume_drops_differences(void **state) {
    struct fixture *fixture = *state;
    add_i915(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    set_energy(fixture, 1000000);
    fixture_read(fixture, 1000);
    set_energy(fixture, 2000000);
    graphics_read(fixture, 2000, false, true);
    assert_unknown(&gpu->power, PERFADAPT_STATE_INIT);
    set_energy(fixture, 4000000);
    fixture_read(fixture, 3000);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 2);
    set_energy(fixture, 900000000);
    fixture_read(fixture, 13000); /* too long ago */
    assert_metric(&gpu->power, PERFADAPT_STATE_STALE, 2);
}

/* ---- reasons ---- */

static void test_each_reason(void **state) {
    static const uint32_t claims[REASON_COUNT] = {
        PERFADAPT__CLAIM(POWER),   PERFADAPT__CLAIM(POWER),   PERFADAPT__CLAIM(POWER),   PERFADAPT__CLAIM(THERMAL),
        PERFADAPT__CLAIM(THERMAL), PERFADAPT__CLAIM(THERMAL), PERFADAPT__CLAIM(THERMAL), PERFADAPT__CLAIM(CURRENT)};
    struct fixture *fixture = *state;
    add_i915(fixture);
    create(fixture);
    graphics_set(fixture, I915_GT "/throttle_reason_status", "1\n");
    for (size_t i = 0; i < REASON_COUNT; i++) {
        set_reason(fixture, I915_GT "/throttle_reason_", i915_reasons[i], "1\n");
        fixture_read(fixture, 1000 + (int64_t)i * 500);
        assert_says(fixture, claims[i], i915_reasons[i]);
        set_reason(fixture, I915_GT "/throttle_reason_", i915_reasons[i], "0\n");
    }
    fixture_read(fixture, 9000); /* over before its file was read */
    assert_says(fixture, PERFADAPT__CLAIM(UNKNOWN), "throttled, reason unknown");
    set_reason(fixture, I915_GT "/throttle_reason_", "pl1", "1\n");
    set_reason(fixture, I915_GT "/throttle_reason_", "thermal", "1\n");
    fixture_read(fixture, 9500);
    assert_says(fixture, PERFADAPT__CLAIM(POWER) | PERFADAPT__CLAIM(THERMAL), "pl1 thermal");
}

/* While nothing throttles only the status is read. */
static void test_reasons_are_read_when_needed(void **state) {
    struct fixture *fixture = *state;
    add_xe(fixture);
    set_reason(fixture, XE_GT "/throttle/reason_", "pl2", "1\n");
    create(fixture);
    graphics_break("/throttle/reason_pl2", EIO);
    fixture_read(fixture, 1000);
    assert_says(fixture, PERFADAPT__CLAIM(NONE), "none");
    graphics_break(NULL, 0);
    graphics_set(fixture, XE_GT "/throttle/status", "1\n");
    fixture_read(fixture, 2000);
    assert_says(fixture, PERFADAPT__CLAIM(POWER), "pl2");
    graphics_break("/throttle/status", EIO);
    fixture_read(fixture, 3000);
    graphics_break(NULL, 0);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_ERROR);
    assert_int_equal(evidence(fixture)->claims, 0);
    fixture_read(fixture, 4000);
    assert_says(fixture, PERFADAPT__CLAIM(POWER), "pl2");
}

/* Linux 6.19 has all reasons in one file. */
static void test_list_of_reasons(void **state) {
    static const struct {
        const char *file, *text;
        uint32_t claims;
    } cases[] = {{"none\n", "none", PERFADAPT__CLAIM(NONE)},
                 {"pl1 vr_tdc\n", "pl1 vr_tdc", PERFADAPT__CLAIM(POWER) | PERFADAPT__CLAIM(CURRENT)},
                 {"soc_avg_thermal\n", "soc_avg_thermal", PERFADAPT__CLAIM(THERMAL)},
                 {"fastvmode psys_crit\n", "fastvmode psys_crit", PERFADAPT__CLAIM(CURRENT) | PERFADAPT__CLAIM(POWER)},
                 {"p0_freq", "p0_freq", PERFADAPT__CLAIM(POLICY)},
                 {"a_new_one pl1\n", "a_new_one pl1", PERFADAPT__CLAIM(UNKNOWN) | PERFADAPT__CLAIM(POWER)}};
    struct fixture *fixture = *state;
    add_xe(fixture);
    graphics_set(fixture, XE_GT "/throttle/status", "garbage\n"); /* not read then */
    graphics_set(fixture, XE_GT "/throttle/reasons", "none\n");
    create(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        graphics_set(fixture, XE_GT "/throttle/reasons", cases[i].file);
        fixture_read(fixture, 1000 + (int64_t)i * 500);
        assert_says(fixture, cases[i].claims, cases[i].text);
    }
    graphics_set(fixture, XE_GT "/throttle/reasons", "\n");
    fixture_read(fixture, 9000);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_ERROR);
}

static void test_list_that_does_not_fit(void **state) {
    char text[12];
    (void)state;
    assert_int_equal(perfadapt__intel_reasons_claims("pl1 vr_thermalert pl2", text, sizeof text),
                     PERFADAPT__CLAIM(POWER) | PERFADAPT__CLAIM(THERMAL));
    assert_string_equal(text, "pl1 pl2");
    assert_int_equal(perfadapt__intel_reasons_claims(" \t\n", text, sizeof text), 0);
    assert_string_equal(text, "");
    assert_null(perfadapt__intel_reason_name(PERFADAPT__INTEL_REASONS_MAX));
}

/* ---- sleep, and errors ---- */

static void assert_sleeper_is_left_alone(struct fixture *fixture) {
    graphics_set(fixture, "power/runtime_status", "suspended\n");
    const int watch = graphics_watch(fixture);
    if (watch < 0)
        skip();
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    graphics_read(fixture, 2000, true, true);
    assert_false(graphics_touched(watch));
    assert_int_equal(gpu->state, PERFADAPT_STATE_ASLEEP);
    assert_unknown(&gpu->clock, PERFADAPT_STATE_ASLEEP);
    assert_unknown(&gpu->power, PERFADAPT_STATE_ASLEEP);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_ASLEEP);
    graphics_set(fixture, "power/runtime_status", "active\n");
    fixture_read(fixture, 3000);
    assert_true(graphics_touched(watch));
    assert_int_equal(gpu->clock.state, PERFADAPT_STATE_OK);
    close(watch);
}

static void test_sleeping_i915(void **state) {
    add_i915(*state);
    assert_sleeper_is_left_alone(*state);
}

static void test_sleeping_xe(void **state) {
    add_xe(*state);
    assert_sleeper_is_left_alone(*state);
}

/* Its use is not known: it is in use while this process draws. Power over a rest is not a power of now. */
static void test_rests_while_nobody_draws(void **state) {
    struct fixture *fixture = *state;
    add_i915(fixture);
    graphics_set(fixture, "power/runtime_status", "active\n");
    graphics_set(fixture, "power/control", "auto\n");
    graphics_set(fixture, "power/autosuspend_delay_ms", "10000\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    int64_t now_ms = 1000;
    for (; now_ms < 20000; now_ms += 1000) {
        graphics_read(fixture, now_ms, true, false);
        assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    }
    for (; now_ms < 40000 && gpu->why != PERFADAPT_WHY_RESTING; now_ms += 1000)
        graphics_read(fixture, now_ms, false, false);
    assert_int_equal(now_ms, 26000);
    assert_unknown(&gpu->clock, PERFADAPT_STATE_ASLEEP);
    set_energy(fixture, 25637161804 + 1000000);
    graphics_read(fixture, now_ms + 500, true, false); /* a frame ends the rest */
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 600);
    assert_true(isnan(gpu->power.value));
}

static void test_eperm_is_no_sleep_here(void **state) {
    struct fixture *fixture = *state;
    add_i915(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    graphics_break("/energy1_input", EPERM);
    fixture_read(fixture, 1000);
    graphics_break(NULL, 0);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    assert_unknown(&gpu->power, PERFADAPT_STATE_ERROR);
}

static void test_garbage(void **state) {
    static const char *const texts[] = {"", "\n", "x\n", "-1\n", "65261800\n", "99999999999999999999\n"};
    struct fixture *fixture = *state;
    add_i915(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        graphics_set(fixture, I915_GT "/rps_act_freq_mhz", texts[i]);
        graphics_set(fixture, I915_GT "/rps_RP0_freq_mhz", texts[i]);
        fixture_read(fixture, 1000 + (int64_t)i * 40000);
        assert_unknown(&gpu->clock, PERFADAPT_STATE_ERROR);
        assert_unknown(&gpu->clock_max, PERFADAPT_STATE_ERROR);
    }
}

static void test_vanishes_and_returns(void **state) {
    struct fixture *fixture = *state;
    add_xe(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    fixture_move(fixture, "/sys/class/drm/card1", "/away");
    graphics_break("/act_freq", ENODEV);
    fixture_read(fixture, 2000);
    graphics_break(NULL, 0);
    assert_int_equal(gpu->state, PERFADAPT_STATE_ERROR);
    assert_int_equal(gpu->why, PERFADAPT_WHY_VANISHED);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_ERROR);
    fixture_move(fixture, "/away", "/sys/class/drm/card1");
    fixture_read(fixture, 3000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    assert_int_equal(fixture->logged, 2);
    assert_says(fixture, PERFADAPT__CLAIM(NONE), "none");
}

static void test_shortage_is_not_absence(void **state) {
    struct fixture *fixture = *state;
    add_i915(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    for (unsigned spare = 0; spare < 10; spare++) {
        fixture_starve(fixture, spare);
        graphics_read(fixture, 1000 + 40000 * spare, false, true);
        fixture_feed(fixture);
        assert_int_not_equal(gpu->clock.state, PERFADAPT_STATE_UNSUPPORTED);
        assert_int_not_equal(gpu->power.state, PERFADAPT_STATE_UNSUPPORTED);
        fixture_read(fixture, 1000 + 40000 * spare + 35000);
        assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 600);
        assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 55);
    }
}

/* ---- recordings ---- */

static struct perfadapt_gpu *read_recording(struct fixture *fixture, const char *tree, const char *card) {
    if (!graphics_lay_card(fixture, tree, card))
        skip();
    fixture_create(fixture, &perfadapt__intel_gpu_provider);
    assert_non_null(fixture->provider);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.gpu_count, 1);
    assert_says(fixture, PERFADAPT__CLAIM(NONE), "none");
    return &fixture->snapshot.gpus[0];
}

static void test_recorded_a380(void **state) {
    const struct perfadapt_gpu *gpu = read_recording(*state, "intel/a380-i915", "card1");
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 600);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 2450);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 55);
    assert_unknown(&gpu->power, PERFADAPT_STATE_INIT);
}

static void test_recorded_b580(void **state) {
    const struct perfadapt_gpu *gpu = read_recording(*state, "intel/b580", "card1");
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 2850);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 190);
}

static void test_recorded_tigerlake(void **state) {
    const struct perfadapt_gpu *gpu = read_recording(*state, "intel/tigerlake", "card0");
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 1300);
    assert_unknown(&gpu->power, PERFADAPT_STATE_UNSUPPORTED);
}

static int teardown(void **state) {
    graphics_break(NULL, 0);
    return fixture_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_i915),
        TEST(test_i915_before_gt),
        TEST(test_xe),
        TEST(test_none),
        TEST(test_energy_differences),
        TEST(test_resume_drops_differences),
        TEST(test_each_reason),
        TEST(test_reasons_are_read_when_needed),
        TEST(test_list_of_reasons),
        TEST(test_list_that_does_not_fit),
        TEST(test_sleeping_i915),
        TEST(test_sleeping_xe),
        TEST(test_rests_while_nobody_draws),
        TEST(test_eperm_is_no_sleep_here),
        TEST(test_garbage),
        TEST(test_vanishes_and_returns),
        TEST(test_shortage_is_not_absence),
        TEST(test_recorded_a380),
        TEST(test_recorded_b580),
        TEST(test_recorded_tigerlake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
