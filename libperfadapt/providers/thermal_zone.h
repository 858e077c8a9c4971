/* Temperatures of the kernel's thermal zones: /sys/class/thermal. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_THERMAL_ZONE_H
#define PERFADAPT_PROVIDERS_THERMAL_ZONE_H

#include "providers/provider.h"

/* Every zone's sensor has an id that starts so: "zone/x86_pkg_temp". */
#define PERFADAPT__THERMAL_ZONE_ID "zone/"

extern const struct perfadapt__provider_class perfadapt__thermal_zone_provider;

#endif
