/* SPDX-License-Identifier: MIT */
#include "tuning/limits_text.h"

#include "config/ini_text.h"
#include "config/number.h"
#include "core/log.h"

#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400

static const char head[] =
    "; Where devices throttled below their stated limits: learned by perfadapt. May be edited or deleted.\n"
    "[limits]\nversion = 1\n";

_Static_assert(PERFADAPT__LIMITS_VERSION == 1, "as the head says");
_Static_assert(sizeof head + PERFADAPT__LIMITS_MAX * (sizeof(struct perfadapt__learned_limit) + 96) <
                   PERFADAPT__LIMITS_BYTES_MAX,
               "as many as there may be can be read again");

/* ---- dates ---- */

static bool is_leap(int32_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* gmtime_r() asks for the environment, which the host may be changing. */
void perfadapt__date_print(int64_t unix_s, char out_date[PERFADAPT__DATE_BYTES]) {
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int64_t most = 2932896; /* 9999-12-31 */
    const int64_t whole = unix_s > 0 ? unix_s / DAY_SECONDS : 0;
    int32_t days = (int32_t)(whole < most ? whole : most);
    int32_t year = 1970;
    int month = 0;
    for (; days >= 365 + is_leap(year); year++)
        days -= 365 + is_leap(year);
    for (int length; days >= (length = month_days[month] + (month == 1 && is_leap(year))); month++)
        days -= length;
    snprintf(out_date, PERFADAPT__DATE_BYTES, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)(month + 1) % 100,
             (unsigned)(days + 1) % 100);
}

/* ---- parsing ---- */

struct parser {
    const struct perfadapt__limits_wanted *wanted;
    struct perfadapt__limits *out;
    struct perfadapt__learned_limit limit; /* of the section in hand */
    bool newer;
};

#define AT(member)                                                                                                     \
    offsetof(struct perfadapt__learned_limit, member), sizeof(((struct perfadapt__learned_limit *)0)->member) - 1

/* No key is in two sections. */
static const struct text_key {
    char name[8];
    uint8_t offset, most, least; /* letters */
} text_keys[] = {{"sensor", AT(sensor), 1}, {"machine", AT(machine), 1}, {"learned", AT(learned), 10}};

static void end_section(struct parser *parser) {
    const struct perfadapt__learned_limit *limit = &parser->limit;
    const struct perfadapt__limits_wanted *wanted = parser->wanted;
    const bool whole = limit->limit_dc && *limit->machine && *limit->sensor;
    if (whole && strcmp(limit->learned, wanted->oldest) >= 0 && parser->out->count < PERFADAPT__LIMITS_MAX &&
        (!wanted->machine || strcmp(limit->machine, wanted->machine) == 0))
        parser->out->list[parser->out->count++] = *limit;
    parser->limit = (struct perfadapt__learned_limit){.limit_dc = 0};
    memcpy(parser->limit.learned, wanted->today, sizeof parser->limit.learned);
}

bool perfadapt__limits_can_hold(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '\x7f')
            return false;
    return true;
}

static bool take_text(struct parser *parser, const struct text_key *key, const struct perfadapt__ini_text *ini) {
    char text[sizeof parser->limit.sensor];
    if (!perfadapt__ini_whole_value(ini, text, key->most + 1U) || strlen(text) < key->least ||
        !perfadapt__limits_can_hold(text))
        return false;
    memcpy((char *)&parser->limit + key->offset, text, key->most + 1U);
    return true;
}

static bool take_number(struct parser *parser, char key, const char *value) {
    double number;
    if (!perfadapt__number_parse(value, &number) || !(number >= 0) || !(number <= 1e9))
        return false;
    if (key == 't')
        parser->limit.times = (uint32_t)number;
    else if (key == 'v')
        parser->newer |= number > PERFADAPT__LIMITS_VERSION;
    else if (number < PERFADAPT__LIMIT_LEAST_C || number > PERFADAPT__LIMIT_MOST_C)
        return false;
    else
        parser->limit.limit_dc = (int32_t)(number * 10 + 0.5);
    return true;
}

static bool take_key(struct parser *parser, const struct perfadapt__ini_text *ini, const char *key, const char *value) {
    for (size_t i = 0; i < sizeof text_keys / sizeof text_keys[0]; i++)
        if (strcmp(key, text_keys[i].name) == 0)
            return take_text(parser, &text_keys[i], ini);
    const bool known = strcmp(key, "limit_c") == 0 || strcmp(key, "times") == 0 || strcmp(key, "version") == 0;
    return known && take_number(parser, *key, value);
}

static void take_line(void *user, const struct perfadapt__ini_text *ini, const char *section, const char *key,
                      const char *value) {
    struct parser *parser = user;
    (void)section;
    if (!key)
        end_section(parser);
    else if (!take_key(parser, ini, key, value))
        perfadapt__log(
            parser->wanted->log, PERFADAPT_LOG_WARNING,
            "%.300s:%u: left out; known are sensor, machine, limit_c (30 to 125), learned (YYYY-MM-DD), times",
            parser->wanted->name, ini->line_number);
}

bool perfadapt__limits_parse(const char *text, size_t length, const struct perfadapt__limits_wanted *wanted,
                             struct perfadapt__limits *out_limits) {
    struct parser parser = {.wanted = wanted, .out = out_limits};
    out_limits->count = 0;
    const int line = perfadapt__ini_parse(text, length, take_line, &parser);
    end_section(&parser);
    if (line != 0)
        perfadapt__log(wanted->log, PERFADAPT_LOG_WARNING,
                       "%.300s:%d: neither [section] nor key = value, or too long; the file is not used", wanted->name,
                       line);
    if (line != 0 || parser.newer)
        out_limits->count = 0;
    return line != 0 || !parser.newer;
}

/* ---- printing ---- */

size_t perfadapt__limits_print(const struct perfadapt__limits *limits, char out_text[PERFADAPT__LIMITS_BYTES_MAX]) {
    size_t length = sizeof head - 1;
    memcpy(out_text, head, length);
    for (size_t i = 0; i < limits->count; i++) {
        const struct perfadapt__learned_limit *limit = &limits->list[i];
        length += (size_t)snprintf(out_text + length, PERFADAPT__LIMITS_BYTES_MAX - length,
                                   "\n[limit]\nsensor = %s\nmachine = %s\nlimit_c = %d.%d\nlearned = %s\ntimes = %u\n",
                                   limit->sensor, limit->machine, (int)(limit->limit_dc / 10),
                                   (int)(limit->limit_dc % 10), limit->learned, (unsigned)limit->times);
    }
    return length;
}

struct perfadapt__learned_limit *perfadapt__limits_find(struct perfadapt__limits *limits, const char *machine,
                                                        const char *sensor) {
    for (size_t i = 0; i < limits->count; i++)
        if (strcmp(limits->list[i].sensor, sensor) == 0 && strcmp(limits->list[i].machine, machine) == 0)
            return &limits->list[i];
    return NULL;
}
