/* SPDX-License-Identifier: MIT */
#include "providers/costly.h"

bool perfadapt__costly_is_due(struct perfadapt__costly *costly, int64_t expected_ns, int64_t now_ns) {
    if (costly->never || now_ns < costly->due_ns)
        return false;
    costly->never = expected_ns > costly->rule->never_above_ns;
    return !costly->never;
}

void perfadapt__costly_took(struct perfadapt__costly *costly, int64_t cost_ns, int64_t now_ns) {
    const struct perfadapt__costly_rule *rule = costly->rule;
    costly->never = cost_ns > rule->never_above_ns;
    costly->due_ns = now_ns + (cost_ns > rule->slow_above_ns ? rule->slow_period_ns : rule->period_ns);
}
