/* SPDX-License-Identifier: MIT */
#include "providers/psi.h"

#include "core/clock.h"
#include "providers/cgroup_path.h"
#include "providers/kernel_file.h"
#include "providers/psi_text.h"
#include "providers/psi_trigger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_PATH_MAX (PERFADAPT__CGROUP_PATH_MAX + 32)

static const int64_t watch_period_ns = PERFADAPT__NS_PER_S;
/* cgroup.pressure switches a cgroup's files off and on again at run time. */
static const int64_t absent_period_ns = 30 * PERFADAPT__NS_PER_S;

static const char *const paths[PERFADAPT_RESOURCE_COUNT] = {
    [PERFADAPT_RESOURCE_CPU] = "/proc/pressure/cpu",
    [PERFADAPT_RESOURCE_MEMORY] = "/proc/pressure/memory",
    [PERFADAPT_RESOURCE_IO] = "/proc/pressure/io",
    [PERFADAPT_RESOURCE_IRQ] = "/proc/pressure/irq",
};

static const char *const cgroup_files[PERFADAPT_RESOURCE_COUNT] = {
    [PERFADAPT_RESOURCE_CGROUP_CPU] = "cpu.pressure",
    [PERFADAPT_RESOURCE_CGROUP_MEMORY] = "memory.pressure",
    [PERFADAPT_RESOURCE_CGROUP_IO] = "io.pressure",
};

struct psi {
    struct perfadapt__provider base;
    const struct perfadapt__root *root;
    int fds[PERFADAPT_RESOURCE_COUNT];
    bool absent[PERFADAPT_RESOURCE_COUNT];
    int64_t absent_ns;                       /* next look for what is absent; 0 = to be set */
    char cgroup[PERFADAPT__CGROUP_PATH_MAX]; /* "" = the own cgroup is not known */
    bool unresolved;                         /* descriptors were too short to find the own cgroup */
    struct perfadapt__cgroup_watch watch;
    int64_t watch_ns; /* next look whether the process was moved */
    struct perfadapt__psi_trigger trigger;
};

/* ---- metrics ---- */

static void mark_stall(struct perfadapt_stall *stall, enum perfadapt_state state) {
    const struct perfadapt_metric percent = perfadapt__metric_none(PERFADAPT_UNIT_PERCENT, state);
    *stall = (struct perfadapt_stall){.avg10 = percent,
                                      .avg60 = percent,
                                      .avg300 = percent,
                                      .total = perfadapt__metric_none(PERFADAPT_UNIT_MICROSECONDS, state)};
}

static void fail_stall(struct perfadapt_stall *stall) {
    perfadapt__metric_fail(&stall->avg10, PERFADAPT_STATE_ERROR);
    perfadapt__metric_fail(&stall->avg60, PERFADAPT_STATE_ERROR);
    perfadapt__metric_fail(&stall->avg300, PERFADAPT_STATE_ERROR);
    perfadapt__metric_fail(&stall->total, PERFADAPT_STATE_ERROR);
}

static void write_stall(const struct perfadapt__psi_line *line, int64_t now_ns, struct perfadapt_stall *out_stall) {
    *out_stall = (struct perfadapt_stall){
        .avg10 = perfadapt__metric_ok(line->avg10, PERFADAPT_UNIT_PERCENT, now_ns),
        .avg60 = perfadapt__metric_ok(line->avg60, PERFADAPT_UNIT_PERCENT, now_ns),
        .avg300 = perfadapt__metric_ok(line->avg300, PERFADAPT_UNIT_PERCENT, now_ns),
        .total = perfadapt__metric_ok((double)line->total_us, PERFADAPT_UNIT_MICROSECONDS, now_ns),
    };
}

static enum perfadapt__psi_found read_stall(const char *text, const char *keyword, int64_t now_ns,
                                            struct perfadapt_stall *stall) {
    struct perfadapt__psi_line line;
    const enum perfadapt__psi_found found = perfadapt__psi_parse(text, keyword, &line);
    if (found == PERFADAPT__PSI_LINE)
        write_stall(&line, now_ns, stall);
    else if (found == PERFADAPT__PSI_BAD_LINE)
        fail_stall(stall);
    return found;
}

/* ---- the files ---- */

