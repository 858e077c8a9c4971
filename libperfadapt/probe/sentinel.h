/*
 * Remembers which Vulkan driver took the probe, or the machine, down. SPDX-License-Identifier: MIT
 *
 * A crash in the child is told and forgotten; what takes the machine along cannot be told by anyone but the next probe.
 * Before each attempt probe.lock says which driver is being asked, on the disk; after it the file is gone. Found at a
 * start, its driver goes into probe.avoid and is left out until its manifest changes, or somebody deletes that file: at
 * once where the machine has been started anew since, the second time where it has not.
 */
#ifndef PERFADAPT_PROBE_SENTINEL_H
#define PERFADAPT_PROBE_SENTINEL_H

#include "probe/icds.h"

#include <limits.h>

#define PROBE_SENTINEL_RECORDS_MAX 16

struct probe_sentinel_record {
    char path[PROBE_ICD_PATH_BYTES]; /* of the manifest */
    int64_t time_ns;
    uint64_t bytes;
    char boot_id[48]; /* of the boot it was tried in */
    bool is_suspect;  /* once in this boot: still asked */
};

struct probe_sentinel {
    int directory_fd; /* locked; -1: there is no place, and nothing is remembered */
    char lock_path[PATH_MAX];
    char avoid_path[PATH_MAX];
    char boot_id[48];
    size_t count;
    struct probe_sentinel_record records[PROBE_SENTINEL_RECORDS_MAX];
    char warning[256]; /* "" = none */
};

enum probe_sentinel_answer { PROBE_SENTINEL_OPEN, PROBE_SENTINEL_BUSY };

/*
 * `directory` NULL: there is no place. BUSY: another probe of this user runs now. Anything else that is wrong is told
 * in `warning`, and does not keep a probe from running. probe_sentinel_close is due but after BUSY.
 */
enum probe_sentinel_answer probe_sentinel_open(const char *directory, const char *boot_id,
                                               struct probe_sentinel *out_sentinel);

/* Whether to leave it out; then `out` says why, and what to delete. */
bool probe_sentinel_avoids(const struct probe_sentinel *sentinel, const struct probe_icd *icd, char *out,
                           size_t capacity);

/* Around an attempt. */
void probe_sentinel_begin(struct probe_sentinel *sentinel, const struct probe_icd *icd);
void probe_sentinel_end(struct probe_sentinel *sentinel);

void probe_sentinel_close(struct probe_sentinel *sentinel);

/* Ended from outside: the driver is not to blame. For a signal handler. */
void probe_sentinel_abandon(void);

#endif
