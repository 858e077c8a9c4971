/*
 * The firmware lowers the clock on its own, at 80 °C and where the supply sags; cpufreq goes on showing its old limit.
 * What it would tell itself (soc:firmware/get_throttled) is deprecated and logs a warning in the kernel: never touched.
 * SPDX-License-Identifier: MIT
 */
#include "providers/raspberrypi.h"

#include "core/clock.h"
#include "providers/kernel_file.h"

#include <stdio.h>
#include <string.h>

#define ZONES "/sys/class/thermal"
#define CHIPS "/sys/class/hwmon"
#define NUMBERS_MAX 32
#define UNKNOWN_MC INT64_MIN

static const int64_t seldom_period_ns = 2 * PERFADAPT__NS_PER_S;
static const int64_t search_pause_ns = 30 * PERFADAPT__NS_PER_S;

static const double loaded_above = 0.5;
static const double slow_below = 0.95;
/* A governor needs a moment to follow the load: one slow look is none. */
static const unsigned slow_reads_least = 2;

/* 80 °C, less what the sensor's steps are off; boards without a heat spreader slow down at 60 °C already. */
static const int64_t usual_limit_mc = 79000;
static const int64_t plus_limit_mc = 60000;

bool perfadapt__raspberrypi_is_compatible(const char *text, size_t length, const char *prefix) {
    const size_t prefix_length = strlen(prefix);
    for (size_t at = 0; at < length; at += strnlen(text + at, length - at) + 1)
        if (length - at >= prefix_length && memcmp(text + at, prefix, prefix_length) == 0)
            return true;
    return false;
}

static void identify(struct perfadapt__raspberrypi *self) {
    char text[512];
    ssize_t length = perfadapt__fs_read_once(self->root, "/proc/device-tree/compatible", text, sizeof text);
    if (length <= 0)
        length = perfadapt__fs_read_once(self->root, "/sys/firmware/devicetree/base/compatible", text, sizeof text);
    if (length <= 0)
        return;
    self->present = perfadapt__raspberrypi_is_compatible(text, (size_t)length, "raspberrypi,");
    const bool is_plus = perfadapt__raspberrypi_is_compatible(text, (size_t)length, "raspberrypi,3-model-b-plus") ||
                         perfadapt__raspberrypi_is_compatible(text, (size_t)length, "raspberrypi,3-model-a-plus");
    self->soft_limit_mc = is_plus ? plus_limit_mc : usual_limit_mc;
}

/* The number of the entry whose file has that text; false where there is none. */
static bool find_named(const struct perfadapt__raspberrypi *self, const char *directory, const char *prefix,
                       const char *file, const char *wanted, uint32_t *out_number) {
    uint32_t numbers[NUMBERS_MAX];
    const ssize_t count = perfadapt__kernel_directory_numbers(self->root, directory, prefix, "", numbers, NUMBERS_MAX);
    for (ssize_t i = 0; i < count; i++) {
        char path[128];
        char text[40];
        snprintf(path, sizeof path, "%s/%s%u/%s", directory, prefix, (unsigned)numbers[i], file);
        perfadapt__fs_read_once(self->root, path, text, sizeof text);
        perfadapt__fs_trim(text);
        if (strcmp(text, wanted) != 0)
            continue;
        *out_number = numbers[i];
        return true;
    }
    return false;
}

static void search(struct perfadapt__raspberrypi *self, int64_t now_ns) {
    self->search_ns = now_ns + search_pause_ns;
    if (!self->has_zone)
        self->has_zone = find_named(self, ZONES, "thermal_zone", "type", "cpu-thermal", &self->zone);
    if (!self->has_volt)
        self->has_volt = find_named(self, CHIPS, "hwmon", "name", "rpi_volt", &self->volt);
}

void perfadapt__raspberrypi_init(struct perfadapt__raspberrypi *self, const struct perfadapt__root *root,
                                 struct perfadapt_snapshot *snapshot) {
    *self = (struct perfadapt__raspberrypi){.root = root, .temperature_mc = UNKNOWN_MC, .evidence = -1};
    perfadapt__kernel_number_init(&self->zone_file);
    perfadapt__kernel_number_init(&self->alarm_file);
    identify(self);
    if (!self->present)
        return;
    search(self, 0);
    self->evidence = perfadapt__evidence_add(snapshot, PERFADAPT_SENSOR_CPU, "raspberrypi", "firmware");
}

void perfadapt__raspberrypi_finish(struct perfadapt__raspberrypi *self) {
    perfadapt__kernel_number_close(&self->zone_file);
    perfadapt__kernel_number_close(&self->alarm_file);
}

/* ---- reading ---- */

