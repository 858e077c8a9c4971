/* SPDX-License-Identifier: MIT */
#include "providers/line_reader.h"

#include <string.h>
#include <unistd.h>

void perfadapt__line_reader_init(struct perfadapt__line_reader *reader, int fd) {
    reader->fd = fd;
    reader->start = reader->end = 0;
    reader->overlong = false;
}

static bool refill(struct perfadapt__line_reader *reader) {
    memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
    reader->end -= reader->start;
    reader->start = 0;
    if (reader->end == sizeof reader->buffer - 1) {
        reader->end = 0;
        reader->overlong = true;
    }
    const ssize_t length = read(reader->fd, reader->buffer + reader->end, sizeof reader->buffer - 1 - reader->end);
    if (length <= 0)
        return false;
    reader->end += (size_t)length;
    return true;
}

char *perfadapt__line_reader_next(struct perfadapt__line_reader *reader) {
    for (;;) {
        char *line = reader->buffer + reader->start;
        char *newline = memchr(line, '\n', reader->end - reader->start);
        if (newline) {
            *newline = '\0';
            reader->start = (size_t)(newline + 1 - reader->buffer);
            if (!reader->overlong)
                return line;
            reader->overlong = false;
        } else if (!refill(reader)) {
            const bool last = reader->end > reader->start && !reader->overlong;
            reader->buffer[reader->end] = '\0';
            line = reader->buffer + reader->start;
            reader->start = reader->end;
            return last ? line : NULL;
        }
    }
}
