/* SPDX-License-Identifier: MIT */
#include "record/file.h"

#include "core/fs.h"
#include "record/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const char *path, const char *why) {
    fprintf(stderr, "perfadapt record: %s: %s\n", path, why);
    return -1;
}

/* What opening tells of one that is none, whichever way it comes to light. */
static const char *reason_of(int error) {
    if (error == ELOOP || error == ENXIO || error == ENODEV || error == EINVAL)
        return "FILE must be a regular file, not a link, a pipe or a device";
    return strerror(error);
}

int record_file_open(const char *path, bool *out_made) {
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
    struct stat status;
    *out_made = false;
    if (!perfadapt__fs_may_grow_to(sizeof(struct perfadapt__record_ring) + sizeof(struct perfadapt__record_header)))
        return refuse(path, strerror(EFBIG));
    /* Before it is opened: with some devices that alone does something. */
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return refuse(path, reason_of(S_ISDIR(status.st_mode) ? EISDIR : EINVAL));
    int fd = open(path, flags);
    if (fd < 0 && errno == ENOENT) {
        fd = open(path, flags | O_CREAT | O_EXCL, 0600);
        *out_made = fd >= 0;
    }
    if (fd < 0)
        return refuse(path, reason_of(errno));
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return refuse(path, reason_of(EINVAL));
}

bool record_file_begin(int fd) {
    if (ftruncate(fd, 0) != 0)
        return false;
    (void)fchmod(fd, 0600); /* some file systems have one mode for all: nothing better is to be had there */
    return true;
}

unsigned long long record_file_bytes(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? (unsigned long long)status.st_size : 0;
}
