/* A kernel file that holds one integer and is read again and again. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_KERNEL_NUMBER_H
#define PERFADAPT_PROVIDERS_KERNEL_NUMBER_H

#include "core/fs.h"

struct perfadapt__kernel_number {
    int fd;           /* -1 = not open */
    uint32_t why;     /* enum perfadapt_why of the last try */
    int64_t retry_ns; /* not tried before */
    int64_t pause_ns; /* length of the last pause; 0 = none */
};

void perfadapt__kernel_number_init(struct perfadapt__kernel_number *number);
void perfadapt__kernel_number_close(struct perfadapt__kernel_number *number);

/*
 * Reads the file: NONE and *out_value, or what is wrong. The path, printf-like, is put together only where the file is
 * not open. What is missing, refused or broken is tried again after a pause that grows from 1 to 30 s; what is only busy
 * or has no figure just now, at the next call.
 */
enum perfadapt_why perfadapt__kernel_number_read(const struct perfadapt__root *root,
                                                 struct perfadapt__kernel_number *number, int64_t now_ns,
                                                 int64_t *out_value, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
