/*
 * What a device is worth, step by step: what is believed, what is denied, what bounds it, and that each step says so.
 * SPDX-License-Identifier: MIT
 */
#include "device/judge.h"

#include "fixture.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DATA_DIR fixture_profiles()
#define NOWHERE "/nonexistent"
#define GIB (UINT64_C(1) << 30)
#define LOCAL 1u
#define LOCAL_VISIBLE 7u
#define HOST 14u

static struct perfadapt_device device_of(uint32_t type, uint32_t vendor, uint32_t id, const char *name) {
    struct perfadapt_device device = {.size = sizeof device, .type = type, .vendor_id = vendor, .device_id = id};
    snprintf(device.name, sizeof device.name, "%s", name);
    return device;
}

static void add_heap(struct perfadapt_device *device, uint64_t bytes, uint32_t heap_flags, uint32_t type_flags) {
    device->heaps[device->heap_count] = (struct perfadapt_heap){.bytes = bytes, .flags = heap_flags};
    device->memory_types[device->memory_type_count++] =
        (struct perfadapt_memory_type){.flags = type_flags, .heap = device->heap_count++};
}

static void add_type(struct perfadapt_device *device, uint32_t heap, uint32_t flags) {
    device->memory_types[device->memory_type_count++] = (struct perfadapt_memory_type){.flags = flags, .heap = heap};
}

static struct perfadapt_profile judge_in(const struct perfadapt_device *device, const struct perfadapt_system *system,
                                         const char *data_dir) {
    struct perfadapt_profile profile = {.size = sizeof profile};
    assert_int_equal(perfadapt_judge(device, system, data_dir, &profile), PERFADAPT_OK);
    assert_true(profile.reason_count <= PERFADAPT_PROFILE_REASONS_MAX);
    for (uint32_t i = 0; i < profile.reason_count; i++)
        assert_true(strnlen(profile.reasons[i], PERFADAPT_PROFILE_REASON_BYTES) < PERFADAPT_PROFILE_REASON_BYTES);
    return profile;
}

static struct perfadapt_profile judge(const struct perfadapt_device *device) {
    return judge_in(device, NULL, DATA_DIR);
}

static bool says(const struct perfadapt_profile *profile, const char *words) {
    for (uint32_t i = 0; i < profile->reason_count; i++)
        if (strstr(profile->reasons[i], words))
            return true;
    return false;
}

static void assert_says(const struct perfadapt_profile *profile, const char *words) {
    if (says(profile, words))
        return;
    for (uint32_t i = 0; i < profile->reason_count; i++)
        print_error("%s\n", profile->reasons[i]);
    fail_msg("no reason says \"%s\"", words);
}

static struct perfadapt_device rtx_4090(void) {
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x10de, 0x2684, "NVIDIA GeForce RTX 4090");
    add_heap(&device, 24 * GIB, 1, LOCAL);
    add_heap(&device, 48 * GIB, 0, HOST);
    device.compute_units = 128;
    return device;
}

static struct perfadapt_device steam_deck(void) {
    struct perfadapt_device device =
        device_of(PERFADAPT_DEVICE_INTEGRATED, 0x1002, 0x163f, "AMD Custom GPU 0405 (RADV VANGOGH)");
    add_heap(&device, 3 * GIB, 0, HOST);
    add_heap(&device, 6 * GIB, 1, LOCAL);
    add_type(&device, 1, LOCAL_VISIBLE);
    device.compute_units = 8;
    return device;
}

/* ---- arguments ---- */

static void test_arguments(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    struct perfadapt_profile profile = {.size = sizeof profile};
    assert_int_equal(perfadapt_judge(NULL, NULL, DATA_DIR, &profile), PERFADAPT_ERROR_INVALID);
    assert_int_equal(perfadapt_judge(&device, NULL, DATA_DIR, NULL), PERFADAPT_ERROR_INVALID);
    device.size = 3;
    assert_int_equal(perfadapt_judge(&device, NULL, DATA_DIR, &profile), PERFADAPT_ERROR_ABI);
    device = rtx_4090();
    const struct perfadapt_system system = {.size = 0};
    assert_int_equal(perfadapt_judge(&device, &system, DATA_DIR, &profile), PERFADAPT_ERROR_ABI);
    profile.size = 100;
    assert_int_equal(perfadapt_judge(&device, NULL, DATA_DIR, &profile), PERFADAPT_ERROR_ABI);
}

/* A host with an older header has a shorter struct; a newer one's longer struct is taken where the rest is zero. */
static void test_other_versions_of_the_structs(void **state) {
    (void)state;
    struct {
        struct perfadapt_device device;
        uint64_t more;
    } newer = {.device = rtx_4090(), .more = 0};
    struct perfadapt_profile profile = {.size = sizeof profile};
    newer.device.size = sizeof newer;
    assert_int_equal(perfadapt_judge(&newer.device, NULL, DATA_DIR, &profile), PERFADAPT_OK);
    assert_int_equal(profile.tier, 5);
    newer.more = 1;
    assert_int_equal(perfadapt_judge(&newer.device, NULL, DATA_DIR, &profile), PERFADAPT_ERROR_ABI);
    newer.device.size = offsetof(struct perfadapt_device, pci);
    assert_int_equal(perfadapt_judge(&newer.device, NULL, DATA_DIR, &profile), PERFADAPT_OK);
    assert_int_equal(profile.memory_bytes, 0);
    assert_string_equal(profile.name, "NVIDIA GeForce RTX 4090");
}

