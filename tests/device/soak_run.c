/* SPDX-License-Identifier: MIT */
#include "soak_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "private_config.h"
#include "stats.h"

#define RECORDS 16 /* frames whose GPU time may be under way: more than the ring holds */

static const double late_ratio = 1.05; /* as the library counts them */

struct record {
    uint64_t session_frame;
    int64_t period_ns;
    uint32_t rung;
};

struct runner {
    struct soak_bench *bench;
    const struct soak_run *run;
    perfadapt *session;
    struct perfadapt_budget budget;
    struct private_config config;
    struct sim_rules rules;
    void *rival;
    struct soak_watch watch;
    struct soak_progress progress;
    struct record records[RECORDS];
    uint64_t index;
    int64_t frame_ns;
    int64_t last_end_ns; /* 0: no frame yet */
    int64_t tick_at_ns, ticked_ns;
    double ticked_gpu_ns;
    uint32_t rung;
};

static void print_message(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    if (level <= PERFADAPT_LOG_WARNING)
        fprintf(stderr, "soak_bench: session: %s\n", message);
}

/* ---- before and after ---- */

static bool open_session(struct runner *runner) {
    const struct soak_bench *bench = runner->bench;
    char text[256];
    char limit[48] = "";
    if (!isnan(bench->limit_c))
        snprintf(limit, sizeof limit, "limit_c = %.2f\n", bench->limit_c);
    snprintf(text, sizeof text, "[policy]\nquality_min = 0\nquality_max = %u\n[thermal]\nmargin_c = %.2f\n%s",
             bench->options.levels - 1, bench->options.margin_c, limit);
    if (!private_config_create(&runner->config, text))
        return false;
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "soak_bench",
                                              .quality_levels = bench->options.levels,
                                              .target_frame_ns = runner->frame_ns,
                                              .cost_hint = bench->costs,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY,
                                              .config_dir = runner->config.directory,
                                              .log = {.write = print_message},
                                              .device = &bench->device};
    const enum perfadapt_result result = perfadapt_open(&options, &runner->session);
    if (result != PERFADAPT_OK)
        fprintf(stderr, "soak_bench: perfadapt_open: %s\n", perfadapt_strerror(result));
    runner->budget = (struct perfadapt_budget){.size = sizeof runner->budget};
    perfadapt_get_budget(runner->session, &runner->budget);
    return result == PERFADAPT_OK;
}

static bool start_rival(struct runner *runner) {
    const struct soak_bench *bench = runner->bench;
    const struct sim_policy *rival = runner->run->rival;
    if (runner->run->decider != SOAK_RIVAL)
        return true;
    runner->rules = (struct sim_rules){
        .ladder = &bench->ladder,
        .policy = &bench->policy,
        .target_c = bench->limit_c - bench->options.margin_c,
        .limit_c = bench->limit_c,
        .tick_s = bench->options.tick_ms / 1e3,
        .sustainable_w = bench->sustainable_w,
        .nominal = &bench->nominal,
    };
    runner->rival = calloc(1, rival->state_bytes);
    if (runner->rival)
        rival->start(runner->rival, &runner->rules);
    return runner->rival != NULL;
}

/* ---- the rivals' part ---- */

static void tick(struct runner *runner, int64_t now_ns) {
    const struct sim_policy *rival = runner->run->rival;
    struct soak_row row;
    if (runner->run->decider != SOAK_RIVAL || now_ns < runner->tick_at_ns)
        return;
    const double elapsed_ns = (double)(now_ns - runner->ticked_ns);
    const double busy = (runner->progress.gpu_ns - runner->ticked_gpu_ns) / elapsed_ns;
    runner->tick_at_ns = now_ns + (int64_t)(runner->rules.tick_s * 1e9);
    runner->ticked_ns = now_ns;
    runner->ticked_gpu_ns = runner->progress.gpu_ns;
    if (!rival->tick || !soak_watch_newest(&runner->watch, &row) || isnan(row.figures.temperature_c))
        return;
    const struct sim_tick news = {
        .now_ns = now_ns,
        .temperature_c = row.figures.temperature_c,
        .limit_c = runner->rules.limit_c,
        .busy = fmin(busy, 1),
        .power_w = soak_watch_power_w(&runner->watch, runner->rules.tick_s),
        .clock_mhz = row.figures.clock_mhz,
        .clock_max_mhz = row.figures.clock_mhz,
    };
    rival->tick(runner->rival, &news);
}

