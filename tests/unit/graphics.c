/* SPDX-License-Identifier: MIT */
#include "graphics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *broken_end;
static int broken_error;

void graphics_break(const char *path_end, int error) {
    broken_end = path_end;
    broken_error = error;
}

static bool is_broken(int fd) {
    char link[32];
    char path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (!broken_end)
        return false;
    const ssize_t length = readlink(link, path, sizeof path - 1);
    const size_t end = strlen(broken_end);
    return length >= (ssize_t)end && memcmp(path + (size_t)length - end, broken_end, end) == 0;
}

/* Stands in for the C library's: no plain file can be made to answer EPERM or EBUSY. */
ssize_t pread(int fd, void *buffer, size_t count, off_t offset) {
    if (is_broken(fd)) {
        errno = broken_error;
        return -1;
    }
    return syscall(SYS_pread64, fd, buffer, count, offset);
}

void graphics_add(struct fixture *fixture, const char *device, unsigned number, const char *uevent) {
    char path[256];
    char target[256];
    snprintf(path, sizeof path, "%s/uevent", device);
    fixture_file(fixture, path, uevent);
    snprintf(path, sizeof path, "%s/drm/card%u/device", device, number);
    fixture_link(fixture, path, "../..");
    snprintf(path, sizeof path, "/sys/class/drm/card%u", number);
    snprintf(target, sizeof target, "../../..%s/drm/card%u", device, number);
    fixture_link(fixture, path, target);
}

void graphics_set_bytes(struct fixture *fixture, const char *file, const void *bytes, size_t length) {
    char path[256];
    snprintf(path, sizeof path, CARD_DEVICE "/%s", file);
    fixture_bytes(fixture, path, bytes, length);
}

void graphics_set(struct fixture *fixture, const char *file, const char *text) {
    graphics_set_bytes(fixture, file, text, strlen(text));
}

void graphics_read(struct fixture *fixture, int64_t now_ms, bool frames_flow, bool resumed) {
    const struct perfadapt__read_context context = {
        .now_ns = now_ms * 1000000, .gpu_busy = (double)NAN, .frames_flow = frames_flow, .resumed = resumed};
    assert_non_null(fixture->provider);
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
}

int graphics_watch(struct fixture *fixture) {
    static const char *const below[] = {
        "", "/hwmon/hwmon4", "/drm/card1", "/drm/card1/gt/gt0", "/tile0/gt0/freq0", "/tile0/gt0/freq0/throttle"};
    const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (size_t i = 0; watch >= 0 && i < sizeof below / sizeof below[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s" CARD_DEVICE "%s", fixture->path, below[i]);
        if (access(path, F_OK) == 0 && inotify_add_watch(watch, path, IN_OPEN | IN_ACCESS) < 0) {
            close(watch);
            return -1;
        }
    }
    return watch;
}

static bool wakes(const char *name) {
    return *name && strcmp(name, "uevent") != 0 && strcmp(name, "power_state") != 0 && strcmp(name, "power") != 0;
}

bool graphics_touched(int watch) {
    _Alignas(struct inotify_event) char events[4096];
    bool touched = false;
    ssize_t length;
    while ((length = read(watch, events, sizeof events)) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + at);
            touched |= event->len > 0 && !(event->mask & IN_ISDIR) && wakes(event->name);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return touched;
}

struct perfadapt_gpu *graphics_gpu(struct fixture *fixture, const char *id) {
    for (uint32_t i = 0; i < fixture->snapshot.gpu_count; i++)
        if (strcmp(fixture->snapshot.gpus[i].id, id) == 0)
            return &fixture->snapshot.gpus[i];
    fail_msg("no gpu %s", id);
    return NULL;
}

bool graphics_recording(const char *below, char *out, size_t capacity) {
    const char *set = getenv("PERFADAPT_CORPORA");
    snprintf(out, capacity, "%s/sysfs/%s", set && *set ? set : PERFADAPT_SOURCE_DIR "/../shared/corpora", below);
    return access(out, R_OK) == 0;
}

bool graphics_lay_card(struct fixture *fixture, const char *tree, const char *card) {
    char below[128];
    char from[600];
    char path[128];
    snprintf(below, sizeof below, "LACT/%s/%s", tree, card);
    if (!graphics_recording(below, from, sizeof from))
        return false;
    snprintf(path, sizeof path, "/sys/class/drm/%s", card);
    fixture_copy(fixture, from, path);
    return true;
}
