/*
 * The calls that come with every frame: no lock, no allocation, no system call but those that the header names. A file
 * of its own for it is compiled for speed, and the rest of the session for size. SPDX-License-Identifier: MIT
 */
#include "core/abi.h"
#include "session.h"

#include <math.h> /* isnan only: no libm is linked */
#include <string.h>

static const int64_t catch_up_ns = 1 * PERFADAPT__NS_PER_MS;
static const size_t budget_smallest = offsetof(struct perfadapt_budget, reserved) + sizeof(uint32_t);

uint64_t perfadapt_frame_begin(perfadapt *session) {
    if (perfadapt__is_inert(session))
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
    if (perfadapt__is_inert(session))
        return;
    const uint32_t best = session->quality_levels - 1;
    session->frame.quality = quality < best ? quality : best;
    if (!isnan(render_scale))
        session->frame.render_scale = render_scale < 0.25F ? 0.25F : render_scale > 1.0F ? 1.0F : render_scale;
}

void perfadapt_frame_end(perfadapt *session) {
    if (perfadapt__is_inert(session) || !session->frame.running)
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
    if (perfadapt__is_inert(session) || frame == 0 || gpu_ns < 0 || gpu_ns > PERFADAPT__FRAME_MOST_NS)
        return;
    /* It belongs to a frame that has ended: the end of the newest is time enough, and saves reading the clock. */
    const int64_t now_ns = atomic_load_explicit(&session->stepper.last_end_ns, memory_order_relaxed);
    const struct perfadapt__frame_input input = {
        .kind = PERFADAPT__FRAME_GPU, .frame = frame, .now_ns = now_ns, .gpu_ns = gpu_ns};
    perfadapt__stepper_submit(&session->stepper, &input);
}

void perfadapt_wait_next_frame(perfadapt *session) {
    if (perfadapt__is_inert(session))
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
    /*
     * A late wake-up is made good, so that the mean rate is exact; a late frame is not, or the next would start early.
     */
    session->frame.due_ns = now_ns - due_ns < catch_up_ns ? due_ns : now_ns;
}

/* --- What the app tells --- */

static void submit_now(perfadapt *session, uint32_t kind, uint32_t event, int64_t value) {
    const struct perfadapt__frame_input input = {
        .kind = kind, .now_ns = perfadapt__now_ns(), .value = value, .event = event};
    perfadapt__stepper_submit(&session->stepper, &input);
}

void perfadapt_report(perfadapt *session, enum perfadapt_event event, int64_t value) {
    if (perfadapt__is_inert(session))
        return;
    if (event == PERFADAPT_EVENT_DEVICE_LOST || event == PERFADAPT_EVENT_OUT_OF_MEMORY ||
        event == PERFADAPT_EVENT_GPU_OUT_OF_MEMORY)
        atomic_store_explicit(&session->incident, event, memory_order_relaxed);
    submit_now(session, PERFADAPT__FRAME_EVENT, event, value);
}

void perfadapt_hold(perfadapt *session) {
    if (!perfadapt__is_inert(session))
        submit_now(session, PERFADAPT__FRAME_HOLD, 0, 1);
}

void perfadapt_release(perfadapt *session) {
    if (!perfadapt__is_inert(session))
        submit_now(session, PERFADAPT__FRAME_HOLD, 0, 0);
}

void perfadapt_set_gpu_memory(perfadapt *session, uint64_t used, uint64_t budget) {
    if (perfadapt__is_inert(session))
        return;
    atomic_store_explicit(&session->gpu_memory_used, used, memory_order_relaxed);
    atomic_store_explicit(&session->gpu_memory_budget, budget, memory_order_relaxed);
}

void perfadapt_get_budget(const perfadapt *session, struct perfadapt_budget *out) {
    if (perfadapt__is_inert(session) || !out)
        return;
    struct perfadapt_budget budget;
    if (!perfadapt__region_get_budget(session->stepper.region, &budget))
        return;
    if (out->size == sizeof budget) /* of this very version: a copy of known length takes no call */
        memcpy(out, &budget, sizeof budget);
    else
        (void)perfadapt__abi_out(&budget, out, sizeof budget, budget_smallest);
}
