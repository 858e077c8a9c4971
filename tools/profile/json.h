/* Values of parsed JSON, whatever dress a report gives them. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_JSON_H
#define PERFADAPT_TOOLS_PROFILE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers come as numbers, as decimal or hexadecimal ("0x1000") strings, and as true and false. Each of these is false,
 * and leaves *out alone, where there is no such number: nothing given, another type, a fraction, out of range.
 */
bool profile_json_u64(const json_t *value, uint64_t *out);
bool profile_json_u32(const json_t *value, uint32_t *out);

/* Also takes what was written as a signed number: -1 for 0xffffffff. For what is no count. */
bool profile_json_u32_wrapped(const json_t *value, uint32_t *out);

/* False also where it is infinite. */
bool profile_json_real(const json_t *value, double *out);

/*
 * Cut where a character begins; control characters become spaces, those at its end are dropped. False: no text in it.
 */
bool profile_json_text(const json_t *value, char *out, size_t capacity);

/* The same of a key. NULL is no text. */
bool profile_json_clean(const char *text, char *out, size_t capacity);

/* The member of one of two names, NULL where the object has none or is none. `other` may be NULL. */
json_t *profile_json_either(const json_t *object, const char *name, const char *other);

#endif
