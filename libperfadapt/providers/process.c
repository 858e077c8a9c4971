/* SPDX-License-Identifier: MIT */
#include "providers/process.h"

#include "core/clock.h"
#include "providers/heap.h"
#include "providers/kernel_file.h"
#include "providers/process_text.h"
#include "providers/proportional.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define STATM_PATH "/proc/self/statm"
#define STATUS_PATH "/proc/self/status"

/* Ten times as dear as statm. */
static const int64_t status_period_ns = PERFADAPT__NS_PER_S;
static const int64_t early_ns = 10 * PERFADAPT__NS_PER_MS; /* the sampler reads along what is due in a moment */

struct process {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    double page_bytes;
    int statm_fd;
    int status_fd;
    int64_t status_ns;       /* when it is to be read */
    uint64_t resident_pages; /* 0 = unknown */
    struct perfadapt__proportional proportional;
    struct perfadapt__heap heap;
};

static bool is_missing(ssize_t result) {
    return result == -ENOENT || result == -ENOTDIR;
}

static void read_statm(struct process *self, int64_t now_ns, struct perfadapt_memory *memory) {
    char text[128];
    struct perfadapt__process_pages pages;
    const ssize_t length = perfadapt__kernel_file_read(self->root, STATM_PATH, &self->statm_fd, text, sizeof text);
    if (length < 0 || !perfadapt__process_parse_statm(text, &pages)) {
        perfadapt__metric_fail(&memory->process_resident, PERFADAPT_STATE_ERROR);
        perfadapt__metric_fail(&memory->process_shared, PERFADAPT_STATE_ERROR);
        return;
    }
    self->resident_pages = pages.resident;
    memory->process_resident =
        perfadapt__metric_ok((double)pages.resident * self->page_bytes, PERFADAPT_UNIT_BYTES, now_ns);
    memory->process_shared =
        perfadapt__metric_ok((double)pages.shared * self->page_bytes, PERFADAPT_UNIT_BYTES, now_ns);
}

/* A line that is not there is one this kernel does not write, unless the text was cut: groups can be thousands. */
static void write_field(const char *text, bool cut, const char *key, int64_t now_ns, struct perfadapt_metric *metric) {
    uint64_t bytes = 0;
    const enum perfadapt__process_found found = perfadapt__process_parse_kib(text, key, &bytes);
    if (found == PERFADAPT__PROCESS_FOUND)
        *metric = perfadapt__metric_ok((double)bytes, PERFADAPT_UNIT_BYTES, now_ns);
    else if (found == PERFADAPT__PROCESS_NO_KEY && !cut)
        *metric = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
    else
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
}

static void read_status(struct process *self, int64_t now_ns, struct perfadapt_memory *memory) {
    char text[8192];
    if (now_ns < self->status_ns)
        return;
    self->status_ns = now_ns + status_period_ns - early_ns;
    const ssize_t length = perfadapt__kernel_file_read(self->root, STATUS_PATH, &self->status_fd, text, sizeof text);
    /* An empty file, or one of NULs, is broken: what it does not say is not known to be missing. */
    const bool broken = length < 0 || text[0] == '\0';
    if (broken && !is_missing(length)) {
        perfadapt__metric_fail(&memory->process_anonymous, PERFADAPT_STATE_ERROR);
        perfadapt__metric_fail(&memory->process_swap, PERFADAPT_STATE_ERROR);
        return;
    }
    const bool cut = length + 1 >= (ssize_t)sizeof text;
    write_field(text, cut, "RssAnon:", now_ns, &memory->process_anonymous);
    write_field(text, cut, "VmSwap:", now_ns, &memory->process_swap);
}

static void process_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                         struct perfadapt_snapshot *snapshot) {
    struct process *self = (struct process *)provider;
    struct perfadapt_memory *memory = &snapshot->memory;
    read_statm(self, context->now_ns, memory);
    read_status(self, context->now_ns, memory);
    perfadapt__proportional_read(&self->proportional, self->resident_pages, context->now_ns,
                                 &memory->process_proportional);
    perfadapt__heap_read(&self->heap, context->frames_flow, context->now_ns, memory);
}

static void mark_all(struct perfadapt_memory *memory, enum perfadapt_state state, enum perfadapt_state heap_state) {
    const struct perfadapt_metric none = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, state);
    memory->process_resident = memory->process_shared = none;
    memory->process_anonymous = memory->process_swap = memory->process_proportional = none;
    memory->heap_used = memory->heap_free = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, heap_state);
}

static struct perfadapt__provider *process_create(const struct perfadapt__provider_environment *environment,
                                                  struct perfadapt_snapshot *snapshot) {
    char text[8];
    int fd = -1;
    const ssize_t length = perfadapt__kernel_file_read(environment->root, STATM_PATH, &fd, text, sizeof text);
    mark_all(&snapshot->memory, PERFADAPT_STATE_UNSUPPORTED, PERFADAPT_STATE_UNSUPPORTED);
    struct process *self = is_missing(length) ? NULL : malloc(sizeof *self);
    if (!self) {
        perfadapt__kernel_file_close(&fd);
        return NULL;
    }
    *self = (struct process){.base.type = &perfadapt__process_provider,
                             .root = environment->root,
                             .page_bytes = (double)sysconf(_SC_PAGESIZE),
                             .statm_fd = fd,
                             .status_fd = -1};
    perfadapt__proportional_init(&self->proportional, environment->root);
    if (!environment->root->confined) /* the own heap is no part of a recorded machine */
        perfadapt__heap_init(&self->heap);
    mark_all(&snapshot->memory, PERFADAPT_STATE_INIT,
             self->heap.ask ? PERFADAPT_STATE_INIT : PERFADAPT_STATE_UNSUPPORTED);
    return &self->base;
}

static void process_destroy(struct perfadapt__provider *provider) {
    struct process *self = (struct process *)provider;
    perfadapt__kernel_file_close(&self->statm_fd);
    perfadapt__kernel_file_close(&self->status_fd);
    perfadapt__proportional_finish(&self->proportional);
    free(self);
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
