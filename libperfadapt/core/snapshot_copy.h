/* A snapshot in shared words: without the entries that are not in use, which are most of it. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_CORE_SNAPSHOT_COPY_H
#define PERFADAPT_CORE_SNAPSHOT_COPY_H

#include "core/seqlock.h"

#include <perfadapt/snapshot.h>

#define PERFADAPT__SNAPSHOT_WORDS PERFADAPT__WORDS(sizeof(struct perfadapt_snapshot))

/* The writer's. Counts are within bounds. */
void perfadapt__snapshot_store(struct perfadapt__seqlock *lock, _Atomic uint64_t *words,
                               const struct perfadapt_snapshot *snapshot);

/* Zeroes what lies behind the counts of a copy that was read: it may be left from a time when there was more. Counts
 * that cannot be are cut. */
void perfadapt__snapshot_trim(struct perfadapt_snapshot *snapshot);

#endif
