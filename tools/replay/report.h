/* What a replay found, for people. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_REPORT_H
#define PERFADAPT_TOOLS_REPLAY_REPORT_H

#include "replay/run.h"

void replay_report_source(const struct replay_run *run);
/* `time_ns` since the log's first row. */
void replay_report_change(const struct replay_run *run, int64_t time_ns);
void replay_report_summary(const struct replay_run *run);

#endif
