/* The directory of sessions, looked at beside a monitor. SPDX-License-Identifier: MIT */
#include "session_directory.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include "publish/directory.h"

/* Sessions that a monitor knows and does not show have not answered yet: never so many for long. */
enum { SHOWN_LEAST = SESSION_DIRECTORY_WATCHED_MAX / 2 };

static size_t count_sockets(DIR *directory) {
    size_t count = 0;
    for (const struct dirent *entry; count < SESSION_DIRECTORY_COUNTED_MAX && (entry = readdir(directory)) != NULL;) {
        const bool socket = entry->d_type == DT_SOCK || entry->d_type == DT_UNKNOWN;
        count += socket && perfadapt__directory_is_socket_name(entry->d_name);
    }
    return count;
}

size_t session_directory_left_out(size_t shown) {
    char path[PATH_MAX];
    int fd = -1;
    bool named = false;
    if (shown < SHOWN_LEAST || perfadapt__directory_open(NULL, false, &fd, path, sizeof path, &named) != PERFADAPT_OK) {
        return 0;
    }
    DIR *const directory = fdopendir(fd);
    if (directory == NULL) {
        close(fd);
        return 0;
    }
    const size_t count = count_sockets(directory);
    closedir(directory);
    return count > SESSION_DIRECTORY_WATCHED_MAX ? count - SESSION_DIRECTORY_WATCHED_MAX : 0;
}
