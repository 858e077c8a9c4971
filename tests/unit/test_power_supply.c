/* Mains, batteries, package power and the platform profile. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/power_supply.h"
#include "providers/supply.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SUPPLIES "/sys/class/power_supply"
#define PROFILE "/sys/firmware/acpi/platform_profile"
#define RAPL "/sys/class/powercap/intel-rapl:"

static void add(struct fixture *fixture, const char *name, const char *type, const char *uevent) {
    char path[128];
    snprintf(path, sizeof path, SUPPLIES "/%s/type", name);
    fixture_file(fixture, path, type);
    snprintf(path, sizeof path, SUPPLIES "/%s/uevent", name);
    fixture_file(fixture, path, uevent);
}

static void set(struct fixture *fixture, const char *name, const char *file, const char *text) {
    char path[128];
    snprintf(path, sizeof path, SUPPLIES "/%s/%s", name, file);
    fixture_file(fixture, path, text);
}

static void create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__power_supply_provider);
    assert_non_null(fixture->provider);
}

static void assert_near(const struct perfadapt_metric *metric, double value) {
    assert_int_equal(metric->state, PERFADAPT_STATE_OK);
    if (!(metric->value > value - 1e-6 && metric->value < value + 1e-6))
        fail_msg("%.17g is not %.17g", metric->value, value);
}

static const char laptop_battery[] = "POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_TYPE=Battery\n"
                                     "POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_PRESENT=1\n"
                                     "POWER_SUPPLY_POWER_NOW=12500000\nPOWER_SUPPLY_ENERGY_FULL_DESIGN=60000000\n"
                                     "POWER_SUPPLY_ENERGY_FULL=50000000\nPOWER_SUPPLY_ENERGY_NOW=20000000\n"
                                     "POWER_SUPPLY_CAPACITY=39\n";

static void test_laptop_on_battery(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt_power *power = &fixture->snapshot.power;
    add(fixture, "AC", "Mains\n", "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_ONLINE=0\n");
    add(fixture, "BAT0", "Battery\n", laptop_battery);
    create(fixture);
    assert_unknown(&power->on_ac, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_metric(&power->on_ac, PERFADAPT_STATE_OK, 0);
    assert_near(&power->battery, 0.4);
    assert_near(&power->battery_power, 12.5);
    assert_unknown(&power->package_power, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(power->profile_state, PERFADAPT_STATE_UNSUPPORTED);
    add(fixture, "AC", "Mains\n", "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_ONLINE=1\n");
    fixture_read(fixture, 3000); /* not due yet */
    assert_metric(&power->on_ac, PERFADAPT_STATE_OK, 0);
    fixture_read(fixture, 6000);
    assert_metric(&power->on_ac, PERFADAPT_STATE_OK, 1);
}