/* ---- whole judgements ---- */

static void test_a_card(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    device.driver_id = 4;
    device.driver_version = 570u << 22 | 144u << 14;
    device.api_version = 1u << 22 | 3u << 12;
    device.pci = (struct perfadapt_pci_address){.known = 1, .bus = 1};
    const struct perfadapt_profile profile = judge(&device);
    assert_int_equal(profile.state, PERFADAPT_STATE_OK);
    assert_int_equal(profile.source, PERFADAPT_PROFILE_FROM_HOST);
    assert_int_equal(profile.tier, 5);
    assert_int_equal(profile.type, PERFADAPT_DEVICE_DISCRETE);
    assert_string_equal(profile.preset, "ultra");
    assert_string_equal(profile.family, "Ada: RTX 4090");
    assert_string_equal(profile.driver, "NVIDIA 570.144");
    assert_true(profile.gflops > 82000 && profile.gflops < 83000);
    assert_true(profile.score >= profile.gflops && profile.score <= profile.gflops);
    assert_int_equal(profile.memory_bytes, 24 * GIB);
    assert_int_equal(profile.unified_memory, 0);
    assert_int_equal(profile.tiled, 0);
    assert_int_equal(profile.compute_units, 128);
    assert_int_equal(profile.device_count, 1);
    assert_int_equal(profile.pci.bus, 1);
    assert_int_equal(profile.system.on_ac, -1);
    assert_says(&profile, "family: Ada: RTX 4090 (nvidia_models.ini:");
    assert_says(&profile, "capacity: 128 units (driver) x 128 lanes x 2 x 2520 MHz = 82.6 TFLOP/s");
    assert_says(&profile, "tier 5: 82.6 TFLOP/s");
    assert_says(&profile, "preset ultra");
}

static void test_a_handheld(void **state) {
    (void)state;
    const struct perfadapt_device device = steam_deck();
    const struct perfadapt_system system = {
        .size = sizeof system, .form = PERFADAPT_FORM_HANDHELD, .memory_bytes = 16 * GIB, .on_ac = 0, .has_battery = 1};
    struct perfadapt_profile profile = judge_in(&device, &system, DATA_DIR);
    assert_int_equal(profile.tier, 2);
    assert_string_equal(profile.preset, "handheld");
    assert_int_equal(profile.unified_memory, 1);
    assert_int_equal(profile.memory_bytes, 6 * GIB);
    assert_int_equal(profile.system.form, PERFADAPT_FORM_HANDHELD);
    profile = judge(&device);
    assert_string_equal(profile.preset, "medium");
}

/* A weak chip in a handheld is not given more than its tier has. */
static void test_a_weak_handheld(void **state) {
    (void)state;
    const struct perfadapt_device device = device_of(PERFADAPT_DEVICE_INTEGRATED, 0x13b5, 0, "Mali-G52");
    const struct perfadapt_system system = {.size = sizeof system, .form = PERFADAPT_FORM_HANDHELD};
    const struct perfadapt_profile profile = judge_in(&device, &system, DATA_DIR);
    assert_int_equal(profile.tier, 1);
    assert_string_equal(profile.preset, "low");
}

static void test_power_changes_nothing(void **state) {
    (void)state;
    const struct perfadapt_device device = rtx_4090();
    struct perfadapt_system system = {.size = sizeof system, .form = PERFADAPT_FORM_LAPTOP, .on_ac = 1};
    const struct perfadapt_profile plugged = judge_in(&device, &system, DATA_DIR);
    system.on_ac = 0;
    system.has_battery = 1;
    const struct perfadapt_profile battery = judge_in(&device, &system, DATA_DIR);
    assert_string_equal(plugged.preset, battery.preset);
    assert_int_equal(plugged.tier, battery.tier);
}

/* ---- deny rules ---- */

static void assert_denied(const struct perfadapt_device *device, const char *data_dir) {
    const struct perfadapt_profile profile = judge_in(device, NULL, data_dir);
    if (profile.tier != 0)
        fail_msg("%s: tier %u", device->name, profile.tier);
    assert_int_equal(profile.state, PERFADAPT_STATE_OK);
    assert_string_equal(profile.preset, "minimal");
    assert_true(isnan(profile.score) && isnan(profile.gflops));
    assert_says(&profile, "tier 0: ");
}

static void test_software_by_type(void **state) {
    (void)state;
    const struct perfadapt_device device = device_of(PERFADAPT_DEVICE_CPU, 0x10de, 0x2684, "NVIDIA GeForce RTX 4090");
    assert_denied(&device, DATA_DIR);
    assert_denied(&device, NOWHERE);
}

