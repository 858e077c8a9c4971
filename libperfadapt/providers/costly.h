/*
 * How often something may be read whose cost grows with the host. SPDX-License-Identifier: MIT
 *
 * Its cost is processor time of the reading thread: time spent waiting holds nothing that the host may want.
 */
#ifndef PERFADAPT_PROVIDERS_COSTLY_H
#define PERFADAPT_PROVIDERS_COSTLY_H

#include <stdbool.h>
#include <stdint.h>

struct perfadapt__costly_rule {
    int64_t period_ns;
    int64_t slow_above_ns; /* dearer than this: at slow_period_ns */
    int64_t slow_period_ns;
    int64_t never_above_ns; /* dearer than this: never again */
};

struct perfadapt__costly {
    const struct perfadapt__costly_rule *rule;
    int64_t due_ns;
    bool never;
};

/* True where it may be read now. One that is expected to cost too much (0 = nothing is known) is never read again. */
bool perfadapt__costly_is_due(struct perfadapt__costly *costly, int64_t expected_ns, int64_t now_ns);

/* It was read, and that took `cost_ns`. */
void perfadapt__costly_took(struct perfadapt__costly *costly, int64_t cost_ns, int64_t now_ns);

#endif
