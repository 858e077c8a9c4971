/*
 * Reading kernel files below a root directory. SPDX-License-Identifier: MIT
 *
 * Every path is absolute in its text ("/sys/class/hwmon") and opened below the root's descriptor; with a root other
 * than "/", links cannot lead out of it. Files are opened non-blocking and close-on-exec and kept open by their readers.
 */
#ifndef PERFADAPT_CORE_FS_H
#define PERFADAPT_CORE_FS_H

#include <perfadapt/error.h>
#include <perfadapt/snapshot.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct perfadapt__root {
    int fd;
    bool confined; /* not "/": resolve links inside the root */
};

/* `sysroot` NULL or "" = "/". NOT_FOUND, PERMISSION or SYSTEM after a failure. */
enum perfadapt_result perfadapt__root_open(const char *sysroot, struct perfadapt__root *out_root);
void perfadapt__root_close(struct perfadapt__root *root);

/*
 * Moves a descriptor out of the range of standard input, output and error, which a host may have closed and will reuse:
 * it would close or redirect ours with its own. Keeps errno; -1 passes through.
 */
int perfadapt__fs_lift(int fd);

/* Whether a file of this process may be so large: beyond its limit, a write would raise SIGXFSZ in the host. */
bool perfadapt__fs_may_grow_to(size_t bytes);

/* An open descriptor, or -errno. `flags` are added to O_CLOEXEC | O_NONBLOCK | O_NOCTTY. */
int perfadapt__root_openat(const struct perfadapt__root *root, const char *path, int flags);

/* Reads from offset 0 into `buffer`, always NUL-terminated: bytes read, or -errno. More than fits is cut. */
ssize_t perfadapt__fs_pread(int fd, char *buffer, size_t capacity);

/* Opens, reads once, closes: bytes read, or -errno. For discovery, not for sampling. */
ssize_t perfadapt__fs_read_once(const struct perfadapt__root *root, const char *path, char *buffer, size_t capacity);

/* The link target's text, or -errno. */
ssize_t perfadapt__fs_readlink(const struct perfadapt__root *root, const char *path, char *buffer, size_t capacity);

/* Cuts trailing white space. */
void perfadapt__fs_trim(char *text);

/*
 * Numbers, independent of the locale. Each starts at *text, skips leading blanks, and on success moves *text behind the
 * number. False, and nothing moved, where there is no number or it does not fit.
 */
bool perfadapt__fs_parse_u64(const char **text, uint64_t *out_value);
bool perfadapt__fs_parse_i64(const char **text, int64_t *out_value);
bool perfadapt__fs_parse_decimal(const char **text, double *out_value); /* "12.34": digits, point, digits */
/* Up to eight digits, without "0x" and without leading blanks. */
bool perfadapt__fs_parse_hex(const char **text, uint32_t *out_value);

/* The enum perfadapt_why that tells a user about -errno of an open or a read. */
enum perfadapt_why perfadapt__fs_why(int negative_errno);

#endif
