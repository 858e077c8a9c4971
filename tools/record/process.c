/* SPDX-License-Identifier: MIT */
#include "record/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct state {
    char letter;
    int parent, threads;
    unsigned long long started;
};

/* Of "pid (name) state ppid …", where the name may hold anything. */
static bool read_state(pid_t pid, struct state *out) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    const char *const behind = strrchr(text, ')');
    return behind && sscanf(behind, ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %llu",
                            &out->letter, &out->parent, &out->threads, &out->started) == 4;
}

int record_process_open(pid_t pid) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    return -1;
#endif
}

bool record_process_has_gone(pid_t pid, int handle) {
    struct pollfd end = {.fd = handle, .events = POLLIN};
    struct state state;
    if (handle >= 0 && poll(&end, 1, 0) >= 0)
        return end.revents != 0;
    if (kill(pid, 0) != 0)
        return errno == ESRCH;
    /* Without a handle: the first thread may have ended before others, which go on. */
    return read_state(pid, &state) && (state.letter == 'X' || (state.letter == 'Z' && state.threads <= 1));
}

bool record_process_read(pid_t pid, struct record_process *out) {
    struct state state;
    if (!read_state(pid, &state))
        return false;
    *out = (struct record_process){.parent = (pid_t)state.parent, .started = state.started};
    return true;
}
