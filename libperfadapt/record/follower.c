/* SPDX-License-Identifier: MIT */
#include "record/follower.h"

#include "core/seqlock.h"
#include "record/dump.h"

#include <string.h>

bool perfadapt__follower_init(struct perfadapt__follower *follower, const void *memory, size_t bytes) {
    const struct perfadapt__record_ring *ring = memory;
    memset(follower, 0, offsetof(struct perfadapt__follower, copy));
    follower->ring = ring;
    return bytes >= sizeof *ring && ring->magic == PERFADAPT__RECORD_MAGIC &&
           ring->version == PERFADAPT__RECORD_VERSION && ring->segments == PERFADAPT__RECORD_SEGMENTS;
}

/* Copies what is new of its segment. False where that has been taken for another meanwhile. */
static bool copy_new(struct perfadapt__follower *follower, uint64_t *out_used) {
    const struct perfadapt__record_segment *segment =
        &follower->ring->segment[(follower->sequence - 1) % PERFADAPT__RECORD_SEGMENTS];
    if (atomic_load_explicit(&segment->sequence, memory_order_acquire) != follower->sequence)
        return false;
    const uint64_t used = atomic_load_explicit(&segment->used, memory_order_acquire);
    if (used > sizeof segment->payload || used < follower->used)
        return false;
    /* By words, whose loads the look at the sequence cannot overtake. */
    const size_t first = (size_t)follower->used / 8;
    perfadapt__seqlock_load((const _Atomic uint64_t *)(const void *)segment->payload + first,
                            follower->copy + first * 8, ((size_t)used + 7) / 8 * 8 - first * 8);
    *out_used = used;
    return atomic_load_explicit(&segment->sequence, memory_order_relaxed) == follower->sequence;
}

static bool write_chunk(struct perfadapt__follower *follower, int fd, uint64_t used) {
    const unsigned char *const payload = follower->copy + follower->used;
    const uint32_t length = (uint32_t)(used - follower->used);
    struct perfadapt__record_chunk chunk;
    perfadapt__record_chunk_fill(&chunk, follower->sequence, (uint32_t)follower->used, payload, length);
    if (!perfadapt__record_write(fd, &chunk, sizeof chunk) || !perfadapt__record_write(fd, payload, length))
        return false;
    follower->used = used;
    return true;
}

/* The oldest that is not about to be taken for another. */
static uint64_t oldest(uint64_t newest) {
    return newest < PERFADAPT__RECORD_SEGMENTS ? 1 : newest - PERFADAPT__RECORD_SEGMENTS + 2;
}

bool perfadapt__follower_write(struct perfadapt__follower *follower, int fd) {
    for (int i = 0; i < 2 * PERFADAPT__RECORD_SEGMENTS; i++) {
        /* Before `used`: where it is a later one, nothing more comes into this segment. */
        const uint64_t newest = atomic_load_explicit(&follower->ring->newest, memory_order_acquire);
        uint64_t used = 0;
        if (newest == 0)
            return true;
        if (follower->sequence == 0)
            follower->sequence = oldest(newest);
        if (copy_new(follower, &used)) {
            if (used > follower->used && !write_chunk(follower, fd, used))
                return false;
            if (follower->sequence >= newest)
                return true;
            follower->sequence++;
        } else {
            follower->missed++;
            follower->sequence = oldest(newest);
        }
        follower->used = 0;
    }
    return true;
}