static void mark_pressure(struct perfadapt_pressure *pressure, enum perfadapt_state state) {
    mark_stall(&pressure->some, state);
    mark_stall(&pressure->full, state);
}

/* EOPNOTSUPP: the kernel has it and was booted with psi=0. */
static bool means_absent(ssize_t error) {
    return error == -ENOENT || error == -ENOTDIR || error == -EOPNOTSUPP;
}

static bool is_of_cgroup(size_t resource) {
    return !!cgroup_files[resource];
}

static void path_of(const struct psi *self, size_t resource, char *out, size_t capacity) {
    if (is_of_cgroup(resource))
        snprintf(out, capacity, "%s/%s", self->cgroup, cgroup_files[resource]);
    else
        snprintf(out, capacity, "%s", paths[resource]);
}

static void fail_pressure(struct perfadapt_pressure *pressure) {
    fail_stall(&pressure->some);
    fail_stall(&pressure->full);
}

/* A file of neither line is no pressure file; of one line it is one that has but this, as "irq". */
static void read_lines(const char *text, int64_t now_ns, struct perfadapt_pressure *pressure) {
    const enum perfadapt__psi_found some = read_stall(text, "some", now_ns, &pressure->some);
    const enum perfadapt__psi_found full = read_stall(text, "full", now_ns, &pressure->full);
    if (some == PERFADAPT__PSI_NO_LINE && full == PERFADAPT__PSI_NO_LINE)
        fail_pressure(pressure);
    else if (some == PERFADAPT__PSI_NO_LINE)
        mark_stall(&pressure->some, PERFADAPT_STATE_UNSUPPORTED);
    else if (full == PERFADAPT__PSI_NO_LINE)
        mark_stall(&pressure->full, PERFADAPT_STATE_UNSUPPORTED);
}

static void read_pressure(struct psi *self, size_t resource, int64_t now_ns, struct perfadapt_pressure *pressure) {
    char text[512];
    char path[FILE_PATH_MAX];
    if (self->absent[resource])
        return;
    if (is_of_cgroup(resource) && self->unresolved) {
        fail_pressure(pressure);
        return;
    }
    if (self->fds[resource] < 0) /* the path is for opening only */
        path_of(self, resource, path, sizeof path);
    const ssize_t length = perfadapt__kernel_file_read(self->root, path, &self->fds[resource], text, sizeof text);
    if (means_absent(length)) {
        perfadapt__kernel_file_close(&self->fds[resource]);
        self->absent[resource] = true;
        mark_pressure(pressure, PERFADAPT_STATE_UNSUPPORTED);
    } else if (length < 0) {
        fail_pressure(pressure);
    } else {
        read_lines(text, now_ns, pressure);
    }
}

static void read_all(struct psi *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        read_pressure(self, i, now_ns, &snapshot->pressure[i]);
    /* The machine-wide "full" of cpu is always 0, or not there: nothing else could run on that CPU by definition. */
    mark_stall(&snapshot->pressure[PERFADAPT_RESOURCE_CPU].full, PERFADAPT_STATE_UNSUPPORTED);
}

/* The root cgroup's pressure is the machine's. It alone has no cgroup.type; in a cgroup namespace "/" is another. */
static int look_for_own(const struct psi *self, struct perfadapt__cgroup_path *out_own) {
    char file[PERFADAPT__CGROUP_PATH_MAX + sizeof "/cgroup.type"];
    char text[16];
    const int error = perfadapt__cgroup_resolve(self->root, PERFADAPT__CGROUP_V2, out_own);
    if (error || strlen(out_own->path) != out_own->mount_length)
        return error;
    snprintf(file, sizeof file, "%s/cgroup.type", out_own->path);
    const ssize_t length = perfadapt__fs_read_once(self->root, file, text, sizeof text);
    return length == -ENOENT || perfadapt__kernel_file_is_shortage(length) ? (int)length : 0;
}

static void resolve_cgroup(struct psi *self, struct perfadapt_snapshot *snapshot) {
    struct perfadapt__cgroup_path own;
    const int error = look_for_own(self, &own);
    self->unresolved = perfadapt__kernel_file_is_shortage(error);
    snprintf(self->cgroup, sizeof self->cgroup, "%s", error == 0 ? own.path : "");
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++) {
        if (!is_of_cgroup(i))
            continue;
        perfadapt__kernel_file_close(&self->fds[i]);
        self->absent[i] = error != 0 && !self->unresolved;
        if (self->absent[i])
            mark_pressure(&snapshot->pressure[i], PERFADAPT_STATE_UNSUPPORTED);
    }
}

