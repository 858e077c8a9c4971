/* What is believed of those that say "throttled". SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "sampler/throttle.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(100000000000)

static int setup(void **state) {
    *state = calloc(1, sizeof(struct perfadapt_snapshot));
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    free(*state);
    return 0;
}

static struct perfadapt_sensor *add_sensor(struct perfadapt_snapshot *snapshot, const char *id,
                                           enum perfadapt_sensor_role role, double celsius, double limit_c) {
    struct perfadapt_sensor *sensor = perfadapt__sensor_add(snapshot, id, "chip", "label");
    sensor->role = (uint32_t)role;
    sensor->temperature = perfadapt__metric_ok(celsius, PERFADAPT_UNIT_CELSIUS, NOW);
    if (limit_c > 0)
        sensor->limit = perfadapt__metric_ok(limit_c, PERFADAPT_UNIT_CELSIUS, NOW);
    return sensor;
}

static int add_evidence(struct perfadapt_snapshot *snapshot, enum perfadapt_sensor_role role, const char *source,
                        const char *device, uint32_t claims, const char *text) {
    const int index = perfadapt__evidence_add(snapshot, role, source, device);
    perfadapt__evidence_set(snapshot, index, claims, text, NOW);
    return index;
}

static void test_nothing_known(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    perfadapt__gpu_find_or_add(snapshot, "0000:03:00.0", "amdgpu");
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
    assert_int_equal(snapshot->gpus[0].throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
    assert_string_equal(snapshot->processor.throttle.proof, "no source tells");
}

static void test_heat_with_its_temperature(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    perfadapt__gpu_find_or_add(snapshot, "0000:03:00.0", "amdgpu");
    add_sensor(snapshot, "amdgpu/junction@pci/0000:03:00.0", PERFADAPT_SENSOR_GPU, 104.25, 110);
    add_evidence(snapshot, PERFADAPT_SENSOR_GPU, "amdgpu", "0000:03:00.0", PERFADAPT__CLAIM(THERMAL), "TEMP_GFX");
    add_evidence(snapshot, PERFADAPT_SENSOR_CPU, "thermal_throttle", "package 0", PERFADAPT__CLAIM(NONE), "0 events");
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->gpus[0].throttle.verdict, PERFADAPT_THROTTLING_THERMAL);
    assert_int_equal(snapshot->processor.throttle.verdict, PERFADAPT_THROTTLING_NONE);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_THERMAL);
    assert_int_equal(snapshot->throttle.subject, PERFADAPT_SENSOR_GPU);
    assert_string_equal(snapshot->throttle.proof, "amdgpu 0000:03:00.0: TEMP_GFX; at 104.3 C of 110.0");
}

/* A real one reported THROTTLED at 34 °C and 10 W. */
static void test_throttled_at_34_degrees_is_not_heat(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    perfadapt__gpu_find_or_add(snapshot, "0000:03:00.0", "amdgpu");
    add_sensor(snapshot, "amdgpu/junction@pci/0000:03:00.0", PERFADAPT_SENSOR_GPU, 34, 100);
    const int index = add_evidence(snapshot, PERFADAPT_SENSOR_GPU, "amdgpu", "0000:03:00.0", PERFADAPT__CLAIM(THERMAL),
                                   "TEMP_HOTSPOT");
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->evidence[index].believed, PERFADAPT__CLAIM(UNKNOWN));
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
    assert_string_equal(snapshot->throttle.proof,
                        "amdgpu 0000:03:00.0: TEMP_HOTSPOT; at 34.0 C of 100.0: too cool to be heat");
    perfadapt__evidence_set(snapshot, index, PERFADAPT__CLAIM(THERMAL) | PERFADAPT__CLAIM(POWER), "PPT0", NOW);
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_POWER);
}

static void test_without_a_limit_60_degrees_can_be_heat(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    struct perfadapt_sensor *sensor = add_sensor(snapshot, "zone/cpu", PERFADAPT_SENSOR_CPU, 59.9, 0);
    add_evidence(snapshot, PERFADAPT_SENSOR_CPU, "cooling_device", "cpufreq-0", PERFADAPT__CLAIM(THERMAL), "state 1");
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
    sensor->temperature.value = 60;
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_THERMAL);
    sensor->temperature = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_ERROR);
    perfadapt__throttle_judge(snapshot, NOW); /* no temperature speaks against it */
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_THERMAL);
}

