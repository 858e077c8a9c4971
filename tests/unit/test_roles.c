/* Which sensor is whose. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "sampler/roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum limit { NO_LIMIT, LIMIT, LIMIT_NOT_ASKED };

static void add(struct perfadapt_snapshot *snapshot, const char *id, const char *chip, const char *label,
                enum limit limit) {
    struct perfadapt_sensor *sensor = perfadapt__sensor_add(snapshot, id, chip, label);
    assert_non_null(sensor);
    if (limit == LIMIT)
        sensor->limit = perfadapt__metric_ok(90, PERFADAPT_UNIT_CELSIUS, 1);
    else if (limit == LIMIT_NOT_ASKED)
        sensor->limit.state = PERFADAPT_STATE_INIT;
}

static void add_chip(struct perfadapt_snapshot *snapshot, const char *chip, const char *label, const char *device,
                     enum limit limit) {
    char id[96];
    snprintf(id, sizeof id, "%s/%s@%s", chip, label, device);
    add(snapshot, id, chip, label, limit);
}

static void add_zone(struct perfadapt_snapshot *snapshot, const char *type, enum limit limit) {
    char id[96];
    snprintf(id, sizeof id, "zone/%s", type);
    add(snapshot, id, type, "thermal_zone0", limit);
}

static void expect(const struct perfadapt_snapshot *snapshot, uint32_t index, enum perfadapt_sensor_role role,
                   unsigned steers) {
    const struct perfadapt_sensor *sensor = &snapshot->sensors[index];
    if (sensor->role != (uint32_t)role || sensor->steers != steers)
        fail_msg("%s: role %u steers %u", sensor->id, (unsigned)sensor->role, (unsigned)sensor->steers);
}

static int setup(void **state) {
    *state = calloc(1, sizeof(struct perfadapt_snapshot));
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    free(*state);
    return 0;
}

static void test_intel_laptop(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "acpitz", "temp1", "virtual/thermal/thermal_zone0", LIMIT);
    add_chip(snapshot, "coretemp", "Package id 0", "platform/coretemp.0", LIMIT);
    add_chip(snapshot, "iwlwifi_1", "temp1", "pci", NO_LIMIT);
    add_zone(snapshot, "acpitz", LIMIT);
    add_zone(snapshot, "x86_pkg_temp", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 1, PERFADAPT_SENSOR_CPU, 1);
    expect(snapshot, 2, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 3, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 4, PERFADAPT_SENSOR_OTHER, 0);
}

static void test_two_packages(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "coretemp", "Package id 0", "platform/coretemp.0", LIMIT);
    add_chip(snapshot, "coretemp", "Package id 1", "platform/coretemp.1", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_CPU, 1);
    expect(snapshot, 1, PERFADAPT_SENSOR_CPU, 1);
}

static void test_zen(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "k10temp", "Tctl", "pci/18.3", LIMIT);
    add_chip(snapshot, "k10temp", "Tdie", "pci/18.3", LIMIT);
    add_chip(snapshot, "k10temp", "Tccd1", "pci/18.3", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 1, PERFADAPT_SENSOR_CPU, 1);
    expect(snapshot, 2, PERFADAPT_SENSOR_OTHER, 0);
    snapshot->sensor_count = 1;
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_CPU, 1);
}

static void test_package_zone_alone(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_zone(snapshot, "acpitz", LIMIT);
    add_zone(snapshot, "x86_pkg_temp", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 1, PERFADAPT_SENSOR_CPU, 1);
}

static void test_raspberry_pi(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "cpu_thermal", "temp1", "virtual/thermal/thermal_zone0", LIMIT);
    add_chip(snapshot, "rpi_volt", "in0", "soc", NO_LIMIT);
    add_zone(snapshot, "cpu-thermal", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 2, PERFADAPT_SENSOR_CPU, 1);
}

static void test_one_with_a_limit_goes_first(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "cpu_thermal", "temp1", "virtual/thermal/thermal_zone0", LIMIT);
    add_zone(snapshot, "cpu-thermal", NO_LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_CPU, 1);
    expect(snapshot, 1, PERFADAPT_SENSOR_OTHER, 0);
}

static void test_without_a_limit_nothing_steers(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_zone(snapshot, "CPU-therm", NO_LIMIT);
    add_chip(snapshot, "i915", "temp1", "pci/02.0", NO_LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_CPU, 0);
    expect(snapshot, 1, PERFADAPT_SENSOR_GPU, 0);
}

static void test_amd_graphics(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "amdgpu", "edge", "pci/a", LIMIT);
    add_chip(snapshot, "amdgpu", "junction", "pci/a", LIMIT);
    add_chip(snapshot, "amdgpu", "mem", "pci/a", LIMIT);
    add_chip(snapshot, "amdgpu", "edge", "pci/b", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 1, PERFADAPT_SENSOR_GPU, 1);
    expect(snapshot, 2, PERFADAPT_SENSOR_GPU_MEMORY, 1);
    expect(snapshot, 3, PERFADAPT_SENSOR_GPU, 1);
}

static void test_sleeping_graphics_will_steer(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "amdgpu", "edge", "pci/a", LIMIT_NOT_ASKED);
    add_chip(snapshot, "amdgpu", "junction", "pci/a", LIMIT_NOT_ASKED);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 1, PERFADAPT_SENSOR_GPU, 1);
}

static void test_intel_graphics(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "xe", "pkg", "pci/a", LIMIT);
    add_chip(snapshot, "xe", "vram", "pci/a", LIMIT);
    add_chip(snapshot, "xe", "vram_ch_0", "pci/a", LIMIT);
    add_chip(snapshot, "xe", "mctrl", "pci/a", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_GPU, 1);
    expect(snapshot, 1, PERFADAPT_SENSOR_GPU_MEMORY, 1);
    expect(snapshot, 2, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 3, PERFADAPT_SENSOR_OTHER, 0);
}

static void test_zones_of_a_board(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_zone(snapshot, "CPU-therm", LIMIT);
    add_zone(snapshot, "GPU-therm", LIMIT);
    add_zone(snapshot, "quiet-Skin-therm", LIMIT);
    add_zone(snapshot, "skin", NO_LIMIT);
    add_zone(snapshot, "Tboard_tegra", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_CPU, 1);
    expect(snapshot, 1, PERFADAPT_SENSOR_GPU, 1);
    expect(snapshot, 2, PERFADAPT_SENSOR_SKIN, 1);
    expect(snapshot, 3, PERFADAPT_SENSOR_SKIN, 0);
    expect(snapshot, 4, PERFADAPT_SENSOR_BOARD, 0);
}

/* A type, and what it is where it is the only zone. */
static void test_names_of_zones(void **state) {
    static const struct {
        const char *type;
        enum perfadapt_sensor_role role;
    } zones[] = {
        {"cpu", PERFADAPT_SENSOR_CPU},
        {"cpu_thermal_zone", PERFADAPT_SENSOR_CPU},
        {"cpu-thermal-zone", PERFADAPT_SENSOR_CPU},
        {"cpub_thermal_zone", PERFADAPT_SENSOR_CPU},
        {"cpu7-thermal", PERFADAPT_SENSOR_CPU},
        {"cpu0-0-top-thermal", PERFADAPT_SENSOR_CPU},
        {"cpu-1-0-thermal", PERFADAPT_SENSOR_CPU},
        {"cpuss1-thermal", PERFADAPT_SENSOR_CPU},
        {"cpu-little0-thermal", PERFADAPT_SENSOR_CPU},
        {"BCPU-therm", PERFADAPT_SENSOR_CPU},
        {"MCPU-therm", PERFADAPT_SENSOR_CPU},
        {"bigcore2-thermal", PERFADAPT_SENSOR_CPU},
        {"littlecore-thermal", PERFADAPT_SENSOR_CPU},
        {"LITTLE", PERFADAPT_SENSOR_CPU},
        {"cluster1_thermal", PERFADAPT_SENSOR_CPU},
        {"package-thermal", PERFADAPT_SENSOR_CPU},
        {"imx_thermal_zone", PERFADAPT_SENSOR_CPU},
        {"exynos-therm", PERFADAPT_SENSOR_CPU},
        {"gpu", PERFADAPT_SENSOR_GPU},
        {"gpu_thermal_zone", PERFADAPT_SENSOR_GPU},
        {"gpu1-thermal", PERFADAPT_SENSOR_GPU},
        {"gpuss-7-thermal", PERFADAPT_SENSOR_GPU},
        {"G3D", PERFADAPT_SENSOR_GPU},
        {"skin-temp-thermal", PERFADAPT_SENSOR_SKIN},
        {"cpu-skin-therm", PERFADAPT_SENSOR_SKIN},
        {"soc0-thermal", PERFADAPT_SENSOR_OTHER}, /* Orin: parts of the chip that are no processors */
        {"bigmem-thermal", PERFADAPT_SENSOR_OTHER},
        {"acpitz", PERFADAPT_SENSOR_OTHER},
        {"ddr-thermal", PERFADAPT_SENSOR_OTHER},
        {"npu-thermal", PERFADAPT_SENSOR_OTHER},
        {"-thermal", PERFADAPT_SENSOR_OTHER},
        {"-zone", PERFADAPT_SENSOR_OTHER},
    };
    struct perfadapt_snapshot *snapshot = *state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        snapshot->sensor_count = 0;
        add_zone(snapshot, zones[i].type, LIMIT);
        perfadapt__roles_assign(snapshot, NULL);
        expect(snapshot, 0, zones[i].role, zones[i].role != PERFADAPT_SENSOR_OTHER);
    }
}

