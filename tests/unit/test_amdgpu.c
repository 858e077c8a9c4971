/* AMD graphics. SPDX-License-Identifier: MIT */
#include "graphics.h"
#include "providers/amdgpu.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UEVENT "DRIVER=amdgpu\nPCI_ID=1002:73BF\nPCI_SLOT_NAME=" CARD_ID "\n"
#define HWMON "hwmon/hwmon4"

static void put(uint8_t *table, size_t offset, unsigned value) {
    table[offset] = (uint8_t)value;
    table[offset + 1] = (uint8_t)(value >> 8);
}

/* An otherwise empty table. */
static void begin_table(uint8_t *table, size_t size, unsigned format, unsigned content) {
    memset(table, 0xff, size);
    put(table, 0, (unsigned)size);
    put(table, 2, format | content << 8);
}

/* v1.3 of the metrics table with that throttle word. */
static void set_metrics(struct fixture *fixture, uint64_t throttle) {
    uint8_t table[120];
    begin_table(table, sizeof table, 1, 3);
    put(table, 4, 81);
    for (size_t i = 0; i < 4; i++)
        put(table, 112 + 2 * i, (unsigned)(throttle >> 16 * i & 0xffff));
    graphics_set_bytes(fixture, "gpu_metrics", table, sizeof table);
}

static void add_power_management(struct fixture *fixture, const char *status) {
    graphics_set(fixture, "power/runtime_status", status);
    graphics_set(fixture, "power/control", "auto\n");
    graphics_set(fixture, "power/autosuspend_delay_ms", "5000\n");
}

static void add_card(struct fixture *fixture) {
    graphics_add(fixture, CARD_DEVICE, 1, UEVENT);
    graphics_set(fixture, "gpu_busy_percent", "42\n");
    graphics_set(fixture, "mem_info_vram_used", "1073741824\n");
    graphics_set(fixture, "mem_info_vram_total", "8589934592\n");
    graphics_set(fixture, "mem_info_gtt_used", "16777216\n");
    graphics_set(fixture, "mem_info_gtt_total", "4294967296\n");
    graphics_set(fixture, "pp_dpm_sclk", "0: 500Mhz \n1: 31Mhz *\n2: 2581Mhz \n");
    graphics_set(fixture, HWMON "/name", "amdgpu\n");
    graphics_set(fixture, HWMON "/power1_average", "31500000\n");
    graphics_set(fixture, HWMON "/power1_cap", "203000000\n");
    graphics_set(fixture, HWMON "/power1_label", "PPT\n");
    graphics_set(fixture, HWMON "/freq1_input", "1500000000\n");
    graphics_set(fixture, HWMON "/freq1_label", "sclk\n");
    graphics_set(fixture, HWMON "/freq2_input", "875000000\n");
    graphics_set(fixture, HWMON "/freq2_label", "mclk\n");
}

static struct perfadapt_gpu *create(struct fixture *fixture) {
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    assert_non_null(fixture->provider);
    return graphics_gpu(fixture, CARD_ID);
}

static const struct perfadapt_evidence *evidence(const struct fixture *fixture) {
    assert_int_equal(fixture->snapshot.evidence_count, 1);
    return &fixture->snapshot.evidence[0];
}

static void test_reads_a_card(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    assert_int_equal(gpu->state, PERFADAPT_STATE_INIT);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_INIT);
    assert_unknown(&gpu->own_busy, PERFADAPT_STATE_UNSUPPORTED);
    fixture_read(fixture, 1000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    assert_string_equal(gpu->driver, "amdgpu");
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 31.5);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 203);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 1500);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 2581);
    assert_metric(&gpu->memory_used, PERFADAPT_STATE_OK, 1073741824);
    assert_metric(&gpu->memory_total, PERFADAPT_STATE_OK, 8589934592);
    assert_metric(&gpu->shared_used, PERFADAPT_STATE_OK, 16777216);
    assert_metric(&gpu->shared_total, PERFADAPT_STATE_OK, 4294967296);
    assert_int_equal(gpu->busy.timestamp_ns, 1000000000);
    assert_int_equal(fixture->snapshot.evidence_count, 0);
    assert_int_equal(fixture->snapshot.sensor_count, 0);
    graphics_set(fixture, "gpu_busy_percent", "0\n");
    fixture_read(fixture, 2000);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0);
}

