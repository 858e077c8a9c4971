/* SPDX-License-Identifier: MIT */
#include "providers/psi_trigger.h"

#include "core/clock.h"
#include "core/log.h"
#include "providers/kernel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

/* 150 ms of stall in 2 s. Plain users get windows of whole multiples of 2 s only: kernels answer EINVAL otherwise. */
static const char own_text[] = "some 150000 2000000";
static const char machine_file[] = "/proc/pressure/memory";

static const int64_t first_pause_ns = PERFADAPT__NS_PER_S;
static const int64_t longest_pause_ns = 30 * PERFADAPT__NS_PER_S;
static const int64_t soonest_ns = 100 * PERFADAPT__NS_PER_MS;

#define DRAINS_AT_ONCE 4

static const char *refusal_text(int error) {
    switch (error) {
    case EINVAL:
        return "the kernel takes no trigger of this window from this user";
    case EOPNOTSUPP:
        return "pressure accounting is switched off";
    case EACCES:
        return "permission denied";
    case EPERM:
        return "operation not permitted";
    case EBUSY:
        return "it has a trigger already";
    case ENOENT:
    case ENOTDIR:
        return "no such file";
    case EROFS:
        return "read-only file system";
    case EBADF:
        return "neither a pressure file nor a FIFO nor a socket";
    case ENOMSG:
        return "nothing is given to be written into it";
    case ECONNREFUSED:
        return "nobody listens";
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return "descriptors or memory are short";
    default:
        return "refused";
    }
}

/* ---- opening ---- */

/* Anything else, as in a recorded root, is a plain file: a write would change it and a poll would never sleep. */
static bool is_kernel_pressure_file(int fd) {
    struct statfs status;
    return fstatfs(fd, &status) == 0 &&
           ((uint32_t)status.f_type == PROC_SUPER_MAGIC || (uint32_t)status.f_type == CGROUP2_SUPER_MAGIC);
}

/* The descriptor, or -errno: without a trigger it would poll as POLLERR at once, for ever. */
static int arm(int fd, const void *text, size_t length) {
    if (fd < 0)
        return fd;
    int error = EBADF;
    if (is_kernel_pressure_file(fd))
        error = write(fd, text, length) == (ssize_t)length ? 0 : errno;
    if (error == 0)
        return fd;
    close(fd);
    return -error;
}

/* The terminating NUL is part of the text: the /proc handler overwrites the last byte of what it is given. */
static int open_own(const struct perfadapt__psi_trigger *trigger, const char *file) {
    return file ? arm(perfadapt__root_openat(trigger->root, file, O_RDWR), own_text, sizeof own_text) : -ENOENT;
}

/* A FIFO that is open for writing too never says that its last writer has gone. Whether the manager or we get to read
 * the request out of it again is the protocol's gap. */
static int open_fifo(const struct perfadapt__psi_trigger *trigger, const char *path) {
    const struct perfadapt__systemd_pressure *asked = &trigger->asked;
    int fd = perfadapt__root_openat(trigger->root, path, O_RDWR);
    if (fd == -EACCES && asked->length == 0)
        fd = perfadapt__root_openat(trigger->root, path, O_RDONLY);
    if (fd < 0 || asked->length == 0 || write(fd, asked->text, asked->length) == (ssize_t)asked->length)
        return fd;
    close(fd);
    return -EAGAIN;
}

/* Never blocks: a full backlog is EAGAIN. */
static int open_socket(const struct perfadapt__psi_trigger *trigger, const char *path) {
    const struct perfadapt__systemd_pressure *asked = &trigger->asked;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const int fd = perfadapt__fs_lift(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd < 0)
        return -errno;
    int error = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    if (error == 0 && asked->length > 0)
        error = send(fd, asked->text, asked->length, MSG_NOSIGNAL) == (ssize_t)asked->length ? 0 : EAGAIN;
    if (error == 0)
        return fd;
    close(fd);
    return -error;
}

