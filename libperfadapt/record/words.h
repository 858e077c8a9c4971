/*
 * Structs as 64-bit words, of which only what differs is kept. SPDX-License-Identifier: MIT
 *
 * Eight words share a byte that says which of them differ. One that does is kept as XOR of the two, without the zero
 * bytes at its ends: a byte of how many there are at its low end (high four bits) and how many bytes are kept (low
 * four), then those, lowest first. Clocks differ in their low bytes, doubles that moved a little in a few of the high
 * ones, and a zeroed struct costs a bit per word (the idea is Pelkonen's et al., "Gorilla", VLDB 2015).
 */
#ifndef PERFADAPT_RECORD_WORDS_H
#define PERFADAPT_RECORD_WORDS_H

#include <stddef.h>

/* The most that `bytes` bytes can take. */
#define PERFADAPT__WORDS_PACKED_MOST(bytes) (((bytes) + 63) / 64 + ((bytes) + 7) / 8 * 9)

/*
 * Writes what `now` (of `bytes`, a multiple of 8) has other than `before`, NULL = zeros. Returns the end of what was
 * written.
 */
unsigned char *perfadapt__words_pack(unsigned char *to, const void *now, const void *before, size_t bytes);

/* Turns `inout_struct` from the one before into the one that was packed. NULL where `from` … `end` does not hold it. */
const unsigned char *perfadapt__words_unpack(const unsigned char *from, const unsigned char *end, void *inout_struct,
                                             size_t bytes);

#endif