static void tell_rival_frame(struct runner *runner, const struct record *record, int64_t begin_ns, int64_t end_ns) {
    const struct sim_policy *rival = runner->run->rival;
    const struct perfadapt__rung *rung = &runner->bench->ladder.rungs[record->rung];
    const struct sim_frame frame = {
        .index = runner->index,
        .end_ns = end_ns,
        .period_ns = record->period_ns,
        .cpu_ns = end_ns - begin_ns,
        .gpu_ns = -1,
        .rung = record->rung,
        .quality = rung->quality,
        .render_scale = rung->render_scale,
    };
    if (runner->run->decider == SOAK_RIVAL && rival->frame)
        rival->frame(runner->rival, &frame);
}

static void take_gpu_time(struct runner *runner, const struct finished_frame *finished) {
    const struct record *record = &runner->records[finished->frame % RECORDS];
    const struct sim_policy *rival = runner->run->rival;
    if (finished->gpu_ns < 0)
        return;
    perfadapt_frame_gpu(runner->session, record->session_frame, finished->gpu_ns);
    runner->progress.gpu_ns += (double)finished->gpu_ns;
    const struct sim_gpu gpu = {.index = finished->frame,
                                .gpu_ns = finished->gpu_ns,
                                .now_ns = clock_ns(),
                                .period_ns = record->period_ns,
                                .rung = record->rung};
    if (runner->run->decider == SOAK_RIVAL && rival->gpu)
        rival->gpu(runner->rival, &gpu);
}

/* ---- frames ---- */

static bool collect(struct runner *runner, uint32_t in_flight) {
    struct soak_bench *bench = runner->bench;
    struct finished_frame finished[RING_SLOTS];
    uint32_t count = 0;
    const bool collected = ring_collect(&bench->ring, &bench->gpu, in_flight, finished, &count);
    for (uint32_t i = 0; i < count; i++)
        take_gpu_time(runner, &finished[i]);
    return collected;
}

static uint32_t decide(const struct runner *runner) {
    const struct perfadapt__ladder *ladder = &runner->bench->ladder;
    if (runner->run->decider == SOAK_RIVAL)
        return runner->run->rival->rung(runner->rival);
    if (runner->run->decider == SOAK_PINNED)
        return runner->run->rung;
    uint32_t rung = 0;
    while (rung + 1 < ladder->count && ladder->rungs[rung].quality > runner->budget.quality)
        rung++;
    return rung;
}

static struct load_frame size_frame(const struct runner *runner, uint32_t rung, double weight) {
    const struct soak_bench *bench = runner->bench;
    const double wanted_ns = bench->options.full_ms * 1e6 * weight * bench->ladder.rungs[rung].cost;
    const double most_ns = runner->budget.dispatch_ns > 0 ? (double)runner->budget.dispatch_ns : wanted_ns;
    return (struct load_frame){.number = runner->index,
                               .iterations = load_iterations(&bench->load, wanted_ns),
                               .submission_most = load_iterations(&bench->load, most_ns)};
}

static void count_frame(struct runner *runner, const struct load_frame *frame, const struct record *record) {
    const struct soak_bench *bench = runner->bench;
    struct soak_progress *progress = &runner->progress;
    progress->switches += progress->frames > 0 && record->rung != runner->rung;
    runner->rung = record->rung;
    progress->quality = bench->ladder.rungs[record->rung].quality;
    progress->late += progress->frames > 0 && (double)record->period_ns > late_ratio * (double)runner->frame_ns;
    progress->frames++;
    progress->work += frame->iterations * bench->load.iteration_ns / (bench->options.full_ms * 1e6);
    soak_watch_tell(&runner->watch, progress);
}

