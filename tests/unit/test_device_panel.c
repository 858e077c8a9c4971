/* EDID, and which display it is. SPDX-License-Identifier: MIT */
#include "device/panel.h"

#include "device/edid.h"
#include "made_machine.h"

#include <string.h>

/* 1920 x 1080 at 240 Hz; 3840 x 2160 at 60; 800 x 1280 at 60, as handhelds have it. */
static const struct made_timing fast = {
    .clock_10khz = 57500, .shown_x = 1920, .total_x = 2080, .shown_y = 1080, .total_y = 1152};
static const struct made_timing uhd = {
    .clock_10khz = 59400, .shown_x = 3840, .total_x = 4400, .shown_y = 2160, .total_y = 2250};
static const struct made_timing deck = {
    .clock_10khz = 6948, .shown_x = 800, .total_x = 884, .shown_y = 1280, .total_y = 1310};

static uint32_t refresh_of(const struct made_timing *timing) {
    uint8_t edid[MADE_EDID_BYTES];
    made_edid(timing, edid);
    return perfadapt__edid_refresh_mhz(edid, sizeof edid);
}

static void by_clock_and_totals(void **state) {
    (void)state;
    assert_int_equal(refresh_of(&uhd), 60000);
    assert_int_equal(refresh_of(&fast), 239967); /* 575 MHz / (2080 * 1152) */
    /* NTSC's heritage: 148.35 MHz in steps of 10 kHz. */
    const struct made_timing ntsc = {
        .clock_10khz = 14835, .shown_x = 1920, .total_x = 2200, .shown_y = 1080, .total_y = 1125};
    assert_int_equal(refresh_of(&ntsc), 59939);
    /* The largest numbers that fit: no overflow, and too slow to be true. */
    const struct made_timing huge = {
        .clock_10khz = 65535, .shown_x = 4095, .total_x = 8190, .shown_y = 4095, .total_y = 8190};
    assert_int_equal(refresh_of(&huge), 0);
}

/* Lines are those of a field: 1080i shows 540 of them sixty times. */
static void interlaced_counts_fields(void **state) {
    (void)state;
    const struct made_timing interlaced = {
        .clock_10khz = 7425, .shown_x = 1920, .total_x = 2200, .shown_y = 540, .total_y = 562, .interlaced = true};
    assert_int_equal(refresh_of(&interlaced), 60053);
}

