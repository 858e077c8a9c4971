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

struct level {
    int limit_fds[LIMITS_PER_LEVEL]; /* -1 = no such file */
    int current_fd;                  /* -1 = not open: opened once the level has a limit */
    int stat_fd;
};

struct cgroup {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    const struct perfadapt_log *log;
    const struct dialect *dialect;
    struct perfadapt__cgroup_path own;
    struct perfadapt__cgroup_watch watch;
    struct level levels[LEVELS_MAX]; /* the own cgroup's first */
    size_t level_count;
    bool denied;     /* a limit exists that may not be read */
    bool incomplete; /* something could not be opened that may exist: tried again at the next read */
    int64_t resolved_ns;
};

/* ---- files ---- */

static void close_files(struct cgroup *self) {
    for (size_t i = 0; i < self->level_count; i++) {
        struct level *level = &self->levels[i];
        for (size_t k = 0; k < LIMITS_PER_LEVEL; k++)
            perfadapt__kernel_file_close(&level->limit_fds[k]);
        perfadapt__kernel_file_close(&level->current_fd);
        perfadapt__kernel_file_close(&level->stat_fd);
    }
    self->level_count = 0;
}

static int open_in(const struct cgroup *self, const struct perfadapt__cgroup_path *directory, const char *name) {
    char path[FILE_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory->path, name);
    return perfadapt__root_openat(self->root, path, 0);
}

/* Only a file that does not exist says that there is no limit. */
static void note_failure(struct cgroup *self, int error) {
    if (error == -EACCES || error == -EPERM)
        self->denied = true;
    else if (error != -ENOENT && error != -ENOTDIR)
        self->incomplete = true;
}

static bool open_level(struct cgroup *self, const struct perfadapt__cgroup_path *directory) {
    struct level *level = &self->levels[self->level_count++];
    bool any = false;
    *level = (struct level){.current_fd = -1, .stat_fd = -1};
    for (size_t i = 0; i < LIMITS_PER_LEVEL; i++) {
        const char *name = self->dialect->limits[i];
        const int fd = name ? open_in(self, directory, name) : -ENOENT;
        level->limit_fds[i] = fd >= 0 ? fd : -1;
        any |= fd >= 0;
        if (fd < 0)
            note_failure(self, fd);
    }
    return any;
}

static bool open_levels(struct cgroup *self) {
    struct perfadapt__cgroup_path directory = self->own;
    bool any = false;
    do
        any |= open_level(self, &directory);
    while (self->level_count < LEVELS_MAX && perfadapt__cgroup_to_parent(&directory));
    return any;
}

/* True where the hierarchy accounts memory: on hybrid hosts version 2 is mounted without it. */
static bool open_hierarchy(struct cgroup *self, enum perfadapt__cgroup_hierarchy hierarchy) {
    const int error = perfadapt__cgroup_resolve(self->root, hierarchy, &self->own);
    self->denied = false;
    self->incomplete = perfadapt__kernel_file_is_shortage(error);
    if (error)
        return false;
    self->dialect = &dialects[hierarchy];
    const bool limits = open_levels(self);
    const int fd = open_in(self, &self->own, self->dialect->current);
    self->levels[0].current_fd = fd >= 0 ? fd : -1;
    self->incomplete |= perfadapt__kernel_file_is_shortage(fd);
    const bool accounts = limits || self->denied || fd >= 0;
    if (!accounts)
        close_files(self);
    return accounts;
}

