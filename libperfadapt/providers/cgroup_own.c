/* SPDX-License-Identifier: MIT */
#include "providers/cgroup_own.h"

#include "core/clock.h"
#include "providers/kernel_file.h"
#include "providers/provider.h"

#include <errno.h>

static const int64_t limits_period_ns = 5 * PERFADAPT__NS_PER_S;

/* ---- files ---- */

void perfadapt__cgroup_own_init(struct perfadapt__cgroup_own *self) {
    *self = (struct perfadapt__cgroup_own){.swap_fd = -1, .events_fd = -1, .oom_fd = -1};
}

void perfadapt__cgroup_own_close(struct perfadapt__cgroup_own *self) {
    perfadapt__cgroup_column_close(&self->swap_limit);
    perfadapt__cgroup_column_close(&self->limit);
    perfadapt__kernel_file_close(&self->swap_fd);
    perfadapt__kernel_file_close(&self->events_fd);
    perfadapt__kernel_file_close(&self->oom_fd);
    perfadapt__cgroup_own_init(self);
}

/* The descriptor; -1 = no such file, -2 = it cannot be read. */
static int open_file(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own, const char *name,
                     struct perfadapt__cgroup_own *self) {
    const int fd = perfadapt__cgroup_open(root, own, name);
    self->incomplete |= perfadapt__kernel_file_is_shortage(fd);
    if (fd >= 0)
        return fd;
    return fd == -ENOENT || fd == -ENOTDIR ? -1 : -2;
}

static void open_v2(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own,
                    struct perfadapt__cgroup_own *self) {
    perfadapt__cgroup_column_open(root, own, "memory.swap.max", &self->swap_limit);
    self->swap_fd = open_file(root, own, "memory.swap.current", self);
    /* memory.events counts what befell the cgroups below too; its local sister came with Linux 5.2. */
    self->events_fd = open_file(root, own, "memory.events.local", self);
    if (self->events_fd == -1)
        self->events_fd = open_file(root, own, "memory.events", self);
}

static void open_v1(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own,
                    struct perfadapt__cgroup_own *self) {
    perfadapt__cgroup_column_open(root, own, "memory.memsw.limit_in_bytes", &self->swap_limit);
    if (self->swap_limit.any) { /* else swap is not accounted */
        perfadapt__cgroup_column_open(root, own, "memory.limit_in_bytes", &self->limit);
        self->swap_fd = open_file(root, own, "memory.stat", self);
    }
    self->events_fd = open_file(root, own, "memory.failcnt", self);
    self->oom_fd = open_file(root, own, "memory.oom_control", self);
}

void perfadapt__cgroup_own_open(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own,
                                enum perfadapt__cgroup_hierarchy hierarchy, struct perfadapt__cgroup_own *self) {
    perfadapt__cgroup_own_close(self);
    self->is_v1 = hierarchy != PERFADAPT__CGROUP_V2;
    if (self->is_v1)
        open_v1(root, own, self);
    else
        open_v2(root, own, self);
    self->incomplete |= self->swap_limit.incomplete || self->limit.incomplete;
}

/* ---- readings ---- */

static void write_value(enum perfadapt__cgroup_value value, uint64_t number, enum perfadapt_unit unit, int64_t now_ns,
                        struct perfadapt_metric *metric) {
    if (value == PERFADAPT__CGROUP_VALUE)
        *metric = perfadapt__metric_ok((double)number, unit, now_ns);
    else if (value == PERFADAPT__CGROUP_BAD_VALUE)
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    else
        *metric = perfadapt__metric_none(unit, PERFADAPT_STATE_UNSUPPORTED);
}

/* Reads into `text`: NO_VALUE where there is no such file. */
static enum perfadapt__cgroup_value read_text(int fd, char *text, size_t capacity) {
    text[0] = '\0';
    if (fd == -1)
        return PERFADAPT__CGROUP_NO_VALUE;
    return fd >= 0 && perfadapt__fs_pread(fd, text, capacity) > 0 ? PERFADAPT__CGROUP_VALUE
                                                                  : PERFADAPT__CGROUP_BAD_VALUE;
}

static enum perfadapt__cgroup_value read_bytes(int fd, uint64_t *out_bytes) {
    char text[64];
    const enum perfadapt__cgroup_value value = read_text(fd, text, sizeof text);
    return value == PERFADAPT__CGROUP_VALUE ? perfadapt__cgroup_parse_bytes(text, out_bytes) : value;
}

/* A key that the file does not have is one that the kernel does not count. */
static void read_key(const char *text, enum perfadapt__cgroup_value readable, const char *key, enum perfadapt_unit unit,
                     int64_t now_ns, struct perfadapt_metric *metric) {
    uint64_t number = 0;
    if (readable == PERFADAPT__CGROUP_VALUE)
        readable = perfadapt__cgroup_parse_key(text, key, &number);
    write_value(readable, number, unit, now_ns, metric);
}

