/*
 * How a session's steps are recorded: in memory, as a ring of segments, and in a file, as a header and chunks of them.
 * SPDX-License-Identifier: MIT
 *
 * Everything is in the machine's byte order; a file says which that is. A segment begins with all that the steps after
 * it need, so each can be replayed without those before it. In memory the segments lie behind the session's region,
 * for other processes to read: `sequence` and `used` are atomic, and a payload does not change once it is below
 * `used`, until the segment is taken for a later sequence.
 *
 * A record is a tag byte and what it takes:
 *
 *     START    now, policy: the session's first step comes next
 *     STATE    records lost before it, bytes used of the segment before, bytes of what follows; then policy, decider and
 *              tick: what the steps after it begin with
 *     DONE     lengths, period, CPU time [, GPU time] [, quality, scale]: a frame that follows the one before it
 *     GPU      the frame, counted back from the newest, and its GPU time, at the newest frame's end
 *     IDLE     time since the record before
 *     INPUT    a struct perfadapt__frame_input, as what differs from zeros and the last time: what has no short form
 *     TICK     the reading, as what differs from the one before
 *     POLICY   now, policy: it took the place of the one before
 *     BUDGET   32 bits of the hash of the budget that the step before came to, where that changed it
 *
 * Numbers take as many bytes as they need, and their lengths stand in front of them; see words.h for structs.
 */
#ifndef PERFADAPT_RECORD_FORMAT_H
#define PERFADAPT_RECORD_FORMAT_H

#include <stdatomic.h>
#include <stdint.h>

/* ---- Records ---- */

enum perfadapt__record_kind {
    PERFADAPT__RECORD_DONE = 0,
    PERFADAPT__RECORD_GPU = 1,
    PERFADAPT__RECORD_IDLE = 2,
    PERFADAPT__RECORD_INPUT = 3,
    PERFADAPT__RECORD_TICK = 4,
    PERFADAPT__RECORD_BUDGET = 5,
    PERFADAPT__RECORD_POLICY = 6,
    PERFADAPT__RECORD_BEGIN = 7 /* START or STATE */
};

/* The tag: kind in the low three bits, then which caps the step took, then what the kind says. */
#define PERFADAPT__RECORD_KIND 0x07u
#define PERFADAPT__RECORD_CAPS_SHIFT 3
#define PERFADAPT__RECORD_FLAG_DRAWN 0x20u    /* DONE: quality and scale are others than those before */
#define PERFADAPT__RECORD_FLAG_GPU_TIME 0x40u /* DONE: its GPU time is known already */
#define PERFADAPT__RECORD_FLAG_STATE 0x20u    /* BEGIN: STATE, not START */

/* Which caps a step took, where it took others than it had. */
enum perfadapt__record_caps {
    PERFADAPT__RECORD_CAPS_SAME = 0,
    PERFADAPT__RECORD_CAPS_NEWEST = 1, /* those that the last tick came to */
    PERFADAPT__RECORD_CAPS_BEFORE = 2  /* those of the tick before: the last one was not ready yet */
};

/* ---- Memory ---- */

#define PERFADAPT__RECORD_MAGIC UINT64_C(0x4352444146524550) /* "PERFADRC", little-endian */
#define PERFADAPT__RECORD_VERSION 1u
#define PERFADAPT__RECORD_SEGMENTS 8
#define PERFADAPT__RECORD_SEGMENT_BYTES 32760
#define PERFADAPT__RECORD_PAYLOAD_BYTES (PERFADAPT__RECORD_SEGMENT_BYTES - 16)

struct perfadapt__record_segment {
    _Atomic uint64_t sequence; /* from 1; 0 = empty, or being taken for another */
    _Atomic uint64_t used;     /* bytes of the payload; they hold whole records */
    unsigned char payload[PERFADAPT__RECORD_PAYLOAD_BYTES];
};

struct perfadapt__record_ring {
    uint64_t magic;
    uint32_t version;
    uint32_t segments;
    uint64_t layout;         /* tells builds apart whose STATE records mean different things */
    _Atomic uint64_t newest; /* sequence of the segment that is written; it lies at (sequence - 1) % segments */
    uint64_t reserved[4];
    struct perfadapt__record_segment segment[PERFADAPT__RECORD_SEGMENTS];
};

_Static_assert(sizeof(struct perfadapt__record_ring) == UINT64_C(262144), "a session's record is 256 KiB");

/* ---- File ---- */

#define PERFADAPT__RECORD_BYTE_ORDER 0x01020304u
#define PERFADAPT__RECORD_CHUNK_MAGIC UINT64_C(0x314b4e5548434450) /* "PDCHUNK1", little-endian */

struct perfadapt__record_header {
    uint64_t magic;
    uint32_t byte_order;
    uint32_t version;
    uint64_t layout;
    int64_t taken_realtime_s; /* when the file was begun */
    int32_t pid;
    uint32_t role;
    char name[64];     /* of the app */
    char library[16];  /* version that recorded */
    uint64_t checksum; /* perfadapt__hash() of all that is before it */
};

/* Whole records of one segment; those of a sequence follow each other without a hole, from offset 0. */
struct perfadapt__record_chunk {
    uint64_t magic;
    uint64_t sequence;
    uint32_t offset;   /* into the segment's payload */
    uint32_t length;   /* bytes that follow this header */
    uint64_t checksum; /* perfadapt__hash() of all that is before it, then of the payload */
};

#endif