static void test_none(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    assert_null(fixture->provider);
    graphics_add(fixture, CARD_DEVICE, 1, "DRIVER=nvidia\nPCI_SLOT_NAME=" CARD_ID "\n");
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    assert_non_null(fixture->provider); /* one may be plugged in */
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.gpu_count, 0);
}

static void test_plugged_in_later(void **state) {
    struct fixture *fixture = *state;
    fixture_directory(fixture, "/sys/class/drm");
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    fixture_read(fixture, 1000);
    add_card(fixture);
    fixture_read(fixture, 32000);
    assert_int_equal(fixture->snapshot.gpu_count, 1);
    assert_metric(&fixture->snapshot.gpus[0].busy, PERFADAPT_STATE_OK, 0.42);
}

/* radeon, and amdgpu on the oldest chips: hardly a file. */
static void test_what_is_missing_is_unsupported(void **state) {
    struct fixture *fixture = *state;
    graphics_add(fixture, CARD_DEVICE, 1, "DRIVER=radeon\nPCI_SLOT_NAME=" CARD_ID "\n");
    graphics_set(fixture, HWMON "/name", "radeon\n");
    graphics_set(fixture, HWMON "/temp1_input", "50000\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&gpu->power, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&gpu->clock_max, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&gpu->memory_total, PERFADAPT_STATE_UNSUPPORTED);
}

/* The Steam Deck: whichever number it has, the slow sensor is the package's. */
static void test_slow_power_of_two(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    graphics_set(fixture, HWMON "/power1_label", "fastPPT\n");
    graphics_set(fixture, HWMON "/power2_label", "slowPPT\n");
    graphics_set(fixture, HWMON "/power2_average", "3218000\n");
    graphics_set(fixture, HWMON "/power2_input", "4057000\n");
    graphics_set(fixture, HWMON "/power2_cap", "15000000\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 3.218);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 15);
}

static void test_power_of_now_where_there_is_no_mean(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    fixture_remove(fixture, CARD_DEVICE "/" HWMON "/power1_average");
    graphics_set(fixture, HWMON "/power1_input", "12000000\n");
    graphics_set(fixture, HWMON "/power1_cap", "0\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 12);
    assert_unknown(&gpu->power_limit, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_highest_level(void **state) {
    (void)state;
    assert_int_equal(perfadapt__amdgpu_highest_level("0: 300Mhz \n1: 1366Mhz *\n2: 900Mhz \n"), 1366);
    assert_int_equal(perfadapt__amdgpu_highest_level("S: 19Mhz *\n0: 615Mhz\n1: 1000Mhz\n"), 1000);
    assert_int_equal(perfadapt__amdgpu_highest_level("0: 0Mhz *\n1: 0Mhz *\n"), 0);
    assert_int_equal(perfadapt__amdgpu_highest_level(""), 0);
    assert_int_equal(perfadapt__amdgpu_highest_level("\n"), 0);
    assert_int_equal(perfadapt__amdgpu_highest_level("0: 500Mhz\n1: 22"), 500); /* cut short */
    assert_int_equal(perfadapt__amdgpu_highest_level("0: 99999999999999999999Mhz\n1: -5Mhz\n2: 70000Mhz\n::"), 0);
}

static void test_clock_above_the_levels(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    graphics_set(fixture, "pp_dpm_sclk", "0: 615Mhz\n1: 1000Mhz\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 1500);
    graphics_set(fixture, HWMON "/freq1_input", "615000000\n");
    fixture_read(fixture, 70000);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 615);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 1500);
}

/* ---- sleep ---- */

static void test_sleeping_card_is_not_touched(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    set_metrics(fixture, 0);
    add_power_management(fixture, "suspended\n");
    const int watch = graphics_watch(fixture);
    if (watch < 0)
        skip();
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    fixture_read(fixture, 2000);
    graphics_read(fixture, 3000, true, true);
    assert_false(graphics_touched(watch));
    assert_int_equal(gpu->state, PERFADAPT_STATE_ASLEEP);
    assert_int_equal(gpu->why, PERFADAPT_WHY_NONE);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_ASLEEP);
    assert_unknown(&gpu->memory_total, PERFADAPT_STATE_ASLEEP);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_ASLEEP);
    graphics_set(fixture, "power/runtime_status", "active\n");
    fixture_read(fixture, 4000);
    assert_true(graphics_touched(watch));
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
    graphics_set(fixture, "power/runtime_status", "suspended\n");
    fixture_read(fixture, 5000);
    graphics_touched(watch); /* what the awake reads before left */
    fixture_read(fixture, 6000);
    assert_false(graphics_touched(watch));
    assert_unknown(&gpu->power_limit, PERFADAPT_STATE_ASLEEP);
    graphics_set(fixture, "power/runtime_status", "active\n");
    fixture_read(fixture, 6100);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 203); /* at once, though it is read seldom */
    close(watch);
}

static void test_idle_card_may_fall_asleep(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    add_power_management(fixture, "active\n");
    graphics_set(fixture, "gpu_busy_percent", "1\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    int64_t now_ms = 1000;
    for (; now_ms < 20000 && gpu->why != PERFADAPT_WHY_RESTING; now_ms += 1000)
        fixture_read(fixture, now_ms);
    assert_int_equal(now_ms, 7000); /* five idle samples */
    assert_int_equal(gpu->state, PERFADAPT_STATE_ASLEEP);
    const int watch = graphics_watch(fixture);
    if (watch < 0)
        skip();
    fixture_read(fixture, now_ms + 4000);
    assert_false(graphics_touched(watch));
    close(watch);
}

static void test_busy_card_does_not_rest(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    add_power_management(fixture, "active\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    for (int64_t now_ms = 1000; now_ms < 30000; now_ms += 1000) {
        fixture_read(fixture, now_ms);
        assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
    }
}

/* Linux 6.13: the device fell asleep after its status was read. */
static void test_eperm_is_sleep(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    set_metrics(fixture, 0);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    graphics_break("/power1_average", EPERM);
    fixture_read(fixture, 2000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_ASLEEP);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_ASLEEP);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_ASLEEP);
    graphics_break(NULL, 0);
    fixture_read(fixture, 3000);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 31.5);
    graphics_break("/gpu_metrics", EPERM);
    fixture_read(fixture, 4000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_ASLEEP);
}

