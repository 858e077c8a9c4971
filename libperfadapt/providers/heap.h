/*
 * What malloc has handed out, and what it keeps. SPDX-License-Identifier: MIT
 *
 * glibc's mallinfo2 (2.33 and later) is found at run time. It walks each arena's free chunks with that arena's lock held.
 */
#ifndef PERFADAPT_PROVIDERS_HEAP_H
#define PERFADAPT_PROVIDERS_HEAP_H

#include "providers/costly.h"

#include <perfadapt/snapshot.h>
#include <stddef.h>

/* glibc's struct mallinfo2, whose header a build may not have. */
struct perfadapt__mallinfo2 {
    size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};

struct perfadapt__heap {
    struct perfadapt__mallinfo2 (*ask)(void); /* NULL = the allocator cannot be asked */
    struct perfadapt__costly costly;
    int64_t (*clock)(void); /* nanoseconds that this thread has run */
};

/* Looks for the function; only that of the very object whose malloc the process uses counts. */
void perfadapt__heap_init(struct perfadapt__heap *heap);

/* Asks where it is due. */
void perfadapt__heap_read(struct perfadapt__heap *heap, bool frames_flow, int64_t now_ns,
                          struct perfadapt_memory *memory);

#endif
