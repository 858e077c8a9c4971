/* SPDX-License-Identifier: MIT */
#include "record/words.h"

#include <stdint.h>
#include <string.h>

#define GROUP 8

/* 32-bit ABIs end some structs in half a word. */
static size_t bytes_of(size_t index, size_t bytes) {
    return bytes - index * 8 < 8 ? bytes - index * 8 : 8;
}

static uint64_t word_at(const void *from, size_t index, size_t bytes) {
    uint64_t word = 0;
    if (from)
        memcpy(&word, (const unsigned char *)from + index * 8, bytes_of(index, bytes));
    return word;
}

static unsigned char *pack_word(unsigned char *to, uint64_t word) {
    const unsigned low = (unsigned)__builtin_ctzll(word) / 8;
    const unsigned kept = 8 - (unsigned)__builtin_clzll(word) / 8 - low;
    *to++ = (unsigned char)(low << 4 | kept);
    word >>= 8 * low;
    for (unsigned i = 0; i < kept; i++, word >>= 8)
        *to++ = (unsigned char)word;
    return to;
}

unsigned char *perfadapt__words_pack(unsigned char *to, const void *now, const void *before, size_t bytes) {
    const size_t count = (bytes + 7) / 8;
    for (size_t first = 0; first < count; first += GROUP) {
        unsigned char *const mask = to++;
        *mask = 0;
        for (size_t i = first; i < count && i < first + GROUP; i++) {
            const uint64_t differs = word_at(now, i, bytes) ^ word_at(before, i, bytes);
            if (!differs)
                continue;
            *mask |= (unsigned char)(1u << (i - first));
            to = pack_word(to, differs);
        }
    }
    return to;
}

static const unsigned char *unpack_word(const unsigned char *from, const unsigned char *end, unsigned char *inout_word,
                                        size_t bytes) {
    if (from == end)
        return NULL;
    const unsigned low = *from >> 4, kept = *from & 15;
    from++;
    if (kept == 0 || low + kept > 8 || (size_t)(end - from) < kept)
        return NULL;
    uint64_t word = 0, before = 0;
    for (unsigned i = 0; i < kept; i++)
        word |= (uint64_t)from[i] << 8 * i;
    memcpy(&before, inout_word, bytes);
    before ^= word << 8 * low;
    memcpy(inout_word, &before, bytes);
    return from + kept;
}

const unsigned char *perfadapt__words_unpack(const unsigned char *from, const unsigned char *end, void *inout_struct,
                                             size_t bytes) {
    const size_t count = (bytes + 7) / 8;
    for (size_t first = 0; first < count; first += GROUP) {
        if (from == end)
            return NULL;
        const unsigned mask = *from++;
        for (size_t i = first; i < first + GROUP; i++) {
            if (!(mask >> (i - first) & 1))
                continue;
            from = i < count ? unpack_word(from, end, (unsigned char *)inout_struct + i * 8, bytes_of(i, bytes)) : NULL;
            if (!from)
                return NULL;
        }
    }
    return from;
}
