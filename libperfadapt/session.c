/*
 * A session: the public API, and the only place that knows all the rooms. SPDX-License-Identifier: MIT
 */
#include "control/tick.h"
#include "core/abi.h"
#include "core/clock.h"
#include "core/fork.h"
#include "core/fs.h"
#include "core/log.h"
#include "publish/writer.h"
#include "sampler/sampler.h"
#include "stepper.h"

#include <errno.h>
#include <math.h> /* NAN and isnan only: no libm is linked */
#include <perfadapt/perfadapt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct perfadapt {
    uint64_t fork_depth; /* where it was opened: elsewhere it is inert */
    struct perfadapt_log log;
    int region_fd;
    struct perfadapt__writer *writer; /* NULL: not published */
    struct perfadapt__subscription *subscription;
    struct perfadapt__stepper stepper;

    struct { /* the render thread's */
        uint64_t number;
        bool running;
        int64_t begin_ns, last_end_ns;
        int64_t due_ns; /* of pacing */
        uint32_t quality;
        float render_scale;
    } frame;

    /* What the app said of device memory; PERFADAPT_NO_LIMIT = nothing. */
    _Atomic uint64_t gpu_memory_used, gpu_memory_budget;

    struct { /* the sampler thread's */
        struct perfadapt__tick_control control;
        struct perfadapt__frame_statistics frames; /* as last heard of */
        int64_t asked_ns;
        int64_t gpu_total_ns;
    } tick;
};

static const int64_t idle_after_ns = 250 * PERFADAPT__NS_PER_MS;
static const int64_t gpu_most_ns = 10 * PERFADAPT__NS_PER_S; /* beyond it, a timestamp that wrapped */
static const int64_t catch_up_ns = 1 * PERFADAPT__NS_PER_MS;
static const size_t budget_smallest = offsetof(struct perfadapt_budget, reserved) + sizeof(uint32_t);
static const size_t snapshot_smallest = sizeof(struct perfadapt_snapshot);
static const double cost_least = 1e-6; /* of the best level's: below, the cost of a frame could not be told from none */
static const double cost_step = 0.86;  /* default cost of a quality level, relative to the one above */

static bool is_inert(const perfadapt *session) {
    return !session || session->fork_depth != perfadapt__fork_depth();
}

/* --- What the sampler thread calls --- */

static void step_idle(perfadapt *session, int64_t now_ns) {
    const int64_t last_end_ns = atomic_load_explicit(&session->stepper.last_end_ns, memory_order_relaxed);
    if (now_ns - last_end_ns < idle_after_ns)
        return;
    const struct perfadapt__frame_input input = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = now_ns};
    perfadapt__stepper_submit(&session->stepper, &input);
}

static double known_bytes(uint64_t bytes) {
    return bytes == PERFADAPT_NO_LIMIT ? (double)NAN : (double)bytes;
}

static void tick(perfadapt *session, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    struct perfadapt__stepper *stepper = &session->stepper;
    struct perfadapt__reading reading;
    perfadapt__reading_from_snapshot(&reading, snapshot, now_ns);
    reading.gpu_memory_used = known_bytes(atomic_load_explicit(&session->gpu_memory_used, memory_order_relaxed));
    reading.gpu_memory_budget = known_bytes(atomic_load_explicit(&session->gpu_memory_budget, memory_order_relaxed));
    (void)perfadapt__stepper_statistics(stepper, &session->tick.frames);
    if (perfadapt__tick_step(&session->tick.control, &stepper->decider.policy, &stepper->decider.ladder, &reading,
                             &session->tick.frames))
        perfadapt__stepper_put_caps(stepper, &session->tick.control.caps);
}

static void on_sampled(void *context, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    perfadapt *session = context;
    tick(session, snapshot, now_ns);
    perfadapt__region_put_snapshot(session->stepper.region, snapshot);
    perfadapt__region_put_alive(session->stepper.region, perfadapt__boottime_ns());
    step_idle(session, now_ns);
}

static double busy_since(perfadapt *session, int64_t now_ns) {
    const int64_t total_ns = atomic_load_explicit(&session->stepper.gpu_total_ns, memory_order_relaxed);
    const int64_t work_ns = total_ns - session->tick.gpu_total_ns;
    const int64_t span_ns = now_ns - session->tick.asked_ns;
    const bool first = session->tick.asked_ns == 0;
    session->tick.asked_ns = now_ns;
    session->tick.gpu_total_ns = total_ns > 0 ? total_ns : 0;
    if (total_ns < 0 || first || span_ns <= 0)
        return (double)NAN;
    return work_ns < span_ns ? (double)work_ns / (double)span_ns : 1.0;
}

