/* The directory where sockets lie: where it is, whether it can be trusted. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PUBLISH_DIRECTORY_H
#define PERFADAPT_PUBLISH_DIRECTORY_H

#include <perfadapt/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

/* `runtime_dir`, or where it is NULL or empty the environment's; NULL = none. Set-uid programs ignore the environment. */
const char *perfadapt__directory_runtime(const char *runtime_dir);

/*
 * Opens <runtime_dir>/perfadapt (NULL = $XDG_RUNTIME_DIR, ignored in set-uid programs); with `make` creates it, mode
 * 0700. Owner and mode are checked on the open descriptor. Gives an O_PATH-free directory descriptor and its path.
 * NOT_FOUND: no runtime directory is named, or (without make) nothing was ever published: *out_named tells which.
 * PERMISSION: not this user's, or open to group or others. INVALID: longer than out_path. SYSTEM: errno is set.
 */
enum perfadapt_result perfadapt__directory_open(const char *runtime_dir, bool make, int *out_fd, char *out_path,
                                                size_t capacity, bool *out_named);

/* Room for the name of a session's socket, "<pid>-<16 hex digits>.sock". */
#define PERFADAPT__SOCKET_NAME_BYTES 40

/* Whether a file of this name can be a session's socket. */
bool perfadapt__directory_is_socket_name(const char *name);

/*
 * The address of `name` in the directory: its path or, where that is too long for a socket address, a way through
 * /proc/self/fd. False where that is too long as well.
 */
bool perfadapt__directory_address(int directory_fd, const char *directory_path, const char *name,
                                  struct sockaddr_un *out_address);

#endif
