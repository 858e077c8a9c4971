/* SPDX-License-Identifier: MIT */
#include "providers/thermal_zone.h"

#include "config/sensor_map.h"
#include "core/clock.h"
#include "core/log.h"
#include "providers/kernel_file.h"
#include "providers/thermometer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLASS_PATH "/sys/class/thermal"
#define TRIPS_MAX 32

static const int64_t discovery_pause_ns = 10 * PERFADAPT__NS_PER_S;
static const int64_t rescan_period_ns = 30 * PERFADAPT__NS_PER_S; /* a directory listing: what was plugged in */

/* Zones whose trips are where the machine switches off, or that have none. The firmware of Raspberry Pis slows the cores
 * down from 80 °C (their documentation, "frequency management and thermal control"), and the zone says 110 °C. */
static const struct {
    const char *type;
    const char *compatible; /* of the machine: part of a device tree's names; NULL = any */
    int64_t millidegrees;
} usual_limits[] = {
    {"cpu-thermal", "raspberrypi,", 80000}, {"cpu_thermal", "raspberrypi,", 80000}, {"x86_pkg_temp", NULL, 95000}};

struct zone {
    struct perfadapt__thermometer thermometer;
    char type[32];
    uint32_t number;
    bool left_alone; /* listed, never read */
    int mode_fd;     /* -1 = has none, or not open */
};

struct thermal_zone {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    const struct perfadapt__sensor_map *map;
    size_t count;
    bool starved;                             /* since it was last cleared, an open failed for want of descriptors */
    bool discovered;                          /* every zone was looked at */
    int64_t discover_ns;                      /* when they are looked at again; 0 = not set */
    char compatible[128];                     /* of the machine, as its device tree says; NULs made spaces */
    struct zone zones[PERFADAPT_SENSORS_MAX]; /* those that there are not have never been written to */
};

/* What could not be opened for want of descriptors may well be there. */
static bool is_there(struct thermal_zone *self, ssize_t result) {
    self->starved |= perfadapt__kernel_file_is_shortage(result);
    return result >= 0;
}

static void zone_path(uint32_t number, const char *file, char *out, size_t capacity) {
    snprintf(out, capacity, CLASS_PATH "/thermal_zone%u/%s", (unsigned)number, file);
}

static bool read_word(struct thermal_zone *self, uint32_t number, const char *file, char *out, size_t capacity) {
    char path[96];
    zone_path(number, file, path, sizeof path);
    const bool there = is_there(self, perfadapt__fs_read_once(self->root, path, out, capacity));
    out[strcspn(out, "\r\n")] = '\0';
    perfadapt__fs_trim(out);
    return there && *out;
}

/* ---- limits ---- */

/* Cooling starts at a passive trip; hot and critical ones are what is left where there is none. */
static const char *const trip_types[] = {"passive", "hot", "critical"};
#define TRIP_TYPE_COUNT (sizeof trip_types / sizeof trip_types[0])

static size_t trip_rank(const char *type) {
    size_t rank = 0;
    while (rank < TRIP_TYPE_COUNT && strcmp(type, trip_types[rank]) != 0)
        rank++;
    return rank;
}

static bool read_trip(struct thermal_zone *self, uint32_t zone, uint32_t trip, size_t *out_rank,
                      int64_t *out_millidegrees, enum perfadapt_why *out_why) {
    char file[48];
    char path[96];
    char type[24];
    char text[32];
    snprintf(file, sizeof file, "trip_point_%u_type", (unsigned)trip);
    if (!read_word(self, zone, file, type, sizeof type))
        return false;
    *out_rank = trip_rank(type);
    snprintf(file, sizeof file, "trip_point_%u_temp", (unsigned)trip);
    zone_path(zone, file, path, sizeof path);
    if (*out_rank == TRIP_TYPE_COUNT)
        return false;
    const ssize_t length = perfadapt__fs_read_once(self->root, path, text, sizeof text);
    *out_why = perfadapt__kernel_file_number(text, length, sizeof text, out_millidegrees);
    return is_there(self, length) && *out_why == PERFADAPT_WHY_NONE;
}

