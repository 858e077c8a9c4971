/* Cooling devices that slow something down. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/cooling.h"

#include <stdio.h>
#include <string.h>

static void add(struct fixture *fixture, unsigned number, const char *type, const char *state, const char *most) {
    static const char *const files[] = {"type", "cur_state", "max_state"};
    const char *const texts[] = {type, state, most};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/class/thermal/cooling_device%u/%s", number, files[i]);
        fixture_file(fixture, path, texts[i]);
    }
}

static void create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__cooling_provider);
    assert_non_null(fixture->provider);
}

static void assert_evidence(struct fixture *fixture, uint32_t index, enum perfadapt_sensor_role subject,
                            const char *device, uint32_t claims, const char *text) {
    assert_true(index < fixture->snapshot.evidence_count);
    const struct perfadapt_evidence *evidence = &fixture->snapshot.evidence[index];
    assert_string_equal(evidence->source, "cooling_device");
    assert_string_equal(evidence->device, device);
    assert_string_equal(evidence->text, text);
    assert_int_equal(evidence->subject, subject);
    assert_int_equal(evidence->claims, claims);
    assert_int_equal(evidence->state, PERFADAPT_STATE_OK);
}

static void test_types(void **state) {
    static const struct {
        const char *type;
        int subject; /* -1 = ignored */
    } cases[] = {
        {"thermal-cpufreq-0", PERFADAPT_SENSOR_CPU},
        {"cpufreq-cpu4", PERFADAPT_SENSOR_CPU},
        {"cpuidle-cpu0", PERFADAPT_SENSOR_CPU},
        {"thermal-idle-3", PERFADAPT_SENSOR_CPU},
        {"Processor", PERFADAPT_SENSOR_CPU},
        {"intel_powerclamp", PERFADAPT_SENSOR_CPU},
        {"cpu-throttle-alert", PERFADAPT_SENSOR_CPU},
        {"devfreq-17000000.ga10b", PERFADAPT_SENSOR_GPU},
        {"gpu-balanced", PERFADAPT_SENSOR_GPU},
        {"devfreq-fde60000.GPU", PERFADAPT_SENSOR_GPU},
        {"Mali", PERFADAPT_SENSOR_GPU},
        {"devfreq-dmc", PERFADAPT_SENSOR_OTHER},
        {"thermal-devfreq-0", PERFADAPT_SENSOR_OTHER},
        {"Fan", -1},
        {"pwm-fan", -1},
        {"gpu-fan", -1},
        {"LCD", -1},
        {"iwlwifi_1", -1},
        {"TFN1", -1},
        {"TCC Offset", -1},
        {"hot-surface-alert", -1},
        {"", -1},
        {"acpi_video0", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum perfadapt_sensor_role subject;
        assert_int_equal(perfadapt__cooling_subject(cases[i].type, &subject), cases[i].subject >= 0);
        if (cases[i].subject >= 0)
            assert_int_equal(subject, cases[i].subject);
    }
}

