/*
 * Starts perfadapt-probe without the host noticing. SPDX-License-Identifier: MIT
 *
 * The host gets no SIGCHLD and no wait() of it takes the program, whatever it has set for its own children; the program
 * inherits no descriptor, and no address space is copied for it. It is nobody's child here: see launch.c. For the
 * sampler thread, which may be held up until the program has been loaded.
 */
#ifndef PERFADAPT_DEVICE_LAUNCH_H
#define PERFADAPT_DEVICE_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* {0} = none. */
struct perfadapt__child {
    pid_t pid; /* 0 = none; also the id of its process group and of its session */
    int pidfd; /* -1 = the kernel gives none: the child is found by its pid */
    int64_t started_ns;
};

/*
 * 0, or -errno: also what execve() answered. `environment` replaces the host's; both lists end with NULL.
 *
 * The program starts with standard streams on /dev/null, in a session of its own (a Ctrl-C is not for it), with every
 * signal blocked, and ignoring those that the host ignores, which may be SIGCHLD: to be undone by the program itself.
 */
int perfadapt__launch(const char *path, char *const *arguments, char *const *environment,
                      struct perfadapt__child *out_child);

/*
 * Never waits. True once it has ended, or where there is none; *child is then none. *out_status is as of waitpid(), or
 * -1 where the kernel does not tell: before Linux 6.15, unless the host adopts orphans (a subreaper, or process 1).
 */
bool perfadapt__child_ended(struct perfadapt__child *child, int *out_status);

/*
 * Ends it and what it has started (SIGKILL to its process group). perfadapt__child_ended() still tells when it is gone.
 */
void perfadapt__child_kill(const struct perfadapt__child *child);

#endif
