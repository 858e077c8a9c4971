/* Percentiles of what was measured, and the report at the end. SPDX-License-Identifier: MIT */
#include "stats.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void series_add(struct series *series, double value) {
    series->values[series->added % SERIES_MAX] = (float)value;
    series->added++;
}

static int compare_floats(const void *left, const void *right) {
    const float a = *(const float *)left;
    const float b = *(const float *)right;
    return (a > b) - (a < b);
}

double series_percentile(struct series *series, double percent) {
    const size_t count = series->added < SERIES_MAX ? (size_t)series->added : SERIES_MAX;
    if (count == 0)
        return (double)NAN;
    qsort(series->values, count, sizeof *series->values, compare_floats);
    const size_t rank = (size_t)ceil(percent / 100 * (double)count);
    return (double)series->values[rank > 0 ? rank - 1 : 0];
}

static int compare_doubles(const void *left, const void *right) {
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

double undisturbed(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return values[count / 4];
}

void stats_frame_ended(struct stats *stats) {
    const int64_t now = clock_ns();
    if (stats->frames > 0)
        series_add(&stats->period_ms, (double)(now - stats->last_end_ns) * 1e-6);
    else
        stats->first_end_ns = now;
    stats->last_end_ns = now;
    stats->frames++;
}

static void print_milliseconds(const char *name, double value) {
    if (isnan(value))
        printf("%s n/a", name);
    else
        printf("%s %.2f ms", name, value);
}

void stats_print(struct stats *stats) {
    const double seconds = (double)(stats->last_end_ns - stats->first_end_ns) * 1e-9;
    printf("frames   %" PRIu64 " in %.1f s, ", stats->frames, seconds);
    if (seconds > 0)
        printf("%.1f fps\n", (double)(stats->frames - 1) / seconds);
    else
        printf("n/a fps\n");
    print_milliseconds("period   p50", series_percentile(&stats->period_ms, 50));
    print_milliseconds(", p99", series_percentile(&stats->period_ms, 99));
    print_milliseconds("\ngpu      p50", series_percentile(&stats->gpu_ms, 50));
    print_milliseconds(", p99", series_percentile(&stats->gpu_ms, 99));
    printf("\nbudget   %" PRIu64 " changes, %" PRIu64 " of them of what is drawn\n", stats->budget_changes,
           stats->budget_moves);
}
