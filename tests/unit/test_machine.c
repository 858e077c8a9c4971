/* One machine as sampled: what its parts make of each other. Time is virtual. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "core/clock.h"
#include "sampler/machine.h"

#include <math.h>
#include <string.h>

#define CHIP "/sys/class/hwmon/hwmon0"
#define ID "cpu_thermal/temp1@hwmon/hwmon0"

struct bench {
    struct fixture *fixture;
    struct perfadapt__machine *machine;
    int64_t now_ns;
};

static struct bench bench;

static int setup(void **state) {
    if (fixture_setup(state) != 0)
        return -1;
    bench = (struct bench){.fixture = *state, .now_ns = 1000 * PERFADAPT__NS_PER_S};
    fixture_file(bench.fixture, CHIP "/name", "cpu_thermal\n");
    fixture_file(bench.fixture, CHIP "/temp1_input", "50000\n");
    return 0;
}

static int teardown(void **state) {
    if (bench.machine)
        perfadapt__machine_destroy(bench.machine);
    return fixture_teardown(state);
}

static void start(void) {
    assert_int_equal(perfadapt__machine_create(bench.fixture->path, NULL, &bench.machine), PERFADAPT_OK);
}

static void run(int seconds) {
    const struct perfadapt__activity activity = {.gpu_busy = (double)NAN};
    for (int i = 0; i < seconds; i++) {
        bench.now_ns += PERFADAPT__NS_PER_S;
        perfadapt__machine_sample(bench.machine, &activity, bench.now_ns);
    }
}

static const struct perfadapt_sensor *find(const char *id) {
    const struct perfadapt_snapshot *snapshot = &bench.machine->snapshot;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        if (strcmp(snapshot->sensors[i].id, id) == 0)
            return &snapshot->sensors[i];
    fail_msg("no sensor %s", id);
    return NULL;
}

static void configure(const char *text) {
    fixture_file(bench.fixture, "/etc/perfadapt/sensors.ini", text);
}

static void a_limit_of_the_users_lets_a_sensor_steer(void **state) {
    (void)state;
    configure("[sensor]\nid = " ID "\nlimit_c = 85\n");
    start();
    run(2);
    assert_metric(&find(ID)->limit, PERFADAPT_STATE_OK, 85);
    assert_int_equal(find(ID)->limit_source, PERFADAPT_LIMIT_USER);
    assert_true(find(ID)->limit.timestamp_ns > 0);
    assert_int_equal(find(ID)->role, PERFADAPT_SENSOR_CPU);
    assert_int_equal(find(ID)->steers, 1);
}

static void a_limit_that_comes_late_lets_a_sensor_steer(void **state) {
    (void)state;
    fixture_file(bench.fixture, CHIP "/temp1_crit", "");
    start();
    run(2);
    assert_int_equal(find(ID)->steers, 0);
    fixture_file(bench.fixture, CHIP "/temp1_crit", "90000\n");
    run(45);
    assert_metric(&find(ID)->limit, PERFADAPT_STATE_OK, 90);
    assert_int_equal(find(ID)->steers, 1);
}

static void an_ignored_sensor_takes_no_role(void **state) {
    (void)state;
    fixture_file(bench.fixture, CHIP "/temp1_crit", "90000\n");
    fixture_file(bench.fixture, "/sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
    fixture_file(bench.fixture, "/sys/class/thermal/thermal_zone0/temp", "51000\n");
    configure("[sensor]\nid = " ID "\nignore = yes\n");
    start();
    run(2);
    assert_int_equal(find(ID)->why, PERFADAPT_WHY_IGNORED);
    assert_int_equal(find(ID)->steers, 0);
    assert_int_equal(find("zone/x86_pkg_temp")->role, PERFADAPT_SENSOR_CPU);
    assert_int_equal(find("zone/x86_pkg_temp")->steers, 1);
}

/* As it is while the rest of the chip goes, comes back, or cannot be asked. */
static void what_is_left_alone_stays_so(void **state) {
    (void)state;
    fixture_file(bench.fixture, CHIP "/name", "thinkpad\n");
    fixture_file(bench.fixture, CHIP "/temp2_input", "40000\n");
    configure("[sensor]\nid = thinkpad/temp1@hwmon/hwmon0\nread = yes\n");
    start();
    run(2);
    assert_int_equal(find("thinkpad/temp1@hwmon/hwmon0")->temperature.state, PERFADAPT_STATE_OK);
    assert_int_equal(find("thinkpad/temp2@hwmon/hwmon0")->why, PERFADAPT_WHY_AVOIDED);
    fixture_remove(bench.fixture, CHIP);
    run(3);
    assert_int_equal(find("thinkpad/temp1@hwmon/hwmon0")->why, PERFADAPT_WHY_VANISHED);
    assert_int_equal(find("thinkpad/temp2@hwmon/hwmon0")->why, PERFADAPT_WHY_AVOIDED);
    assert_unknown(&find("thinkpad/temp2@hwmon/hwmon0")->temperature, PERFADAPT_STATE_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_limit_of_the_users_lets_a_sensor_steer),
        TEST(a_limit_that_comes_late_lets_a_sensor_steer),
        TEST(an_ignored_sensor_takes_no_role),
        TEST(what_is_left_alone_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
