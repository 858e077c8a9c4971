/* Lines from a descriptor, of any length and content, in a fixed buffer. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DRIVE_INPUT_H
#define PERFADAPT_TOOLS_DRIVE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Several times what any good line needs. */
#define DRIVE_LINE_MAX 4095

struct drive_input {
    int fd;
    bool ended;
    bool stopped;       /* in a line beyond `longest` */
    size_t longest;     /* a line beyond it is not read to its end; 0 = every line is */
    size_t start, used; /* of the buffer: what is read and not yet handed out */
    char buffer[16 * (DRIVE_LINE_MAX + 1)];
};

enum drive_input_result {
    DRIVE_INPUT_LINE = 0,
    DRIVE_INPUT_TOO_LONG = 1, /* a line beyond DRIVE_LINE_MAX has been skipped */
    DRIVE_INPUT_END = 2,
    DRIVE_INPUT_FAILED = 3, /* errno tells why */
    DRIVE_INPUT_ENDLESS = 4 /* a line beyond `longest`: nothing is read any more */
};

/* As read(), but waits where a pipe's other end has made it non-blocking, and goes on after a signal. */
ssize_t drive_input_read(int fd, char *out_bytes, size_t capacity);

void drive_input_init(struct drive_input *input, int fd);

/*
 * The next line: its text without the newline but with a NUL behind it, inside the buffer; valid until the next call,
 * free to be written to. It may hold further NULs. A last line needs no newline. Never reads while a line is there.
 */
enum drive_input_result drive_input_next(struct drive_input *input, char **out_line, size_t *out_length);

#endif
