/* SPDX-License-Identifier: MIT */
#include "providers/platform_profile.h"

#include "core/clock.h"
#include "providers/kernel_file.h"
#include "providers/pause.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define PROFILE_PATH "/sys/firmware/acpi/platform_profile"

static const int64_t period_ns = 5 * PERFADAPT__NS_PER_S;
static const int64_t watched_period_ns = 30 * PERFADAPT__NS_PER_S;

/* Profiles that cost performance by their own definition (kernel: ABI/testing/sysfs-platform_profile). */
static bool is_restrictive(const char *profile) {
    static const char *const names[] = {"low-power", "quiet", "cool"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(profile, names[i]) == 0)
            return true;
    return false;
}

static bool is_name(const char *text) {
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz-_0123456789") == strlen(text);
}

static void unwatch(struct perfadapt__platform_profile *self) {
    if (self->watched)
        perfadapt__watch_remove(self->watch, self->fd);
    self->watched = false;
}

static ssize_t read_name(struct perfadapt__platform_profile *self, char *out, size_t capacity) {
    const int fd = self->fd;
    if (fd >= 0) /* before it is closed, where the platform driver is gone */
        unwatch(self);
    const ssize_t length = perfadapt__kernel_file_read(self->root, PROFILE_PATH, &self->fd, out, capacity);
    perfadapt__fs_trim(out);
    /* Only after a read does a sysfs file wait for a change; without one it would be ready for ever. */
    if (length >= 0 && self->fd >= 0 && self->watch)
        self->watched = perfadapt__watch_add(self->watch, self->fd, EPOLLPRI);
    if (length >= 0 && ((size_t)length + 1 >= capacity || !is_name(out)))
        return -EINVAL;
    return length;
}

static void fail(struct perfadapt__platform_profile *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    self->pause_ns = perfadapt__pause_next(self->pause_ns);
    self->due_ns = now_ns + self->pause_ns;
    struct perfadapt_power *power = &snapshot->power;
    power->profile_state = power->profile[0] ? PERFADAPT_STATE_STALE : PERFADAPT_STATE_ERROR;
    perfadapt__evidence_none(snapshot, self->evidence, PERFADAPT_STATE_ERROR);
}

void perfadapt__platform_profile_read(struct perfadapt__platform_profile *self, int64_t now_ns,
                                      struct perfadapt_snapshot *snapshot) {
    struct perfadapt_power *power = &snapshot->power;
    char name[sizeof power->profile];
    char text[64];
    if (!self->present || now_ns < self->due_ns)
        return;
    if (read_name(self, name, sizeof name) < 0) {
        fail(self, now_ns, snapshot);
        return;
    }
    self->pause_ns = 0;
    self->due_ns = now_ns + (self->watched ? watched_period_ns : period_ns);
    memset(power->profile, 0, sizeof power->profile);
    snprintf(power->profile, sizeof power->profile, "%s", name);
    power->profile_state = PERFADAPT_STATE_OK;
    snprintf(text, sizeof text, "platform_profile %s", name);
    perfadapt__evidence_set(snapshot, self->evidence, is_restrictive(name) ? PERFADAPT__CLAIM(POLICY) : 0, text,
                            now_ns);
}

bool perfadapt__platform_profile_triggered(struct perfadapt__platform_profile *self, int fd) {
    if (!self->present || fd != self->fd || fd < 0)
        return false;
    self->due_ns = 0;
    return true;
}

void perfadapt__platform_profile_init(struct perfadapt__platform_profile *self,
                                      const struct perfadapt__provider_environment *environment,
                                      struct perfadapt_snapshot *snapshot) {
    char text[sizeof snapshot->power.profile];
    *self = (struct perfadapt__platform_profile){
        .root = environment->root, .watch = environment->watch, .fd = -1, .evidence = -1};
    const ssize_t length = perfadapt__fs_read_once(self->root, PROFILE_PATH, text, sizeof text);
    self->present = length != -ENOENT && length != -ENOTDIR;
    snapshot->power.profile_state = self->present ? PERFADAPT_STATE_INIT : PERFADAPT_STATE_UNSUPPORTED;
    snapshot->power.profile[0] = '\0';
    if (self->present)
        self->evidence = perfadapt__evidence_add(snapshot, PERFADAPT_SENSOR_OTHER, "platform_profile", "platform");
}

void perfadapt__platform_profile_finish(struct perfadapt__platform_profile *self) {
    unwatch(self);
    perfadapt__kernel_file_close(&self->fd);
}
