/* A renderer that adapts: each frame asks for its budget and stays inside it. SPDX-License-Identifier: MIT */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include <perfadapt/perfadapt.h>

#include "options.h"
#include "renderer.h"
#include "stats.h"

#define EXIT_USAGE 2
#define EXIT_ENVIRONMENT 3

struct app {
    struct options options;
    struct renderer renderer;
    perfadapt *session; /* NULL: open failed, and everything stays at its best */
    struct perfadapt_budget budget;
    struct perfadapt_budget before;   /* of the last frame */
    struct perfadapt_budget reported; /* as last printed */
    int64_t state_ns;                 /* when a state changed last */
    int64_t start_ns;
    struct stats stats;
};

static const int64_t state_lasts_ns = 1000000000;

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal_number) {
    (void)signal_number;
    stop_asked = 1;
}

static void install_signal_handlers(void) {
    struct sigaction action = {.sa_handler = ask_to_stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void print_message(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    if (level <= PERFADAPT_LOG_WARNING)
        fprintf(stderr, "render_loop: %s\n", message);
}

static void open_session(struct app *app) {
    const struct options *options = &app->options;
    double cost_hint[32];
    for (uint32_t i = 0; i < options->levels; i++)
        cost_hint[i] = quality_share(options->levels - 1 - i, options->levels);
    const bool is_export = options->role == PERFADAPT_ROLE_EXPORT;
    const struct perfadapt_options session_options = {.size = sizeof session_options,
                                                      .app_name = options->name,
                                                      .role = options->role,
                                                      .quality_levels = options->levels,
                                                      .target_frame_ns =
                                                          is_export ? 0 : (int64_t)(1e9 / options->target_fps),
                                                      .cost_hint = cost_hint,
                                                      .outputs = options->outputs,
                                                      .log = {.write = print_message},
                                                      .simulate = options->simulate};
    const enum perfadapt_result result = perfadapt_open(&session_options, &app->session);
    if (result != PERFADAPT_OK)
        fprintf(stderr, "render_loop: not adapting: perfadapt_open: %s\n", perfadapt_strerror(result));
    app->budget = (struct perfadapt_budget){.size = sizeof app->budget,
                                            .frame_ns = session_options.target_frame_ns,
                                            .quality = options->levels - 1,
                                            .quality_levels = options->levels,
                                            .render_scale = 1,
                                            .frames_in_flight = 2};
    perfadapt_get_budget(app->session, &app->budget);
    app->before = app->reported = app->budget;
}

static double frames_per_second(int64_t frame_ns) {
    return frame_ns > 0 ? 1e9 / (double)frame_ns : 0;
}

static bool differ(float from, float to) {
    return from < to || from > to || isnan(from) != isnan(to);
}

/* What the app does differently from now on. */
static bool has_moved(const struct perfadapt_budget *from, const struct perfadapt_budget *to) {
    return from->quality != to->quality || differ(from->render_scale, to->render_scale) ||
           from->frame_ns != to->frame_ns || from->frames_in_flight != to->frames_in_flight;
}

static bool has_state_changed(const struct perfadapt_budget *from, const struct perfadapt_budget *to) {
    return from->thermal_state != to->thermal_state || from->memory_state != to->memory_state;
}

/*
 * Worth a line: what is drawn, at once; a state once it has lasted, for it may flicker at its bounds. Headroom, the
 * bottleneck and amounts of memory move all the time, and are told with these.
 */
static bool is_worth_a_line(const struct app *app) {
    if (has_moved(&app->reported, &app->budget))
        return true;
    return has_state_changed(&app->reported, &app->budget) && clock_ns() - app->state_ns >= state_lasts_ns;
}

static const char *joint(int *part) {
    return (*part)++ ? ", " : "";
}

static void print_changes(const struct perfadapt_budget *from, const struct perfadapt_budget *to) {
    int part = 0;
    if (from->quality != to->quality)
        printf("%squality %u -> %u", joint(&part), from->quality, to->quality);
    if (differ(from->render_scale, to->render_scale))
        printf("%sscale %.2f -> %.2f", joint(&part), (double)from->render_scale, (double)to->render_scale);
    if (from->frame_ns != to->frame_ns)
        printf("%sfps %.1f -> %.1f", joint(&part), frames_per_second(from->frame_ns), frames_per_second(to->frame_ns));
    if (from->frames_in_flight != to->frames_in_flight)
        printf("%sin flight %u -> %u", joint(&part), from->frames_in_flight, to->frames_in_flight);
    if (from->thermal_state != to->thermal_state)
        printf("%sthermal %s", joint(&part), perfadapt_thermal_state_name(to->thermal_state));
    if (from->memory_state != to->memory_state)
        printf("%smemory %s", joint(&part), perfadapt_memory_state_name(to->memory_state));
}

static void print_budget_change(const struct app *app) {
    const struct perfadapt_budget *budget = &app->budget;
    char reasons[128];
    perfadapt_reasons_text(budget->reasons, reasons, sizeof reasons);
    printf("%8.3f s  ", (double)(clock_ns() - app->start_ns) * 1e-9);
    print_changes(&app->reported, budget);
    printf("  (why: %s", reasons);
    if (!isnan(budget->thermal_headroom))
        printf("; headroom %.2f", (double)budget->thermal_headroom);
    if (budget->time_to_throttle_ns >= 0)
        printf("; throttles in %.0f s", (double)budget->time_to_throttle_ns * 1e-9);
    printf(")\n");
    fflush(stdout);
}

/* Called outside of begin and end, so that printing is not counted as work. */
static void note_budget_change(struct app *app) {
    app->stats.budget_changes += app->budget.generation - app->before.generation;
    app->stats.budget_moves += has_moved(&app->before, &app->budget);
    if (has_state_changed(&app->before, &app->budget))
        app->state_ns = clock_ns();
    app->before = app->budget;
    if (!is_worth_a_line(app))
        return;
    if (!app->options.summary)
        print_budget_change(app);
    app->reported = app->budget;
}

/* Waits for room in the ring and hands in the GPU times of the frames that have finished meanwhile. */
static bool collect_finished(struct app *app, uint32_t in_flight) {
    struct finished_frame finished[RING_SLOTS];
    uint32_t count = 0;
    const bool collected = ring_collect(&app->renderer.ring, &app->renderer.gpu, in_flight, finished, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (finished[i].gpu_ns < 0)
            continue;
        perfadapt_frame_gpu(app->session, finished[i].frame, finished[i].gpu_ns);
        series_add(&app->stats.gpu_ms, (double)finished[i].gpu_ns * 1e-6);
    }
    return collected;
}

static struct scene choose_scene(const struct app *app) {
    const double seconds = (double)(clock_ns() - app->start_ns) * 1e-9;
    const double best_ms = options_load_at(&app->options, seconds) * 1000 / app->options.target_fps;
    const double share = quality_share(app->budget.quality, app->options.levels);
    return (struct scene){.iterations = iterations_for(&app->renderer.cost, best_ms * share),
                          .render_scale = app->budget.render_scale,
                          .seconds = (float)seconds};
}

static bool draw(struct app *app, uint64_t frame, const struct scene *scene) {
    struct renderer *renderer = &app->renderer;
    struct present *present = &renderer->present;
    struct ring_slot *slot = ring_next(&renderer->ring);
    if (!ring_begin(&renderer->ring, frame))
        return false;
    passes_record(&renderer->passes, slot->commands, scene);
    present_record(present, slot->commands, &renderer->passes.targets[PASS_COMPOSITE]);
    struct ring_semaphores semaphores = {VK_NULL_HANDLE, VK_NULL_HANDLE};
    if (present->surface)
        semaphores = (struct ring_semaphores){.wait = slot->acquired, .signal = present->rendered[present->image]};
    return ring_submit(&renderer->ring, &renderer->gpu, semaphores);
}

static bool run_frame(struct app *app) {
    struct renderer *renderer = &app->renderer;
    perfadapt_wait_next_frame(app->session);
    if (!collect_finished(app, app->budget.frames_in_flight))
        return false;
    const enum present_outcome outcome =
        present_acquire(&renderer->present, &renderer->gpu, ring_next(&renderer->ring)->acquired);
    if (outcome != PRESENT_READY) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        return outcome != PRESENT_FAILED;
    }
    /* All waits are over: from here to frame_end it is work. */
    const uint64_t frame = perfadapt_frame_begin(app->session);
    perfadapt_get_budget(app->session, &app->budget);
    const struct scene scene = choose_scene(app);
    perfadapt_frame_applied(app->session, app->budget.quality, scene.render_scale);
    const bool drawn = draw(app, frame, &scene);
    perfadapt_frame_end(app->session);
    stats_frame_ended(&app->stats);
    note_budget_change(app);
    return drawn && present_show(&renderer->present, &renderer->gpu);
}

static bool is_over(const struct app *app) {
    const struct options *options = &app->options;
    if (stop_asked || (options->frames && app->stats.frames >= options->frames))
        return true;
    return options->duration > 0 && (double)(clock_ns() - app->start_ns) * 1e-9 >= options->duration;
}

static bool run(struct app *app) {
    bool good = true;
    while (good && !is_over(app) && window_poll(&app->renderer.window))
        good = run_frame(app);
    return good && collect_finished(app, 1);
}

static void print_level(const char *when, const struct app *app) {
    printf("%-9squality %u of 0-%u, scale %.2f, %.1f fps\n", when, app->budget.quality, app->options.levels - 1,
           (double)app->budget.render_scale, frames_per_second(app->budget.frame_ns));
    fflush(stdout);
}

static void print_setting(const struct app *app) {
    const VkPhysicalDeviceProperties *properties = &app->renderer.gpu.properties;
    printf("device   %s (%s)\n", properties->deviceName, gpu_device_type_name(properties->deviceType));
    printf("output   %ux%u, %u quality levels, load %.2f at %.1f fps\n", app->renderer.output.width,
           app->renderer.output.height, app->options.levels, app->options.load, app->options.target_fps);
}

static int render(struct app *app) {
    if (!renderer_create(&app->renderer, &app->options))
        return EXIT_ENVIRONMENT;
    print_setting(app);
    open_session(app);
    print_level("first", app);
    app->start_ns = clock_ns();
    const bool good = run(app);
    stats_print(&app->stats);
    print_level("last", app);
    perfadapt_close(&app->session);
    return good ? 0 : EXIT_ENVIRONMENT;
}

static int list_devices(void) {
    struct gpu gpu;
    const bool listed = gpu_create_instance(&gpu, NULL, 0) && gpu_list_devices(&gpu);
    gpu_destroy_instance(&gpu);
    return listed ? 0 : EXIT_ENVIRONMENT;
}

int main(int argc, char **argv) {
    static struct app app;
    const enum options_outcome outcome = options_parse(argc, argv, &app.options);
    if (outcome != OPTIONS_RUN)
        return outcome == OPTIONS_BAD ? EXIT_USAGE : 0;
    if (app.options.list_devices)
        return list_devices();
    install_signal_handlers();
    const int status = render(&app);
    renderer_destroy(&app.renderer);
    return status;
}
