/* Writes JSON into memory. SPDX-License-Identifier: MIT */
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void append(struct json *json, const char *text, size_t length) {
    if (json->failed) {
        return;
    }
    if (json->length + length > json->capacity) {
        const size_t capacity = (json->length + length) * 2 + 4096;
        char *grown = realloc(json->text, capacity);
        if (grown == NULL) {
            json->failed = true;
            return;
        }
        json->text = grown;
        json->capacity = capacity;
    }
    memcpy(json->text + json->length, text, length);
    json->length += length;
}

static void append_text(struct json *json, const char *text) {
    append(json, text, strlen(text));
}

static void append_escaped(struct json *json, uint32_t code, const char *raw, size_t length) {
    char escape[8];
    if (code == '"' || code == '\\') {
        snprintf(escape, sizeof escape, "\\%c", (int)code);
    } else if (code < 0x20 || code == 0x7f || code == TEXT_INVALID) {
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)code);
    } else {
        append(json, raw, length);
        return;
    }
    append_text(json, escape);
}

static void append_quoted(struct json *json, const char *text) {
    append_text(json, "\"");
    for (const char *cursor = text; *cursor != '\0';) {
        const char *start = cursor;
        const uint32_t code = text_decode(&cursor);
        append_escaped(json, code, start, (size_t)(cursor - start));
    }
    append_text(json, "\"");
}

static void prefix(struct json *json, const char *key) {
    if (json->comma) {
        append_text(json, ",");
    }
    json->comma = true;
    if (key != NULL) {
        append_quoted(json, key);
        append_text(json, ":");
    }
}

void json_init(struct json *json) {
    *json = (struct json){.text = NULL};
}

void json_finish(struct json *json) {
    free(json->text);
    json_init(json);
}

void json_clear(struct json *json) {
    json->length = 0;
    json->comma = false;
    json->failed = false;
}

void json_newline(struct json *json) {
    append_text(json, "\n");
    json->comma = false;
}

static void begin(struct json *json, const char *key, const char *bracket) {
    prefix(json, key);
    append_text(json, bracket);
    json->comma = false;
}

static void end(struct json *json, const char *bracket) {
    append_text(json, bracket);
    json->comma = true;
}

void json_object_begin(struct json *json, const char *key) {
    begin(json, key, "{");
}

void json_object_end(struct json *json) {
    end(json, "}");
}

void json_array_begin(struct json *json, const char *key) {
    begin(json, key, "[");
}

void json_array_end(struct json *json) {
    end(json, "]");
}

void json_null(struct json *json, const char *key) {
    prefix(json, key);
    append_text(json, "null");
}

void json_bool(struct json *json, const char *key, bool value) {
    prefix(json, key);
    append_text(json, value ? "true" : "false");
}

void json_integer(struct json *json, const char *key, int64_t value) {
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, value);
    prefix(json, key);
    append_text(json, number);
}

void json_unsigned(struct json *json, const char *key, uint64_t value) {
    char number[32];
    snprintf(number, sizeof number, "%" PRIu64, value);
    prefix(json, key);
    append_text(json, number);
}

/* Six decimals put together from integers: printf's %f would use the locale's decimal point. */
static void append_decimal(struct json *json, double value) {
    char number[48];
    const int64_t scaled = (int64_t)llround(fabs(value) * 1e6);
    int length = snprintf(number, sizeof number, "%s%" PRId64 ".%06" PRId64, value < 0 && scaled != 0 ? "-" : "",
                          scaled / 1000000, scaled % 1000000);
    while (number[length - 1] == '0') {
        --length;
    }
    length -= number[length - 1] == '.';
    append(json, number, (size_t)length);
}

void json_double(struct json *json, const char *key, double value) {
    if (!isfinite(value)) {
        json_null(json, key);
        return;
    }
    prefix(json, key);
    if (fabs(value) < 9e12) {
        append_decimal(json, value);
        return;
    }
    char number[352];
    snprintf(number, sizeof number, "%.0f", value);
    append_text(json, number);
}

void json_string(struct json *json, const char *key, const char *text) {
    if (text == NULL) {
        json_null(json, key);
        return;
    }
    prefix(json, key);
    append_quoted(json, text);
}
