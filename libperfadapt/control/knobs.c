/* SPDX-License-Identifier: MIT */
#include "control/knobs.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const uint32_t frames_most = 8;
static const uint32_t frames_helpful = 3; /* one drawn, one waiting, one prepared: more only adds delay */
static const uint32_t frames_tight = 2;
static const double starved_period = 1.05; /* of frame_ns, like the next ones */
static const double part_most = 0.95;
static const double both_least = 0.9;
static const int64_t starved_ns = 2 * SECOND;
static const int64_t calm_ns = 30 * SECOND;
static const int64_t flow_gap_ns = 1 * SECOND; /* without a frame for longer nothing is learned of them */

static const uint32_t workers_most = 1024;
static const double waiting_much = 0.20; /* of the time */
static const double waiting_little = 0.05;
static const int64_t look_gap_ns = 1 * SECOND;
static const int64_t pressed_ns = 2 * SECOND;
static const int64_t fewer_gap_ns = 5 * SECOND;
static const int64_t more_gap_ns = 10 * SECOND;

static uint32_t between(uint32_t value, uint32_t least, uint32_t most) {
    return value < least ? least : value < most ? value : most;
}

/* Never negative. */
static int64_t elapsed(int64_t now_ns, int64_t since_ns) {
    const int64_t start_ns = since_ns > 0 ? since_ns : 0;
    return now_ns > start_ns ? now_ns - start_ns : 0;
}

/* For how long `holds` has been so, `since_ns` being its memory. */
static int64_t duration(int64_t *since_ns, bool holds, int64_t now_ns) {
    if (!holds)
        *since_ns = 0;
    else if (*since_ns == 0)
        *since_ns = now_ns;
    return holds ? elapsed(now_ns, *since_ns) : 0;
}

void perfadapt__knobs_init(struct perfadapt__knobs *knobs, const struct perfadapt__policy *policy) {
    memset(knobs, 0, sizeof *knobs);
    knobs->frames_in_flight = between(policy->frames_in_flight, 1, frames_most);
    knobs->worker_threads = between(policy->worker_threads, 1, workers_most);
    knobs->policy_frames = policy->frames_in_flight;
    knobs->policy_workers = policy->worker_threads;
    knobs->cpu_some_us = (double)NAN;
    knobs->waiting = (double)NAN;
    knobs->evidence.value = knobs->evidence.limit = knobs->evidence.forecast = (double)NAN;
}

/* --- Frames in flight --- */

/* Both parts fit and their sum does not: one waits for the other. False where anything is unknown. */
static bool is_serialised(const struct perfadapt__frame_statistics *frames, double frame_ns, double least) {
    const double cpu_ns = frames->cpu_ns;
    const double gpu_ns = frames->gpu_ns;
    const bool known = frame_ns > 0 && cpu_ns > 0 && gpu_ns > 0;
    return known && cpu_ns < part_most * frame_ns && gpu_ns < part_most * frame_ns &&
           cpu_ns + gpu_ns > least * frame_ns;
}

static uint32_t decide_frames(struct perfadapt__knobs *knobs, const struct perfadapt__policy *policy, double frame_ns,
                              const struct perfadapt__frame_statistics *frames, int64_t now_ns) {
    const bool flowing = elapsed(now_ns, frames->last_frame_ns) < flow_gap_ns;
    const bool starved = is_serialised(frames, frame_ns, 1.0) && frames->period_ns > starved_period * frame_ns;
    const bool calm = !is_serialised(frames, frame_ns, both_least);
    if (duration(&knobs->starved_since_ns, flowing && starved, now_ns) >= starved_ns)
        knobs->extra_frames = 1;
    if (duration(&knobs->calm_since_ns, flowing && calm, now_ns) >= calm_ns)
        knobs->extra_frames = 0;
    const uint32_t preset = between(policy->frames_in_flight, 1, frames_most);
    return preset < frames_helpful ? preset + knobs->extra_frames : preset;
}

static bool is_short_of_memory(const struct perfadapt__caps *caps) {
    /* Tight is also told where only others stall; the reason is there where it concerns this process. */
    return caps->memory_state >= PERFADAPT_MEMORY_TIGHT && (caps->reasons & PERFADAPT_REASON_MEMORY);
}

/* --- Worker threads --- */

static uint32_t workers_allowed(const struct perfadapt__policy *policy, double quota) {
    uint32_t allowed = between(policy->worker_threads, 1, workers_most);
    if (quota > 0 && quota < allowed) {
        const uint32_t whole = (uint32_t)quota;
        allowed = quota > whole ? whole + 1 : whole;
    }
    if (policy->role == PERFADAPT_ROLE_BACKGROUND)
        allowed /= 2;
    return allowed > 0 ? allowed : 1;
}

