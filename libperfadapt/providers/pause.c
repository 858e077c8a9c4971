/* SPDX-License-Identifier: MIT */
#include "providers/pause.h"

#include "core/clock.h"

static const int64_t shortest_ns = PERFADAPT__NS_PER_S;
static const int64_t longest_ns = 30 * PERFADAPT__NS_PER_S;

/* A read that takes long keeps every other source waiting, and costs the device something: its share of the thread's time
 * is kept to a hundredth, as long as the value does not get too old to steer by. */
static const int64_t slow_cost_ns = 5 * PERFADAPT__NS_PER_MS;
static const int64_t slow_share = 100;
static const int64_t slow_most_ns = 5 * PERFADAPT__NS_PER_S;

int64_t perfadapt__pause_next(int64_t pause_ns) {
    if (pause_ns <= 0)
        return shortest_ns;
    return pause_ns > longest_ns / 2 ? longest_ns : pause_ns * 2;
}

int64_t perfadapt__pause_after(int64_t cost_ns) {
    if (cost_ns <= slow_cost_ns)
        return 0;
    return cost_ns < slow_most_ns / slow_share ? cost_ns * slow_share : slow_most_ns;
}
