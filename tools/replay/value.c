/* SPDX-License-Identifier: MIT */
#include "replay/value.h"

#include "drive/number.h"

#include <math.h> /* isfinite only */
#include <perfadapt/perfadapt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NUMBER_MAX 64

static const double time_most_ns = 9e18;

double replay_unit(const char *unit, size_t length, enum replay_kind kind) {
    static const struct {
        const char *word;
        enum replay_kind kind;
        double factor;
    } units[] = {
        {"ns", REPLAY_KIND_TIME, 1},
        {"us", REPLAY_KIND_TIME, 1e3},
        {"ms", REPLAY_KIND_TIME, 1e6},
        {"s", REPLAY_KIND_TIME, 1e9},
        {"sec", REPLAY_KIND_TIME, 1e9},
        {"seconds", REPLAY_KIND_TIME, 1e9},
        {"c", REPLAY_KIND_HEAT, 1},
        {"mc", REPLAY_KIND_HEAT, 1e-3},
        {"\xc2\xb0"
         "c",
         REPLAY_KIND_HEAT, 1},
        {"%", REPLAY_KIND_SHARE, 0.01},
        {"percent", REPLAY_KIND_SHARE, 0.01},
        {"pct", REPLAY_KIND_SHARE, 0.01},
        {"permille", REPLAY_KIND_SHARE, 1e-3},
        {"ratio", REPLAY_KIND_SHARE, 1},
        {"w", REPLAY_KIND_POWER, 1},
        {"mw", REPLAY_KIND_POWER, 1e-3},
        {"uw", REPLAY_KIND_POWER, 1e-6},
        {"hz", REPLAY_KIND_CLOCK, 1e-6},
        {"khz", REPLAY_KIND_CLOCK, 1e-3},
        {"mhz", REPLAY_KIND_CLOCK, 1},
        {"ghz", REPLAY_KIND_CLOCK, 1e3},
        {"b", REPLAY_KIND_BYTES, 1},
        {"bytes", REPLAY_KIND_BYTES, 1},
        {"kib", REPLAY_KIND_BYTES, 1024},
        {"mib", REPLAY_KIND_BYTES, 1048576},
        {"gib", REPLAY_KIND_BYTES, 1073741824},
        {"kb", REPLAY_KIND_BYTES, 1e3},
        {"mb", REPLAY_KIND_BYTES, 1e6},
        {"gb", REPLAY_KIND_BYTES, 1e9},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].kind == kind && strlen(units[i].word) == length && strncasecmp(units[i].word, unit, length) == 0)
            return units[i].factor;
    return 0;
}

