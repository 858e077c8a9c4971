/* Temperatures of thermal zones. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "graphics.h"
#include "providers/thermal_zone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void set(struct fixture *fixture, unsigned number, const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%u/%s", number, file);
    fixture_file(fixture, path, text);
}

static void add_zone(struct fixture *fixture, unsigned number, const char *type, const char *temperature) {
    set(fixture, number, "type", type);
    set(fixture, number, "temp", temperature);
}

static void add_trip(struct fixture *fixture, unsigned zone, unsigned trip, const char *type, const char *temperature) {
    char file[48];
    snprintf(file, sizeof file, "trip_point_%u_type", trip);
    set(fixture, zone, file, type);
    snprintf(file, sizeof file, "trip_point_%u_temp", trip);
    set(fixture, zone, file, temperature);
}

static void create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__thermal_zone_provider);
    assert_non_null(fixture->provider);
}

static void test_reads_zones(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "acpitz\n", "16800\n");
    add_zone(fixture, 12, "x86_pkg_temp\n", "55000\n");
    set(fixture, 12, "mode", "enabled\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
    const struct perfadapt_sensor *package = fixture_sensor(fixture, "zone/x86_pkg_temp");
    assert_non_null(package);
    assert_string_equal(package->chip, "x86_pkg_temp");
    assert_string_equal(package->label, "thermal_zone12");
    assert_metric(&package->temperature, PERFADAPT_STATE_OK, 55);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 16.8);
    assert_metric(&package->limit, PERFADAPT_STATE_OK, 95); /* its trips are for programs to set */
    assert_int_equal(package->limit_source, PERFADAPT_LIMIT_TABLE);
    assert_unknown(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_UNSUPPORTED);
}

/* The zone states where the machine switches off; the firmware slows down 30 °C below. */
static void test_raspberry_pi(void **state) {
    static const char compatible[] = "raspberrypi,4-model-b\0brcm,bcm2711";
    struct fixture *fixture = *state;
    fixture_bytes(fixture, "/sys/firmware/devicetree/base/compatible", compatible, sizeof compatible);
    add_zone(fixture, 0, "cpu-thermal\n", "48000\n");
    add_trip(fixture, 0, 0, "critical\n", "110000\n");
    create(fixture);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 80);
    assert_int_equal(fixture->snapshot.sensors[0].limit_source, PERFADAPT_LIMIT_TABLE);
}

/* Its GPU's zone answers while the GPU is on; a session is not to wait for it. */
static void test_jetson_gpu_that_is_off(void **state) {
    static const char compatible[] = "nvidia,p3768-0000+p3767-0005\0nvidia,tegra234";
    struct fixture *fixture = *state;
    fixture_bytes(fixture, "/sys/firmware/devicetree/base/compatible", compatible, sizeof compatible);
    add_zone(fixture, 0, "gpu-thermal\n", "45000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 45);
    graphics_break("/temp", EAGAIN);
    fixture_read(fixture, 2000);
    assert_unknown(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_ASLEEP);
    graphics_break(NULL, 0);
    fixture_read(fixture, 3000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 45);
}

static void test_busy_elsewhere_is_no_sleep(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "gpu-thermal\n", "45000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    graphics_break("/temp", EAGAIN);
    fixture_read(fixture, 2000);
    graphics_break(NULL, 0);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_STALE, 45);
    assert_int_equal(fixture->snapshot.sensors[0].why, PERFADAPT_WHY_BUSY);
}

static void test_other_boards_zone_is_believed(void **state) {
    static const char compatible[] = "friendlyarm,nanopi\0rockchip,rk3399";
    struct fixture *fixture = *state;
    fixture_bytes(fixture, "/sys/firmware/devicetree/base/compatible", compatible, sizeof compatible);
    add_zone(fixture, 0, "cpu-thermal\n", "48000\n");
    add_trip(fixture, 0, 0, "critical\n", "110000\n");
    create(fixture);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 110);
    assert_int_equal(fixture->snapshot.sensors[0].limit_source, PERFADAPT_LIMIT_TRIP);
}

