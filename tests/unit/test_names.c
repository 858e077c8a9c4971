/* Words and sentences as they are printed, and the cleaning of texts. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/text.h"
#include "publish/sanitize.h"

#include <locale.h>
#include <math.h>
#include <perfadapt/monitor.h>
#include <string.h>

static void words(void **state) {
    (void)state;
    assert_string_equal(perfadapt_thermal_state_name(PERFADAPT_THERMAL_WARM), "warm");
    assert_string_equal(perfadapt_memory_state_name(PERFADAPT_MEMORY_TIGHT), "tight");
    assert_string_equal(perfadapt_bottleneck_name(PERFADAPT_BOTTLENECK_GPU), "gpu");
    assert_string_equal(perfadapt_state_name(PERFADAPT_STATE_UNSUPPORTED), "unsupported");
    assert_string_equal(perfadapt_state_name(PERFADAPT_STATE_OK), "ok");
    assert_string_equal(perfadapt_sensor_role_name(PERFADAPT_SENSOR_GPU_MEMORY), "gpu_memory");
    assert_string_equal(perfadapt_limit_source_name(PERFADAPT_LIMIT_TRIP), "trip");
    assert_string_equal(perfadapt_why_text(PERFADAPT_WHY_DENIED), "permission denied");
    assert_string_equal(perfadapt_app_state_name(PERFADAPT_APP_SILENT), "silent");
    assert_string_equal(perfadapt_app_state_name(PERFADAPT_APP_DENIED), "denied");
    assert_string_equal(perfadapt_signal_name(PERFADAPT_SIGNAL_TEMPERATURE), "temperature");
    assert_string_equal(perfadapt_signal_name(PERFADAPT_SIGNAL_GPU_MEMORY), "GPU memory");
    assert_string_equal(perfadapt_signal_name(PERFADAPT_SIGNAL_CPU_PRESSURE), "CPU pressure");
    assert_string_equal(perfadapt_role_name(PERFADAPT_ROLE_EXPORT), "export");
    assert_string_equal(perfadapt_throttling_name(PERFADAPT_THROTTLING_UNKNOWN), "unknown");
    assert_string_equal(perfadapt_throttling_name(PERFADAPT_THROTTLING_POLICY), "policy");
    assert_string_equal(perfadapt_event_name(0), "unknown");
    assert_string_equal(perfadapt_event_name(PERFADAPT_EVENT_GPU_TIMEOUT), "gpu-timeout");
    assert_string_equal(perfadapt_event_name(PERFADAPT_EVENT_SCENE_CUT), "scene-cut");
}

static void words_out_of_range(void **state) {
    (void)state;
    const char *(*const functions[])(uint32_t) = {
        perfadapt_thermal_state_name, perfadapt_memory_state_name, perfadapt_bottleneck_name,
        perfadapt_state_name,         perfadapt_sensor_role_name,  perfadapt_why_text,
        perfadapt_limit_source_name,  perfadapt_app_state_name,    perfadapt_signal_name,
        perfadapt_role_name,          perfadapt_throttling_name,   perfadapt_event_name};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        assert_string_equal(functions[i](1000), "unknown");
        assert_string_equal(functions[i](UINT32_MAX), "unknown");
        for (uint32_t value = 0; value < 20; value++)
            assert_non_null(functions[i](value));
    }
}

static void reasons(void **state) {
    (void)state;
    char text[128];
    perfadapt_reasons_text(0, text, sizeof text);
    assert_string_equal(text, "-");
    perfadapt_reasons_text(PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_MEMORY, text, sizeof text);
    assert_string_equal(text, "thermal,memory");
    perfadapt_reasons_text(UINT32_MAX, text, sizeof text);
    assert_string_equal(text, "frame-late,frame-cost,thermal,sensor-lost,memory,settling,event,power,policy,yield");
    perfadapt_reasons_text(0x80000000u, text, sizeof text);
    assert_string_equal(text, "-");
}

static void reasons_in_little_room(void **state) {
    (void)state;
    char text[16];
    perfadapt_reasons_text(PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_MEMORY, text, 15);
    assert_string_equal(text, "thermal,memory");
    perfadapt_reasons_text(PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_MEMORY, text, 14);
    assert_string_equal(text, "thermal");
    perfadapt_reasons_text(PERFADAPT_REASON_THERMAL, text, 1);
    assert_string_equal(text, "");
    text[0] = 'x';
    perfadapt_reasons_text(PERFADAPT_REASON_THERMAL, text, 0);
    assert_int_equal(text[0], 'x');
}

static struct perfadapt_decision quiet_decision(void) {
    return (struct perfadapt_decision){.render_scale_from = 1,
                                       .render_scale_to = 1,
                                       .frames_in_flight_from = 3,
                                       .frames_in_flight_to = 3,
                                       .memory_bytes_from = PERFADAPT_NO_LIMIT,
                                       .memory_bytes_to = PERFADAPT_NO_LIMIT,
                                       .value = (double)NAN,
                                       .limit = (double)NAN,
                                       .forecast = (double)NAN};
}

static void assert_text(const struct perfadapt_decision *decision, const char *expected) {
    char text[256];
    perfadapt_decision_text(decision, text, sizeof text);
    assert_string_equal(text, expected);
}

static void decision_of_heat(void **state) {
    (void)state;
    struct perfadapt_decision decision = quiet_decision();
    decision.quality_from = 4;
    decision.quality_to = 3;
    decision.signal = PERFADAPT_SIGNAL_TEMPERATURE;
    decision.value = 84.2;
    decision.limit = 83.5;
    decision.forecast = 86;
    decision.reasons = PERFADAPT_REASON_THERMAL;
    assert_text(&decision, "quality 4 -> 3: temperature 84.2 \u00b0C, target 83.5, forecast 86.0 (thermal)");
    decision.forecast = (double)NAN;
    assert_text(&decision, "quality 4 -> 3: temperature 84.2 \u00b0C, target 83.5 (thermal)");
    decision.value = (double)NAN;
    assert_text(&decision, "quality 4 -> 3: temperature, target 83.5 \u00b0C (thermal)");
    decision.limit = (double)INFINITY;
    assert_text(&decision, "quality 4 -> 3: temperature (thermal)");
}

static void decision_of_everything(void **state) {
    (void)state;
    struct perfadapt_decision decision = quiet_decision();
    decision.quality_from = 3;
    decision.quality_to = 4;
    decision.render_scale_to = 0.85f;
    decision.frame_ns_from = 16666667;
    decision.frame_ns_to = 33333333;
    decision.frames_in_flight_to = 2;
    decision.memory_bytes_to = UINT64_C(512) << 20;
    decision.signal = PERFADAPT_SIGNAL_MEMORY_AVAILABLE;
    decision.value = 1048576.0 * 300.25;
    decision.reasons = PERFADAPT_REASON_MEMORY | PERFADAPT_REASON_SETTLING;
    assert_text(&decision, "quality 3 -> 4, scale 1.00 -> 0.85, frame time 16.7 -> 33.3 ms, frames in flight 3 -> 2, "
                           "memory none -> 512 MiB: available memory 300.3 MiB (memory,settling)");
}

static void decision_of_little(void **state) {
    (void)state;
    struct perfadapt_decision decision = quiet_decision();
    assert_text(&decision, "unchanged");
    decision.frame_ns_to = 20000000;
    decision.signal = PERFADAPT_SIGNAL_FRAME_TIME;
    decision.value = -0.04;
    decision.limit = -1.25;
    assert_text(&decision, "frame time none -> 20.0 ms: frame time 0.0 ms, limit -1.3");
    decision.signal = PERFADAPT_SIGNAL_MEMORY_PRESSURE;
    decision.value = 1e300;
    decision.limit = 99.96;
    assert_text(&decision, "frame time none -> 20.0 ms: memory pressure 1000000000000000.0 %, limit 100.0");
    decision.render_scale_to = NAN;
    decision.signal = 99;
    assert_text(&decision, "frame time none -> 20.0 ms: unknown 1000000000000000.0, limit 100.0");
}

static void decision_of_what_was_reported(void **state) {
    (void)state;
    struct perfadapt_decision decision = quiet_decision();
    decision.quality_from = 4;
    decision.quality_to = 2;
    decision.signal = PERFADAPT_SIGNAL_EVENT;
    decision.value = PERFADAPT_EVENT_DEVICE_LOST;
    decision.reasons = PERFADAPT_REASON_EVENT;
    assert_text(&decision, "quality 4 -> 2: event device-lost (event)");
    decision.value = (double)NAN;
    assert_text(&decision, "quality 4 -> 2: event unknown (event)");
    decision.value = -1e300;
    assert_text(&decision, "quality 4 -> 2: event unknown (event)");
    decision.signal = PERFADAPT_SIGNAL_GPU_BUSY;
    decision.value = 71.25;
    decision.limit = 50;
    decision.reasons = PERFADAPT_REASON_POWER | PERFADAPT_REASON_POLICY;
    assert_text(&decision, "quality 4 -> 2: GPU busy 71.3 %, limit 50.0 (power,policy)");
    decision.signal = PERFADAPT_SIGNAL_GPU_MEMORY;
    decision.value = 3.5 * 1048576;
    decision.limit = 1048576;
    decision.reasons = PERFADAPT_REASON_MEMORY;
    assert_text(&decision, "quality 4 -> 2: GPU memory 3.5 MiB, limit 1.0 (memory)");
    decision.signal = PERFADAPT_SIGNAL_SESSION;
    decision.value = PERFADAPT_REASON_FRAME_LATE | PERFADAPT_REASON_THERMAL;
    decision.reasons = PERFADAPT_REASON_YIELD;
    assert_text(&decision, "quality 4 -> 2: another session, frame-late,thermal (yield)");
    decision.value = 0x1p40;
    assert_text(&decision, "quality 4 -> 2: another session (yield)");
    decision.value = (double)NAN;
    assert_text(&decision, "quality 4 -> 2: another session (yield)");
}

/* The largest of everything that comes through sanitizing. */
static void decision_of_the_most_words_fits(void **state) {
    (void)state;
    const double most = 1e18;
    struct perfadapt_decision decision = {.quality_from = 31,
                                          .quality_to = 30,
                                          .render_scale_from = 1,
                                          .render_scale_to = 0.25F,
                                          .frame_ns_from = INT64_C(1000000000000000),
                                          .frame_ns_to = INT64_C(999999999999999),
                                          .memory_bytes_from = PERFADAPT_NO_LIMIT - 1,
                                          .memory_bytes_to = PERFADAPT_NO_LIMIT - 1000000,
                                          .frames_in_flight_from = 65536,
                                          .frames_in_flight_to = 65535,
                                          .reasons = UINT32_MAX,
                                          .value = -most,
                                          .limit = -most,
                                          .forecast = -most};
    for (uint32_t signal = 0; signal < 20; signal++) {
        char text[384];
        decision.signal = signal;
        perfadapt_decision_text(&decision, text, sizeof text);
        assert_int_equal(text[strlen(text) - 1], ')');
    }
}

