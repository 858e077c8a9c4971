/* SPDX-License-Identifier: MIT */
#include "control/arbiter.h"

#include <math.h> /* NAN only: no libm is linked */
#include <string.h>

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t choose_rung(const struct perfadapt__arbiter *arbiter, const struct perfadapt__ladder *ladder,
                            const struct perfadapt__frame_control *frame, const struct perfadapt__caps *caps) {
    uint32_t rung = larger(frame->rung, larger(caps->thermal_rung, caps->memory_rung));
    if (caps->hold)
        rung = larger(rung, arbiter->rung);
    return rung < ladder->count ? rung : ladder->count - 1;
}

/* Only what binds is a reason: a cap that another one undercuts does not explain the rung in force. */
static uint32_t reasons_for(uint32_t rung, const struct perfadapt__frame_control *frame,
                            const struct perfadapt__caps *caps) {
    uint32_t reasons = caps->reasons & (PERFADAPT_REASON_SENSOR_LOST | PERFADAPT_REASON_MEMORY);
    if (rung > 0 && caps->thermal_rung == rung)
        reasons |= PERFADAPT_REASON_THERMAL;
    if (rung > 0 && frame->rung == rung)
        reasons |= frame->reasons;
    return reasons;
}

static struct perfadapt_budget make_budget(const struct perfadapt__arbiter *arbiter,
                                           const struct perfadapt__policy *policy,
                                           const struct perfadapt__ladder *ladder, uint32_t rung_index,
                                           const struct perfadapt__frame_control *frame,
                                           const struct perfadapt__caps *caps) {
    const struct perfadapt__rung *rung = &ladder->rungs[rung_index];
    const bool frames_known = frame->work_count > 0;
    return (struct perfadapt_budget){
        .size = sizeof(struct perfadapt_budget),
        .generation = arbiter->budget.generation,
        .timestamp_ns = arbiter->budget.timestamp_ns,
        .frame_ns = rung->frame_ns,
        .cpu_ns = rung->frame_ns,
        .gpu_ns = rung->frame_ns,
        .quality = rung->quality,
        .quality_levels = policy->quality_levels,
        .render_scale = (float)rung->render_scale,
        .frames_in_flight = caps->frames_in_flight,
        .memory_bytes = caps->memory_bytes,
        .gpu_memory_bytes = PERFADAPT_NO_LIMIT,
        .worker_threads = policy->worker_threads,
        .thermal_headroom = caps->thermal_headroom,
        .time_to_throttle_ns = caps->time_to_throttle_ns,
        .thermal_state = caps->thermal_state,
        .memory_state = caps->memory_state,
        .bottleneck = perfadapt__frame_bottleneck(frame, rung->frame_ns),
        .reasons = reasons_for(rung_index, frame, caps),
        .confidence = caps->confidence + (frames_known ? 0.3F : 0.0F),
    };
}