static void test_several_batteries(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt_power *power = &fixture->snapshot.power;
    add(fixture, "BAT0", "Battery\n", laptop_battery); /* 20 of 50 Wh */
    add(fixture, "BAT1", "Battery\n",                  /* 1 of 1 Ah at 10 V: 10 of 10 Wh */
        "POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_VOLTAGE_NOW=10000000\nPOWER_SUPPLY_CURRENT_NOW=-500000\n"
        "POWER_SUPPLY_CHARGE_NOW=1000000\nPOWER_SUPPLY_CHARGE_FULL=1000000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_near(&power->battery, 0.5);
    assert_near(&power->battery_power, 17.5);
    assert_metric(&power->on_ac, PERFADAPT_STATE_OK, 0); /* no mains known: the batteries tell */
    set(fixture, "BAT1", "uevent", "POWER_SUPPLY_STATUS=Full\nPOWER_SUPPLY_CAPACITY=100\n");
    fixture_read(fixture, 7000);
    assert_near(&power->battery, 0.7); /* energies are not known of both */
    assert_near(&power->battery_power, 12.5);
}

static void test_figures_of_a_battery(void **state) {
    static const struct {
        const char *uevent;
        double ratio; /* below 0: unknown */
        double watts;
    } cases[] = {
        {"POWER_SUPPLY_STATUS=Charging\nPOWER_SUPPLY_POWER_NOW=30000000\nPOWER_SUPPLY_CAPACITY=50\n", 0.5, 0},
        {"POWER_SUPPLY_STATUS=Not charging\nPOWER_SUPPLY_CAPACITY=100\n", 1, 0},
        {"POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_POWER_NOW=-7000000\nPOWER_SUPPLY_CAPACITY=0\n", 0, 7},
        {"POWER_SUPPLY_STATUS=Unknown\nPOWER_SUPPLY_POWER_NOW=7000000\nPOWER_SUPPLY_CAPACITY=101\n", -1, -1},
        {"POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_POWER_NOW=0\nPOWER_SUPPLY_CURRENT_NOW=2000000\n"
         "POWER_SUPPLY_VOLTAGE_NOW=8000000\n",
         -1, 16},
        {"POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_POWER_NOW=0\n", -1, -1},
        {"POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_POWER_NOW=9000000000000\n", -1, -1},
        {"POWER_SUPPLY_ENERGY_NOW=5\nPOWER_SUPPLY_ENERGY_FULL=0\nPOWER_SUPPLY_CAPACITY=33\n", 0.33, -1},
        {"POWER_SUPPLY_ENERGY_NOW=-5\nPOWER_SUPPLY_ENERGY_FULL=10\n", -1, -1},
        {"POWER_SUPPLY_ENERGY_NOW=10200000\nPOWER_SUPPLY_ENERGY_FULL=10000000\n", 1, -1},
        {"POWER_SUPPLY_CAPACITY=5", -1, -1}, /* cut */
        {"POWER_SUPPLY_CAPACITY_LEVEL=5\nXPOWER_SUPPLY_CAPACITY=7\n\xff\xff", -1, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct perfadapt__supply battery = {.kind = PERFADAPT__SUPPLY_BATTERY};
        double ratio = -1;
        double full_wh;
        double watts;
        perfadapt__supply_parse(cases[i].uevent, &battery);
        const bool has_ratio = perfadapt__supply_charge(&battery, &ratio, &full_wh);
        assert_int_equal(has_ratio, cases[i].ratio >= 0);
        assert_true(!has_ratio || fabs(ratio - cases[i].ratio) < 1e-9);
        const bool has_watts = perfadapt__supply_watts(&battery, &watts);
        assert_int_equal(has_watts, cases[i].watts >= 0);
        assert_true(!has_watts || fabs(watts - cases[i].watts) < 1e-9);
    }
}

static void test_on_ac(void **state) {
    static const struct perfadapt__supply online = {.kind = PERFADAPT__SUPPLY_MAINS,
                                                    .known = 1 << PERFADAPT__SUPPLY_ONLINE,
                                                    .figures[PERFADAPT__SUPPLY_ONLINE] = 1};
    static const struct perfadapt__supply offline = {.kind = PERFADAPT__SUPPLY_MAINS,
                                                     .known = 1 << PERFADAPT__SUPPLY_ONLINE};
    static const struct perfadapt__supply draining = {.kind = PERFADAPT__SUPPLY_BATTERY,
                                                      .status = PERFADAPT__SUPPLY_STATUS_DISCHARGING};
    static const struct perfadapt__supply full = {.kind = PERFADAPT__SUPPLY_BATTERY,
                                                  .status = PERFADAPT__SUPPLY_STATUS_RESTING};
    static const struct perfadapt__supply unknown = {.kind = PERFADAPT__SUPPLY_BATTERY};
    static const struct perfadapt__supply mouse = {
        .kind = PERFADAPT__SUPPLY_BATTERY, .status = PERFADAPT__SUPPLY_STATUS_DISCHARGING, .of_device = true};
    static const struct perfadapt__supply absent = {.kind = PERFADAPT__SUPPLY_BATTERY,
                                                    .status = PERFADAPT__SUPPLY_STATUS_DISCHARGING,
                                                    .known = 1 << PERFADAPT__SUPPLY_PRESENT};
    static const struct perfadapt__supply ups = {.status = PERFADAPT__SUPPLY_STATUS_DISCHARGING};
    const struct {
        struct perfadapt__supply supplies[3];
        size_t count;
        int on_ac;
    } cases[] = {
        {{online, draining}, 2, 1},
        {{offline, online, full}, 3, 1},
        {{offline, full}, 2, 0},
        {{draining}, 1, 0},
        {{full}, 1, 1},
        {{full, draining}, 2, 0},
        {{unknown}, 1, -1},
        {{mouse}, 1, -1},
        {{ups}, 1, -1},
        {{offline, mouse}, 2, -1}, /* a desktop's USB-C port and a mouse */
        {{offline, absent}, 2, -1},
        {{ups, mouse, online}, 3, 1},
        {{online}, 0, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(perfadapt__supply_on_ac(cases[i].supplies, cases[i].count), cases[i].on_ac);
}

static void test_desktop_with_mouse_and_ups(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_power *power = &fixture->snapshot.power;
    add(fixture, "hidpp_battery_0", "Battery\n",
        "POWER_SUPPLY_SCOPE=Device\nPOWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_CAPACITY=10\n");
    set(fixture, "hidpp_battery_0", "scope", "Device\n");
    add(fixture, "ups", "UPS\n", "POWER_SUPPLY_STATUS=Discharging\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_unknown(&power->on_ac, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&power->battery, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&power->battery_power, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_usb_charger(void **state) {
    struct fixture *fixture = *state;
    add(fixture, "ucsi-source-psy-1", "USB\n", "POWER_SUPPLY_TYPE=USB\nPOWER_SUPPLY_ONLINE=1\n");
    add(fixture, "BAT0", "Battery\n", laptop_battery);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.power.on_ac, PERFADAPT_STATE_OK, 1);
}

static void test_fields_missing_in_the_uevent(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_power *power = &fixture->snapshot.power;
    add(fixture, "AC", "Mains\n", "");
    set(fixture, "AC", "online", "0\n");
    add(fixture, "BAT0", "Battery\n", "POWER_SUPPLY_NAME=BAT0\n");
    set(fixture, "BAT0", "status", "Discharging\n");
    set(fixture, "BAT0", "charge_now", "1500000\n");
    set(fixture, "BAT0", "charge_full", "2000000\n");
    set(fixture, "BAT0", "current_now", "1000000\n");
    set(fixture, "BAT0", "voltage_now", "12000000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&power->on_ac, PERFADAPT_STATE_OK, 0);
    assert_near(&power->battery, 0.75);
    assert_near(&power->battery_power, 12);
}

static void test_bad_uevent(void **state) {
    static char bytes[4096];
    struct fixture *fixture = *state;
    memset(bytes, 0xff, sizeof bytes);
    add(fixture, "BAT0", "Battery\n", "");
    fixture_bytes(fixture, SUPPLIES "/BAT0/uevent", bytes, sizeof bytes);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.power.battery, PERFADAPT_STATE_ERROR);
    assert_unknown(&fixture->snapshot.power.on_ac, PERFADAPT_STATE_ERROR);
    fixture_file(fixture, SUPPLIES "/BAT0/uevent", laptop_battery);
    fixture_read(fixture, 7000);
    assert_near(&fixture->snapshot.power.battery, 0.4);
    fixture_file(fixture, SUPPLIES "/BAT0/uevent", "");
    fixture_read(fixture, 13000);
    assert_int_equal(fixture->snapshot.power.battery.state, PERFADAPT_STATE_STALE);
}

static void test_battery_taken_out_and_put_in(void **state) {
    struct fixture *fixture = *state;
    add(fixture, "AC", "Mains\n", "POWER_SUPPLY_ONLINE=1\n");
    add(fixture, "BAT0", "Battery\n", laptop_battery);
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, SUPPLIES "/BAT0");
    fixture_read(fixture, 7000);
    fixture_read(fixture, 13000);
    assert_unknown(&fixture->snapshot.power.battery, PERFADAPT_STATE_UNSUPPORTED);
    assert_metric(&fixture->snapshot.power.on_ac, PERFADAPT_STATE_OK, 1);
    add(fixture, "BAT1", "Battery\n", laptop_battery);
    fixture_read(fixture, 80000);
    assert_near(&fixture->snapshot.power.battery, 0.4);
}

static void test_slow_controllers_are_asked_less_often(void **state) {
    (void)state;
    assert_int_equal(perfadapt__power_supply_pause_ns(20000000), INT64_C(5000000000));
    assert_int_equal(perfadapt__power_supply_pause_ns(20000001), INT64_C(30000000000));
}

static void test_nothing(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__power_supply_provider);
    assert_null(fixture->provider);
    assert_unknown(&fixture->snapshot.power.on_ac, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&fixture->snapshot.power.package_power, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->snapshot.power.profile_state, PERFADAPT_STATE_UNSUPPORTED);
}

/* ---- RAPL ---- */

static void add_package(struct fixture *fixture, unsigned number, const char *name, const char *energy) {
    char path[128];
    snprintf(path, sizeof path, RAPL "%u/name", number);
    fixture_file(fixture, path, name);
    snprintf(path, sizeof path, RAPL "%u/energy_uj", number);
    fixture_file(fixture, path, energy);
    snprintf(path, sizeof path, RAPL "%u/max_energy_range_uj", number);
    fixture_file(fixture, path, "262143328850\n");
}

static void test_package_power(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt_metric *watts = &fixture->snapshot.power.package_power;
    add_package(fixture, 0, "package-0\n", "1000000\n");
    add_package(fixture, 1, "package-1\n", "262143328000\n");
    add_package(fixture, 2, "psys\n", "0\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_unknown(watts, PERFADAPT_STATE_INIT);
    add_package(fixture, 0, "package-0\n", "21000000\n");
    add_package(fixture, 1, "package-1\n", "19999150\n"); /* started anew */
    add_package(fixture, 2, "psys\n", "900000000\n");
    fixture_read(fixture, 3000);
    assert_near(watts, 20);
    add_package(fixture, 0, "package-0\n", "26000000\n");
    const struct perfadapt__read_context context = {.now_ns = INT64_C(4000000000), .resumed = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
    assert_int_equal(watts->state, PERFADAPT_STATE_STALE);
    add_package(fixture, 0, "package-0\n", "31000000\n");
    fixture_read(fixture, 5000);
    assert_near(watts, 5);
    fixture_read(fixture, 500000); /* it may have started anew more than once */
    assert_int_equal(watts->state, PERFADAPT_STATE_STALE);
}

static void test_package_power_garbage(void **state) {
    struct fixture *fixture = *state;
    add_package(fixture, 0, "package-0\n", "1\n");
    create(fixture);
    fixture_read(fixture, 1000);
    add_package(fixture, 0, "package-0\n", "-1\n");
    fixture_read(fixture, 2000);
    assert_unknown(&fixture->snapshot.power.package_power, PERFADAPT_STATE_ERROR);
    add_package(fixture, 0, "package-0\n", "1\n");
    fixture_read(fixture, 3000);
    add_package(fixture, 0, "package-0\n", "9000000000000\n");
    fixture_read(fixture, 4000);
    assert_true(isnan(fixture->snapshot.power.package_power.value));
}

static void test_package_power_of_root_only(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_plain_user())
        skip();
    add_package(fixture, 0, "package-0\n", "1000000\n");
    fixture_mode(fixture, RAPL "0/energy_uj", 0);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.power.package_power, PERFADAPT_STATE_ERROR);
    assert_int_equal(fixture->logged, 0);
    fixture_mode(fixture, RAPL "0/energy_uj", 0444);
    fixture_read(fixture, 59000);
    assert_unknown(&fixture->snapshot.power.package_power, PERFADAPT_STATE_ERROR);
    fixture_read(fixture, 62000);
    fixture_read(fixture, 63000);
    assert_near(&fixture->snapshot.power.package_power, 0);
}

/* ---- platform profile ---- */

static void test_platform_profile(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_power *power = &fixture->snapshot.power;
    const struct perfadapt_evidence *evidence = &fixture->snapshot.evidence[0];
    fixture_file(fixture, PROFILE, "low-power\n");
    create(fixture);
    assert_int_equal(power->profile_state, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_int_equal(power->profile_state, PERFADAPT_STATE_OK);
    assert_string_equal(power->profile, "low-power");
    assert_string_equal(evidence->source, "platform_profile");
    assert_string_equal(evidence->text, "platform_profile low-power");
    assert_int_equal(evidence->claims, PERFADAPT__CLAIM(POLICY));
    fixture_file(fixture, PROFILE, "balanced\n");
    fixture_read(fixture, 7000);
    assert_string_equal(power->profile, "balanced");
    assert_int_equal(evidence->claims, 0);
    fixture_file(fixture, PROFILE, "\033[2J\n");
    fixture_read(fixture, 13000);
    assert_int_equal(power->profile_state, PERFADAPT_STATE_STALE);
    assert_string_equal(power->profile, "balanced");
    assert_int_equal(evidence->state, PERFADAPT_STATE_ERROR);
    fixture_remove(fixture, PROFILE);
    fixture_read(fixture, 20000);
    fixture_file(fixture, PROFILE, "quiet\n");
    fixture_read(fixture, 60000);
    assert_string_equal(power->profile, "quiet");
    assert_int_equal(evidence->claims, PERFADAPT__CLAIM(POLICY));
}

/* A plain file cannot be watched: the descriptor that the kernel names is looked for among the process's own. */
static void test_profile_is_read_when_the_kernel_tells(void **state) {
    struct fixture *fixture = *state;
    char link[64];
    char target[256];
    int profile_fd = -1;
    fixture_file(fixture, PROFILE, "balanced\n");
    create(fixture);
    fixture_read(fixture, 1000);
    for (int fd = 3; fd < 256; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        const ssize_t length = readlink(link, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (strstr(target, "platform_profile"))
            profile_fd = fd;
    }
    assert_true(profile_fd >= 0);
    fixture_file(fixture, PROFILE, "low-power\n");
    fixture_read(fixture, 2000);
    assert_string_equal(fixture->snapshot.power.profile, "balanced");
    assert_false(fixture->provider->type->triggered(fixture->provider, 99999, EPOLLPRI, &fixture->snapshot));
    assert_true(fixture->provider->type->triggered(fixture->provider, profile_fd, EPOLLPRI, &fixture->snapshot));
    fixture_read(fixture, 2100);
    assert_string_equal(fixture->snapshot.power.profile, "low-power");
}

/* ---- as recorded ---- */

static void test_recorded_laptop(void **state) {
    struct fixture *fixture = *state;
    char from[600];
    const char *set_by = getenv("PERFADAPT_CORPORA");
    snprintf(from, sizeof from, "%s/sysfs/node_exporter/sys/class/power_supply",
             set_by && *set_by ? set_by : PERFADAPT_SOURCE_DIR "/../shared/corpora");
    if (access(from, R_OK | X_OK) != 0)
        skip();
    fixture_copy(fixture, from, SUPPLIES);
    strcpy(strrchr(from, '/'), "/powercap");
    fixture_copy(fixture, from, "/sys/class/powercap");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.power.on_ac, PERFADAPT_STATE_OK, 0);
    assert_near(&fixture->snapshot.power.battery, 36.58 / 45.07);
    assert_near(&fixture->snapshot.power.battery_power, 5.002);
    assert_unknown(&fixture->snapshot.power.package_power, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 2000);
    assert_near(&fixture->snapshot.power.package_power, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_laptop_on_battery),
        TEST(test_several_batteries),
        TEST(test_figures_of_a_battery),
        TEST(test_on_ac),
        TEST(test_desktop_with_mouse_and_ups),
        TEST(test_usb_charger),
        TEST(test_fields_missing_in_the_uevent),
        TEST(test_bad_uevent),
        TEST(test_battery_taken_out_and_put_in),
        TEST(test_slow_controllers_are_asked_less_often),
        TEST(test_nothing),
        TEST(test_package_power),
        TEST(test_package_power_garbage),
        TEST(test_package_power_of_root_only),
        TEST(test_platform_profile),
        TEST(test_profile_is_read_when_the_kernel_tells),
        TEST(test_recorded_laptop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
