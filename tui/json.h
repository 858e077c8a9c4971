/* JSON into memory: escaped, independent of the locale, null for the unknown. SPDX-License-Identifier: MIT */
#ifndef TUI_JSON_H
#define TUI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
    char *text; /* freed by json_finish() */
    size_t length;
    size_t capacity;
    bool comma;  /* the next value is not the first of its object or array */
    bool failed; /* out of memory: the text is incomplete */
};

void json_init(struct json *json);
void json_finish(struct json *json);
void json_clear(struct json *json); /* keeps the memory */
void json_newline(struct json *json);

/* A NULL key is for elements of arrays and for the outermost value. */
void json_object_begin(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array_begin(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
void json_integer(struct json *json, const char *key, int64_t value);
void json_unsigned(struct json *json, const char *key, uint64_t value);
void json_double(struct json *json, const char *key, double value);     /* NAN and infinities become null */
void json_string(struct json *json, const char *key, const char *text); /* NULL becomes null */

#endif
