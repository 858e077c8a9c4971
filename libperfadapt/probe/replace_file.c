/* SPDX-License-Identifier: MIT */
#include "probe/replace_file.h"

#include "core/user_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Read by a signal handler: written before the flag. */
static char unfinished[PATH_MAX];
static volatile int is_unfinished;

void probe_replace_file_abandon(void) {
    if (is_unfinished)
        unlink(unfinished);
}

static int write_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        const ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        text += written;
        length -= (size_t)written;
    }
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : -errno;
}

/* Quota and network file systems may tell of a full disk at the close. */
static int fill(int fd, const char *text, size_t length) {
    const int error = write_all(fd, text, length);
    if (close(fd) != 0 && error == 0)
        return -errno;
    return error;
}

/* Without it the new name may be lost with the power; the file is whole in any case, so a failure is none. */
static void sync_directory(const char *path) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash)
        slash[slash == directory] = '\0';
    const int fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static int replace(const char *path, const char *text, size_t length) {
    if ((size_t)snprintf(unfinished, sizeof unfinished, "%s.XXXXXX", path) >= sizeof unfinished)
        return -ENAMETOOLONG;
    const int fd = mkostemp(unfinished, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    is_unfinished = 1;
    int error = fill(fd, text, length);
    if (error == 0 && rename(unfinished, path) != 0)
        error = -errno;
    if (error != 0)
        unlink(unfinished);
    is_unfinished = 0;
    if (error == 0)
        sync_directory(path);
    return error;
}

int probe_replace_file(const char *path, const char *text, size_t length) {
    const int error = perfadapt__make_directories(path);
    return error != 0 ? error : replace(path, text, length);
}