static void test_faulty_power_management(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    add_power_management(fixture, "error\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_ERROR);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_ERROR);
}

/* ---- errors ---- */

static void test_errors_after_a_resume(void **state) {
    static const int errors[] = {EBUSY, EINVAL, ENODATA, EIO, EAGAIN};
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    int64_t now_ms = 2000;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        graphics_break("/gpu_busy_percent", errors[i]);
        fixture_read(fixture, now_ms);
        assert_int_equal(gpu->busy.state, PERFADAPT_STATE_STALE);
        assert_metric(&gpu->busy, PERFADAPT_STATE_STALE, 0.42);
        assert_int_equal(gpu->state, PERFADAPT_STATE_OK); /* the rest answers */
        graphics_break(NULL, 0);
        fixture_read(fixture, now_ms + 500);
        assert_int_equal(gpu->busy.state, PERFADAPT_STATE_STALE); /* a pause of 1 s */
        fixture_read(fixture, now_ms + 1000);
        assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
        now_ms += 2000;
    }
}

static void test_pauses_grow_to_half_a_minute(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    graphics_break("/gpu_busy_percent", EINVAL);
    for (int64_t now_ms = 1000; now_ms < 200000; now_ms += 1000)
        fixture_read(fixture, now_ms);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_ERROR);
    graphics_break(NULL, 0);
    int64_t now_ms = 200000;
    for (; now_ms < 300000 && gpu->busy.state != PERFADAPT_STATE_OK; now_ms += 1000)
        fixture_read(fixture, now_ms);
    assert_in_range(now_ms, 202000, 231000);
}

