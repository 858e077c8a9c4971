/* Waiting for a time. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_SLEEP_H
#define PERFADAPT_CORE_SLEEP_H

#include <stdint.h>

/* Sleeps until CLOCK_MONOTONIC reaches `deadline_ns`, whatever signal handlers the host runs meanwhile. */
void perfadapt__sleep_until(int64_t deadline_ns);

#endif
