/* SPDX-License-Identifier: MIT */
#include "providers/cooling.h"

#include "core/clock.h"
#include "providers/kernel_file.h"
#include "providers/kernel_number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASS "/sys/class/thermal"
#define NUMBERS_MAX 256
#define DEVICES_MAX 64
#define SUBJECT_COUNT 3

static const size_t reads_at_once = 8;
static const int64_t search_period_ns = 60 * PERFADAPT__NS_PER_S;
static const int64_t search_soon_ns = 10 * PERFADAPT__NS_PER_S;

/* Evidence is merged by subject: an x86 machine has one device for each processor. */
static const enum perfadapt_sensor_role subjects[SUBJECT_COUNT] = {PERFADAPT_SENSOR_CPU, PERFADAPT_SENSOR_GPU,
                                                                   PERFADAPT_SENSOR_OTHER};

struct device {
    uint32_t number; /* of cooling_device<number> */
    enum perfadapt_sensor_role subject;
    char type[32];
    int64_t most;  /* max_state; 0 = unknown */
    int64_t state; /* as last read; negative = switched off */
    bool known;
    struct perfadapt__kernel_number file;
};

struct cooling {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    size_t count;
    ssize_t found; /* entries of the class at the last search */
    size_t next;   /* device that is read next */
    int64_t search_ns;
    int evidence[SUBJECT_COUNT];
    bool has_evidence[SUBJECT_COUNT];
    struct device devices[DEVICES_MAX]; /* those that there are not have never been written to */
};

/* ---- what a type means ---- */

