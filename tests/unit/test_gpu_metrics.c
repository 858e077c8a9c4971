/* amdgpu's binary table. SPDX-License-Identifier: MIT */
#include "graphics.h"
#include "providers/gpu_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POWER PERFADAPT__CLAIM(POWER)
#define THERMAL PERFADAPT__CLAIM(THERMAL)
#define CURRENT PERFADAPT__CLAIM(CURRENT)
#define POLICY PERFADAPT__CLAIM(POLICY)
#define NOTHING PERFADAPT__CLAIM(NONE)
#define UNKNOWN PERFADAPT__CLAIM(UNKNOWN)

/* Sizes as the kernel's compiler makes them, on 64 bits. */
static const struct revision {
    uint8_t format;
    uint8_t content;
    uint16_t size;
} revisions[] = {{1, 0, 80},  {1, 1, 96},  {1, 2, 104}, {1, 3, 120}, {1, 4, 288}, {1, 5, 360},
                 {2, 0, 120}, {2, 1, 120}, {2, 2, 128}, {2, 3, 152}, {2, 4, 168}, {3, 0, 264}};
#define REVISION_COUNT (sizeof revisions / sizeof revisions[0])

static uint8_t table[512];
static struct perfadapt__gpu_metrics metrics;
static char text[96];

static void put(size_t offset, size_t width, uint64_t value) {
    for (size_t i = 0; i < width; i++, value >>= 8)
        table[offset + i] = (uint8_t)value;
}

static void begin(struct revision revision, uint8_t filling) {
    memset(table, filling, sizeof table);
    put(0, 2, revision.size);
    put(2, 1, revision.format);
    put(3, 1, revision.content);
}

/* Exactly as long as it says, so that a read behind the end is seen. */
static enum perfadapt_why parse(size_t length) {
    void *exact = malloc(length ? length : 1);
    assert_non_null(exact);
    memcpy(exact, table, length);
    const enum perfadapt_why why = perfadapt__gpu_metrics_parse(exact, length, &metrics);
    free(exact);
    return why;
}