/* An export has no frame time to keep. */
static void decision_without_a_target_names_no_limit(void **state) {
    (void)state;
    struct perfadapt_decision decision = quiet_decision();
    decision.quality_from = 4;
    decision.quality_to = 3;
    decision.signal = PERFADAPT_SIGNAL_FRAME_TIME;
    decision.value = 4.2;
    decision.limit = 0;
    decision.forecast = 56.5;
    decision.reasons = PERFADAPT_REASON_YIELD;
    assert_text(&decision, "quality 4 -> 3: frame time 4.2 ms, forecast 56.5 (yield)");
}

static void decision_in_little_room(void **state) {
    (void)state;
    struct perfadapt_decision decision = quiet_decision();
    decision.quality_from = 4;
    decision.signal = PERFADAPT_SIGNAL_TEMPERATURE;
    decision.value = 84.2;
    decision.reasons = PERFADAPT_REASON_THERMAL;
    const char *whole = "quality 4 -> 0: temperature 84.2 \u00b0C (thermal)";
    for (size_t capacity = 0; capacity < 64; capacity++) {
        char text[64];
        memset(text, 'x', sizeof text);
        perfadapt_decision_text(&decision, text, capacity);
        if (capacity == 0) {
            assert_int_equal(text[0], 'x');
            continue;
        }
        const size_t length = strlen(text);
        assert_true(length < capacity && length + 2 >= (capacity <= strlen(whole) ? capacity : strlen(whole)));
        assert_memory_equal(text, whole, length);
        assert_true(length == 0 || (unsigned char)text[length - 1] != 0xc2); /* half of the degree sign */
    }
}

