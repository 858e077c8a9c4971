/* A recording of one session, as perfadapt record and incidents leave it: read into a tape.
 * SPDX-License-Identifier: MIT
 *
 * The controller is stepped through it, and each second of it becomes a moment in memory. */
#ifndef TUI_SESSION_REPLAY_H
#define TUI_SESSION_REPLAY_H

#include "tape.h"

/* Of longer recordings the newest moments are kept. */
#define SESSION_REPLAY_SECONDS (INT64_C(4) * 3600)
#define SESSION_REPLAY_BYTES_MAX (16 << 20)

/* Of larger files the end is read: hours, as a session fills some kilobytes a second. */
#define SESSION_REPLAY_FILE_BYTES_MAX (INT64_C(32) << 20)

/* Whether a file that begins with these bytes is one, of whatever machine. */
bool session_replay_is_one(const char magic[8]);

/* Reads tape->fd, and closes it. The note is as of tape_file_open(). */
bool session_replay_read(struct tape *tape, int64_t size, char out_note[TAPE_NOTE_MAX]);

#endif