static struct perfadapt__activity on_activity(void *context, int64_t now_ns) {
    perfadapt *session = context;
    const int64_t last_end_ns = atomic_load_explicit(&session->stepper.last_end_ns, memory_order_relaxed);
    return (struct perfadapt__activity){
        .frames_flow = last_end_ns && now_ns - last_end_ns < idle_after_ns,
        .near_limit = perfadapt__tick_near_limit(&session->tick.control),
        .gpu_busy = busy_since(session, now_ns),
    };
}

static void on_reader(void *context) {
    perfadapt *session = context;
    perfadapt__writer_serve(session->writer);
}

/* --- Open and close --- */

static enum perfadapt_result check_options(const struct perfadapt_options *options) {
    const uint32_t all_outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_RENDER_SCALE | PERFADAPT_OUTPUT_FRAME_NS;
    const uint32_t all_flags = PERFADAPT_FLAG_NO_PUBLISH;
    const bool in_range = options->role <= PERFADAPT_ROLE_EXPORT && options->target_frame_ns >= 0 &&
                          options->target_frame_ns <= gpu_most_ns &&
                          options->quality_levels <= PERFADAPT__QUALITY_LEVELS_MAX &&
                          !(options->outputs & ~all_outputs) && !(options->flags & ~all_flags) && !options->config_dir;
    if (!in_range)
        return PERFADAPT_ERROR_INVALID;
    double above = (double)INFINITY;
    for (uint32_t i = 0; options->cost_hint && i < options->quality_levels; i++) {
        const double cost = options->cost_hint[i];
        if (!(cost > 0) || !(cost <= above) || !isfinite(cost) || !(cost >= options->cost_hint[0] * cost_least))
            return PERFADAPT_ERROR_INVALID;
        above = cost;
    }
    return PERFADAPT_OK;
}

static int64_t default_target_ns(uint32_t role) {
    switch (role) {
    case PERFADAPT_ROLE_EXPORT:
        return 0;
    case PERFADAPT_ROLE_BACKGROUND:
        return PERFADAPT__NS_PER_S / 30;
    default:
        return PERFADAPT__NS_PER_S / 60;
    }
}

/* Of the process's first thread: the caller may be a render thread that is pinned to one. */
static uint32_t spare_processors(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(getpid(), sizeof allowed, &allowed) < 0)
        return 1;
    const int count = CPU_COUNT(&allowed);
    return count > 1 ? (uint32_t)count - 1 : 1;
}

static struct perfadapt__policy make_policy(const struct perfadapt_options *options) {
    const uint32_t levels = options->quality_levels ? options->quality_levels : 1;
    struct perfadapt__policy policy = {
        .role = options->role,
        .outputs = options->outputs,
        .quality_levels = levels,
        .quality_max = levels - 1,
        .target_frame_ns = options->target_frame_ns ? options->target_frame_ns : default_target_ns(options->role),
        .render_scale_min = 0.5,
        .render_scale_max = 1.0,
        .thermal_limit_c = (double)NAN,
        .thermal_margin_c = 1.5,
        .battery_busy = 1.0,
        .frames_in_flight = 3,
        .worker_threads = spare_processors(),
        .memory_reserve_bytes = INT64_C(256) * 1024 * 1024,
    };
    double cost = 1.0;
    for (uint32_t i = 0; i < policy.quality_levels; i++, cost *= cost_step)
        policy.cost[i] =
            options->cost_hint && options->quality_levels ? options->cost_hint[i] / options->cost_hint[0] : cost;
    return policy;
}

static enum perfadapt_result create_region(perfadapt *session, const struct perfadapt_options *options,
                                           const char *simulate, const struct perfadapt__policy *policy) {
    const struct perfadapt__region_options region_options = {
        .name = options->app_name ? options->app_name : program_invocation_short_name,
        .role = options->role,
        .simulated = simulate != NULL,
        .quality_levels = policy->quality_levels,
        .target_frame_ns = policy->target_frame_ns,
    };
    struct perfadapt__region *region = perfadapt__region_create(&region_options, &session->region_fd);
    if (!region)
        return PERFADAPT_ERROR_NO_MEMORY;
    struct perfadapt__ladder ladder;
    perfadapt__ladder_init(&ladder, policy);
    perfadapt__tick_init(&session->tick.control, policy, &ladder);
    perfadapt__stepper_init(&session->stepper, policy, &session->tick.control.caps, region, perfadapt__now_ns());
    (void)perfadapt__stepper_statistics(&session->stepper, &session->tick.frames);
    perfadapt__region_put_alive(region, perfadapt__boottime_ns());
    return PERFADAPT_OK;
}

