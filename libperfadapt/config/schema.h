/*
 * Every key there is: one row a key. SPDX-License-Identifier: MIT
 *
 * The library, `perfadapt config`, the man page and `perfadapt drive` all read this one table. Its texts for people are
 * not in the library: `schema_text.c` has them for the tools, in the same order, from the same macro.
 */
#ifndef PERFADAPT_CONFIG_SCHEMA_H
#define PERFADAPT_CONFIG_SCHEMA_H

#include "config/settings.h"

#include <stdint.h>

#define PERFADAPT__SCHEMA_REASON_MAX 256

enum perfadapt__schema_kind {
    PERFADAPT__KIND_NUMBER = 0,
    PERFADAPT__KIND_WHOLE = 1,
    PERFADAPT__KIND_RATE = 2,         /* per second; kept as ns, 0 = none */
    PERFADAPT__KIND_MILLISECONDS = 3, /* kept as ns, 0 = none */
    PERFADAPT__KIND_NANOSECONDS = 4,  /* 0 = none */
    PERFADAPT__KIND_BYTES = 5,        /* with K, M, G, T, of 1024 */
    PERFADAPT__KIND_WORD = 6,         /* of the words; kept as its number among them */
    PERFADAPT__KIND_NAME = 7          /* kept as text */
};

struct perfadapt__schema_row {
    char key[26];    /* "thermal.limit_c"; no pointer: those are written into the library whenever it is loaded */
    uint16_t offset; /* in struct perfadapt__settings */
    enum perfadapt__schema_kind kind;
    double least, most;
    const char *words; /* of a WORD: "auto|fixed|off", in the order of the enum; else NULL */
};

size_t perfadapt__schema_count(void);
const struct perfadapt__schema_row *perfadapt__schema_row(size_t index);

/*
 * Sets "thermal.limit_c" to "85". False, and nothing changed, where the key is unknown or the value is not in its
 * range; out_reason then says so, with the nearest key or the range.
 */
bool perfadapt__schema_set(struct perfadapt__settings *settings, const char *key, const char *value,
                           char out_reason[PERFADAPT__SCHEMA_REASON_MAX]);

/*
 * The value of a row in `settings` as a user would write it, in the row's unit: "85", "60", "512M". False, and "",
 * where it is not given. schema_print.c has it for tools: it is not in the library.
 */
bool perfadapt__schema_print(const struct perfadapt__settings *settings, const struct perfadapt__schema_row *row,
                             char *out, size_t capacity);

/* A plain word that may name a preset: what becomes a part of a path. */
bool perfadapt__schema_is_name(const char *value);

/* The range in words: "30 to 125", "auto|fixed|off". */
void perfadapt__schema_range(const struct perfadapt__schema_row *row, char *out, size_t capacity);

#endif