static void test_software_by_name(void **state) {
    (void)state;
    static const char *const names[] = {
        "llvmpipe (LLVM 15.0.6, 256 bits)",
        "LLVMPIPE (LLVM 4)",
        "lavapipe",
        "SwiftShader Device (Subzero)",
        "Microsoft Basic Render Driver",
        "Microsoft Direct3D12 (Microsoft Basic Render Driver)",
        "Virtio-GPU Venus (llvmpipe (LLVM 17.0.6, 256 bits))",
        "virgl (LLVMPIPE (LLVM 15.0.7, 256 bits))",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (uint32_t type = 0; type <= PERFADAPT_DEVICE_CPU; type++) {
            const struct perfadapt_device device = device_of(type, 0, 0, names[i]);
            assert_denied(&device, DATA_DIR);
            assert_denied(&device, NOWHERE);
        }
    }
}

static void test_software_by_driver(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_INTEGRATED, 0x10005, 0, "");
    snprintf(device.driver_name, sizeof device.driver_name, "llvmpipe");
    assert_denied(&device, DATA_DIR);
    device = device_of(PERFADAPT_DEVICE_INTEGRATED, 0x8086, 0x9a49, "");
    device.driver_id = 13;
    assert_denied(&device, NOWHERE);
    device.driver_id = 10;
    assert_denied(&device, NOWHERE);
}

static void test_displays_without_a_gpu(void **state) {
    (void)state;
    static const uint32_t numbers[][2] = {{0x1af4, 0x1050}, {0x1234, 0x1111}, {0x1b36, 0x0100}, {0x80ee, 0xbeef},
                                          {0x15ad, 0x0405}, {0x1414, 0x5353}, {0x1414, 0x008c}, {0x1a03, 0x2000},
                                          {0x102b, 0x0536}, {0x19e5, 0x1711}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct perfadapt_device device = device_of(PERFADAPT_DEVICE_OTHER, numbers[i][0], numbers[i][1], "");
        assert_denied(&device, DATA_DIR);
    }
}

/* ---- what is known of it ---- */

static void test_nothing_at_all(void **state) {
    (void)state;
    const struct perfadapt_device device = {.size = sizeof device};
    const struct perfadapt_profile profile = judge(&device);
    assert_int_equal(profile.state, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(profile.source, PERFADAPT_PROFILE_FROM_NONE);
    assert_int_equal(profile.tier, PERFADAPT_TIER_UNKNOWN);
    assert_string_equal(profile.preset, "low");
    assert_true(isnan(profile.score));
    assert_int_equal(profile.device_count, 0);
    assert_int_equal(profile.unified_memory, -1);
    assert_says(&profile, "preset low");
}

static void test_unknown_number_of_a_known_vendor(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x10de, 0xfff0, "NVIDIA Graphics Device");
    add_heap(&device, 16 * GIB, 1, LOCAL);
    device.compute_units = 40;
    struct perfadapt_profile profile = judge(&device);
    assert_says(&profile, "10de:fff0 \"NVIDIA Graphics Device\" is not in the tables; as NVIDIA (nvidia.ini:");
    assert_says(&profile, "40 units (driver)");
    assert_int_equal(profile.tier, 4);
    device.compute_units = 0;
    profile = judge(&device);
    assert_says(&profile, "an estimate of 4.8 TFLOP/s, from type discrete");
    assert_true(isnan(profile.gflops) && profile.score > 4700);
    assert_int_equal(profile.tier, 3);
}

/* Made up, or known by their numbers alone: what is newer than the tables is as good as the last that they have. */
static void test_devices_that_come(void **state) {
    (void)state;
    static const struct {
        uint32_t type, vendor;
        const char *name;
        uint32_t id, units, least, most;
    } devices[] = {
        {PERFADAPT_DEVICE_DISCRETE, 0x1002, "AMD Radeon RX 10700 XT", 0x7a10, 48, 5, 5},
        {PERFADAPT_DEVICE_OTHER, 0x1002, "AMD Radeon RX 10700 XT", 0, 48, 5, 5},
        {PERFADAPT_DEVICE_DISCRETE, 0x1002, "AMD Radeon Graphics (RADV GFX1310)", 0x7a40, 10, 3, 4},
        {PERFADAPT_DEVICE_DISCRETE, 0x1002, "AMD Radeon Graphics (RADV GFX1300)", 0x7a41, 96, 5, 5},
        {PERFADAPT_DEVICE_DISCRETE, 0x8086, "Intel(R) Graphics (CRI)", 0x674c, 0, 3, 5},
        {PERFADAPT_DEVICE_INTEGRATED, 0x1002, "AMD Radeon Graphics (RADV GFX1310)", 0x1abc, 40, 3, 3},
        {PERFADAPT_DEVICE_INTEGRATED, 0x1002, "AMD Radeon Graphics (RADV GFX1171)", 0x1abd, 8, 3, 3},
        {PERFADAPT_DEVICE_INTEGRATED, 0x8086, "Intel(R) Graphics", 0xd741, 0, 2, 3},
        {PERFADAPT_DEVICE_INTEGRATED, 0x8086, "Intel(R) Graphics (XYZ)", 0xdddd, 0, 2, 3},
        {PERFADAPT_DEVICE_OTHER, 0x8086, "Intel(R) Arc(TM) Pro B390 GPU", 0, 0, 3, 3},
        {PERFADAPT_DEVICE_DISCRETE, 0x8086, "Intel(R) Arc(TM) Pro B60 Graphics", 0, 0, 4, 4},
        {PERFADAPT_DEVICE_DISCRETE, 0x8086, "Intel(R) Arc(TM) C310 Graphics", 0xf001, 0, 3, 5},
        {PERFADAPT_DEVICE_DISCRETE, 0x10de, "NVIDIA GeForce RTX 6050 Laptop GPU", 0x3301, 14, 3, 4},
        {PERFADAPT_DEVICE_INTEGRATED, 0x10de, "NVIDIA N3X", 0x4001, 48, 3, 3},
        {PERFADAPT_DEVICE_DISCRETE, 0x10de, "NVIDIA Graphics Device", 0x4002, 0, 3, 5},
        {PERFADAPT_DEVICE_INTEGRATED, 0x5143, "Adreno (TM) 950", 0x45000000, 0, 3, 3},
    };
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        struct perfadapt_device device = device_of(devices[i].type, devices[i].vendor, devices[i].id, devices[i].name);
        device.compute_units = devices[i].units;
        const struct perfadapt_profile profile = judge(&device);
        if (profile.tier < devices[i].least || profile.tier > devices[i].most)
            fail_msg("%s: tier %u, \"%s\"", devices[i].name, profile.tier, profile.family);
    }
}