/* Not to be seen by others is a pity, not a failure: the writer has told the log why. */
static void publish(perfadapt *session, const struct perfadapt_options *options) {
    if (options->flags & PERFADAPT_FLAG_NO_PUBLISH)
        return;
    if (session->region_fd < 0)
        perfadapt__log(&session->log, PERFADAPT_LOG_WARNING,
                       "session not published: no sealable memory (memfd_create)");
    else if (perfadapt__writer_create(session->region_fd, &session->log, &session->writer))
        session->writer = NULL;
}

static enum perfadapt_result subscribe(perfadapt *session, const struct perfadapt_options *options,
                                       const char *simulate) {
    const struct perfadapt__sampler_options sampler_options = {
        .sysroot = options->sysroot, .simulate = simulate, .log = &session->log};
    const struct perfadapt__subscriber subscriber = {
        .sampled = on_sampled,
        .activity = on_activity,
        .watch_fd = session->writer ? perfadapt__writer_fd(session->writer) : -1,
        .watched = on_reader,
        .context = session,
    };
    return perfadapt__sampler_subscribe(&sampler_options, &subscriber, &session->subscription);
}

static enum perfadapt_result open_session(const struct perfadapt_options *options, perfadapt *session) {
    const char *from_environment = secure_getenv("PERFADAPT_SIMULATE");
    const char *simulate = from_environment && *from_environment ? from_environment : options->simulate;
    const struct perfadapt__policy policy = make_policy(options);
    enum perfadapt_result result = create_region(session, options, simulate, &policy);
    if (result)
        return result;
    publish(session, options);
    result = subscribe(session, options, simulate);
    if (result == PERFADAPT_ERROR_INVALID && simulate)
        perfadapt__log(&session->log, PERFADAPT_LOG_ERROR,
                       "cannot simulate '%s': expected PLANT or PLANT:SPEED with PLANT one of rpi4, handheld, laptop, "
                       "datacentre, h200 and SPEED 0.1 to 1000 (%s)",
                       simulate, simulate == from_environment ? "PERFADAPT_SIMULATE" : "options.simulate");
    return result;
}

enum perfadapt_result perfadapt_open(const struct perfadapt_options *given, perfadapt **out_session) {
    if (!out_session)
        return PERFADAPT_ERROR_INVALID;
    *out_session = NULL;
    struct perfadapt_options options = {.size = sizeof options};
    enum perfadapt_result result = given ? perfadapt__abi_in(given, &options, sizeof options) : PERFADAPT_OK;
    if (result == PERFADAPT_OK)
        result = check_options(&options);
    if (result == PERFADAPT_OK)
        result = perfadapt__fork_guard();
    if (result)
        return result;
    perfadapt *session = calloc(1, sizeof *session);
    if (!session)
        return PERFADAPT_ERROR_NO_MEMORY;
    session->fork_depth = perfadapt__fork_depth();
    session->log = options.log;
    session->region_fd = -1;
    atomic_init(&session->gpu_memory_used, PERFADAPT_NO_LIMIT);
    atomic_init(&session->gpu_memory_budget, PERFADAPT_NO_LIMIT);
    result = open_session(&options, session);
    if (result)
        perfadapt_close(&session);
    *out_session = session;
    return result;
}

void perfadapt_close(perfadapt **session_pointer) {
    if (!session_pointer || !*session_pointer)
        return;
    perfadapt *session = *session_pointer;
    *session_pointer = NULL;
    const bool forked = is_inert(session);
    perfadapt__sampler_unsubscribe(&session->subscription);
    perfadapt__writer_destroy(&session->writer, forked);
    const bool opened = session->stepper.region != NULL;
    const int budget_fd = atomic_load_explicit(&session->stepper.budget_fd, memory_order_acquire);
    if (opened && budget_fd >= 0)
        close(budget_fd);
    if (opened)
        perfadapt__region_destroy(&session->stepper.region, &session->region_fd, forked);
    free(session);
}

/* --- The frame path --- */

uint64_t perfadapt_frame_begin(perfadapt *session) {
    if (is_inert(session))
        return 0;
    const uint64_t drawn = atomic_load_explicit(&session->stepper.drawn, memory_order_relaxed);
    const uint32_t scale_bits = (uint32_t)drawn;
    session->frame.quality = (uint32_t)(drawn >> 32);
    memcpy(&session->frame.render_scale, &scale_bits, sizeof scale_bits);
    session->frame.running = true;
    session->frame.begin_ns = perfadapt__now_ns();
    return ++session->frame.number;
}

void perfadapt_frame_applied(perfadapt *session, uint32_t quality, float render_scale) {
    if (is_inert(session))
        return;
    const uint32_t best = session->stepper.decider.policy.quality_levels - 1;
    session->frame.quality = quality < best ? quality : best;
    if (!isnan(render_scale))
        session->frame.render_scale = render_scale < 0.25F ? 0.25F : render_scale > 1.0F ? 1.0F : render_scale;
}

