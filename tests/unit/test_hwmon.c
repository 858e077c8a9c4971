/* Temperatures of hwmon chips. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/hwmon.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU_DEVICE "/sys/devices/pci0000:00/0000:00:18.3"
#define CPU_ID "k10temp/Tctl@pci0000:00/0000:00:18.3"
#define GPU_DEVICE "/sys/devices/pci0000:00/0000:00:03.1/0000:0b:00.0"
#define GPU_ID "amdgpu/junction@pci0000:00/0000:00:03.1/0000:0b:00.0"

/* As sysfs has it: the directory below its device, a link to it in the class, a link back. */
static void add_chip(struct fixture *fixture, const char *device, unsigned number, const char *name) {
    char path[256];
    char target[256];
    snprintf(path, sizeof path, "%s/hwmon/hwmon%u/name", device, number);
    fixture_file(fixture, path, name);
    snprintf(path, sizeof path, "%s/hwmon/hwmon%u/device", device, number);
    fixture_link(fixture, path, "../..");
    snprintf(path, sizeof path, "/sys/class/hwmon/hwmon%u", number);
    snprintf(target, sizeof target, "../../..%s/hwmon/hwmon%u", device, number);
    fixture_link(fixture, path, target);
}

static void set(struct fixture *fixture, unsigned number, const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "/sys/class/hwmon/hwmon%u/%s", number, file);
    fixture_file(fixture, path, text);
}

static void add_cpu(struct fixture *fixture, unsigned number) {
    add_chip(fixture, CPU_DEVICE, number, "k10temp\n");
    set(fixture, number, "temp1_input", "45250\n");
    set(fixture, number, "temp1_label", "Tctl\n");
}

static void add_gpu(struct fixture *fixture, unsigned number) {
    add_chip(fixture, GPU_DEVICE, number, "amdgpu\n");
    set(fixture, number, "temp2_input", "61000\n");
    set(fixture, number, "temp2_label", "junction\n");
    set(fixture, number, "temp2_crit", "110000\n");
    set(fixture, number, "temp2_emergency", "115000\n");
}

static void create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__hwmon_provider);
    assert_non_null(fixture->provider);
}

static struct perfadapt_sensor *sensor(struct fixture *fixture, const char *id) {
    struct perfadapt_sensor *found = fixture_sensor(fixture, id);
    assert_non_null(found);
    return found;
}

static void assert_bad(const struct perfadapt_sensor *bad, enum perfadapt_state state, enum perfadapt_why why) {
    assert_int_equal(bad->temperature.state, state);
    assert_int_equal(bad->why, why);
}

