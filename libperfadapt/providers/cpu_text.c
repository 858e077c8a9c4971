/* SPDX-License-Identifier: MIT */
#include "providers/cpu_text.h"

#include "core/fs.h"

#include <string.h>

enum field { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELD_COUNT };

#define FIELDS_LEAST 4 /* what Linux 2.4 had */

static const uint64_t ticks_most = UINT64_C(1) << 56;
static const uint64_t processors_most = UINT64_C(1) << 20;
static const int64_t kilohertz_most = 20000000;

/* `guest` and `guest_nice`, which follow, are inside `user` and `nice` already (proc(5)). */
static bool parse_fields(const char *at, uint64_t *out_fields) {
    size_t count = 0;
    while (count < FIELD_COUNT && perfadapt__fs_parse_u64(&at, &out_fields[count])) {
        if (out_fields[count++] > ticks_most)
            return false;
    }
    at += count < FIELD_COUNT ? strspn(at, " ") : 0;
    return count >= FIELDS_LEAST && (*at == '\n' || (count == FIELD_COUNT && *at == ' '));
}

bool perfadapt__cpu_text_times(const char *text, struct perfadapt__cpu_times *out_times) {
    uint64_t f[FIELD_COUNT] = {0};
    if (strncmp(text, "cpu ", 4) != 0 || !strchr(text, '\n') || !parse_fields(text + 4, f))
        return false;
    out_times->busy = f[USER] + f[NICE] + f[SYSTEM] + f[IRQ] + f[SOFTIRQ] + f[STEAL];
    out_times->idle = f[IDLE] + f[IOWAIT];
    return true;
}

/* Counters go back where a processor is unplugged, and iowait does at any time (kernel: filesystems/proc.rst). */
bool perfadapt__cpu_text_busy(const struct perfadapt__cpu_times *before, const struct perfadapt__cpu_times *after,
                              double *out_ratio) {
    if (after->busy < before->busy || after->idle < before->idle)
        return false;
    const uint64_t busy = after->busy - before->busy;
    const uint64_t total = busy + after->idle - before->idle;
    if (total == 0)
        return false;
    *out_ratio = (double)busy / (double)total;
    return true;
}

static bool parse_range(const char **at, uint64_t *out_count) {
    uint64_t first;
    uint64_t last;
    if (!perfadapt__fs_parse_u64(at, &first))
        return false;
    last = first;
    if (**at == '-') {
        (*at)++;
        if (!perfadapt__fs_parse_u64(at, &last))
            return false;
    }
    if (last < first || last >= processors_most)
        return false;
    *out_count = last - first + 1;
    return true;
}

bool perfadapt__cpu_text_count(const char *list, uint32_t *out_count) {
    uint64_t sum = 0;
    for (const char *at = list;; at++) {
        uint64_t count;
        if (!parse_range(&at, &count))
            return false;
        sum += count;
        if (sum > processors_most)
            return false;
        if (*at == ',')
            continue;
        if (*at != '\n' && *at != '\0')
            return false;
        *out_count = (uint32_t)sum;
        return true;
    }
}

bool perfadapt__cpu_text_megahertz(int64_t kilohertz, double *out_megahertz) {
    if (kilohertz <= 0 || kilohertz > kilohertz_most)
        return false;
    *out_megahertz = (double)kilohertz / 1000;
    return true;
}
