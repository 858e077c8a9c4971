/* A recording of what was seen: a file of moments. SPDX-License-Identifier: MIT
 *
 * A header, then records: length, checksum, time and bytes of a moment, as a tape has them. What is cut off or damaged
 * is missing, up to the next key moment, and is told. A recording of one session is made into such moments. */
#ifndef TUI_TAPE_FILE_H
#define TUI_TAPE_FILE_H

#include "tape.h"

/* No recording is longer than three days; what comes after is not shown. */
#define TAPE_FILE_MOMENTS_MAX (3 * 24 * 3600)

/* Opens a recording as a tape. False where it has no moment to show; out_note then says why. What is missing from one
 * that can be shown is in out_note as well, else that is "". */
bool tape_file_open(const char *path, struct tape *out, char out_note[TAPE_NOTE_MAX]);

#endif
