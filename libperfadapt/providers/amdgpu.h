/* AMD graphics: use, power, clock, memory, and why they run slower than they could. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_AMDGPU_H
#define PERFADAPT_PROVIDERS_AMDGPU_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__amdgpu_provider;

/* The highest of the levels of a pp_dpm_sclk text in MHz ("1: 1100Mhz *"); 0 where it has none. */
uint32_t perfadapt__amdgpu_highest_level(const char *text);

#endif