/* Of the best type, the lowest that is plausible: unset trips read -274000, 0 or -32768000. */
static void find_limit(struct thermal_zone *self, uint32_t number, struct perfadapt_sensor *sensor) {
    char path[96];
    uint32_t trips[TRIPS_MAX];
    size_t best_rank = TRIP_TYPE_COUNT;
    sensor->limit = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED);
    sensor->limit_source = PERFADAPT_LIMIT_NONE;
    sensor->limit_why = PERFADAPT_WHY_NONE;
    snprintf(path, sizeof path, CLASS_PATH "/thermal_zone%u", (unsigned)number);
    const ssize_t count =
        perfadapt__kernel_directory_numbers(self->root, path, "trip_point_", "_type", trips, TRIPS_MAX);
    for (ssize_t i = 0; is_there(self, count) && i < count; i++) {
        size_t rank;
        int64_t millidegrees;
        enum perfadapt_why why = PERFADAPT_WHY_NONE;
        const bool known = read_trip(self, number, trips[i], &rank, &millidegrees, &why);
        if (why != PERFADAPT_WHY_NONE)
            sensor->limit_why = (uint32_t)why;
        if (!known || rank > best_rank)
            continue;
        if (rank == best_rank && (double)millidegrees >= sensor->limit.value * 1000)
            continue;
        if (perfadapt__thermometer_limit(sensor, millidegrees, PERFADAPT_LIMIT_TRIP, perfadapt__now_ns()))
            best_rank = rank;
    }
}

static void find_compatible(struct thermal_zone *self) {
    const ssize_t length = perfadapt__fs_read_once(self->root, "/sys/firmware/devicetree/base/compatible",
                                                   self->compatible, sizeof self->compatible);
    for (ssize_t i = 0; i + 1 < length; i++)
        if (!self->compatible[i])
            self->compatible[i] = ' ';
}

/* The lower one counts: what the machine is known to do, or what the zone states. */
static void find_usual_limit(const struct thermal_zone *self, const char *type, struct perfadapt_sensor *sensor) {
    for (size_t i = 0; i < sizeof usual_limits / sizeof usual_limits[0]; i++) {
        if (strcmp(usual_limits[i].type, type) != 0 ||
            (usual_limits[i].compatible && !strstr(self->compatible, usual_limits[i].compatible)) ||
            sensor->limit.value * 1000 <= (double)usual_limits[i].millidegrees)
            continue;
        perfadapt__thermometer_limit(sensor, usual_limits[i].millidegrees, PERFADAPT_LIMIT_TABLE, perfadapt__now_ns());
    }
}

/* ---- discovery ---- */

/* Zones of one type have nothing but their order to tell them apart. */
static void choose_id(const struct thermal_zone *self, const char *type, char *out, size_t capacity) {
    unsigned same = 1;
    for (size_t i = 0; i < self->count; i++)
        same += strcmp(self->zones[i].type, type) == 0;
    if (same == 1)
        snprintf(out, capacity, PERFADAPT__THERMAL_ZONE_ID "%s", type);
    else
        snprintf(out, capacity, PERFADAPT__THERMAL_ZONE_ID "%s#%u", type, same);
}

/* False, and nothing is added, where descriptors were short: a zone without its trips would stay so. */
static bool add_zone(struct thermal_zone *self, uint32_t number, struct perfadapt_snapshot *snapshot) {
    char type[sizeof self->zones[0].type];
    char label[sizeof snapshot->sensors[0].label];
    char id[sizeof snapshot->sensors[0].id];
    self->starved = false;
    if (!read_word(self, number, "type", type, sizeof type))
        return !self->starved;
    choose_id(self, type, id, sizeof id);
    snprintf(label, sizeof label, "thermal_zone%u", (unsigned)number);
    struct perfadapt_sensor *sensor = perfadapt__sensor_add(snapshot, id, type, label);
    if (!sensor)
        return true;
    find_limit(self, number, sensor);
    find_usual_limit(self, type, sensor);
    if (self->starved) {
        snapshot->sensor_count--;
        return false;
    }
    struct zone *zone = &self->zones[self->count++];
    *zone = (struct zone){
        .thermometer = {.sensor = snapshot->sensor_count - 1, .input_fd = -1}, .number = number, .mode_fd = -1};
    memcpy(zone->type, type, sizeof type);
    const struct perfadapt__sensor_note *note = self->map ? perfadapt__sensor_map_find(self->map, id) : NULL;
    perfadapt__thermometer_configure(&zone->thermometer, note);
    if (note && note->ignore == 1) {
        zone->left_alone = true;
        sensor->temperature.state = PERFADAPT_STATE_UNSUPPORTED;
        sensor->why = PERFADAPT_WHY_IGNORED;
    }
    return true;
}