static void what_is_no_timing(void **state) {
    (void)state;
    const struct made_timing cases[] = {
        {.clock_10khz = 0, .shown_x = 1920, .total_x = 2080, .shown_y = 1080, .total_y = 1152}, /* a descriptor */
        {.clock_10khz = 14850, .shown_x = 0, .total_x = 160, .shown_y = 1080, .total_y = 1125},
        {.clock_10khz = 14850, .shown_x = 1920, .total_x = 2200, .shown_y = 0, .total_y = 45},
        {.clock_10khz = 1, .shown_x = 1920, .total_x = 2200, .shown_y = 1080, .total_y = 1125},
        {.clock_10khz = 65535, .shown_x = 64, .total_x = 64, .shown_y = 64, .total_y = 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(refresh_of(&cases[i]), 0);
}

static void damaged_blocks(void **state) {
    (void)state;
    uint8_t edid[MADE_EDID_BYTES];
    made_edid(&uhd, edid);
    assert_int_equal(perfadapt__edid_refresh_mhz(edid, sizeof edid - 1), 0);
    for (size_t i = 0; i < sizeof edid; i++) { /* the checksum finds each */
        edid[i] ^= 0x10;
        assert_int_equal(perfadapt__edid_refresh_mhz(edid, sizeof edid), 0);
        edid[i] ^= 0x10;
    }
    assert_int_equal(perfadapt__edid_refresh_mhz(edid, sizeof edid), 60000);
    memset(edid, 0, sizeof edid); /* its sum is right, too */
    assert_int_equal(perfadapt__edid_refresh_mhz(edid, sizeof edid), 0);
    assert_int_equal(perfadapt__edid_refresh_mhz(edid, 0), 0);
}

/* ---- which of them ---- */

static struct perfadapt__panel read_panel(struct fixture *fixture) {
    struct perfadapt__panel panel;
    perfadapt__panel_read(&fixture->root, &panel);
    return panel;
}

static void the_built_in_one_before_others(void **state) {
    struct fixture *fixture = *state;
    made_connector(fixture, "card1-eDP-1", true, true, &uhd);
    made_connector(fixture, "card1-HDMI-A-1", true, true, &fast);
    made_connector(fixture, "card1-DP-1", false, false, NULL);
    const struct perfadapt__panel panel = read_panel(fixture);
    assert_int_equal(panel.connectors, 3);
    assert_int_equal(panel.enabled, 2);
    assert_int_equal(panel.laptop, 1);
    assert_int_equal(panel.phone, 0);
    assert_int_equal(panel.refresh_mhz, 60000);
    assert_true(panel.is_internal);
}

static void what_shows_before_what_is_off(void **state) {
    struct fixture *fixture = *state;
    made_connector(fixture, "card1-eDP-1", true, false, &uhd); /* the lid is closed */
    made_connector(fixture, "card1-DP-3", true, true, &fast);
    struct perfadapt__panel panel = read_panel(fixture);
    assert_int_equal(panel.refresh_mhz, 239967);
    assert_false(panel.is_internal);
    made_connector(fixture, "card1-DP-3", true, false, &fast); /* everything is off: the screen saver */
    panel = read_panel(fixture);
    assert_int_equal(panel.refresh_mhz, 60000);
    assert_true(panel.is_internal);
    assert_int_equal(panel.enabled, 0);
}

static void the_fastest_of_several(void **state) {
    struct fixture *fixture = *state;
    made_connector(fixture, "card0-DP-1", true, true, &uhd);
    made_connector(fixture, "card0-DP-2", true, true, &fast);
    made_connector(fixture, "card1-HDMI-A-1", true, true, NULL);
    made_connector(fixture, "card1-Writeback-1", false, false, NULL);
    struct perfadapt__panel panel = read_panel(fixture);
    assert_int_equal(panel.refresh_mhz, 239967);
    assert_false(panel.is_internal);
    assert_int_equal(panel.enabled, 3);
    made_connector(fixture, "card0-DP-1", true, true, &fast); /* in whatever order the directory has them */
    made_connector(fixture, "card0-DP-2", true, true, &uhd);
    panel = read_panel(fixture);
    assert_int_equal(panel.refresh_mhz, 239967);
}

/* Phones' panels have no EDID: unknown, and not what hangs on the cable. */
static void without_an_edid(void **state) {
    struct fixture *fixture = *state;
    made_connector(fixture, "card0-DSI-1", true, true, NULL);
    made_connector(fixture, "card0-DP-1", true, true, &uhd);
    const struct perfadapt__panel panel = read_panel(fixture);
    assert_int_equal(panel.refresh_mhz, 0);
    assert_true(panel.is_internal);
    assert_int_equal(panel.phone, 1);
    assert_int_equal(panel.laptop, 0);
}

static void kinds_by_name(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool is_connector;
        enum perfadapt__panel_kind kind;
    } cases[] = {
        {"card0-eDP-1", true, PERFADAPT__PANEL_LAPTOP},      {"card10-LVDS-1", true, PERFADAPT__PANEL_LAPTOP},
        {"card0-DSI-2", true, PERFADAPT__PANEL_PHONE},       {"card0-DPI-1", true, PERFADAPT__PANEL_PHONE},
        {"card0-DP-1", true, PERFADAPT__PANEL_EXTERNAL},     {"card0-Virtual-1", true, PERFADAPT__PANEL_EXTERNAL},
        {"card0-HDMI-A-1", true, PERFADAPT__PANEL_EXTERNAL}, {"card0", false, PERFADAPT__PANEL_EXTERNAL},
        {"renderD128", false, PERFADAPT__PANEL_EXTERNAL},    {"version", false, PERFADAPT__PANEL_EXTERNAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum perfadapt__panel_kind kind = PERFADAPT__PANEL_EXTERNAL;
        assert_int_equal(perfadapt__panel_kind_of(cases[i].name, &kind), cases[i].is_connector);
        assert_int_equal(kind, cases[i].kind);
    }
}

static void broken_connectors(void **state) {
    struct fixture *fixture = *state;
    char bytes[4096];
    memset(bytes, 0xff, sizeof bytes);
    made_connector(fixture, "card0-eDP-1", true, true, &deck);
    assert_int_equal(read_panel(fixture).refresh_mhz, 59998);
    fixture_bytes(fixture, "/sys/class/drm/card0-eDP-1/edid", bytes, sizeof bytes);
    assert_int_equal(read_panel(fixture).refresh_mhz, 0);
    fixture_remove(fixture, "/sys/class/drm/card0-eDP-1/edid");
    fixture_directory(fixture, "/sys/class/drm/card0-eDP-1/edid");
    assert_int_equal(read_panel(fixture).refresh_mhz, 0);
    assert_int_equal(read_panel(fixture).laptop, 1);
    fixture_bytes(fixture, "/sys/class/drm/card0-eDP-1/enabled", bytes, sizeof bytes);
    assert_int_equal(read_panel(fixture).enabled, 0);
    fixture_bytes(fixture, "/sys/class/drm/card0-eDP-1/status", bytes, sizeof bytes);
    assert_int_equal(read_panel(fixture).laptop, 0);
    assert_int_equal(read_panel(fixture).connectors, 1);
    fixture_remove(fixture, "/sys/class/drm");
    assert_int_equal(read_panel(fixture).connectors, 0);
}

int main(void) {
#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_clock_and_totals),     cmocka_unit_test(interlaced_counts_fields),
        cmocka_unit_test(what_is_no_timing),       cmocka_unit_test(damaged_blocks),
        WITH_ROOT(the_built_in_one_before_others), WITH_ROOT(what_shows_before_what_is_off),
        WITH_ROOT(the_fastest_of_several),         WITH_ROOT(without_an_edid),
        cmocka_unit_test(kinds_by_name),           WITH_ROOT(broken_connectors),
    };
    return cmocka_run_group_tests_name("device_panel", tests, NULL, NULL);
}
