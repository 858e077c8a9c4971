/* SPDX-License-Identifier: MIT */
#include "publish/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RANDOM_DIGITS 16
#define PID_DIGITS_MAX 10

const char *perfadapt__directory_runtime(const char *runtime_dir) {
    if (runtime_dir && *runtime_dir)
        return runtime_dir;
    const char *path = secure_getenv("XDG_RUNTIME_DIR");
    return path && *path == '/' ? path : NULL; /* the XDG specification has relative paths ignored */
}

static enum perfadapt_result result_of_errno(void) {
    switch (errno) {
    case ENOENT:
        return PERFADAPT_ERROR_NOT_FOUND;
    case ENOTDIR: /* a file, or a link that is not followed: someone else's doing in either case */
    case ELOOP:
    case EACCES:
    case EPERM:
        return PERFADAPT_ERROR_PERMISSION;
    case ENAMETOOLONG:
        return PERFADAPT_ERROR_INVALID;
    default:
        return PERFADAPT_ERROR_SYSTEM;
    }
}

static int open_or_make(const char *path, bool make) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const int fd = open(path, flags);
    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -1;
    return open(path, flags);
}

static bool is_private(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 077) == 0;
}

enum perfadapt_result perfadapt__directory_open(const char *runtime_dir, bool make, int *out_fd, char *out_path,
                                                size_t capacity, bool *out_named) {
    *out_fd = -1;
    const char *base = perfadapt__directory_runtime(runtime_dir);
    *out_named = base != NULL;
    if (!base)
        return PERFADAPT_ERROR_NOT_FOUND;
    const int length = snprintf(out_path, capacity, "%s/perfadapt", base);
    if (length < 0 || (size_t)length >= capacity)
        return PERFADAPT_ERROR_INVALID;
    const int fd = open_or_make(out_path, make);
    if (fd < 0)
        return result_of_errno();
    if (!is_private(fd)) {
        close(fd);
        return PERFADAPT_ERROR_PERMISSION;
    }
    *out_fd = fd;
    return PERFADAPT_OK;
}

bool perfadapt__directory_is_socket_name(const char *name) {
    const size_t pid_digits = strspn(name, "0123456789");
    if (pid_digits < 1 || pid_digits > PID_DIGITS_MAX || name[pid_digits] != '-')
        return false;
    const char *random = name + pid_digits + 1;
    return strspn(random, "0123456789abcdef") == RANDOM_DIGITS && strcmp(random + RANDOM_DIGITS, ".sock") == 0;
}

bool perfadapt__directory_address(int directory_fd, const char *directory_path, const char *name,
                                  struct sockaddr_un *out_address) {
    *out_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    const size_t capacity = sizeof out_address->sun_path;
    int length = snprintf(out_address->sun_path, capacity, "%s/%s", directory_path, name);
    if (length >= 0 && (size_t)length < capacity)
        return true;
    length = snprintf(out_address->sun_path, capacity, "/proc/self/fd/%d/%s", directory_fd, name);
    return length >= 0 && (size_t)length < capacity;
}