/* Their drivers give a number or a name, and either may be all that a report has. */
static void test_kinds_by_name_alone(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t vendor, type;
    } devices[] = {
        {"Radeon RX 570 Series", 0x1002, PERFADAPT_DEVICE_DISCRETE},
        {"AMD Radeon R9 200 Series", 0x1002, PERFADAPT_DEVICE_DISCRETE},
        {"Radeon RX Vega", 0x1002, PERFADAPT_DEVICE_DISCRETE},
        {"AMD Radeon(TM) RX Vega 10 Graphics", 0x1002, PERFADAPT_DEVICE_INTEGRATED},
        {"AMD Radeon RX Vega 11 Graphics", 0x1002, PERFADAPT_DEVICE_INTEGRATED},
        {"AMD Radeon(TM) R7 Graphics", 0x1002, PERFADAPT_DEVICE_INTEGRATED},
        {"AMD Radeon 610M", 0x1002, PERFADAPT_DEVICE_INTEGRATED},
        {"Intel(R) Arc(TM) Pro Graphics", 0x8086, PERFADAPT_DEVICE_INTEGRATED},
        {"Intel(R) Arc(TM) 140V GPU (16GB)", 0x8086, PERFADAPT_DEVICE_INTEGRATED},
        {"Intel(R) Arc(TM) A310 Graphics", 0x8086, PERFADAPT_DEVICE_DISCRETE},
    };
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        const struct perfadapt_device device = device_of(PERFADAPT_DEVICE_OTHER, devices[i].vendor, 0, devices[i].name);
        const struct perfadapt_profile profile = judge(&device);
        if (profile.type != devices[i].type)
            fail_msg("%s: %s", devices[i].name, perfadapt_device_type_name(profile.type));
        assert_false(says(&profile, "nothing"));
    }
}

static void test_unknown_vendor(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_INTEGRATED, 0x9999, 1, "Foo 1");
    struct perfadapt_profile profile = judge(&device);
    assert_says(&profile, "neither 9999:0001 nor \"Foo 1\" is in the tables");
    assert_says(&profile, "an estimate of 150 GFLOP/s");
    assert_string_equal(profile.family, "");
    assert_int_equal(profile.tier, 1);
    const double plain = profile.score;
    device.api_version = 1u << 22 | 3u << 12;
    device.max_workgroup_invocations = 1024;
    profile = judge(&device);
    assert_true(profile.score > plain && profile.tier <= 2);
    assert_true(isnan(profile.gflops));
    device.type = PERFADAPT_DEVICE_DISCRETE;
    add_heap(&device, 4 * GIB, 1, LOCAL);
    profile = judge(&device);
    assert_int_equal(profile.tier, 2);
}

static void test_no_tables(void **state) {
    (void)state;
    const struct perfadapt_device device = rtx_4090();
    const struct perfadapt_profile profile = judge_in(&device, NULL, NOWHERE);
    assert_says(&profile, "tables: there are none below /nonexistent");
    assert_says(&profile, "an estimate");
    assert_int_equal(profile.tier, 3);
}

static void test_a_broken_table_is_said(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_device device = rtx_4090();
    fixture_file(fixture, "/devices/a.ini", "[A]\nvendor = 0x10de\nbroken\n");
    fixture_file(fixture, "/devices/b.ini",
                 "[B]\nvendor = 0x10de\ndevice = 0x2684\ngflops = 5000\nlanes_per_unit = 0\n");
    struct perfadapt_profile profile = judge_in(&device, NULL, fixture->path);
    assert_says(&profile, "tables: a.ini:3 cannot be read");
    assert_says(&profile, "capacity: 5.0 TFLOP/s, by published figures (b.ini:1)");
    assert_string_equal(profile.family, "B");
}

