/* The own cgroup's memory limit and use, of version 2 and 1. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CGROUP_H
#define PERFADAPT_PROVIDERS_CGROUP_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__cgroup_provider;

#endif
