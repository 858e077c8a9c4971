/* SPDX-License-Identifier: MIT */
#include "core/user_directory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool perfadapt__is_anothers(const char *path) {
    char parent[PATH_MAX];
    struct stat status;
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash)
        slash[slash == parent] = '\0';
    return geteuid() == 0 && slash && stat(parent, &status) == 0 && status.st_uid != 0;
}

int perfadapt__make_directories(const char *path) {
    char directory[PATH_MAX];
    if ((size_t)snprintf(directory, sizeof directory, "%s", path) >= sizeof directory)
        return -ENAMETOOLONG;
    for (char *slash = directory; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (access(directory, F_OK) != 0 && perfadapt__is_anothers(directory))
            return -EPERM;
        if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
            const int error = errno;
            struct stat status;
            if (stat(directory, &status) != 0) /* a read-only file system says EROFS of what is there, too */
                return -error;
        }
        *slash = '/';
    }
    return 0;
}
