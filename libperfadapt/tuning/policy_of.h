/*
 * From what files, the app and the command line have said to the policy that the controller runs by.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TUNING_POLICY_OF_H
#define PERFADAPT_TUNING_POLICY_OF_H

#include "config/settings.h"
#include "control/policy.h"

#include <stdbool.h>

/* What the app asks for, of struct perfadapt_options, or of the command line. */
struct perfadapt__wishes {
    uint32_t role;
    uint32_t outputs;        /* mask of enum perfadapt_output */
    uint32_t quality_levels; /* 0 = 1 */
    const double *cost;      /* relative, best first; NULL = 0.86 per step */
    double target_ns;        /* NAN = not asked: the preset's, or the role's; 0 = none */
    double fastest_ns;       /* the target is never shorter; NAN = no such bound */
    uint32_t worker_threads; /* that the machine has to spare: a preset's are no more; 0 = unknown, 4 */
};

/*
 * preset < wishes < settings. False where they contradict each other; out_reason says how (PERFADAPT__SCHEMA_REASON_MAX
 * bytes). A library that must go on anyway passes lenient = true: a contradiction is then resolved on the safe side, the
 * result is always true, and out_reason is written where two settings cross.
 */
bool perfadapt__policy_of(const struct perfadapt__settings *preset, const struct perfadapt__wishes *wishes,
                          const struct perfadapt__settings *settings, bool lenient,
                          struct perfadapt__policy *out_policy, char *out_reason);

#endif
