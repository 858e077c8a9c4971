/* The simulated plants. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/fake.h"
#include "providers/registry.h"

#include <math.h>
#include <string.h>

static void test_parse(void **state) {
    (void)state;
    static const struct {
        const char *spec;
        const char *name;
        double speed;
    } good[] = {{"rpi4", "rpi4", 1},
                {"handheld:10", "handheld", 10},
                {"laptop:0.1", "laptop", 0.1},
                {"datacentre:1000", "datacentre", 1000},
                {"h200:2.5", "h200", 2.5}};
    static const char *const bad[] = {
        "",         "rpi",       "rpi44",     "RPI4",     ":1",          "rpi4:",
        "rpi4:0",   "rpi4:0.09", "rpi4:1001", "rpi4:-1",  "rpi4:1x",     "rpi4: 1",
        "rpi4:1,5", "rpi4:nan",  "rpi4:1e2",  "rpi4:1:2", "handheld :1", "rpi4:99999999999999999999"};
    const struct perfadapt__fake_plant *plant = NULL;
    double speed = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(perfadapt__fake_parse(bad[i], &plant, &speed));
        assert_null(plant);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(perfadapt__fake_parse(good[i].spec, &plant, &speed));
        assert_string_equal(plant->name, good[i].name);
        assert_true(fabs(speed - good[i].speed) < 1e-9);
    }
}

static void create(struct fixture *fixture, const char *spec) {
    fixture->environment.simulate = spec;
    fixture_create(fixture, &perfadapt__fake_provider);
    assert_non_null(fixture->provider);
}

static double read_at(struct fixture *fixture, double seconds, double busy) {
    const struct perfadapt__read_context context = {.now_ns = (int64_t)(seconds * 1e9), .gpu_busy = busy};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
    return fixture->snapshot.sensors[0].temperature.value;
}

static void test_sensor(void **state) {
    struct fixture *fixture = *state;
    create(fixture, "h200");
    const struct perfadapt_sensor *sensor = &fixture->snapshot.sensors[0];
    assert_int_equal(fixture->snapshot.simulated, 1);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
    assert_string_equal(sensor->chip, "simulated h200");
    assert_string_equal(sensor->label, "junction");
    assert_int_equal(sensor->simulated, 1);
    assert_int_equal(sensor->role, PERFADAPT_SENSOR_GPU);
    assert_metric(&sensor->limit, PERFADAPT_STATE_OK, 55);
    assert_int_equal(sensor->limit_source, PERFADAPT_LIMIT_SIMULATED);
    assert_unknown(&sensor->temperature, PERFADAPT_STATE_INIT);
}

/* In balance: ambient + power x both resistances, leakage apart. */
static void test_idle_and_full_load(void **state) {
    struct fixture *fixture = *state;
    create(fixture, "h200");
    const double idle = 30.5 + 120 * (0.033 + 0.0065);
    const double full = 30.5 + 690 * (0.033 + 0.0065);
    assert_true(fabs(read_at(fixture, 1, 0) - idle) <= 0.25);
    assert_true(fabs(read_at(fixture, 1000, (double)NAN) - idle) <= 0.25);
    assert_true(fabs(read_at(fixture, 2000, 1) - full) <= 0.25);
    assert_true(fabs(read_at(fixture, 3000, 7) - full) <= 0.25);
    assert_true(fabs(read_at(fixture, 4000, -1) - idle) <= 0.25);
}

/* Fitted to a measured Raspberry Pi 4: 6.0 °C within 9 s of 2.5 W more. Two nodes in a row differ a little. */
static void test_step_response_of_the_die(void **state) {
    struct fixture *fixture = *state;
    create(fixture, "rpi4");
    const double before = read_at(fixture, 1, 0);
    double after = before;
    for (int i = 1; i <= 90; i++)
        after = read_at(fixture, 1 + i * 0.1, 2.5 / 4.3);
    assert_true(after - before > 3.5 && after - before < 6.5);
}

