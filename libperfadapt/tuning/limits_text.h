/*
 * Limits that were learned, as the text of an INI file that people may read, edit and delete. SPDX-License-Identifier: MIT
 */
#ifndef PERFADAPT_TUNING_LIMITS_TEXT_H
#define PERFADAPT_TUNING_LIMITS_TEXT_H

#include "core/hash.h"

#include <perfadapt/perfadapt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERFADAPT__LIMITS_VERSION 1
#define PERFADAPT__LIMITS_MAX 64
#define PERFADAPT__LIMITS_BYTES_MAX 16384

/* What a limit may be. */
#define PERFADAPT__LIMIT_LEAST_C 30
#define PERFADAPT__LIMIT_MOST_C 125

#define PERFADAPT__DATE_BYTES 11 /* "2026-03-01", with its NUL */

struct perfadapt__learned_limit {
    int32_t limit_dc;                         /* tenths of a °C */
    uint32_t times;                           /* that it was learned */
    char learned[PERFADAPT__DATE_BYTES];      /* when it was last, UTC */
    char machine[PERFADAPT__HASH_TEXT_BYTES]; /* that the sensor is in */
    char sensor[96];                          /* id, as in struct perfadapt_sensor */
};

struct perfadapt__limits {
    size_t count;
    struct perfadapt__learned_limit list[PERFADAPT__LIMITS_MAX];
};

/* What of a text is wanted. */
struct perfadapt__limits_wanted {
    const char *machine; /* the others are left out; NULL = all */
    const char *oldest;  /* date: what was learned before is left out */
    const char *today;   /* date: of what is without one */
    const char *name;    /* of the file, for warnings */
    const struct perfadapt_log *log;
};

/* The date of a time in seconds since 1970; "1970-01-01" for one before. */
void perfadapt__date_print(int64_t unix_s, char out_date[PERFADAPT__DATE_BYTES]);

/*
 * False where the text is of a newer version: it is not to be written over. What is wrong in it is told with its line and
 * left out; a text that is no INI has no limits.
 */
bool perfadapt__limits_parse(const char *text, size_t length, const struct perfadapt__limits_wanted *wanted,
                             struct perfadapt__limits *out_limits);

/* False where a sensor's id would break the text: no driver's does. */
bool perfadapt__limits_can_hold(const char *sensor);

/* The length of the text, which is read again as it was. Without a NUL. */
size_t perfadapt__limits_print(const struct perfadapt__limits *limits, char out_text[PERFADAPT__LIMITS_BYTES_MAX]);

/* That of the machine's sensor; NULL = none. */
struct perfadapt__learned_limit *perfadapt__limits_find(struct perfadapt__limits *limits, const char *machine,
                                                        const char *sensor);

#endif
