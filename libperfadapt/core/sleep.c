/* SPDX-License-Identifier: MIT */
#include "core/sleep.h"

#include "core/clock.h"

#include <errno.h>
#include <time.h>

void perfadapt__sleep_until(int64_t deadline_ns) {
    const struct timespec deadline = {.tv_sec = (time_t)(deadline_ns / PERFADAPT__NS_PER_S),
                                      .tv_nsec = (long)(deadline_ns % PERFADAPT__NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
    }
}
