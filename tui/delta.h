/* Structs as differences from the same structs a moment before: few bytes where little changes.
 * SPDX-License-Identifier: MIT
 *
 * A struct is taken as 64-bit words. What differs is a difference of numbers (times, counters) or of bits (doubles),
 * whichever is shorter; a difference that came a few words ago, as all times of one sample have, takes one byte. */
#ifndef TUI_DELTA_H
#define TUI_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DELTA_RECENT 8

struct delta_writer {
    unsigned char *bytes; /* grows; freed by delta_writer_finish() */
    size_t length;
    size_t capacity;
    bool failed; /* no memory: what was written is not whole */
    unsigned recent_at;
    uint64_t recent[DELTA_RECENT];
};

struct delta_reader {
    const unsigned char *at;
    const unsigned char *end;
    bool failed; /* the bytes are none that a writer wrote: what was read counts for nothing */
    unsigned recent_at;
    uint64_t recent[DELTA_RECENT];
};

/* Empties a writer and keeps its room; { 0 } is an empty one. */
void delta_writer_begin(struct delta_writer *writer);
void delta_writer_finish(struct delta_writer *writer);

void delta_reader_begin(struct delta_reader *reader, const unsigned char *bytes, size_t length);

void delta_put_number(struct delta_writer *writer, uint64_t number);
uint64_t delta_take_number(struct delta_reader *reader);

/* `size` is that of the struct, a multiple of 8. */
void delta_put(struct delta_writer *writer, const void *before, const void *now, size_t size);

/* `*in_out` is what it was before, and becomes what it is now. */
void delta_take(struct delta_reader *reader, void *in_out, size_t size);

#endif