/* Words of loggers for "not known". NVIDIA's stand in brackets: [N/A], [Not Supported], [Unknown Error]. */
static bool says_nothing(const char *text) {
    static const char *const words[] = {"na", "n/a", "nan",     "-nan", "null",         "none",
                                        "-",  "--",  "unknown", "err!", "not supported"};
    if (!*text || *text == '[')
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* The number's text without its unit; the unit, "" where there is none. */
static const char *part(const char *text, bool comma, char out_number[NUMBER_MAX]) {
    const size_t length = strcspn(text, " %");
    if (length >= NUMBER_MAX)
        return NULL;
    memcpy(out_number, text, length);
    out_number[length] = '\0';
    char *point = comma ? strchr(out_number, ',') : NULL;
    if (point)
        *point = '.';
    return text + length + strspn(text + length, " ");
}

enum replay_value replay_value_number(const char *text, enum replay_kind kind, double factor, bool comma,
                                      double *out_value) {
    char number[NUMBER_MAX];
    if (says_nothing(text))
        return REPLAY_VALUE_UNKNOWN;
    const char *unit = part(text, comma, number);
    if (!unit || !perfadapt__number_parse(number, out_value))
        return REPLAY_VALUE_WRONG;
    const double own = *unit ? replay_unit(unit, strlen(unit), kind) : factor;
    *out_value *= own;
    return own > 0 && isfinite(*out_value) ? REPLAY_VALUE_KNOWN : REPLAY_VALUE_WRONG;
}

/* ---- times ---- */

/* One to four digits and what must be behind them; 0 = any, or nothing. */
static bool take_digits(const char **text, const char *behind, int64_t *out_value) {
    int digits = 0;
    for (*out_value = 0; **text >= '0' && **text <= '9' && digits < 4; ++*text, digits++)
        *out_value = *out_value * 10 + (**text - '0');
    if (digits == 0 || (*behind && (!**text || !strchr(behind, **text))))
        return false;
    *text += *behind != '\0';
    return true;
}

/* Days since 1970-01-01, by the rule that years begin in March: leap days are then last. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day) {
    const int64_t shifted = month > 2 ? year : year - 1;
    const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719468;
}

/* The zone is not looked at: only differences count. */
static bool read_date(const char *text, int64_t *out_ns) {
    int64_t year, month, day, hour, minute, second;
    if (!take_digits(&text, "/-", &year) || !take_digits(&text, "/-", &month) || !take_digits(&text, " T", &day) ||
        !take_digits(&text, ":", &hour) || !take_digits(&text, ":", &minute) || !take_digits(&text, "", &second))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60 || year < 1970 ||
        year > 2200)
        return false;
    int64_t ns = (((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000000000;
    if (*text == '.' || *text == ',') {
        text++;
        for (int64_t place = 100000000; *text >= '0' && *text <= '9'; text++, place /= 10)
            ns += (*text - '0') * place;
    }
    *out_ns = ns;
    return !*text || strchr("Z+- ", *text);
}

enum replay_value replay_value_time(const char *text, double factor, bool comma, int64_t *out_ns) {
    double value;
    if (!(factor < 1) && !(factor > 1) && drive_number_i64(text, out_ns)) /* exact */
        return REPLAY_VALUE_KNOWN;
    const enum replay_value result = replay_value_number(text, REPLAY_KIND_TIME, factor, comma, &value);
    if (result == REPLAY_VALUE_WRONG && read_date(text, out_ns))
        return REPLAY_VALUE_KNOWN;
    if (result != REPLAY_VALUE_KNOWN)
        return result;
    if (!(value > -time_most_ns && value < time_most_ns))
        return REPLAY_VALUE_WRONG;
    *out_ns = (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
    return REPLAY_VALUE_KNOWN;
}

/* ---- throttling ---- */

/* nvmlClocksEventReasons; a slowdown by hardware that no other bit explains may be heat or power. */
static uint32_t throttle_of_bits(uint64_t bits) {
    enum { POWER_CAP = 0x4, SLOWDOWN = 0x8, THERMAL = 0x20 | 0x40, BRAKE = 0x80 };
    if (bits & THERMAL)
        return PERFADAPT_THROTTLING_THERMAL;
    if (bits & (POWER_CAP | BRAKE))
        return PERFADAPT_THROTTLING_POWER;
    return bits & SLOWDOWN ? PERFADAPT_THROTTLING_UNKNOWN : PERFADAPT_THROTTLING_NONE;
}

enum replay_value replay_value_throttle(const char *text, uint32_t *out_throttle) {
    static const struct {
        const char *word;
        uint32_t throttle;
    } words[] = {
#define CAUSE_ROW(name, number, word) {(word), PERFADAPT_THROTTLING_##name},
        PERFADAPT_THROTTLING_MAP(CAUSE_ROW)
#undef CAUSE_ROW
    };
    *out_throttle = PERFADAPT_THROTTLING_UNKNOWN;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i].word) == 0) {
            *out_throttle = words[i].throttle;
            return REPLAY_VALUE_KNOWN;
        }
    if (says_nothing(text))
        return REPLAY_VALUE_UNKNOWN;
    if (strncasecmp(text, "0x", 2) != 0 || !text[2] || strlen(text) > 18 ||
        text[2 + strspn(text + 2, "0123456789abcdefABCDEF")])
        return REPLAY_VALUE_WRONG;
    *out_throttle = throttle_of_bits(strtoull(text, NULL, 16));
    return REPLAY_VALUE_KNOWN;
}
