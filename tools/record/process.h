/* Whether a process runs, and whose child it is, and since when. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_RECORD_PROCESS_H
#define PERFADAPT_TOOLS_RECORD_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* A handle that stays this process's when its number is another's; -1 = the kernel gives none. */
int record_process_open(pid_t pid);

/* True as soon as it runs no more, also while nobody has waited for it. `handle` may be -1. */
bool record_process_has_gone(pid_t pid, int handle);

/* What is known of one that is there. */
struct record_process {
    pid_t parent;               /* 0 = none is to be seen */
    unsigned long long started; /* in clock ticks since boot */
};

/* False where it is not there, or not to be seen. */
bool record_process_read(pid_t pid, struct record_process *out);

#endif
