/* Tells a forked child from the process that opened the session. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_FORK_H
#define PERFADAPT_CORE_FORK_H

#include <perfadapt/error.h>
#include <stdint.h>

/* Sets the guard up, once per process, before the first perfadapt__fork_depth() that counts. Any thread. */
enum perfadapt_result perfadapt__fork_guard(void);

/*
 * How many forks led to this process since the guard was set up: what was made at another depth belongs to a parent.
 * No system call. Children of a raw clone() or _Fork(), which run no handlers, are not told apart.
 */
uint64_t perfadapt__fork_depth(void);

#endif