static void test_everything_fails(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    fixture_read(fixture, 61000); /* cards are looked for now and then */
    graphics_break("", EBUSY);
    fixture_read(fixture, 62000);
    graphics_break(NULL, 0);
    assert_int_equal(gpu->state, PERFADAPT_STATE_ERROR);
    assert_int_equal(gpu->why, PERFADAPT_WHY_BUSY);
    assert_metric(&gpu->busy, PERFADAPT_STATE_STALE, 0.42);
    fixture_read(fixture, 64000);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
}

/* The driver has the file for a chip that does not have the sensor. */
static void test_not_supported_by_the_chip(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    graphics_break("/gpu_busy_percent", EOPNOTSUPP);
    fixture_read(fixture, 1000);
    graphics_break(NULL, 0);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_UNSUPPORTED);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 1500);
}

static void test_garbage_is_not_believed(void **state) {
    static const char *const texts[] = {"",     "\n",         "x\n",       "101\n",
                                        "-1\n", "65261800\n", "-273200\n", "99999999999999999999\n"};
    char full[4097];
    struct fixture *fixture = *state;
    memset(full, 0xff, sizeof full);
    full[sizeof full - 1] = '\0';
    add_card(fixture);
    set_metrics(fixture, 0);
    const struct perfadapt_gpu *gpu = create(fixture);
    for (size_t i = 0; i <= sizeof texts / sizeof texts[0]; i++) {
        const char *text = i < sizeof texts / sizeof texts[0] ? texts[i] : full;
        graphics_set(fixture, "gpu_busy_percent", text);
        graphics_set(fixture, HWMON "/power1_average", strcmp(text, "101\n") == 0 ? "0\n" : text);
        graphics_set(fixture, "mem_info_vram_used", strcmp(text, "101\n") == 0 ? "8589934593\n" : text);
        graphics_set(fixture, "pp_dpm_sclk", text);
        graphics_set(fixture, "gpu_metrics", text);
        fixture_read(fixture, 1000 + (int64_t)i * 40000);
        assert_unknown(&gpu->busy, PERFADAPT_STATE_ERROR);
        if (strcmp(text, "65261800\n") != 0) { /* 65 W, and 62 MiB */
            assert_true(isnan(gpu->power.value) || gpu->power.state == PERFADAPT_STATE_STALE);
            assert_true(isnan(gpu->memory_used.value) || gpu->memory_used.state == PERFADAPT_STATE_STALE);
        }
        assert_unknown(&gpu->clock_max, PERFADAPT_STATE_ERROR);
        assert_int_not_equal(evidence(fixture)->state, PERFADAPT_STATE_OK);
    }
}

/* ---- gone, and back ---- */

static void test_vanishes_and_returns(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    fixture_move(fixture, "/sys/devices", "/away");
    fixture_remove(fixture, "/sys/class/drm/card1");
    graphics_break("/gpu_busy_percent", ENODEV);
    fixture_read(fixture, 2000);
    graphics_break(NULL, 0);
    assert_int_equal(gpu->state, PERFADAPT_STATE_ERROR);
    assert_int_equal(gpu->why, PERFADAPT_WHY_VANISHED);
    assert_metric(&gpu->busy, PERFADAPT_STATE_STALE, 0.42);
    assert_string_equal(fixture->last_line, "amdgpu: " CARD_ID " is gone");
    fixture_read(fixture, 3000);
    assert_int_equal(fixture->logged, 1);
    /* Under another number. */
    fixture_move(fixture, "/away", "/sys/devices");
    fixture_remove(fixture, CARD_DEVICE "/drm/card1");
    graphics_add(fixture, CARD_DEVICE, 7, UEVENT);
    graphics_set(fixture, "gpu_busy_percent", "77\n");
    fixture_read(fixture, 6000);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.77);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    assert_string_equal(fixture->last_line, "amdgpu: " CARD_ID " is back");
    assert_int_equal(fixture->snapshot.gpu_count, 1);
}

