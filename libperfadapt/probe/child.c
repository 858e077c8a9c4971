/* SPDX-License-Identifier: MIT */
#include "probe/child.h"

#include "core/clock.h"
#include "core/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How the child says that its work came back: a driver that calls exit() ends with another code. */
#define RETURNED_CODE 113

#define TICK_MS 20       /* between looks at a child that has not closed its end */
#define KILL_WAIT_MS 500 /* for a killed child to be gone */

struct run {
    pid_t pid;
    int fd; /* -1: it has closed its end */
    int64_t deadline_ns;
    char *buffer;
    size_t capacity, length;
    bool ended, too_much;
    int status;
};

/* Read by a signal handler. */
static volatile sig_atomic_t running;

/* As the kernel lists them; without CONFIG_PROC_CHILDREN none. True where there was one. For signal handlers, too. */
static bool kill_children(void) {
    char list[512];
    const int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, list, sizeof list - 1) : 0;
    pid_t pid = 0;
    bool any = false;
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < length; i++) {
        if (list[i] >= '0' && list[i] <= '9') {
            pid = pid * 10 + (list[i] - '0');
            continue;
        }
        any |= pid > 0 && kill(pid, SIGKILL) == 0; /* one that was cut has no blank behind */
        pid = 0;
    }
    return any;
}

/*
 * A driver may start processes with groups and sessions of their own; they come to us when their parents die, as this
 * program is their reaper (process.c). Where it is not, they may be anybody's.
 */
static void end_strays(void) {
    const int64_t until_ns = perfadapt__now_ns() + KILL_WAIT_MS * PERFADAPT__NS_PER_MS;
    int is_reaper = 0;
    if (prctl(PR_GET_CHILD_SUBREAPER, &is_reaper) != 0 || !is_reaper)
        return;
    while (kill_children() && perfadapt__now_ns() < until_ns) {
        poll(NULL, 0, 1);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
}

void probe_child_abandon(void) {
    if (running > 0)
        kill(-(pid_t)running, SIGKILL);
    if (running > 0)
        kill_children();
}

/* ---- the child ---- */

/* A handler of ours would clear up in the parent's name. */
static void reset_signals(void) {
    static const int caught[] = {SIGALRM, SIGTERM, SIGINT, SIGHUP, SIGXFSZ};
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        signal(caught[i], SIG_DFL);
}

static void run_child(probe_child_work *work, void *user, int fd, pid_t parent) {
    setpgid(0, 0);
    reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before that call */
        _exit(0);
    work(fd, user);
    _exit(RETURNED_CODE);
}

bool probe_child_write(int out_fd, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        const ssize_t written = write(out_fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        length -= (size_t)written;
    }
    return true;
}

/* ---- the parent ---- */

static int64_t left_ms(const struct run *run) {
    const int64_t left_ns = run->deadline_ns - perfadapt__now_ns();
    return left_ns > 0 ? (left_ns + PERFADAPT__NS_PER_MS - 1) / PERFADAPT__NS_PER_MS : 0;
}

static void close_end(struct run *run) {
    close(run->fd);
    run->fd = -1;
}

static void take_bytes(struct run *run) {
    char more;
    const bool is_full = run->length == run->capacity;
    const ssize_t got =
        is_full ? read(run->fd, &more, 1) : read(run->fd, run->buffer + run->length, run->capacity - run->length);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0)
        close_end(run);
    else if (is_full)
        run->too_much = true;
    else
        run->length += (size_t)got;
}

