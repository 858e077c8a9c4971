/* The processors: load, clocks, and who slows them down. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CPU_H
#define PERFADAPT_PROVIDERS_CPU_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__cpu_provider;

#endif
