/* SPDX-License-Identifier: MIT */
#include "providers/cgroup.h"

#include "core/clock.h"
#include "core/log.h"
#include "providers/cgroup_path.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Levels whose limits are watched, from the own cgroup upwards; a desktop's app sits five deep. */
#define LEVELS_MAX 12
#define LIMITS_PER_LEVEL 2
#define FILE_PATH_MAX (PERFADAPT__CGROUP_PATH_MAX + 64)

static const int64_t recheck_ns = 30 * PERFADAPT__NS_PER_S;

/* The page counter's maximum is LONG_MAX rounded down to a page: with pages of up to 64 KiB nothing above this is a
 * limit somebody set. */
static const uint64_t unlimited_bytes = UINT64_C(0x7fffffffffff0000);

struct dialect {
    const char *limits[LIMITS_PER_LEVEL]; /* NULL = no such file */
    const char *current;
    const char *inactive_key;
};

static const struct dialect dialects[] = {
    [PERFADAPT__CGROUP_V2] = {{"memory.max", "memory.high"}, "memory.current", "inactive_file "},
    [PERFADAPT__CGROUP_V1_MEMORY] = {{"memory.limit_in_bytes", NULL}, "memory.usage_in_bytes", "total_inactive_file "},
};

struct cgroup {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    const struct dialect *dialect;
    struct perfadapt__cgroup_path own;
    struct perfadapt__cgroup_watch watch;
    int limit_fds[LEVELS_MAX * LIMITS_PER_LEVEL];
    size_t limit_count;
    bool denied; /* a limit exists that may not be read */
    int current_fd;
    int stat_fd;
    int64_t resolved_ns;
};

/* ---- files ---- */

static void close_files(struct cgroup *self) {
    for (size_t i = 0; i < self->limit_count; i++)
        perfadapt__kernel_file_close(&self->limit_fds[i]);
    self->limit_count = 0;
    perfadapt__kernel_file_close(&self->current_fd);
    perfadapt__kernel_file_close(&self->stat_fd);
}

static int open_in(const struct cgroup *self, const struct perfadapt__cgroup_path *directory, const char *name) {
    char path[FILE_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory->path, name);
    return perfadapt__root_openat(self->root, path, 0);
}

static void open_limits_of(struct cgroup *self, const struct perfadapt__cgroup_path *level) {
    for (size_t i = 0; i < LIMITS_PER_LEVEL && self->dialect->limits[i]; i++) {
        const int fd = open_in(self, level, self->dialect->limits[i]);
        if (fd >= 0)
            self->limit_fds[self->limit_count++] = fd;
        else if (fd == -EACCES || fd == -EPERM)
            self->denied = true;
    }
}

static void open_limits(struct cgroup *self) {
    struct perfadapt__cgroup_path level = self->own;
    self->denied = false;
    for (size_t depth = 0; depth < LEVELS_MAX; depth++) {
        open_limits_of(self, &level);
        if (!perfadapt__cgroup_to_parent(&level))
            return;
    }
}

/* True where the hierarchy accounts memory: on hybrid hosts version 2 is mounted without it. */
static bool open_hierarchy(struct cgroup *self, enum perfadapt__cgroup_hierarchy hierarchy) {
    if (!perfadapt__cgroup_resolve(self->root, hierarchy, &self->own))
        return false;
    self->dialect = &dialects[hierarchy];
    open_limits(self);
    self->current_fd = open_in(self, &self->own, self->dialect->current);
    self->stat_fd = open_in(self, &self->own, "memory.stat");
    const bool accounts = self->limit_count > 0 || self->denied || self->current_fd >= 0;
    if (self->current_fd < 0)
        self->current_fd = -1;
    if (self->stat_fd < 0)
        self->stat_fd = -1;
    if (!accounts)
        close_files(self);
    return accounts;
}

static bool open_any(struct cgroup *self) {
    return open_hierarchy(self, PERFADAPT__CGROUP_V2) || open_hierarchy(self, PERFADAPT__CGROUP_V1_MEMORY);
}

/* ---- readings ---- */

enum reading { READING_OK, READING_NONE, READING_BAD };

