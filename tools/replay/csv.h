/*
 * CSV files by the names of their columns: ours, PresentMon's of both schemas, nvidia-smi's, sbc-bench's.
 * SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TOOLS_REPLAY_CSV_H
#define PERFADAPT_TOOLS_REPLAY_CSV_H

#include "replay/columns.h"

extern const struct replay_name replay_csv_names[];
extern const size_t replay_csv_name_count;

/* What wrote a file with this header, for the report; "CSV" where nothing tells. */
const char *replay_csv_writer(const struct replay_columns *columns);

/* A frame of this PresentMon type is not the app's own. */
bool replay_csv_is_made_up(const char *frame_type);

/* A program that shows others' frames at the display's own pace: its rows are seldom those that are meant. */
bool replay_csv_is_compositor(const char *application);

#endif
