/* From settings to the controller's policy: defaults, and what contradicts itself. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DRIVE_POLICY_H
#define PERFADAPT_TOOLS_DRIVE_POLICY_H

#include "drive/settings.h"

/* False where two settings contradict each other. */
bool drive_policy_make(const struct drive_settings *settings, struct perfadapt__policy *out_policy,
                       char out_reason[DRIVE_REASON_MAX]);

#endif
