/* SPDX-License-Identifier: MIT */
#include "providers/psi.h"

#include "core/clock.h"
#include "core/log.h"
#include "providers/cgroup_path.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FILE_PATH_MAX (PERFADAPT__CGROUP_PATH_MAX + 32)

/* 150 ms of stall in 2 s. Plain users get windows of whole multiples of 2 s only: kernels answer EINVAL otherwise. */
static const char trigger_text[] = "some 150000 2000000";

static const int64_t watch_period_ns = PERFADAPT__NS_PER_S;
static const int64_t longest_pause_ns = 30 * PERFADAPT__NS_PER_S;

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
    const struct perfadapt_log *log;
    const struct perfadapt__watch *events; /* where the trigger is waited for */
    int fds[PERFADAPT_RESOURCE_COUNT];
    bool absent[PERFADAPT_RESOURCE_COUNT];
    char cgroup[PERFADAPT__CGROUP_PATH_MAX]; /* "" = the own cgroup is not known */
    struct perfadapt__cgroup_watch watch;
    int64_t watch_ns; /* next look whether the process was moved */
    int trigger_fd;
    bool trigger_lost; /* had one; to be set up again at trigger_retry_ns */
    int64_t trigger_retry_ns;
    int64_t trigger_pause_ns;
    bool refusal_logged;
};

/* ---- parsing ---- */

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

/* What stands behind "<keyword> " at the start of a line, or NULL. */
static const char *find_line(const char *text, const char *keyword) {
    const size_t length = strlen(keyword);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, keyword, length) == 0 && line[length] == ' ')
            return line + length;
    }
    return NULL;
}

static bool parse_key(const char **text, const char *key) {
    const size_t length = strlen(key);
    const char *at = *text + strspn(*text, " ");
    if (strncmp(at, key, length) != 0 || at[length] < '0' || at[length] > '9')
        return false;
    *text = at + length;
    return true;
}

static bool parse_line(const char *at, int64_t now_ns, struct perfadapt_stall *out_stall) {
    double averages[3];
    uint64_t total;
    static const char *const keys[] = {"avg10=", "avg60=", "avg300="};
    for (size_t i = 0; i < 3; i++)
        if (!parse_key(&at, keys[i]) || !perfadapt__fs_parse_decimal(&at, &averages[i]))
            return false;
    if (!parse_key(&at, "total=") || !perfadapt__fs_parse_u64(&at, &total))
        return false;
    *out_stall = (struct perfadapt_stall){
        .avg10 = perfadapt__metric_ok(averages[0], PERFADAPT_UNIT_PERCENT, now_ns),
        .avg60 = perfadapt__metric_ok(averages[1], PERFADAPT_UNIT_PERCENT, now_ns),
        .avg300 = perfadapt__metric_ok(averages[2], PERFADAPT_UNIT_PERCENT, now_ns),
        .total = perfadapt__metric_ok((double)total, PERFADAPT_UNIT_MICROSECONDS, now_ns),
    };
    return true;
}

static void read_stall(const char *text, const char *keyword, int64_t now_ns, struct perfadapt_stall *stall) {
    const char *line = find_line(text, keyword);
    if (!line)
        mark_stall(stall, PERFADAPT_STATE_UNSUPPORTED);
    else if (!parse_line(line, now_ns, stall))
        fail_stall(stall);
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

static void read_pressure(struct psi *self, size_t resource, int64_t now_ns, struct perfadapt_pressure *pressure) {
    char text[512];
    char path[FILE_PATH_MAX];
    if (self->absent[resource])
        return;
    if (self->fds[resource] < 0) /* the path is for opening only */
        path_of(self, resource, path, sizeof path);
    const ssize_t length = perfadapt__kernel_file_read(self->root, path, &self->fds[resource], text, sizeof text);
    if (means_absent(length)) {
        perfadapt__kernel_file_close(&self->fds[resource]);
        self->absent[resource] = true;
        mark_pressure(pressure, PERFADAPT_STATE_UNSUPPORTED);
        return;
    }
    if (length < 0 || (!find_line(text, "some") && !find_line(text, "full"))) {
        fail_stall(&pressure->some);
        fail_stall(&pressure->full);
        return;
    }
    read_stall(text, "some", now_ns, &pressure->some);
    read_stall(text, "full", now_ns, &pressure->full);
}

static void read_all(struct psi *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        read_pressure(self, i, now_ns, &snapshot->pressure[i]);
    /* The machine-wide "full" of cpu is always 0, or not there: nothing else could run on that CPU by definition. */
    mark_stall(&snapshot->pressure[PERFADAPT_RESOURCE_CPU].full, PERFADAPT_STATE_UNSUPPORTED);
}

/* The root cgroup's pressure is the machine's. It alone has no cgroup.type; in a cgroup namespace "/" is another. */
static bool is_root_cgroup(const struct psi *self, const struct perfadapt__cgroup_path *own) {
    char file[PERFADAPT__CGROUP_PATH_MAX + sizeof "/cgroup.type"];
    char text[16];
    snprintf(file, sizeof file, "%s/cgroup.type", own->path);
    return strlen(own->path) == own->mount_length &&
           perfadapt__fs_read_once(self->root, file, text, sizeof text) == -ENOENT;
}

static void resolve_cgroup(struct psi *self) {
    struct perfadapt__cgroup_path own;
    const bool known =
        perfadapt__cgroup_resolve(self->root, PERFADAPT__CGROUP_V2, &own) == 0 && !is_root_cgroup(self, &own);
    snprintf(self->cgroup, sizeof self->cgroup, "%s", known ? own.path : "");
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++) {
        if (!is_of_cgroup(i))
            continue;
        perfadapt__kernel_file_close(&self->fds[i]);
        self->absent[i] = !known;
    }
}

