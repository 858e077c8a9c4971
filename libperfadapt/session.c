/*
 * A session: the public API, and the only place that knows all the rooms. SPDX-License-Identifier: MIT
 */
#include "session.h"

#include "core/abi.h"
#include "core/fs.h"
#include "core/log.h"

#include <errno.h>
#include <math.h> /* NAN and isnan only: no libm is linked */
#include <perfadapt/perfadapt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int64_t idle_after_ns = 250 * PERFADAPT__NS_PER_MS;
static const size_t snapshot_smallest = sizeof(struct perfadapt_snapshot);
static const double cost_least = 1e-6; /* of the best level's: below, the cost of a frame could not be told from none */

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
    struct perfadapt__learned_limits *limits = perfadapt__tuning_limits(session->tuning);
    struct perfadapt__reading reading;
    perfadapt__reading_from_snapshot(&reading, snapshot, now_ns);
    perfadapt__learned_limits_recall(limits, snapshot, &reading);
    reading.gpu_memory_used = known_bytes(atomic_load_explicit(&session->gpu_memory_used, memory_order_relaxed));
    reading.gpu_memory_budget = known_bytes(atomic_load_explicit(&session->gpu_memory_budget, memory_order_relaxed));
    if (perfadapt__yield_applies(&stepper->decider.policy))
        reading.peer_reasons = perfadapt__peers_look(&session->tick.peers, now_ns);
    if (!perfadapt__stepper_begin_tick(stepper, &session->tick.control, &reading, &session->tick.frames))
        return;
    if (perfadapt__tick_step(&session->tick.control, &stepper->decider.policy, &stepper->decider.ladder, &reading,
                             &session->tick.frames))
        perfadapt__stepper_put_caps(stepper, &session->tick.control.caps);
    perfadapt__learned_limits_take(limits, snapshot, &session->tick.control.thermal);
}

/*
 * Where the policy is another by now: the profile has come, a file was edited. Tried again where a step is under way.
 */
static void follow_tuning(perfadapt *session, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    struct perfadapt__policy policy;
    perfadapt__tuning_see(session->tuning, snapshot);
    perfadapt__tuning_tell(session->tuning, &session->log);
    if (perfadapt__tuning_take_policy(session->tuning, &policy) &&
        !perfadapt__stepper_set_policy(&session->stepper, &session->tick.control, &policy, now_ns))
        perfadapt__tuning_untake_policy(session->tuning);
}

/* What a record is kept for: see record/incident.h. */
static void note_incident(perfadapt *session, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    const uint32_t event = atomic_exchange_explicit(&session->incident, 0, memory_order_relaxed);
    const bool throttled = snapshot->throttle.verdict == PERFADAPT_THROTTLING_THERMAL;
    const bool begins = throttled && session->tick.looked && !session->tick.throttled; /* not: was there before us */
    session->tick.throttled = throttled;
    session->tick.looked = true;
    perfadapt__incidents_allow(session->incidents, perfadapt__tuning_keeps_incidents(session->tuning));
    if (event || begins)
        perfadapt__incidents_note(session->incidents, event ? perfadapt_event_name(event) : "throttled",
                                  session->region_fd, PERFADAPT__REGION_BEHIND, now_ns);
    perfadapt__incidents_tell(session->incidents, &session->log);
}

