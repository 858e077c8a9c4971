/*
 * A piece of work in a process of its own, which may crash, hang, end or write what it likes.
 * SPDX-License-Identifier: MIT
 *
 * One at a time; this process has one thread.
 */
#ifndef PERFADAPT_PROBE_CHILD_H
#define PERFADAPT_PROBE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probe_child_end {
    PROBE_CHILD_RETURNED = 0,    /* the work came back */
    PROBE_CHILD_EXITED = 1,      /* something in it ended the process; number: the code */
    PROBE_CHILD_CRASHED = 2,     /* number: the signal */
    PROBE_CHILD_TIMED_OUT = 3,   /* number: after so many milliseconds */
    PROBE_CHILD_TALKED = 4,      /* it wrote more than there is room for */
    PROBE_CHILD_NOT_STARTED = 5, /* number: errno */
    PROBE_CHILD_STUCK = 6        /* it cannot even be killed: the kernel does not let go of it */
};

struct probe_child_result {
    enum probe_child_end end;
    int number;
    size_t length; /* of what it wrote */
};

/* Runs in the child; what it writes to the descriptor comes back. Group of its own, no signal handlers of ours. */
typedef void probe_child_work(int out_fd, void *user);

/* Waits for its end, no longer than `timeout_ms`; ends it and all processes of its group. */
struct probe_child_result probe_child_run(probe_child_work *work, void *user, int64_t timeout_ms, void *buffer,
                                          size_t capacity);

/* "crashed (signal 11)"; "" where it returned. */
void probe_child_describe(const struct probe_child_result *result, char *out, size_t capacity);

/* Writes all of it; for the work. */
bool probe_child_write(int out_fd, const void *bytes, size_t length);

/* Ends the one that runs. For a signal handler. */
void probe_child_abandon(void);

#endif
