/* One file of the own cgroup and of each visible ancestor, kept open. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CGROUP_COLUMN_H
#define PERFADAPT_PROVIDERS_CGROUP_COLUMN_H

#include "providers/cgroup_path.h"

/* From the own cgroup upwards; a desktop's app sits five deep. */
#define PERFADAPT__CGROUP_LEVELS_MAX 12

struct perfadapt__cgroup_column {
    int fds[PERFADAPT__CGROUP_LEVELS_MAX]; /* -1 = no such file; the own cgroup's first */
    size_t count;
    bool any;        /* one of them is open */
    bool denied;     /* one exists that may not be read */
    bool incomplete; /* one could not be opened that may exist */
};

void perfadapt__cgroup_column_open(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own,
                                   const char *name, struct perfadapt__cgroup_column *out_column);
void perfadapt__cgroup_column_close(struct perfadapt__cgroup_column *column);

/* A file of one level: the descriptor, or -errno. */
int perfadapt__cgroup_open(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *directory,
                           const char *name);

#endif
