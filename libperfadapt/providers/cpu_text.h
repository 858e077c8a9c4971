/* What the kernel writes about processors, taken apart. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CPU_TEXT_H
#define PERFADAPT_PROVIDERS_CPU_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Ticks since boot, of all processors together. */
struct perfadapt__cpu_times {
    uint64_t busy;
    uint64_t idle; /* waiting for input or output is idle, too */
};

/* The first line of /proc/stat; false where it is another, or was cut. */
bool perfadapt__cpu_text_times(const char *text, struct perfadapt__cpu_times *out_times);

/* The share of busy time between two looks; false where there was none, or a counter went back. */
bool perfadapt__cpu_text_busy(const struct perfadapt__cpu_times *before, const struct perfadapt__cpu_times *after,
                              double *out_ratio);

/* How many processors a list such as "0-3,8" names. */
bool perfadapt__cpu_text_count(const char *list, uint32_t *out_count);

/* A frequency as cpufreq gives it; false where it is none that a processor has: 0 means unknown. */
bool perfadapt__cpu_text_megahertz(int64_t kilohertz, double *out_megahertz);

#endif
