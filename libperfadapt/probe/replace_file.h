/* A file written anew: it is there whole, old or new, whatever happens meanwhile. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_REPLACE_FILE_H
#define PERFADAPT_PROBE_REPLACE_FILE_H

#include <stddef.h>

#define PROBE_REPLACE_SUFFIX_LETTERS 6 /* what is not finished is called "FILE.aB3dE6" */

/*
 * Makes the directories above it where there are none, for the user alone; the file is the user's alone, too, and on
 * the disk when this returns. 0, or -errno; what was there before is then still there.
 */
int probe_replace_file(const char *path, const char *text, size_t length);

/* Removes what a write that does not end has begun. For a signal handler. */
void probe_replace_file_abandon(void);

#endif
