/* From a record in memory to a file. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_RECORD_DUMP_H
#define PERFADAPT_RECORD_DUMP_H

#include "record/format.h"

#include <stdbool.h>
#include <stddef.h>

/* What a file says of where it comes from. */
struct perfadapt__record_origin {
    const char *name; /* of the app; NULL = "" */
    int32_t pid;
    uint32_t role;
};

/* The time is now. */
void perfadapt__record_header_fill(struct perfadapt__record_header *header, uint64_t layout,
                                   const struct perfadapt__record_origin *origin);

/* The header of `length` bytes of payload that begin at `offset` of segment `sequence`. */
void perfadapt__record_chunk_fill(struct perfadapt__record_chunk *chunk, uint64_t sequence, uint32_t offset,
                                  const void *payload, uint32_t length);

/*
 * Writes all that a record holds to `fd`: a header, then a chunk a segment, oldest first. False, with errno, where it
 * does not fit. No segment may be taken for another meanwhile: on the sampler thread, or of a copy.
 */
bool perfadapt__record_dump(int fd, const struct perfadapt__record_ring *ring,
                            const struct perfadapt__record_origin *origin);

/* The same into a file, as perfadapt__record_open() makes it. */
bool perfadapt__record_save(const char *path, const struct perfadapt__record_ring *ring,
                            const struct perfadapt__record_origin *origin);

/* All of it, or false with errno. */
bool perfadapt__record_write(int fd, const void *bytes, size_t count);

/*
 * Makes a file for a recording, or empties the one that is there. -1 with errno: EINVAL is what is no file, EFBIG a
 * limit that would end the process (RLIMIT_FSIZE). Never waits, as opening a pipe would.
 */
int perfadapt__record_open(const char *path);

#endif
