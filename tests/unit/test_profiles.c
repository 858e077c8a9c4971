/* The files that come with the library: what each preset says, which machine each section is for.
 * SPDX-License-Identifier: MIT */
#include "config/layers.h"
#include "tuning/machine_facts.h"
#include "tuning/policy_of.h"
#include "config/schema.h"
#include "fixture.h"

#include <math.h> /* NAN only */
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <string.h>

/* ---- presets ---- */

struct golden {
    const char *name;
    const char *prefer;
    const char *target_fps, *quality_min, *quality_max, *scale_min, *scale_max, *frames_in_flight, *memory_share,
        *dispatch_ns, *worker_threads, *margin_c, *battery_busy, *reserve;
};

static const struct golden presets[] = {
    {"minimal", "framerate", "30", "0", "1", "0.5", "1", "2", "0.5", "4000000", "1", "2", "1", "128M"},
    {"low", "framerate", "30", "0", "1", "0.5", "1", "2", "0.5", "8000000", "2", "2", "1", "256M"},
    {"medium", "framerate", "60", "0", "1", "0.5", "1", "3", "0.6", "16000000", "3", "1.5", "1", "256M"},
    {"high", "framerate", "60", "0", "1", "0.7", "1", "3", "0.7", "25000000", "6", "1.5", "1", "512M"},
    {"ultra", "framerate", "60", "0", "1", "0.8", "1", "3", "0.8", "35000000", "8", "2", "1", "1G"},
    {"handheld", "framerate", "40", "0", "1", "0.5", "1", "2", "0.7", "12000000", "3", "3", "0.7", "512M"},
    {"battery", "battery", "30", "0", "1", "0.5", "1", "2", "0.6", "8000000", "2", "5", "0.5", "256M"},
};

#define PRESET_COUNT (sizeof presets / sizeof presets[0])

static void refuse_warnings(void *user, const char *path, unsigned line, const char *section, const char *key,
                            const char *value) {
    (void)user;
    (void)section;
    if (!key)
        fail_msg("%s:%u: %s", path, line, value);
}

static void read_preset(struct fixture *fixture, const char *name, struct perfadapt__layers *out_layers) {
    static const struct perfadapt__machine_facts unknown;
    const struct perfadapt__layers_request request = {
        .root = &fixture->root, .data_dir = fixture_profiles(), .facts = &unknown, .found = refuse_warnings};
    perfadapt__layers_read(&request, name, out_layers);
}

static void assert_value(const struct perfadapt__settings *settings, const char *preset, const char *key,
                         const char *expected) {
    char value[64];
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
        if (strcmp(row->key, key) != 0)
            continue;
        const bool given = perfadapt__schema_print(settings, row, value, sizeof value);
        if (given != (expected != NULL) || (given && strcmp(value, expected) != 0))
            fail_msg("%s: %s is \"%s\", not %s", preset, key, given ? value : "", expected ? expected : "unset");
        return;
    }
    fail_msg("no key %s", key);
}

static void test_what_presets_say(void **state) {
    for (size_t i = 0; i < PRESET_COUNT; i++) {
        const struct golden *golden = &presets[i];
        struct perfadapt__layers layers;
        read_preset(*state, golden->name, &layers);
        assert_string_equal(layers.preset.preset, golden->name);
        const char *const values[][2] = {
            {"policy.prefer", golden->prefer},
            {"preset.target_fps", golden->target_fps},
            {"preset.quality_min", golden->quality_min},
            {"preset.quality_max", golden->quality_max},
            {"preset.scale_min", golden->scale_min},
            {"preset.scale_max", golden->scale_max},
            {"preset.frames_in_flight", golden->frames_in_flight},
            {"preset.memory_share", golden->memory_share},
            {"preset.dispatch_ns", golden->dispatch_ns},
            {"preset.worker_threads", golden->worker_threads},
            {"thermal.margin_c", golden->margin_c},
            {"power.battery_busy", golden->battery_busy},
            {"memory.reserve", golden->reserve},
            /* What a preset has no business to say. */
            {"policy.mode", NULL},
            {"policy.quality_min", NULL},
            {"policy.quality_max", NULL},
            {"app.role", NULL},
            {"frame.slowest_fps", NULL},
            {"frame.refresh_hz", NULL},
            {"thermal.limit_c", NULL},
        };
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++)
            assert_value(&layers.preset, golden->name, values[j][0], values[j][1]);
        assert_value(&layers.settings, golden->name, "preset.target_fps", NULL); /* of the preset alone */
    }
}

