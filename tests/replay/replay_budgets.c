/*
 * Replays recordings and prints every budget they come to, all its bits: same_budgets.sh compares what different compilers
 * and processors make of one. SPDX-License-Identifier: MIT
 *
 * usage: replay_budgets FILE...; exit 1 where a budget is not the recorded one, or records are missing
 */
#include "record/replayer.h"

#include <inttypes.h>
#include <math.h> /* isnan only */
#include <stdio.h>
#include <string.h>

static void print_share(float share) {
    uint32_t bits;
    memcpy(&bits, &share, sizeof bits);
    if (isnan(share))
        printf(" nan"); /* which of them is the processor's business */
    else
        printf(" %08" PRIx32, bits);
}

static void print_budget(const struct perfadapt_budget *budget) {
    printf("%" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, budget->generation, budget->timestamp_ns,
           budget->frame_ns, budget->cpu_ns, budget->gpu_ns);
    printf(" %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32, budget->quality, budget->quality_levels,
           budget->frames_in_flight, budget->worker_threads);
    printf(" %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64, budget->memory_bytes, budget->gpu_memory_bytes,
           budget->dispatch_ns, budget->time_to_throttle_ns);
    printf(" %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIx32, budget->thermal_state, budget->memory_state,
           budget->bottleneck, budget->reasons);
    print_share(budget->render_scale);
    print_share(budget->thermal_headroom);
    print_share(budget->confidence);
    printf("\n");
}

static int replay(const char *path) {
    static const struct perfadapt__what_if as_it_was = {NULL, NULL};
    static struct perfadapt__recording recording;
    static struct perfadapt__recorded record;
    static struct perfadapt__replayer replayer;
    uint64_t breaks = 0;
    FILE *file = fopen(path, "rb");
    if (!file || perfadapt__recording_init(&recording, file) != PERFADAPT__FILE_OK) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 3;
    }
    perfadapt__replayer_init(&replayer, &as_it_was);
    enum perfadapt__recording_result result;
    while ((result = perfadapt__replayer_next(&replayer, &recording, &record)) <= PERFADAPT__RECORDING_BREAK) {
        breaks += result == PERFADAPT__RECORDING_BREAK;
        if (replayer.change != PERFADAPT__BUDGET_SAME)
            print_budget(&replayer.decider.arbiter.budget);
    }
    fclose(file);
    const struct perfadapt__replay_tally *tally = &replayer.tally;
    printf("%" PRIu64 " frames, %" PRIu64 " ticks, %" PRIu64 " budgets, %" PRIu64 " differ, %" PRIu64
           " gaps, %s layout\n",
           tally->frames, tally->ticks, tally->budgets, tally->differing, tally->gaps,
           recording.same_layout ? "the same" : "another");
    return tally->differing || tally->gaps || breaks || recording.reader.damages || !recording.same_layout ||
           tally->budgets == 0;
}

int main(int argc, char **argv) {
    int status = argc < 2 ? 2 : 0;
    for (int i = 1; i < argc && status == 0; i++)
        status = replay(argv[i]);
    return status;
}
