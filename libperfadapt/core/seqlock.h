/*
 * One writer, any number of lock-free readers, over memory that may be shared with other processes.
 * SPDX-License-Identifier: MIT
 *
 * The payload is an array of 64-bit atomics, so a torn read is a retry and never a data race. Payload stores are
 * releases and payload loads are acquires: that orders them against the sequence without fences, which thread sanitizers
 * do not model, and costs nothing on x86 (Boehm, "Can seqlocks get along with programming language memory models?", 2012).
 */
#ifndef PERFADAPT_CORE_SEQLOCK_H
#define PERFADAPT_CORE_SEQLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perfadapt__seqlock {
    _Atomic uint64_t sequence; /* odd while an update is under way */
};

/* 64-bit words that hold `bytes` bytes. */
#define PERFADAPT__WORDS(bytes) (((bytes) + 7) / 8)

/* Around the writer's stores. One writer at a time: the caller sees to that. */
void perfadapt__seqlock_write_begin(struct perfadapt__seqlock *lock);
void perfadapt__seqlock_write_end(struct perfadapt__seqlock *lock);

/* Stores `bytes` of `from` into PERFADAPT__WORDS(bytes) words; between begin and end. */
void perfadapt__seqlock_store(_Atomic uint64_t *words, const void *from, size_t bytes);

/* Loads likewise, without any check of consistency. */
void perfadapt__seqlock_load(const _Atomic uint64_t *words, void *to, size_t bytes);

/* begin, store, end. */
void perfadapt__seqlock_write(struct perfadapt__seqlock *lock, _Atomic uint64_t *words, const void *from, size_t bytes);

/* False when `retries` attempts all collided with the writer, or the writer died inside an update; `to` is then garbage. */
bool perfadapt__seqlock_read(const struct perfadapt__seqlock *lock, const _Atomic uint64_t *words, void *to,
                             size_t bytes, unsigned retries);

#endif
