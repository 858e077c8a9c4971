/* SPDX-License-Identifier: MIT */
#include "control/yield.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* Not those that are its own affair: what its user pinned, what it reported, a sensor that it lost, its dwell time. */
static const uint64_t need = PERFADAPT_REASON_FRAME_LATE | PERFADAPT_REASON_FRAME_COST | PERFADAPT_REASON_THERMAL |
                             PERFADAPT_REASON_MEMORY | PERFADAPT_REASON_POWER;

static const int64_t hold_least_ns = 2 * SECOND;
static const int64_t hold_most_ns = 60 * SECOND;
static const int64_t climb_ns = 15 * SECOND;
static const int64_t soon_ns = 300 * SECOND; /* a chassis takes minutes to heat */
static const double share_left = 0.05;       /* of the time, where there is no target */
static const double pace_step = 1.5;         /* a pace that follows every frame would be told with every tick */
static const double pace_least_ns = 1e6, pace_most_ns = 1e10;

void perfadapt__yield_init(struct perfadapt__yield *yield) {
    memset(yield, 0, sizeof *yield);
}

bool perfadapt__yield_applies(const struct perfadapt__policy *policy) {
    return policy->yields && policy->role != PERFADAPT_ROLE_INTERACTIVE && policy->mode == PERFADAPT__MODE_AUTO;
}

static void begin(struct perfadapt__yield *yield, int64_t now_ns) {
    const bool soon = yield->lifted_ns && now_ns - yield->lifted_ns < soon_ns;
    const int64_t longer_ns = 2 * yield->hold_ns < hold_most_ns ? 2 * yield->hold_ns : hold_most_ns;
    yield->hold_ns = soon ? longer_ns : hold_least_ns;
    yield->yielding = true;
}

/* One that is on its way back up still uses what it was given: it is waited for, but not for ever. */
static bool is_over(const struct perfadapt__yield *yield, uint64_t peer_reasons, int64_t now_ns) {
    const bool climbs = peer_reasons & PERFADAPT_REASON_SETTLING;
    const int64_t wait_ns = climbs && yield->hold_ns < climb_ns ? climb_ns : yield->hold_ns;
    return now_ns - yield->needed_ns >= wait_ns;
}

static void follow(struct perfadapt__yield *yield, uint64_t peer_reasons, int64_t now_ns) {
    if (peer_reasons & need) {
        if (!yield->yielding)
            begin(yield, now_ns);
        yield->needed_ns = now_ns;
        yield->peer_reasons = peer_reasons & need;
    } else if (yield->yielding && is_over(yield, peer_reasons, now_ns)) {
        yield->yielding = false;
        yield->lifted_ns = now_ns > 0 ? now_ns : 1;
        yield->pace_ns = 0;
    }
}

static void set_pace(struct perfadapt__yield *yield, const struct perfadapt__policy *policy,
                     const struct perfadapt__rung *lowest, const struct perfadapt__frame_statistics *frames,
                     const struct perfadapt__load *load) {
    if (lowest->frame_ns > 0 || !(policy->outputs & PERFADAPT_OUTPUT_FRAME_NS)) {
        yield->pace_ns = 0; /* the policy may have been another when it was set */
        return;
    }
    if (!load->known)
        return;
    const double wanted_ns = load->middle_ns * perfadapt__cost_of_rung(&frames->cost, policy, lowest) / share_left;
    const double pace_ns = (double)yield->pace_ns;
    if (wanted_ns <= pace_ns * pace_step && wanted_ns * pace_step >= pace_ns)
        return;
    yield->pace_ns = (int64_t)(wanted_ns > pace_most_ns    ? pace_most_ns
                               : wanted_ns > pace_least_ns ? wanted_ns
                                                           : pace_least_ns);
}

void perfadapt__yield_step(struct perfadapt__yield *yield, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                           const struct perfadapt__frame_statistics *frames, const struct perfadapt__load *load,
                           struct perfadapt__caps *caps) {
    caps->yield.value = caps->yield.limit = caps->yield.forecast = (double)NAN;
    caps->yield.signal = PERFADAPT_SIGNAL_SESSION;
    if (perfadapt__yield_applies(policy))
        follow(yield, reading->peer_reasons, reading->now_ns);
    else
        perfadapt__yield_init(yield);
    if (!yield->yielding)
        return;
    set_pace(yield, policy, &ladder->rungs[ladder->count - 1], frames, load);
    caps->yield_rung = ladder->count - 1;
    caps->pace_ns = yield->pace_ns > caps->pace_ns ? yield->pace_ns : caps->pace_ns;
    caps->frames_in_flight = 1;
    caps->worker_threads = 1;
    caps->reasons |= PERFADAPT_REASON_YIELD;
    caps->yield.value = (double)yield->peer_reasons;
}
