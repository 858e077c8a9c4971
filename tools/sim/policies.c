/* SPDX-License-Identifier: MIT */
#include "sim/policies.h"

#include <string.h>

#include "sim/clairvoyant.h"
#include "sim/classic.h"
#include "sim/combined.h"
#include "sim/filament.h"
#include "sim/ours.h"
#include "sim/reference.h"
#include "sim/unity.h"

/* The project's own comes first, then what it is compared with. */
const struct sim_policy *const sim_policies[] = {
    &sim_ours,     &sim_reference, &sim_ipa_frame, &sim_step_wise_frame, &sim_ipa, &sim_step_wise, &sim_bang_bang,
    &sim_filament, &sim_unity,     &sim_none,      &sim_clairvoyant,
};

const size_t sim_policy_count = sizeof sim_policies / sizeof sim_policies[0];
_Static_assert(sizeof sim_policies / sizeof sim_policies[0] <= SIM_POLICIES_MAX, "raise SIM_POLICIES_MAX");

const struct sim_policy *sim_policy_find(const char *name) {
    for (size_t i = 0; i < sim_policy_count; i++)
        if (strcmp(sim_policies[i]->name, name) == 0)
            return sim_policies[i];
    return NULL;
}

const struct sim_policy *sim_policy_judged(const struct sim_policy *const *policies, size_t count) {
    static const char *const names[] = {"perfadapt", "reference"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (size_t i = 0; i < count; i++)
            if (strcmp(policies[i]->name, names[n]) == 0)
                return policies[i];
    return NULL;
}