static void test_reads_a_chip(void **state) {
    struct fixture *fixture = *state;
    add_cpu(fixture, 2);
    create(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
    assert_unknown(&sensor(fixture, CPU_ID)->temperature, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    const struct perfadapt_sensor *cpu = sensor(fixture, CPU_ID);
    assert_metric(&cpu->temperature, PERFADAPT_STATE_OK, 45.25);
    assert_int_equal(cpu->temperature.timestamp_ns, 1000000000);
    assert_string_equal(cpu->chip, "k10temp");
    assert_string_equal(cpu->label, "Tctl");
    assert_metric(&cpu->limit, PERFADAPT_STATE_OK, 95);
    assert_int_equal(cpu->limit_source, PERFADAPT_LIMIT_TABLE);
}

/* Linux before 5.6 says 70 °C of every Zen processor. What it says of older ones, which have no Tdie, counts. */
static void test_maximum_of_old_zen_driver(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, CPU_DEVICE, 2, "k10temp\n");
    set(fixture, 2, "temp1_input", "45750\n");
    set(fixture, 2, "temp1_label", "Tdie\n");
    set(fixture, 2, "temp1_max", "70000\n");
    add_chip(fixture, "/sys/devices/pci0000:00/0000:00:19.3", 3, "k10temp\n");
    set(fixture, 3, "temp1_input", "45750\n");
    set(fixture, 3, "temp1_label", "Tctl\n");
    set(fixture, 3, "temp1_max", "70000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    const struct perfadapt_sensor *zen = &fixture->snapshot.sensors[0];
    assert_metric(&zen->limit, PERFADAPT_STATE_OK, 95);
    assert_int_equal(zen->limit_source, PERFADAPT_LIMIT_TABLE);
    const struct perfadapt_sensor *phenom = &fixture->snapshot.sensors[1];
    assert_metric(&phenom->limit, PERFADAPT_STATE_OK, 70);
    assert_int_equal(phenom->limit_source, PERFADAPT_LIMIT_MAX);
}

static void test_chips_made_of_zones(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/virtual/thermal/thermal_zone7", 2, "cpu_thermal\n");
    set(fixture, 2, "temp1_input", "45750\n");
    add_chip(fixture, "/sys/devices/virtual/thermal/thermal_zone8", 3, "gpu_thermal\n");
    set(fixture, 3, "temp1_input", "50000\n");
    fixture_file(fixture, "/sys/class/thermal/thermal_zone7/type", "cpu-thermal\n");
    create(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 1); /* the other one's zone cannot be seen */
    assert_string_equal(fixture->snapshot.sensors[0].chip, "gpu_thermal");
}

static void test_no_class(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__hwmon_provider);
    assert_null(fixture->provider);
    fixture_directory(fixture, "/sys/class/hwmon");
    fixture_create(fixture, &perfadapt__hwmon_provider);
    assert_non_null(fixture->provider); /* something may be plugged in */
}

static void test_sparse_numbers_without_labels(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/board", 7, "nct6775\n");
    set(fixture, 7, "temp13_input", "30000\n");
    set(fixture, 7, "temp2_input", "-5000\n");
    set(fixture, 7, "temp2_crit_alarm", "0\n");
    set(fixture, 7, "temp9_max", "80000\n");
    set(fixture, 7, "tempx_input", "1\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
    assert_string_equal(fixture->snapshot.sensors[0].label, "temp2");
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, -5);
    assert_string_equal(fixture->snapshot.sensors[1].label, "temp13");
    assert_unknown(&fixture->snapshot.sensors[1].limit, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_limit_that_cannot_be_read_stays(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/board", 0, "nct6775\n");
    set(fixture, 0, "temp1_input", "30000\n");
    set(fixture, 0, "temp1_max", "84000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, "/sys/class/hwmon/hwmon0/temp1_max");
    fixture_directory(fixture, "/sys/class/hwmon/hwmon0/temp1_max"); /* EISDIR */
    fixture_read(fixture, 40000);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 84);
    assert_int_equal(fixture->snapshot.sensors[0].limit_why, PERFADAPT_WHY_IO_ERROR);
    fixture_remove(fixture, "/sys/class/hwmon/hwmon0/temp1_max");
    set(fixture, 0, "temp1_max", "70000\n");
    fixture_read(fixture, 80000);
    fixture_read(fixture, 120000);
    assert_metric(&fixture->snapshot.sensors[0].limit, PERFADAPT_STATE_OK, 70);
    assert_int_equal(fixture->snapshot.sensors[0].limit_why, PERFADAPT_WHY_NONE);
}

static void test_limits(void **state) {
    static const struct {
        const char *crit;
        const char *max;
        enum perfadapt_limit_source source;
        double limit;
    } cases[] = {
        {"100000\n", "84000\n", PERFADAPT_LIMIT_CRIT, 100}, {"0\n", "84000\n", PERFADAPT_LIMIT_MAX, 84},
        {"20800\n", "65261850\n", PERFADAPT_LIMIT_NONE, 0}, {"-273150\n", "130000\n", PERFADAPT_LIMIT_MAX, 130},
        {"130001\n", "29999\n", PERFADAPT_LIMIT_NONE, 0},   {"x\n", "", PERFADAPT_LIMIT_NONE, 0},
        {"49999\n", "99000\n", PERFADAPT_LIMIT_MAX, 99},    {"50000\n", "99000\n", PERFADAPT_LIMIT_CRIT, 50},
    };
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char device[64];
        snprintf(device, sizeof device, "/sys/devices/platform/chip.%u", i);
        add_chip(fixture, device, i, "lm75\n");
        set(fixture, i, "temp1_input", "40000\n");
        set(fixture, i, "temp1_crit", cases[i].crit);
        set(fixture, i, "temp1_max", cases[i].max);
        set(fixture, i, "temp1_emergency", "90000\n");
    }
    create(fixture);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct perfadapt_sensor *found = &fixture->snapshot.sensors[i];
        assert_int_equal(found->limit_source, cases[i].source);
        if (cases[i].source == PERFADAPT_LIMIT_NONE)
            assert_unknown(&found->limit, PERFADAPT_STATE_UNSUPPORTED);
        else
            assert_metric(&found->limit, PERFADAPT_STATE_OK, cases[i].limit);
    }
}

static void test_chips_left_alone(void **state) {
    static const char *const names[] = {"nvme\n", "asus_wmi_sensors\n", "asus_ec_sensors\n", "dell_smm\n",
                                        "drivetemp\n"};
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        char device[64];
        snprintf(device, sizeof device, "/sys/devices/platform/chip.%u", i);
        add_chip(fixture, device, i, names[i]);
        set(fixture, i, "temp1_input", "40000\n");
    }
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_read(fixture, 40000);
    assert_int_equal(fixture->snapshot.sensor_count, sizeof names / sizeof names[0]);
    for (uint32_t i = 0; i < fixture->snapshot.sensor_count; i++) {
        assert_unknown(&fixture->snapshot.sensors[i].temperature, PERFADAPT_STATE_UNSUPPORTED);
        assert_int_equal(fixture->snapshot.sensors[i].why, PERFADAPT_WHY_AVOIDED);
    }
}

