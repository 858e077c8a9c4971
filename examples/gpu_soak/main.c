/*
 * Soaks a GPU in work for as long as one likes, and stays within the budget: frames at a steady rate, each a compute
 * load sized by its quality. SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>

#include <perfadapt/vulkan.h>

#include "load.h"
#include "machine.h"
#include "options.h"
#include "private_config.h"
#include "scene.h"
#include "stats.h"
#include "tally.h"

#define EXIT_USAGE 2
#define EXIT_ENVIRONMENT 3

struct app {
    struct options options;
    struct gpu gpu;
    struct perfadapt_device device;
    struct ring ring;
    struct load load;
    struct private_config config;
    perfadapt *session; /* NULL: open failed, and everything stays at its best */
    struct perfadapt_budget budget;
    struct tally tally;
};

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal_number) {
    (void)signal_number;
    stop_asked = 1;
}

static void print_message(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    if (level <= PERFADAPT_LOG_WARNING)
        fprintf(stderr, "gpu_soak: %s\n", message);
}

static bool open_device(struct app *app) {
    struct gpu *gpu = &app->gpu;
    if (!gpu_create_instance(gpu, NULL, 0) || !gpu_open_device(gpu, app->options.device, VK_NULL_HANDLE))
        return false;
    perfadapt_device_from_vulkan(vkGetInstanceProcAddr, gpu->instance, VK_API_VERSION_1_1, gpu->physical, &app->device);
    return ring_create(&app->ring, gpu) && load_create(&app->load, gpu, app->device.compute_units) &&
           load_calibrate(&app->load, &app->ring, gpu);
}

static bool write_limit(struct app *app) {
    char text[64];
    if (isnan(app->options.limit_c))
        return true;
    snprintf(text, sizeof text, "[thermal]\nlimit_c = %.2f\n", app->options.limit_c);
    return private_config_create(&app->config, text);
}

/* Without a session it runs on, unless it was asked for something that there is not. */
static bool open_session(struct app *app) {
    const struct options *options = &app->options;
    double costs[SCENE_LEVELS_MAX];
    scene_level_costs(options->levels, costs);
    const struct perfadapt_options session = {.size = sizeof session,
                                              .app_name = "gpu_soak",
                                              .quality_levels = options->levels,
                                              .target_frame_ns = (int64_t)(1e9 / options->target_fps),
                                              .cost_hint = costs,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_FRAME_NS,
                                              .config_dir = app->config.directory[0] ? app->config.directory : NULL,
                                              .log = {.write = print_message},
                                              .simulate = options->simulate,
                                              .device = &app->device};
    const enum perfadapt_result result = perfadapt_open(&session, &app->session);
    if (result != PERFADAPT_OK)
        fprintf(stderr, "gpu_soak: not adapting: perfadapt_open: %s\n", perfadapt_strerror(result));
    app->budget = (struct perfadapt_budget){.size = sizeof app->budget,
                                            .frame_ns = session.target_frame_ns,
                                            .quality = options->levels - 1,
                                            .quality_levels = options->levels,
                                            .render_scale = 1,
                                            .frames_in_flight = 2};
    perfadapt_get_budget(app->session, &app->budget);
    return result != PERFADAPT_ERROR_INVALID;
}

/* Waits for room in the ring and hands in the GPU times of the frames that have finished meanwhile. */
static bool collect_finished(struct app *app, uint32_t in_flight) {
    struct finished_frame finished[RING_SLOTS];
    uint32_t count = 0;
    const bool collected = ring_collect(&app->ring, &app->gpu, in_flight, finished, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (finished[i].gpu_ns < 0)
            continue;
        perfadapt_frame_gpu(app->session, finished[i].frame, finished[i].gpu_ns);
        tally_gpu(&app->tally, finished[i].gpu_ns);
    }
    return collected;
}

static struct load_frame size_frame(const struct app *app, uint64_t number, uint32_t quality) {
    const double weight = scene_weight(app->options.scene, (double)(clock_ns() - app->tally.start_ns) * 1e-9);
    const double wanted_ns = app->options.full_ms * 1e6 * weight * scene_level_share(quality, app->options.levels);
    const double most_ns = app->budget.dispatch_ns > 0 ? (double)app->budget.dispatch_ns : wanted_ns;
    return (struct load_frame){.number = number,
                               .iterations = load_iterations(&app->load, wanted_ns),
                               .submission_most = load_iterations(&app->load, most_ns)};
}

static bool run_frame(struct app *app) {
    perfadapt_wait_next_frame(app->session);
    if (!collect_finished(app, app->budget.frames_in_flight))
        return false;
    /* All waits are over: from here to frame_end it is work. */
    const uint64_t number = perfadapt_frame_begin(app->session);
    perfadapt_get_budget(app->session, &app->budget);
    const uint32_t quality = app->options.pinned ? app->options.quality : app->budget.quality;
    const struct load_frame frame = size_frame(app, number, quality);
    perfadapt_frame_applied(app->session, quality, 1);
    const bool submitted = load_submit(&app->load, &app->ring, &app->gpu, &frame);
    perfadapt_frame_end(app->session);
    const struct tally_frame done = {.now_ns = clock_ns(),
                                     .frame_ns = app->budget.frame_ns,
                                     .quality = quality,
                                     .work = frame.iterations * app->load.iteration_ns / (app->options.full_ms * 1e6)};
    if (tally_frame(&app->tally, &done)) {
        const struct machine machine = machine_read(app->session, &app->device.pci);
        tally_row(&app->tally, &done, &machine);
    }
    return submitted;
}

static void print_budget(const struct app *app) {
    char reasons[128];
    perfadapt_reasons_text(app->budget.reasons, reasons, sizeof reasons);
    printf("budget   quality %u of 0-%u, %.2f ms a frame, because: %s\n", app->budget.quality,
           app->budget.quality_levels - 1, (double)app->budget.frame_ns * 1e-6, reasons);
}

static bool run(struct app *app) {
    const int64_t end_ns = app->tally.start_ns + (int64_t)(app->options.duration_s * 1e9);
    bool good = true;
    while (good && !stop_asked && clock_ns() < end_ns)
        good = run_frame(app);
    good = good && collect_finished(app, 1);
    print_budget(app);
    return tally_close(&app->tally, clock_ns()) && good;
}

static bool soak(struct app *app) {
    if (!open_device(app) || !write_limit(app))
        return false;
    const double full_iterations = app->options.full_ms * 1e6 / app->load.iteration_ns;
    printf("device   %s\nload     %u groups, %.0f iterations are %.2f ms\n", app->device.name, app->load.groups,
           full_iterations, app->options.full_ms);
    const bool good =
        open_session(app) && tally_open(&app->tally, app->options.trace, app->options.limit_c, clock_ns()) && run(app);
    perfadapt_close(&app->session);
    return good;
}

static void clean_up(struct app *app) {
    private_config_remove(&app->config);
    load_destroy(&app->load, &app->gpu);
    ring_destroy(&app->ring, &app->gpu);
    gpu_close_device(&app->gpu);
    gpu_destroy_instance(&app->gpu);
}

int main(int argc, char **argv) {
    static struct app app;
    const enum options_outcome outcome = options_parse(argc, argv, &app.options);
    if (outcome != OPTIONS_RUN)
        return outcome == OPTIONS_BAD ? EXIT_USAGE : 0;
    struct sigaction action = {.sa_handler = ask_to_stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const bool good = soak(&app);
    clean_up(&app);
    return good ? 0 : EXIT_ENVIRONMENT;
}
