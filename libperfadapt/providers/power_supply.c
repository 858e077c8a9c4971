/* SPDX-License-Identifier: MIT */
#include "providers/power_supply.h"

#include "core/clock.h"
#include "core/entries.h"
#include "providers/kernel_file.h"
#include "providers/kernel_number.h"
#include "providers/platform_profile.h"
#include "providers/rapl.h"
#include "providers/supply.h"

#include <errno.h>
#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASS "/sys/class/power_supply"
#define SUPPLIES_MAX 16

static const int64_t usual_pause_ns = 5 * PERFADAPT__NS_PER_S;
static const int64_t slow_pause_ns = 30 * PERFADAPT__NS_PER_S;
static const int64_t slow_above_ns = 20 * PERFADAPT__NS_PER_MS;
static const int64_t search_pause_ns = 60 * PERFADAPT__NS_PER_S;

struct source {
    char name[64];
    enum perfadapt__supply_kind kind; /* of its `type`: older kernels leave it out of the uevent */
    bool of_device;
    int uevent_fd;
    struct perfadapt__kernel_number files[PERFADAPT__SUPPLY_FIGURE_COUNT]; /* of what the uevent lacks */
};

struct power_supply {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    size_t count;
    int64_t due_ns;    /* of the supplies */
    int64_t search_ns; /* next look for others; 0 = not set */
    bool incomplete;   /* descriptors were short, or one is gone */
    struct perfadapt__rapl rapl;
    struct perfadapt__platform_profile profile;
    struct perfadapt__supply supplies[SUPPLIES_MAX]; /* as last read */
    struct source sources[SUPPLIES_MAX];             /* those that there are not have never been written to */
};

/* Some embedded controllers keep the caller waiting for tens of milliseconds. */
int64_t perfadapt__power_supply_pause_ns(int64_t cost_ns) {
    return cost_ns > slow_above_ns ? slow_pause_ns : usual_pause_ns;
}

/* ---- which there are ---- */

static ssize_t read_file(const struct power_supply *self, const char *name, const char *file, char *out,
                         size_t capacity) {
    char path[160];
    snprintf(path, sizeof path, CLASS "/%s/%s", name, file);
    return perfadapt__fs_read_once(self->root, path, out, capacity);
}

static void add_source(struct power_supply *self, const char *name) {
    char text[32];
    struct source *source = &self->sources[self->count];
    if (strlen(name) >= sizeof source->name || self->count == SUPPLIES_MAX)
        return;
    *source = (struct source){.uevent_fd = -1};
    snprintf(source->name, sizeof source->name, "%.*s", (int)sizeof source->name - 1, name);
    for (size_t i = 0; i < PERFADAPT__SUPPLY_FIGURE_COUNT; i++)
        perfadapt__kernel_number_init(&source->files[i]);
    const ssize_t length = read_file(self, name, "type", text, sizeof text);
    self->incomplete |= perfadapt__kernel_file_is_shortage(length);
    source->kind = perfadapt__supply_kind_of(text);
    read_file(self, name, "scope", text, sizeof text);
    source->of_device = strncmp(text, "Device", 6) == 0;
    self->supplies[self->count++] = (struct perfadapt__supply){.kind = source->kind, .of_device = source->of_device};
}

static void close_sources(struct power_supply *self) {
    for (size_t s = 0; s < self->count; s++) {
        perfadapt__kernel_file_close(&self->sources[s].uevent_fd);
        for (size_t i = 0; i < PERFADAPT__SUPPLY_FIGURE_COUNT; i++)
            perfadapt__kernel_number_close(&self->sources[s].files[i]);
    }
    self->count = 0;
}

/* The count of entries, or -errno; adds them where `self` is to know them. */
static ssize_t walk(const struct perfadapt__root *root, struct power_supply *self) {
    struct perfadapt__entries entries;
    ssize_t count = 0;
    const int error = perfadapt__entries_open(root, CLASS, &entries);
    if (error)
        return error == -ENOENT || error == -ENOTDIR ? 0 : error;
    for (const char *name; (name = perfadapt__entries_next(&entries)); count++)
        if (self)
            add_source(self, name);
    return count;
}

static void search(struct power_supply *self) {
    close_sources(self);
    self->incomplete = false;
    self->incomplete |= walk(self->root, self) < 0;
}

/* ---- supplies ---- */

static bool lacks(const struct perfadapt__supply *supply, enum perfadapt__supply_figure figure) {
    return !(supply->known & (UINT32_C(1) << figure));
}

