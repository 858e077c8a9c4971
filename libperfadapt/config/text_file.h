/* A small text file, read whole; nobody knows who wrote it. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CONFIG_TEXT_FILE_H
#define PERFADAPT_CONFIG_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define PERFADAPT__TEXT_FILE_WHY 64

struct perfadapt__text_file {
    char *text; /* of free(); no NUL behind it. NULL: see `why` */
    size_t length;
    int error;                          /* errno of what failed; 0 also where the file is refused, or not there */
    char why[PERFADAPT__TEXT_FILE_WHY]; /* "not a regular file"; "" where it is not there */
};

/*
 * `fd` is of an open that did not block, or its -errno; it is closed. `trust`: only a file that is the user's own or
 * root's, and that not everyone may write to, for another must not speak for the user (think of sudo and HOME).
 */
struct perfadapt__text_file perfadapt__text_file_read(int fd, size_t bytes_max, bool trust);

#endif