/* ---- capacity ---- */

static void test_told_before_table(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    device.compute_units = 64; /* half of it */
    struct perfadapt_profile profile = judge(&device);
    assert_true(profile.gflops > 41000 && profile.gflops < 41500);
    device.compute_units = 0;
    profile = judge(&device);
    assert_says(&profile, "128 units (tables)");
    device.clock_mhz = 1000;
    profile = judge(&device);
    assert_true(profile.gflops > 32700 && profile.gflops < 32800);
}

static void test_lies_of_capacity(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    device.compute_units = UINT32_MAX;
    device.clock_mhz = UINT32_MAX;
    device.lanes_per_unit = device.fma_per_unit_clock = UINT32_MAX;
    const struct perfadapt_profile profile = judge(&device);
    assert_says(&profile, "the driver says 4294967295 units, which are not believed");
    assert_true(profile.gflops > 82000 && profile.gflops < 83000);
    device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x1002, 0x743f, "AMD Radeon RX 6400 (RADV NAVI24)");
    device.compute_units = 300;
    assert_true(judge(&device).gflops < 4000);
}

/* ARM's driver tells the cores and what each does; newer ones write the cores into the name. */
static void test_cores_of_arm(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_INTEGRATED, 0x13b5, 0x90020000, "Mali-G78");
    device.compute_units = 24;
    device.fma_per_unit_clock = 32;
    struct perfadapt_profile profile = judge(&device);
    assert_says(&profile, "24 units (driver) x 32 lanes");
    device.compute_units = device.fma_per_unit_clock = 0;
    snprintf(device.name, sizeof device.name, "Mali-G78 MP14");
    profile = judge(&device);
    assert_says(&profile, "14 units (driver)");
    snprintf(device.name, sizeof device.name, "Mali-G78 MCx");
    profile = judge(&device);
    assert_says(&profile, "units (tables)");
}

/* The same figure for the same chip; RADV's count of SIMDs leaves out that RDNA 3 issues two instructions at once. */
static void test_lanes_of_the_table(void **state) {
    (void)state;
    struct perfadapt_device device =
        device_of(PERFADAPT_DEVICE_DISCRETE, 0x1002, 0x744c, "AMD Radeon RX 7900 XTX (RADV NAVI31)");
    device.compute_units = 96;
    device.lanes_per_unit = 64;
    const struct perfadapt_profile profile = judge(&device);
    assert_says(&profile, "96 units (driver) x 128 lanes");
    assert_true(profile.gflops > 61000 && profile.gflops < 62000);
}

static void test_a_share(void **state) {
    (void)state;
    struct perfadapt_device device =
        device_of(PERFADAPT_DEVICE_INTEGRATED, 0x1002, 0x1636, "Virtio-GPU Venus (AMD Radeon Graphics (RADV RENOIR))");
    const struct perfadapt_profile profile = judge(&device);
    assert_string_equal(profile.family, "Renoir, Lucienne");
    assert_says(&profile, "reached through Venus (virtio-gpu): 90 % of that counts");
    assert_true(profile.score < profile.gflops && profile.score > 0.85 * profile.gflops);
}

/* More is never less: of one device in all but one number. */
static void test_score_is_monotone(void **state) {
    (void)state;
    double last = 0;
    uint32_t last_tier = 0;
    for (uint32_t units = 1; units <= 128; units++) {
        struct perfadapt_device device = rtx_4090();
        device.compute_units = units;
        const struct perfadapt_profile profile = judge(&device);
        assert_true(profile.score > last && profile.tier >= last_tier);
        last = profile.score;
        last_tier = profile.tier;
    }
    assert_int_equal(last_tier, 5);
}

/* ---- tiers and their bounds ---- */

