/* From a snapshot to what a tick knows. SPDX-License-Identifier: MIT */
#include "control/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static struct perfadapt_snapshot snapshot;
static struct perfadapt__reading reading;

static void assert_equal(double value, double expected) {
    assert_true(value >= expected && value <= expected);
}

static int prepare(void **state) {
    (void)state;
    memset(&snapshot, 0, sizeof snapshot); /* every state INIT */
    memset(&reading, 0xff, sizeof reading);
    return 0;
}

static struct perfadapt_metric metric(double value, uint32_t state) {
    return (struct perfadapt_metric){.value = value, .timestamp_ns = 7 * SECOND, .state = state};
}

static void add_sensor(double temperature_c, double limit_c, uint32_t state) {
    snapshot.sensors[snapshot.sensor_count++] = (struct perfadapt_sensor){
        .role = PERFADAPT_SENSOR_GPU,
        .steers = 1,
        .temperature = metric(temperature_c, state),
        .limit = metric(limit_c, PERFADAPT_STATE_OK),
        .steering_c = 20,
    };
}

static void read_now(void) {
    perfadapt__reading_from_snapshot(&reading, &snapshot, 9 * SECOND);
}

/* The keys, as decimal digits. */
static uint32_t keys(void) {
    uint32_t digits = 0;
    for (uint32_t i = 0; i < reading.heat_count; i++)
        digits = digits * 10 + reading.heat[i].key;
    return digits;
}

