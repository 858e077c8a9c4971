/* SPDX-License-Identifier: MIT */
#include "providers/pause.h"

#include "core/clock.h"

static const int64_t shortest_ns = PERFADAPT__NS_PER_S;
static const int64_t longest_ns = 30 * PERFADAPT__NS_PER_S;

int64_t perfadapt__pause_next(int64_t pause_ns) {
    if (pause_ns <= 0)
        return shortest_ns;
    return pause_ns > longest_ns / 2 ? longest_ns : pause_ns * 2;
}