static enum perfadapt__cgroup_value read_swap_limit(const struct perfadapt__cgroup_own *self, size_t level,
                                                    uint64_t *out_bytes) {
    uint64_t memory = 0;
    const enum perfadapt__cgroup_value value = read_bytes(self->swap_limit.fds[level], out_bytes);
    if (value != PERFADAPT__CGROUP_VALUE || !self->is_v1)
        return value;
    const enum perfadapt__cgroup_value below = read_bytes(self->limit.fds[level], &memory);
    if (below == PERFADAPT__CGROUP_VALUE)
        *out_bytes = *out_bytes > memory ? *out_bytes - memory : 0;
    return below;
}

static void read_swap_limits(const struct perfadapt__cgroup_own *self, int64_t now_ns,
                             struct perfadapt_metric *metric) {
    bool bad = self->swap_limit.denied || self->limit.denied;
    uint64_t lowest = UINT64_MAX;
    for (size_t i = 0; i < self->swap_limit.count; i++) {
        uint64_t bytes = 0;
        const enum perfadapt__cgroup_value value = read_swap_limit(self, i, &bytes);
        bad |= value == PERFADAPT__CGROUP_BAD_VALUE;
        if (value == PERFADAPT__CGROUP_VALUE && bytes < lowest)
            lowest = bytes;
    }
    const enum perfadapt__cgroup_value none = bad ? PERFADAPT__CGROUP_BAD_VALUE : PERFADAPT__CGROUP_NO_VALUE;
    write_value(lowest != UINT64_MAX ? PERFADAPT__CGROUP_VALUE : none, lowest, PERFADAPT_UNIT_BYTES, now_ns, metric);
}

static void read_v2(const struct perfadapt__cgroup_own *self, int64_t now_ns, struct perfadapt_memory *memory) {
    char text[512];
    uint64_t swap = 0;
    const enum perfadapt__cgroup_value value = read_bytes(self->swap_fd, &swap);
    write_value(value, swap, PERFADAPT_UNIT_BYTES, now_ns, &memory->cgroup_swap);
    const enum perfadapt__cgroup_value events = read_text(self->events_fd, text, sizeof text);
    read_key(text, events, "high", PERFADAPT_UNIT_COUNT, now_ns, &memory->cgroup_high_events);
    read_key(text, events, "max", PERFADAPT_UNIT_COUNT, now_ns, &memory->cgroup_max_events);
    read_key(text, events, "oom_kill", PERFADAPT_UNIT_COUNT, now_ns, &memory->cgroup_oom_kills);
}

/* memory.stat makes the kernel add up all processors' counts: seldom. */
static void read_v1_swap(const struct perfadapt__cgroup_own *self, int64_t now_ns, struct perfadapt_metric *metric) {
    char text[8192];
    const enum perfadapt__cgroup_value readable = read_text(self->swap_fd, text, sizeof text);
    read_key(text, readable, "total_swap", PERFADAPT_UNIT_BYTES, now_ns, metric);
}

static void read_v1(const struct perfadapt__cgroup_own *self, int64_t now_ns, struct perfadapt_memory *memory) {
    char text[512];
    uint64_t failures = 0;
    const enum perfadapt__cgroup_value counted = read_bytes(self->events_fd, &failures);
    write_value(counted, failures, PERFADAPT_UNIT_COUNT, now_ns, &memory->cgroup_max_events);
    const enum perfadapt__cgroup_value readable = read_text(self->oom_fd, text, sizeof text);
    read_key(text, readable, "oom_kill", PERFADAPT_UNIT_COUNT, now_ns, &memory->cgroup_oom_kills);
    write_value(PERFADAPT__CGROUP_NO_VALUE, 0, PERFADAPT_UNIT_COUNT, now_ns, &memory->cgroup_high_events);
}

static void fail_all(struct perfadapt_memory *memory) {
    perfadapt__metric_fail(&memory->cgroup_swap_limit, PERFADAPT_STATE_ERROR);
    perfadapt__metric_fail(&memory->cgroup_swap, PERFADAPT_STATE_ERROR);
    perfadapt__metric_fail(&memory->cgroup_high_events, PERFADAPT_STATE_ERROR);
    perfadapt__metric_fail(&memory->cgroup_max_events, PERFADAPT_STATE_ERROR);
    perfadapt__metric_fail(&memory->cgroup_oom_kills, PERFADAPT_STATE_ERROR);
}

void perfadapt__cgroup_own_read(struct perfadapt__cgroup_own *self, int64_t now_ns, struct perfadapt_memory *memory) {
    if (self->incomplete) {
        fail_all(memory);
        return;
    }
    if (now_ns >= self->limits_ns) {
        self->limits_ns = now_ns + limits_period_ns;
        read_swap_limits(self, now_ns, &memory->cgroup_swap_limit);
        if (self->is_v1)
            read_v1_swap(self, now_ns, &memory->cgroup_swap);
    }
    if (self->is_v1)
        read_v1(self, now_ns, memory);
    else
        read_v2(self, now_ns, memory);
}
