/* The clocks, in nanoseconds. The only room that reads a clock for others. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_CLOCK_H
#define PERFADAPT_CORE_CLOCK_H

#include <stdint.h>

#define PERFADAPT__NS_PER_S INT64_C(1000000000)
#define PERFADAPT__NS_PER_MS INT64_C(1000000)

/* CLOCK_MONOTONIC: frames, samples, pacing. */
int64_t perfadapt__now_ns(void);

/* CLOCK_BOOTTIME: goes on through suspend, the same in every process of the machine; for signs of life. */
int64_t perfadapt__boottime_ns(void);

/* CLOCK_REALTIME: dates, for people. */
int64_t perfadapt__realtime_ns(void);

/* What the calling thread has run. A system call: not for every tick. */
int64_t perfadapt__thread_ns(void);

/* Sleeps until CLOCK_MONOTONIC reaches `deadline_ns`, whatever signal handlers the host runs meanwhile. */
void perfadapt__sleep_until(int64_t deadline_ns);

#endif