static struct perfadapt__wishes wishes_of_a_viewer(void) {
    return (struct perfadapt__wishes){.role = PERFADAPT_ROLE_INTERACTIVE,
                                      .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE,
                                      .quality_levels = 5,
                                      .target_ns = (double)NAN,
                                      .fastest_ns = (double)NAN};
}

/* A policy can be made of each, without a contradiction, and none narrows the app's levels. */
static void test_presets_make_policies(void **state) {
    const struct perfadapt__wishes wishes = wishes_of_a_viewer();
    for (size_t i = 0; i < PRESET_COUNT; i++) {
        struct perfadapt__layers layers;
        struct perfadapt__policy policy;
        char reason[PERFADAPT__SCHEMA_REASON_MAX] = "";
        read_preset(*state, presets[i].name, &layers);
        assert_true(perfadapt__policy_of(&layers.preset, &wishes, &layers.settings, false, &policy, reason));
        assert_int_equal(policy.quality_min, 0);
        assert_int_equal(policy.quality_max, 4);
        assert_int_equal(policy.mode, PERFADAPT__MODE_AUTO);
        assert_true(policy.target_frame_ns >= 16666666 && policy.target_frame_ns <= 33333333);
    }
}

/* Along the tiers nothing gets harder on a machine that can do more. */
static void test_presets_rise(void **state) {
    const struct perfadapt__wishes wishes = wishes_of_a_viewer();
    struct perfadapt__policy below = {0};
    for (size_t i = 0; i < 5; i++) {
        struct perfadapt__layers layers;
        struct perfadapt__policy policy;
        read_preset(*state, presets[i].name, &layers);
        perfadapt__policy_of(&layers.preset, &wishes, &layers.settings, true, &policy, NULL);
        if (i > 0) {
            assert_true(policy.target_frame_ns <= below.target_frame_ns);
            assert_true(policy.render_scale_min >= below.render_scale_min);
            assert_true(policy.dispatch_ns > below.dispatch_ns);
            assert_true(policy.worker_threads > below.worker_threads);
            assert_true(policy.memory_reserve_bytes >= below.memory_reserve_bytes);
        }
        below = policy;
    }
}

/* ---- machines ---- */

struct machine {
    const char *vendor, *product, *board;
    const char *device_tree; /* entries parted by blanks */
    const char *section;     /* "machine NAME"; NULL = it is nobody's */
    const char *preset;      /* that is named; "" = none */
};

