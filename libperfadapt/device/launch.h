/*
 * Starts perfadapt-probe without the host noticing. SPDX-License-Identifier: MIT
 *
 * A child that raises no SIGCHLD when it ends and that no wait() of the host takes (clone3, exit_signal 0), inherits no
 * descriptor, no signal mask and no address space worth copying (CLONE_VM | CLONE_VFORK until it executes). For the
 * sampler thread: every signal is blocked there, and what waits is not the host.
 */
#ifndef PERFADAPT_DEVICE_LAUNCH_H
#define PERFADAPT_DEVICE_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* {0} = none. */
struct perfadapt__child {
    pid_t pid; /* 0 = none */
    int pidfd; /* -1 = the kernel gives none: the child is found by its pid, which stays ours until it is reaped */
    int64_t started_ns;
};

/* 0, or -errno. `environment` replaces the host's; both lists end with NULL. Standard streams are /dev/null. */
int perfadapt__launch(const char *path, char *const *arguments, char *const *environment,
                      struct perfadapt__child *out_child);

/* Never waits. True once it has ended and been reaped; *out_status then is as of waitpid(), or -1 where unknown. */
bool perfadapt__child_ended(struct perfadapt__child *child, int *out_status);

/* Ends it (SIGKILL); it is still to be reaped. */
void perfadapt__child_kill(const struct perfadapt__child *child);

#endif