/* Its group goes while its number is still taken: what it has left behind must not live on. */
static void reap(struct run *run) {
    siginfo_t info = {.si_pid = 0};
    if (run->ended || waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return;
    kill(-run->pid, SIGKILL);
    run->ended = waitpid(run->pid, &run->status, WNOHANG) == run->pid;
}

/* One end may outlive the child, in a process that it left behind; and it may live on with its end closed. */
static void watch(struct run *run) {
    while (!run->ended && !run->too_much && left_ms(run) > 0) {
        const int64_t left = left_ms(run);
        struct pollfd end = {.fd = run->fd, .events = POLLIN};
        const int tick = run->fd < 0 ? 1 : TICK_MS;
        if (poll(&end, 1, left < tick ? (int)left : tick) > 0)
            take_bytes(run);
        reap(run);
    }
    while (run->fd >= 0 && run->ended && !run->too_much) { /* what it wrote last */
        struct pollfd end = {.fd = run->fd, .events = POLLIN};
        if (poll(&end, 1, 0) <= 0)
            break;
        take_bytes(run);
    }
}

static void end_it(struct run *run) {
    const int64_t until_ns = perfadapt__now_ns() + KILL_WAIT_MS * PERFADAPT__NS_PER_MS;
    kill(-run->pid, SIGKILL);
    kill(run->pid, SIGKILL); /* before it has a group of its own */
    while (!run->ended && perfadapt__now_ns() < until_ns) {
        poll(NULL, 0, 1);
        reap(run);
    }
}

static struct probe_child_result conclude(const struct run *run, bool was_ended, int64_t timeout_ms) {
    struct probe_child_result result = {.length = run->length};
    if (run->too_much)
        result.end = PROBE_CHILD_TALKED;
    else if (!run->ended)
        result.end = PROBE_CHILD_STUCK;
    else if (!was_ended)
        result = (struct probe_child_result){PROBE_CHILD_TIMED_OUT, (int)timeout_ms, run->length};
    else if (WIFSIGNALED(run->status))
        result = (struct probe_child_result){PROBE_CHILD_CRASHED, WTERMSIG(run->status), run->length};
    else if (WEXITSTATUS(run->status) != RETURNED_CODE)
        result = (struct probe_child_result){PROBE_CHILD_EXITED, WEXITSTATUS(run->status), run->length};
    return result;
}

static struct probe_child_result not_started(int error) {
    return (struct probe_child_result){.end = PROBE_CHILD_NOT_STARTED, .number = error};
}

static struct probe_child_result follow(struct run *run, int64_t timeout_ms) {
    watch(run);
    const bool was_ended = run->ended;
    if (!run->ended)
        end_it(run);
    running = 0;
    end_strays();
    if (run->fd >= 0)
        close_end(run);
    return conclude(run, was_ended, timeout_ms);
}

struct probe_child_result probe_child_run(probe_child_work *work, void *user, int64_t timeout_ms, void *buffer,
                                          size_t capacity) {
    int ends[2];
    const pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return not_started(errno);
    struct run run = {.fd = ends[0],
                      .deadline_ns = perfadapt__now_ns() + timeout_ms * PERFADAPT__NS_PER_MS,
                      .buffer = buffer,
                      .capacity = capacity};
    run.pid = fork();
    if (run.pid == 0) {
        close(ends[0]);
        run_child(work, user, ends[1], parent);
    }
    const int error = errno;
    close(ends[1]);
    if (run.pid < 0) {
        close(ends[0]);
        return not_started(error);
    }
    setpgid(run.pid, run.pid); /* both do it: whoever comes first */
    running = run.pid;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return follow(&run, timeout_ms);
}

void probe_child_describe(const struct probe_child_result *result, char *out, size_t capacity) {
    static const char *const words[] = {"",
                                        "exited (code %d)",
                                        "crashed (signal %d)",
                                        "gave no answer in %d ms",
                                        "wrote without end",
                                        "could not be started (error %d)",
                                        "hangs in the kernel and cannot be killed"};
    out[0] = '\0';
    if ((size_t)result->end >= sizeof words / sizeof words[0])
        return;
    const char *number = strstr(words[result->end], "%d");
    if (!number)
        snprintf(out, capacity, "%s", words[result->end]);
    else
        snprintf(out, capacity, "%.*s%d%s", (int)(number - words[result->end]), words[result->end], result->number,
                 number + 2);
}
