/* What was found, as JSON. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_REPORT_H
#define PERFADAPT_PROBE_REPORT_H

#include "probe/devices.h"

#include <stdio.h>

#define PROBE_REPORT_WARNINGS_MAX 4

struct probe_report {
    const struct probe_gathered *gathered;
    const struct probe_devices *devices;
    const struct perfadapt_system *system;
    const char *sensors;                             /* their JSON; NULL = none */
    const char *sensors_error;                       /* why there is none; NULL or "" = nothing is wrong */
    const char *warnings[PROBE_REPORT_WARNINGS_MAX]; /* NULL and "" are passed over */
};

/* One object on one line, "perfadapt.probe/1". False where it could not be written; errno says why. */
bool probe_report_print(const struct probe_report *report, FILE *file);

#endif