static void test_tiers(void **state) {
    (void)state;
    static const struct {
        double gflops;
        uint32_t tier;
    } cases[] = {{0, 1},    {1, 1},    {799.9, 1}, {800, 2},   {2599, 2}, {2600, 3},
                 {8999, 3}, {9000, 4}, {17999, 4}, {18000, 5}, {1e9, 5},  {-5, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(perfadapt__tier_of(cases[i].gflops), cases[i].tier);
    assert_int_equal(perfadapt__tier_of((double)NAN), 1);
}

static void test_integrated_is_bounded(void **state) {
    (void)state;
    struct perfadapt_device device =
        device_of(PERFADAPT_DEVICE_INTEGRATED, 0x1002, 0x1586, "Radeon 8060S Graphics (RADV GFX1151)");
    device.compute_units = 40;
    const struct perfadapt_profile profile = judge(&device);
    assert_true(profile.score > 25000);
    assert_int_equal(profile.tier, 3);
    assert_string_equal(profile.preset, "high");
    assert_says(&profile, "tier 3 at most: integrated");
}

/* A driver that takes a phone's GPU for a card, or an APU for one: the tables know. */
static void test_type_of_the_tables(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x5143, 1, "Adreno (TM) 830");
    struct perfadapt_profile profile = judge(&device);
    assert_int_equal(profile.type, PERFADAPT_DEVICE_INTEGRATED);
    assert_says(&profile, "type: integrated (qualcomm_models.ini:");
    device = device_of(77, 0x10de, 0x2684, "NVIDIA GeForce RTX 4090");
    profile = judge(&device);
    assert_int_equal(profile.type, PERFADAPT_DEVICE_DISCRETE);
    assert_says(&profile, "type: the driver says 77, which is none");
    device = device_of(PERFADAPT_DEVICE_VIRTUAL, 0x10de, 0x2236, "NVIDIA A10-4Q");
    profile = judge(&device);
    assert_int_equal(profile.type, PERFADAPT_DEVICE_VIRTUAL);
    assert_says(&profile, "NVIDIA vGPU");
}

static void test_a_new_card_is_raised(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x1002, 0x743f, "AMD Radeon RX 6300M");
    device.compute_units = 8;
    add_heap(&device, GIB, 1, LOCAL);
    const struct perfadapt_profile profile = judge(&device);
    assert_true(profile.score < 2600);
    assert_int_equal(profile.tier, 3);
    assert_says(&profile, "tier 3 at least: a card of the generation of 2020");
}

static void test_little_memory_bounds(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x10de, 0x1b06, "NVIDIA GeForce GTX 1080 Ti");
    device.compute_units = 28;
    assert_int_equal(judge(&device).tier, 4); /* none is told: none is held against it */
    add_heap(&device, 2 * GIB, 1, LOCAL);
    struct perfadapt_profile profile = judge(&device);
    assert_int_equal(profile.tier, 3);
    assert_says(&profile, "tier 3 at most: 2048 MiB of memory");
    device.heaps[0].bytes = GIB / 2;
    assert_int_equal(judge(&device).tier, 1);
}

static void test_no_card_of_a_table_is_off_its_bounds_by_memory(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    device.heaps[0].bytes = GIB / 2;
    assert_int_equal(judge(&device).tier, 3); /* the generation's bound is the last word */
}

/* ---- what is believed ---- */

static void test_heaps_beyond_belief(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    device.heaps[0].bytes = UINT64_MAX;
    struct perfadapt_profile profile = judge(&device);
    assert_int_equal(profile.memory_bytes, 0);
    assert_says(&profile, "memory: heap 0 says 17179869183 GiB; taken as 0");
    assert_says(&profile, "memory: no heap with a size is told");
    device = steam_deck();
    device.heaps[1].bytes = UINT64_MAX;
    const struct perfadapt_system system = {.size = sizeof system, .memory_bytes = 16 * GIB};
    profile = judge_in(&device, &system, DATA_DIR);
    assert_int_equal(profile.memory_bytes, 16 * GIB);
    assert_says(&profile, "taken as 16");
}

static void test_largest_heap_not_the_sum(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    add_heap(&device, GIB / 4, 1, LOCAL_VISIBLE); /* the window that the processor sees */
    assert_int_equal(judge(&device).memory_bytes, 24 * GIB);
    device.heaps[0].flags = device.heaps[2].flags = 0;
    assert_int_equal(judge(&device).memory_bytes, 0);
}

static void test_no_heaps_and_too_many(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x10de, 0x2684, "NVIDIA GeForce RTX 4090");
    struct perfadapt_profile profile = judge(&device);
    assert_int_equal(profile.memory_bytes, 0);
    assert_int_equal(profile.unified_memory, -1);
    assert_int_equal(profile.tiled, 0);
    assert_says(&profile, "memory: no heap with a size is told");
    device = rtx_4090();
    device.heap_count = device.memory_type_count = UINT32_MAX;
    device.memory_types[5].heap = UINT32_MAX;
    profile = judge(&device);
    assert_says(&profile, "the driver says 4294967295 heaps; 16 are looked at");
    assert_int_equal(profile.memory_bytes, 24 * GIB);
}

static void test_every_reason_there_can_be_fits(void **state) {
    (void)state;
    struct perfadapt_device device;
    memset(&device, 0xff, sizeof device);
    device.size = sizeof device;
    const struct perfadapt_profile profile = judge(&device);
    assert_int_equal(profile.reason_count, PERFADAPT_PROFILE_REASONS_MAX);
    assert_true(profile.tier >= 1 && profile.tier <= 3);
    assert_non_null(memchr(profile.name, '\0', sizeof profile.name));
    assert_non_null(memchr(profile.driver, '\0', sizeof profile.driver));
    for (const char *at = profile.name; *at; at++)
        assert_int_equal(*at, '?'); /* 0xff is no UTF-8 */
}

