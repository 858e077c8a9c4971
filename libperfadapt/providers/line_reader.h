/* Lines of a file of any length, without allocation. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_LINE_READER_H
#define PERFADAPT_PROVIDERS_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct perfadapt__line_reader {
    int fd;
    size_t start;
    size_t end;
    bool overlong;
    char buffer[8192];
};

void perfadapt__line_reader_init(struct perfadapt__line_reader *reader, int fd);

/* The next line, without its newline, until the next call; NULL at the end. A line that does not fit (overlay mounts list
 * all their layers) is left out. */
char *perfadapt__line_reader_next(struct perfadapt__line_reader *reader);

#endif
