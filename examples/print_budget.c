/* The smallest app that adapts: a paced loop that prints its budget at every change. SPDX-License-Identifier: MIT */
#include <perfadapt/perfadapt.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void work(uint32_t quality) {
    for (volatile uint32_t i = 0; i < 200000 * (quality + 1); i++)
        ;
}

static void print_budget(double seconds, const struct perfadapt_budget *budget) {
    char reasons[128];
    perfadapt_reasons_text(budget->reasons, reasons, sizeof reasons);
    printf("%7.3f s  quality %u of 0-%u, frame %.2f ms, %u in flight, thermal %s, memory %s, why: %s\n", seconds,
           budget->quality, budget->quality_levels - 1, (double)budget->frame_ns * 1e-6, budget->frames_in_flight,
           perfadapt_thermal_state_name(budget->thermal_state), perfadapt_memory_state_name(budget->memory_state),
           reasons);
}

int main(int argc, char **argv) {
    char *end = NULL;
    const double duration = argc > 1 ? strtod(argv[1], &end) : 5;
    if (end && (*end || !(duration > 0))) {
        fprintf(stderr, "usage: print_budget [SECONDS]\n");
        return 2;
    }
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "print_budget",
                                              .quality_levels = 5,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_FRAME_NS};
    perfadapt *session = NULL;
    const enum perfadapt_result result = perfadapt_open(&options, &session);
    if (result != PERFADAPT_OK)
        fprintf(stderr, "print_budget: not adapting: %s\n", perfadapt_strerror(result));
    struct perfadapt_budget budget = {.size = sizeof budget, .quality = 4, .quality_levels = 5, .render_scale = 1};
    uint64_t printed = UINT64_MAX;
    for (double start = now_seconds(), now = start; now - start < duration; now = now_seconds()) {
        perfadapt_wait_next_frame(session);
        perfadapt_frame_begin(session);
        perfadapt_get_budget(session, &budget);
        work(budget.quality);
        perfadapt_frame_end(session);
        if (budget.generation != printed) {
            printed = budget.generation;
            print_budget(now - start, &budget);
        }
    }
    perfadapt_close(&session);
    return 0;
}
