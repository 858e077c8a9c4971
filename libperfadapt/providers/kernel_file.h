/* Kernel files that are kept open, and the numbered entries of a kernel directory. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_KERNEL_FILE_H
#define PERFADAPT_PROVIDERS_KERNEL_FILE_H

#include "core/fs.h"

/*
 * Reads a file from its start: bytes read, or -errno. Opens it first where *fd is -1. What is gone for good (ENODEV,
 * ENXIO; below another root than "/" also a plain file that was deleted, as ENODEV) is closed and *fd set to -1.
 */
ssize_t perfadapt__kernel_file_read(const struct perfadapt__root *root, const char *path, int *fd, char *buffer,
                                    size_t capacity);

void perfadapt__kernel_file_close(int *fd);

/* The integer that is the whole content of a file: what was read into `text`, with `length` as read() gave it. */
enum perfadapt_why perfadapt__kernel_file_number(const char *text, ssize_t length, size_t capacity, int64_t *out_value);

/* True where -errno is want of descriptors or memory: it says nothing of the file, which is to be asked again later. */
bool perfadapt__kernel_file_is_shortage(ssize_t result);

/* The numbers N of the directory's entries named <prefix>N<suffix>, ascending; numbering may have gaps. Returns their
 * count, at most `capacity`: 0 where there is no such directory, or -errno. Allocates nothing. */
ssize_t perfadapt__kernel_directory_numbers(const struct perfadapt__root *root, const char *path, const char *prefix,
                                            const char *suffix, uint32_t *out_numbers, size_t capacity);

/* A path with all its links resolved, as seen from the root: 0, or -errno where there is no such file. */
int perfadapt__kernel_file_canonical(const struct perfadapt__root *root, const char *path, char *out, size_t capacity);

#endif