static const struct machine machines[] = {
    {"Valve", "Jupiter", "Jupiter", NULL, "machine Steam Deck LCD", "handheld"},
    {"Valve", "Galileo", "Galileo", NULL, "machine Steam Deck OLED", "handheld"},
    {"Valve", "Fremont", "Fremont", NULL, NULL, ""},
    {"Somebody", "Jupiter", "Jupiter", NULL, NULL, ""},
    {"ASUSTeK COMPUTER INC.", "ROG Ally RC71L_RC71L", "RC71L", NULL, "machine ROG Ally", "handheld"},
    {"ASUSTeK COMPUTER INC.", "ROG Ally X RC72LA_RC72LA", "RC72LA", NULL, "machine ROG Ally X", "handheld"},
    {"ASUSTeK COMPUTER INC.", "ROG Zephyrus G14 GA401II", "GA401II", NULL, NULL, ""},
    {"LENOVO", "83E1", "LNVNB161216", NULL, "machine Legion Go", "handheld"},
    {"LENOVO", "82WM", "LNVNB161216", NULL, NULL, ""},
    {"GPD", "G1618-04", "G1618-04", NULL, "machine GPD Win 4", "handheld"},
    {"GPD", "G1619-04", "G1619-04", NULL, NULL, ""},
    {"LENOVO", "20XW0055FR", "20XW0055FR", NULL, "machine ThinkPad X1 Carbon Gen 9", ""},
    {"LENOVO", "20XXS3HC00", "20XXS3HC00", NULL, "machine ThinkPad X1 Carbon Gen 9", ""},
    {"LENOVO", "20XY0027US", "20XY0027US", NULL, NULL, ""}, /* X1 Yoga */
    {"Dell Inc.", "XPS 13 9310", "0MK6WC", NULL, "machine Dell XPS 13", ""},
    {"Dell Inc.", "XPS 13 9310 2-in-1", "0XXXXX", NULL, "machine Dell XPS 13", ""},
    {"Dell Inc.", "XPS 15 9500", "0RHXRG", NULL, NULL, ""},
    {"Dell Inc.", "Precision 5560", "0NG7N9", NULL, NULL, ""},
    {NULL, NULL, NULL, "raspberrypi,4-model-b brcm,bcm2711", "machine Raspberry Pi 4", ""},
    {NULL, NULL, NULL, "raspberrypi,400 brcm,bcm2711", "machine Raspberry Pi 4", ""},
    {NULL, NULL, NULL, "raspberrypi,5-model-b brcm,bcm2712", "machine Raspberry Pi 5", ""},
    {NULL, NULL, NULL, "raspberrypi,3-model-b-plus brcm,bcm2837", NULL, ""},
    {NULL, NULL, NULL, "nvidia,p3450-0000 nvidia,tegra210", "machine Jetson Nano", ""},
    {NULL, NULL, NULL, "nvidia,p3450-0002 nvidia,jetson-nano nvidia,tegra210", "machine Jetson Nano", ""},
    {NULL, NULL, NULL, "google,smaug-rev8 google,smaug nvidia,tegra210", NULL, ""}, /* a tablet */
    {NULL, NULL, NULL, "nvidia,p3509-0000+p3668-0000 nvidia,tegra194", "machine Jetson Xavier", ""},
    {NULL, NULL, NULL, "nvidia,p3737-0000+p3701-0000 nvidia,p3701-0000 nvidia,tegra234", "machine Jetson Orin", ""},
    {NULL, NULL, NULL, "apple,j313 apple,t8103 apple,arm-platform", "machine MacBook Air", ""},
    {NULL, NULL, NULL, "apple,j413 apple,t8112 apple,arm-platform", "machine MacBook Air", ""},
    {NULL, NULL, NULL, "apple,j415 apple,t8112 apple,arm-platform", "machine MacBook Air", ""},
    {NULL, NULL, NULL, "apple,j293 apple,t8103 apple,arm-platform", NULL, ""}, /* MacBook Pro: it has a fan */
    {NULL, NULL, NULL, "radxa,rock-5b rockchip,rk3588", NULL, ""},
    {"QEMU", "Standard PC (Q35 + ICH9, 2009)", NULL, NULL, NULL, ""},
    {"To Be Filled By O.E.M.", "To Be Filled By O.E.M.", "B450M Pro4", NULL, NULL, ""},
    {NULL, NULL, NULL, NULL, NULL, ""},
};

struct found {
    char section[64]; /* of machines: the only one */
};

static void note_section(void *user, const char *path, unsigned line, const char *section, const char *key,
                         const char *value) {
    struct found *found = user;
    refuse_warnings(NULL, path, line, section, key, value);
    if (strncmp(section, "machine ", 8) != 0)
        return;
    if (*found->section && strcmp(found->section, section) != 0)
        fail_msg("%s and %s are for the same machine", found->section, section);
    snprintf(found->section, sizeof found->section, "%s", section);
}

