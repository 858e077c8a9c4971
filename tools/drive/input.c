/* SPDX-License-Identifier: MIT */
#include "drive/input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void drive_input_init(struct drive_input *input, int fd) {
    input->fd = fd;
    input->ended = false;
    input->stopped = false;
    input->longest = 0;
    input->start = 0;
    input->used = 0;
}

ssize_t drive_input_read(int fd, char *out_bytes, size_t capacity) {
    for (;;) {
        const ssize_t count = read(fd, out_bytes, capacity);
        if (count >= 0 || (errno != EINTR && errno != EAGAIN))
            return count;
        if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
    }
}

/* Reads more behind what is there; one byte stays free, for a NUL behind a last line without a newline. */
static bool fill(struct drive_input *input) {
    const size_t capacity = sizeof input->buffer - 1;
    if (input->start > 0) {
        memmove(input->buffer, input->buffer + input->start, input->used - input->start);
        input->used -= input->start;
        input->start = 0;
    }
    const ssize_t count = drive_input_read(input->fd, input->buffer + input->used, capacity - input->used);
    if (count < 0)
        return false;
    input->ended = count == 0;
    input->used += (size_t)count;
    return true;
}

/* Hands out `length` bytes, of which the newline (or the end) is not part. */
static enum drive_input_result hand_out(struct drive_input *input, size_t length, char **out_line, size_t *out_length) {
    char *line = input->buffer + input->start;
    const bool newline = input->start + length < input->used;
    line[length] = '\0';
    input->start += length + newline;
    *out_line = line;
    *out_length = length;
    return length > DRIVE_LINE_MAX ? DRIVE_INPUT_TOO_LONG : DRIVE_INPUT_LINE;
}

enum drive_input_result drive_input_next(struct drive_input *input, char **out_line, size_t *out_length) {
    bool skipping = false;
    size_t searched = 0;
    size_t skipped = 0;
    while (!input->stopped) {
        const size_t there = input->used - input->start;
        const char *from = input->buffer + input->start;
        const char *newline = memchr(from + searched, '\n', there - searched);
        if (newline || (input->ended && (there > 0 || skipping))) {
            const enum drive_input_result result =
                hand_out(input, newline ? (size_t)(newline - from) : there, out_line, out_length);
            return skipping ? DRIVE_INPUT_TOO_LONG : result;
        }
        if (input->ended)
            return DRIVE_INPUT_END;
        searched = there;
        if (there > DRIVE_LINE_MAX) { /* only that there is a line, and where it ends, still matters */
            skipped += there;
            input->stopped = input->longest && skipped > input->longest;
            skipping = true;
            searched = 0;
            input->start = input->used;
        }
        if (!input->stopped && !fill(input))
            return DRIVE_INPUT_FAILED;
    }
    return DRIVE_INPUT_ENDLESS;
}
