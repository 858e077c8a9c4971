/* Tells a forked child from the process that opened the session. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_FORK_H
#define PERFADAPT_CORE_FORK_H

#include <perfadapt/error.h>
#include <stdatomic.h>
#include <stdint.h>

/* Sets the guard up, once per process, before the first perfadapt__fork_depth() that counts. Any thread. */
enum perfadapt_result perfadapt__fork_guard(void);

/* Written by the guard alone. */
extern _Atomic uint64_t perfadapt__fork_count;

/*
 * How many forks led to this process since the guard was set up: what was made at another depth belongs to a parent.
 * Inline, for the frame path. Children of a raw clone() or _Fork(), which run no handlers, are not told apart.
 */
static inline uint64_t perfadapt__fork_depth(void) {
    return atomic_load_explicit(&perfadapt__fork_count, memory_order_relaxed);
}

#endif
