/* Pieces of text. SPDX-License-Identifier: MIT */
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

/* Length of the sequence a first byte announces, 0 for none; *code gets the bits it carries. */
static int sequence_length(unsigned char first, uint32_t *code) {
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    if (first >= 0xc2 && first < 0xe0) {
        *code = first & 0x1fU;
        return 2;
    }
    if (first >= 0xe0 && first < 0xf0) {
        *code = first & 0x0fU;
        return 3;
    }
    if (first >= 0xf0 && first < 0xf5) {
        *code = first & 0x07U;
        return 4;
    }
    return 0;
}

uint32_t text_decode(const char **cursor) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)*cursor;
    uint32_t code = 0;
    const int length = sequence_length(bytes[0], &code);
    for (int i = 1; i < length; ++i) {
        if ((bytes[i] & 0xc0U) != 0x80) {
            ++*cursor;
            return TEXT_INVALID;
        }
        code = code << 6 | (bytes[i] & 0x3fU);
    }
    if (length == 0 || code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        ++*cursor;
        return TEXT_INVALID;
    }
    *cursor += length;
    return code;
}

void text_to_ascii(char *text) {
    char *out = text;
    for (const char *cursor = text; *cursor != '\0';) {
        const uint32_t code = text_decode(&cursor);
        if (code == '\n' || (code >= 0x20 && code < 0x7f)) {
            *out++ = (char)code;
        } else if (code != 0xb0) {
            *out++ = '?';
        }
    }
    *out = '\0';
}

void text_number(char *out, size_t capacity, double value, int decimals) {
    if (isnan(value)) {
        snprintf(out, capacity, "n/a");
    } else {
        snprintf(out, capacity, "%.*f", decimals, value);
    }
}

void text_percent(char *out, size_t capacity, double value) {
    if (isnan(value)) {
        snprintf(out, capacity, "n/a");
    } else {
        snprintf(out, capacity, "%.*f%%", value < 99.95 ? 1 : 0, value);
    }
}

void text_bytes(char *out, size_t capacity, double bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    if (isnan(bytes)) {
        snprintf(out, capacity, "n/a");
        return;
    }
    unsigned unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        ++unit;
    }
    snprintf(out, capacity, "%.*f %s", unit > 0 && bytes < 99.95 ? 1 : 0, bytes, units[unit]);
}

void text_duration(char *out, size_t capacity, double seconds) {
    if (isnan(seconds)) {
        snprintf(out, capacity, "n/a");
    } else if (seconds < 99.5) {
        snprintf(out, capacity, "%.0f s", seconds);
    } else if (seconds < 5970) {
        snprintf(out, capacity, "%.0f min", seconds / 60);
    } else {
        snprintf(out, capacity, "%.0f h", seconds / 3600);
    }
}

void text_clock(char *out, size_t capacity, int64_t realtime_ns) {
    const time_t seconds = (time_t)(realtime_ns / 1000000000);
    struct tm local;
    if (realtime_ns <= 0 || localtime_r(&seconds, &local) == NULL || strftime(out, capacity, "%H:%M:%S", &local) == 0) {
        snprintf(out, capacity, "n/a");
    }
}
