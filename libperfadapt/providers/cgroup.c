/* SPDX-License-Identifier: MIT */
#include "providers/cgroup.h"

#include "core/clock.h"
#include "core/log.h"
#include "providers/cgroup_column.h"
#include "providers/cgroup_own.h"
#include "providers/cgroup_quota.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <stdlib.h>

#define LIMITS_PER_LEVEL 2

static const int64_t recheck_ns = 30 * PERFADAPT__NS_PER_S;
/* Quotas are set by hand or at a start. */
static const int64_t quota_period_ns = 5 * PERFADAPT__NS_PER_S;

struct dialect {
    const char *limits[LIMITS_PER_LEVEL]; /* NULL = no such file */
    const char *current;
    const char *inactive_key;
};

static const struct dialect dialects[] = {
    [PERFADAPT__CGROUP_V2] = {{"memory.max", "memory.high"}, "memory.current", "inactive_file"},
    [PERFADAPT__CGROUP_V1_MEMORY] = {{"memory.limit_in_bytes", NULL}, "memory.usage_in_bytes", "total_inactive_file"},
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
    struct level levels[PERFADAPT__CGROUP_LEVELS_MAX]; /* the own cgroup's first */
    size_t level_count;
    bool denied;     /* a limit exists that may not be read */
    bool incomplete; /* something could not be opened that may exist: tried again at the next read */
    int64_t resolved_ns;
    struct perfadapt__cgroup_own extra; /* swap and events */
    struct perfadapt__cgroup_quota quota;
    int64_t quota_ns; /* when it is to be read */
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
    perfadapt__cgroup_own_close(&self->extra);
}

static int open_in(const struct cgroup *self, const struct perfadapt__cgroup_path *directory, const char *name) {
    return perfadapt__cgroup_open(self->root, directory, name);
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
    while (self->level_count < PERFADAPT__CGROUP_LEVELS_MAX && perfadapt__cgroup_to_parent(&directory));
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
    if (accounts)
        perfadapt__cgroup_own_open(self->root, &self->own, hierarchy, &self->extra);
    else
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

static enum reading read_bytes(int fd, uint64_t *out_bytes) {
    static const enum reading readings[] = {[PERFADAPT__CGROUP_VALUE] = READING_OK,
                                            [PERFADAPT__CGROUP_NO_VALUE] = READING_NONE,
                                            [PERFADAPT__CGROUP_BAD_VALUE] = READING_BAD};
    char text[64];
    if (perfadapt__fs_pread(fd, text, sizeof text) < 0)
        return READING_BAD;
    return readings[perfadapt__cgroup_parse_bytes(text, out_bytes)];
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

/*
 * What is to stay below the limit: everything but inactive file pages. Those are given up first, and cost nothing; active
 * ones are by the kernel's word in use (cgroup-v2.rst: memory.high puts the cgroup "under heavy reclaim pressure"), so
 * that to reach the limit with them means to read them again, which is a memory stall. An app that streams files through
 * twice looks fuller than it is by them: the safe side. Where it is not told, the use is an upper bound.
 */
static uint64_t read_inactive(const struct cgroup *self, int stat_fd) {
    char text[8192];
    uint64_t bytes = 0;
    if (stat_fd < 0 || perfadapt__fs_pread(stat_fd, text, sizeof text) < 0)
        return 0;
    return perfadapt__cgroup_parse_key(text, self->dialect->inactive_key, &bytes) == PERFADAPT__CGROUP_VALUE ? bytes
                                                                                                             : 0;
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
    const bool short_of = self->incomplete || self->extra.incomplete || self->quota.incomplete;
    if (!moved && !short_of && now_ns - self->resolved_ns < recheck_ns)
        return;
    if (moved)
        perfadapt__log(self->log, PERFADAPT_LOG_DEBUG, "cgroup: the process was moved");
    close_files(self);
    open_any(self);
    perfadapt__cgroup_quota_open(self->root, &self->quota);
    self->quota_ns = 0;
    self->resolved_ns = now_ns;
}

static void mark_memory(struct perfadapt_memory *memory, enum perfadapt_state state) {
    memory->cgroup_limit = memory->cgroup_current = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, state);
    memory->cgroup_swap_limit = memory->cgroup_swap = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, state);
    memory->cgroup_high_events = memory->cgroup_max_events = perfadapt__metric_none(PERFADAPT_UNIT_COUNT, state);
    memory->cgroup_oom_kills = perfadapt__metric_none(PERFADAPT_UNIT_COUNT, state);
}

static void read_memory(struct cgroup *self, int64_t now_ns, struct perfadapt_memory *memory) {
    if (self->level_count == 0 && !self->incomplete) { /* nothing accounts memory */
        mark_memory(memory, PERFADAPT_STATE_UNSUPPORTED);
        return;
    }
    /* Of limits that are not all known, the lowest one may be missing. */
    struct pair pair = {.limit_reading = READING_BAD, .used_reading = READING_BAD};
    if (!self->incomplete)
        pair = read_pair(self);
    write_reading(pair.limit_reading, pair.limit, now_ns, &memory->cgroup_limit);
    write_reading(pair.used_reading, pair.used, now_ns, &memory->cgroup_current);
    self->extra.incomplete |= self->incomplete;
    perfadapt__cgroup_own_read(&self->extra, now_ns, memory);
}

static void cgroup_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                        struct perfadapt_snapshot *snapshot) {
    struct cgroup *self = (struct cgroup *)provider;
    follow(self, context->now_ns);
    read_memory(self, context->now_ns, &snapshot->memory);
    if (context->now_ns < self->quota_ns)
        return;
    self->quota_ns = context->now_ns + quota_period_ns;
    perfadapt__cgroup_quota_read(&self->quota, context->now_ns, &snapshot->processor.quota);
}

/* ---- life ---- */

static struct perfadapt__provider *cgroup_create(const struct perfadapt__provider_environment *environment,
                                                 struct perfadapt_snapshot *snapshot) {
    mark_memory(&snapshot->memory, PERFADAPT_STATE_UNSUPPORTED);
    snapshot->processor.quota = perfadapt__metric_none(PERFADAPT_UNIT_COUNT, PERFADAPT_STATE_UNSUPPORTED);
    struct cgroup *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->base.type = &perfadapt__cgroup_provider;
    self->root = environment->root;
    self->log = environment->log;
    self->resolved_ns = perfadapt__now_ns();
    perfadapt__cgroup_own_init(&self->extra);
    perfadapt__cgroup_quota_open(self->root, &self->quota);
    const bool memory = open_any(self);
    const bool processor = self->quota.quota.any || self->quota.quota.denied || self->quota.incomplete;
    if (!memory && !processor) {
        free(self);
        return NULL;
    }
    perfadapt__cgroup_watch_init(&self->watch, self->root);
    if (memory)
        mark_memory(&snapshot->memory, PERFADAPT_STATE_INIT);
    snapshot->processor.quota.state = processor ? PERFADAPT_STATE_INIT : PERFADAPT_STATE_UNSUPPORTED;
    return &self->base;
}

static void cgroup_destroy(struct perfadapt__provider *provider) {
    struct cgroup *self = (struct cgroup *)provider;
    close_files(self);
    perfadapt__cgroup_quota_close(&self->quota);
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