static bool same_floats(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* What the app is to do. */
static bool outputs_differ(const struct perfadapt_budget *a, const struct perfadapt_budget *b) {
    return a->quality != b->quality || !same_floats(a->render_scale, b->render_scale) || a->frame_ns != b->frame_ns ||
           a->frames_in_flight != b->frames_in_flight;
}

/* What it may want to know. */
static bool facts_differ(const struct perfadapt_budget *a, const struct perfadapt_budget *b) {
    return a->memory_bytes != b->memory_bytes || a->reasons != b->reasons || a->thermal_state != b->thermal_state ||
           a->memory_state != b->memory_state || a->time_to_throttle_ns != b->time_to_throttle_ns ||
           a->bottleneck != b->bottleneck || !same_floats(a->thermal_headroom, b->thermal_headroom) ||
           !same_floats(a->confidence, b->confidence);
}

static struct perfadapt__evidence frame_evidence(const struct perfadapt__ladder *ladder,
                                                 const struct perfadapt__frame_control *frame, uint32_t from,
                                                 uint32_t to) {
    return (struct perfadapt__evidence){
        .signal = PERFADAPT_SIGNAL_FRAME_TIME,
        .value = perfadapt__frame_expected_ns(frame, ladder, from) * 1e-6,
        .limit = (double)ladder->rungs[from].frame_ns * 1e-6,
        .forecast = perfadapt__frame_expected_ns(frame, ladder, to) * 1e-6,
    };
}

/* On the way down the cap that binds now decided, on the way up the one that bound before. */
static struct perfadapt__evidence evidence_for(const struct perfadapt__arbiter *arbiter,
                                               const struct perfadapt__ladder *ladder,
                                               const struct perfadapt__frame_control *frame,
                                               const struct perfadapt__caps *caps, uint32_t rung, uint32_t reasons) {
    if (rung == arbiter->rung)
        return caps->memory; /* frames in flight or memory moved, which nothing else moves */
    const bool down = rung > arbiter->rung;
    const uint32_t cause = down ? reasons : arbiter->budget.reasons;
    if (cause & PERFADAPT_REASON_THERMAL)
        return caps->thermal;
    if (caps->memory_rung >= (down ? rung : arbiter->rung))
        return caps->memory;
    return frame_evidence(ladder, frame, arbiter->rung, rung);
}

static struct perfadapt_decision make_decision(const struct perfadapt_budget *from, const struct perfadapt_budget *to,
                                               const struct perfadapt__evidence *evidence) {
    return (struct perfadapt_decision){
        .generation = to->generation,
        .timestamp_ns = to->timestamp_ns,
        .quality_from = from->quality,
        .quality_to = to->quality,
        .render_scale_from = from->render_scale,
        .render_scale_to = to->render_scale,
        .frame_ns_from = from->frame_ns,
        .frame_ns_to = to->frame_ns,
        .memory_bytes_from = from->memory_bytes,
        .memory_bytes_to = to->memory_bytes,
        .frames_in_flight_from = from->frames_in_flight,
        .frames_in_flight_to = to->frames_in_flight,
        .reasons = to->reasons,
        .signal = (uint32_t)evidence->signal,
        .value = evidence->value,
        .limit = evidence->limit,
        .forecast = evidence->forecast,
    };
}

void perfadapt__arbiter_init(struct perfadapt__arbiter *arbiter, const struct perfadapt__policy *policy,
                             const struct perfadapt__ladder *ladder, const struct perfadapt__frame_control *frame,
                             const struct perfadapt__caps *caps, int64_t now_ns) {
    memset(arbiter, 0, sizeof *arbiter);
    arbiter->rung = choose_rung(arbiter, ladder, frame, caps);
    arbiter->budget = make_budget(arbiter, policy, ladder, arbiter->rung, frame, caps);
    arbiter->budget.generation = 1;
    arbiter->budget.timestamp_ns = now_ns;
}

enum perfadapt__arbiter_change perfadapt__arbiter_step(struct perfadapt__arbiter *arbiter,
                                                       const struct perfadapt__policy *policy,
                                                       const struct perfadapt__ladder *ladder,
                                                       const struct perfadapt__frame_control *frame,
                                                       const struct perfadapt__caps *caps, int64_t now_ns) {
    const uint32_t rung = choose_rung(arbiter, ladder, frame, caps);
    struct perfadapt_budget budget = make_budget(arbiter, policy, ladder, rung, frame, caps);
    const bool decided = outputs_differ(&arbiter->budget, &budget);
    const bool memory_cut =
        (caps->reasons & PERFADAPT_REASON_MEMORY) && budget.memory_bytes < arbiter->budget.memory_bytes;
    if (!decided && !facts_differ(&arbiter->budget, &budget))
        return PERFADAPT__BUDGET_SAME;
    budget.generation++;
    budget.timestamp_ns = now_ns;
    if (decided || memory_cut) {
        const struct perfadapt__evidence evidence = evidence_for(arbiter, ladder, frame, caps, rung, budget.reasons);
        arbiter->decision = make_decision(&arbiter->budget, &budget, &evidence);
    }
    arbiter->rung = rung;
    arbiter->budget = budget;
    return decided || memory_cut ? PERFADAPT__BUDGET_DECIDED : PERFADAPT__BUDGET_MOVED;
}