/* Of several cores with a zone each the hottest throttles the chip. */
static void test_every_cluster_steers(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_zone(snapshot, "package-thermal", LIMIT);
    add_zone(snapshot, "bigcore0-thermal", LIMIT);
    add_zone(snapshot, "bigcore2-thermal", LIMIT);
    add_zone(snapshot, "littlecore-thermal", LIMIT);
    add_zone(snapshot, "gpu0-thermal", LIMIT);
    add_zone(snapshot, "gpu1-thermal", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_OTHER, 0);
    for (uint32_t i = 1; i <= 3; i++)
        expect(snapshot, i, PERFADAPT_SENSOR_CPU, 1);
    expect(snapshot, 4, PERFADAPT_SENSOR_GPU, 1);
    expect(snapshot, 5, PERFADAPT_SENSOR_GPU, 1);
}

/* Kernels of vendors: one zone has the trips, of all of them. */
static void test_chip_stands_for_clusters_without_limits(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_zone(snapshot, "soc-thermal", LIMIT);
    add_zone(snapshot, "bigcore0-thermal", NO_LIMIT);
    add_zone(snapshot, "littlecore-thermal", NO_LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_CPU, 1);
    expect(snapshot, 1, PERFADAPT_SENSOR_OTHER, 0);
    expect(snapshot, 2, PERFADAPT_SENSOR_OTHER, 0);
}

