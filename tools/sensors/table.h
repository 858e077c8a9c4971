/* The sensors of a snapshot as a table, those that steer first. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SENSORS_TABLE_H
#define PERFADAPT_TOOLS_SENSORS_TABLE_H

#include "sensors/report.h"

void sensors_table_print(const struct perfadapt_snapshot *snapshot, const struct sensors_report_style *style,
                         FILE *stream);

#endif
