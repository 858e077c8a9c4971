/* Which of the sensors is the CPU's, the GPU's, the skin's, and which of them steer. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_SAMPLER_ROLES_H
#define PERFADAPT_SAMPLER_ROLES_H

#include "sampler/overrides.h"

#include <perfadapt/snapshot.h>

/*
 * Sets role and steers of every sensor, once all are discovered; allocates nothing and may be called again. Of several
 * sensors of one thing one gets the role. It steers where it has a limit, or may have one that is not asked for yet
 * because the device sleeps (state INIT). A role that the user chose for a sensor goes before all others. `overrides` may be
 * NULL.
 */
void perfadapt__roles_assign(struct perfadapt_snapshot *snapshot, const struct perfadapt__overrides *overrides);

#endif