static void assert_near(double value, double expected) {
    if (!(fabs(value - expected) < 1e-9))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void test_graphics_card(void **state) {
    (void)state;
    begin(revisions[3], 0xff);
    put(4, 2, 61);
    put(6, 2, 74);
    put(8, 2, 82);
    put(16, 2, 97);
    put(22, 2, 213);
    put(54, 2, 2410);
    put(112, 8, 0);
    assert_int_equal(parse(120), PERFADAPT_WHY_NONE);
    assert_int_equal(metrics.format, 1);
    assert_int_equal(metrics.content, 3);
    assert_near(metrics.edge_c, 61);
    assert_near(metrics.hotspot_c, 74);
    assert_near(metrics.memory_c, 82);
    assert_near(metrics.busy, 0.97);
    assert_near(metrics.power_w, 213);
    assert_near(metrics.clock_mhz, 2410);
    assert_true(metrics.throttle_known && !metrics.residency_known);
    assert_true(metrics.throttle == 0);
    assert_true(isnan(metrics.cpu_c));
}

static void test_apu(void **state) {
    (void)state;
    begin(revisions[8], 0xff);
    put(4, 2, 8123);
    for (size_t core = 0; core < 8; core++)
        put(8 + 2 * core, 2, core == 5 ? 9001 : 7000);
    put(28, 2, 50);
    put(40, 2, 18250);
    put(64, 2, 1500);
    put(76, 2, 1999);
    put(120, 8, UINT64_C(1) << 5);
    assert_int_equal(parse(128), PERFADAPT_WHY_NONE);
    assert_near(metrics.edge_c, 81.23);
    assert_near(metrics.cpu_c, 90.01);
    assert_near(metrics.power_w, 18.25);
    assert_near(metrics.clock_mhz, 1999);
    assert_true(isnan(metrics.busy)); /* 50 % or 0.5 %: the chip decides */
    assert_true(isnan(metrics.hotspot_c));
    assert_true(metrics.throttle_known && metrics.throttle == 32);
}

/* Newer firmware of Renoir tells W where it told mW. */
static void test_power_of_an_apu_in_watts(void **state) {
    (void)state;
    begin(revisions[8], 0xff);
    put(40, 2, 15);
    assert_int_equal(parse(128), PERFADAPT_WHY_NONE);
    assert_near(metrics.power_w, 15);
    put(40, 2, 0);
    assert_int_equal(parse(128), PERFADAPT_WHY_NONE);
    assert_true(isnan(metrics.power_w));
}

static void test_v2_4_states_its_units(void **state) {
    (void)state;
    begin(revisions[10], 0xff);
    put(28, 2, 9950);
    put(40, 2, 250);
    put(64, 2, 800);
    assert_int_equal(parse(168), PERFADAPT_WHY_NONE);
    assert_near(metrics.busy, 0.995);
    assert_near(metrics.power_w, 0.25);
    assert_near(metrics.clock_mhz, 800); /* that of now is not given: the average */
    assert_false(metrics.throttle_known);
}

static void test_v3_counts_residencies(void **state) {
    (void)state;
    begin(revisions[11], 0xff);
    put(4, 2, 5512);
    put(8, 2, 0);
    put(112, 4, 54321);
    put(174, 2, 2600);
    for (size_t i = 0; i < 7; i++)
        put(228 + 4 * i, 4, 1000 + i);
    assert_int_equal(parse(264), PERFADAPT_WHY_NONE);
    assert_near(metrics.edge_c, 55.12);
    assert_near(metrics.power_w, 54.321);
    assert_near(metrics.clock_mhz, 2600);
    assert_true(isnan(metrics.cpu_c));
    assert_true(metrics.residency_known && !metrics.throttle_known);
    assert_int_equal(metrics.residency[0], 1000);
    assert_int_equal(metrics.residency[6], 1006);
}

/* Where each revision has its figures: every one reads them at its own place. */
static void test_each_revision(void **state) {
    static const struct {
        size_t edge, hotspot, power, clock, throttle;
    } at[REVISION_COUNT] = {{16, 18, 34, 54, 0}, {4, 6, 22, 54, 0},   {4, 6, 22, 54, 0},   {4, 6, 22, 54, 112},
                            {0, 4, 10, 240, 0},  {0, 4, 10, 312, 0},  {16, 0, 44, 80, 0},  {4, 0, 40, 76, 0},
                            {4, 0, 40, 76, 120}, {4, 0, 40, 76, 120}, {4, 0, 40, 76, 120}, {4, 0, 112, 174, 0}};
    (void)state;
    for (size_t i = 0; i < REVISION_COUNT; i++) {
        const bool card = revisions[i].format == 1;
        begin(revisions[i], 0xff);
        if (at[i].edge)
            put(at[i].edge, 2, card ? 55 : 5500);
        if (at[i].hotspot)
            put(at[i].hotspot, 2, 66);
        put(at[i].power, revisions[i].format == 3 ? 4 : 2, card ? 77 : 7700);
        put(at[i].clock, 2, 888);
        if (at[i].throttle)
            put(at[i].throttle, 8, 99);
        assert_int_equal(parse(revisions[i].size), PERFADAPT_WHY_NONE);
        if (at[i].edge)
            assert_near(metrics.edge_c, 55);
        if (at[i].hotspot)
            assert_near(metrics.hotspot_c, 66);
        assert_near(metrics.power_w, card ? 77 : 7.7);
        assert_near(metrics.clock_mhz, 888);
        assert_int_equal(metrics.throttle_known, at[i].throttle != 0);
        assert_true(at[i].throttle == 0 || metrics.throttle == 99);
    }
}

static void assert_all_unknown(void) {
    assert_true(isnan(metrics.edge_c) && isnan(metrics.hotspot_c) && isnan(metrics.memory_c) && isnan(metrics.cpu_c));
    assert_true(isnan(metrics.power_w) && isnan(metrics.clock_mhz) && isnan(metrics.busy));
    assert_false(metrics.throttle_known || metrics.residency_known);
}

static void test_all_bits_set_is_unknown(void **state) {
    (void)state;
    for (size_t i = 0; i < REVISION_COUNT; i++) {
        begin(revisions[i], 0xff);
        assert_int_equal(parse(revisions[i].size), PERFADAPT_WHY_NONE);
        assert_all_unknown();
    }
}

static void test_refuses(void **state) {
    static const struct revision unknown[] = {{1, 6, 1024}, {1, 9, 128}, {2, 5, 168},      {3, 1, 264},
                                              {4, 0, 120},  {0, 0, 0},   {255, 255, 65535}};
    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        begin(unknown[i], 0x11);
        assert_int_equal(parse(400), PERFADAPT_WHY_REVISION);
        assert_all_unknown();
    }
    for (size_t i = 0; i < REVISION_COUNT; i++) {
        begin(revisions[i], 0x11);
        assert_int_equal(parse(revisions[i].size - 1u), PERFADAPT_WHY_GARBAGE);
        put(0, 2, revisions[i].size + 8u);
        assert_int_equal(parse(revisions[i].size + 8u), PERFADAPT_WHY_GARBAGE);
        assert_all_unknown();
    }
    assert_int_equal(parse(0), PERFADAPT_WHY_EMPTY);
    assert_int_equal(parse(3), PERFADAPT_WHY_GARBAGE);
}