static void test_plugged_in_later(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/first", 0, "lm75\n");
    set(fixture, 0, "temp1_input", "40000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    add_chip(fixture, "/sys/devices/platform/second", 1, "lm75\n");
    set(fixture, 1, "temp1_input", "50000\n");
    fixture_read(fixture, 30000);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
    fixture_read(fixture, 31000);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
    assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 50);
    fixture_read(fixture, 62000); /* and not once more */
    assert_int_equal(fixture->snapshot.sensor_count, 2);
}

static void test_old_driver_with_attributes_in_the_device(void **state) {
    struct fixture *fixture = *state;
    fixture_directory(fixture, "/sys/devices/platform/old/hwmon/hwmon0");
    fixture_link(fixture, "/sys/devices/platform/old/hwmon/hwmon0/device", "../..");
    fixture_link(fixture, "/sys/class/hwmon/hwmon0", "../../devices/platform/old/hwmon/hwmon0");
    fixture_file(fixture, "/sys/devices/platform/old/name", "w83627\n");
    fixture_file(fixture, "/sys/devices/platform/old/temp1_input", "33000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&sensor(fixture, "w83627/temp1@platform/old")->temperature, PERFADAPT_STATE_OK, 33);
}

static void test_equal_labels_have_different_ids(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/x", 4, "x\n");
    for (unsigned i = 1; i <= 3; i++) {
        char file[32];
        snprintf(file, sizeof file, "temp%u_input", i);
        set(fixture, 4, file, "40000\n");
        snprintf(file, sizeof file, "temp%u_label", i);
        set(fixture, 4, file, "same\033[2J\n");
    }
    create(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 3);
    assert_string_not_equal(fixture->snapshot.sensors[0].id, fixture->snapshot.sensors[1].id);
    assert_string_not_equal(fixture->snapshot.sensors[1].id, fixture->snapshot.sensors[2].id);
    assert_string_equal(fixture->snapshot.sensors[0].label, "same?[2J");
}

static void test_long_paths_are_cut_at_a_directory(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture,
             "/sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/0000:02:00.0/0000:03:00.0/0000:04:00.0/0000:05:00.0", 1,
             "amdgpu\n");
    set(fixture, 1, "temp1_input", "40000\n");
    create(fixture);
    assert_string_equal(fixture->snapshot.sensors[0].id,
                        "amdgpu/temp1@0000:02:00.0/0000:03:00.0/0000:04:00.0/0000:05:00.0");
}