/* ---- the trigger ---- */

static const char *refusal_text(int error) {
    switch (error) {
    case EINVAL:
        return "the kernel takes no trigger of this window from this user";
    case EOPNOTSUPP:
        return "pressure accounting is switched off";
    case EACCES:
    case EPERM:
        return "permission denied";
    case EBUSY:
        return "the file has a trigger already";
    case ENOENT:
    case ENOTDIR:
        return "no such file";
    case EROFS:
        return "the file system is read-only";
    default:
        return "the kernel refused it";
    }
}

/* Anything else, as in a recorded root, is a plain file: a write would change it and a poll would never sleep. */
static bool is_kernel_pressure_file(int fd) {
    struct statfs status;
    return fstatfs(fd, &status) == 0 &&
           ((uint32_t)status.f_type == PROC_SUPER_MAGIC || (uint32_t)status.f_type == CGROUP2_SUPER_MAGIC);
}

/* The descriptor, or -errno. The terminating NUL is part of the text: the /proc handler overwrites the last byte. */
static int open_trigger(const struct psi *self, const char *path) {
    const int fd = perfadapt__root_openat(self->root, path, O_RDWR);
    if (fd < 0)
        return fd;
    int error = ENOENT;
    if (is_kernel_pressure_file(fd))
        error = write(fd, trigger_text, sizeof trigger_text) == (ssize_t)sizeof trigger_text ? 0 : errno;
    if (error == 0)
        return fd;
    close(fd); /* without a trigger it would poll as POLLERR at once, for ever */
    return -error;
}

/* The own cgroup first: its stalls are those that the process can do something about. */
static void set_trigger(struct psi *self, struct perfadapt_snapshot *snapshot) {
    int fd = -ENOENT;
    char path[FILE_PATH_MAX];
    path_of(self, PERFADAPT_RESOURCE_CGROUP_MEMORY, path, sizeof path);
    if (self->cgroup[0])
        fd = open_trigger(self, path);
    if (fd < 0) {
        const int machine_fd = open_trigger(self, paths[PERFADAPT_RESOURCE_MEMORY]);
        if (machine_fd != -ENOENT)
            fd = machine_fd;
    }
    self->trigger_fd = fd >= 0 ? fd : -1;
    if (fd >= 0 && self->events)
        perfadapt__watch_add(self->events, fd, EPOLLPRI);
    self->trigger_lost = false;
    snapshot->psi_trigger = fd >= 0 ? PERFADAPT_STATE_OK : PERFADAPT_STATE_UNSUPPORTED;
    if (fd >= 0 || self->refusal_logged)
        return;
    self->refusal_logged = true;
    perfadapt__log(self->log, PERFADAPT_LOG_INFO, "psi: no memory pressure trigger (%s): polling is used",
                   refusal_text(-fd));
}

static void close_trigger(struct psi *self) {
    if (self->events)
        perfadapt__watch_remove(self->events, self->trigger_fd);
    perfadapt__kernel_file_close(&self->trigger_fd);
}

static void lose_trigger(struct psi *self, struct perfadapt_snapshot *snapshot) {
    close_trigger(self);
    self->trigger_lost = true;
    self->trigger_retry_ns = 0;
    snapshot->psi_trigger = PERFADAPT_STATE_ERROR;
}

static void retry_trigger(struct psi *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    if (!self->trigger_lost)
        return;
    if (self->trigger_retry_ns == 0)
        self->trigger_retry_ns = now_ns + self->trigger_pause_ns;
    if (now_ns < self->trigger_retry_ns)
        return;
    if (self->trigger_pause_ns < longest_pause_ns)
        self->trigger_pause_ns *= 2;
    resolve_cgroup(self);
    set_trigger(self, snapshot);
}

/* POLLERR: the cgroup is gone. */
static bool psi_triggered(struct perfadapt__provider *provider, int fd, uint32_t events,
                          struct perfadapt_snapshot *snapshot) {
    struct psi *self = (struct psi *)provider;
    if (fd != self->trigger_fd)
        return false;
    if (events & EPOLLERR) {
        lose_trigger(self, snapshot);
        perfadapt__log(self->log, PERFADAPT_LOG_DEBUG, "psi: the memory pressure trigger is gone");
    }
    return true;
}

/* ---- life ---- */

static void follow(struct psi *self, int64_t now_ns, struct perfadapt_snapshot *snapshot) {
    if (now_ns < self->watch_ns)
        return;
    self->watch_ns = now_ns + watch_period_ns;
    if (!perfadapt__cgroup_watch_moved(&self->watch, self->root))
        return;
    resolve_cgroup(self);
    close_trigger(self);
    set_trigger(self, snapshot);
}

static void psi_read(struct perfadapt__provider *provider, const struct perfadapt__read_context *context,
                     struct perfadapt_snapshot *snapshot) {
    struct psi *self = (struct psi *)provider;
    follow(self, context->now_ns, snapshot);
    retry_trigger(self, context->now_ns, snapshot);
    read_all(self, context->now_ns, snapshot);
}

static void psi_destroy(struct perfadapt__provider *provider) {
    struct psi *self = (struct psi *)provider;
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        perfadapt__kernel_file_close(&self->fds[i]);
    close_trigger(self);
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
    self->log = environment->log;
    self->events = environment->watch;
    self->trigger_fd = -1;
    self->trigger_pause_ns = PERFADAPT__NS_PER_S;
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        self->fds[i] = -1;
    perfadapt__cgroup_watch_init(&self->watch, self->root);
    resolve_cgroup(self);
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
