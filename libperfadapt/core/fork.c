/* SPDX-License-Identifier: MIT */
#include "core/fork.h"

#include <pthread.h>

_Atomic uint64_t perfadapt__fork_count;
static pthread_once_t guard_once = PTHREAD_ONCE_INIT;
static int guard_error;

static void count_fork(void) {
    atomic_fetch_add_explicit(&perfadapt__fork_count, 1, memory_order_relaxed);
}

static void set_guard_up(void) {
    guard_error = pthread_atfork(NULL, NULL, count_fork);
}

enum perfadapt_result perfadapt__fork_guard(void) {
    pthread_once(&guard_once, set_guard_up);
    return guard_error ? PERFADAPT_ERROR_NO_MEMORY : PERFADAPT_OK;
}
