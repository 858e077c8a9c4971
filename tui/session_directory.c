/* The directory of sessions, looked at beside a monitor. SPDX-License-Identifier: MIT */
#include "session_directory.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"
#include "publish/directory.h"

/* Sessions that a monitor knows and does not show have not answered yet: never so many for long. */
enum { SHOWN_LEAST = SESSION_DIRECTORY_WATCHED_MAX / 2 };

/* What lies in it may be missing: then nothing was published yet. "/." asks whether it can be searched as well. */
int session_directory_error(void) {
    char path[PATH_MAX];
    struct stat status;
    const char *const base = perfadapt__directory_runtime(NULL);
    const int length = base == NULL ? 0 : snprintf(path, sizeof path, "%s/.", base);
    if (length <= 0 || (size_t)length >= sizeof path) {
        return 0; /* the monitor tells it */
    }
    return stat(path, &status) == 0 ? 0 : errno;
}

void session_directory_explain(int error, bool here, char out[SESSION_DIRECTORY_TEXT_MAX]) {
    const char *const base = here ? perfadapt__directory_runtime(NULL) : NULL;
    out[0] = '\0';
    if (error != 0) {
        snprintf(out, SESSION_DIRECTORY_TEXT_MAX,
                 "XDG_RUNTIME_DIR%s%.160s: %s; no app can be found: set it as the apps have it",
                 base == NULL ? "" : "=", base == NULL ? "" : base, strerror(error));
        perfadapt__text_clean(out, SESSION_DIRECTORY_TEXT_MAX);
    }
}

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