static void set_trigger(struct psi *self, struct perfadapt_snapshot *snapshot) {
    char path[FILE_PATH_MAX];
    path_of(self, PERFADAPT_RESOURCE_CGROUP_MEMORY, path, sizeof path);
    perfadapt__psi_trigger_set(&self->trigger, self->cgroup[0] ? path : NULL, snapshot);
}

/* ---- reading ---- */

static void follow(struct psi *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    bool resolve = perfadapt__psi_trigger_is_due(&self->trigger, now_ns);
    if (now_ns >= self->watch_ns) {
        self->watch_ns = now_ns + watch_period_ns;
        resolve |= perfadapt__cgroup_watch_moved(&self->watch, self->root) || self->unresolved;
    }
    if (!resolve)
        return;
    resolve_cgroup(self, snapshot);
    set_trigger(self, snapshot);
}

static void look_for_absent(struct psi *self, int64_t now_ns) {
    if (self->absent_ns == 0)
        self->absent_ns = now_ns + absent_period_ns;
    if (now_ns < self->absent_ns)
        return;
    self->absent_ns = now_ns + absent_period_ns;
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        self->absent[i] &= is_of_cgroup(i) && !self->cgroup[0];
}

static void psi_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                     struct perfadapt_snapshot *snapshot) {
    struct psi *self = (struct psi *)provider;
    follow(self, context->now_ns, snapshot);
    perfadapt__psi_trigger_pace(&self->trigger, context, snapshot);
    look_for_absent(self, context->now_ns);
    read_all(self, context->now_ns, snapshot);
}

static bool psi_triggered(struct perfadapt__provider *provider, int fd, uint32_t events,
                          struct perfadapt_snapshot *snapshot) {
    return perfadapt__psi_trigger_event(&((struct psi *)provider)->trigger, fd, events, snapshot);
}

/* ---- life ---- */

static void psi_destroy(struct perfadapt__provider *provider) {
    struct psi *self = (struct psi *)provider;
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        perfadapt__kernel_file_close(&self->fds[i]);
    perfadapt__psi_trigger_finish(&self->trigger);
    perfadapt__cgroup_watch_finish(&self->watch);
    free(self);
}

/* Opens what is there; false where nothing is. */
static bool probe(struct psi *self, struct perfadapt_snapshot *snapshot) {
    bool any = false;
    read_all(self, 0, snapshot);
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++) {
        any |= !self->absent[i];
        mark_pressure(&snapshot->pressure[i], self->absent[i] ? PERFADAPT_STATE_UNSUPPORTED : PERFADAPT_STATE_INIT);
    }
    mark_stall(&snapshot->pressure[PERFADAPT_RESOURCE_CPU].full, PERFADAPT_STATE_UNSUPPORTED);
    return any;
}

static struct perfadapt__provider *psi_create(const struct perfadapt__provider_environment *environment,
                                              struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        mark_pressure(&snapshot->pressure[i], PERFADAPT_STATE_UNSUPPORTED);
    snapshot->psi_trigger = PERFADAPT_STATE_UNSUPPORTED;
    struct psi *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->base.type = &perfadapt__psi_provider;
    self->root = environment->root;
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        self->fds[i] = -1;
    perfadapt__psi_trigger_init(&self->trigger, environment);
    perfadapt__cgroup_watch_init(&self->watch, self->root);
    resolve_cgroup(self, snapshot);
    if (!probe(self, snapshot)) {
        psi_destroy(&self->base);
        return NULL;
    }
    set_trigger(self, snapshot);
    return &self->base;
}

const struct perfadapt__provider_class perfadapt__psi_provider = {
    .name = "psi",
    .period_ns = PERFADAPT__NS_PER_S,
    .fast_period_ns = 100 * PERFADAPT__NS_PER_MS,
    .fast_with_frames = true,
    .create = psi_create,
    .destroy = psi_destroy,
    .read = psi_read,
    .triggered = psi_triggered,
};