static void test_fault_and_enable(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/x", 0, "lm99\n");
    set(fixture, 0, "temp1_input", "127000\n");
    set(fixture, 0, "temp1_fault", "1\n");
    set(fixture, 0, "temp2_input", "0\n");
    set(fixture, 0, "temp2_enable", "0\n");
    set(fixture, 0, "temp3_input", "40000\n");
    set(fixture, 0, "temp3_fault", "0\n");
    set(fixture, 0, "temp3_enable", "1\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_bad(&fixture->snapshot.sensors[0], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_FAULT_FLAG);
    assert_bad(&fixture->snapshot.sensors[1], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_DISABLED);
    assert_metric(&fixture->snapshot.sensors[2].temperature, PERFADAPT_STATE_OK, 40);
    set(fixture, 0, "temp1_fault", "0\n");
    set(fixture, 0, "temp1_input", "50000\n");
    set(fixture, 0, "temp3_fault", "1\n");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 50);
    assert_int_equal(fixture->snapshot.sensors[0].why, PERFADAPT_WHY_NONE);
    assert_bad(&fixture->snapshot.sensors[2], PERFADAPT_STATE_STALE, PERFADAPT_WHY_FAULT_FLAG);
}

static void test_bad_content(void **state) {
    static const struct {
        const char *text;
        enum perfadapt_why why;
    } cases[] = {
        {"", PERFADAPT_WHY_EMPTY},
        {"\n", PERFADAPT_WHY_EMPTY},
        {"hot\n", PERFADAPT_WHY_GARBAGE},
        {"45000 x\n", PERFADAPT_WHY_GARBAGE},
        {"45.5\n", PERFADAPT_WHY_GARBAGE},
        {"0x10\n", PERFADAPT_WHY_GARBAGE},
        {"99999999999999999999\n", PERFADAPT_WHY_GARBAGE},
        {"-\n", PERFADAPT_WHY_GARBAGE},
    };
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/x", 0, "x\n");
    set(fixture, 0, "temp1_input", "1000\n");
    set(fixture, 0, "temp2_input", "40000\n");
    create(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set(fixture, 0, "temp1_input", cases[i].text);
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        assert_bad(&fixture->snapshot.sensors[0], PERFADAPT_STATE_ERROR, cases[i].why);
        assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 40);
    }
}

static void test_huge_file(void **state) {
    struct fixture *fixture = *state;
    static char text[10 << 20];
    memset(text, '1', sizeof text);
    add_chip(fixture, "/sys/devices/platform/x", 0, "x\n");
    fixture_bytes(fixture, "/sys/class/hwmon/hwmon0/temp1_input", text, sizeof text);
    fixture_bytes(fixture, "/sys/class/hwmon/hwmon0/temp1_label", text, sizeof text);
    fixture_bytes(fixture, "/sys/class/hwmon/hwmon0/temp1_crit", text, sizeof text);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_bad(&fixture->snapshot.sensors[0], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_GARBAGE);
}

