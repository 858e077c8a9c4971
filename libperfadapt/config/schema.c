/* SPDX-License-Identifier: MIT */
#include "config/schema.h"

#include "config/nearest.h"
#include "config/number.h"
#include "config/schema_rows.h"
#include "core/fs.h"

#include <stdio.h>
#include <string.h>

#define RANGE_MAX 96

static const double ns_per_s = 1e9;
static const double ns_per_ms = 1e6;
static const char suffixes[] = "KMGT";
static const unsigned decimals_of_range = 3;

#define SCHEMA_ROW(key, member, kind, least, most, words, unit, otherwise, text)                                       \
    {key, offsetof(struct perfadapt__settings, member), PERFADAPT__KIND_##kind, least, most, words},

static const struct perfadapt__schema_row rows[] = {PERFADAPT__SCHEMA_ROWS(SCHEMA_ROW)};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

size_t perfadapt__schema_count(void) {
    return ROW_COUNT;
}

const struct perfadapt__schema_row *perfadapt__schema_row(size_t index) {
    return index < ROW_COUNT ? &rows[index] : NULL;
}

static bool has_none(const struct perfadapt__schema_row *row) {
    return row->kind == PERFADAPT__KIND_RATE || row->kind == PERFADAPT__KIND_MILLISECONDS ||
           row->kind == PERFADAPT__KIND_NANOSECONDS;
}

void perfadapt__schema_range(const struct perfadapt__schema_row *row, char *out, size_t capacity) {
    char least[PERFADAPT__NUMBER_TEXT];
    char most[PERFADAPT__NUMBER_TEXT];
    switch (row->kind) {
    case PERFADAPT__KIND_WORD:
        snprintf(out, capacity, "%s", row->words);
        break;
    case PERFADAPT__KIND_NAME:
        snprintf(out, capacity, "a name of letters, digits, - and _");
        break;
    case PERFADAPT__KIND_BYTES:
        snprintf(out, capacity, "bytes, or with K, M, G, T");
        break;
    default:
        perfadapt__number_print_short(row->least, decimals_of_range, least);
        perfadapt__number_print_short(row->most, decimals_of_range, most);
        snprintf(out, capacity, "%s to %s%s", least, most, has_none(row) ? ", or 0 for none" : "");
    }
}

/* ---- reading a value ---- */

/* The place of `value` among words parted by "|". */
static bool find_word(const char *words, const char *value, double *out_number) {
    const size_t length = strlen(value);
    for (double number = 0;; number++) {
        const size_t candidate = strcspn(words, "|");
        *out_number = number;
        if (candidate == length && strncmp(words, value, length) == 0)
            return true;
        if (!words[candidate])
            return false;
        words += candidate + 1;
    }
}

static bool read_bytes(const char *value, double *out_number) {
    char digits[PERFADAPT__NUMBER_TEXT];
    const size_t length = strlen(value);
    const char *suffix = length ? strchr(suffixes, value[length - 1]) : NULL;
    if (length >= sizeof digits)
        return false;
    memcpy(digits, value, length + 1);
    if (suffix)
        digits[length - 1] = '\0';
    if (!perfadapt__number_parse(digits, out_number))
        return false;
    for (; suffix && suffix >= suffixes; suffix--)
        *out_number *= 1024;
    return true;
}

static bool read_whole(const char *value, double *out_number) {
    uint64_t number;
    if (*value < '0' || *value > '9' || !perfadapt__fs_parse_u64(&value, &number) || *value)
        return false;
    *out_number = (double)number;
    return true;
}

static bool read_in_range(const struct perfadapt__schema_row *row, const char *value, double *out_number) {
    const bool read = row->kind == PERFADAPT__KIND_WHOLE   ? read_whole(value, out_number)
                      : row->kind == PERFADAPT__KIND_BYTES ? read_bytes(value, out_number)
                                                           : perfadapt__number_parse(value, out_number);
    return read && ((*out_number >= row->least && *out_number <= row->most) ||
                    (has_none(row) && !(*out_number < 0) && !(*out_number > 0)));
}

/* Frames per second to ns, and back. */
static double rate_turned(double number) {
    return number > 0 ? ns_per_s / number : 0;
}

static bool set_number(double *number, const struct perfadapt__schema_row *row, const char *value) {
    double read;
    if (row->kind == PERFADAPT__KIND_WORD ? !find_word(row->words, value, &read) : !read_in_range(row, value, &read))
        return false;
    if (row->kind == PERFADAPT__KIND_RATE)
        read = rate_turned(read);
    if (row->kind == PERFADAPT__KIND_MILLISECONDS)
        read *= ns_per_ms;
    *number = read;
    return true;
}

/* What may become a part of a path: no slash, no dot. */
bool perfadapt__schema_is_name(const char *value) {
    const char *at = value;
    while ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || *at == '-' ||
           *at == '_')
        at++;
    return at > value && !*at && (size_t)(at - value) < sizeof((struct perfadapt__settings *)0)->preset;
}

static bool set_name(char *name, const char *value) {
    const bool good = perfadapt__schema_is_name(value);
    if (good)
        memcpy(name, value, strlen(value) + 1);
    return good;
}

static bool refuse_value(const struct perfadapt__schema_row *row, const char *value, char *out_reason) {
    char range[RANGE_MAX];
    char shown[PERFADAPT__WORD_SHOWN];
    const bool plain = row->kind >= PERFADAPT__KIND_BYTES || !value[strspn(value, "+-.0123456789")];
    perfadapt__word_clean(value, shown);
    perfadapt__schema_range(row, range, sizeof range);
    snprintf(out_reason, PERFADAPT__SCHEMA_REASON_MAX, "%s \"%s\" is %s: %s%s", row->key, shown,
             plain ? "not in its range" : "no plain number", range,
             strpbrk(value, "#;") ? "; what is behind \" ;\" is a comment" : "");
    return false;
}

/* Also near: the key without its section, or in a wrong one. */
static bool has_name(const char *full_key, const char *key) {
    const char *dot = strrchr(key, '.');
    return strcmp(dot ? dot + 1 : key, strchr(full_key, '.') + 1) == 0;
}

static bool refuse_key(const char *key, char *out_reason) {
    struct perfadapt__nearest guess;
    const struct perfadapt__schema_row *nearest = NULL;
    perfadapt__nearest_init(&guess, key);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        perfadapt__nearest_offer(&guess, rows[i].key);
        if (!guess.found && has_name(rows[i].key, key))
            guess.found = rows[i].key;
        if (guess.found == rows[i].key)
            nearest = &rows[i];
    }
    perfadapt__nearest_tell(&guess, "setting", out_reason, PERFADAPT__SCHEMA_REASON_MAX);
    if (!nearest)
        return false;
    char range[RANGE_MAX];
    const size_t used = strlen(out_reason);
    perfadapt__schema_range(nearest, range, sizeof range);
    snprintf(out_reason + used, PERFADAPT__SCHEMA_REASON_MAX - used, " (%s)", range);
    return false;
}

bool perfadapt__schema_set(struct perfadapt__settings *settings, const char *key, const char *value,
                           char out_reason[PERFADAPT__SCHEMA_REASON_MAX]) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct perfadapt__schema_row *row = &rows[i];
        if (strcmp(key, row->key) != 0)
            continue;
        void *member = (char *)settings + row->offset;
        const bool set = row->kind == PERFADAPT__KIND_NAME ? set_name(member, value) : set_number(member, row, value);
        return set || refuse_value(row, value, out_reason);
    }
    return refuse_key(key, out_reason);
}
