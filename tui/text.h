/* Pieces of text: UTF-8, numbers, times. SPDX-License-Identifier: MIT */
#ifndef TUI_TEXT_H
#define TUI_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* What text_decode() gives for bytes that are no UTF-8: the replacement character. */
#define TEXT_INVALID UINT32_C(0xfffd)

/* The code point at *cursor, which moves behind it; not to be called at the terminating NUL. */
uint32_t text_decode(const char **cursor);

/* Replaces in place what is not printable ASCII: the degree sign is dropped, anything else becomes '?'. */
void text_to_ascii(char *text);

/* All of these print "n/a" for NAN. */
void text_number(char *out, size_t capacity, double value, int decimals);
void text_percent(char *out, size_t capacity, double value);
void text_bytes(char *out, size_t capacity, double bytes);

/* "90 s", "6 min", "2 h" */
void text_duration(char *out, size_t capacity, double seconds);

/* The local time of day, "02:31:08". */
void text_clock(char *out, size_t capacity, int64_t realtime_ns);

#endif
