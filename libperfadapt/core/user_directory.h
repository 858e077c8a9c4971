/* Directories in the user's home, made where they are missing. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_USER_DIRECTORY_H
#define PERFADAPT_CORE_USER_DIRECTORY_H

#include <stdbool.h>

/*
 * By sudo with the user's HOME: this is root, and what `path` is in is another user's. What root makes there for itself
 * alone, ~/.cache perhaps, is lost to the user.
 */
bool perfadapt__is_anothers(const char *path);

/* All above `path`, for the user alone (XDG Base Directory Specification). 0, or -errno. */
int perfadapt__make_directories(const char *path);

#endif