static void assert_numbers_unknown(void) {
    const double numbers[] = {
        reading.busy,
        reading.power_w,
        reading.clock_mhz,
        reading.clock_max_mhz,
        reading.machine_memory.some_us,
        reading.machine_memory.full_us,
        reading.machine_memory.some_avg10,
        reading.machine_memory.some_avg60,
        reading.cgroup_memory.some_us,
        reading.cgroup_memory.full_us,
        reading.cgroup_memory.some_avg10,
        reading.cgroup_memory.some_avg60,
        reading.cpu_some_us,
        reading.memory_total,
        reading.memory_available,
        reading.cgroup_limit,
        reading.cgroup_current,
        reading.resident,
        reading.resident_shared,
        reading.gpu_memory_used,
        reading.gpu_memory_budget,
        reading.cpu_quota,
        reading.on_ac,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_true(isnan(numbers[i]));
    assert_int_equal(reading.throttle, PERFADAPT_THROTTLING_UNKNOWN);
    assert_int_equal(reading.heat_count, 0);
}

static void nothing_read_is_unknown(void **state) {
    (void)state;
    perfadapt__reading_init(&reading, 5);
    assert_int_equal(reading.now_ns, 5);
    assert_numbers_unknown();
    memset(&reading, 0xff, sizeof reading);
    read_now();
    assert_true(reading.now_ns == 9 * SECOND);
    assert_numbers_unknown();
}

static void same_snapshot_gives_the_same_bytes(void **state) {
    (void)state;
    static struct perfadapt__reading other;
    add_sensor(60, 90, PERFADAPT_STATE_OK);
    read_now();
    memset(&other, 0x55, sizeof other);
    perfadapt__reading_from_snapshot(&other, &snapshot, 9 * SECOND);
    assert_memory_equal(&reading, &other, sizeof reading);
}

static void sensor_is_passed_on_raw(void **state) {
    (void)state;
    add_sensor(20, 90, PERFADAPT_STATE_OK);
    snapshot.sensors[0].steers = 0;
    add_sensor(61.5, 90, PERFADAPT_STATE_OK);
    read_now();
    assert_int_equal(reading.heat_count, 1);
    assert_int_equal(reading.heat[0].key, 2);
    assert_int_equal(reading.heat[0].state, PERFADAPT_STATE_OK);
    assert_true(reading.heat[0].timestamp_ns == 7 * SECOND);
    assert_equal(reading.heat[0].temperature_c, 61.5);
    assert_equal(reading.heat[0].limit_c, 90);
}

static void sensor_without_a_limit_is_left_out(void **state) {
    (void)state;
    add_sensor(60, 90, PERFADAPT_STATE_OK);
    add_sensor(60, (double)NAN, PERFADAPT_STATE_OK);
    add_sensor(60, 90, PERFADAPT_STATE_OK);
    snapshot.sensors[2].limit.state = PERFADAPT_STATE_UNSUPPORTED;
    read_now();
    assert_int_equal(keys(), 1);
}

static void lost_is_passed_on_and_never_read_is_not(void **state) {
    (void)state;
    add_sensor((double)NAN, 90, PERFADAPT_STATE_ERROR);
    snapshot.sensors[0].temperature.timestamp_ns = 0;
    add_sensor((double)NAN, 90, PERFADAPT_STATE_ERROR);
    add_sensor(50, 90, PERFADAPT_STATE_STALE);
    add_sensor((double)NAN, 90, PERFADAPT_STATE_ASLEEP);
    add_sensor((double)NAN, 90, PERFADAPT_STATE_INIT);
    read_now();
    assert_int_equal(keys(), 234);
    assert_int_equal(reading.heat[0].state, PERFADAPT_STATE_ERROR);
    assert_int_equal(reading.heat[1].state, PERFADAPT_STATE_STALE);
    assert_int_equal(reading.heat[2].state, PERFADAPT_STATE_ASLEEP);
    assert_true(isnan(reading.heat[0].temperature_c));
}

static void what_does_not_steer_is_told(void **state) {
    (void)state;
    add_sensor(60, 90, PERFADAPT_STATE_OK);
    add_sensor(60, 90, PERFADAPT_STATE_OK);
    add_sensor((double)NAN, 90, PERFADAPT_STATE_ERROR);
    snapshot.sensors[1].steers = 0;
    read_now();
    assert_int_equal(keys(), 13);
    assert_int_equal(reading.withdrawn, 2);
}

static void of_many_the_nearest_to_their_limits_are_taken(void **state) {
    (void)state;
    add_sensor(40, 90, PERFADAPT_STATE_OK);
    add_sensor(70, 95, PERFADAPT_STATE_OK);
    add_sensor(43, 45, PERFADAPT_STATE_OK);
    add_sensor((double)NAN, 90, PERFADAPT_STATE_ASLEEP);
    add_sensor(60, 90, PERFADAPT_STATE_OK);
    add_sensor((double)INFINITY, 90, PERFADAPT_STATE_OK);
    add_sensor(65, 90, PERFADAPT_STATE_OK);
    read_now();
    assert_int_equal(keys(), 2357);
}

static void of_many_a_lost_one_stays(void **state) {
    (void)state;
    for (int i = 0; i < 6; i++)
        add_sensor(60 + i, 90, PERFADAPT_STATE_OK);
    add_sensor(30, 90, PERFADAPT_STATE_STALE);
    read_now();
    assert_int_equal(keys(), 4567);
    for (int i = 0; i < 5; i++)
        snapshot.sensors[i].temperature.state = PERFADAPT_STATE_ERROR;
    read_now();
    assert_int_equal(keys(), 1236); /* and never all of them lost while one can be read */
}

static void stalls_and_memory_are_taken_where_they_are_good(void **state) {
    (void)state;
    struct perfadapt_pressure *pressure = &snapshot.pressure[PERFADAPT_RESOURCE_MEMORY];
    pressure->some.total = metric(1e6, PERFADAPT_STATE_OK);
    pressure->some.avg10 = metric(1.5, PERFADAPT_STATE_OK);
    pressure->some.avg60 = metric(0.5, PERFADAPT_STATE_STALE);
    pressure->full.total = metric(1e5, PERFADAPT_STATE_OK);
    snapshot.pressure[PERFADAPT_RESOURCE_CGROUP_MEMORY].full.total = metric(3, PERFADAPT_STATE_OK);
    snapshot.pressure[PERFADAPT_RESOURCE_CPU].some.total = metric(77, PERFADAPT_STATE_OK);
    snapshot.memory.total = metric(8e9, PERFADAPT_STATE_OK);
    snapshot.memory.available = metric(-1, PERFADAPT_STATE_OK);
    snapshot.memory.cgroup_limit = metric(9.2e18, PERFADAPT_STATE_OK); /* as version 1 says "none" */
    snapshot.memory.cgroup_current = metric((double)INFINITY, PERFADAPT_STATE_OK);
    snapshot.memory.process_resident = metric(5e8, PERFADAPT_STATE_OK);
    snapshot.memory.process_shared = metric(1e8, PERFADAPT_STATE_ERROR);
    read_now();
    assert_equal(reading.machine_memory.some_us, 1e6);
    assert_equal(reading.machine_memory.full_us, 1e5);
    assert_equal(reading.machine_memory.some_avg10, 1.5);
    assert_true(isnan(reading.machine_memory.some_avg60));
    assert_true(isnan(reading.cgroup_memory.some_us));
    assert_equal(reading.cgroup_memory.full_us, 3);
    assert_equal(reading.cpu_some_us, 77);
    assert_equal(reading.memory_total, 8e9);
    assert_true(isnan(reading.memory_available) && isnan(reading.cgroup_limit) && isnan(reading.cgroup_current));
    assert_equal(reading.resident, 5e8);
    assert_true(isnan(reading.resident_shared));
}

/* --- Anything at all --- */

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct perfadapt_gpu *add_gpu(double own_busy, double busy, double power_w) {
    struct perfadapt_gpu *gpu = &snapshot.gpus[snapshot.gpu_count++];
    gpu->state = PERFADAPT_STATE_OK;
    gpu->own_busy = metric(own_busy, isnan(own_busy) ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_OK);
    gpu->busy = metric(busy, isnan(busy) ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_OK);
    gpu->power = metric(power_w, PERFADAPT_STATE_OK);
    gpu->clock = metric(900, PERFADAPT_STATE_OK);
    gpu->clock_max = metric(1800, PERFADAPT_STATE_OK);
    return gpu;
}

static void the_gpu_that_draws_counts(void **state) {
    (void)state;
    add_gpu((double)NAN, 0.9, 100);
    add_gpu(0.1, 0.2, 20);
    snapshot.gpus[1].throttle.verdict = PERFADAPT_THROTTLING_POWER;
    read_now();
    assert_equal(reading.power_w, 20);
    assert_equal(reading.busy, 0.2);
    assert_equal(reading.clock_mhz, 900);
    assert_equal(reading.clock_max_mhz, 1800);
    assert_int_equal(reading.throttle, PERFADAPT_THROTTLING_POWER);
    snapshot.gpus[1].own_busy = metric((double)NAN, PERFADAPT_STATE_UNSUPPORTED);
    read_now(); /* nobody tells: the busiest */
    assert_equal(reading.power_w, 100);
    assert_int_equal(reading.throttle, PERFADAPT_THROTTLING_UNKNOWN);
    snapshot.gpus[0].state = PERFADAPT_STATE_ASLEEP;
    read_now();
    assert_equal(reading.power_w, 20);
}

static void heat_is_everybodys_and_policy_of_the_processor_is_not(void **state) {
    (void)state;
    add_gpu(0.5, 0.5, 20)->throttle.verdict = PERFADAPT_THROTTLING_NONE;
    snapshot.throttle.verdict = PERFADAPT_THROTTLING_POLICY;
    read_now();
    assert_int_equal(reading.throttle, PERFADAPT_THROTTLING_NONE);
    snapshot.throttle.verdict = PERFADAPT_THROTTLING_THERMAL;
    read_now();
    assert_int_equal(reading.throttle, PERFADAPT_THROTTLING_THERMAL);
}

static void quota_and_mains(void **state) {
    (void)state;
    snapshot.processor.quota = metric(1.5, PERFADAPT_STATE_OK);
    snapshot.power.on_ac = metric(0, PERFADAPT_STATE_OK);
    read_now();
    assert_equal(reading.cpu_quota, 1.5);
    assert_equal(reading.on_ac, 0);
}

static void anything_gives_a_sound_list(void **state) {
    (void)state;
    uint64_t seed = 20240607;
    for (int run = 0; run < 5000; run++) {
        uint64_t *words = (uint64_t *)(void *)&snapshot;
        for (size_t i = 0; i < sizeof snapshot / 8; i++)
            words[i] = next_random(&seed);
        snapshot.sensor_count = next_random(&seed) % 4 ? (uint32_t)(next_random(&seed) % 80) : UINT32_MAX;
        for (size_t i = 0; i < PERFADAPT_SENSORS_MAX; i++) {
            snapshot.sensors[i].steers = next_random(&seed) % 2;
            snapshot.sensors[i].limit.state = (uint32_t)(next_random(&seed) % 3);
            snapshot.sensors[i].temperature.state = (uint32_t)(next_random(&seed) % 7);
        }
        read_now();
        assert_true(reading.heat_count <= PERFADAPT__HEAT_SENSORS);
        for (uint32_t i = 0; i < reading.heat_count; i++) {
            const struct perfadapt__heat_reading *heat = &reading.heat[i];
            assert_true(heat->key > (i ? reading.heat[i - 1].key : 0) && heat->key <= PERFADAPT_SENSORS_MAX);
            assert_true(isnan(heat->temperature_c) || isfinite(heat->temperature_c));
            assert_true(isfinite(heat->limit_c));
        }
        assert_true(isnan(reading.resident) || (reading.resident >= 0 && reading.resident <= 1e18));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_read_is_unknown, prepare),
        cmocka_unit_test_setup(same_snapshot_gives_the_same_bytes, prepare),
        cmocka_unit_test_setup(sensor_is_passed_on_raw, prepare),
        cmocka_unit_test_setup(sensor_without_a_limit_is_left_out, prepare),
        cmocka_unit_test_setup(lost_is_passed_on_and_never_read_is_not, prepare),
        cmocka_unit_test_setup(of_many_the_nearest_to_their_limits_are_taken, prepare),
        cmocka_unit_test_setup(what_does_not_steer_is_told, prepare),
        cmocka_unit_test_setup(of_many_a_lost_one_stays, prepare),
        cmocka_unit_test_setup(stalls_and_memory_are_taken_where_they_are_good, prepare),
        cmocka_unit_test_setup(the_gpu_that_draws_counts, prepare),
        cmocka_unit_test_setup(heat_is_everybodys_and_policy_of_the_processor_is_not, prepare),
        cmocka_unit_test_setup(quota_and_mains, prepare),
        cmocka_unit_test_setup(anything_gives_a_sound_list, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
