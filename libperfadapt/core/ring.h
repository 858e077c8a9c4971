/*
 * A bounded queue of fixed-size items: many producers, one consumer at a time, no locks.
 * SPDX-License-Identifier: MIT
 *
 * Algorithm: Dmitry Vyukov's bounded MPMC queue (1024cores.net), its consumer side reduced to one. A producer that is
 * stopped between claiming and filling its cell makes the consumer see the queue as empty there; nothing spins.
 */
#ifndef PERFADAPT_CORE_RING_H
#define PERFADAPT_CORE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERFADAPT__RING_CAPACITY 32   /* power of two */
#define PERFADAPT__RING_ITEM_BYTES 56 /* with its turn, a cell fills a cache line */

struct perfadapt__ring_cell {
    _Atomic uint64_t turn;
    unsigned char item[PERFADAPT__RING_ITEM_BYTES];
};

struct perfadapt__ring {
    _Atomic uint64_t head; /* next to push */
    _Atomic uint64_t tail; /* next to pop: written by the consumer only */
    struct perfadapt__ring_cell cells[PERFADAPT__RING_CAPACITY];
};

void perfadapt__ring_init(struct perfadapt__ring *ring);

/* False where the ring is full; the item is then not in it. `bytes` is at most PERFADAPT__RING_ITEM_BYTES. */
bool perfadapt__ring_push(struct perfadapt__ring *ring, const void *item, size_t bytes);

/* A glance: what is pushed meanwhile may be missed. Inline, for the frame path. */
static inline bool perfadapt__ring_is_empty(struct perfadapt__ring *ring) {
    return atomic_load_explicit(&ring->head, memory_order_relaxed) ==
           atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

/* False where the ring is empty. By one thread at a time. */
bool perfadapt__ring_pop(struct perfadapt__ring *ring, void *out_item, size_t bytes);

#endif
