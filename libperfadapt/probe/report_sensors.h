/* What libsensors said, as JSON. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_REPORT_SENSORS_H
#define PERFADAPT_PROBE_REPORT_SENSORS_H

#include "probe/sensors.h"

#include <jansson.h>

json_t *probe_sensors_json(const struct probe_sensors *sensors);

#endif
