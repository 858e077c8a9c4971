/* SPDX-License-Identifier: MIT */
#include "publish/peers.h"

#include "core/clock.h"

static const int64_t search_gap_ns = 1 * PERFADAPT__NS_PER_S;
static const int64_t ahead_most_ns = 1 * PERFADAPT__NS_PER_S; /* its clock is ours */

void perfadapt__peers_init(struct perfadapt__peers *peers, const char *own) {
    *peers = (struct perfadapt__peers){.reader = NULL};
    (void)perfadapt__reader_create_brief(own, &peers->reader);
}

void perfadapt__peers_finish(struct perfadapt__peers *peers) {
    perfadapt__reader_destroy(&peers->reader);
}

/* A session that is stopped, minimised or dead keeps the budget that it had. A frame of the future is a lie. */
static bool draws(const struct perfadapt__reader *reader, size_t index, int64_t now_ns) {
    struct perfadapt_frame newest;
    return perfadapt__reader_app(reader, index)->state == PERFADAPT_APP_RUNNING &&
           perfadapt__reader_frames(reader, index, 1, &newest) == 1 && newest.end_ns <= now_ns + ahead_most_ns;
}

uint32_t perfadapt__peers_look(struct perfadapt__peers *peers, int64_t now_ns) {
    if (!peers->reader)
        return 0;
    const bool search = !peers->searched_ns || now_ns - peers->searched_ns >= search_gap_ns;
    if (search)
        peers->searched_ns = now_ns;
    perfadapt__reader_glance(peers->reader, search);
    uint32_t reasons = 0;
    const size_t count = perfadapt__reader_count(peers->reader);
    for (size_t i = 0; i < count; i++)
        if (draws(peers->reader, i, now_ns))
            reasons |= perfadapt__reader_app(peers->reader, i)->budget.reasons;
    return reasons;
}
