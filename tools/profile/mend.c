/* SPDX-License-Identifier: MIT */
#include "profile/mend.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The largest double has 309 digits: beyond them there is nothing that anybody meant. */
#define NUMBER_LONGEST 320

/* Bytes of the UTF-8 character there: 0 where there is none (RFC 3629: the shortest form, no surrogates). */
static size_t character_length(const unsigned char *at, size_t left) {
    if (at[0] < 0x80)
        return 1;
    const size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    const bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    const bool outside = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || outside ? 0 : length;
}

/* `at` is behind the opening quote. Returns where the string ends: behind the closing one, or at the end of all. */
static char *mend_string(char *at, const char *end) {
    while (at < end && *at != '"') {
        const size_t length = character_length((unsigned char *)at, (size_t)(end - at));
        if (length == 0)
            *at = '?';
        else if ((unsigned char)*at < ' ')
            *at = ' ';
        at += length ? length : 1;
        if (at[-1] == '\\' && at < end && (*at == '"' || *at == '\\'))
            at++;
    }
    return at < end ? at + 1 : at;
}

static bool is_of_token(char byte) {
    return isalnum((unsigned char)byte) || (byte && strchr("+-.#()_", byte));
}

static bool is_no_number(const char *token, size_t length) {
    const char *word = token + strspn(token, "+-");
    if (strncasecmp(word, "nan", 3) == 0 || strncasecmp(word, "inf", 3) == 0)
        return true;
    if (!isdigit((unsigned char)*word))
        return false;
    if (length > NUMBER_LONGEST || memchr(token, '#', length))
        return true;
    char *rest;
    return isinf(strtod(token, &rest)) != 0;
}

static char *mend_token(char *at, const char *end) {
    char *token = at;
    while (at < end && is_of_token(*at))
        at++;
    const size_t length = (size_t)(at - token);
    if (length >= 2 && is_no_number(token, length)) {
        memset(token, ' ', length);
        memset(token, '"', 2);
    }
    return at;
}

void profile_mend(char *text, size_t length) {
    const char *end = text + length;
    for (char *at = text; at < end;) {
        if (*at == '"')
            at = mend_string(at + 1, end);
        else if (is_of_token(*at))
            at = mend_token(at, end);
        else
            at++;
    }
}
