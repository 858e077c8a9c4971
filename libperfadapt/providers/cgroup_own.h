/*
 * Swap of the own cgroup, and what has befallen it at its limits. SPDX-License-Identifier: MIT
 *
 * Version 1 limits memory and swap together (memsw) and has no memory.high; its limit of swap is then what memsw allows
 * beyond memory at the same level.
 */
#ifndef PERFADAPT_PROVIDERS_CGROUP_OWN_H
#define PERFADAPT_PROVIDERS_CGROUP_OWN_H

#include "providers/cgroup_column.h"

struct perfadapt__cgroup_own {
    bool is_v1;
    bool incomplete;                            /* descriptors were short: to be opened again */
    struct perfadapt__cgroup_column swap_limit; /* memory.swap.max; memory.memsw.limit_in_bytes */
    struct perfadapt__cgroup_column limit;      /* version 1: memory.limit_in_bytes */
    int64_t limits_ns;                          /* when limits of swap, and version 1's swap, are to be read */
    int swap_fd;                                /* memory.swap.current; version 1: memory.stat */
    int events_fd;                              /* memory.events.local or memory.events; version 1: memory.failcnt */
    int oom_fd;                                 /* version 1: memory.oom_control */
};

void perfadapt__cgroup_own_init(struct perfadapt__cgroup_own *self);
/* `hierarchy` is the one that accounts memory: V2 or V1_MEMORY. */
void perfadapt__cgroup_own_open(const struct perfadapt__root *root, const struct perfadapt__cgroup_path *own,
                                enum perfadapt__cgroup_hierarchy hierarchy, struct perfadapt__cgroup_own *self);
void perfadapt__cgroup_own_close(struct perfadapt__cgroup_own *self);
void perfadapt__cgroup_own_read(struct perfadapt__cgroup_own *self, int64_t now_ns, struct perfadapt_memory *memory);

#endif
