/* Temperatures of the hardware monitoring chips: /sys/class/hwmon. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_HWMON_H
#define PERFADAPT_PROVIDERS_HWMON_H

#include "providers/provider.h"

extern const struct perfadapt__provider_class perfadapt__hwmon_provider;

#endif