static void test_unified(void **state) {
    (void)state;
    /* A card whose whole memory the processor reaches is none that shares it. */
    struct perfadapt_device device = rtx_4090();
    device.memory_types[0].flags = LOCAL_VISIBLE;
    assert_int_equal(judge(&device).unified_memory, 0);
    /* Types with and without HOST_VISIBLE on one heap, as RADV, ANV and Qualcomm list them. */
    device = steam_deck();
    assert_int_equal(judge(&device).unified_memory, 1);
    /* A heap that only protected memory comes from, as Qualcomm lists it. */
    add_heap(&device, GIB / 4, 1, 33);
    assert_int_equal(judge(&device).unified_memory, 1);
    /* A part of its own that cannot be reached. */
    add_heap(&device, GIB / 4, 1, LOCAL);
    assert_int_equal(judge(&device).unified_memory, 0);
}

static void test_shared_memory_without_a_heap_of_its_own(void **state) {
    (void)state;
    struct perfadapt_device device =
        device_of(PERFADAPT_DEVICE_INTEGRATED, 0x8086, 0x9a49, "Intel(R) Iris(R) Xe Graphics");
    add_heap(&device, 8 * GIB, 0, HOST);
    assert_int_equal(judge(&device).memory_bytes, 8 * GIB);
}

static void test_tiled(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    add_type(&device, 0, 17);
    assert_int_equal(judge(&device).tiled, 1);
    device = device_of(PERFADAPT_DEVICE_INTEGRATED, 0x13b5, 0, "Mali-G610"); /* panvk lists no lazy memory */
    add_heap(&device, GIB, 1, LOCAL_VISIBLE);
    assert_int_equal(judge(&device).tiled, 1);
    device = device_of(PERFADAPT_DEVICE_INTEGRATED, 0x8086, 0x9a49, "");
    assert_int_equal(judge(&device).tiled, -1);
    add_heap(&device, GIB, 1, LOCAL_VISIBLE);
    assert_int_equal(judge(&device).tiled, 0);
}

static void test_gpu_timing(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    device.timestamp_valid_bits = 64;
    device.timestamp_period_ns = 1;
    assert_int_equal(judge(&device).gpu_timing, -1);
    device.timestamp_known = 1;
    assert_int_equal(judge(&device).gpu_timing, 1);
    device.timestamp_valid_bits = 0;
    assert_int_equal(judge(&device).gpu_timing, 0);
    device.timestamp_valid_bits = 36;
    device.timestamp_period_ns = 0;
    assert_int_equal(judge(&device).gpu_timing, 0);
    device.timestamp_period_ns = NAN;
    assert_int_equal(judge(&device).gpu_timing, 0);
    device.timestamp_period_ns = -1;
    assert_int_equal(judge(&device).gpu_timing, 0);
}

static void test_features_that_were_not_listed(void **state) {
    (void)state;
    struct perfadapt_device device = rtx_4090();
    device.features = PERFADAPT_DEVICE_HAS_MEMORY_BUDGET;
    assert_int_equal(judge(&device).features, 0);
    device.features_known = 1;
    assert_int_equal(judge(&device).features, PERFADAPT_DEVICE_HAS_MEMORY_BUDGET);
}

static void test_names_without_text(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x10de, 0x2684, "");
    struct perfadapt_profile profile = judge(&device);
    assert_says(&profile, "name: the driver gives none");
    assert_string_equal(profile.family, "Ada Lovelace AD102");
    assert_int_equal(profile.tier, 5);
    memset(device.name, 'A', sizeof device.name);
    profile = judge(&device);
    assert_int_equal(strlen(profile.name), sizeof profile.name - 1);
    snprintf(device.name, sizeof device.name, "GPU\033[31m\nsecond line");
    profile = judge(&device);
    assert_string_equal(profile.name, "GPU?[31m");
}

static void test_a_name_cut_within_a_character(void **state) {
    (void)state;
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, 0x9999, 1, "");
    for (size_t i = 0; i + 2 < sizeof device.name; i += 2)
        memcpy(device.name + i, "\xc3\xa4", 3);
    const struct perfadapt_profile profile = judge(&device);
    for (uint32_t i = 0; i < profile.reason_count; i++)
        assert_null(strchr(profile.reasons[i], '?'));
}

/* ---- drivers ---- */

static void assert_driver(uint32_t vendor, uint32_t driver_id, uint32_t version, const char *name, const char *info,
                          const char *expected) {
    struct perfadapt_device device = device_of(PERFADAPT_DEVICE_DISCRETE, vendor, 1, "x");
    device.driver_id = driver_id;
    device.driver_version = version;
    snprintf(device.driver_name, sizeof device.driver_name, "%s", name);
    snprintf(device.driver_info, sizeof device.driver_info, "%s", info);
    assert_string_equal(judge(&device).driver, expected);
}