static void numbers_in_any_locale(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        skip();
    decision_of_heat(state);
    setlocale(LC_ALL, "C");
}

static void texts_are_cleaned(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"viewer 2", "viewer 2"},
        {"\u00e4\u20ac\U0001f600", "\u00e4\u20ac\U0001f600"},
        {"a\tb\nc\033[1m\x7f", "a?b?c?[1m?"},
        {"\xc2\x80|\u202e|\u200b|\ufeff", "?|?|?|?"},
        {"\x80|\xff|\xc0\xaf|\xed\xa0\x80", "?|?|??|?"}, /* stray, overlong, surrogate */
        {"\xf4\x90\x80\x80|\xe0\x80\x80", "????|???"},   /* beyond Unicode, overlong */
        {"cut \xe2\x82", "cut "},
        {"a\xe2\x82z", "a??z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        memset(text, 'x', sizeof text);
        memcpy(text, cases[i].in, strlen(cases[i].in) + 1);
        perfadapt__text_clean(text, sizeof text);
        assert_string_equal(text, cases[i].out);
        for (size_t j = strlen(text); j < sizeof text; j++)
            assert_int_equal(text[j], 0); /* nothing hides behind the end */
    }
}

static void budgets_are_cleaned(void **state) {
    (void)state;
    struct perfadapt_budget budget;
    memset(&budget, 0xff, sizeof budget);
    perfadapt__sanitize_budget(&budget);
    assert_int_equal(budget.quality_levels, 32);
    assert_int_equal(budget.quality, 31);
    assert_int_equal(budget.frame_ns, 0);
    assert_int_equal(budget.time_to_throttle_ns, PERFADAPT_THROTTLE_NOT_FORESEEN);
    assert_int_equal(budget.thermal_state, PERFADAPT_THERMAL_UNKNOWN);
    assert_int_equal(budget.reasons, 2 * PERFADAPT_REASON_YIELD - 1);
    assert_true(isnan(budget.render_scale) && isnan(budget.thermal_headroom));
    assert_true(budget.confidence >= 0 && budget.confidence <= 0);
    budget.time_to_throttle_ns = INT64_MIN;
    budget.thermal_headroom = INFINITY;
    budget.frames_in_flight = 0;
    perfadapt__sanitize_budget(&budget);
    assert_int_equal(budget.time_to_throttle_ns, PERFADAPT_THROTTLE_UNKNOWN);
    assert_true(isnan(budget.thermal_headroom));
    assert_int_equal(budget.frames_in_flight, 1);
}