/* The share of the time that tasks have waited for a CPU since the last look; NAN unknown. */
static double waiting(struct perfadapt__knobs *knobs, double some_us, int64_t now_ns) {
    const double elapsed_us = (double)elapsed(now_ns, knobs->looked_ns) / 1000.0;
    const double waited_us = some_us - knobs->cpu_some_us;
    knobs->cpu_some_us = some_us;
    /* A total that runs back, or ahead of the time, is another one. */
    return waited_us >= 0 && waited_us <= 1.5 * elapsed_us + 100000.0 ? waited_us / elapsed_us : (double)NAN;
}

static void follow_cpu_pressure(struct perfadapt__knobs *knobs, double some_us, uint32_t allowed, int64_t now_ns) {
    if (knobs->looked_ns && elapsed(now_ns, knobs->looked_ns) < look_gap_ns)
        return;
    const double share = waiting(knobs, some_us, now_ns);
    knobs->looked_ns = now_ns;
    knobs->waiting = share;
    const bool much = share > waiting_much;
    const bool little = !(share >= waiting_little);
    const bool pressed = duration(&knobs->pressed_since_ns, much, now_ns) >= pressed_ns;
    const bool idle = duration(&knobs->idle_since_ns, little, now_ns) >= more_gap_ns;
    const int64_t since_ns = elapsed(now_ns, knobs->workers_changed_ns);
    const bool fewer = pressed && knobs->fewer_workers < allowed / 2 && since_ns >= fewer_gap_ns;
    const bool more = idle && knobs->fewer_workers > 0 && since_ns >= more_gap_ns;
    knobs->fewer_workers += fewer ? 1u : 0u;
    knobs->fewer_workers -= more ? 1u : 0u;
    if (fewer || more)
        knobs->workers_changed_ns = now_ns;
}

static struct perfadapt__evidence evidence_for(const struct perfadapt__knobs *knobs,
                                               const struct perfadapt__policy *policy,
                                               const struct perfadapt__frame_statistics *frames, double frame_ns,
                                               uint32_t frames_before, uint32_t workers_before,
                                               const struct perfadapt__caps *caps) {
    const bool same_frames = knobs->frames_in_flight == frames_before;
    const bool same_workers = knobs->worker_threads == workers_before;
    if ((!same_frames && policy->frames_in_flight != knobs->policy_frames) ||
        (!same_workers && policy->worker_threads != knobs->policy_workers))
        return perfadapt__policy_evidence();
    if (!same_workers)
        return (struct perfadapt__evidence){.signal = PERFADAPT_SIGNAL_CPU_PRESSURE,
                                            .value = 100.0 * knobs->waiting,
                                            .limit = 100.0 * waiting_much,
                                            .forecast = (double)NAN};
    if (same_frames)
        return knobs->evidence;
    if (is_short_of_memory(caps))
        return caps->memory;
    return (struct perfadapt__evidence){.signal = PERFADAPT_SIGNAL_FRAME_TIME,
                                        .value = frames->period_ns * 1e-6,
                                        .limit = frame_ns * 1e-6,
                                        .forecast = (double)NAN};
}

void perfadapt__knobs_step(struct perfadapt__knobs *knobs, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                           const struct perfadapt__frame_statistics *frames, struct perfadapt__caps *caps) {
    const int64_t now_ns = reading->now_ns > 0 ? reading->now_ns : 1; /* 0 is "not" */
    const uint32_t last = ladder->count > 0 && ladder->count <= PERFADAPT__RUNGS_MAX ? ladder->count - 1 : 0;
    const double frame_ns = (double)ladder->rungs[frames->rung < last ? frames->rung : last].frame_ns;
    const uint32_t wanted = decide_frames(knobs, policy, frame_ns, frames, now_ns);
    const uint32_t most = is_short_of_memory(caps) ? frames_tight : frames_most;
    const uint32_t allowed = workers_allowed(policy, reading->cpu_quota);
    follow_cpu_pressure(knobs, reading->cpu_some_us, allowed, now_ns);
    /* The quota may have shrunk since threads were taken off. */
    if (knobs->fewer_workers > allowed / 2)
        knobs->fewer_workers = allowed / 2;
    const uint32_t frames_before = knobs->frames_in_flight;
    const uint32_t workers_before = knobs->worker_threads;
    knobs->frames_in_flight = wanted < most ? wanted : most;
    knobs->worker_threads = allowed - knobs->fewer_workers;
    knobs->evidence = evidence_for(knobs, policy, frames, frame_ns, frames_before, workers_before, caps);
    knobs->policy_frames = policy->frames_in_flight;
    knobs->policy_workers = policy->worker_threads;
    caps->knobs = knobs->evidence;
    caps->frames_in_flight = knobs->frames_in_flight;
    caps->worker_threads = knobs->worker_threads;
}
