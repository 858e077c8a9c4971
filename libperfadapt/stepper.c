/* SPDX-License-Identifier: MIT */
#include "stepper.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

static const unsigned caps_retries = 8;
static const unsigned insist_retries = 10000; /* some milliseconds */
static const unsigned own_retries = 100;      /* a step takes less time than giving way once */

_Static_assert(sizeof(struct perfadapt__frame_input) <= PERFADAPT__RING_ITEM_BYTES, "an input must fit a ring cell");
_Static_assert(sizeof(struct perfadapt__caps) % 8 == 0, "caps travel as 64-bit words");

static void show_budget(struct perfadapt__stepper *stepper) {
    const struct perfadapt_budget *budget = &stepper->decider.arbiter.budget;
    uint32_t scale_bits;
    memcpy(&scale_bits, &budget->render_scale, sizeof scale_bits);
    perfadapt__region_put_budget(stepper->region, budget);
    atomic_store_explicit(&stepper->drawn, (uint64_t)budget->quality << 32 | scale_bits, memory_order_relaxed);
    atomic_store_explicit(&stepper->frame_ns, budget->frame_ns, memory_order_relaxed);
}

__attribute__((cold)) void perfadapt__stepper_init(struct perfadapt__stepper *stepper,
                                                   const struct perfadapt__policy *policy,
                                                   const struct perfadapt__caps *caps, struct perfadapt__region *region,
                                                   struct perfadapt__record_ring *record, int64_t now_ns) {
    memset(stepper, 0, sizeof *stepper);
    stepper->region = region;
    perfadapt__ring_init(&stepper->inputs);
    perfadapt__decider_init(&stepper->decider, policy, caps, now_ns);
    perfadapt__recorder_init(&stepper->recorder, record, policy, now_ns);
    atomic_init(&stepper->caps_generation, caps->generation);
    atomic_init(&stepper->gpu_total_ns, -1);
    atomic_init(&stepper->budget_fd, -1);
    show_budget(stepper);
}

void perfadapt__stepper_put_caps(struct perfadapt__stepper *stepper, const struct perfadapt__caps *caps) {
    perfadapt__seqlock_write(&stepper->caps_lock, stepper->caps_words, caps, sizeof *caps);
    atomic_store_explicit(&stepper->caps_generation, caps->generation, memory_order_release);
}

static enum perfadapt__record_caps take_caps(struct perfadapt__stepper *stepper) {
    if (atomic_load_explicit(&stepper->caps_generation, memory_order_acquire) == stepper->decider.caps.generation)
        return PERFADAPT__RECORD_CAPS_SAME;
    struct perfadapt__caps caps;
    /* Where it fails the sampler is writing newer ones: the next step takes them. */
    if (!perfadapt__seqlock_read(&stepper->caps_lock, stepper->caps_words, &caps, sizeof caps, caps_retries))
        return PERFADAPT__RECORD_CAPS_SAME;
    perfadapt__decider_take_caps(&stepper->decider, &caps);
    return perfadapt__recorder_caps(&stepper->recorder, caps.generation);
}

static void publish_frame(struct perfadapt__stepper *stepper, const struct perfadapt__frame_input *input) {
    if (input->kind == PERFADAPT__FRAME_DONE) {
        const struct perfadapt_frame frame = {
            .number = input->frame,
            .end_ns = input->now_ns,
            .period_ns = input->period_ns,
            .cpu_ns = input->cpu_ns,
            .gpu_ns = -1,
            .quality = input->quality,
            .render_scale = input->render_scale,
        };
        perfadapt__region_put_frame(stepper->region, &frame);
        atomic_store_explicit(&stepper->last_end_ns, input->now_ns, memory_order_relaxed);
    } else if (input->kind == PERFADAPT__FRAME_GPU) {
        const int64_t before = atomic_load_explicit(&stepper->gpu_total_ns, memory_order_relaxed);
        perfadapt__region_put_gpu(stepper->region, input->frame, input->gpu_ns);
        atomic_store_explicit(&stepper->gpu_total_ns, (before < 0 ? 0 : before) + input->gpu_ns, memory_order_relaxed);
    }
}

static void tell_watcher(const struct perfadapt__stepper *stepper) {
    const int fd = atomic_load_explicit(&stepper->budget_fd, memory_order_acquire);
    const uint64_t one = 1;
    if (fd >= 0 && write(fd, &one, sizeof one) < 0) {
        /* EAGAIN: the counter is full, so it is readable already. */
    }
}

