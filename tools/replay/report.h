/* What a replay found, for people. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_REPORT_H
#define PERFADAPT_TOOLS_REPLAY_REPORT_H

#include "replay/recorded.h"
#include "replay/run.h"

void replay_report_source(const struct replay_run *run);
/* `time_ns` since the log's first row. */
void replay_report_change(const struct replay_run *run, int64_t time_ns);
void replay_report_summary(const struct replay_run *run);

/* Of a recording: what it is, each change with the evidence for it, what came of it. */
void replay_report_recording(const struct replay_recorded *recorded);
void replay_report_decision(const struct replay_pass *pass, int64_t time_ns);
void replay_report_replayed(const struct replay_recorded *recorded);

#endif
