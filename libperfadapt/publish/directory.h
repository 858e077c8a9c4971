/* The directory where sockets lie: where it is, whether it can be trusted. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PUBLISH_DIRECTORY_H
#define PERFADAPT_PUBLISH_DIRECTORY_H

#include <perfadapt/error.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Opens <runtime_dir>/perfadapt (NULL = $XDG_RUNTIME_DIR, ignored in set-uid programs); with `make` creates it, mode
 * 0700. Owner and mode are checked on the open descriptor. Gives an O_PATH-free directory descriptor and its path.
 * NOT_FOUND: no runtime directory is named, or (without make) nothing was ever published: *out_named tells which.
 * PERMISSION: not this user's, or open to group or others. INVALID: longer than out_path. SYSTEM: errno is set.
 */
enum perfadapt_result perfadapt__directory_open(const char *runtime_dir, bool make, int *out_fd, char *out_path,
                                                size_t capacity, bool *out_named);

#endif
