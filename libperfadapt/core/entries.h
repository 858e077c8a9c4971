/* The names in a directory, one after another, without allocation. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_ENTRIES_H
#define PERFADAPT_CORE_ENTRIES_H

#include "core/fs.h"

#include <stdalign.h>

/* More names than any directory of the kernel has: a directory made to keep us busy ends here. */
#define PERFADAPT__ENTRIES_MAX 16384

struct perfadapt__entries {
    int fd;    /* negative = closed */
    int error; /* -errno: what ended it before its end; 0 = nothing */
    unsigned left;
    ssize_t at;
    ssize_t length;
    alignas(8) char buffer[2048];
};

/* 0, or -errno; then there are no entries. */
int perfadapt__entries_open(const struct perfadapt__root *root, const char *path, struct perfadapt__entries *entries);

/* The next name that does not begin with a dot, until the next call; NULL at the end, which closes. */
const char *perfadapt__entries_next(struct perfadapt__entries *entries);

/* For who leaves before the end. */
void perfadapt__entries_close(struct perfadapt__entries *entries);

#endif
