/* The own process's memory: /proc/self/{statm,status,smaps_rollup}, and malloc's own word. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_PROCESS_H
#define PERFADAPT_PROVIDERS_PROCESS_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__process_provider;

#endif