static bool run_frame(struct runner *runner, double weight) {
    struct soak_bench *bench = runner->bench;
    perfadapt_wait_next_frame(runner->session);
    const uint32_t in_flight = runner->budget.frames_in_flight > 1 ? runner->budget.frames_in_flight : 1;
    if (!collect(runner, in_flight))
        return false;
    const int64_t begin_ns = clock_ns();
    struct record *record = &runner->records[runner->index % RECORDS];
    record->session_frame = perfadapt_frame_begin(runner->session);
    perfadapt_get_budget(runner->session, &runner->budget);
    record->rung = decide(runner);
    const struct load_frame frame = size_frame(runner, record->rung, weight);
    perfadapt_frame_applied(runner->session, bench->ladder.rungs[record->rung].quality, 1);
    const bool submitted = load_submit(&bench->load, &bench->ring, &bench->gpu, &frame);
    perfadapt_frame_end(runner->session);
    const int64_t end_ns = clock_ns();
    record->period_ns = runner->last_end_ns ? end_ns - runner->last_end_ns : runner->frame_ns;
    runner->last_end_ns = end_ns;
    runner->progress.weight = weight;
    count_frame(runner, &frame, record);
    tell_rival_frame(runner, record, begin_ns, end_ns);
    tick(runner, end_ns);
    runner->index++;
    return submitted;
}

/* ---- phases ---- */

/* A GPU at rest has a low clock, and the first frames would be late whoever sizes them. */
static bool wake_up(struct soak_bench *bench) {
    const struct load_frame little = {.iterations = load_iterations(&bench->load, 2e6), .submission_most = UINT32_MAX};
    struct finished_frame finished[RING_SLOTS];
    uint32_t count = 0;
    for (int i = 0; i < 60; i++) {
        if (!load_submit(&bench->load, &bench->ring, &bench->gpu, &little) ||
            !ring_collect(&bench->ring, &bench->gpu, 1, finished, &count))
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 14000000}, NULL);
    }
    return true;
}

static bool is_cool(struct runner *runner) {
    struct soak_row row;
    return runner->run->until_cool && soak_watch_newest(&runner->watch, &row) &&
           row.figures.temperature_c <= runner->run->cool_c;
}

static void rest(struct runner *runner, int64_t end_ns) {
    while (clock_ns() < end_ns && !is_cool(runner))
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static bool run_phase(struct runner *runner, uint32_t number) {
    const struct soak_phase *phase = &runner->run->phases[number];
    const int64_t start_ns = clock_ns();
    const int64_t end_ns = start_ns + (int64_t)(phase->seconds * 1e9);
    bool good = true;
    runner->progress.phase = number;
    soak_watch_tell(&runner->watch, &runner->progress);
    if (runner->run->decider == SOAK_IDLE)
        rest(runner, end_ns);
    else
        for (int64_t now_ns = start_ns; good && now_ns < end_ns; now_ns = clock_ns())
            good = run_frame(runner, scene_weight(phase->load, (double)(now_ns - start_ns) * 1e-9));
    return good;
}

static bool run_phases(struct runner *runner) {
    const perfadapt *snapshot_of = runner->bench->options.snapshot ? runner->session : NULL;
    if (!soak_watch_start(&runner->watch, snapshot_of, &runner->bench->device.pci, runner->bench->rows))
        return false;
    runner->ticked_ns = clock_ns();
    runner->tick_at_ns = runner->ticked_ns + (int64_t)(runner->rules.tick_s * 1e9);
    bool good = true;
    for (uint32_t i = 0; good && i < runner->run->phase_count; i++)
        good = run_phase(runner, i);
    good = good && collect(runner, 1);
    soak_watch_stop(&runner->watch);
    runner->bench->row_count = runner->watch.count;
    return good;
}

bool soak_run(struct soak_bench *bench, const struct soak_run *run) {
    struct runner *runner = calloc(1, sizeof *runner);
    if (!runner)
        return false;
    runner->bench = bench;
    runner->run = run;
    runner->frame_ns = (int64_t)(1e9 / bench->options.target_fps);
    const bool awake = run->decider == SOAK_IDLE || wake_up(bench);
    const bool good = awake && open_session(runner) && start_rival(runner) && run_phases(runner);
    perfadapt_close(&runner->session);
    private_config_remove(&runner->config);
    free(runner->rival);
    free(runner);
    return good;
}
