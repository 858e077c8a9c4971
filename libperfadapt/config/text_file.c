/* SPDX-License-Identifier: MIT */
#include "config/text_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL, or what is wrong. */
static const char *refuse(const struct stat *status, bool trust) {
    if (!S_ISREG(status->st_mode))
        return "not a regular file";
    if (trust && status->st_uid != geteuid() && status->st_uid != 0)
        return "another user's";
    if (trust && (status->st_mode & S_IWOTH))
        return "writable by everyone";
    return NULL;
}

/* The length, or -errno; EFBIG where the file has grown beyond `capacity`. */
static ssize_t read_all(int fd, char *buffer, size_t capacity) {
    size_t length = 0;
    while (length < capacity) {
        const ssize_t got = pread(fd, buffer + length, capacity - length, (off_t)length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return (ssize_t)length;
        length += (size_t)got;
    }
    return -EFBIG;
}

static void tell_errno(struct perfadapt__text_file *file, const char *what, int error) {
    file->error = error;
    snprintf(file->why, sizeof file->why, "cannot be %s (%serrno %d)", what,
             error == EACCES  ? "no permission, "
             : error == ELOOP ? "a link, or links in a circle, "
                              : "",
             error);
}

static void read_open(struct perfadapt__text_file *file, int fd, size_t bytes_max, bool trust) {
    struct stat status;
    if (fstat(fd, &status) != 0) {
        tell_errno(file, "examined", errno);
        return;
    }
    const char *wrong = refuse(&status, trust);
    if (wrong) {
        snprintf(file->why, sizeof file->why, "%s", wrong);
        return;
    }
    if ((uint64_t)status.st_size > bytes_max) {
        snprintf(file->why, sizeof file->why, "larger than %u KiB", (unsigned)(bytes_max / 1024));
        return;
    }
    const size_t capacity = (size_t)status.st_size + 1; /* one more, to see whether it has grown */
    file->text = malloc(capacity);
    const ssize_t length = file->text ? read_all(fd, file->text, capacity) : -ENOMEM;
    if (length >= 0) {
        file->length = (size_t)length;
        return;
    }
    tell_errno(file, "read", (int)-length);
    free(file->text);
    file->text = NULL;
}

struct perfadapt__text_file perfadapt__text_file_read(int fd, size_t bytes_max, bool trust) {
    struct perfadapt__text_file file = {.text = NULL};
    if (fd < 0) {
        if (fd != -ENOENT && fd != -ENOTDIR)
            tell_errno(&file, "opened", -fd);
        return file;
    }
    read_open(&file, fd, bytes_max, trust);
    close(fd);
    return file;
}
