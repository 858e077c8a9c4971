/*
 * The shared memory of one session: its layout, and the stores of its one writer. SPDX-License-Identifier: MIT
 *
 * The session keeps its budget here and nowhere else: get_budget, and every reader in another process, read the same
 * words. The memory is a memfd sealed against resizing and against writing by anyone who maps it later; where memfd is
 * not to be had it is private memory, and the session works unpublished.
 * Everything a reader looks at is a 64-bit atomic or is written once before the region is handed out.
 */
#ifndef PERFADAPT_PUBLISH_REGION_H
#define PERFADAPT_PUBLISH_REGION_H

#include "core/seqlock.h"
#include "core/snapshot_copy.h"

#include <perfadapt/monitor.h>

#define PERFADAPT__REGION_MAGIC UINT64_C(0x3154504144414650) /* "PFADAPT1", little-endian */
#define PERFADAPT__REGION_VERSION 1u

struct perfadapt__region_identity { /* written once */
    uint64_t magic;
    uint32_t layout_version;
    uint32_t layout_bytes; /* sizeof(struct perfadapt__region) */
    int32_t pid;
    uint32_t role;
    uint32_t simulated;
    uint32_t quality_levels;
    int64_t target_frame_ns;
    int64_t opened_boottime_ns;
    char name[64];
    char version[16];
};

#define PERFADAPT__BUDGET_WORDS PERFADAPT__WORDS(sizeof(struct perfadapt_budget))
#define PERFADAPT__DECISION_WORDS PERFADAPT__WORDS(sizeof(struct perfadapt_decision))
#define PERFADAPT__FRAME_WORDS PERFADAPT__WORDS(sizeof(struct perfadapt_frame))

struct perfadapt__region_frame {
    _Atomic uint64_t words[PERFADAPT__FRAME_WORDS]; /* a struct perfadapt_frame */
};

struct perfadapt__region_decision {
    _Atomic uint64_t words[PERFADAPT__DECISION_WORDS]; /* a struct perfadapt_decision */
};

struct perfadapt__region {
    struct perfadapt__region_identity identity;
    _Atomic uint64_t closed;           /* 1: the session was closed in order */
    _Atomic int64_t alive_boottime_ns; /* the last sign of life */

    struct perfadapt__seqlock budget_lock;
    _Atomic uint64_t budget[PERFADAPT__BUDGET_WORDS];

    /*
     * A ring by frame number: frame n lies at n % capacity, so that late GPU times find it. Numbers may be left out.
     * The number word is 0 while the rest of its frame is being written: it is that slot's seqlock.
     */
    _Atomic uint64_t frame_count;  /* frames ever ended */
    _Atomic uint64_t frame_newest; /* number of the last one; 0 = none yet */
    struct perfadapt__region_frame frames[PERFADAPT_FRAMES_MAX];

    /* A ring: entry n of `count` ever written lies at n % capacity; a reader looks at the count before and after. */
    _Atomic uint64_t decision_count;
    struct perfadapt__region_decision decisions[PERFADAPT_DECISIONS_MAX];

    struct perfadapt__seqlock snapshot_lock;
    _Atomic uint64_t snapshot[PERFADAPT__SNAPSHOT_WORDS];
};

/* What the session knows of itself. */
struct perfadapt__region_options {
    const char *name;
    uint32_t role;
    uint32_t simulated;
    uint32_t quality_levels;
    int64_t target_frame_ns;
    size_t behind_bytes; /* of zeroed memory behind the region, for another room to use */
};

/* Where that begins, on a page of its own. */
#define PERFADAPT__REGION_BEHIND ((sizeof(struct perfadapt__region) + 4095) / 4096 * 4096)

/*
 * Makes the region. *out_fd is the sealed memfd to hand out, or -1 where there is none: private memory then. NULL
 * where there is no memory at all.
 */
struct perfadapt__region *perfadapt__region_create(const struct perfadapt__region_options *options, int *out_fd);
/*
 * Marks it closed for readers that still map it, unmaps it and closes *fd. In a forked child pass forked = true:
 * nothing is marked. `behind_bytes` as it was made with.
 */
void perfadapt__region_destroy(struct perfadapt__region **region, size_t behind_bytes, int *fd, bool forked);

/* The memory behind it. */
void *perfadapt__region_behind(struct perfadapt__region *region);

/* The step owner's stores; one at a time. */
void perfadapt__region_put_budget(struct perfadapt__region *region, const struct perfadapt_budget *budget);
void perfadapt__region_put_frame(struct perfadapt__region *region, const struct perfadapt_frame *frame);
/* A GPU time that came later, where its frame is still in the ring. */
void perfadapt__region_put_gpu(struct perfadapt__region *region, uint64_t frame_number, int64_t gpu_ns);
void perfadapt__region_put_decision(struct perfadapt__region *region, const struct perfadapt_decision *decision);

/* The sampler thread's stores: the snapshot without its unused sensors, and the sign of life. */
void perfadapt__region_put_snapshot(struct perfadapt__region *region, const struct perfadapt_snapshot *snapshot);
void perfadapt__region_put_alive(struct perfadapt__region *region, int64_t boottime_ns);

/* Any thread. False where every retry collided. */
bool perfadapt__region_get_budget(const struct perfadapt__region *region, struct perfadapt_budget *out);

#endif
