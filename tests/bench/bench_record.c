/*
 * What the record costs the frame path: the records of a frame and of its GPU time, written, and their bytes. Other: one
 * clock_gettime(CLOCK_MONOTONIC), which a frame path takes at least twice. SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include "record/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const size_t frames_per_segment = 1500; /* so that none is left out for want of room */
static const double target_ns = 20;
static const double target_bytes = 32;

enum { INPUTS = 256 }; /* made up beforehand: only their recording is measured */

struct writer {
    struct perfadapt__recorder recorder;
    struct perfadapt__record_ring *ring;
    struct perfadapt__policy policy;
    struct perfadapt__frame_input done[INPUTS], gpu[INPUTS];
    uint64_t frame;
    int64_t now_ns;
};

static void make_inputs(struct writer *writer) {
    for (int i = 0; i < INPUTS; i++) {
        writer->done[i] = (struct perfadapt__frame_input){.kind = PERFADAPT__FRAME_DONE,
                                                          .quality = 3,
                                                          .cpu_ns = 4000000 + i * 104729 % 1000000,
                                                          .period_ns = 16600000 + i * 7919 % 100000,
                                                          .gpu_ns = -1,
                                                          .render_scale = 1};
        writer->gpu[i] =
            (struct perfadapt__frame_input){.kind = PERFADAPT__FRAME_GPU, .gpu_ns = 9000000 + i * 15485 % 1000000};
    }
}

static void start(struct writer *writer) {
    atomic_store(&writer->ring->newest, 0);
    perfadapt__recorder_init(&writer->recorder, writer->ring, &writer->policy, writer->now_ns);
}

static void write_frame(struct writer *writer) {
    struct perfadapt__frame_input *done = &writer->done[writer->frame % INPUTS];
    struct perfadapt__frame_input *gpu = &writer->gpu[writer->frame % INPUTS];
    done->frame = ++writer->frame;
    done->now_ns = gpu->now_ns = writer->now_ns += done->period_ns;
    gpu->frame = writer->frame - 2;
    perfadapt__recorder_input(&writer->recorder, done, PERFADAPT__RECORD_CAPS_SAME);
    perfadapt__recorder_input(&writer->recorder, gpu, PERFADAPT__RECORD_CAPS_SAME);
}

static void run_records(void *context, size_t count) {
    struct writer *writer = context;
    for (size_t i = 0; i < count; i++) {
        if (i % frames_per_segment == 0)
            start(writer);
        write_frame(writer);
    }
}

static void run_clock(void *context, size_t count) {
    (void)context;
    struct timespec time;
    for (size_t i = 0; i < count; i++)
        clock_gettime(CLOCK_MONOTONIC, &time);
}

static double bytes_per_frame(struct writer *writer) {
    start(writer);
    for (int i = 0; i < 4; i++)
        write_frame(writer);
    const unsigned char *const from = writer->recorder.at;
    for (int i = 0; i < 1000; i++)
        write_frame(writer);
    return (double)(writer->recorder.at - from) / 1000;
}

int main(void) {
    static struct writer writer = {.policy = {.quality_levels = 5, .quality_max = 4}};
    writer.ring = calloc(1, sizeof *writer.ring);
    if (!writer.ring)
        return 3;
    make_inputs(&writer);
    const double bytes = bytes_per_frame(&writer);
    const struct bench_pair pair = bench_compare(run_records, &writer, run_clock, NULL, 30000);
    printf("%-28s %8.1f ns  target %.0f ns; 1 x clock_gettime %.1f ns; %.1f bytes  target %.0f\n", "record of a frame",
           pair.ours_ns, target_ns, pair.other_ns, bytes, target_bytes);
    free(writer.ring);
    return 0;
}
