/* What a machine is limited by, in words. SPDX-License-Identifier: MIT */
#ifndef TUI_LIMITER_H
#define TUI_LIMITER_H

#include <stddef.h>
#include <stdint.h>

#include <perfadapt/snapshot.h>

enum { LIMITER_MAX = 6, LIMITER_TEXT_MAX = 96 };

/* The share of time lost to waiting for a resource, in percent, from which on it limits. */
double limiter_stalled_percent(enum perfadapt_resource resource);

struct limiter_reason {
    int weight; /* 0 first: heat, power, memory, quota, processors, drives, policy */
    char text[LIMITER_TEXT_MAX];
    char proof[LIMITER_TEXT_MAX]; /* what says so, in its own words; "" = the text says it */
};

struct limiter {
    int count; /* of reasons, the worst first */
    struct limiter_reason reasons[LIMITER_MAX];
    const char *nothing; /* what to say where there is no reason: nothing is, or not all is known */
};

void limiter_find(const struct perfadapt_snapshot *snapshot, struct limiter *out);

/* All reasons in one line: "heat (gpu), memory pressure 23%", or that nothing limits. */
void limiter_text(const struct limiter *limiter, char *out, size_t capacity);

#endif