static void decisions_are_cleaned(void **state) {
    (void)state;
    struct perfadapt_decision decision;
    memset(&decision, 0xff, sizeof decision);
    perfadapt__sanitize_decision(&decision);
    assert_int_equal(decision.reasons, 2 * PERFADAPT_REASON_YIELD - 1);
    assert_int_equal(decision.signal, PERFADAPT_SIGNAL_NONE);
    decision.signal = PERFADAPT_SIGNAL_CPU_PRESSURE;
    decision.reasons = PERFADAPT_REASON_POLICY;
    perfadapt__sanitize_decision(&decision);
    assert_int_equal(decision.signal, PERFADAPT_SIGNAL_CPU_PRESSURE);
    assert_int_equal(decision.reasons, PERFADAPT_REASON_POLICY);
}

static void snapshots_are_cleaned(void **state) {
    (void)state;
    static struct perfadapt_snapshot snapshot;
    memset(&snapshot, 0xff, sizeof snapshot);
    perfadapt__sanitize_snapshot(&snapshot);
    assert_int_equal(snapshot.sensor_count, PERFADAPT_SENSORS_MAX);
    assert_int_equal(snapshot.sensors[63].role, PERFADAPT_SENSOR_OTHER);
    assert_int_equal(snapshot.sensors[63].temperature.state, PERFADAPT_STATE_ERROR);
    assert_true(isnan(snapshot.sensors[63].temperature.value));
    assert_string_equal(snapshot.sensors[0].label, "???????????????????????????????");
    snapshot.sensor_count = 1;
    snapshot.sensors[0].temperature =
        (struct perfadapt_metric){.value = -5, .unit = PERFADAPT_UNIT_CELSIUS, .state = PERFADAPT_STATE_OK};
    snapshot.memory.total =
        (struct perfadapt_metric){.value = -5, .unit = PERFADAPT_UNIT_BYTES, .state = PERFADAPT_STATE_OK};
    snapshot.memory.available =
        (struct perfadapt_metric){.value = 5, .unit = PERFADAPT_UNIT_BYTES, .state = PERFADAPT_STATE_ASLEEP};
    perfadapt__sanitize_snapshot(&snapshot);
    assert_int_equal(snapshot.sensors[0].temperature.state, PERFADAPT_STATE_OK);
    assert_int_equal(snapshot.memory.total.state, PERFADAPT_STATE_ERROR);
    assert_int_equal(snapshot.memory.available.state, PERFADAPT_STATE_ASLEEP);
    assert_true(isnan(snapshot.memory.available.value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(words_out_of_range),
        cmocka_unit_test(reasons),
        cmocka_unit_test(reasons_in_little_room),
        cmocka_unit_test(decision_of_heat),
        cmocka_unit_test(decision_of_everything),
        cmocka_unit_test(decision_of_little),
        cmocka_unit_test(decision_of_what_was_reported),
        cmocka_unit_test(decision_of_the_most_words_fits),
        cmocka_unit_test(decision_without_a_target_names_no_limit),
        cmocka_unit_test(decision_in_little_room),
        cmocka_unit_test(numbers_in_any_locale),
        cmocka_unit_test(texts_are_cleaned),
        cmocka_unit_test(budgets_are_cleaned),
        cmocka_unit_test(decisions_are_cleaned),
        cmocka_unit_test(snapshots_are_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