static void make(struct fixture *fixture, const struct machine *machine) {
    char entries[256] = "";
    const struct {
        const char *path, *text;
    } files[] = {{"/sys/class/dmi/id/sys_vendor", machine->vendor},
                 {"/sys/class/dmi/id/product_name", machine->product},
                 {"/sys/class/dmi/id/board_name", machine->board}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i].text)
            fixture_file(fixture, files[i].path, files[i].text);
    if (!machine->device_tree)
        return;
    const size_t length = strlen(machine->device_tree);
    for (size_t i = 0; i <= length; i++)
        entries[i] = machine->device_tree[i] == ' ' ? '\0' : machine->device_tree[i];
    fixture_bytes(fixture, "/proc/device-tree/compatible", entries, length + 1);
}

static void unmake(struct fixture *fixture, const struct machine *machine) {
    if (machine->vendor || machine->product || machine->board)
        fixture_remove(fixture, "/sys");
    if (machine->device_tree)
        fixture_remove(fixture, "/proc");
}

static void test_machines(void **state) {
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        const struct machine *machine = &machines[i];
        struct perfadapt__machine_facts_store store;
        struct perfadapt__layers layers;
        struct found found = {""};
        make(fixture, machine);
        perfadapt__machine_facts_read(&fixture->root, NULL, 0, &store);
        const struct perfadapt__layers_request request = {.root = &fixture->root,
                                                          .data_dir = fixture_profiles(),
                                                          .facts = &store.facts,
                                                          .found = note_section,
                                                          .user = &found};
        perfadapt__layers_read(&request, "low", &layers);
        assert_string_equal(found.section, machine->section ? machine->section : "");
        assert_string_equal(layers.settings.preset, machine->preset);
        assert_string_equal(layers.preset.preset, *machine->preset ? machine->preset : "low");
        unmake(fixture, machine);
    }
}

/* What is set for the machines, beside the preset. */
static void test_what_machines_are_told(void **state) {
    static const struct {
        struct machine machine;
        const char *key, *value;
    } told[] = {
        {{.vendor = "Valve", .product = "Jupiter"}, "memory.reserve", "1G"},
        {{.vendor = "Valve", .product = "Jupiter"}, "power.battery_busy", NULL},
        {{.vendor = "Valve", .product = "Galileo"}, "power.battery_busy", "0.8"},
        {{.device_tree = "brcm,bcm2711"}, "thermal.limit_c", "80"},
        {{.device_tree = "brcm,bcm2711"}, "thermal.margin_c", "3"},
        {{.device_tree = "brcm,bcm2712"}, "thermal.limit_c", "80"},
        {{.device_tree = "nvidia,p3450-0000"}, "memory.reserve", "384M"},
        {{.device_tree = "nvidia,tegra234"}, "memory.reserve", "768M"},
        {{.device_tree = "apple,j313"}, "policy.prefer", "quiet"},
        {{.vendor = "Dell Inc.", .product = "XPS 13 9310"}, "thermal.margin_c", "3"},
        {{.vendor = "LENOVO", .product = "20XW0055FR"}, "thermal.margin_c", "3"},
        {{.vendor = "LENOVO", .product = "20XW0055FR"}, "policy.preset", NULL},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct perfadapt__machine_facts_store store;
        struct perfadapt__layers layers;
        make(fixture, &told[i].machine);
        perfadapt__machine_facts_read(&fixture->root, NULL, 0, &store);
        const struct perfadapt__layers_request request = {
            .root = &fixture->root, .data_dir = fixture_profiles(), .facts = &store.facts, .found = refuse_warnings};
        perfadapt__layers_read(&request, "low", &layers);
        assert_value(&layers.settings, told[i].key, told[i].key, told[i].value);
        unmake(fixture, &told[i].machine);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_presets_say, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_presets_make_policies, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_presets_rise, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_machines, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_what_machines_are_told, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