/* A number, or "max" for none. */
static enum reading read_bytes(int fd, uint64_t *out_bytes) {
    char text[64];
    if (perfadapt__fs_pread(fd, text, sizeof text) < 0)
        return READING_BAD;
    perfadapt__fs_trim(text);
    if (strcmp(text, "max") == 0)
        return READING_NONE;
    const char *at = text;
    uint64_t bytes;
    if (!perfadapt__fs_parse_u64(&at, &bytes) || *at)
        return READING_BAD;
    *out_bytes = bytes;
    return bytes >= unlimited_bytes ? READING_NONE : READING_OK;
}

static void read_limit(struct cgroup *self, int64_t now_ns, struct perfadapt_metric *metric) {
    uint64_t lowest = UINT64_MAX;
    bool bad = self->denied;
    for (size_t i = 0; i < self->limit_count; i++) {
        uint64_t bytes = UINT64_MAX;
        const enum reading reading = read_bytes(self->limit_fds[i], &bytes);
        if (reading == READING_OK && bytes < lowest)
            lowest = bytes;
        bad |= reading == READING_BAD;
    }
    if (lowest != UINT64_MAX)
        *metric = perfadapt__metric_ok((double)lowest, PERFADAPT_UNIT_BYTES, now_ns);
    else if (bad)
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    else
        *metric = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
}

/* Page cache that can go at once is no use of memory. Where it is not told, the use is an upper bound. */
static uint64_t read_inactive(const struct cgroup *self) {
    char text[8192];
    if (self->stat_fd < 0 || perfadapt__fs_pread(self->stat_fd, text, sizeof text) < 0)
        return 0;
    const char *key = self->dialect->inactive_key;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        uint64_t bytes;
        const char *at = line + strlen(key);
        if (strncmp(line, key, strlen(key)) == 0)
            return perfadapt__fs_parse_u64(&at, &bytes) ? bytes : 0;
    }
    return 0;
}

static void read_current(struct cgroup *self, int64_t now_ns, struct perfadapt_metric *metric) {
    if (self->current_fd < 0) {
        *metric = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
        return;
    }
    uint64_t current = 0;
    if (read_bytes(self->current_fd, &current) != READING_OK) {
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
        return;
    }
    const uint64_t inactive = read_inactive(self);
    const uint64_t used = current > inactive ? current - inactive : 0;
    *metric = perfadapt__metric_ok((double)used, PERFADAPT_UNIT_BYTES, now_ns);
}

/* A cgroup that was removed leaves files that fail; one that the process has left goes on answering. */
static void follow(struct cgroup *self, int64_t now_ns) {
    const bool moved = perfadapt__cgroup_watch_moved(&self->watch, self->root);
    if (!moved && now_ns - self->resolved_ns < recheck_ns)
        return;
    if (moved)
        perfadapt__log(self->log, PERFADAPT_LOG_DEBUG, "cgroup: the process was moved");
    close_files(self);
    open_any(self);
    self->resolved_ns = now_ns;
}

static void cgroup_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                        struct perfadapt_snapshot *snapshot) {
    struct cgroup *self = (struct cgroup *)provider;
    follow(self, context->now_ns);
    read_limit(self, context->now_ns, &snapshot->memory.cgroup_limit);
    read_current(self, context->now_ns, &snapshot->memory.cgroup_current);
}

/* ---- life ---- */

static struct perfadapt__provider *cgroup_create(const struct perfadapt__provider_environment *environment,
                                                 struct perfadapt_snapshot *snapshot) {
    snapshot->memory.cgroup_limit = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
    snapshot->memory.cgroup_current = snapshot->memory.cgroup_limit;
    struct cgroup *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->base.type = &perfadapt__cgroup_provider;
    self->root = environment->root;
    self->log = environment->log;
    self->current_fd = -1;
    self->stat_fd = -1;
    self->resolved_ns = perfadapt__now_ns();
    if (!open_any(self)) {
        free(self);
        return NULL;
    }
    perfadapt__cgroup_watch_init(&self->watch, self->root);
    snapshot->memory.cgroup_limit.state = PERFADAPT_STATE_INIT;
    snapshot->memory.cgroup_current.state = PERFADAPT_STATE_INIT;
    return &self->base;
}

static void cgroup_destroy(struct perfadapt__provider *provider) {
    struct cgroup *self = (struct cgroup *)provider;
    close_files(self);
    perfadapt__cgroup_watch_finish(&self->watch);
    free(self);
}

const struct perfadapt__provider_class perfadapt__cgroup_provider = {
    .name = "cgroup",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 500 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = false,
    .create = cgroup_create,
    .destroy = cgroup_destroy,
    .read = cgroup_read,
};
