/* What was found, as JSON. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_REPORT_H
#define PERFADAPT_PROBE_REPORT_H

#include "probe/sensors.h"

/* One object on one line, "perfadapt.probe/1". False where it could not be written; errno says why. */
bool probe_report_print(const struct probe_sensors *sensors, FILE *file);

#endif
