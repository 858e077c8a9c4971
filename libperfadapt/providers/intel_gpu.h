/* Intel graphics under i915 and xe: power, clock, and why they run slower than they could. Their use is in no file.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_INTEL_GPU_H
#define PERFADAPT_PROVIDERS_INTEL_GPU_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__intel_gpu_provider;

#endif
