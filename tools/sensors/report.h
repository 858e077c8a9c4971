/* A snapshot as text for people, 80 columns wide. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SENSORS_REPORT_H
#define PERFADAPT_TOOLS_SENSORS_REPORT_H

#include <perfadapt/snapshot.h>
#include <stdbool.h>
#include <stdio.h>

struct sensors_report_style {
    bool all;  /* everything, however long */
    bool utf8; /* the reader shows more than ASCII */
};

void sensors_report_print(const struct perfadapt_snapshot *snapshot, const struct sensors_report_style *style,
                          FILE *stream);

#endif