/* What the path is decides what is done with it; it is opened through what was looked at, of any length of path. */
static int open_asked(struct perfadapt__psi_trigger *trigger) {
    struct stat status;
    char path[32];
    const int place = perfadapt__root_openat(trigger->root, trigger->asked.path, O_PATH);
    if (place < 0)
        return place;
    int fd = -EBADF;
    snprintf(path, sizeof path, "/proc/self/fd/%d", place);
    const mode_t mode = fstat(place, &status) == 0 ? status.st_mode : 0;
    trigger->is_stream = S_ISFIFO(mode) || S_ISSOCK(mode);
    if (S_ISFIFO(mode))
        fd = open_fifo(trigger, path);
    else if (S_ISSOCK(mode))
        fd = open_socket(trigger, path);
    else if (S_ISREG(mode) && trigger->asked.length == 0)
        fd = -ENOMSG;
    else if (S_ISREG(mode))
        fd = arm(perfadapt__root_openat(trigger->root, path, O_RDWR), trigger->asked.text, trigger->asked.length);
    close(place);
    return fd;
}

/* ---- choosing ---- */

static void close_it(struct perfadapt__psi_trigger *trigger) {
    if (trigger->watch && !trigger->resting)
        perfadapt__watch_remove(trigger->watch, trigger->fd);
    perfadapt__kernel_file_close(&trigger->fd);
    trigger->resting = trigger->woken = false;
}

static bool add_to_watch(const struct perfadapt__psi_trigger *trigger) {
    return perfadapt__watch_add(trigger->watch, trigger->fd, trigger->is_stream ? EPOLLIN : EPOLLPRI);
}

static void lose(struct perfadapt__psi_trigger *trigger, struct perfadapt_snapshot *snapshot) {
    close_it(trigger);
    trigger->lost = true;
    trigger->retry_ns = 0;
    snapshot->psi_trigger = PERFADAPT_STATE_ERROR;
}

/* In the order of who knows best: the manager's wish; the own cgroup, whose stalls the process can do something about;
 * the machine. A descriptor, or -errno of each is kept for the log. */
static int open_first(struct perfadapt__psi_trigger *trigger, const char *cgroup_file, int errors[3]) {
    trigger->is_stream = false;
    errors[0] = trigger->asked.path[0] ? open_asked(trigger) : -ENOENT;
    if (errors[0] >= 0)
        return errors[0];
    trigger->is_stream = false;
    errors[1] = open_own(trigger, cgroup_file);
    if (errors[1] >= 0)
        return errors[1];
    errors[2] = open_own(trigger, machine_file);
    return errors[2];
}

static bool any_shortage(const int errors[3]) {
    return perfadapt__kernel_file_is_shortage(errors[0]) || perfadapt__kernel_file_is_shortage(errors[1]) ||
           perfadapt__kernel_file_is_shortage(errors[2]);
}

static void complain(struct perfadapt__psi_trigger *trigger, const char *cgroup_file, const int errors[3]) {
    if (trigger->complained)
        return;
    trigger->complained = true;
    if (trigger->asked.path[0])
        perfadapt__log(trigger->log, PERFADAPT_LOG_WARNING, "psi: $%s cannot be watched: %s", PERFADAPT__SYSTEMD_WATCH,
                       refusal_text(-errors[0]));
    if (trigger->fd < 0)
        perfadapt__log(trigger->log, PERFADAPT_LOG_INFO,
                       "psi: no memory pressure trigger (cgroup: %s; machine: %s): polling is used",
                       cgroup_file ? refusal_text(-errors[1]) : "not known", refusal_text(-errors[2]));
}

void perfadapt__psi_trigger_set(struct perfadapt__psi_trigger *trigger, const char *cgroup_file,
                                struct perfadapt_snapshot *snapshot) {
    int errors[3] = {0};
    close_it(trigger);
    trigger->lost = false;
    snapshot->psi_trigger = PERFADAPT_STATE_UNSUPPORTED;
    if (!trigger->watch || trigger->asked.off)
        return;
    const int fd = open_first(trigger, cgroup_file, errors);
    trigger->fd = fd >= 0 ? fd : -1;
    /* A later choice than the best one, for want of descriptors, is not settled for. */
    if (any_shortage(errors) || (fd >= 0 && !add_to_watch(trigger))) {
        lose(trigger, snapshot);
        return;
    }
    if (fd >= 0)
        snapshot->psi_trigger = PERFADAPT_STATE_OK;
    if (fd < 0 || (trigger->asked.path[0] && errors[0] < 0))
        complain(trigger, cgroup_file, errors);
}

