/*
 * A GPU at a temperature limit: this library's controller against others, on the real thing. SPDX-License-Identifier: MIT
 *
 * Measures idle and full load, sets a limit between them, finds the best constant level that keeps it, and then runs every
 * policy at constant and at jumping load: the same work per level for all of them, the same thermometer, read ten times a
 * second beside the library. Run by tests/device/soak.sh.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <perfadapt/vulkan.h>

#include "sim/policies.h"
#include "soak_result.h"
#include "soak_search.h"
#include "stats.h"

#define RESULTS_MAX 1024
#define SKIPPED 77

struct session {
    struct soak_bench bench;
    FILE *trace;
    struct soak_end idle, full;
    uint32_t best_rung;
    struct soak_result results[RESULTS_MAX];
    uint32_t result_count;
};

/* ---- what all runs share ---- */

static bool open_device(struct soak_bench *bench) {
    struct gpu *gpu = &bench->gpu;
    if (!gpu_create_instance(gpu, NULL, 0) || !gpu_open_device(gpu, bench->options.device, VK_NULL_HANDLE))
        return false;
    perfadapt_device_from_vulkan(vkGetInstanceProcAddr, gpu->instance, VK_API_VERSION_1_1, gpu->physical,
                                 &bench->device);
    return ring_create(&bench->ring, gpu) && load_create(&bench->load, gpu, bench->device.compute_units) &&
           load_calibrate(&bench->load, &bench->ring, gpu);
}

static void make_ladder(struct soak_bench *bench) {
    scene_level_costs(bench->options.levels, bench->costs);
    bench->policy = (struct perfadapt__policy){
        .role = PERFADAPT_ROLE_INTERACTIVE,
        .outputs = PERFADAPT_OUTPUT_QUALITY,
        .quality_levels = bench->options.levels,
        .quality_max = bench->options.levels - 1,
        .target_frame_ns = (int64_t)(1e9 / bench->options.target_fps),
        .render_scale_min = 1,
        .render_scale_max = 1,
        .thermal_limit_c = (double)NAN,
        .thermal_margin_c = bench->options.margin_c,
        .battery_busy = 1,
        .frames_in_flight = 3,
    };
    memcpy(bench->policy.cost, bench->costs, sizeof bench->costs);
    perfadapt__ladder_init(&bench->ladder, &bench->policy);
}

static bool open_trace(struct session *session) {
    char path[512];
    const char *directory = session->bench.options.directory;
    snprintf(path, sizeof path, "%s/trace.csv", directory);
    if (mkdir(directory, 0777) == 0 || errno == EEXIST)
        session->trace = fopen(path, "we");
    if (!session->trace) {
        fprintf(stderr, "soak_bench: %s: %s\n", path, strerror(errno));
        return false;
    }
    soak_result_write_head(session->trace);
    return true;
}

/* ---- idle, full load, limit ---- */

static bool measure(struct session *session, const char *name, const struct soak_run *run, struct soak_end *out_end) {
    if (!soak_run(&session->bench, run))
        return false;
    *out_end = soak_result_end(&session->bench, fmin(5, run->phases[0].seconds / 2));
    soak_result_write_rows(session->trace, &session->bench, name, 0, run);
    printf("| %s | %.1f | %.1f | %.0f | %.0f | %.2f |\n", name, out_end->temperature_c, out_end->temperature_most_c,
           out_end->power_w, out_end->clock_mhz, out_end->busy);
    fflush(stdout);
    return true;
}

static bool measure_limit(struct session *session) {
    struct soak_bench *bench = &session->bench;
    const struct soak_options *options = &bench->options;
    const struct soak_run idle = {
        .decider = SOAK_IDLE, .phases = {{SCENE_CONSTANT, options->idle_s, false}}, .phase_count = 1};
    const struct soak_run full = {
        .decider = SOAK_PINNED, .phases = {{SCENE_CONSTANT, options->full_s, false}}, .phase_count = 1};
    printf("\n| | mean °C | highest °C | W | MHz | GPU busy |\n|---|---|---|---|---|---|\n");
    if (!measure(session, "idle", &idle, &session->idle) || !measure(session, "full", &full, &session->full))
        return false;
    const double span_c = session->full.temperature_c - session->idle.temperature_c;
    if (!(span_c > 3)) {
        fprintf(stderr, "soak_bench: %.1f °C between idle and full load is too little to steer by\n", span_c);
        return false;
    }
    const double asked_c = session->idle.temperature_c + options->limit_share * span_c;
    bench->limit_c = isnan(options->limit_c) ? floor(asked_c) + 0.5 : options->limit_c;
    const bool metered = !isnan(session->full.power_w);
    bench->nominal.idle_w = metered ? session->idle.power_w : 0;
    bench->nominal.dynamic_w = metered ? session->full.power_w - session->idle.power_w : session->full.busy;
    bench->nominal.busy_full = fmin(session->full.busy, 1);
    printf("\nLimit %.1f °C", bench->limit_c);
    if (isnan(options->limit_c))
        printf(": %.0f %% of the way is %.2f °C, and between two whole degrees a reading tells",
               options->limit_share * 100, asked_c);
    printf(".\n");
    return true;
}

