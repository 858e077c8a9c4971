/* Which of the sensors is the CPU's, the GPU's, the skin's, and which of them steer. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_SAMPLER_ROLES_H
#define PERFADAPT_SAMPLER_ROLES_H

#include "sampler/overrides.h"

#include <perfadapt/snapshot.h>
#include <stdbool.h>

/* What roles are given out by, beside names: where it changes they are to be given out anew. A bit for each sensor. */
struct perfadapt__roles_basis {
    uint32_t sensor_count;
    uint64_t may_have_limit;
    uint64_t out; /* as good as not there */
};

struct perfadapt__roles_basis perfadapt__roles_basis(const struct perfadapt_snapshot *snapshot);
bool perfadapt__roles_basis_same(const struct perfadapt__roles_basis *one, const struct perfadapt__roles_basis *other);

/*
 * Sets role and steers of every sensor, once all are discovered; allocates nothing and may be called again. Of several
 * sensors of one thing one gets the role. It steers where it has a limit, or may have one that is not asked for yet
 * because the device sleeps (state INIT). A role that the user chose for a sensor goes before all others. `overrides` may be
 * NULL.
 */
void perfadapt__roles_assign(struct perfadapt_snapshot *snapshot, const struct perfadapt__overrides *overrides);

#endif
