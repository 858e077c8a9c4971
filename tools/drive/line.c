/* SPDX-License-Identifier: MIT */
#include "drive/line.h"

#include "drive/number.h"

#include <math.h> /* NAN only */
#include <perfadapt/perfadapt.h>
#include <string.h>
#include <strings.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* A line on its way through the parser. */
struct parser {
    char *rest; /* what has not been read yet */
    struct drive_line *line;
    char *reason;
};

/* NULL at the end of the line. A carriage return is a blank, for those who end their lines with one. */
static char *next_word(struct parser *parser) {
    static const char blanks[] = " \t\r";
    char *word = parser->rest + strspn(parser->rest, blanks);
    char *end = word + strcspn(word, blanks);
    parser->rest = *end ? end + 1 : end;
    *end = '\0';
    return *word ? word : NULL;
}

static bool take_end(struct parser *parser) {
    const char *word = next_word(parser);
    return !word || drive_refuse_word("one word too many:", word, "", parser->reason);
}

static bool take_integer(struct parser *parser, const char *what, int64_t least, int64_t *out_value) {
    const char *word = next_word(parser);
    if (!word)
        return drive_refuse_word("missing", what, "", parser->reason);
    if (!drive_number_i64(word, out_value))
        return drive_refuse_word(what, word, "is not a whole number that fits 64 bits", parser->reason);
    return *out_value >= least || drive_refuse_word(what, word, "is too low", parser->reason);
}

/* ---- frame, gpu, hold ---- */

static bool take_frame(struct parser *parser) {
    return take_integer(parser, "CPU_NS", 0, &parser->line->cpu_ns) &&
           take_integer(parser, "GPU_NS", -1, &parser->line->gpu_ns) && take_end(parser);
}

static bool take_gpu(struct parser *parser) {
    int64_t index;
    if (!take_integer(parser, "FRAME_INDEX", 0, &index) || !take_integer(parser, "GPU_NS", -1, &parser->line->gpu_ns))
        return false;
    parser->line->index = (uint64_t)index;
    return take_end(parser);
}

static bool take_hold(struct parser *parser) {
    const char *word = next_word(parser);
    if (!word)
        return drive_refuse("hold wants on or off", parser->reason);
    parser->line->value = strcmp(word, "on") == 0;
    if (!parser->line->value && strcmp(word, "off") != 0)
        return drive_refuse_word("hold wants on or off,", word, "is neither", parser->reason);
    return take_end(parser);
}

/* ---- event ---- */

static const struct {
    const char *word;
    uint32_t event;
} events[] = {
#define EVENT_ROW(name, number, word) {(word), PERFADAPT_EVENT_##name},
    PERFADAPT_EVENT_MAP(EVENT_ROW)
#undef EVENT_ROW
        {"timeout", PERFADAPT_EVENT_GPU_TIMEOUT},
    {"oom", PERFADAPT_EVENT_OUT_OF_MEMORY},
    {"gpu-oom", PERFADAPT_EVENT_GPU_OUT_OF_MEMORY},
};

/* "GPU_TIMEOUT", as in the header, is "gpu-timeout". */
static void unify(char *word) {
    for (; *word; word++) {
        if (*word == '_')
            *word = '-';
        else if (*word >= 'A' && *word <= 'Z')
            *word = (char)(*word - 'A' + 'a');
    }
}

static bool take_event_name(struct parser *parser) {
    char *word = next_word(parser);
    if (!word)
        return drive_refuse("missing the event's name", parser->reason);
    unify(word);
    struct perfadapt__nearest guess;
    perfadapt__nearest_init(&guess, word);
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        parser->line->event = events[i].event;
        if (strcmp(word, events[i].word) == 0)
            return true;
        perfadapt__nearest_offer(&guess, events[i].word);
    }
    return drive_refuse_unknown("event", &guess, parser->reason);
}

static bool take_event(struct parser *parser) {
    if (!take_event_name(parser))
        return false;
    parser->line->value = 0;
    const char *word = next_word(parser);
    if (word && !drive_number_i64(word, &parser->line->value))
        return drive_refuse_word("VALUE", word, "is not a whole number that fits 64 bits", parser->reason);
    return take_end(parser);
}

/* ---- tick ---- */

struct tick_key {
    const char *name;
    size_t offset; /* of a double in struct drive_tick */
};

#define KEY(name, member)                                                                                              \
    { name, offsetof(struct drive_tick, member) }

static const struct tick_key tick_keys[] = {
    KEY("temp", temperature_c),
    KEY("limit", limit_c),
    KEY("busy", busy),
    KEY("power", power_w),
    KEY("clock", clock_mhz),
    KEY("clock_max", clock_max_mhz),
    KEY("mem_some_us", memory_some_us),
    KEY("mem_full_us", memory_full_us),
    KEY("mem_available", memory_available),
    KEY("mem_total", memory_total),
    KEY("gpu_mem_used", gpu_memory_used),
    KEY("gpu_mem_budget", gpu_memory_budget),
    KEY("rss", resident),
    KEY("ac", on_ac),
};