static void test_plugged_in_later(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "acpitz\n", "20000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    add_zone(fixture, 3, "gpu-thermal\n", "50000\n");
    fixture_read(fixture, 32000);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
    assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 50);
    fixture_read(fixture, 63000);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
}

static void test_none(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__thermal_zone_provider);
    assert_null(fixture->provider);
    fixture_directory(fixture, "/sys/class/thermal/cooling_device0");
    fixture_directory(fixture, "/sys/class/thermal/thermal_zone0");
    create(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 0);
}

static void test_same_types_have_different_ids(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "acpitz\n", "20000\n");
    add_zone(fixture, 1, "acpitz\n", "30000\n");
    create(fixture);
    assert_string_equal(fixture->snapshot.sensors[0].id, "zone/acpitz");
    assert_string_equal(fixture->snapshot.sensors[1].id, "zone/acpitz#2");
}

/* It is looked for anew every half minute, as one of its trips says nothing. */
static void test_limit_stays_while_descriptors_are_short(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "x86_pkg_temp\n", "48000\n");
    add_trip(fixture, 0, 0, "passive\n", "90000\n");
    add_trip(fixture, 0, 1, "passive\n", "-274000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_starve(fixture, 0);
    fixture_read(fixture, 40000);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 90);
    fixture_feed(fixture);
    fixture_file(fixture, "/sys/class/thermal/thermal_zone0/trip_point_0_temp", "85000\n");
    fixture_read(fixture, 80000);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 85);
}

static void test_trips(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "passive-first\n", "40000\n");
    add_trip(fixture, 0, 0, "critical\n", "110000\n");
    add_trip(fixture, 0, 1, "passive\n", "90000\n");
    add_trip(fixture, 0, 2, "hot\n", "70000\n");
    add_trip(fixture, 0, 3, "passive\n", "85000\n");
    add_trip(fixture, 0, 4, "active\n", "50000\n");
    add_trip(fixture, 0, 11, "passive\n", "-274000\n");
    add_zone(fixture, 1, "hot-next\n", "40000\n");
    add_trip(fixture, 1, 0, "passive\n", "0\n");
    add_trip(fixture, 1, 1, "critical\n", "80000\n");
    add_trip(fixture, 1, 2, "hot\n", "95000\n");
    add_zone(fixture, 2, "critical-last\n", "40000\n");
    add_trip(fixture, 2, 0, "critical\n", "105000\n");
    add_zone(fixture, 3, "implausible\n", "40000\n");
    add_trip(fixture, 3, 0, "critical\n", "20800\n");
    add_trip(fixture, 3, 1, "hot\n", "garbage\n");
    add_trip(fixture, 3, 2, "passive\n", "-32768000\n");
    create(fixture);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 85);
    assert_int_equal(fixture->snapshot.sensors[0].limit_source, PERFADAPT_LIMIT_TRIP);
    assert_metric(&fixture->snapshot.sensors[1].limit, PERFADAPT_STATE_OK, 95);
    assert_metric(&fixture->snapshot.sensors[2].limit, PERFADAPT_STATE_OK, 105);
    assert_unknown(&fixture->snapshot.sensors[3].limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->snapshot.sensors[3].limit_source, PERFADAPT_LIMIT_NONE);
}

static void test_faults(void **state) {
    static const struct {
        const char *text;
        enum perfadapt_why why;
    } cases[] = {{"", PERFADAPT_WHY_EMPTY}, {"x\n", PERFADAPT_WHY_GARBAGE}, {"1 2\n", PERFADAPT_WHY_GARBAGE}};
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "bad\n", "0\n");
    add_zone(fixture, 1, "good\n", "41000\n");
    create(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set(fixture, 0, "temp", cases[i].text);
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        assert_unknown(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_ERROR);
        assert_int_equal(fixture->snapshot.sensors[0].why, cases[i].why);
        assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 41);
    }
}

