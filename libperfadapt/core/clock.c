/* SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <errno.h>
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

int64_t perfadapt__realtime_ns(void) {
    return read_clock(CLOCK_REALTIME);
}

int64_t perfadapt__thread_ns(void) {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void perfadapt__sleep_until(int64_t deadline_ns) {
    const struct timespec deadline = {.tv_sec = (time_t)(deadline_ns / PERFADAPT__NS_PER_S),
                                      .tv_nsec = (long)(deadline_ns % PERFADAPT__NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
    }
}
