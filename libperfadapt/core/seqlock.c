/* SPDX-License-Identifier: MIT */
#include "core/seqlock.h"

#include <string.h>

void perfadapt__seqlock_write_begin(struct perfadapt__seqlock *lock) {
    const uint64_t sequence = atomic_load_explicit(&lock->sequence, memory_order_relaxed);
    /* The payload's release stores come after this one, so a reader that sees any of them sees the odd value. */
    atomic_store_explicit(&lock->sequence, sequence | 1, memory_order_relaxed);
}

void perfadapt__seqlock_write_end(struct perfadapt__seqlock *lock) {
    const uint64_t sequence = atomic_load_explicit(&lock->sequence, memory_order_relaxed);
    atomic_store_explicit(&lock->sequence, (sequence | 1) + 1, memory_order_release);
}

void perfadapt__seqlock_store(_Atomic uint64_t *words, const void *from, size_t bytes) {
    const unsigned char *source = from;
    for (size_t i = 0; i < bytes / 8; i++) {
        uint64_t word;
        memcpy(&word, source + i * 8, sizeof word);
        atomic_store_explicit(&words[i], word, memory_order_release);
    }
    if (bytes % 8) { /* 32-bit ABIs pad structs to 4 */
        uint64_t word = 0;
        memcpy(&word, source + bytes / 8 * 8, bytes % 8);
        atomic_store_explicit(&words[bytes / 8], word, memory_order_release);
    }
}

void perfadapt__seqlock_load(const _Atomic uint64_t *words, void *to, size_t bytes) {
    unsigned char *target = to;
    for (size_t i = 0; i < bytes / 8; i++) {
        const uint64_t word = atomic_load_explicit(&words[i], memory_order_acquire);
        memcpy(target + i * 8, &word, sizeof word);
    }
    if (bytes % 8) {
        const uint64_t word = atomic_load_explicit(&words[bytes / 8], memory_order_acquire);
        memcpy(target + bytes / 8 * 8, &word, bytes % 8);
    }
}

void perfadapt__seqlock_write(struct perfadapt__seqlock *lock, _Atomic uint64_t *words, const void *from,
                              size_t bytes) {
    perfadapt__seqlock_write_begin(lock);
    perfadapt__seqlock_store(words, from, bytes);
    perfadapt__seqlock_write_end(lock);
}

bool perfadapt__seqlock_read(const struct perfadapt__seqlock *lock, const _Atomic uint64_t *words, void *to,
                             size_t bytes, unsigned retries) {
    for (unsigned i = 0; i < retries; i++) {
        const uint64_t before = atomic_load_explicit(&lock->sequence, memory_order_acquire);
        if (before & 1)
            continue;
        perfadapt__seqlock_load(words, to, bytes);
        if (atomic_load_explicit(&lock->sequence, memory_order_relaxed) == before)
            return true;
    }
    return false;
}
