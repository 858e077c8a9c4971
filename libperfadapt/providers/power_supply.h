/* Where power comes from, how much, and the platform profile. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_POWER_SUPPLY_H
#define PERFADAPT_PROVIDERS_POWER_SUPPLY_H

#include "providers/provider.h"

/* Until the supplies are read again, after a look at them took so long. */
int64_t perfadapt__power_supply_pause_ns(int64_t cost_ns);

extern const struct perfadapt__provider_class perfadapt__power_supply_provider;

#endif
