/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double time_work(bench_work work, void *context, size_t count) {
    const double start_ns = now_ns();
    work(context, count);
    return (now_ns() - start_ns) / (double)count;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_sort(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare_doubles);
}

static double median(double *values) {
    bench_sort(values, BENCH_ROUNDS);
    return values[BENCH_ROUNDS / 2];
}

struct bench_pair bench_compare(bench_work ours, void *ours_context, bench_work other, void *other_context,
                                size_t count) {
    double ours_ns[BENCH_ROUNDS];
    double other_ns[BENCH_ROUNDS];
    double ratios[BENCH_ROUNDS];
    time_work(ours, ours_context, count);
    time_work(other, other_context, count);
    for (int i = 0; i < BENCH_ROUNDS; i++) {
        ours_ns[i] = time_work(ours, ours_context, count);
        other_ns[i] = time_work(other, other_context, count);
        ratios[i] = ours_ns[i] / other_ns[i];
    }
    return (struct bench_pair){.ours_ns = median(ours_ns), .other_ns = median(other_ns), .ratio = median(ratios)};
}

void bench_print(const char *name, const char *other_name, const struct bench_pair *pair, double target_ratio) {
    printf("%-44s %9.1f ns   %-36s %9.1f ns   ratio %.2f   target <= %.1f   %s\n", name, pair->ours_ns, other_name,
           pair->other_ns, pair->ratio, target_ratio, pair->ratio <= target_ratio ? "met" : "MISSED");
}
