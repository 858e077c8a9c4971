/* SPDX-License-Identifier: MIT */
#include "profile/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int patience_ms = 10000;
#define FIRST_BYTES ((size_t)256 << 10)

static bool fail(char reason[PROFILE_REASON_BYTES], const char *text) {
    snprintf(reason, PROFILE_REASON_BYTES, "%s", text);
    return false;
}

/* Devices are refused: /dev/zero never ends, a terminal waits for its user. */
static bool is_readable(int fd, char reason[PROFILE_REASON_BYTES]) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fail(reason, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return fail(reason, strerror(EISDIR));
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode))
        return fail(reason, "neither a file nor a pipe");
    return true;
}

/* As read(2), but for pipes that were opened by name: a writer has `patience_ms` for its next byte. */
static ssize_t read_some(int fd, char *at, size_t capacity) {
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    for (;;) {
        const ssize_t count = read(fd, at, capacity);
        if (count >= 0 || (errno != EINTR && errno != EAGAIN))
            return count;
        if (errno == EAGAIN && poll(&waiting, 1, patience_ms) == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

/* One byte more than is allowed is enough to know. */
static char *read_all(int fd, size_t *out_length, char reason[PROFILE_REASON_BYTES]) {
    size_t capacity = FIRST_BYTES;
    size_t length = 0;
    char *text = malloc(capacity + 1);
    while (text) {
        const ssize_t count = read_some(fd, text + length, capacity - length);
        if (count < 0 || length + (size_t)count > PROFILE_FILE_BYTES_MAX) {
            fail(reason, count < 0 ? strerror(errno) : "larger than 16 MiB, which no report is");
            free(text);
            return NULL;
        }
        length += (size_t)count;
        if (count == 0) {
            text[length] = '\0';
            *out_length = length;
            return text;
        }
        if (length < capacity)
            continue;
        capacity *= 2;
        char *more = realloc(text, capacity + 1);
        if (!more)
            free(text);
        text = more;
    }
    fail(reason, strerror(ENOMEM));
    return NULL;
}

char *profile_file_read(const char *path, size_t *out_length, char out_reason[PROFILE_REASON_BYTES]) {
    const bool is_input = strcmp(path, "-") == 0;
    /* O_NONBLOCK: a pipe without a writer would hold open() for ever. */
    const int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        fail(out_reason, strerror(errno));
        return NULL;
    }
    char *text = is_readable(fd, out_reason) ? read_all(fd, out_length, out_reason) : NULL;
    if (!is_input)
        close(fd);
    return text;
}
