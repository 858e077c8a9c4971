/* SPDX-License-Identifier: MIT */
#include "publish/statistics.h"

#include "core/clock.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW_NS (10 * PERFADAPT__NS_PER_S)
#define LATE_FACTOR 1.05

/* Known durations of one kind. */
struct durations {
    size_t count;
    int64_t ns[PERFADAPT_FRAMES_MAX];
};

static void add(struct durations *durations, int64_t ns) {
    if (ns >= 0)
        durations->ns[durations->count++] = ns;
}

static int compare(const void *left, const void *right) {
    const int64_t a = *(const int64_t *)left;
    const int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void sort(struct durations *durations) {
    qsort(durations->ns, durations->count, sizeof durations->ns[0], compare);
}

static double percentile_ms(const struct durations *sorted, size_t percent) {
    if (!sorted->count)
        return (double)NAN;
    const size_t rank = (sorted->count * percent + 99) / 100;
    return (double)sorted->ns[rank ? rank - 1 : 0] / (double)PERFADAPT__NS_PER_MS;
}

/* Per second, from the mean of the slowest `count`. */
static double rate_of_slowest(const struct durations *sorted, size_t count) {
    double sum = 0;
    for (size_t i = sorted->count - count; i < sorted->count; i++)
        sum += (double)sorted->ns[i];
    return sum > 0 ? (double)count * (double)PERFADAPT__NS_PER_S / sum : (double)NAN;
}

static uint32_t count_late(const struct durations *periods, int64_t frame_ns) {
    uint32_t late = 0;
    for (size_t i = 0; i < periods->count; i++)
        late += frame_ns > 0 && (double)periods->ns[i] > LATE_FACTOR * (double)frame_ns;
    return late;
}

static void clear(struct perfadapt_app *app) {
    app->frames_counted = app->frames_late = 0;
    app->fps = app->period_p50_ms = app->period_p99_ms = app->period_max_ms = (double)NAN;
    app->low_1_percent_fps = app->cpu_p50_ms = app->gpu_p50_ms = (double)NAN;
}

static void fill_periods(struct durations *periods, int64_t frame_ns, struct perfadapt_app *app) {
    sort(periods);
    app->frames_late = count_late(periods, frame_ns);
    app->fps = rate_of_slowest(periods, periods->count);
    app->period_p50_ms = percentile_ms(periods, 50);
    app->period_p99_ms = percentile_ms(periods, 99);
    app->period_max_ms = percentile_ms(periods, 100);
    app->low_1_percent_fps =
        rate_of_slowest(periods, periods->count >= 200 ? periods->count / 100 : periods->count > 0);
}

static double median_ms(struct durations *durations) {
    sort(durations);
    return percentile_ms(durations, 50);
}

void perfadapt__statistics_fill(const struct perfadapt_frame *frames, size_t count, int64_t now_ns, int64_t frame_ns,
                                struct perfadapt_app *app) {
    struct durations periods, cpu, gpu;
    periods.count = cpu.count = gpu.count = 0;
    clear(app);
    uint32_t counted = 0;
    for (size_t i = 0; i < count && i < PERFADAPT_FRAMES_MAX; i++) {
        if (frames[i].end_ns < now_ns - WINDOW_NS)
            continue;
        counted++;
        add(&periods, frames[i].period_ns);
        add(&cpu, frames[i].cpu_ns);
        add(&gpu, frames[i].gpu_ns);
    }
    app->frames_counted = counted;
    if (counted < 2)
        return;
    fill_periods(&periods, frame_ns, app);
    app->cpu_p50_ms = median_ms(&cpu);
    app->gpu_p50_ms = median_ms(&gpu);
}
