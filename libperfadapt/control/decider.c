/* SPDX-License-Identifier: MIT */
#include "control/decider.h"

#include <perfadapt/perfadapt.h>
#include <string.h>

static const uint32_t arbiter_every = 16; /* steps after which facts such as the bottleneck are looked at again */
static const uint32_t frames_under_way = 2;
static const uint32_t holds_most = 1u << 20;
static const int64_t marked_most = 1000; /* frames at once */

static struct perfadapt__claims claims_of(const struct perfadapt__decider *decider) {
    return (struct perfadapt__claims){
        .policy = &decider->policy,
        .ladder = &decider->ladder,
        .frame = &decider->frame,
        .setback = &decider->setback,
        .caps = &decider->caps,
    };
}

__attribute__((cold)) void perfadapt__decider_init(struct perfadapt__decider *decider,
                                                   const struct perfadapt__policy *policy,
                                                   const struct perfadapt__caps *caps, int64_t now_ns) {
    memset(decider, 0, sizeof *decider);
    decider->policy = *policy;
    decider->caps = *caps;
    perfadapt__ladder_init(&decider->ladder, policy);
    perfadapt__frame_init(&decider->frame, policy, &decider->ladder);
    perfadapt__setback_init(&decider->setback, policy);
    const struct perfadapt__claims claims = claims_of(decider);
    perfadapt__arbiter_init(&decider->arbiter, &claims, now_ns);
}

void perfadapt__decider_take_caps(struct perfadapt__decider *decider, const struct perfadapt__caps *caps) {
    decider->caps = *caps;
    decider->unarbited = arbiter_every; /* with the next step, whatever it brings */
}

static void take_event(struct perfadapt__decider *decider, const struct perfadapt__frame_input *input) {
    if (input->event == PERFADAPT_EVENT_SHADER_COMPILE || input->event == PERFADAPT_EVENT_SCENE_CUT) {
        const int64_t frames = input->value > 1 ? input->value : 1;
        perfadapt__frame_mark(&decider->frame, (uint32_t)(frames < marked_most ? frames : marked_most));
        return;
    }
    perfadapt__setback_report(&decider->setback, &decider->policy, input->event, input->value, decider->arbiter.rung,
                              decider->ladder.count, decider->frame.statistics.now_ns);
}

static void take_hold(struct perfadapt__arbiter *arbiter, bool hold) {
    if (hold)
        arbiter->holds += arbiter->holds < holds_most;
    else
        arbiter->holds -= arbiter->holds > 0;
}

static bool take(struct perfadapt__decider *decider, const struct perfadapt__frame_input *input) {
    struct perfadapt__frame_control *frame = &decider->frame;
    perfadapt__frame_step(frame, &decider->policy, &decider->ladder, &decider->caps, decider->arbiter.rung, input);
    if (input->kind == PERFADAPT__FRAME_EVENT)
        take_event(decider, input);
    else if (input->kind == PERFADAPT__FRAME_HOLD)
        take_hold(&decider->arbiter, input->value != 0);
    const bool recovered = perfadapt__setback_step(&decider->setback, &decider->policy, frame->statistics.now_ns);
    const bool dropped = frame->rung != decider->arbited_rung || frame->reasons != decider->arbited_reasons;
    return recovered || dropped || input->kind >= PERFADAPT__FRAME_IDLE || ++decider->unarbited >= arbiter_every;
}

static enum perfadapt__arbiter_change arbitrate(struct perfadapt__decider *decider) {
    decider->arbited_rung = decider->frame.rung;
    decider->arbited_reasons = decider->frame.reasons;
    decider->unarbited = 0;
    const struct perfadapt__claims claims = claims_of(decider);
    return perfadapt__arbiter_step(&decider->arbiter, &claims, decider->frame.statistics.now_ns);
}

enum perfadapt__arbiter_change perfadapt__decider_step(struct perfadapt__decider *decider,
                                                       const struct perfadapt__frame_input *input) {
    return take(decider, input) ? arbitrate(decider) : PERFADAPT__BUDGET_SAME;
}

static void blame_policy(struct perfadapt_decision *decision) {
    const struct perfadapt__evidence evidence = perfadapt__policy_evidence();
    decision->signal = (uint32_t)evidence.signal;
    decision->value = evidence.value;
    decision->limit = evidence.limit;
    decision->forecast = evidence.forecast;
}

__attribute__((cold)) enum perfadapt__arbiter_change
perfadapt__decider_set_policy(struct perfadapt__decider *decider, struct perfadapt__tick_control *tick,
                              const struct perfadapt__policy *policy, int64_t now_ns) {
    const struct perfadapt__rung before = decider->ladder.rungs[decider->arbiter.rung];
    const int64_t target_ns = decider->ladder.rungs[0].frame_ns;
    perfadapt__ladder_init(&decider->ladder, policy);
    perfadapt__setback_set_policy(&decider->setback, &decider->policy, policy, decider->ladder.count);
    decider->policy = *policy;
    const uint32_t rung = perfadapt__ladder_no_better(&decider->ladder, &before, target_ns);
    perfadapt__frame_forget_rung(&decider->frame, rung);
    perfadapt__frame_mark(&decider->frame, frames_under_way); /* still paced by the old policy */
    perfadapt__tick_set_ladder(tick, &decider->ladder, rung, decider->frame.statistics.drops);
    decider->caps = tick->caps;
    decider->arbiter.rung = rung;
    const struct perfadapt__frame_input now = {.kind = PERFADAPT__FRAME_IDLE, .now_ns = now_ns};
    const enum perfadapt__arbiter_change change = perfadapt__decider_step(decider, &now);
    if (change == PERFADAPT__BUDGET_DECIDED)
        blame_policy(&decider->arbiter.decision);
    return change;
}