static bool starts_with(const char *text, const char *const *prefixes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

bool perfadapt__cooling_subject(const char *type, enum perfadapt_sensor_role *out_subject) {
    static const char *const gpu_words[] = {"gpu", "mali", "panfrost", "panthor", "ga10b", "gv11b", "gp10b"};
    static const char *const cpu_prefixes[] = {"cpufreq-",         "thermal-cpufreq",   "cpu-cpufreq",
                                               "cpuidle-",         "thermal-idle",      "Processor",
                                               "intel_powerclamp", "cpu-throttle-alert"};
    static const char *const other_prefixes[] = {"devfreq-", "thermal-devfreq"};
    if (perfadapt__has_word(type, "fan"))
        return false;
    for (size_t i = 0; i < COUNT_OF(gpu_words); i++) {
        if (!perfadapt__has_word(type, gpu_words[i]))
            continue;
        *out_subject = PERFADAPT_SENSOR_GPU;
        return true;
    }
    /* "thermal-devfreq-0" is a GPU on one board, and a memory controller on another. */
    *out_subject =
        starts_with(type, cpu_prefixes, COUNT_OF(cpu_prefixes)) ? PERFADAPT_SENSOR_CPU : PERFADAPT_SENSOR_OTHER;
    return *out_subject == PERFADAPT_SENSOR_CPU || starts_with(type, other_prefixes, COUNT_OF(other_prefixes));
}

/* ---- which there are ---- */

static ssize_t read_file(const struct cooling *self, uint32_t number, const char *file, char *out, size_t capacity) {
    char path[96];
    snprintf(path, sizeof path, CLASS "/cooling_device%u/%s", (unsigned)number, file);
    return perfadapt__fs_read_once(self->root, path, out, capacity);
}

/* False where descriptors were short. */
static bool consider(struct cooling *self, uint32_t number) {
    char text[32];
    struct device *device = &self->devices[self->count];
    *device = (struct device){.number = number};
    perfadapt__kernel_number_init(&device->file);
    ssize_t length = read_file(self, number, "type", device->type, sizeof device->type);
    if (length < 0)
        return !perfadapt__kernel_file_is_shortage(length);
    perfadapt__fs_trim(device->type);
    if (!perfadapt__cooling_subject(device->type, &device->subject))
        return true;
    length = read_file(self, number, "max_state", text, sizeof text);
    if (perfadapt__kernel_file_number(text, length, sizeof text, &device->most) != PERFADAPT_WHY_NONE)
        device->most = 0;
    self->count++;
    return true;
}

static void close_devices(struct cooling *self) {
    for (size_t i = 0; i < self->count; i++)
        perfadapt__kernel_number_close(&self->devices[i].file);
    self->count = self->next = 0;
}

static void add_evidence(struct cooling *self, struct perfadapt_snapshot *snapshot) {
    static const char *const names[SUBJECT_COUNT] = {"processors", "gpus", "devices"};
    for (size_t s = 0; s < SUBJECT_COUNT; s++) {
        const struct device *first = NULL;
        size_t count = 0;
        for (size_t i = 0; i < self->count; i++) {
            if (self->devices[i].subject != subjects[s])
                continue;
            first = first ? first : &self->devices[i];
            count++;
        }
        if (count == 0 || self->has_evidence[s])
            continue;
        self->evidence[s] =
            perfadapt__evidence_add(snapshot, subjects[s], "cooling_device", count == 1 ? first->type : names[s]);
        self->has_evidence[s] = true;
    }
}

static ssize_t list(const struct cooling *self, uint32_t *out_numbers) {
    return perfadapt__kernel_directory_numbers(self->root, CLASS, "cooling_device", "", out_numbers, NUMBERS_MAX);
}

/* False where it could not be told for want of descriptors. */
static bool search(struct cooling *self, struct perfadapt_snapshot *snapshot) {
    uint32_t numbers[NUMBERS_MAX];
    bool complete = true;
    close_devices(self);
    self->found = list(self, numbers);
    for (ssize_t i = 0; i < self->found && complete && self->count < DEVICES_MAX; i++)
        complete = consider(self, numbers[i]);
    if (!complete)
        self->found = -1;
    add_evidence(self, snapshot);
    return self->found >= 0;
}

/* ---- reading ---- */

static bool is_lost(enum perfadapt_why why) {
    return why == PERFADAPT_WHY_VANISHED || why == PERFADAPT_WHY_MISSING;
}

/* False where the device is gone. */
static bool read_state(const struct cooling *self, struct device *device, int64_t now_ns) {
    const enum perfadapt_why why =
        perfadapt__kernel_number_read(self->root, &device->file, now_ns, &device->state,
                                      CLASS "/cooling_device%u/cur_state", (unsigned)device->number);
    /* A state beyond the highest is garbage; intel_powerclamp is -1 while it is off. */
    device->known = why == PERFADAPT_WHY_NONE && (device->most <= 0 || device->state <= device->most);
    return !is_lost(why);
}

static bool is_worse(const struct device *a, const struct device *b) {
    if (!b)
        return true;
    const double most_a = a->most > 0 ? (double)a->most : 1;
    const double most_b = b->most > 0 ? (double)b->most : 1;
    return (double)a->state * most_b > (double)b->state * most_a;
}

static void give_evidence(const struct cooling *self, size_t s, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    const struct device *worst = NULL;
    bool unread = false;
    for (size_t i = 0; i < self->count; i++) {
        const struct device *device = &self->devices[i];
        if (device->subject != subjects[s])
            continue;
        unread |= !device->known && device->file.why == PERFADAPT_WHY_NONE && device->file.fd < 0;
        if (device->known && is_worse(device, worst))
            worst = device;
    }
    if (!worst) {
        if (!unread)
            perfadapt__evidence_none(snapshot, self->evidence[s], PERFADAPT_STATE_ERROR);
        return;
    }
    char text[96];
    const bool slows = worst->state > 0;
    const int length = snprintf(text, sizeof text, "%s %u: state %lld", worst->type, (unsigned)worst->number,
                                (long long)(slows ? worst->state : 0));
    if (worst->most > 0 && length > 0 && (size_t)length < sizeof text)
        snprintf(text + length, sizeof text - (size_t)length, " of %lld", (long long)worst->most);
    perfadapt__evidence_set(snapshot, self->evidence[s], slows ? PERFADAPT__CLAIM(THERMAL) : PERFADAPT__CLAIM(NONE),
                            text, now_ns);
}

static bool has_changed(const struct cooling *self) {
    uint32_t numbers[NUMBERS_MAX];
    const ssize_t found = list(self, numbers);
    return found >= 0 && found != self->found;
}

static void cooling_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                         struct perfadapt_snapshot *snapshot) {
    struct cooling *self = (struct cooling *)provider;
    const int64_t now_ns = context->now_ns;
    bool lost = self->found < 0;
    if (self->search_ns == 0)
        self->search_ns = now_ns + (lost ? search_soon_ns : search_period_ns);
    const size_t reads = self->count < reads_at_once ? self->count : reads_at_once;
    for (size_t i = 0; i < reads; i++) {
        lost |= !read_state(self, &self->devices[self->next], now_ns);
        self->next = (self->next + 1) % self->count;
    }
    if (lost && self->search_ns > now_ns + search_soon_ns)
        self->search_ns = now_ns + search_soon_ns;
    if (now_ns >= self->search_ns) {
        if (lost || has_changed(self))
            search(self, snapshot);
        self->search_ns = now_ns + search_period_ns;
    }
    for (size_t s = 0; s < SUBJECT_COUNT; s++)
        if (self->has_evidence[s])
            give_evidence(self, s, now_ns, snapshot);
}

static void cooling_destroy(struct perfadapt__provider *provider) {
    close_devices((struct cooling *)provider);
    free(provider);
}

static struct perfadapt__provider *cooling_create(const struct perfadapt__provider_environment *environment,
                                                  struct perfadapt_snapshot *snapshot) {
    struct cooling *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, offsetof(struct cooling, devices));
    self->base.type = &perfadapt__cooling_provider;
    self->root = environment->root;
    for (size_t s = 0; s < SUBJECT_COUNT; s++)
        self->evidence[s] = -1;
    if (search(self, snapshot) && self->count == 0) {
        cooling_destroy(&self->base);
        return NULL;
    }
    return &self->base;
}

const struct perfadapt__provider_class perfadapt__cooling_provider = {
    .name = "cooling",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = PERFADAPT__NS_PER_S,
    .fast_with_frames = false,
    .create = cooling_create,
    .destroy = cooling_destroy,
    .read = cooling_read,
};