static const char tries_head[] = "\n| | level | work per frame | highest °C | mean °C | W | GPU busy |\n"
                                 "|---|---|---|---|---|---|---|\n";

static double best_most_c(const struct soak_bench *bench) {
    return bench->limit_c + bench->options.best_above_c;
}

static void print_best(const struct session *session) {
    const struct perfadapt__rung *best = &session->bench.ladder.rungs[session->best_rung];
    printf("\nBest constant level read at %.1f °C at most: %u of 0-%u, %.3f of the best quality's work.\n",
           best_most_c(&session->bench), best->quality, session->bench.options.levels - 1, best->cost);
    fflush(stdout);
}

static bool search(struct session *session) {
    struct soak_bench *bench = &session->bench;
    const struct soak_options *options = &bench->options;
    struct soak_search tries;
    soak_search_init(&tries, session->trace);
    printf(tries_head);
    if (options->best_quality != UINT32_MAX)
        session->best_rung = options->levels - 1 - options->best_quality;
    else if (!soak_search_best(bench, &tries, best_most_c(bench), &session->best_rung))
        return false;
    if (!soak_search_confirm(bench, &tries, best_most_c(bench), &session->best_rung))
        return false;
    print_best(session);
    return true;
}

/* What is best now: the card warms through, and others work beside it. */
static bool search_again(struct session *session) {
    struct soak_bench *bench = &session->bench;
    struct soak_search tries;
    soak_search_init(&tries, session->trace);
    printf(tries_head);
    if (!soak_search_again(bench, &tries, best_most_c(bench), &session->best_rung) ||
        !soak_search_hold(bench, &tries, bench->options.constant_s, &session->best_rung))
        return false;
    print_best(session);
    return true;
}

/* ---- the runs ---- */

static bool cool_down(struct session *session) {
    const struct soak_options *options = &session->bench.options;
    const struct soak_run run = {.decider = SOAK_IDLE,
                                 .phases = {{SCENE_CONSTANT, options->cool_s, false}},
                                 .phase_count = 1,
                                 .until_cool = true,
                                 .cool_c = session->idle.temperature_c + options->cool_c};
    return options->cool_s <= 0 || soak_run(&session->bench, &run);
}

static bool set_decider(const struct session *session, const char *name, struct soak_run *run) {
    run->decider = SOAK_PINNED;
    if (strcmp(name, "perfadapt") == 0)
        run->decider = SOAK_OURS;
    else if (strcmp(name, "constant") == 0)
        run->rung = session->best_rung;
    else if (strcmp(name, "none") != 0) {
        run->decider = SOAK_RIVAL;
        run->rival = sim_policy_find(name);
    }
    return run->decider != SOAK_RIVAL || run->rival;
}

static void set_phases(const struct soak_options *options, struct soak_run *run) {
    if (run->decider == SOAK_OURS && options->learn_s > 0)
        run->phases[run->phase_count++] = (struct soak_phase){SCENE_CONSTANT, options->learn_s, true};
    run->phases[run->phase_count++] = (struct soak_phase){SCENE_CONSTANT, options->constant_s, false};
    run->phases[run->phase_count++] = (struct soak_phase){SCENE_JUMP, options->jump_s, false};
}