static void on_sampled(void *context, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    perfadapt *session = context;
    follow_tuning(session, snapshot, now_ns);
    tick(session, snapshot, now_ns);
    note_incident(session, snapshot, now_ns);
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
                          options->target_frame_ns <= PERFADAPT__FRAME_MOST_NS &&
                          options->quality_levels <= PERFADAPT__QUALITY_LEVELS_MAX &&
                          !(options->outputs & ~all_outputs) && !(options->flags & ~all_flags);
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

static enum perfadapt_result create_region(perfadapt *session, const struct perfadapt_options *options,
                                           const char *simulate, const struct perfadapt__policy *policy) {
    const struct perfadapt__region_options region_options = {
        .name = options->app_name ? options->app_name : program_invocation_short_name,
        .role = policy->role,
        .simulated = simulate != NULL,
        .quality_levels = policy->quality_levels,
        .target_frame_ns = policy->target_frame_ns,
        .behind_bytes = sizeof(struct perfadapt__record_ring),
    };
    struct perfadapt__region *region = perfadapt__region_create(&region_options, &session->region_fd);
    if (!region)
        return PERFADAPT_ERROR_NO_MEMORY;
    struct perfadapt__ladder ladder;
    perfadapt__ladder_init(&ladder, policy);
    perfadapt__tick_init(&session->tick.control, policy, &ladder);
    perfadapt__stepper_init(&session->stepper, policy, &session->tick.control.caps, region,
                            perfadapt__region_behind(region), perfadapt__now_ns());
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
    struct perfadapt__sampler_options sampler_options = {
        .sysroot = options->sysroot,
        .simulate = simulate,
        .log = &session->log,
        .errands = {perfadapt__tuning_errand(session->tuning)},
    };
    if (session->incidents)
        sampler_options.errands[1] = (struct perfadapt__errand){
            .run = perfadapt__incidents_run, .finish = perfadapt__incidents_finish, .context = session->incidents};
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
    enum perfadapt_result result = perfadapt__tuning_create(options, &session->tuning);
    if (result)
        return result;
    struct perfadapt__policy policy;
    (void)perfadapt__tuning_take_policy(session->tuning, &policy);
    session->quality_levels = policy.quality_levels;
    result = create_region(session, options, simulate, &policy);
    if (result)
        return result;
    publish(session, options);
    if (!simulate) { /* nothing is wrong with a device that is made up, and tests are many */
        const struct perfadapt__record_origin origin = perfadapt__record_origin_of(session);
        session->incidents = perfadapt__incidents_create(&origin);
    }
    perfadapt__peers_init(&session->tick.peers, session->writer ? perfadapt__writer_name(session->writer) : "");
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

/* A device is lost, reported, and the session closed: the sampler thread has not seen it yet. */
static void leave_incident(perfadapt *session) {
    const uint32_t event = atomic_exchange_explicit(&session->incident, 0, memory_order_relaxed);
    if (event && session->subscription && !perfadapt__is_inert(session))
        perfadapt__incidents_leave(session->incidents, perfadapt_event_name(event), session->region_fd,
                                   PERFADAPT__REGION_BEHIND);
}

void perfadapt_close(perfadapt **session_pointer) {
    if (!session_pointer || !*session_pointer)
        return;
    perfadapt *session = *session_pointer;
    *session_pointer = NULL;
    const bool forked = perfadapt__is_inert(session);
    if (!session->subscription) { /* nobody else's yet */
        perfadapt__tuning_destroy(session->tuning);
        if (session->incidents)
            perfadapt__incidents_finish(session->incidents);
    }
    leave_incident(session);
    perfadapt__sampler_unsubscribe(&session->subscription);
    perfadapt__peers_finish(&session->tick.peers);
    perfadapt__writer_destroy(&session->writer, forked);
    const bool opened = session->stepper.region != NULL;
    const int budget_fd = atomic_load_explicit(&session->stepper.budget_fd, memory_order_acquire);
    if (opened && budget_fd >= 0)
        close(budget_fd);
    if (opened)
        perfadapt__region_destroy(&session->stepper.region, sizeof(struct perfadapt__record_ring), &session->region_fd,
                                  forked);
    free(session);
}

/* --- What the app reads --- */

int perfadapt_budget_fd(perfadapt *session) {
    if (perfadapt__is_inert(session))
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

enum perfadapt_result perfadapt_set_device(perfadapt *session, const struct perfadapt_device *device) {
    if (!session || !device)
        return PERFADAPT_ERROR_INVALID;
    return perfadapt__is_inert(session) ? PERFADAPT_ERROR_FORKED
                                        : perfadapt__tuning_set_device(session->tuning, device);
}

enum perfadapt_result perfadapt_get_profile(const perfadapt *session, struct perfadapt_profile *out) {
    if (!session || !out)
        return PERFADAPT_ERROR_INVALID;
    if (perfadapt__is_inert(session))
        return PERFADAPT_ERROR_FORKED;
    struct perfadapt_profile profile;
    perfadapt__tuning_get_profile(session->tuning, &profile);
    return perfadapt__abi_out(&profile, out, sizeof profile, sizeof profile);
}

enum perfadapt_result perfadapt_get_snapshot(const perfadapt *session, struct perfadapt_snapshot *out) {
    if (!session || !out)
        return PERFADAPT_ERROR_INVALID;
    if (perfadapt__is_inert(session))
        return PERFADAPT_ERROR_FORKED;
    if (out->size < snapshot_smallest)
        return PERFADAPT_ERROR_ABI;
    struct perfadapt_snapshot snapshot;
    if (!perfadapt__sampler_snapshot(session->subscription, &snapshot))
        return PERFADAPT_ERROR_AGAIN;
    return perfadapt__abi_out(&snapshot, out, sizeof snapshot, snapshot_smallest);
}
