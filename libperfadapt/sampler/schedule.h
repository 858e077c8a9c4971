/* When each provider is read next. Pure. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_SAMPLER_SCHEDULE_H
#define PERFADAPT_SAMPLER_SCHEDULE_H

#include "providers/provider.h"
#include "sampler/sampler.h"

/* Time between two reads of a provider under this activity. */
int64_t perfadapt__schedule_period_ns(const struct perfadapt__provider_class *type,
                                      const struct perfadapt__activity *activity);

/* When a provider that was read at `read_ns` and took `cost_ns` is due again. */
int64_t perfadapt__schedule_due_ns(const struct perfadapt__provider_class *type,
                                   const struct perfadapt__activity *activity, int64_t read_ns, int64_t cost_ns);

/* Joins what two subscribers say: any that wants it fast, and the work of both. */
struct perfadapt__activity perfadapt__schedule_join(struct perfadapt__activity a, struct perfadapt__activity b);

/* Nobody renders, nothing is known. */
struct perfadapt__activity perfadapt__schedule_rest(void);

#endif
