/*
 * The other side: finds sockets, fetches regions, reads them without trusting a word. SPDX-License-Identifier: MIT
 *
 * A region comes from another process and may be of another version, truncated, torn, or rewritten while it is read:
 * every length and index is checked, every text made printable, every number that is shown made finite or unknown.
 */
#ifndef PERFADAPT_PUBLISH_READER_H
#define PERFADAPT_PUBLISH_READER_H

#include <perfadapt/monitor.h>
#include <stdbool.h>

struct perfadapt__reader; /* all sessions of one runtime directory */

enum perfadapt_result perfadapt__reader_create(const char *runtime_dir, const struct perfadapt_log *log,
                                               struct perfadapt__reader **out_reader);

/*
 * For a session that looks at the others: knows interactive ones alone, a few, by their newest frames and their budget;
 * never one whose socket is called `own` ("" = none). The runtime directory is the one that the environment names now.
 */
enum perfadapt_result perfadapt__reader_create_brief(const char *own, struct perfadapt__reader **out_reader);

void perfadapt__reader_destroy(struct perfadapt__reader **reader);

/* As perfadapt_monitor_refresh(). */
enum perfadapt_result perfadapt__reader_refresh(struct perfadapt__reader *reader);

/*
 * Reads what is known, without waiting for anybody; with `search` looks for sessions that came and went before. Who came
 * is known some looks later, when it has answered.
 */
void perfadapt__reader_glance(struct perfadapt__reader *reader, bool search);

size_t perfadapt__reader_count(const struct perfadapt__reader *reader);
/* The session as of the last refresh; NULL beyond the count. */
const struct perfadapt_app *perfadapt__reader_app(const struct perfadapt__reader *reader, size_t index);
size_t perfadapt__reader_frames(const struct perfadapt__reader *reader, size_t index, size_t capacity,
                                struct perfadapt_frame *out_frames);
size_t perfadapt__reader_decisions(const struct perfadapt__reader *reader, size_t index, size_t capacity,
                                   struct perfadapt_decision *out_decisions);
bool perfadapt__reader_snapshot(const struct perfadapt__reader *reader, size_t index, struct perfadapt_snapshot *out);

#endif
