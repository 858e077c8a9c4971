/* What this process does with the GPUs: fdinfo of its own descriptors. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_FDINFO_H
#define PERFADAPT_PROVIDERS_FDINFO_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__fdinfo_provider;

#endif
