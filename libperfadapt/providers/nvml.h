/* Temperatures, load, power and throttling of NVIDIA's GPUs, through the driver's own library. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_NVML_H
#define PERFADAPT_PROVIDERS_NVML_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__nvml_provider;

#endif