static void test_drivers(void **state) {
    (void)state;
    assert_driver(0x1002, 3, 24u << 22 | 2u << 12 | 1, "radv", "Mesa 24.2.1", "radv Mesa 24.2.1");
    assert_driver(0x10de, 4, 535u << 22 | 104u << 14 | 5u << 6, "", "", "NVIDIA 535.104.05");
    assert_driver(0x10de, 4, 570u << 22 | 144u << 14, "NVIDIA", "", "NVIDIA 570.144");
    assert_driver(0x8086, 5, 101u << 14 | 2111, "Intel Corporation", "", "Intel Corporation 101.2111");
    assert_driver(0x8086, 6, 21u << 22 | 3u << 12 | 4, "", "", "21.3.4");
    assert_driver(0x13b5, 9, 0, "", "v1.r38p1", "v1.r38p1");
    assert_driver(0x13b5, 9, 0, "", "", "");
    assert_driver(0x14e4, 19, 0, "V3DV Mesa", "Mesa 23.2.1-1", "V3DV Mesa 23.2.1-1");
    assert_driver(0x14e4, 19, 0, "V3DV Mesa", "Mesa23", "V3DV Mesa Mesa23");
    assert_driver(0x14e4, 19, 0, "V3DV Mesa", "Mesa", "V3DV Mesa Mesa");
    assert_driver(0x5143, 8, 0, "Qualcomm", "Driver Build: 8fc, 16\nDate: 12/28/20\n",
                  "Qualcomm Driver Build: 8fc, 16");
}

static void test_words(void **state) {
    (void)state;
    char words[32];
    static const struct {
        double gflops;
        const char *words;
    } cases[] = {{0, "0 GFLOP/s"},       {999.4, "999 GFLOP/s"}, {999.6, "1.0 TFLOP/s"},
                 {1049, "1.0 TFLOP/s"},  {1050, "1.1 TFLOP/s"},  {82575, "82.6 TFLOP/s"},
                 {9960, "10.0 TFLOP/s"}, {1e12, "0 GFLOP/s"},    {(double)NAN, "0 GFLOP/s"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        perfadapt__gflops_text(cases[i].gflops, words, sizeof words);
        assert_string_equal(words, cases[i].words);
    }
    assert_string_equal(perfadapt_device_type_name(PERFADAPT_DEVICE_CPU), "cpu");
    assert_string_equal(perfadapt_device_type_name(5), "unknown");
    assert_string_equal(perfadapt_form_name(PERFADAPT_FORM_HANDHELD), "handheld");
    assert_string_equal(perfadapt_form_name(UINT32_MAX), "unknown");
    assert_string_equal(perfadapt_profile_source_name(PERFADAPT_PROFILE_FROM_BUS), "bus");
    assert_string_equal(perfadapt_profile_source_name(99), "unknown");
    assert_string_equal(perfadapt_device_feature_name(PERFADAPT_DEVICE_HAS_PRESENT_WAIT), "VK_KHR_present_wait");
    assert_string_equal(perfadapt_device_feature_name(3), "unknown");
    assert_string_equal(perfadapt_device_feature_name(UINT64_C(1) << 63), "unknown");
}

static void test_in_any_locale(void **state) {
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        skip();
    test_a_card(state);
    test_words(state);
    setlocale(LC_ALL, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_other_versions_of_the_structs),
        cmocka_unit_test(test_a_card),
        cmocka_unit_test(test_a_handheld),
        cmocka_unit_test(test_a_weak_handheld),
        cmocka_unit_test(test_power_changes_nothing),
        cmocka_unit_test(test_software_by_type),
        cmocka_unit_test(test_software_by_name),
        cmocka_unit_test(test_software_by_driver),
        cmocka_unit_test(test_displays_without_a_gpu),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_unknown_number_of_a_known_vendor),
        cmocka_unit_test(test_devices_that_come),
        cmocka_unit_test(test_kinds_by_name_alone),
        cmocka_unit_test(test_unknown_vendor),
        cmocka_unit_test(test_no_tables),
        cmocka_unit_test_setup_teardown(test_a_broken_table_is_said, fixture_setup, fixture_teardown),
        cmocka_unit_test(test_told_before_table),
        cmocka_unit_test(test_lies_of_capacity),
        cmocka_unit_test(test_cores_of_arm),
        cmocka_unit_test(test_lanes_of_the_table),
        cmocka_unit_test(test_a_share),
        cmocka_unit_test(test_score_is_monotone),
        cmocka_unit_test(test_tiers),
        cmocka_unit_test(test_integrated_is_bounded),
        cmocka_unit_test(test_type_of_the_tables),
        cmocka_unit_test(test_a_new_card_is_raised),
        cmocka_unit_test(test_little_memory_bounds),
        cmocka_unit_test(test_no_card_of_a_table_is_off_its_bounds_by_memory),
        cmocka_unit_test(test_heaps_beyond_belief),
        cmocka_unit_test(test_largest_heap_not_the_sum),
        cmocka_unit_test(test_no_heaps_and_too_many),
        cmocka_unit_test(test_every_reason_there_can_be_fits),
        cmocka_unit_test(test_unified),
        cmocka_unit_test(test_shared_memory_without_a_heap_of_its_own),
        cmocka_unit_test(test_tiled),
        cmocka_unit_test(test_gpu_timing),
        cmocka_unit_test(test_features_that_were_not_listed),
        cmocka_unit_test(test_names_without_text),
        cmocka_unit_test(test_a_name_cut_within_a_character),
        cmocka_unit_test(test_drivers),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_in_any_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