static void test_directory_dead_link_and_unreadable(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/x", 0, "x\n");
    fixture_directory(fixture, "/sys/class/hwmon/hwmon0/temp1_input");
    set(fixture, 0, "temp2_input", "40000\n");
    fixture_mode(fixture, "/sys/class/hwmon/hwmon0/temp2_input", 0);
    fixture_link(fixture, "/sys/class/hwmon/hwmon0/temp3_input", "nowhere");
    set(fixture, 0, "temp4_input", "41000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_bad(&fixture->snapshot.sensors[0], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_IO_ERROR);
    if (fixture_is_plain_user())
        assert_bad(&fixture->snapshot.sensors[1], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_DENIED);
    assert_bad(&fixture->snapshot.sensors[2], PERFADAPT_STATE_ERROR, PERFADAPT_WHY_MISSING);
    assert_metric(&fixture->snapshot.sensors[3].temperature, PERFADAPT_STATE_OK, 41);
}

static void test_a_single_input_goes_and_comes_back(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/x", 0, "x\n");
    set(fixture, 0, "temp1_input", "40000\n");
    set(fixture, 0, "temp2_input", "50000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, "/sys/class/hwmon/hwmon0/temp1_input");
    fixture_read(fixture, 2000);
    assert_bad(&fixture->snapshot.sensors[0], PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_STALE, 40);
    set(fixture, 0, "temp1_input", "42000\n");
    set(fixture, 0, "temp2_input", "52000\n");
    fixture_read(fixture, 2950);
    assert_bad(&fixture->snapshot.sensors[0], PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 52);
    fixture_read(fixture, 3000);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 42);
}

static void test_chip_comes_back_under_another_number(void **state) {
    struct fixture *fixture = *state;
    add_cpu(fixture, 0);
    add_gpu(fixture, 3);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 61);
    fixture_remove(fixture, GPU_DEVICE);
    fixture_remove(fixture, "/sys/class/hwmon/hwmon3");
    fixture_read(fixture, 2000);
    assert_bad(sensor(fixture, GPU_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    assert_metric(&sensor(fixture, CPU_ID)->temperature, PERFADAPT_STATE_OK, 45.25);
    fixture_read(fixture, 3500);
    assert_bad(sensor(fixture, GPU_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    add_gpu(fixture, 9);
    set(fixture, 9, "temp2_input", "33000\n");
    fixture_read(fixture, 5400);
    assert_bad(sensor(fixture, GPU_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    fixture_read(fixture, 5500);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 33);
    assert_int_equal(sensor(fixture, GPU_ID)->why, PERFADAPT_WHY_NONE);
    assert_metric(&sensor(fixture, GPU_ID)->limit, PERFADAPT_STATE_OK, 110);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
}

static void resume(struct fixture *fixture, int64_t now_ms) {
    const struct perfadapt__read_context context = {
        .now_ns = now_ms * 1000000, .gpu_busy = (double)NAN, .resumed = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
}

/* Long after it went, when it is looked for twice a minute. */
static void test_what_was_lost_is_looked_for_after_a_sleep(void **state) {
    struct fixture *fixture = *state;
    add_cpu(fixture, 0);
    set(fixture, 0, "temp3_input", "50000\n");
    add_gpu(fixture, 3);
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, GPU_DEVICE);
    fixture_remove(fixture, "/sys/class/hwmon/hwmon3");
    fixture_remove(fixture, "/sys/class/hwmon/hwmon0/temp3_input");
    for (int64_t now_ms = 2000; now_ms <= 100000; now_ms += 1000)
        fixture_read(fixture, now_ms);
    add_gpu(fixture, 4);
    set(fixture, 0, "temp3_input", "52000\n");
    fixture_read(fixture, 100100);
    assert_bad(sensor(fixture, GPU_ID), PERFADAPT_STATE_STALE, PERFADAPT_WHY_VANISHED);
    assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_STALE, 50);
    resume(fixture, 100200);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 61);
    assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 52);
    assert_int_equal(fixture->snapshot.sensor_count, 3);
}

static void test_chips_swap_numbers(void **state) {
    struct fixture *fixture = *state;
    add_cpu(fixture, 0);
    add_gpu(fixture, 1);
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, "/sys/devices");
    fixture_remove(fixture, "/sys/class/hwmon");
    add_cpu(fixture, 1);
    add_gpu(fixture, 0);
    fixture_read(fixture, 2000);
    fixture_read(fixture, 3000);
    fixture_read(fixture, 4000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 61);
    assert_metric(&sensor(fixture, CPU_ID)->temperature, PERFADAPT_STATE_OK, 45.25);
}

static void test_sleeping_device_is_not_touched(void **state) {
    static const char *const asleep[] = {"suspended\n", "suspending\n", "resuming\n"};
    struct fixture *fixture = *state;
    add_gpu(fixture, 0);
    set(fixture, 0, "temp2_input", "garbage\n");
    fixture_file(fixture, GPU_DEVICE "/power/runtime_status", asleep[0]);
    create(fixture);
    assert_int_equal(sensor(fixture, GPU_ID)->limit.state, PERFADAPT_STATE_INIT);
    for (size_t i = 0; i < 3; i++) {
        fixture_file(fixture, GPU_DEVICE "/power/runtime_status", asleep[i]);
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        assert_unknown(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_ASLEEP);
        assert_int_equal(sensor(fixture, GPU_ID)->why, PERFADAPT_WHY_NONE);
        assert_int_equal(sensor(fixture, GPU_ID)->limit.state, PERFADAPT_STATE_INIT);
    }
    set(fixture, 0, "temp2_input", "50000\n");
    fixture_file(fixture, GPU_DEVICE "/power/runtime_status", "active\n");
    fixture_read(fixture, 9000);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 50);
    assert_metric(&sensor(fixture, GPU_ID)->limit, PERFADAPT_STATE_OK, 110);
    fixture_file(fixture, GPU_DEVICE "/power/runtime_status", "suspended\n");
    fixture_read(fixture, 11000);
    assert_unknown(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_ASLEEP);
}