void perfadapt_frame_end(perfadapt *session) {
    if (is_inert(session) || !session->frame.running)
        return;
    const int64_t now_ns = perfadapt__now_ns();
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_DONE,
        .quality = session->frame.quality,
        .frame = session->frame.number,
        .now_ns = now_ns,
        .cpu_ns = now_ns - session->frame.begin_ns,
        .period_ns = session->frame.last_end_ns ? now_ns - session->frame.last_end_ns : -1,
        .gpu_ns = -1,
        .render_scale = session->frame.render_scale,
    };
    session->frame.running = false;
    session->frame.last_end_ns = now_ns;
    perfadapt__stepper_submit(&session->stepper, &input);
}

void perfadapt_frame_gpu(perfadapt *session, uint64_t frame, int64_t gpu_ns) {
    if (is_inert(session) || frame == 0 || gpu_ns < 0 || gpu_ns > gpu_most_ns)
        return;
    /* It belongs to a frame that has ended: the end of the newest is time enough, and saves reading the clock. */
    const int64_t now_ns = atomic_load_explicit(&session->stepper.last_end_ns, memory_order_relaxed);
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_GPU, .frame = frame, .now_ns = now_ns, .gpu_ns = gpu_ns};
    perfadapt__stepper_submit(&session->stepper, &input);
}

void perfadapt_wait_next_frame(perfadapt *session) {
    if (is_inert(session))
        return;
    const int64_t frame_ns = atomic_load_explicit(&session->stepper.frame_ns, memory_order_relaxed);
    if (frame_ns <= 0)
        return;
    const int64_t now_ns = perfadapt__now_ns();
    const int64_t due_ns = session->frame.due_ns + frame_ns;
    if (now_ns < due_ns) {
        perfadapt__sleep_until(due_ns);
        session->frame.due_ns = due_ns;
        return;
    }
    /* A late wake-up is made good, so that the mean rate is exact; a late frame is not, or the next would start early. */
    session->frame.due_ns = now_ns - due_ns < catch_up_ns ? due_ns : now_ns;
}

/* --- What the app tells --- */

static void submit_now(perfadapt *session, uint32_t kind, uint32_t event, int64_t value) {
    const struct perfadapt__frame_input input = {
        .kind = kind, .now_ns = perfadapt__now_ns(), .value = value, .event = event};
    perfadapt__stepper_submit(&session->stepper, &input);
}

void perfadapt_report(perfadapt *session, enum perfadapt_event event, int64_t value) {
    if (!is_inert(session))
        submit_now(session, PERFADAPT__FRAME_EVENT, event, value);
}

void perfadapt_hold(perfadapt *session) {
    if (!is_inert(session))
        submit_now(session, PERFADAPT__FRAME_HOLD, 0, 1);
}

void perfadapt_release(perfadapt *session) {
    if (!is_inert(session))
        submit_now(session, PERFADAPT__FRAME_HOLD, 0, 0);
}

void perfadapt_set_gpu_memory(perfadapt *session, uint64_t used, uint64_t budget) {
    if (is_inert(session))
        return;
    atomic_store_explicit(&session->gpu_memory_used, used, memory_order_relaxed);
    atomic_store_explicit(&session->gpu_memory_budget, budget, memory_order_relaxed);
}

/* --- What the app reads --- */

void perfadapt_get_budget(const perfadapt *session, struct perfadapt_budget *out) {
    if (is_inert(session) || !out)
        return;
    struct perfadapt_budget budget;
    if (perfadapt__region_get_budget(session->stepper.region, &budget))
        (void)perfadapt__abi_out(&budget, out, sizeof budget, budget_smallest);
}

int perfadapt_budget_fd(perfadapt *session) {
    if (is_inert(session))
        return -1;
    int present = atomic_load_explicit(&session->stepper.budget_fd, memory_order_acquire);
    if (present >= 0)
        return present;
    const int fd = perfadapt__fs_lift(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (fd < 0)
        return -1;
    if (atomic_compare_exchange_strong_explicit(&session->stepper.budget_fd, &present, fd, memory_order_acq_rel,
                                                memory_order_acquire))
        return fd;
    close(fd);
    return present;
}

enum perfadapt_result perfadapt_get_snapshot(const perfadapt *session, struct perfadapt_snapshot *out) {
    if (!session || !out)
        return PERFADAPT_ERROR_INVALID;
    if (is_inert(session))
        return PERFADAPT_ERROR_FORKED;
    if (out->size < snapshot_smallest)
        return PERFADAPT_ERROR_ABI;
    struct perfadapt_snapshot snapshot;
    if (!perfadapt__sampler_snapshot(session->subscription, &snapshot))
        return PERFADAPT_ERROR_AGAIN;
    return perfadapt__abi_out(&snapshot, out, sizeof snapshot, snapshot_smallest);
}