static void tell(struct perfadapt__stepper *stepper, enum perfadapt__arbiter_change change) {
    if (change == PERFADAPT__BUDGET_SAME)
        return;
    perfadapt__recorder_budget(&stepper->recorder, &stepper->decider.arbiter.budget);
    if (change == PERFADAPT__BUDGET_DECIDED)
        perfadapt__region_put_decision(stepper->region, &stepper->decider.arbiter.decision);
    show_budget(stepper);
    tell_watcher(stepper);
}

static void step(struct perfadapt__stepper *stepper, const struct perfadapt__frame_input *input) {
    publish_frame(stepper, input);
    perfadapt__recorder_input(&stepper->recorder, input, take_caps(stepper));
    tell(stepper, perfadapt__decider_step(&stepper->decider, input));
}

static void drain(struct perfadapt__stepper *stepper) {
    if (perfadapt__ring_is_empty(&stepper->inputs))
        return;
    struct perfadapt__frame_input input;
    while (perfadapt__ring_pop(&stepper->inputs, &input, sizeof input))
        step(stepper, &input);
}

static bool try_own(struct perfadapt__stepper *stepper) {
    return !atomic_load_explicit(&stepper->owned, memory_order_relaxed) &&
           !atomic_exchange_explicit(&stepper->owned, 1, memory_order_acquire);
}

static void disown(struct perfadapt__stepper *stepper) {
    atomic_store_explicit(&stepper->owned, 0, memory_order_release);
}

/* The owner may have drained the ring just before something was put in; then nobody would look until the next frame. */
static void drain_what_is_left(struct perfadapt__stepper *stepper) {
    if (!perfadapt__ring_is_empty(&stepper->inputs) && try_own(stepper)) {
        drain(stepper);
        disown(stepper);
    }
}

/* An event or a hold that were lost would count for as long as the session lives: gives way to the owner for a while. */
__attribute__((cold)) static void insist(struct perfadapt__stepper *stepper,
                                         const struct perfadapt__frame_input *input) {
    for (unsigned i = 0; i < insist_retries; i++) {
        sched_yield();
        if (perfadapt__ring_push(&stepper->inputs, input, sizeof *input)) {
            drain_what_is_left(stepper);
            return;
        }
    }
}

void perfadapt__stepper_submit(struct perfadapt__stepper *stepper, const struct perfadapt__frame_input *input) {
    if (try_own(stepper)) {
        drain(stepper);
        step(stepper, input);
        disown(stepper);
        return;
    }
    /* Where it does not fit the owner has been stopped for as many inputs as the ring holds: a frame is lost then. */
    if (perfadapt__ring_push(&stepper->inputs, input, sizeof *input))
        drain_what_is_left(stepper);
    else if (input->kind >= PERFADAPT__FRAME_EVENT)
        insist(stepper, input);
}

static bool own(struct perfadapt__stepper *stepper) {
    for (unsigned i = 0; i < own_retries; i++) {
        if (try_own(stepper))
            return true;
        sched_yield();
    }
    return false;
}

bool perfadapt__stepper_begin_tick(struct perfadapt__stepper *stepper, const struct perfadapt__tick_control *tick,
                                   const struct perfadapt__reading *reading, struct perfadapt__frame_statistics *out) {
    if (!own(stepper))
        return false;
    drain(stepper);
    *out = stepper->decider.frame.statistics;
    perfadapt__recorder_tick(&stepper->recorder, &stepper->decider, tick, reading);
    disown(stepper);
    drain_what_is_left(stepper);
    return true;
}

__attribute__((cold)) bool perfadapt__stepper_set_policy(struct perfadapt__stepper *stepper,
                                                         struct perfadapt__tick_control *tick,
                                                         const struct perfadapt__policy *policy, int64_t now_ns) {
    if (!own(stepper))
        return false;
    drain(stepper);
    perfadapt__recorder_policy(&stepper->recorder, &stepper->decider, tick, policy, now_ns);
    tell(stepper, perfadapt__decider_set_policy(&stepper->decider, tick, policy, now_ns));
    perfadapt__stepper_put_caps(stepper, &tick->caps);
    disown(stepper);
    drain_what_is_left(stepper);
    return true;
}

bool perfadapt__stepper_copy_record(struct perfadapt__stepper *stepper, struct perfadapt__record_ring *out) {
    if (!stepper->recorder.ring || !own(stepper))
        return false;
    memcpy(out, stepper->recorder.ring, sizeof *out);
    disown(stepper);
    drain_what_is_left(stepper);
    return true;
}