static bool run_policy(struct session *session, const char *name, uint32_t round) {
    struct soak_bench *bench = &session->bench;
    const struct soak_options *options = &bench->options;
    struct soak_run run = {0};
    if (!cool_down(session) || (strcmp(name, "constant") == 0 && !search_again(session)) ||
        !set_decider(session, name, &run))
        return false;
    set_phases(options, &run);
    if (!soak_run(bench, &run))
        return false;
    soak_result_write_rows(session->trace, bench, name, round, &run);
    for (uint32_t phase = 0; phase < run.phase_count && session->result_count < RESULTS_MAX; phase++) {
        /* Heat has settled when a later phase begins. */
        struct soak_result result = soak_result_of(bench, phase, phase == 0 ? options->settle_s : 0);
        snprintf(result.name, sizeof result.name, "%s%s", name, run.phases[phase].learning ? ", learning" : "");
        result.round = round;
        result.load = run.phases[phase].load;
        session->results[session->result_count++] = result;
    }
    return true;
}

/* Calls `use` with each name of a list separated by commas; false as soon as it says so. */
static bool for_each_policy(struct session *session, uint32_t round,
                            bool (*use)(struct session *session, const char *name, uint32_t round)) {
    char list[256];
    char *rest = NULL;
    snprintf(list, sizeof list, "%s", session->bench.options.policies);
    for (const char *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
        if (!use(session, name, round))
            return false;
    return true;
}

static bool is_known(struct session *session, const char *name, uint32_t round) {
    struct soak_run run = {0};
    (void)round;
    const struct sim_policy *policy = sim_policy_find(name);
    /* One that needs to know a simulated machine's inside has nothing to look at here. */
    if (set_decider(session, name, &run) && !(policy && strcmp(name, "clairvoyant") == 0))
        return true;
    fprintf(stderr, "soak_bench: --policy: no \"%s\" here; perfadapt sim --list has them\n", name);
    return false;
}

static bool soak(struct session *session) {
    const struct soak_options *options = &session->bench.options;
    if (!measure_limit(session) || !search(session))
        return false;
    for (uint32_t round = 1; round <= options->rounds; round++)
        if (!for_each_policy(session, round, run_policy))
            return false;
    soak_result_print(&session->bench, session->results, session->result_count, SCENE_CONSTANT);
    soak_result_print(&session->bench, session->results, session->result_count, SCENE_JUMP);
    return true;
}

static int bench_device(struct session *session) {
    struct soak_bench *bench = &session->bench;
    const struct soak_options *options = &bench->options;
    const int64_t start_ns = clock_ns();
    if (!open_device(bench))
        return SKIPPED;
    if (!options->snapshot && !soak_nvml_open(&bench->device.pci))
        return SKIPPED;
    make_ladder(bench);
    printf(
        "## %s\n\n%u levels of quality, %.2f to 1 of the work; the best is %.2f ms of GPU time at %.0f frames a second "
        "(%u groups, %u iterations). Everyone steers to %.1f °C below the limit, the others look every %.2f s.\n",
        bench->device.name, options->levels, bench->costs[options->levels - 1], options->full_ms, options->target_fps,
        bench->load.groups, load_iterations(&bench->load, options->full_ms * 1e6), options->margin_c,
        options->tick_ms / 1e3);
    const bool good = soak(session);
    printf("\n%.0f s in all.\n", (double)(clock_ns() - start_ns) * 1e-9);
    return good ? 0 : 1;
}

static void clean_up(struct session *session) {
    struct soak_bench *bench = &session->bench;
    load_destroy(&bench->load, &bench->gpu);
    ring_destroy(&bench->ring, &bench->gpu);
    gpu_close_device(&bench->gpu);
    gpu_destroy_instance(&bench->gpu);
    if (session->trace)
        fclose(session->trace);
    free(bench->rows);
}

int main(int argc, char **argv) {
    static struct session session;
    struct soak_bench *bench = &session.bench;
    const enum soak_options_outcome outcome = soak_options_parse(argc, argv, &bench->options);
    if (outcome != SOAK_OPTIONS_RUN)
        return outcome == SOAK_OPTIONS_BAD ? 2 : 0;
    bench->limit_c = (double)NAN;
    bench->rows = calloc(SOAK_ROWS_MAX, sizeof *bench->rows);
    if (!bench->rows || !for_each_policy(&session, 0, is_known) || !open_trace(&session)) {
        clean_up(&session);
        return 2;
    }
    const int status = bench_device(&session);
    if (status == SKIPPED)
        printf("skipped: no Vulkan device, or no NVML for it\n");
    clean_up(&session);
    return status;
}
