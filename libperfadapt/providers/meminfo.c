/* SPDX-License-Identifier: MIT */
#include "providers/meminfo.h"

#include "core/clock.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMINFO_PATH "/proc/meminfo"
#define FIELD_COUNT 4

static const char *const field_keys[FIELD_COUNT] = {"MemTotal:", "MemAvailable:", "SwapTotal:", "SwapFree:"};

struct meminfo {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    int fd;
};

static struct perfadapt_metric *field_of(struct perfadapt_memory *memory, size_t index) {
    struct perfadapt_metric *const fields[FIELD_COUNT] = {&memory->total, &memory->available, &memory->swap_total,
                                                          &memory->swap_free};
    return fields[index];
}

static void mark_all(struct perfadapt_snapshot *snapshot, enum perfadapt_state state) {
    for (size_t i = 0; i < FIELD_COUNT; i++)
        *field_of(&snapshot->memory, i) = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, state);
}

static void fail_all(struct perfadapt_snapshot *snapshot, enum perfadapt_state state) {
    for (size_t i = 0; i < FIELD_COUNT; i++)
        perfadapt__metric_fail(field_of(&snapshot->memory, i), state);
}

/* The text behind `key` at the start of a line, or NULL. */
static const char *find_field(const char *text, const char *key) {
    for (const char *found = strstr(text, key); found; found = strstr(found + 1, key))
        if (found == text || found[-1] == '\n')
            return found + strlen(key);
    return NULL;
}

/* A number that ends the text may have been cut short: only one with its unit behind it counts. */
static bool parse_kib(const char *text, double *out_bytes) {
    uint64_t kib;
    if (!perfadapt__fs_parse_u64(&text, &kib) || strncmp(text, " kB", 3) != 0)
        return false;
    *out_bytes = (double)kib * 1024;
    return true;
}

static void read_field(struct perfadapt_metric *metric, const char *text, const char *key, int64_t now_ns) {
    const char *field = find_field(text, key);
    double bytes;
    if (!field)
        *metric = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
    else if (parse_kib(field, &bytes))
        *metric = perfadapt__metric_ok(bytes, PERFADAPT_UNIT_BYTES, now_ns);
    else
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
}

static void meminfo_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                         struct perfadapt_snapshot *snapshot) {
    struct meminfo *self = (struct meminfo *)provider;
    char text[4096];
    const ssize_t length = perfadapt__kernel_file_read(self->root, MEMINFO_PATH, &self->fd, text, sizeof text);
    if (length < 0 || !find_field(text, field_keys[0])) {
        fail_all(snapshot, PERFADAPT_STATE_ERROR);
        return;
    }
    for (size_t i = 0; i < FIELD_COUNT; i++)
        read_field(field_of(&snapshot->memory, i), text, field_keys[i], context->now_ns);
}

static struct perfadapt__provider *meminfo_create(const struct perfadapt__provider_environment *environment,
                                                  struct perfadapt_snapshot *snapshot) {
    char text[8];
    int fd = -1;
    const ssize_t length = perfadapt__kernel_file_read(environment->root, MEMINFO_PATH, &fd, text, sizeof text);
    mark_all(snapshot, length == -ENOENT || length == -ENOTDIR ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_INIT);
    if (length == -ENOENT || length == -ENOTDIR)
        return NULL;
    struct meminfo *self = malloc(sizeof *self);
    if (!self) {
        perfadapt__kernel_file_close(&fd);
        return NULL;
    }
    *self = (struct meminfo){.base.type = &perfadapt__meminfo_provider, .root = environment->root, .fd = fd};
    return &self->base;
}

static void meminfo_destroy(struct perfadapt__provider *provider) {
    perfadapt__kernel_file_close(&((struct meminfo *)provider)->fd);
    free(provider);
}

const struct perfadapt__provider_class perfadapt__meminfo_provider = {
    .name = "meminfo",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 500 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = false,
    .create = meminfo_create,
    .destroy = meminfo_destroy,
    .read = meminfo_read,
};