static void read_figure(const struct power_supply *self, struct source *source, enum perfadapt__supply_figure figure,
                        int64_t now_ns, struct perfadapt__supply *supply) {
    if (lacks(supply, figure) &&
        perfadapt__kernel_number_read(self->root, &source->files[figure], now_ns, &supply->figures[figure],
                                      CLASS "/%s/%s", source->name,
                                      perfadapt__supply_figure_files[figure]) == PERFADAPT_WHY_NONE)
        supply->known |= UINT32_C(1) << figure;
}

static void read_status(const struct power_supply *self, const struct source *source,
                        struct perfadapt__supply *supply) {
    char text[24];
    if (read_file(self, source->name, "status", text, sizeof text) > 0)
        supply->status = perfadapt__supply_status_of(text);
}

/* What the uevent lacks, and only what is needed. */
static void complete(const struct power_supply *self, struct source *source, int64_t now_ns,
                     struct perfadapt__supply *supply) {
    double value;
    double full_wh;
    if (supply->of_device || supply->kind == PERFADAPT__SUPPLY_OTHER)
        return;
    if (supply->kind == PERFADAPT__SUPPLY_MAINS) {
        read_figure(self, source, PERFADAPT__SUPPLY_ONLINE, now_ns, supply);
        return;
    }
    if (supply->status == PERFADAPT__SUPPLY_STATUS_UNKNOWN)
        read_status(self, source, supply);
    if (!perfadapt__supply_charge(supply, &value, &full_wh))
        for (unsigned i = PERFADAPT__SUPPLY_ENERGY_NOW; i <= PERFADAPT__SUPPLY_CAPACITY; i++)
            read_figure(self, source, (enum perfadapt__supply_figure)i, now_ns, supply);
    if (!perfadapt__supply_watts(supply, &value) && supply->status == PERFADAPT__SUPPLY_STATUS_DISCHARGING)
        for (unsigned i = PERFADAPT__SUPPLY_POWER_NOW; i <= PERFADAPT__SUPPLY_VOLTAGE_NOW; i++)
            read_figure(self, source, (enum perfadapt__supply_figure)i, now_ns, supply);
}

static void read_supply(struct power_supply *self, size_t index, int64_t now_ns) {
    struct source *source = &self->sources[index];
    struct perfadapt__supply supply = {.kind = source->kind, .of_device = source->of_device};
    char path[160] = "";
    char text[4096];
    if (source->of_device)
        return; /* a look at a mouse's battery is a radio message */
    if (source->uevent_fd < 0)
        snprintf(path, sizeof path, CLASS "/%s/uevent", source->name);
    const ssize_t length = perfadapt__kernel_file_read(self->root, path, &source->uevent_fd, text, sizeof text);
    self->incomplete |= length == -ENODEV || perfadapt__kernel_file_is_shortage(length);
    if (length >= 0)
        perfadapt__supply_parse(text, &supply);
    if (length != -ENODEV)
        complete(self, source, now_ns, &supply);
    self->supplies[index] = supply;
}

static void put(struct perfadapt_metric *metric, bool has, bool known, double value, enum perfadapt_unit unit,
                int64_t now_ns) {
    if (!has)
        *metric = perfadapt__metric_none(unit, PERFADAPT_STATE_UNSUPPORTED);
    else if (known)
        *metric = perfadapt__metric_ok(value, unit, now_ns);
    else
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
}

struct batteries {
    size_t count;
    double ratio_sum; /* NAN: of one it is not known */
    double held_wh;   /* NAN: likewise */
    double full_wh;
    double watts;
};

static struct batteries sum_batteries(const struct power_supply *self) {
    struct batteries sum = {0};
    for (size_t i = 0; i < self->count; i++) {
        double ratio;
        double full_wh;
        double watts;
        if (!perfadapt__supply_is_battery(&self->supplies[i]))
            continue;
        sum.count++;
        if (!perfadapt__supply_charge(&self->supplies[i], &ratio, &full_wh))
            ratio = full_wh = (double)NAN;
        sum.ratio_sum += ratio;
        sum.held_wh += ratio * full_wh;
        sum.full_wh += full_wh;
        sum.watts += perfadapt__supply_watts(&self->supplies[i], &watts) ? watts : (double)NAN;
    }
    return sum;
}