/* The other version's hierarchy is none to turn to where the first may yet be the right one. */
static bool open_any(struct cgroup *self) {
    return open_hierarchy(self, PERFADAPT__CGROUP_V2) || self->incomplete ||
           open_hierarchy(self, PERFADAPT__CGROUP_V1_MEMORY) || self->incomplete;
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

/* NONE where the level has no limit; *bad is set where it may have one. */
static enum reading read_level_limit(const struct level *level, uint64_t *out_lowest, bool *bad) {
    *out_lowest = UINT64_MAX;
    for (size_t i = 0; i < LIMITS_PER_LEVEL; i++) {
        uint64_t bytes = UINT64_MAX;
        if (level->limit_fds[i] < 0)
            continue;
        const enum reading reading = read_bytes(level->limit_fds[i], &bytes);
        if (reading == READING_OK && bytes < *out_lowest)
            *out_lowest = bytes;
        *bad |= reading == READING_BAD;
    }
    return *out_lowest != UINT64_MAX ? READING_OK : READING_NONE;
}

/* Page cache that can go at once is no use of memory. Where it is not told, the use is an upper bound. */
static uint64_t read_inactive(const struct cgroup *self, int stat_fd) {
    char text[8192];
    if (stat_fd < 0 || perfadapt__fs_pread(stat_fd, text, sizeof text) < 0)
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

/* 0 where the level's use can be read, or -errno. */
static int open_use(struct cgroup *self, size_t depth) {
    struct level *level = &self->levels[depth];
    if (level->current_fd >= 0 && level->stat_fd >= 0)
        return 0;
    struct perfadapt__cgroup_path directory = self->own;
    for (size_t i = 0; i < depth; i++)
        perfadapt__cgroup_to_parent(&directory);
    const int current_fd =
        level->current_fd >= 0 ? level->current_fd : open_in(self, &directory, self->dialect->current);
    const int stat_fd = level->stat_fd >= 0 ? level->stat_fd : open_in(self, &directory, "memory.stat");
    level->current_fd = current_fd >= 0 ? current_fd : -1;
    level->stat_fd = stat_fd >= 0 ? stat_fd : -1;
    return current_fd >= 0 ? 0 : current_fd;
}

static enum reading read_use(struct cgroup *self, size_t depth, uint64_t *out_used) {
    uint64_t current = 0;
    const int error = open_use(self, depth);
    if (error)
        return error == -ENOENT || error == -ENOTDIR ? READING_NONE : READING_BAD;
    if (read_bytes(self->levels[depth].current_fd, &current) != READING_OK)
        return READING_BAD;
    const uint64_t inactive = read_inactive(self, self->levels[depth].stat_fd);
    *out_used = current > inactive ? current - inactive : 0;
    return READING_OK;
}

/* A limit, and the use that counts against it. */
struct pair {
    enum reading limit_reading;
    enum reading used_reading;
    uint64_t limit;
    uint64_t used;
};

static uint64_t left_of(const struct pair *pair) {
    return pair->limit > pair->used ? pair->limit - pair->used : 0;
}

/* The pair with the least left: a slice's limit is shared with siblings, whose use the own cgroup's does not show. Where
 * a level's use cannot be read, that of a level below stands in: it is a part of it. */
static struct pair read_pair(struct cgroup *self) {
    bool bad = self->denied;
    struct pair own = {.limit_reading = READING_NONE, .used_reading = READING_NONE};
    if (self->level_count > 0)
        own.used_reading = read_use(self, 0, &own.used);
    struct pair level = own;
    struct pair tightest = own;
    for (size_t depth = 0; depth < self->level_count; depth++) {
        uint64_t used;
        level.limit_reading = read_level_limit(&self->levels[depth], &level.limit, &bad);
        if (level.limit_reading != READING_OK)
            continue;
        if (depth > 0 && read_use(self, depth, &used) == READING_OK) {
            level.used = used;
            level.used_reading = READING_OK;
        }
        if (tightest.limit_reading != READING_OK || left_of(&level) < left_of(&tightest))
            tightest = level;
    }
    if (tightest.limit_reading != READING_OK && bad)
        tightest.limit_reading = READING_BAD;
    return tightest;
}

static void write_reading(enum reading reading, uint64_t bytes, int64_t now_ns, struct perfadapt_metric *metric) {
    if (reading == READING_OK)
        *metric = perfadapt__metric_ok((double)bytes, PERFADAPT_UNIT_BYTES, now_ns);
    else if (reading == READING_BAD)
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
    else
        *metric = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
}

/* A cgroup that was removed leaves files that fail; one that the process has left goes on answering. */
static void follow(struct cgroup *self, int64_t now_ns) {
    const bool moved = perfadapt__cgroup_watch_moved(&self->watch, self->root);
    if (!moved && !self->incomplete && now_ns - self->resolved_ns < recheck_ns)
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
    /* Of limits that are not all known, the lowest one may be missing. */
    struct pair pair = {.limit_reading = READING_BAD, .used_reading = READING_BAD};
    if (!self->incomplete)
        pair = read_pair(self);
    write_reading(pair.limit_reading, pair.limit, context->now_ns, &snapshot->memory.cgroup_limit);
    write_reading(pair.used_reading, pair.used, context->now_ns, &snapshot->memory.cgroup_current);
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
