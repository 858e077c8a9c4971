/* Values of a report: null for unknown, names in any encoding. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_JSON_VALUE_H
#define PERFADAPT_PROBE_JSON_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* More than millidegrees and the scales of dividers need, less than what a double adds of its own: 45.85, not
 * 45.850000000000001. */
#define PROBE_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(12))

/* Each may be NULL where there is no memory, which Jansson's setters take for a failure and no more. */
json_t *probe_json_text(const char *text);   /* "" and NULL: null */
json_t *probe_json_number(double value);     /* NAN: null */
json_t *probe_json_count(uint64_t value);    /* 0: null. Beyond what JSON's readers take for whole, as a real */
json_t *probe_json_whole(uint64_t value);    /* likewise, but 0 is 0 */
json_t *probe_json_yes_no(int64_t value);    /* 1, 0; anything else: null */
json_t *probe_json_index(size_t index);      /* SIZE_MAX: null */
json_t *probe_json_hex(uint32_t value);      /* "0x10de"; 0: null */
json_t *probe_json_mask(uint32_t value);     /* "0x0000000f" */
json_t *probe_json_version(uint32_t packed); /* "1.3.239", as VK_MAKE_API_VERSION packs it; 0: null */

/* Adds to an object. */
void probe_json_set(json_t *object, const char *key, json_t *value);

#endif
