/* SPDX-License-Identifier: MIT */
#include "core/fork.h"

#include <pthread.h>
#include <stdatomic.h>

static _Atomic uint64_t fork_depth;
static pthread_once_t guard_once = PTHREAD_ONCE_INIT;
static int guard_error;

static void count_fork(void) {
    atomic_fetch_add_explicit(&fork_depth, 1, memory_order_relaxed);
}

static void set_guard_up(void) {
    guard_error = pthread_atfork(NULL, NULL, count_fork);
}

enum perfadapt_result perfadapt__fork_guard(void) {
    pthread_once(&guard_once, set_guard_up);
    return guard_error ? PERFADAPT_ERROR_NO_MEMORY : PERFADAPT_OK;
}

uint64_t perfadapt__fork_depth(void) {
    return atomic_load_explicit(&fork_depth, memory_order_relaxed);
}