static void test_missing_directory_and_unreadable(void **state) {
    struct fixture *fixture = *state;
    set(fixture, 0, "type", "without\n");
    set(fixture, 1, "type", "directory\n");
    fixture_directory(fixture, "/sys/class/thermal/thermal_zone1/temp");
    add_zone(fixture, 2, "denied\n", "40000\n");
    fixture_mode(fixture, "/sys/class/thermal/thermal_zone2/temp", 0);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.sensors[0].why, PERFADAPT_WHY_MISSING);
    assert_int_equal(fixture->snapshot.sensors[1].why, PERFADAPT_WHY_IO_ERROR);
    if (fixture_is_plain_user())
        assert_int_equal(fixture->snapshot.sensors[2].why, PERFADAPT_WHY_DENIED);
}

static void test_disabled(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "zone\n", "40000\n");
    set(fixture, 0, "mode", "disabled\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_ERROR);
    assert_int_equal(fixture->snapshot.sensors[0].why, PERFADAPT_WHY_DISABLED);
    set(fixture, 0, "mode", "enabled\n");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 40);
    set(fixture, 0, "mode", "disabled\n");
    fixture_read(fixture, 3000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_STALE, 40);
    assert_int_equal(fixture->snapshot.sensors[0].why, PERFADAPT_WHY_DISABLED);
}

static void test_comes_back_under_another_number(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "one\n", "40000\n");
    add_zone(fixture, 1, "two\n", "50000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, "/sys/class/thermal/thermal_zone0");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_STALE, 40);
    assert_int_equal(fixture->snapshot.sensors[0].why, PERFADAPT_WHY_VANISHED);
    assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 50);
    fixture_read(fixture, 3000);
    assert_int_equal(fixture->snapshot.sensors[0].temperature.state, PERFADAPT_STATE_STALE);
    add_zone(fixture, 7, "one\n", "44000\n");
    fixture_read(fixture, 4000);
    assert_int_equal(fixture->snapshot.sensors[0].temperature.state, PERFADAPT_STATE_STALE);
    fixture_read(fixture, 5000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 44);
}

static void test_what_was_lost_is_looked_for_after_a_sleep(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt__read_context context = {
        .now_ns = INT64_C(100200000000), .gpu_busy = (double)NAN, .resumed = true};
    add_zone(fixture, 0, "one\n", "40000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, "/sys/class/thermal/thermal_zone0");
    for (int64_t now_ms = 2000; now_ms <= 100000; now_ms += 1000)
        fixture_read(fixture, now_ms);
    add_zone(fixture, 7, "one\n", "44000\n");
    fixture_read(fixture, 100100);
    assert_int_equal(fixture->snapshot.sensors[0].temperature.state, PERFADAPT_STATE_STALE);
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 44);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
}

static void test_created_without_descriptors(void **state) {
    struct fixture *fixture = *state;
    add_zone(fixture, 0, "one\n", "40000\n");
    add_trip(fixture, 0, 0, "passive\n", "90000\n");
    fixture_starve(fixture, 0);
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_feed(fixture);
    fixture_read(fixture, 2000);
    assert_int_equal(fixture->snapshot.sensor_count, 0);
    fixture_read(fixture, 11000);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 40);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 90);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_raspberry_pi),
        TEST(test_jetson_gpu_that_is_off),
        TEST(test_busy_elsewhere_is_no_sleep),
        TEST(test_other_boards_zone_is_believed),
        TEST(test_plugged_in_later),
        TEST(test_reads_zones),
        TEST(test_none),
        TEST(test_same_types_have_different_ids),
        TEST(test_limit_stays_while_descriptors_are_short),
        TEST(test_trips),
        TEST(test_faults),
        TEST(test_missing_directory_and_unreadable),
        TEST(test_disabled),
        TEST(test_comes_back_under_another_number),
        TEST(test_what_was_lost_is_looked_for_after_a_sleep),
        TEST(test_created_without_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
