/* The machine's memory: /proc/meminfo. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_MEMINFO_H
#define PERFADAPT_PROVIDERS_MEMINFO_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__meminfo_provider;

#endif