static void test_sleeping_device_is_not_even_opened(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    char events[4096];
    add_gpu(fixture, 0);
    fixture_file(fixture, GPU_DEVICE "/power/runtime_status", "suspended\n");
    snprintf(path, sizeof path, "%s" GPU_DEVICE "/hwmon/hwmon0/temp2_input", fixture->path);
    const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, path, IN_OPEN | IN_ACCESS) < 0)
        skip();
    create(fixture);
    fixture_read(fixture, 1000);
    assert_true(read(watch, events, sizeof events) < 0);
    fixture_file(fixture, GPU_DEVICE "/power/runtime_status", "active\n");
    fixture_read(fixture, 2000);
    assert_true(read(watch, events, sizeof events) > 0);
    close(watch);
}

static void test_pci_power_state(void **state) {
    static const struct {
        const char *text;
        enum perfadapt_state state;
    } cases[] = {{"D3cold\n", PERFADAPT_STATE_ASLEEP},
                 {"D0\n", PERFADAPT_STATE_OK},
                 {"D3hot\n", PERFADAPT_STATE_ASLEEP},
                 {"unknown\n", PERFADAPT_STATE_OK},
                 {"D1\n", PERFADAPT_STATE_ASLEEP}};
    struct fixture *fixture = *state;
    add_gpu(fixture, 0);
    fixture_file(fixture, GPU_DEVICE "/power_state", "D0\n");
    create(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_file(fixture, GPU_DEVICE "/power_state", cases[i].text);
        fixture_read(fixture, 1000 * (int64_t)(i + 1));
        assert_int_equal(sensor(fixture, GPU_ID)->temperature.state, cases[i].state);
    }
}

