/*
 * The one call on the render thread that sleeps. A file of its own, for a thread may be cancelled while it is paced: it
 * is compiled with the tables that unwinding takes. SPDX-License-Identifier: MIT
 */
#include "core/sleep.h"
#include "session.h"

static const int64_t catch_up_ns = 1 * PERFADAPT__NS_PER_MS;

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
