/* SPDX-License-Identifier: MIT */
#include "probe/json_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Configurations may be in Latin-1, names from broken firmware in nothing: JSON is UTF-8. */
json_t *probe_json_text(const char *text) {
    char plain[512];
    if (!text || !*text)
        return json_null();
    json_t *value = json_string(text);
    if (value)
        return value;
    snprintf(plain, sizeof plain, "%s", text);
    for (char *c = plain; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return json_string(plain);
}

json_t *probe_json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *probe_json_whole(uint64_t value) {
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_real((double)value);
}

json_t *probe_json_count(uint64_t value) {
    return value == 0 ? json_null() : probe_json_whole(value);
}

json_t *probe_json_yes_no(int64_t value) {
    return value == 0 || value == 1 ? json_boolean(value == 1) : json_null();
}

json_t *probe_json_index(size_t index) {
    return index == SIZE_MAX ? json_null() : json_integer((json_int_t)index);
}

json_t *probe_json_hex(uint32_t value) {
    char text[16];
    snprintf(text, sizeof text, "0x%04x", (unsigned)value);
    return value == 0 ? json_null() : json_string(text);
}

json_t *probe_json_mask(uint32_t value) {
    char text[16];
    snprintf(text, sizeof text, "0x%08x", (unsigned)value);
    return json_string(text);
}

json_t *probe_json_version(uint32_t packed) {
    char text[48];
    snprintf(text, sizeof text, "%u.%u.%u", packed >> 22 & 0x7f, packed >> 12 & 0x3ff, packed & 0xfff);
    return packed == 0 ? json_null() : json_string(text);
}

void probe_json_set(json_t *object, const char *key, json_t *value) {
    json_object_set_new(object, key, value);
}
