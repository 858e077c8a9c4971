/* SPDX-License-Identifier: MIT */
#include "control/arbiter.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/perfadapt.h>
#include <string.h>

static const double busy_share = 0.85;              /* of the frame time, from which a processor is what it waits for */
static const double busy_still = 0.75;              /* … and until which it stays so */
static const int64_t gpu_forgotten_ns = 2000000000; /* without GPU times for this long, nothing is known of them */

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint64_t smaller_bytes(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint32_t choose_rung(const struct perfadapt__arbiter *arbiter, const struct perfadapt__claims *claims) {
    const struct perfadapt__caps *caps = claims->caps;
    if (claims->policy->mode != PERFADAPT__MODE_AUTO)
        return 0;
    uint32_t rung = larger(larger(caps->rung, claims->frame->rung), larger(caps->memory_rung, caps->power_rung));
    rung = larger(rung, larger(claims->setback->rung, caps->yield_rung));
    if (caps->hold)
        rung = larger(rung, arbiter->rung);
    return rung < claims->ladder->count ? rung : claims->ladder->count - 1;
}

static bool is_pinned(const struct perfadapt__policy *policy) {
    return policy->mode != PERFADAPT__MODE_AUTO || policy->quality_max + 1 < policy->quality_levels;
}

/* Only what binds is a reason: a cap that another one undercuts does not explain the rung in force. */
static uint32_t reasons_for(uint32_t rung, const struct perfadapt__claims *claims) {
    const struct perfadapt__caps *caps = claims->caps;
    uint32_t reasons = caps->reasons | claims->setback->reasons;
    if (is_pinned(claims->policy))
        reasons |= PERFADAPT_REASON_POLICY;
    /* Without a target nothing is late: it is another session that the pace is for. */
    const int64_t frame_ns = claims->ladder->rungs[rung].frame_ns;
    if (caps->pace_ns > frame_ns && frame_ns > 0)
        reasons |= PERFADAPT_REASON_FRAME_COST;
    if (rung == 0)
        return reasons;
    if (claims->frame->rung == rung)
        reasons |= claims->frame->reasons;
    else if (caps->rung == rung)
        reasons |= caps->rung_reasons;
    if (caps->memory_rung == rung)
        reasons |= PERFADAPT_REASON_MEMORY;
    if (caps->power_rung == rung)
        reasons |= PERFADAPT_REASON_POWER;
    return reasons;
}

/* Whether `busy_ns` fills the frame; what did so before still does until it is clearly less. */
static bool fills(double busy_ns, double frame_ns, bool did_before) {
    return busy_ns >= (did_before ? busy_still : busy_share) * frame_ns;
}

static enum perfadapt_bottleneck bottleneck_of(const struct perfadapt__claims *claims, uint32_t before,
                                               int64_t frame_ns) {
    const struct perfadapt__frame_statistics *frames = &claims->frame->statistics;
    const bool gpu_known = frames->gpu_known && frames->now_ns - claims->frame->gpu_seen_ns < gpu_forgotten_ns;
    if (!(frames->period_ns > 0))
        return PERFADAPT_BOTTLENECK_UNKNOWN;
    const double told_busy = claims->caps->busy >= 0 ? claims->caps->busy : 0;
    const double gpu_ns = gpu_known ? frames->gpu_ns : told_busy * frames->period_ns;
    const double aim = frames->period_ns > (double)frame_ns ? frames->period_ns : (double)frame_ns;
    const bool gpu = fills(gpu_ns, aim, before == PERFADAPT_BOTTLENECK_GPU);
    const bool cpu = fills(frames->cpu_ns, aim, before == PERFADAPT_BOTTLENECK_CPU);
    if (gpu || cpu)
        return gpu && (!cpu || gpu_ns >= frames->cpu_ns) ? PERFADAPT_BOTTLENECK_GPU : PERFADAPT_BOTTLENECK_CPU;
    if (frame_ns > 0 && frames->period_ns <= PERFADAPT__LATE_RATIO * (double)frame_ns)
        return PERFADAPT_BOTTLENECK_VSYNC;
    return claims->caps->memory_state == PERFADAPT_MEMORY_CRITICAL ? PERFADAPT_BOTTLENECK_MEMORY
                                                                   : PERFADAPT_BOTTLENECK_UNKNOWN;
}

static uint32_t frames_in_flight(const struct perfadapt__claims *claims) {
    const uint32_t most = claims->setback->frames_in_flight;
    const uint32_t frames = claims->caps->frames_in_flight;
    return most > 0 && most < frames ? most : frames;
}

/* policy.mode=off: as the preset has it, whatever happens. */
static void leave_alone(const struct perfadapt__policy *policy, struct perfadapt_budget *budget) {
    budget->frames_in_flight = policy->frames_in_flight;
    budget->worker_threads = policy->worker_threads;
    budget->dispatch_ns = policy->dispatch_ns;
    budget->memory_bytes = PERFADAPT_NO_LIMIT;
    budget->gpu_memory_bytes = PERFADAPT_NO_LIMIT;
    budget->reasons = PERFADAPT_REASON_POLICY;
}

static struct perfadapt_budget make_budget(const struct perfadapt__arbiter *arbiter,
                                           const struct perfadapt__claims *claims, uint32_t rung_index) {
    const struct perfadapt__rung *rung = &claims->ladder->rungs[rung_index];
    const struct perfadapt__caps *caps = claims->caps;
    const bool paced = claims->policy->mode == PERFADAPT__MODE_AUTO && caps->pace_ns > rung->frame_ns;
    const int64_t frame_ns = paced ? caps->pace_ns : rung->frame_ns;
    return (struct perfadapt_budget){
        .size = sizeof(struct perfadapt_budget),
        .generation = arbiter->budget.generation,
        .timestamp_ns = arbiter->budget.timestamp_ns,
        .frame_ns = frame_ns,
        .cpu_ns = frame_ns, /* they work on different frames at the same time: each may take all of it */
        .gpu_ns = frame_ns,
        .quality = rung->quality,
        .quality_levels = claims->policy->quality_levels,
        .render_scale = (float)rung->render_scale,
        .frames_in_flight = frames_in_flight(claims),
        .memory_bytes = smaller_bytes(caps->memory_bytes, claims->setback->memory_bytes),
        .gpu_memory_bytes = smaller_bytes(caps->gpu_memory_bytes, claims->setback->gpu_memory_bytes),
        .dispatch_ns = claims->setback->dispatch_ns,
        .worker_threads = caps->worker_threads,
        .thermal_headroom = caps->thermal_headroom,
        .time_to_throttle_ns = caps->time_to_throttle_ns,
        .thermal_state = caps->thermal_state,
        .memory_state = caps->memory_state,
        .bottleneck = bottleneck_of(claims, arbiter->budget.bottleneck, frame_ns),
        .reasons = reasons_for(rung_index, claims),
        .confidence = caps->confidence + (claims->frame->statistics.works > 0 ? 0.3F : 0.0F),
    };
}

static bool same_floats(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* What the app is to do. */
static bool outputs_differ(const struct perfadapt_budget *a, const struct perfadapt_budget *b) {
    return a->quality != b->quality || !same_floats(a->render_scale, b->render_scale) || a->frame_ns != b->frame_ns ||
           a->frames_in_flight != b->frames_in_flight || a->dispatch_ns != b->dispatch_ns ||
           a->worker_threads != b->worker_threads;
}

/* What it may want to know. */
static bool facts_differ(const struct perfadapt_budget *a, const struct perfadapt_budget *b) {
    return a->memory_bytes != b->memory_bytes || a->gpu_memory_bytes != b->gpu_memory_bytes ||
           a->reasons != b->reasons || a->thermal_state != b->thermal_state || a->memory_state != b->memory_state ||
           a->time_to_throttle_ns != b->time_to_throttle_ns || a->bottleneck != b->bottleneck ||
           !same_floats(a->thermal_headroom, b->thermal_headroom) || !same_floats(a->confidence, b->confidence);
}

static struct perfadapt__evidence rung_evidence(const struct perfadapt__claims *claims, uint32_t rung) {
    if (claims->frame->rung >= rung)
        return claims->frame->statistics.drop_evidence;
    if (claims->setback->rung >= rung)
        return claims->setback->evidence;
    if (claims->caps->memory_rung >= rung)
        return claims->caps->memory;
    if (claims->caps->power_rung >= rung)
        return claims->caps->power;
    return claims->caps->choice;
}

static struct perfadapt__evidence pace_evidence(const struct perfadapt__claims *claims, int64_t frame_ns) {
    return (struct perfadapt__evidence){
        .signal = PERFADAPT_SIGNAL_FRAME_TIME,
        .value = claims->frame->statistics.cpu_ns * 1e-6,
        .limit = (double)frame_ns * 1e-6,
        .forecast = (double)NAN,
    };
}

/* On the way down the cap that binds now decided; on the way up the one that has let go, which the choice tells of. What
 * moves beside the rung has evidence of its own. */
static struct perfadapt__evidence evidence_for(const struct perfadapt__arbiter *arbiter,
                                               const struct perfadapt__claims *claims, uint32_t rung,
                                               const struct perfadapt_budget *budget) {
    const struct perfadapt_budget *before = &arbiter->budget;
    if ((budget->reasons ^ before->reasons) & PERFADAPT_REASON_YIELD)
        return claims->caps->yield;
    if (rung != arbiter->rung)
        return rung > arbiter->rung ? rung_evidence(claims, rung) : claims->caps->choice;
    if (budget->frame_ns != before->frame_ns)
        return pace_evidence(claims, before->frame_ns);
    if (budget->worker_threads != before->worker_threads)
        return claims->caps->knobs;
    if ((budget->reasons | before->reasons) & PERFADAPT_REASON_EVENT)
        return claims->setback->evidence;
    if (budget->frames_in_flight != before->frames_in_flight)
        return claims->caps->knobs;
    return claims->caps->memory;
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
        .worker_threads_from = from->worker_threads,
        .worker_threads_to = to->worker_threads,
        .dispatch_ns_from = from->dispatch_ns,
        .dispatch_ns_to = to->dispatch_ns,
        .reasons = to->reasons,
        .signal = (uint32_t)evidence->signal,
        .value = evidence->value,
        .limit = evidence->limit,
        .forecast = evidence->forecast,
    };
}

void perfadapt__arbiter_init(struct perfadapt__arbiter *arbiter, const struct perfadapt__claims *claims,
                             int64_t now_ns) {
    memset(arbiter, 0, sizeof *arbiter);
    arbiter->rung = choose_rung(arbiter, claims);
    arbiter->budget = make_budget(arbiter, claims, arbiter->rung);
    if (claims->policy->mode == PERFADAPT__MODE_OFF)
        leave_alone(claims->policy, &arbiter->budget);
    arbiter->budget.generation = 1;
    arbiter->budget.timestamp_ns = now_ns;
}

enum perfadapt__arbiter_change perfadapt__arbiter_step(struct perfadapt__arbiter *arbiter,
                                                       const struct perfadapt__claims *claims, int64_t now_ns) {
    if (arbiter->holds > 0)
        return PERFADAPT__BUDGET_SAME;
    const uint32_t rung = choose_rung(arbiter, claims);
    struct perfadapt_budget budget = make_budget(arbiter, claims, rung);
    if (claims->policy->mode == PERFADAPT__MODE_OFF)
        leave_alone(claims->policy, &budget);
    const struct perfadapt_budget *before = &arbiter->budget;
    const bool memory_cut = budget.memory_bytes < before->memory_bytes &&
                            (budget.reasons & (PERFADAPT_REASON_MEMORY | PERFADAPT_REASON_EVENT));
    const bool decided = outputs_differ(before, &budget) || memory_cut;
    if (!decided && !facts_differ(before, &budget))
        return PERFADAPT__BUDGET_SAME;
    budget.generation++;
    budget.timestamp_ns = now_ns;
    if (decided) {
        const struct perfadapt__evidence evidence = evidence_for(arbiter, claims, rung, &budget);
        arbiter->decision = make_decision(before, &budget, &evidence);
    }
    arbiter->rung = rung;
    arbiter->budget = budget;
    return decided ? PERFADAPT__BUDGET_DECIDED : PERFADAPT__BUDGET_MOVED;
}
