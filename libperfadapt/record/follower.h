/*
 * Follows a session's record from another process, and writes what is new of it into a file. For programs.
 * SPDX-License-Identifier: MIT
 *
 * The memory is the session's: it may be of another version, hold anything, and change while it is read. What is written
 * was whole when it was looked at again.
 */
#ifndef PERFADAPT_RECORD_FOLLOWER_H
#define PERFADAPT_RECORD_FOLLOWER_H

#include "record/format.h"

#include <stdbool.h>
#include <stddef.h>

struct perfadapt__follower {
    const struct perfadapt__record_ring *ring;
    uint64_t sequence; /* of the segment that is read; 0 = none yet */
    uint64_t used;     /* of its payload, that has been written out */
    uint64_t missed;   /* segments that were gone before they had been read whole */
    _Alignas(uint64_t) unsigned char copy[PERFADAPT__RECORD_PAYLOAD_BYTES];
};

/* `bytes` from `memory` on are there. False where they are no record of a version that is known. */
bool perfadapt__follower_init(struct perfadapt__follower *follower, const void *memory, size_t bytes);

/* Writes what has come since the last call. False with errno where it cannot. */
bool perfadapt__follower_write(struct perfadapt__follower *follower, int fd);

#endif
