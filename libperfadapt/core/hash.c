/* SPDX-License-Identifier: MIT */
#include "core/hash.h"

/* draft-eastlake-fnv: the prime of 64 bits. */
#define PRIME UINT64_C(0x100000001b3)

uint64_t perfadapt__hash(uint64_t hash, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * PRIME;
    return hash;
}

void perfadapt__hash_print(uint64_t hash, char out_text[PERFADAPT__HASH_TEXT_BYTES]) {
    for (int digit = 15; digit >= 0; digit--, hash >>= 4)
        out_text[digit] = "0123456789abcdef"[hash & 15];
    out_text[PERFADAPT__HASH_TEXT_BYTES - 1] = '\0';
}
