/* Reads a file whole, of a bounded size. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_FILE_H
#define PERFADAPT_TOOLS_PROFILE_FILE_H

#include <stddef.h>

/* The largest report seen is a quarter of a megabyte; parsed, JSON takes up to thirty times its size. */
#define PROFILE_FILE_BYTES_MAX ((size_t)16 << 20)
#define PROFILE_REASON_BYTES 320

/*
 * The text with a NUL behind it, to be freed; NULL, and why, where it cannot be read. "-" is standard input, read as
 * long as it lasts. A pipe with a name is given up after ten seconds without a byte.
 */
char *profile_file_read(const char *path, size_t *out_length, char out_reason[PROFILE_REASON_BYTES]);

#endif