static void test_implausible_figures(void **state) {
    (void)state;
    begin(revisions[3], 0);
    put(4, 2, 65261);
    put(16, 2, 101);
    put(22, 2, 40000);
    put(54, 2, 60000);
    assert_int_equal(parse(120), PERFADAPT_WHY_NONE);
    assert_true(isnan(metrics.edge_c) && isnan(metrics.hotspot_c)); /* the latter 0 */
    assert_true(isnan(metrics.busy) && isnan(metrics.power_w) && isnan(metrics.clock_mhz));
}

static void test_bits(void **state) {
    static const struct {
        uint64_t word;
        uint32_t claims;
        const char *text;
    } cases[] = {
        {0, NOTHING, "none"},
        {UINT64_C(1) << 36, NOTHING, "none"}, /* nearly always set on RDNA3 */
        {0x60, POWER, "FPPT SPPT"},
        {UINT64_C(1) << 0 | UINT64_C(1) << 7, POWER, "PPT0 SPPT_APU"},
        {UINT64_C(1) << 16, CURRENT, "TDC_GFX"},
        {UINT64_C(1) << 23, CURRENT, "APCC"},
        {UINT64_C(1) << 35 | UINT64_C(1) << 36, THERMAL, "TEMP_EDGE"},
        {UINT64_C(1) << 32 | UINT64_C(1) << 47, THERMAL, "TEMP_GPU PROCHOT_GFX"},
        {UINT64_C(1) << 6 | UINT64_C(1) << 22 | UINT64_C(1) << 37, POWER | CURRENT | THERMAL, "SPPT EDC_GFX TEMP_SOC"},
        {UINT64_C(1) << 56, POLICY, "PPM"},
        {UINT64_C(1) << 57, POLICY, "FIT"},
        {UINT64_C(1) << 63, UNKNOWN, "bit 63"},
        {UINT64_C(1) << 8 | UINT64_C(1) << 4, UNKNOWN | POWER, "SPL bit 8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(perfadapt__gpu_metrics_claims(cases[i].word, text, sizeof text), cases[i].claims);
        assert_string_equal(text, cases[i].text);
    }
    assert_int_equal(perfadapt__gpu_metrics_claims(UINT64_MAX, text, sizeof text),
                     POWER | CURRENT | THERMAL | POLICY | UNKNOWN);
    assert_true(strlen(text) < sizeof text);
    assert_int_equal(strncmp(text, "PPT0 PPT1", 9), 0);
}

static void test_residencies(void **state) {
    uint32_t before[PERFADAPT__GPU_RESIDENCIES] = {1, 2, 3, 4, 5, 6, UINT32_MAX};
    uint32_t now[PERFADAPT__GPU_RESIDENCIES];
    (void)state;
    memcpy(now, before, sizeof now);
    assert_int_equal(perfadapt__gpu_metrics_residency_claims(before, now, text, sizeof text), NOTHING);
    assert_string_equal(text, "none");
    now[1] += 10;
    now[3] += 1;
    assert_int_equal(perfadapt__gpu_metrics_residency_claims(before, now, text, sizeof text), POWER);
    assert_string_equal(text, "SPL SPPT");
    now[5] += 1;
    assert_int_equal(perfadapt__gpu_metrics_residency_claims(before, now, text, sizeof text), POWER | THERMAL);
    assert_string_equal(text, "SPL SPPT THM_GFX");
    /* Turned over, reset, and not told. */
    memcpy(now, before, sizeof now);
    before[4] = UINT32_MAX - 1;
    now[4] = 3;
    now[5] = 0;
    now[6] = 7;
    assert_int_equal(perfadapt__gpu_metrics_residency_claims(before, now, text, sizeof text), THERMAL);
    assert_string_equal(text, "THM_CORE");
}

/* ---- recordings ---- */

static enum perfadapt_why parse_recording(const char *below) {
    char path[600];
    if (!graphics_recording(below, path, sizeof path))
        skip();
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(table, 1, sizeof table, file);
    fclose(file);
    return parse(length);
}

static void test_recorded_graphics_card(void **state) {
    (void)state;
    assert_int_equal(parse_recording("MangoHud-gpu_metrics/gpu_metrics"), PERFADAPT_WHY_NONE);
    assert_near(metrics.edge_c, 36);
    assert_near(metrics.hotspot_c, 49);
    assert_near(metrics.busy, 0.64);
    assert_near(metrics.power_w, 33);
    assert_near(metrics.clock_mhz, 2165);
    assert_int_equal(perfadapt__gpu_metrics_claims(metrics.throttle, text, sizeof text), NOTHING);
}

static void test_recorded_apu_is_short_of_power(void **state) {
    (void)state;
    assert_int_equal(parse_recording("MangoHud-gpu_metrics/gpu_metrics_apu"), PERFADAPT_WHY_NONE);
    assert_near(metrics.edge_c, 81.75);
    assert_near(metrics.power_w, 18.844);
    assert_near(metrics.clock_mhz, 1040);
    assert_true(metrics.throttle_known);
    assert_int_equal(perfadapt__gpu_metrics_claims(metrics.throttle, text, sizeof text), POWER);
    assert_string_equal(text, "FPPT SPPT");
}

static void test_recorded_garbage(void **state) {
    (void)state;
    assert_int_not_equal(parse_recording("MangoHud-gpu_metrics/gpu_metrics_invalid"), PERFADAPT_WHY_NONE);
    assert_all_unknown();
}

static void test_recorded_phoenix(void **state) {
    (void)state;
    assert_int_equal(parse_recording("LACT/amd/phoenix/card1/device/gpu_metrics"), PERFADAPT_WHY_NONE);
    assert_int_equal(metrics.format * 10 + metrics.content, 21);
    assert_near(metrics.edge_c, 25);
    assert_near(metrics.power_w, 3.401);
    assert_near(metrics.clock_mhz, 800);
    assert_true(isnan(metrics.busy));
    assert_false(metrics.throttle_known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphics_card),
        cmocka_unit_test(test_apu),
        cmocka_unit_test(test_power_of_an_apu_in_watts),
        cmocka_unit_test(test_v2_4_states_its_units),
        cmocka_unit_test(test_v3_counts_residencies),
        cmocka_unit_test(test_each_revision),
        cmocka_unit_test(test_all_bits_set_is_unknown),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_implausible_figures),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_residencies),
        cmocka_unit_test(test_recorded_graphics_card),
        cmocka_unit_test(test_recorded_apu_is_short_of_power),
        cmocka_unit_test(test_recorded_garbage),
        cmocka_unit_test(test_recorded_phoenix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