/* How often it is read must not change where it goes. */
static void test_independent_of_the_period(void **state) {
    struct fixture *fine = *state;
    struct fixture *coarse = NULL;
    assert_int_equal(fixture_setup((void **)&coarse), 0);
    create(fine, "handheld:4");
    create(coarse, "handheld:4");
    read_at(fine, 1, 0);
    read_at(coarse, 1, 0);
    double fine_c = 0;
    for (int i = 1; i <= 600; i++)
        fine_c = read_at(fine, 1 + i * 0.1, 0.8);
    double coarse_c = 0;
    for (int i = 1; i <= 20; i++)
        coarse_c = read_at(coarse, 1 + i * 3.0, 0.8);
    assert_true(fabs(fine_c - coarse_c) <= 0.5);
    fixture_teardown((void **)&coarse);
}

static void test_every_plant_stays_bounded_and_quantised(void **state) {
    static const char *const names[] = {"rpi4:1000", "handheld:1000", "laptop:1000", "datacentre:1000", "h200:1000"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fixture->snapshot.sensor_count = 0;
        create(fixture, names[i]);
        double hottest = 0;
        for (int second = 1; second < 200; second++) {
            const double celsius = read_at(fixture, second, second % 40 < 30 ? 1 : 0);
            assert_true(celsius >= 20 && celsius <= 125);
            assert_true(fabs(celsius * 2 - (double)(int)(celsius * 2)) < 1e-9);
            hottest = celsius > hottest ? celsius : hottest;
        }
        /* Full load goes beyond the limit: there is something to control. */
        assert_true(hottest > fixture->snapshot.sensors[0].limit.value);
        fixture->provider->type->destroy(fixture->provider);
        fixture->provider = NULL;
    }
}

static void test_speed(void **state) {
    struct fixture *fixture = *state;
    create(fixture, "rpi4:100");
    const double before = read_at(fixture, 1, 0);
    assert_true(read_at(fixture, 6, 1) - before > 25);
}

static void test_no_room_and_no_plant(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__fake_provider);
    assert_null(fixture->provider);
    fixture->environment.simulate = "toaster";
    fixture_create(fixture, &perfadapt__fake_provider);
    assert_null(fixture->provider);
    fixture->environment.simulate = "rpi4";
    fixture->snapshot.sensor_count = PERFADAPT_SENSORS_MAX;
    fixture_create(fixture, &perfadapt__fake_provider);
    assert_null(fixture->provider);
    assert_int_equal(fixture->snapshot.sensors_left_out, 1);
}

/* The registry: simulated temperatures stand in for the machine's, everything else stays. */
static void test_registry(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt__provider *providers[PERFADAPT__PROVIDERS_MAX];
    fixture_file(fixture, "/proc/meminfo", "MemTotal: 1 kB\n");
    fixture_file(fixture, "/sys/class/hwmon/hwmon0/name", "k10temp\n");
    fixture_file(fixture, "/sys/class/hwmon/hwmon0/temp1_input", "40000\n");
    fixture_file(fixture, "/sys/class/thermal/thermal_zone0/type", "acpitz\n");
    for (int simulated = 0; simulated < 2; simulated++) {
        fixture->snapshot.sensor_count = 0;
        fixture->environment.simulate = simulated ? "laptop" : NULL;
        const size_t count =
            perfadapt__providers_create(&fixture->environment, &fixture->snapshot, providers, PERFADAPT__PROVIDERS_MAX);
        const size_t sensors = PERFADAPT_WITH_SENSORS ? 2 : 0;
        const size_t cooling = 1; /* the class of thermal zones is that of cooling devices */
        assert_int_equal(count, 1 + (simulated ? 1 : sensors + cooling));
        assert_int_equal(fixture->snapshot.sensor_count, simulated ? 1 : sensors);
        for (size_t i = 0; i < count; i++)
            providers[i]->type->destroy(providers[i]);
    }
    fixture->environment.simulate = NULL;
    assert_int_equal(perfadapt__providers_create(&fixture->environment, &fixture->snapshot, providers, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        TEST(test_sensor),
        TEST(test_idle_and_full_load),
        TEST(test_step_response_of_the_die),
        TEST(test_independent_of_the_period),
        TEST(test_every_plant_stays_bounded_and_quantised),
        TEST(test_speed),
        TEST(test_no_room_and_no_plant),
        TEST(test_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
