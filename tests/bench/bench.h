/* Timing for the benchmarks: medians over rounds, both sides of a ratio in every round. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_BENCH_H
#define PERFADAPT_TESTS_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS 41

/* One side: does its work `count` times. */
typedef void (*bench_work)(void *context, size_t count);

struct bench_pair {
    double ours_ns, other_ns; /* medians, per piece of work */
    double ratio;             /* median of the rounds' ratios: both sides saw the same machine */
};

/* Runs both sides in turn, BENCH_ROUNDS times after a warm-up. */
struct bench_pair bench_compare(bench_work ours, void *ours_context, bench_work other, void *other_context,
                                size_t count);

/* Sorts in place, the smallest first. */
void bench_sort(double *values, size_t count);

/* Prints one line: name, both medians, the ratio, and the target it is held against. */
void bench_print(const char *name, const char *other_name, const struct bench_pair *pair, double target_ratio);

#endif
