/* Pressure stall information of the machine and of the own cgroup. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_PSI_H
#define PERFADAPT_PROVIDERS_PSI_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__psi_provider;

#endif