#define KEY_COUNT COUNT_OF(tick_keys)
#define KEY_THROTTLE KEY_COUNT /* the only one that is a word */

static const char throttle_key[] = "throttle";

static void put(struct drive_tick *tick, size_t key, double value) {
    memcpy((char *)tick + tick_keys[key].offset, &value, sizeof value);
}

static bool find_key(const char *name, size_t *out_key, char *reason) {
    struct perfadapt__nearest guess;
    perfadapt__nearest_init(&guess, name);
    for (size_t i = 0; i <= KEY_COUNT; i++) {
        const char *candidate = i == KEY_THROTTLE ? throttle_key : tick_keys[i].name;
        *out_key = i;
        if (strcmp(name, candidate) == 0)
            return true;
        perfadapt__nearest_offer(&guess, candidate);
    }
    return drive_refuse_unknown("key", &guess, reason);
}

static bool take_throttle(const char *word, struct drive_tick *tick, char *reason) {
    static const struct {
        const char *word;
        uint32_t throttle;
    } causes[] = {
#define CAUSE_ROW(name, number, word) {(word), PERFADAPT_THROTTLING_##name},
        PERFADAPT_THROTTLING_MAP(CAUSE_ROW)
#undef CAUSE_ROW
            {"nan", PERFADAPT_THROTTLING_UNKNOWN},
    };
    struct perfadapt__nearest guess;
    perfadapt__nearest_init(&guess, word);
    for (size_t i = 0; i < COUNT_OF(causes); i++) {
        tick->throttle = causes[i].throttle;
        if (strcmp(word, causes[i].word) == 0)
            return true;
        perfadapt__nearest_offer(&guess, causes[i].word);
    }
    return drive_refuse_unknown("throttle", &guess, reason);
}

static bool take_value(size_t key, const char *word, struct drive_tick *tick, char *reason) {
    if (key == KEY_THROTTLE)
        return take_throttle(word, tick, reason);
    if (drive_number_is_nan(word))
        return true;
    double value;
    if (!perfadapt__number_parse(word, &value))
        return drive_refuse_word(tick_keys[key].name, word, "is not a finite number", reason);
    if (strcmp(tick_keys[key].name, "ac") == 0 && value != 0 && value != 1)
        return drive_refuse_word("ac", word, "is neither 1 nor 0", reason);
    put(tick, key, value);
    return true;
}

static bool take_pair(struct parser *parser, char *word, uint32_t *seen) {
    char *equals = strchr(word, '=');
    if (!equals)
        return drive_refuse_word("not key=value:", word, "", parser->reason);
    *equals = '\0';
    size_t key;
    if (!find_key(word, &key, parser->reason))
        return false;
    if (*seen >> key & 1)
        return drive_refuse_word("key", word, "is there twice", parser->reason);
    *seen |= UINT32_C(1) << key;
    return take_value(key, equals + 1, &parser->line->tick, parser->reason);
}

static bool take_tick(struct parser *parser) {
    for (size_t i = 0; i < KEY_COUNT; i++)
        put(&parser->line->tick, i, (double)NAN);
    parser->line->tick.throttle = PERFADAPT_THROTTLING_UNKNOWN;
    uint32_t seen = 0;
    for (char *word = next_word(parser); word; word = next_word(parser))
        if (!take_pair(parser, word, &seen))
            return false;
    return true;
}

/* ---- the line ---- */

static const struct {
    const char *word;
    uint32_t kind;
    bool (*take)(struct parser *parser);
} kinds[] = {
    {"frame", DRIVE_LINE_FRAME, take_frame}, {"gpu", DRIVE_LINE_GPU, take_gpu},    {"tick", DRIVE_LINE_TICK, take_tick},
    {"event", DRIVE_LINE_EVENT, take_event}, {"hold", DRIVE_LINE_HOLD, take_hold},
};

bool drive_line_parse(char *text, size_t length, struct drive_line *out_line, char out_reason[DRIVE_REASON_MAX]) {
    struct parser parser = {.rest = text, .line = out_line, .reason = out_reason};
    if (memchr(text, '\0', length))
        return drive_refuse("a NUL byte in the line", out_reason);
    const char *word = next_word(&parser);
    if (!word)
        return drive_refuse("empty line", out_reason);
    struct perfadapt__nearest guess;
    perfadapt__nearest_init(&guess, word);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            out_line->kind = kinds[i].kind;
            return take_integer(&parser, "T_NS", INT64_MIN, &out_line->time_ns) && kinds[i].take(&parser);
        }
        perfadapt__nearest_offer(&guess, kinds[i].word);
    }
    return drive_refuse_unknown("line", &guess, out_reason);
}
