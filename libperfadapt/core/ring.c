/* SPDX-License-Identifier: MIT */
#include "core/ring.h"

#include <string.h>

static struct perfadapt__ring_cell *cell_at(struct perfadapt__ring *ring, uint64_t position) {
    return &ring->cells[position % PERFADAPT__RING_CAPACITY];
}

void perfadapt__ring_init(struct perfadapt__ring *ring) {
    memset(ring, 0, sizeof *ring);
    for (uint64_t i = 0; i < PERFADAPT__RING_CAPACITY; i++)
        atomic_init(&ring->cells[i].turn, i);
}

bool perfadapt__ring_push(struct perfadapt__ring *ring, const void *item, size_t bytes) {
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    for (;;) {
        struct perfadapt__ring_cell *cell = cell_at(ring, head);
        const uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn == head) {
            if (atomic_compare_exchange_weak_explicit(&ring->head, &head, head + 1, memory_order_relaxed,
                                                      memory_order_relaxed)) {
                memcpy(cell->item, item, bytes);
                atomic_store_explicit(&cell->turn, head + 1, memory_order_release);
                return true;
            }
        } else if (turn < head) {
            return false;
        } else {
            head = atomic_load_explicit(&ring->head, memory_order_relaxed);
        }
    }
}

bool perfadapt__ring_pop(struct perfadapt__ring *ring, void *out_item, size_t bytes) {
    const uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    struct perfadapt__ring_cell *cell = cell_at(ring, tail);
    if (atomic_load_explicit(&cell->turn, memory_order_acquire) != tail + 1)
        return false;
    memcpy(out_item, cell->item, bytes);
    atomic_store_explicit(&cell->turn, tail + PERFADAPT__RING_CAPACITY, memory_order_release);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_relaxed);
    return true;
}
