/* SPDX-License-Identifier: MIT */
#include "profile/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double two_to_64 = 18446744073709551616.0;

/* A whole number: its size, and on which side of 0. */
struct whole {
    bool negative;
    uint64_t magnitude;
};

/* 2^64 is what becomes of 18446744073709551615 in a double. */
static bool whole_of_real(double real, struct whole *out) {
    const double magnitude = fabs(real);
    if (real >= two_to_64 && real <= two_to_64) {
        *out = (struct whole){.magnitude = UINT64_MAX};
        return true;
    }
    if (!(magnitude < two_to_64) || (double)(uint64_t)magnitude < magnitude)
        return false;
    *out = (struct whole){.negative = real < 0, .magnitude = (uint64_t)magnitude};
    return true;
}

static bool whole_of_text(const char *text, struct whole *out) {
    text += strspn(text, " \t");
    const bool negative = *text == '-';
    text += negative;
    const bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    text += hexadecimal ? 2 : 0;
    if (!isxdigit((unsigned char)*text)) /* strtoull takes signs and spaces */
        return false;
    char *end;
    errno = 0;
    const unsigned long long magnitude = strtoull(text, &end, hexadecimal ? 16 : 10);
    if (errno != 0 || end == text || end[strspn(end, " \t")] != '\0')
        return false;
    *out = (struct whole){.negative = negative, .magnitude = magnitude};
    return true;
}

static bool whole_of(const json_t *value, struct whole *out) {
    if (json_is_number(value))
        return whole_of_real(json_number_value(value), out);
    if (json_is_boolean(value)) {
        *out = (struct whole){.magnitude = json_is_true(value)};
        return true;
    }
    const char *text = json_string_value(value);
    double real;
    if (!text)
        return false;
    if (strchr(text, '.'))
        return profile_json_real(value, &real) && whole_of_real(real, out);
    return whole_of_text(text, out);
}

bool profile_json_u64(const json_t *value, uint64_t *out) {
    struct whole whole;
    if (!whole_of(value, &whole) || (whole.negative && whole.magnitude > 0))
        return false;
    *out = whole.magnitude;
    return true;
}

bool profile_json_u32(const json_t *value, uint32_t *out) {
    uint64_t number;
    if (!profile_json_u64(value, &number) || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

bool profile_json_u32_wrapped(const json_t *value, uint32_t *out) {
    struct whole whole;
    if (!whole_of(value, &whole) || whole.magnitude > (whole.negative ? UINT64_C(0x80000000) : UINT32_MAX))
        return false;
    *out = whole.negative ? 0 - (uint32_t)whole.magnitude : (uint32_t)whole.magnitude;
    return true;
}

bool profile_json_real(const json_t *value, double *out) {
    const char *text = json_string_value(value);
    char *end = NULL;
    double real = json_number_value(value);
    if (text)
        real = strtod(text, &end);
    else if (!json_is_number(value))
        return false;
    if (!isfinite(real) || (text && (end == text || end[strspn(end, " \t")] != '\0')))
        return false;
    *out = real;
    return true;
}

/* Terminals obey some of those: ESC, and CSI of the C1 set, which is two bytes in UTF-8. */
static void blank_controls(char *text) {
    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        if (*at < ' ' || *at == 0x7f)
            *at = ' ';
        if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
            at[0] = at[1] = ' ';
    }
}

static void trim_end(char *text) {
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
}

bool profile_json_clean(const char *text, char *out, size_t capacity) {
    if (!text || !text[strspn(text, " \t\r\n")])
        return false;
    text += strspn(text, " \t\r\n");
    size_t length = strnlen(text, capacity - 1);
    while (length > 0 && text[length] && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    memcpy(out, text, length);
    out[length] = '\0';
    blank_controls(out);
    trim_end(out);
    return true;
}

bool profile_json_text(const json_t *value, char *out, size_t capacity) {
    return profile_json_clean(json_string_value(value), out, capacity);
}

json_t *profile_json_either(const json_t *object, const char *name, const char *other) {
    json_t *value = json_object_get(object, name);
    return value || !other ? value : json_object_get(object, other);
}
