/*
 * Keeps the record of a session when something has gone wrong: throttled, device lost, out of memory.
 * SPDX-License-Identifier: MIT
 *
 * None are where the configuration has record.incidents = no.
 * A file of at most 256 KiB in <state directory>/incidents, four per app name, the oldest replaced; one in ten minutes of a session.
 * The memory that is written from is mapped a second time, so that a session may be closed meanwhile.
 */
#ifndef PERFADAPT_RECORD_INCIDENT_H
#define PERFADAPT_RECORD_INCIDENT_H

#include "record/dump.h"

#include <perfadapt/perfadapt.h>
#include <stdbool.h>

struct perfadapt__incidents;

/* On the thread that opens the session, for its environment. NULL where nothing can be kept: no home, no memory. */
struct perfadapt__incidents *perfadapt__incidents_create(const struct perfadapt__record_origin *origin);

/* The sampler thread, before others: whether any are wanted. They are until it says no. */
void perfadapt__incidents_allow(struct perfadapt__incidents *incidents, bool allowed);

/*
 * The sampler thread: something happened, in a word ("throttled"). The record lies at `offset` of `fd`. Does nothing
 * where the last time is not long ago.
 */
void perfadapt__incidents_note(struct perfadapt__incidents *incidents, const char *what, int fd, size_t offset,
                               int64_t now_ns);

/* Any thread, once, before the session goes: the same, for what nobody has noted yet. */
void perfadapt__incidents_leave(struct perfadapt__incidents *incidents, const char *what, int fd, size_t offset);

/* An errand of the sampler thread: writes what was noted. Never true: there is nothing to wait for. */
bool perfadapt__incidents_run(void *incidents, int64_t now_ns, bool orphaned);
void perfadapt__incidents_finish(void *incidents);

/* The sampler thread, while the session is there: tells where the file is, once. */
void perfadapt__incidents_tell(struct perfadapt__incidents *incidents, const struct perfadapt_log *log);

#endif