/* ENODEV of one file is no proof that the device is gone. */
static void test_one_file_vanishes(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    graphics_break("/gpu_busy_percent", ENODEV);
    fixture_read(fixture, 1000);
    graphics_break(NULL, 0);
    assert_int_equal(gpu->state, PERFADAPT_STATE_OK);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_ERROR);
    assert_int_equal(fixture->logged, 0);
    fixture_read(fixture, 2000);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
}

static void test_gate_says_gone(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    add_power_management(fixture, "active\n");
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    graphics_break("/runtime_status", ENODEV);
    fixture_read(fixture, 2000);
    graphics_break(NULL, 0);
    assert_int_equal(gpu->why, PERFADAPT_WHY_VANISHED);
    fixture_read(fixture, 3000);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
}

static void test_given_to_another_driver(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    fixture_file(fixture, CARD_DEVICE "/uevent", "DRIVER=vfio-pci\nPCI_SLOT_NAME=" CARD_ID "\n");
    graphics_read(fixture, 2000, false, true);
    assert_int_equal(gpu->why, PERFADAPT_WHY_VANISHED);
}

/* After a resume the cards are looked for anew, under whatever numbers they have then. */
static void test_resume_finds_more(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    create(fixture);
    fixture_read(fixture, 1000);
    graphics_add(fixture, "/sys/devices/pci0000:00/0000:05:00.0", 2, "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:05:00.0\n");
    fixture_file(fixture, "/sys/devices/pci0000:00/0000:05:00.0/gpu_busy_percent", "9\n");
    fixture_read(fixture, 2000);
    assert_int_equal(fixture->snapshot.gpu_count, 1);
    graphics_read(fixture, 3000, false, true);
    assert_int_equal(fixture->snapshot.gpu_count, 2);
    assert_metric(&graphics_gpu(fixture, "0000:05:00.0")->busy, PERFADAPT_STATE_OK, 0.09);
    assert_metric(&graphics_gpu(fixture, CARD_ID)->busy, PERFADAPT_STATE_OK, 0.42);
}

static void test_short_of_descriptors(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    set_metrics(fixture, 0x20);
    fixture_starve(fixture, 0);
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    fixture_feed(fixture);
    assert_non_null(fixture->provider); /* what was not seen may be there */
    fixture_starve(fixture, 0);
    fixture_read(fixture, 1000);
    fixture_feed(fixture);
    assert_int_equal(fixture->snapshot.gpu_count, 0);
    fixture_read(fixture, 2000);
    const struct perfadapt_gpu *gpu = graphics_gpu(fixture, CARD_ID);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(POWER));
}

/* Whatever the number of descriptors that are left: what is there is never taken for absent. */
static void test_shortage_is_not_absence(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    set_metrics(fixture, 0x20);
    const struct perfadapt_gpu *gpu = create(fixture);
    for (unsigned spare = 0; spare < 14; spare++) {
        graphics_read(fixture, 1000, false, true);
        fixture_starve(fixture, spare);
        graphics_read(fixture, 2000 + 40000 * spare, false, true);
        fixture_feed(fixture);
        assert_int_not_equal(gpu->busy.state, PERFADAPT_STATE_UNSUPPORTED);
        assert_int_not_equal(gpu->power.state, PERFADAPT_STATE_UNSUPPORTED);
        assert_int_not_equal(gpu->memory_total.state, PERFADAPT_STATE_UNSUPPORTED);
        assert_int_not_equal(gpu->clock_max.state, PERFADAPT_STATE_UNSUPPORTED);
        fixture_read(fixture, 2000 + 40000 * spare + 35000);
        assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
        assert_metric(&gpu->power, PERFADAPT_STATE_OK, 31.5);
        assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 2581);
    }
}

