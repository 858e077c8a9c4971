/*
 * The frame path against the two clock readings it cannot do without. SPDX-License-Identifier: MIT
 *
 * Ours: frame_begin + frame_end + get_budget of a published session, through the shared library. Other: two
 * clock_gettime(CLOCK_MONOTONIC). A second line adds a GPU time per frame; the target
 * speaks of the first.
 */
#include "bench.h"

#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <time.h>

static void run_frames(void *context, size_t count) {
    perfadapt *session = context;
    struct perfadapt_budget budget = {.size = sizeof budget};
    for (size_t i = 0; i < count; i++) {
        perfadapt_frame_begin(session);
        perfadapt_frame_end(session);
        perfadapt_get_budget(session, &budget);
    }
}

static void run_gpu_frames(void *context, size_t count) {
    perfadapt *session = context;
    struct perfadapt_budget budget = {.size = sizeof budget};
    for (size_t i = 0; i < count; i++) {
        const uint64_t frame = perfadapt_frame_begin(session);
        perfadapt_frame_end(session);
        perfadapt_frame_gpu(session, frame, 5000000);
        perfadapt_get_budget(session, &budget);
    }
}

static void read_clock(size_t times) {
    struct timespec time;
    for (size_t i = 0; i < times; i++)
        clock_gettime(CLOCK_MONOTONIC, &time);
}

static void run_two_clocks(void *context, size_t count) {
    (void)context;
    read_clock(2 * count);
}

int main(void) {
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "bench_frame_path",
                                              .quality_levels = 7,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE |
                                                         PERFADAPT_OUTPUT_FRAME_NS};
    perfadapt *session = NULL;
    const enum perfadapt_result result = perfadapt_open(&options, &session);
    if (result) {
        fprintf(stderr, "bench_frame_path: open: %s\n", perfadapt_strerror(result));
        return 3;
    }
    struct bench_pair pair = bench_compare(run_frames, session, run_two_clocks, NULL, 20000);
    bench_print("begin + end + get_budget", "2 x clock_gettime", &pair, 2.0);
    pair = bench_compare(run_gpu_frames, session, run_two_clocks, NULL, 20000);
    bench_print("begin + end + frame_gpu + get_budget", "2 x clock_gettime", &pair, 3.0);
    perfadapt_close(&session);
    return 0;
}
