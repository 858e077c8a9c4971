/* Trees recorded on real machines. Skipped where they are not at hand. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/registry.h"
#include "sampler/guard.h"
#include "sampler/roles.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SKIPPED 77

static char corpora[512];

static bool find_corpora(void) {
    const char *set = getenv("PERFADAPT_CORPORA");
#ifdef PERFADAPT_SOURCE_DIR
    const char *beside = PERFADAPT_SOURCE_DIR "/../shared/corpora";
#else
    const char *beside = "../shared/corpora";
#endif
    snprintf(corpora, sizeof corpora, "%s", set && *set ? set : beside);
    char path[600];
    snprintf(path, sizeof path, "%s/sysfs", corpora);
    return access(path, R_OK | X_OK) == 0;
}

/* A recorded card below the class of its driver, its hwmon directory linked from the class of those. */
static void lay_card(struct fixture *fixture, const char *tree, const char *card) {
    char from[700];
    char path[256];
    char target[256];
    snprintf(from, sizeof from, "%s/sysfs/LACT/%s/%s", corpora, tree, card);
    snprintf(path, sizeof path, "/sys/class/drm/%s", card);
    fixture_copy(fixture, from, path);
    strncat(from, "/device/hwmon", sizeof from - strlen(from) - 1);
    DIR *directory = opendir(from);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, "hwmon", 5) != 0)
            continue;
        snprintf(path, sizeof path, "/sys/class/hwmon/%.32s", entry->d_name);
        snprintf(target, sizeof target, "../drm/%s/device/hwmon/%.32s", card, entry->d_name);
        fixture_link(fixture, path, target);
    }
    closedir(directory);
}

static void read_all(struct fixture *fixture) {
    static struct perfadapt__guard guard;
    struct perfadapt__provider *providers[PERFADAPT__PROVIDERS_MAX];
    struct perfadapt_snapshot *snapshot = &fixture->snapshot;
    const struct perfadapt__read_context context = {.now_ns = 1000000000};
    const size_t count =
        perfadapt__providers_create(&fixture->environment, snapshot, providers, PERFADAPT__PROVIDERS_MAX);
    perfadapt__roles_assign(snapshot, NULL);
    for (size_t i = 0; i < count; i++)
        providers[i]->type->read(providers[i], &context, snapshot);
    perfadapt__guard_init(&guard);
    perfadapt__guard_judge(&guard, snapshot, context.now_ns);
    for (size_t i = 0; i < count; i++)
        providers[i]->type->destroy(providers[i]);
}

static const struct perfadapt_sensor *labelled(const struct fixture *fixture, const char *chip, const char *label) {
    for (uint32_t i = 0; i < fixture->snapshot.sensor_count; i++) {
        const struct perfadapt_sensor *sensor = &fixture->snapshot.sensors[i];
        if (strcmp(sensor->chip, chip) == 0 && strcmp(sensor->label, label) == 0)
            return sensor;
    }
    fail_msg("no sensor %s/%s", chip, label);
    return NULL;
}

static void expect(const struct perfadapt_sensor *sensor, enum perfadapt_sensor_role role, double celsius, double limit,
                   enum perfadapt_limit_source source) {
    assert_int_equal(sensor->role, role);
    assert_metric(&sensor->temperature, PERFADAPT_STATE_OK, celsius);
    assert_metric(&sensor->limit, PERFADAPT_STATE_OK, limit);
    assert_int_equal(sensor->limit_source, source);
    assert_int_equal(sensor->steers, role != PERFADAPT_SENSOR_OTHER);
}

static void test_vangogh(void **state) {
    struct fixture *fixture = *state;
    lay_card(fixture, "amd/vangogh", "card0");
    read_all(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 1);
    expect(labelled(fixture, "amdgpu", "edge"), PERFADAPT_SENSOR_GPU, 56, 95, PERFADAPT_LIMIT_TABLE);
    assert_string_equal(fixture->snapshot.sensors[0].id, "amdgpu/edge@drm/card0/device");
}

static void test_rx580(void **state) {
    struct fixture *fixture = *state;
    lay_card(fixture, "amd/rx580", "card0");
    read_all(fixture);
    expect(labelled(fixture, "amdgpu", "edge"), PERFADAPT_SENSOR_GPU, 44, 94, PERFADAPT_LIMIT_CRIT);
}

