/* SPDX-License-Identifier: MIT */
#include "providers/process.h"

#include "core/clock.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define STATM_PATH "/proc/self/statm"

struct process {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    double page_bytes;
    int fd;
};

static bool parse_statm(const char *text, uint64_t *out_resident, uint64_t *out_shared) {
    uint64_t size;
    uint64_t shared;
    if (!perfadapt__fs_parse_u64(&text, &size) || !perfadapt__fs_parse_u64(&text, out_resident) ||
        !perfadapt__fs_parse_u64(&text, &shared))
        return false;
    *out_shared = shared;
    return *text == ' ' || *text == '\n' || !*text;
}

static void process_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                         struct perfadapt_snapshot *snapshot) {
    struct process *self = (struct process *)provider;
    struct perfadapt_memory *memory = &snapshot->memory;
    char text[128];
    uint64_t resident;
    uint64_t shared;
    const ssize_t length = perfadapt__kernel_file_read(self->root, STATM_PATH, &self->fd, text, sizeof text);
    if (length < 0 || !parse_statm(text, &resident, &shared)) {
        perfadapt__metric_fail(&memory->process_resident, PERFADAPT_STATE_ERROR);
        perfadapt__metric_fail(&memory->process_shared, PERFADAPT_STATE_ERROR);
        return;
    }
    memory->process_resident =
        perfadapt__metric_ok((double)resident * self->page_bytes, PERFADAPT_UNIT_BYTES, context->now_ns);
    memory->process_shared =
        perfadapt__metric_ok((double)shared * self->page_bytes, PERFADAPT_UNIT_BYTES, context->now_ns);
}

static struct perfadapt__provider *process_create(const struct perfadapt__provider_environment *environment,
                                                  struct perfadapt_snapshot *snapshot) {
    char text[8];
    int fd = -1;
    const ssize_t length = perfadapt__kernel_file_read(environment->root, STATM_PATH, &fd, text, sizeof text);
    const bool missing = length == -ENOENT || length == -ENOTDIR;
    const struct perfadapt_metric none =
        perfadapt__metric_none(PERFADAPT_UNIT_BYTES, missing ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_INIT);
    snapshot->memory.process_resident = none;
    snapshot->memory.process_shared = none;
    struct process *self = missing ? NULL : malloc(sizeof *self);
    if (!self) {
        perfadapt__kernel_file_close(&fd);
        return NULL;
    }
    *self = (struct process){.base.type = &perfadapt__process_provider,
                             .root = environment->root,
                             .page_bytes = (double)sysconf(_SC_PAGESIZE),
                             .fd = fd};
    return &self->base;
}

static void process_destroy(struct perfadapt__provider *provider) {
    perfadapt__kernel_file_close(&((struct process *)provider)->fd);
    free(provider);
}

const struct perfadapt__provider_class perfadapt__process_provider = {
    .name = "process",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 500 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = false,
    .create = process_create,
    .destroy = process_destroy,
    .read = process_read,
};