/* hwmonN renumbers: what is gone is looked for under another number. */
static void read_zone(struct perfadapt__raspberrypi *self, int64_t now_ns) {
    const enum perfadapt_why why =
        perfadapt__kernel_number_read(self->root, &self->zone_file, now_ns, &self->temperature_mc,
                                      ZONES "/thermal_zone%u/temp", (unsigned)self->zone);
    if (why != PERFADAPT_WHY_NONE || self->temperature_mc < -20000 || self->temperature_mc > 125000)
        self->temperature_mc = UNKNOWN_MC;
    self->has_zone = why != PERFADAPT_WHY_VANISHED && why != PERFADAPT_WHY_MISSING;
    if (!self->has_zone)
        perfadapt__kernel_number_close(&self->zone_file);
}

static void read_alarm(struct perfadapt__raspberrypi *self, int64_t now_ns) {
    int64_t alarm = 0;
    const enum perfadapt_why why = perfadapt__kernel_number_read(
        self->root, &self->alarm_file, now_ns, &alarm, CHIPS "/hwmon%u/in0_lcrit_alarm", (unsigned)self->volt);
    self->alarm_known = why == PERFADAPT_WHY_NONE;
    self->under_voltage = self->alarm_known && alarm == 1;
    self->has_volt = why != PERFADAPT_WHY_VANISHED && why != PERFADAPT_WHY_MISSING;
    if (!self->has_volt)
        perfadapt__kernel_number_close(&self->alarm_file);
}

static void read_seldom(struct perfadapt__raspberrypi *self, int64_t now_ns) {
    self->seldom_ns = now_ns + seldom_period_ns;
    if ((!self->has_zone || !self->has_volt) && now_ns >= self->search_ns)
        search(self, now_ns);
    if (self->has_zone)
        read_zone(self, now_ns);
    if (self->has_volt)
        read_alarm(self, now_ns);
}

static bool is_ok(const struct perfadapt_metric *metric) {
    return metric->state == PERFADAPT_STATE_OK;
}

static bool is_slow_under_load(const struct perfadapt_processor *processor) {
    return is_ok(&processor->busy) && processor->busy.value > loaded_above && is_ok(&processor->clock) &&
           is_ok(&processor->clock_limit) && is_ok(&processor->clock_max) &&
           processor->clock_limit.value >= slow_below * processor->clock_max.value &&
           processor->clock.value < slow_below * processor->clock_max.value;
}

static uint32_t claims_of(const struct perfadapt__raspberrypi *self) {
    const bool slow = self->slow_reads >= slow_reads_least;
    const bool hot = self->temperature_mc != UNKNOWN_MC && self->temperature_mc >= self->soft_limit_mc;
    uint32_t claims = self->under_voltage ? PERFADAPT__CLAIM(POWER) : 0;
    if (slow && hot)
        claims |= PERFADAPT__CLAIM(THERMAL);
    else if (slow && !self->under_voltage)
        claims |= PERFADAPT__CLAIM(UNKNOWN);
    /* Hot and not slower to be seen is no claim: some firmware shows the clock that was asked for (Pi 4, 2019). */
    if (claims == 0 && self->temperature_mc != UNKNOWN_MC && !hot && self->alarm_known)
        claims = PERFADAPT__CLAIM(NONE);
    return claims;
}

static void give_evidence(const struct perfadapt__raspberrypi *self, int64_t now_ns,
                          struct perfadapt_snapshot *snapshot) {
    char clock[40] = "";
    char heat[24] = "";
    const struct perfadapt_processor *processor = &snapshot->processor;
    if (self->temperature_mc == UNKNOWN_MC && !self->alarm_known && !is_ok(&processor->clock)) {
        perfadapt__evidence_none(snapshot, self->evidence, PERFADAPT_STATE_ERROR);
        return;
    }
    if (is_ok(&processor->clock) && is_ok(&processor->clock_max))
        snprintf(clock, sizeof clock, " %u of %u MHz", (unsigned)processor->clock.value,
                 (unsigned)processor->clock_max.value);
    if (self->temperature_mc != UNKNOWN_MC)
        snprintf(heat, sizeof heat, " at %d C", (int)(self->temperature_mc / 1000));
    char text[96];
    snprintf(text, sizeof text, "%s%s%s", self->under_voltage ? "under-voltage" : "firmware", clock, heat);
    perfadapt__evidence_set(snapshot, self->evidence, claims_of(self), text, now_ns);
}

void perfadapt__raspberrypi_read(struct perfadapt__raspberrypi *self, int64_t now_ns,
                                 struct perfadapt_snapshot *snapshot) {
    if (!self->present)
        return;
    if (now_ns >= self->seldom_ns)
        read_seldom(self, now_ns);
    self->slow_reads = is_slow_under_load(&snapshot->processor) ? self->slow_reads + 1 : 0;
    give_evidence(self, now_ns, snapshot);
}
