/* The GPUs, the drivers and the machine around them, as JSON. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_REPORT_DEVICES_H
#define PERFADAPT_PROBE_REPORT_DEVICES_H

#include "probe/devices.h"

#include <jansson.h>

json_t *probe_devices_json(const struct probe_gathered *gathered, const struct probe_devices *devices);
json_t *probe_icds_json(const struct probe_gathered *gathered);
json_t *probe_system_json(const struct perfadapt_system *system);

#endif