static bool is_in_use(const struct thermal_zone *self, const struct zone *but, uint32_t number) {
    for (size_t i = 0; i < self->count; i++)
        if (&self->zones[i] != but && self->zones[i].number == number)
            return true;
    return false;
}

/* One that is lost may be back under another number: that is for it to find out. */
static bool is_awaited(struct thermal_zone *self, uint32_t number) {
    char type[sizeof self->zones[0].type];
    if (!read_word(self, number, "type", type, sizeof type))
        return false;
    for (size_t i = 0; i < self->count; i++)
        if (self->zones[i].thermometer.pause_ns > 0 && strcmp(self->zones[i].type, type) == 0)
            return true;
    return false;
}

/* What is not listed yet. Stops where descriptors run short, to go on another time: the order of zones decides on ids. */
static void discover(struct thermal_zone *self, struct perfadapt_snapshot *snapshot) {
    uint32_t numbers[PERFADAPT_SENSORS_MAX];
    const ssize_t count =
        perfadapt__kernel_directory_numbers(self->root, CLASS_PATH, "thermal_zone", "", numbers, PERFADAPT_SENSORS_MAX);
    if (count < 0)
        return;
    self->discovered = false;
    for (ssize_t i = 0; i < count && self->count < PERFADAPT_SENSORS_MAX; i++)
        if (!is_in_use(self, NULL, numbers[i]) && !is_awaited(self, numbers[i]) &&
            !add_zone(self, numbers[i], snapshot))
            return;
    self->discovered = true;
}

/* A trip that could not be read, or was not set, may be there now. For want of descriptors what was found before stays. */
static void find_limits_again(struct thermal_zone *self, struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < self->count; i++) {
        const struct zone *zone = &self->zones[i];
        struct perfadapt_sensor *sensor = &snapshot->sensors[zone->thermometer.sensor];
        if (sensor->limit_why == PERFADAPT_WHY_NONE)
            continue;
        const struct perfadapt_sensor before = *sensor;
        self->starved = false;
        find_limit(self, zone->number, sensor);
        find_usual_limit(self, zone->type, sensor);
        if (self->starved)
            *sensor = before;
    }
}

/* Drivers that leave for the sleep are back with the machine: no pause is waited for. */
static void look_for_lost(struct thermal_zone *self) {
    for (size_t i = 0; i < self->count; i++)
        if (self->zones[i].thermometer.pause_ns > 0)
            self->zones[i].thermometer.due_ns = 0;
}

static void discover_again(struct thermal_zone *self, const struct perfadapt__read_context *context,
                           struct perfadapt_snapshot *snapshot) {
    if (context->resumed)
        look_for_lost(self);
    if ((self->discover_ns != 0 && context->now_ns >= self->discover_ns) || context->resumed) {
        discover(self, snapshot);
        find_limits_again(self, snapshot);
        self->discover_ns = 0;
    }
    if (self->discover_ns == 0)
        self->discover_ns = context->now_ns + (self->discovered ? rescan_period_ns : discovery_pause_ns);
}

/* ---- reading ---- */

/* A driver that was loaded anew has its zone under another number. */
static void find_again(struct thermal_zone *self, struct zone *zone) {
    uint32_t numbers[PERFADAPT_SENSORS_MAX];
    const ssize_t count =
        perfadapt__kernel_directory_numbers(self->root, CLASS_PATH, "thermal_zone", "", numbers, PERFADAPT_SENSORS_MAX);
    for (ssize_t i = 0; i < count; i++) {
        char type[sizeof zone->type];
        if (is_in_use(self, zone, numbers[i]) || !read_word(self, numbers[i], "type", type, sizeof type) ||
            strcmp(type, zone->type) != 0)
            continue;
        zone->number = numbers[i];
        return;
    }
}

static void close_zone(struct zone *zone) {
    perfadapt__kernel_file_close(&zone->thermometer.input_fd);
    perfadapt__kernel_file_close(&zone->mode_fd);
}