static void test_failed_power_management(void **state) {
    struct fixture *fixture = *state;
    add_gpu(fixture, 0);
    fixture_file(fixture, GPU_DEVICE "/power/runtime_status", "error\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_bad(sensor(fixture, GPU_ID), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_BUSY);
}

static void test_coretemp_reads_the_package_once_a_second(void **state) {
    struct fixture *fixture = *state;
    add_chip(fixture, "/sys/devices/platform/coretemp.0", 0, "coretemp\n");
    set(fixture, 0, "temp1_input", "50000\n");
    set(fixture, 0, "temp1_label", "Package id 0\n");
    set(fixture, 0, "temp1_crit", "100000\n");
    set(fixture, 0, "temp2_input", "49000\n");
    set(fixture, 0, "temp2_label", "Core 0\n");
    create(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
    struct perfadapt_sensor *cpu = sensor(fixture, "coretemp/Package id 0@platform/coretemp.0");
    cpu->steers = 1;
    fixture_read(fixture, 1000);
    set(fixture, 0, "temp1_input", "60000\n");
    fixture_read(fixture, 1500);
    assert_metric(&cpu->temperature, PERFADAPT_STATE_OK, 50);
    fixture_read(fixture, 2000);
    assert_metric(&cpu->temperature, PERFADAPT_STATE_OK, 60);
}

static void test_only_what_steers_is_read_fast(void **state) {
    struct fixture *fixture = *state;
    add_cpu(fixture, 0);
    add_gpu(fixture, 1);
    create(fixture);
    sensor(fixture, GPU_ID)->steers = 1;
    fixture_read(fixture, 1000);
    set(fixture, 0, "temp1_input", "70000\n");
    set(fixture, 1, "temp2_input", "70000\n");
    fixture_read(fixture, 1100);
    assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 70);
    assert_metric(&sensor(fixture, CPU_ID)->temperature, PERFADAPT_STATE_OK, 45.25);
    fixture_read(fixture, 2000);
    assert_metric(&sensor(fixture, CPU_ID)->temperature, PERFADAPT_STATE_OK, 70);
}

static void test_more_sensors_than_fit(void **state) {
    struct fixture *fixture = *state;
    for (unsigned chip = 0; chip < 3; chip++) {
        char device[64];
        snprintf(device, sizeof device, "/sys/devices/platform/chip.%u", chip);
        add_chip(fixture, device, chip, "many\n");
        for (unsigned i = 1; i <= 30; i++) {
            char file[32];
            snprintf(file, sizeof file, "temp%u_input", i);
            set(fixture, chip, file, "40000\n");
        }
    }
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.sensor_count, PERFADAPT_SENSORS_MAX);
    assert_int_equal(fixture->snapshot.sensors_left_out, 90 - PERFADAPT_SENSORS_MAX);
    assert_metric(&fixture->snapshot.sensors[63].temperature, PERFADAPT_STATE_OK, 40);
}

static void test_entries_that_are_no_chips(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/sys/class/hwmon/hwmon0", "a file\n");
    fixture_link(fixture, "/sys/class/hwmon/hwmon1", "nowhere");
    fixture_link(fixture, "/sys/class/hwmon/hwmon2", "hwmon2");
    fixture_directory(fixture, "/sys/class/hwmon/hwmon3");
    fixture_directory(fixture, "/sys/class/hwmon/hwmon99999999999");
    fixture_file(fixture, "/sys/class/hwmon/hwmon5/temp1_input", "40000\n");
    fixture_file(fixture, "/sys/class/hwmon/hwmon6/name", "");
    fixture_file(fixture, "/sys/class/hwmon/hwmon6/temp1_input", "41000\n");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.sensor_count, 2);
    assert_metric(&fixture->snapshot.sensors[0].temperature, PERFADAPT_STATE_OK, 40);
    assert_metric(&fixture->snapshot.sensors[1].temperature, PERFADAPT_STATE_OK, 41);
}

static void test_a_status_that_cannot_be_read_is_not_awake(void **state) {
    struct fixture *fixture = *state;
    add_gpu(fixture, 0);
    fixture_directory(fixture, GPU_DEVICE "/power/runtime_status");
    create(fixture);
    fixture_read(fixture, 1000);
    assert_bad(sensor(fixture, GPU_ID), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_IO_ERROR);
    assert_int_equal(sensor(fixture, GPU_ID)->limit.state, PERFADAPT_STATE_INIT);
}

