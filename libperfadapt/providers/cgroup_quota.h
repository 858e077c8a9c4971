/* How many processors' time the own cgroup and its ancestors allow. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_CGROUP_QUOTA_H
#define PERFADAPT_PROVIDERS_CGROUP_QUOTA_H

#include "providers/cgroup_column.h"

struct perfadapt__cgroup_quota {
    struct perfadapt__cgroup_column quota;  /* cpu.max, or version 1's cpu.cfs_quota_us */
    struct perfadapt__cgroup_column period; /* version 1 only */
    bool is_v1;
    bool incomplete; /* descriptors were short: to be opened again */
};

void perfadapt__cgroup_quota_open(const struct perfadapt__root *root, struct perfadapt__cgroup_quota *quota);
void perfadapt__cgroup_quota_close(struct perfadapt__cgroup_quota *quota);

/* The least that any level allows; UNSUPPORTED = all processors. */
void perfadapt__cgroup_quota_read(const struct perfadapt__cgroup_quota *quota, int64_t now_ns,
                                  struct perfadapt_metric *metric);

#endif