static void test_nanopi(void **state) {
    struct fixture *fixture = *state;
    add(fixture, 0, "thermal-cpufreq-0\n", "0\n", "12\n");
    create(fixture);
    assert_int_equal(fixture->snapshot.evidence[0].state, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_evidence(fixture, 0, PERFADAPT_SENSOR_CPU, "thermal-cpufreq-0", PERFADAPT__CLAIM(NONE),
                    "thermal-cpufreq-0 0: state 0 of 12");
    add(fixture, 0, "thermal-cpufreq-0\n", "3\n", "12\n");
    fixture_read(fixture, 2000);
    assert_evidence(fixture, 0, PERFADAPT_SENSOR_CPU, "thermal-cpufreq-0", PERFADAPT__CLAIM(THERMAL),
                    "thermal-cpufreq-0 0: state 3 of 12");
    assert_int_equal(fixture->snapshot.evidence[0].timestamp_ns, INT64_C(2000000000));
}

static void test_jetson_by_subject(void **state) {
    struct fixture *fixture = *state;
    add(fixture, 0, "pwm-fan\n", "3\n", "4\n");
    add(fixture, 1, "cpufreq-cpu0\n", "0\n", "20\n");
    add(fixture, 2, "cpufreq-cpu4\n", "5\n", "20\n");
    add(fixture, 3, "devfreq-17000000.ga10b\n", "0\n", "10\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.evidence_count, 2);
    assert_evidence(fixture, 0, PERFADAPT_SENSOR_CPU, "processors", PERFADAPT__CLAIM(THERMAL),
                    "cpufreq-cpu4 2: state 5 of 20");
    assert_evidence(fixture, 1, PERFADAPT_SENSOR_GPU, "devfreq-17000000.ga10b", PERFADAPT__CLAIM(NONE),
                    "devfreq-17000000.ga10b 3: state 0 of 10");
}

static void test_worst_is_of_its_own_scale(void **state) {
    struct fixture *fixture = *state;
    add(fixture, 0, "Processor\n", "3\n", "10\n");
    add(fixture, 1, "intel_powerclamp\n", "20\n", "100\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_string_equal(fixture->snapshot.evidence[0].text, "Processor 0: state 3 of 10");
}

static void test_powerclamp_off(void **state) {
    struct fixture *fixture = *state;
    add(fixture, 0, "intel_powerclamp\n", "-1\n", "50\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_evidence(fixture, 0, PERFADAPT_SENSOR_CPU, "intel_powerclamp", PERFADAPT__CLAIM(NONE),
                    "intel_powerclamp 0: state 0 of 50");
}

/* 32 processors: eight at a time, all within four reads, one entry of evidence. */
static void test_many_processors(void **state) {
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 32; i++)
        add(fixture, i, "Processor\n", i == 31 ? "2\n" : "0\n", "10\n");
    create(fixture);
    assert_int_equal(fixture->snapshot.evidence_count, 1);
    for (int64_t second = 1; second <= 3; second++) {
        fixture_read(fixture, 1000 * second);
        assert_int_equal(fixture->snapshot.evidence[0].claims, PERFADAPT__CLAIM(NONE));
    }
    fixture_read(fixture, 4000);
    assert_evidence(fixture, 0, PERFADAPT_SENSOR_CPU, "processors", PERFADAPT__CLAIM(THERMAL),
                    "Processor 31: state 2 of 10");
}

static void test_bad_states(void **state) {
    static const char *const texts[] = {"", "x\n", "13\n", "99999999999999999999\n", "3 4\n"};
    struct fixture *fixture = *state;
    add(fixture, 0, "thermal-cpufreq-0\n", "0\n", "12\n");
    create(fixture);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        add(fixture, 0, "thermal-cpufreq-0\n", texts[i], "12\n");
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        assert_int_equal(fixture->snapshot.evidence[0].state, PERFADAPT_STATE_ERROR);
        assert_int_equal(fixture->snapshot.evidence[0].claims, 0);
    }
    add(fixture, 0, "thermal-cpufreq-0\n", "1\n", "12\n");
    fixture_read(fixture, 20000);
    assert_int_equal(fixture->snapshot.evidence[0].claims, PERFADAPT__CLAIM(THERMAL));
}

static void test_device_that_goes_and_comes_back(void **state) {
    struct fixture *fixture = *state;
    add(fixture, 0, "thermal-cpufreq-0\n", "1\n", "12\n");
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, "/sys/class/thermal/cooling_device0");
    fixture_read(fixture, 2000);
    assert_int_equal(fixture->snapshot.evidence[0].state, PERFADAPT_STATE_ERROR);
    add(fixture, 5, "thermal-cpufreq-0\n", "4\n", "12\n");
    fixture_read(fixture, 13000);
    fixture_read(fixture, 14000);
    assert_evidence(fixture, 0, PERFADAPT_SENSOR_CPU, "thermal-cpufreq-0", PERFADAPT__CLAIM(THERMAL),
                    "thermal-cpufreq-0 5: state 4 of 12");
    assert_int_equal(fixture->snapshot.evidence_count, 1);
}

static void test_nothing_of_interest(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__cooling_provider);
    assert_null(fixture->provider);
    add(fixture, 0, "Fan\n", "1\n", "1\n");
    fixture_create(fixture, &perfadapt__cooling_provider);
    assert_null(fixture->provider);
    assert_int_equal(fixture->snapshot.evidence_count, 0);
}

static void test_short_of_descriptors_is_not_absent(void **state) {
    struct fixture *fixture = *state;
    add(fixture, 0, "thermal-cpufreq-0\n", "1\n", "12\n");
    fixture_starve(fixture, 0);
    fixture_create(fixture, &perfadapt__cooling_provider);
    fixture_feed(fixture);
    assert_non_null(fixture->provider);
    fixture_read(fixture, 1000);
    fixture_read(fixture, 12000);
    fixture_read(fixture, 13000);
    assert_int_equal(fixture->snapshot.evidence_count, 1);
    assert_int_equal(fixture->snapshot.evidence[0].claims, PERFADAPT__CLAIM(THERMAL));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_types),
        TEST(test_nanopi),
        TEST(test_jetson_by_subject),
        TEST(test_worst_is_of_its_own_scale),
        TEST(test_powerclamp_off),
        TEST(test_many_processors),
        TEST(test_bad_states),
        TEST(test_device_that_goes_and_comes_back),
        TEST(test_nothing_of_interest),
        TEST(test_short_of_descriptors_is_not_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