static void test_more_cards_than_entries(void **state) {
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 12; i++) {
        char device[64];
        char text[96];
        snprintf(device, sizeof device, "/sys/devices/pci0000:00/0000:%02x:00.0", i);
        snprintf(text, sizeof text, "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:%02x:00.0\n", i);
        graphics_add(fixture, device, i, text);
        snprintf(text, sizeof text, "%s/gpu_busy_percent", device);
        fixture_file(fixture, text, "50\n");
    }
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.gpu_count, PERFADAPT_GPUS_MAX);
    assert_metric(&graphics_gpu(fixture, "0000:07:00.0")->busy, PERFADAPT_STATE_OK, 0.5);
}

/* ---- the metrics table ---- */

static void test_evidence(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    set_metrics(fixture, 0);
    create(fixture);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_INIT);
    assert_int_equal(evidence(fixture)->subject, PERFADAPT_SENSOR_GPU);
    assert_string_equal(evidence(fixture)->source, "amdgpu");
    assert_string_equal(evidence(fixture)->device, CARD_ID);
    fixture_read(fixture, 1000);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_OK);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(NONE));
    assert_string_equal(evidence(fixture)->text, "none");
    set_metrics(fixture, UINT64_C(1) << 35 | UINT64_C(1) << 6);
    fixture_read(fixture, 2000);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(THERMAL) | PERFADAPT__CLAIM(POWER));
    assert_string_equal(evidence(fixture)->text, "SPPT TEMP_EDGE, edge 81 C");
    assert_int_equal(evidence(fixture)->timestamp_ns, 2000000000);
    set_metrics(fixture, UINT64_C(1) << 36);
    fixture_read(fixture, 3000);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(NONE));
    graphics_break("/gpu_metrics", EBUSY);
    fixture_read(fixture, 4000);
    graphics_break(NULL, 0);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_ERROR);
    assert_int_equal(evidence(fixture)->claims, 0);
    fixture_read(fixture, 5000);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_OK);
}

static void test_table_stands_in_for_files(void **state) {
    uint8_t table[120];
    struct fixture *fixture = *state;
    graphics_add(fixture, CARD_DEVICE, 1, UEVENT);
    begin_table(table, sizeof table, 1, 3);
    put(table, 16, 50);
    put(table, 22, 42);
    put(table, 54, 1000);
    graphics_set_bytes(fixture, "gpu_metrics", table, sizeof table);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.5);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 42);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 1000);
    put(table, 16, 0xffff);
    graphics_set_bytes(fixture, "gpu_metrics", table, sizeof table);
    fixture_read(fixture, 2000);
    assert_unknown(&gpu->busy, PERFADAPT_STATE_UNSUPPORTED);
    graphics_set_bytes(fixture, "gpu_metrics", table, 100);
    fixture_read(fixture, 3000);
    assert_metric(&gpu->power, PERFADAPT_STATE_STALE, 42);
    assert_int_equal(gpu->state, PERFADAPT_STATE_ERROR);
}

static void test_file_before_table(void **state) {
    uint8_t table[120];
    struct fixture *fixture = *state;
    add_card(fixture);
    begin_table(table, sizeof table, 1, 3);
    put(table, 16, 90);
    graphics_set_bytes(fixture, "gpu_metrics", table, sizeof table);
    const struct perfadapt_gpu *gpu = create(fixture);
    fixture_read(fixture, 1000);
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
    graphics_break("/gpu_busy_percent", EOPNOTSUPP);
    for (int64_t now_ms = 2000; now_ms < 9000; now_ms += 1000) {
        fixture_read(fixture, now_ms);
        assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.9);
        assert_int_equal(gpu->busy.timestamp_ns, now_ms * 1000000);
    }
    graphics_break(NULL, 0);
}

