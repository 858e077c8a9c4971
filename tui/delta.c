/* Structs as differences from the same structs a moment before. SPDX-License-Identifier: MIT */
#include "delta.h"

#include <stdlib.h>
#include <string.h>

/* What a token's first byte says. */
enum {
    RUN_MAX = 0x80,  /* below: as many words, and one more, are as they were */
    NUMBER = 0x80,   /* + length - 1: a difference of numbers, zigzag, low bytes first */
    BITS = 0x88,     /* + length - 1: a difference of bits; the low bytes that are not there are 0 */
    RECENT = 0x90,   /* + index: a difference of numbers that came before */
    LONG_RUN = 0x98, /* a number of words follows, all as they were */
    WORD_BYTES = 8,
    GROWTH_BYTES = 4096
};

void delta_writer_begin(struct delta_writer *writer) {
    writer->length = 0;
    writer->failed = false;
    writer->recent_at = 0;
    memset(writer->recent, 0, sizeof writer->recent);
}

void delta_writer_finish(struct delta_writer *writer) {
    free(writer->bytes);
    *writer = (struct delta_writer){0};
}

void delta_reader_begin(struct delta_reader *reader, const unsigned char *bytes, size_t length) {
    *reader = (struct delta_reader){.at = bytes, .end = bytes + length};
}

static void put_byte(struct delta_writer *writer, unsigned byte) {
    if (writer->length == writer->capacity) {
        const size_t capacity = writer->capacity * 2 + GROWTH_BYTES;
        unsigned char *grown = realloc(writer->bytes, capacity);
        if (grown == NULL) {
            writer->failed = true;
            return;
        }
        writer->bytes = grown;
        writer->capacity = capacity;
    }
    writer->bytes[writer->length++] = (unsigned char)byte;
}

static unsigned take_byte(struct delta_reader *reader) {
    if (reader->at == reader->end) {
        reader->failed = true;
        return 0;
    }
    return *reader->at++;
}

void delta_put_number(struct delta_writer *writer, uint64_t number) {
    for (; number >= 0x80; number >>= 7) {
        put_byte(writer, (unsigned)(number & 0x7f) | 0x80);
    }
    put_byte(writer, (unsigned)number);
}

uint64_t delta_take_number(struct delta_reader *reader) {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned byte = take_byte(reader);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return number;
        }
    }
    reader->failed = true;
    return 0;
}

static uint64_t load(const void *from, size_t index) {
    uint64_t word = 0;
    memcpy(&word, (const unsigned char *)from + index * WORD_BYTES, sizeof word);
    return word;
}

static void store(void *to, size_t index, uint64_t word) {
    memcpy((unsigned char *)to + index * WORD_BYTES, &word, sizeof word);
}

static uint64_t zigzag(uint64_t difference) {
    return difference << 1 ^ (difference >> 63 != 0 ? UINT64_MAX : 0);
}

static uint64_t unzigzag(uint64_t code) {
    return code >> 1 ^ ((code & 1) != 0 ? UINT64_MAX : 0);
}

static unsigned length_of(uint64_t value) {
    unsigned length = 1;
    while (value >>= 8) {
        ++length;
    }
    return length;
}

static void put_bytes(struct delta_writer *writer, unsigned kind, unsigned length, uint64_t value) {
    put_byte(writer, kind + length - 1);
    for (unsigned i = 0; i < length; ++i, value >>= 8) {
        put_byte(writer, (unsigned)(value & 0xff));
    }
}

static uint64_t take_bytes(struct delta_reader *reader, unsigned length) {
    uint64_t value = 0;
    for (unsigned i = 0; i < length; ++i) {
        value |= (uint64_t)take_byte(reader) << 8 * i;
    }
    return value;
}

static void put_difference(struct delta_writer *writer, uint64_t before, uint64_t now) {
    const uint64_t difference = now - before;
    for (unsigned i = 0; i < DELTA_RECENT; ++i) {
        if (writer->recent[i] == difference) {
            put_byte(writer, RECENT + i);
            return;
        }
    }
    writer->recent[writer->recent_at++ % DELTA_RECENT] = difference;
    uint64_t bits = now ^ before;
    unsigned shift = 0;
    while ((bits & 0xff) == 0) {
        bits >>= 8;
        ++shift;
    }
    const unsigned number_length = length_of(zigzag(difference));
    if (number_length <= WORD_BYTES - shift) {
        put_bytes(writer, NUMBER, number_length, zigzag(difference));
    } else {
        put_bytes(writer, BITS, WORD_BYTES - shift, bits);
    }
}

static void put_run(struct delta_writer *writer, size_t words) {
    if (words > RUN_MAX) {
        put_byte(writer, LONG_RUN);
        delta_put_number(writer, words);
    } else if (words > 0) {
        put_byte(writer, (unsigned)words - 1);
    }
}

void delta_put(struct delta_writer *writer, const void *before, const void *now, size_t size) {
    size_t same = 0;
    for (size_t i = 0; i < size / WORD_BYTES; ++i) {
        if (load(before, i) == load(now, i)) {
            ++same;
            continue;
        }
        put_run(writer, same);
        same = 0;
        put_difference(writer, load(before, i), load(now, i));
    }
    put_run(writer, same);
}

static uint64_t take_difference(struct delta_reader *reader, unsigned token, uint64_t before) {
    if (token >= RECENT) {
        return before + reader->recent[token - RECENT];
    }
    const unsigned length = (token & 7) + 1;
    const uint64_t value = take_bytes(reader, length);
    const uint64_t now = token >= BITS ? before ^ value << 8 * (WORD_BYTES - length) : before + unzigzag(value);
    reader->recent[reader->recent_at++ % DELTA_RECENT] = now - before;
    return now;
}

void delta_take(struct delta_reader *reader, void *in_out, size_t size) {
    const size_t words = size / WORD_BYTES;
    for (size_t i = 0; i < words && !reader->failed;) {
        const unsigned token = take_byte(reader);
        if (token < RUN_MAX || token == LONG_RUN) {
            const uint64_t run = token < RUN_MAX ? token + 1 : delta_take_number(reader);
            reader->failed |= run == 0 || run > words - i;
            i += reader->failed ? 0 : (size_t)run;
        } else if (token < LONG_RUN) {
            store(in_out, i, take_difference(reader, token, load(in_out, i)));
            ++i;
        } else {
            reader->failed = true;
        }
    }
}
