/* The files that are written: looked at before anything is started. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_RECORD_FILE_H
#define PERFADAPT_TOOLS_RECORD_FILE_H

#include <stdbool.h>

/*
 * Opens or makes one, and leaves what is in it. -1 after saying on standard error why it cannot be written. Never waits,
 * as opening a pipe would, and opens no device.
 */
int record_file_open(const char *path, bool *out_made);

/* Empties it, for this user's eyes only. False with errno. */
bool record_file_begin(int fd);

/* Its size; 0 where that cannot be told. */
unsigned long long record_file_bytes(int fd);

#endif