static void test_unknown_revision(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    graphics_set_bytes(fixture, "gpu_metrics", "\x78\0\x9\x1 of a kernel to come", 24);
    const struct perfadapt_gpu *gpu = create(fixture);
    for (int64_t now_ms = 1000; now_ms < 60000; now_ms += 1000)
        fixture_read(fixture, now_ms);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->logged, 1);
    assert_string_equal(fixture->last_line, "amdgpu: " CARD_ID " has gpu_metrics of unknown revision 9.1");
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0.42);
}

/* v1.1 tells no throttling that can be used: where the files give all else, the firmware is left in peace. */
static void test_table_without_use_is_left_alone(void **state) {
    uint8_t table[96];
    struct fixture *fixture = *state;
    add_card(fixture);
    begin_table(table, sizeof table, 1, 1);
    graphics_set_bytes(fixture, "gpu_metrics", table, sizeof table);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_UNSUPPORTED);
    const int watch = graphics_watch(fixture);
    graphics_break("/gpu_metrics", EIO);
    for (int64_t now_ms = 2000; now_ms < 60000; now_ms += 1000)
        fixture_read(fixture, now_ms);
    graphics_break(NULL, 0);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_UNSUPPORTED); /* a read would have made it ERROR */
    if (watch >= 0)
        close(watch);
}

/* ---- v3.0 counts ---- */

static void set_residencies(struct fixture *fixture, uint8_t fppt, uint8_t thm_gfx) {
    uint8_t table[264] = {8, 1, 3, 0};
    table[236] = fppt;
    table[248] = thm_gfx;
    graphics_set_bytes(fixture, "gpu_metrics", table, sizeof table);
}

static void test_residencies_are_differenced(void **state) {
    struct fixture *fixture = *state;
    add_card(fixture);
    set_residencies(fixture, 100, 50);
    create(fixture);
    fixture_read(fixture, 1000);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_INIT); /* since boot says nothing of now */
    fixture_read(fixture, 2000);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(NONE));
    set_residencies(fixture, 101, 50);
    fixture_read(fixture, 3000);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(POWER));
    assert_string_equal(evidence(fixture)->text, "FPPT");
    set_residencies(fixture, 101, 55);
    fixture_read(fixture, 4000);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(THERMAL));
    /* Neither a suspend nor a long gap is counted. */
    set_residencies(fixture, 200, 55);
    graphics_read(fixture, 5000, false, true);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(THERMAL));
    assert_int_equal(evidence(fixture)->timestamp_ns, 4000000000);
    fixture_read(fixture, 6000);
    assert_int_equal(evidence(fixture)->claims, PERFADAPT__CLAIM(NONE));
    set_residencies(fixture, 210, 55);
    fixture_read(fixture, 16000);
    assert_int_equal(evidence(fixture)->timestamp_ns, 6000000000);
}

/* ---- recordings ---- */

static void test_recorded_vangogh(void **state) {
    struct fixture *fixture = *state;
    if (!graphics_lay_card(fixture, "amd/vangogh", "card0"))
        skip();
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    fixture_read(fixture, 1000);
    const struct perfadapt_gpu *gpu = graphics_gpu(fixture, "0000:04:00.0");
    assert_metric(&gpu->busy, PERFADAPT_STATE_OK, 0);
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 3.218);
    assert_metric(&gpu->power_limit, PERFADAPT_STATE_OK, 15);
    assert_metric(&gpu->clock, PERFADAPT_STATE_OK, 200);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 1600);
    assert_unknown(&gpu->memory_total, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->snapshot.evidence_count, 0);
}