/* By their energies; where these are not known of all, as if all were of one size. */
static void put_supplies(const struct power_supply *self, int64_t now_ns, struct perfadapt_power *power) {
    const struct batteries sum = sum_batteries(self);
    const double ratio = isnan(sum.full_wh) ? sum.ratio_sum / (double)(sum.count ? sum.count : 1)
                                            : sum.held_wh / (sum.count ? sum.full_wh : 1);
    const int on_ac = perfadapt__supply_on_ac(self->supplies, self->count);
    put(&power->on_ac, on_ac >= 0 || sum.count > 0, on_ac >= 0, on_ac, PERFADAPT_UNIT_NONE, now_ns);
    put(&power->battery, sum.count > 0, !isnan(ratio), ratio, PERFADAPT_UNIT_RATIO, now_ns);
    put(&power->battery_power, sum.count > 0, !isnan(sum.watts), sum.watts, PERFADAPT_UNIT_WATT, now_ns);
}

static void read_supplies(struct power_supply *self, int64_t now_ns, struct perfadapt_power *power) {
    const int64_t started_ns = perfadapt__now_ns();
    for (size_t i = 0; i < self->count; i++)
        read_supply(self, i, now_ns);
    self->due_ns = now_ns + perfadapt__power_supply_pause_ns(perfadapt__now_ns() - started_ns);
    put_supplies(self, now_ns, power);
}

static void search_again(struct power_supply *self, int64_t now_ns) {
    if (self->search_ns == 0)
        self->search_ns = now_ns + search_pause_ns;
    if (!self->incomplete && now_ns < self->search_ns)
        return;
    self->search_ns = now_ns + search_pause_ns;
    if (self->incomplete || walk(self->root, NULL) != (ssize_t)self->count)
        search(self);
}

/* ---- life ---- */

static void power_supply_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                              struct perfadapt_snapshot *snapshot) {
    struct power_supply *self = (struct power_supply *)provider;
    if (context->resumed)
        self->due_ns = self->profile.due_ns = 0;
    if (context->now_ns >= self->due_ns) {
        search_again(self, context->now_ns);
        read_supplies(self, context->now_ns, &snapshot->power);
    }
    perfadapt__rapl_read(&self->rapl, context, snapshot);
    perfadapt__platform_profile_read(&self->profile, context->now_ns, snapshot);
}

static bool power_supply_triggered(struct perfadapt__provider *provider, int fd, uint32_t events,
                                   struct perfadapt_snapshot *snapshot) {
    (void)events;
    (void)snapshot;
    return perfadapt__platform_profile_triggered(&((struct power_supply *)provider)->profile, fd);
}

static void power_supply_destroy(struct perfadapt__provider *provider) {
    struct power_supply *self = (struct power_supply *)provider;
    close_sources(self);
    perfadapt__rapl_finish(&self->rapl);
    perfadapt__platform_profile_finish(&self->profile);
    free(self);
}

static void mark(const struct power_supply *self, struct perfadapt_power *power) {
    const enum perfadapt_state state =
        self->count > 0 || self->incomplete ? PERFADAPT_STATE_INIT : PERFADAPT_STATE_UNSUPPORTED;
    power->on_ac = perfadapt__metric_none(PERFADAPT_UNIT_NONE, state);
    power->battery = perfadapt__metric_none(PERFADAPT_UNIT_RATIO, state);
    power->battery_power = perfadapt__metric_none(PERFADAPT_UNIT_WATT, state);
}

static struct perfadapt__provider *power_supply_create(const struct perfadapt__provider_environment *environment,
                                                       struct perfadapt_snapshot *snapshot) {
    struct power_supply *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct power_supply, sources));
    self->base.type = &perfadapt__power_supply_provider;
    self->root = environment->root;
    search(self);
    mark(self, &snapshot->power);
    perfadapt__rapl_init(&self->rapl, self->root, snapshot);
    perfadapt__platform_profile_init(&self->profile, environment, snapshot);
    if (self->count > 0 || self->incomplete || self->rapl.count > 0 || self->profile.present)
        return &self->base;
    power_supply_destroy(&self->base);
    return NULL;
}

const struct perfadapt__provider_class perfadapt__power_supply_provider = {
    .name = "power_supply",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = PERFADAPT__NS_PER_S,
    .fast_with_frames = false,
    .asks_devices = true,
    .create = power_supply_create,
    .destroy = power_supply_destroy,
    .read = power_supply_read,
    .triggered = power_supply_triggered,
};