static void test_graphics_zone_gives_way_to_a_chip(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add_chip(snapshot, "nouveau", "temp1", "pci/a", LIMIT);
    add_zone(snapshot, "gpu-thermal", LIMIT);
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_GPU, 1);
    expect(snapshot, 1, PERFADAPT_SENSOR_OTHER, 0);
}

static void test_simulated(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    add(snapshot, "simulated/junction@laptop", "simulated laptop", "junction", LIMIT);
    snapshot->sensors[0].simulated = 1;
    perfadapt__roles_assign(snapshot, NULL);
    expect(snapshot, 0, PERFADAPT_SENSOR_GPU, 1);
}

static void test_again_and_again(void **state) {
    struct perfadapt_snapshot *snapshot = *state;
    perfadapt__roles_assign(snapshot, NULL);
    for (unsigned i = 0; i < PERFADAPT_SENSORS_MAX; i++)
        add_chip(snapshot, "coretemp", "Package id 0", "platform/coretemp.0", LIMIT);
    for (unsigned pass = 0; pass < 3; pass++) {
        perfadapt__roles_assign(snapshot, NULL);
        expect(snapshot, 0, PERFADAPT_SENSOR_CPU, 1);
        for (uint32_t i = 1; i < PERFADAPT_SENSORS_MAX; i++)
            expect(snapshot, i, PERFADAPT_SENSOR_OTHER, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_intel_laptop),
        TEST(test_two_packages),
        TEST(test_zen),
        TEST(test_package_zone_alone),
        TEST(test_raspberry_pi),
        TEST(test_one_with_a_limit_goes_first),
        TEST(test_without_a_limit_nothing_steers),
        TEST(test_amd_graphics),
        TEST(test_sleeping_graphics_will_steer),
        TEST(test_intel_graphics),
        TEST(test_zones_of_a_board),
        TEST(test_names_of_zones),
        TEST(test_every_cluster_steers),
        TEST(test_chip_stands_for_clusters_without_limits),
        TEST(test_graphics_zone_gives_way_to_a_chip),
        TEST(test_simulated),
        TEST(test_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
