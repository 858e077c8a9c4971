/* What a replay found, as JSON: one object a line, docs/json.md names the keys. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_DOCUMENT_H
#define PERFADAPT_TOOLS_REPLAY_DOCUMENT_H

#include "replay/recorded.h"
#include "replay/run.h"

void replay_document_source(const struct replay_run *run);
/* `time_ns` since the log's first row. */
void replay_document_change(const struct replay_run *run, int64_t time_ns);
void replay_document_summary(const struct replay_run *run);

/* Of a recording, likewise. */
void replay_document_recording(const struct replay_recorded *recorded);
void replay_document_decision(const struct replay_pass *pass, int64_t time_ns);
void replay_document_replayed(const struct replay_recorded *recorded);

#endif
