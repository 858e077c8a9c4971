/*
 * The process's share of the pages it holds with others (PSS): /proc/self/smaps_rollup. SPDX-License-Identifier: MIT
 *
 * The kernel walks every page for it, with the lock of the address space held for reading: 22 ms were measured for 2 GiB
 * of small pages, in which the host's threads may have to wait to map memory. Such a process is not asked at all.
 */
#ifndef PERFADAPT_PROVIDERS_PROPORTIONAL_H
#define PERFADAPT_PROVIDERS_PROPORTIONAL_H

#include "core/fs.h"
#include "providers/costly.h"

struct perfadapt__proportional {
    const struct perfadapt__root *root;
    int fd;
    struct perfadapt__costly costly;
    double page_ns;         /* what a resident page costs */
    int64_t (*clock)(void); /* nanoseconds that this thread has run */
};

void perfadapt__proportional_init(struct perfadapt__proportional *self, const struct perfadapt__root *root);
void perfadapt__proportional_finish(struct perfadapt__proportional *self);

/* Reads it where it is due. `resident_pages`: by which the cost is foreseen; 0 = unknown, and then it is not read. */
void perfadapt__proportional_read(struct perfadapt__proportional *self, uint64_t resident_pages, int64_t now_ns,
                                  struct perfadapt_metric *metric);

#endif