static void test_rx7900xtx(void **state) {
    struct fixture *fixture = *state;
    lay_card(fixture, "amd/rx7900xtx", "card0");
    read_all(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 3);
    expect(labelled(fixture, "amdgpu", "edge"), PERFADAPT_SENSOR_OTHER, 53, 100, PERFADAPT_LIMIT_CRIT);
    expect(labelled(fixture, "amdgpu", "junction"), PERFADAPT_SENSOR_GPU, 61, 110, PERFADAPT_LIMIT_CRIT);
    expect(labelled(fixture, "amdgpu", "mem"), PERFADAPT_SENSOR_GPU_MEMORY, 68, 108, PERFADAPT_LIMIT_CRIT);
}

static void test_b580(void **state) {
    struct fixture *fixture = *state;
    lay_card(fixture, "intel/b580", "card1");
    read_all(fixture);
    assert_int_equal(fixture->snapshot.sensor_count, 16);
    expect(labelled(fixture, "xe", "pkg"), PERFADAPT_SENSOR_GPU, 54, 100, PERFADAPT_LIMIT_CRIT);
    expect(labelled(fixture, "xe", "vram"), PERFADAPT_SENSOR_GPU_MEMORY, 56, 105, PERFADAPT_LIMIT_CRIT);
    expect(labelled(fixture, "xe", "vram_ch_11"), PERFADAPT_SENSOR_OTHER, 54, 105, PERFADAPT_LIMIT_CRIT);
}

/* Two packages, an nvme and an asus chip that are left alone, a chip without a name, a zone that reads 12.376 °C. */
static void test_node_exporter(void **state) {
    struct fixture *fixture = *state;
    char from[600];
    snprintf(from, sizeof from, "%s/sysfs/node_exporter/sys", corpora);
    fixture_copy(fixture, from, "/sys");
    snprintf(from, sizeof from, "%s/sysfs/node_exporter/proc", corpora);
    fixture_copy(fixture, from, "/proc");
    read_all(fixture);
    unsigned packages = 0;
    for (uint32_t i = 0; i < fixture->snapshot.sensor_count; i++) {
        const struct perfadapt_sensor *sensor = &fixture->snapshot.sensors[i];
        assert_string_not_equal(sensor->chip, "nvme");
        assert_string_not_equal(sensor->chip, "asus_wmi_sensors");
        assert_int_equal(sensor->temperature.state, PERFADAPT_STATE_OK);
        packages += sensor->role == PERFADAPT_SENSOR_CPU && sensor->steers;
    }
    assert_int_equal(packages, 2);
    expect(labelled(fixture, "coretemp", "Physical id 0"), PERFADAPT_SENSOR_CPU, 55, 100, PERFADAPT_LIMIT_CRIT);
    assert_metric(&labelled(fixture, "unnamed", "foosensor")->temperature, PERFADAPT_STATE_OK, 55);
    const struct perfadapt_sensor *zone = labelled(fixture, "cpu-thermal", "thermal_zone0");
    assert_metric(&zone->temperature, PERFADAPT_STATE_OK, 12.376);
    assert_int_equal(zone->steers, 0);
    assert_int_equal(fixture->snapshot.memory.total.state, PERFADAPT_STATE_OK);
    assert_int_equal(fixture->snapshot.pressure[PERFADAPT_RESOURCE_IO].some.avg10.state, PERFADAPT_STATE_OK);
}

static void test_telegraf_pressure(void **state) {
    static const char *const files[] = {"cpu", "memory", "io"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 3; i++) {
        char path[700];
        char to[64];
        char text[512];
        struct perfadapt__root root;
        assert_int_equal(perfadapt__root_open("/", &root), PERFADAPT_OK);
        snprintf(path, sizeof path, "%s/psi/telegraf-kernel", corpora);
        char *absolute = realpath(path, NULL);
        assert_non_null(absolute);
        snprintf(path, sizeof path, "%.600s/%s", absolute, files[i]);
        free(absolute);
        assert_true(perfadapt__fs_read_once(&root, path, text, sizeof text) > 0);
        perfadapt__root_close(&root);
        snprintf(to, sizeof to, "/proc/pressure/%s", files[i]);
        fixture_file(fixture, to, text);
    }
    read_all(fixture);
    const struct perfadapt_pressure *memory = &fixture->snapshot.pressure[PERFADAPT_RESOURCE_MEMORY];
    assert_metric(&memory->some.total, PERFADAPT_STATE_OK, 114514);
    assert_metric(&memory->full.avg300, PERFADAPT_STATE_OK, 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    if (!PERFADAPT_WITH_SENSORS) {
        puts("skipped: built without sensors");
        return SKIPPED;
    }
    if (!find_corpora()) {
        puts("skipped: no recorded trees");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_vangogh), TEST(test_rx580),         TEST(test_rx7900xtx),
        TEST(test_b580),    TEST(test_node_exporter), TEST(test_telegraf_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
