/* Devices that the kernel slows down to cool something: /sys/class/thermal/cooling_device*. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_COOLING_H
#define PERFADAPT_PROVIDERS_COOLING_H

#include "providers/provider.h"

/* Whom a cooling device of that type slows down; false where it slows nothing (fans, backlights, radios). */
bool perfadapt__cooling_subject(const char *type, enum perfadapt_sensor_role *out_subject);

extern const struct perfadapt__provider_class perfadapt__cooling_provider;

#endif