static void test_policy_and_power_are_not_heat(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_sensor(snapshot, "coretemp/Package id 0@platform/coretemp.0", PERFADAPT_SENSOR_CPU, 99, 100);
    add_evidence(snapshot, PERFADAPT_SENSOR_CPU, "cpufreq", "policy0", PERFADAPT__CLAIM(POLICY), "no_turbo=1");
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_POLICY);
    add_evidence(snapshot, PERFADAPT_SENSOR_CPU, "rapl", "package 0", PERFADAPT__CLAIM(POWER), "PL1");
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_POWER);
    assert_string_equal(snapshot->throttle.proof, "rapl package 0: PL1");
}

static void test_old_evidence_counts_for_nothing(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    const int index =
        add_evidence(snapshot, PERFADAPT_SENSOR_CPU, "cpufreq", "policy0", PERFADAPT__CLAIM(POLICY), "no_turbo=1");
    perfadapt__throttle_judge(snapshot, NOW + INT64_C(10000000001));
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
    assert_int_equal(snapshot->evidence[index].believed, 0);
    perfadapt__evidence_none(snapshot, index, PERFADAPT_STATE_ERROR);
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
}

static void set_clock(struct perfadapt_snapshot *snapshot, double busy, double mhz) {
    snapshot->processor.busy = perfadapt__metric_ok(busy, PERFADAPT_UNIT_RATIO, NOW);
    snapshot->processor.clock = perfadapt__metric_ok(mhz, PERFADAPT_UNIT_MEGAHERTZ, NOW);
    snapshot->processor.clock_limit = perfadapt__metric_ok(1800, PERFADAPT_UNIT_MEGAHERTZ, NOW);
}

/* Boards whose firmware says nothing: 94 °C, and the clock slides from 1.8 to 1.1 GHz. */
static void test_slow_at_the_limit_is_heat(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    struct perfadapt_sensor *sensor = add_sensor(snapshot, "zone/cpu", PERFADAPT_SENSOR_CPU, 94, 95);
    set_clock(snapshot, 0.95, 1100);
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_THERMAL);
    assert_string_equal(snapshot->throttle.proof, "clock: 1100 of 1800 MHz while busy; at 94.0 C of 95.0");
    set_clock(snapshot, 0.2, 1100); /* idle clocks are low */
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
    set_clock(snapshot, 0.95, 1100);
    sensor->temperature.value = 75; /* a power limit: lost clock without heat */
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->throttle.verdict, PERFADAPT_THROTTLING_UNKNOWN);
}

static void test_each_gpu_has_its_own(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    perfadapt__gpu_find_or_add(snapshot, "0000:00:02.0", "i915");
    perfadapt__gpu_find_or_add(snapshot, "0000:03:00.0", "nvidia");
    add_sensor(snapshot, "nvml/gpu@0000:03:00.0", PERFADAPT_SENSOR_GPU, 86, 87);
    add_evidence(snapshot, PERFADAPT_SENSOR_GPU, "i915", "0000:00:02.0", PERFADAPT__CLAIM(NONE), "status 0");
    add_evidence(snapshot, PERFADAPT_SENSOR_GPU, "nvml", "0000:03:00.0", PERFADAPT__CLAIM(THERMAL), "HwThermal");
    perfadapt__throttle_judge(snapshot, NOW);
    assert_int_equal(snapshot->gpus[0].throttle.verdict, PERFADAPT_THROTTLING_NONE);
    assert_int_equal(snapshot->gpus[1].throttle.verdict, PERFADAPT_THROTTLING_THERMAL);
    const int64_t since_ns = snapshot->throttle.since_ns;
    perfadapt__throttle_judge(snapshot, NOW + 1000);
    assert_int_equal(snapshot->throttle.since_ns, since_ns);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_known),
        TEST(test_heat_with_its_temperature),
        TEST(test_throttled_at_34_degrees_is_not_heat),
        TEST(test_without_a_limit_60_degrees_can_be_heat),
        TEST(test_policy_and_power_are_not_heat),
        TEST(test_old_evidence_counts_for_nothing),
        TEST(test_slow_at_the_limit_is_heat),
        TEST(test_each_gpu_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
