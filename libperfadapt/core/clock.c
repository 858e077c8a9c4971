/* SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * PERFADAPT__NS_PER_S + time.tv_nsec;
}

int64_t perfadapt__now_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int64_t perfadapt__boottime_ns(void) {
    return read_clock(CLOCK_BOOTTIME);
}

int64_t perfadapt__thread_ns(void) {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
