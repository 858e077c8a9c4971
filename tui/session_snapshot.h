/* What a session's recording has of the machine, as a snapshot. SPDX-License-Identifier: MIT */
#ifndef TUI_SESSION_SNAPSHOT_H
#define TUI_SESSION_SNAPSHOT_H

#include <perfadapt/snapshot.h>

struct perfadapt__reading;

/* Fills the next snapshot after the one that is there (generation 0 = none) from the numbers that a tick consumed. They
 * are all that was recorded: names of sensors and devices were not, and what no tick looks at is UNSUPPORTED. */
void session_snapshot_fill(struct perfadapt_snapshot *snapshot, const struct perfadapt__reading *reading);

#endif
