/* What this process does with the GPUs: fdinfo of its own descriptors. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_FDINFO_H
#define PERFADAPT_PROVIDERS_FDINFO_H

#include "providers/provider.h"

/* Time between two searches of all descriptors, one of which took `cost_ns` of processor time: at most 1/500 of it. */
int64_t perfadapt__fdinfo_search_pause_ns(int64_t cost_ns);

extern const struct perfadapt__provider_class perfadapt__fdinfo_provider;

#endif