/* 0, or -errno where the zone may be disabled and could not be asked. */
static int open_zone(struct thermal_zone *self, struct zone *zone) {
    char path[96];
    close_zone(zone);
    if (zone->thermometer.pause_ns > 0)
        find_again(self, zone);
    zone_path(zone->number, "mode", path, sizeof path);
    const int fd = perfadapt__root_openat(self->root, path, 0);
    zone->mode_fd = fd >= 0 ? fd : -1;
    return perfadapt__kernel_file_is_shortage(fd) ? fd : 0;
}

static bool is_disabled(const struct zone *zone) {
    char mode[16];
    return zone->mode_fd >= 0 && perfadapt__fs_pread(zone->mode_fd, mode, sizeof mode) > 0 &&
           strncmp(mode, "disabled", 8) == 0;
}

static enum perfadapt_why read_millidegrees(struct thermal_zone *self, struct zone *zone, int64_t *out_millidegrees) {
    char path[96];
    char text[32];
    const int error = zone->thermometer.input_fd < 0 ? open_zone(self, zone) : 0;
    if (error)
        return perfadapt__fs_why(error);
    if (is_disabled(zone))
        return PERFADAPT_WHY_DISABLED;
    zone_path(zone->number, "temp", path, sizeof path);
    const ssize_t length =
        perfadapt__kernel_file_read(self->root, path, &zone->thermometer.input_fd, text, sizeof text);
    return perfadapt__kernel_file_number(text, length, sizeof text, out_millidegrees);
}

static void read_zone(struct thermal_zone *self, struct zone *zone, int64_t now_ns, struct perfadapt_sensor *sensor) {
    const int64_t started_ns = perfadapt__now_ns();
    const bool was_lost = sensor->why == PERFADAPT_WHY_VANISHED;
    int64_t millidegrees = 0;
    const enum perfadapt_why why = read_millidegrees(self, zone, &millidegrees);
    /* The firmware of Tegra answers EAGAIN for what it has switched off (kernel: drivers/thermal/tegra). */
    if (why == PERFADAPT_WHY_BUSY && strstr(self->compatible, "nvidia,tegra")) {
        perfadapt__thermometer_asleep(sensor, PERFADAPT_WHY_NONE);
        return;
    }
    perfadapt__thermometer_settle(&zone->thermometer, sensor, why, millidegrees, now_ns,
                                  perfadapt__now_ns() - started_ns);
    if (!was_lost && why == PERFADAPT_WHY_VANISHED)
        perfadapt__log(self->log, PERFADAPT_LOG_INFO, "thermal zone: %s is gone", zone->type);
}

static void thermal_zone_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                              struct perfadapt_snapshot *snapshot) {
    struct thermal_zone *self = (struct thermal_zone *)provider;
    discover_again(self, context, snapshot);
    for (size_t i = 0; i < self->count; i++) {
        struct zone *zone = &self->zones[i];
        if (!zone->left_alone && context->now_ns >= zone->thermometer.due_ns)
            read_zone(self, zone, context->now_ns, &snapshot->sensors[zone->thermometer.sensor]);
    }
}

/* ---- life ---- */

static void thermal_zone_destroy(struct perfadapt__provider *provider) {
    struct thermal_zone *self = (struct thermal_zone *)provider;
    for (size_t i = 0; i < self->count; i++)
        close_zone(&self->zones[i]);
    free(self);
}

static struct perfadapt__provider *thermal_zone_create(const struct perfadapt__provider_environment *environment,
                                                       struct perfadapt_snapshot *snapshot) {
    /* Where there is no class, as in most containers, nothing is plugged in either. */
    const int directory = perfadapt__root_openat(environment->root, CLASS_PATH, O_RDONLY | O_DIRECTORY);
    if (directory >= 0)
        close(directory);
    const bool absent = directory < 0 && !perfadapt__kernel_file_is_shortage(directory);
    struct thermal_zone *self = absent ? NULL : malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct thermal_zone, zones));
    self->base.type = &perfadapt__thermal_zone_provider;
    self->root = environment->root;
    self->log = environment->log;
    self->map = environment->map;
    find_compatible(self);
    discover(self, snapshot);
    return &self->base;
}

const struct perfadapt__provider_class perfadapt__thermal_zone_provider = {
    .name = "thermal_zone",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 100 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = false,
    .slow_when_cool = true,
    .create = thermal_zone_create,
    .destroy = thermal_zone_destroy,
    .read = thermal_zone_read,
};
