/* The command whose sessions are recorded, and the signals that are for it. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_RECORD_CHILD_H
#define PERFADAPT_TOOLS_RECORD_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How signals were before record_signals_take(). */
struct record_signals {
    sigset_t caught, before;
    sigset_t to_default; /* what the command must not find ignored */
};

/* From here on signals wait to be taken one by one. */
void record_signals_take(struct record_signals *out);
void record_signals_give_back(const struct record_signals *signals);

/* One that has come within the time, a child's end included. False = none. */
bool record_signals_wait(const struct record_signals *signals, int64_t longest_ns, siginfo_t *out_info);

struct record_child {
    pid_t pid; /* 0 = none was started */
    bool ended;
    int code;  /* its exit code, or 128 + its signal */
    bool left; /* something that it started still runs */
};

/*
 * From here on, what a command leaves behind becomes a child of this process, not of the system's first: it can be told
 * from what others run. Where the kernel does not allow that, it is lost sight of.
 */
void record_child_keep_orphans(void);

/* It starts with the signals as they were. False after saying why on standard error. */
bool record_child_start(struct record_child *child, char *const *words, const struct record_signals *signals);

/* Takes note of what has ended, it or what it left behind. Never waits. */
void record_child_look(struct record_child *child);

#endif