bool perfadapt__psi_trigger_is_due(struct perfadapt__psi_trigger *trigger, int64_t now_ns) {
    if (!trigger->lost)
        return false;
    if (trigger->retry_ns == 0)
        trigger->retry_ns = now_ns + trigger->pause_ns;
    if (now_ns < trigger->retry_ns)
        return false;
    trigger->pause_ns = trigger->pause_ns * 2 < longest_pause_ns ? trigger->pause_ns * 2 : longest_pause_ns;
    return true;
}

/* ---- events ---- */

/* False at the end of the stream. What is left over wakes us again. */
static bool drain(int fd) {
    char unused[1024];
    ssize_t length = 1;
    for (int i = 0; i < DRAINS_AT_ONCE && length > 0; i++)
        length = read(fd, unused, sizeof unused);
    return length != 0 && (length > 0 || errno == EAGAIN || errno == EINTR);
}

/* POLLERR: the cgroup is gone. The end of a stream: the manager is. */
bool perfadapt__psi_trigger_event(struct perfadapt__psi_trigger *trigger, int fd, uint32_t events,
                                  struct perfadapt_snapshot *snapshot) {
    if (trigger->fd < 0 || fd != trigger->fd)
        return false;
    const bool ended = trigger->is_stream && events & EPOLLIN && !drain(fd);
    if (ended || events & (EPOLLERR | EPOLLHUP)) {
        lose(trigger, snapshot);
        perfadapt__log(trigger->log, PERFADAPT_LOG_DEBUG, "psi: the memory pressure trigger is gone");
    } else if (events) {
        trigger->woken = true;
        trigger->pause_ns = first_pause_ns;
    }
    return true;
}

void perfadapt__psi_trigger_pace(struct perfadapt__psi_trigger *trigger, const struct perfadapt__read_context *context,
                                 struct perfadapt_snapshot *snapshot) {
    if (trigger->fd < 0)
        return;
    const bool too_often = trigger->woken && trigger->woken_ns > 0 && context->now_ns - trigger->woken_ns < soonest_ns;
    if (trigger->woken)
        trigger->woken_ns = context->now_ns;
    trigger->woken = false;
    const bool rests = context->frames_flow || too_often;
    if (trigger->resting && trigger->is_stream && !drain(trigger->fd)) { /* its writer is not to be kept waiting */
        lose(trigger, snapshot);
        return;
    }
    if (rests == trigger->resting)
        return;
    if (rests)
        perfadapt__watch_remove(trigger->watch, trigger->fd);
    else if (!add_to_watch(trigger)) {
        lose(trigger, snapshot);
        return;
    }
    trigger->resting = rests;
}

/* ---- life ---- */

static void ask_systemd(struct perfadapt__psi_trigger *trigger, const struct perfadapt__variables *variables) {
    struct perfadapt__systemd_pressure *asked = &trigger->asked;
    perfadapt__systemd_pressure_parse(variables->pressure_watch, variables->pressure_write, asked);
    if (asked->wrong)
        perfadapt__log(trigger->log, PERFADAPT_LOG_WARNING, "psi: $%s is ignored: %s", asked->wrong_variable,
                       asked->wrong);
    if (asked->off)
        perfadapt__log(trigger->log, PERFADAPT_LOG_INFO,
                       "psi: no memory pressure trigger ($%s is /dev/null): polling is used", PERFADAPT__SYSTEMD_WATCH);
}

void perfadapt__psi_trigger_init(struct perfadapt__psi_trigger *trigger,
                                 const struct perfadapt__provider_environment *environment) {
    *trigger = (struct perfadapt__psi_trigger){.root = environment->root,
                                               .log = environment->log,
                                               .watch = environment->watch,
                                               .fd = -1,
                                               .pause_ns = first_pause_ns};
    if (!environment->root->confined && environment->watch && environment->variables)
        ask_systemd(trigger, environment->variables);
}

void perfadapt__psi_trigger_finish(struct perfadapt__psi_trigger *trigger) {
    close_it(trigger);
}