static void test_descriptors_run_short(void **state) {
    struct fixture *fixture = *state;
    add_gpu(fixture, 0);
    fixture_file(fixture, GPU_DEVICE "/power/runtime_status", "active\n");
    fixture_file(fixture, GPU_DEVICE "/power_state", "D0\n");
    for (unsigned spare = 1; spare <= 2; spare++) { /* for the status alone; for both, but not for the limits */
        memset(fixture->snapshot.sensors, 0, sizeof fixture->snapshot.sensors);
        fixture->snapshot.sensor_count = 0;
        fixture_starve(fixture, spare);
        create(fixture);
        fixture_read(fixture, 1000);
        assert_bad(sensor(fixture, GPU_ID), PERFADAPT_STATE_ERROR, PERFADAPT_WHY_IO_ERROR);
        assert_int_equal(sensor(fixture, GPU_ID)->limit.state, PERFADAPT_STATE_INIT);
        fixture_feed(fixture);
        fixture_read(fixture, 3000);
        assert_metric(&sensor(fixture, GPU_ID)->temperature, PERFADAPT_STATE_OK, 61);
        assert_metric(&sensor(fixture, GPU_ID)->limit, PERFADAPT_STATE_OK, 110);
        fixture->provider->type->destroy(fixture->provider);
        fixture->provider = NULL;
    }
}

static void test_created_without_descriptors(void **state) {
    struct fixture *fixture = *state;
    add_cpu(fixture, 0);
    fixture_starve(fixture, 0);
    create(fixture);
    fixture_read(fixture, 1000);
    fixture_feed(fixture);
    fixture_read(fixture, 2000);
    assert_int_equal(fixture->snapshot.sensor_count, 0);
    fixture_read(fixture, 11000);
    assert_metric(&sensor(fixture, CPU_ID)->temperature, PERFADAPT_STATE_OK, 45.25);
    fixture_read(fixture, 31000);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
}

/* Exit status of a process whose root is the fixture: 0 = the chip has the id that it has elsewhere. */
static int create_in_chroot(struct fixture *fixture) {
    if ((fixture_is_plain_user() && unshare(CLONE_NEWUSER) != 0) || chroot(fixture->path) != 0 || chdir("/") != 0)
        return 2;
    perfadapt__root_close(&fixture->root);
    if (perfadapt__root_open("/", &fixture->root) != PERFADAPT_OK)
        return 1;
    fixture_create(fixture, &perfadapt__hwmon_provider);
    return fixture->provider && fixture_sensor(fixture, GPU_ID) ? 0 : 1;
}

static void test_without_proc(void **state) {
    struct fixture *fixture = *state;
    int status = 0;
    add_gpu(fixture, 3);
    const pid_t child = fork();
    if (child == 0)
        _exit(create_in_chroot(fixture));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    /* clang-format off */
    const struct CMUnitTest tests[] = {
        TEST(test_reads_a_chip), TEST(test_maximum_of_old_zen_driver), TEST(test_chips_made_of_zones),
        TEST(test_no_class), TEST(test_sparse_numbers_without_labels), TEST(test_limits),
        TEST(test_limit_that_cannot_be_read_stays),
        TEST(test_chips_left_alone), TEST(test_plugged_in_later), TEST(test_old_driver_with_attributes_in_the_device),
        TEST(test_equal_labels_have_different_ids), TEST(test_long_paths_are_cut_at_a_directory),
        TEST(test_fault_and_enable), TEST(test_bad_content), TEST(test_huge_file),
        TEST(test_directory_dead_link_and_unreadable), TEST(test_a_single_input_goes_and_comes_back),
        TEST(test_chip_comes_back_under_another_number), TEST(test_chips_swap_numbers),
        TEST(test_what_was_lost_is_looked_for_after_a_sleep),
        TEST(test_sleeping_device_is_not_touched), TEST(test_sleeping_device_is_not_even_opened),
        TEST(test_pci_power_state), TEST(test_failed_power_management),
        TEST(test_coretemp_reads_the_package_once_a_second), TEST(test_only_what_steers_is_read_fast),
        TEST(test_more_sensors_than_fit), TEST(test_entries_that_are_no_chips),
        TEST(test_a_status_that_cannot_be_read_is_not_awake), TEST(test_descriptors_run_short),
        TEST(test_created_without_descriptors), TEST(test_without_proc),
    };
    /* clang-format on */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