static void test_recorded_phoenix(void **state) {
    struct fixture *fixture = *state;
    if (!graphics_lay_card(fixture, "amd/phoenix", "card1"))
        skip();
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    fixture_read(fixture, 1000);
    const struct perfadapt_gpu *gpu = graphics_gpu(fixture, "0000:64:00.0");
    assert_metric(&gpu->power, PERFADAPT_STATE_OK, 3.103);
    assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, 2700);
    assert_metric(&gpu->memory_used, PERFADAPT_STATE_OK, 1272893440);
    assert_metric(&gpu->shared_total, PERFADAPT_STATE_OK, 31433977856);
    assert_int_equal(evidence(fixture)->state, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_recorded_cards(void **state) {
    static const struct {
        const char *tree, *card, *id;
        double power, clock, clock_max;
    } cards[] = {{"amd/rx580", "card0", NULL, 41.045, 798.08, 1366},
                 {"amd/rx7900xtx", "card0", "0000:03:00.0", 68, 31, 2219},
                 {"amd/vega56", "card0", NULL, 8, 26, 1590},
                 {"amd/rx9070xt", "card0", NULL, 55, 167, 1000}};
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        fixture_teardown(state);
        fixture_setup(state);
        struct fixture *fixture = *state;
        if (!graphics_lay_card(fixture, cards[i].tree, cards[i].card) &&
            !graphics_lay_card(fixture, cards[i].tree, "card1"))
            skip();
        fixture_create(fixture, &perfadapt__amdgpu_provider);
        fixture_read(fixture, 1000);
        assert_int_equal(fixture->snapshot.gpu_count, 1);
        const struct perfadapt_gpu *gpu = &fixture->snapshot.gpus[0];
        assert_true(!cards[i].id || strcmp(gpu->id, cards[i].id) == 0);
        assert_metric(&gpu->power, PERFADAPT_STATE_OK, cards[i].power);
        assert_metric(&gpu->clock, PERFADAPT_STATE_OK, cards[i].clock);
        assert_metric(&gpu->clock_max, PERFADAPT_STATE_OK, cards[i].clock_max);
    }
}

/* GFXOFF: a clock of 0 is one, levels of 0 are none. */
static void test_recorded_gfxoff(void **state) {
    struct fixture *fixture = *state;
    if (!graphics_lay_card(fixture, "amd/rx6600xt", "card0") && !graphics_lay_card(fixture, "amd/rx6600xt", "card1"))
        skip();
    fixture_create(fixture, &perfadapt__amdgpu_provider);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.gpus[0].clock, PERFADAPT_STATE_OK, 0);
    assert_unknown(&fixture->snapshot.gpus[0].clock_max, PERFADAPT_STATE_ERROR);
}

static int teardown(void **state) {
    graphics_break(NULL, 0);
    return fixture_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reads_a_card),
        TEST(test_none),
        TEST(test_plugged_in_later),
        TEST(test_what_is_missing_is_unsupported),
        TEST(test_slow_power_of_two),
        TEST(test_power_of_now_where_there_is_no_mean),
        TEST(test_highest_level),
        TEST(test_clock_above_the_levels),
        TEST(test_sleeping_card_is_not_touched),
        TEST(test_idle_card_may_fall_asleep),
        TEST(test_busy_card_does_not_rest),
        TEST(test_eperm_is_sleep),
        TEST(test_faulty_power_management),
        TEST(test_errors_after_a_resume),
        TEST(test_pauses_grow_to_half_a_minute),
        TEST(test_everything_fails),
        TEST(test_not_supported_by_the_chip),
        TEST(test_garbage_is_not_believed),
        TEST(test_vanishes_and_returns),
        TEST(test_one_file_vanishes),
        TEST(test_gate_says_gone),
        TEST(test_given_to_another_driver),
        TEST(test_resume_finds_more),
        TEST(test_short_of_descriptors),
        TEST(test_shortage_is_not_absence),
        TEST(test_more_cards_than_entries),
        TEST(test_evidence),
        TEST(test_table_stands_in_for_files),
        TEST(test_file_before_table),
        TEST(test_unknown_revision),
        TEST(test_table_without_use_is_left_alone),
        TEST(test_residencies_are_differenced),
        TEST(test_recorded_vangogh),
        TEST(test_recorded_phoenix),
        TEST(test_recorded_cards),
        TEST(test_recorded_gfxoff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
