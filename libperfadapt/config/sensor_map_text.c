/* SPDX-License-Identifier: MIT */
#include "config/sensor_map_text.h"

#include "config/ini_text.h"
#include "core/log.h"

#include <math.h> /* NAN only: no libm is linked */
#include <stdio.h>
#include <string.h>

/* A file of garbage is not to fill the host's log. */
#define WARNINGS_MAX 20

static const char unknown_key[] = "unknown key; known are id, role, limit_c, label, scale, offset_c, ignore, read";

struct parser {
    struct perfadapt__sensor_map_text *out;
    const char *name;
    const struct perfadapt_log *log;
    struct perfadapt__sensor_note *note; /* that keys belong to; NULL: none yet, or one that is left out */
    bool skips;                          /* why there is none was said */
    bool section_named;                  /* that the section is unknown was said */
    unsigned warnings;
};

/* ---- warnings ---- */

static void copy_printable(char *to, size_t capacity, const char *from) {
    size_t length = 0;
    for (; length + 1 < capacity && from[length]; length++)
        to[length] = from[length] >= ' ' && from[length] <= '~' ? from[length] : '?';
    to[length] = '\0';
}

/* `key` may be anything that stands in a file. */
static void warn(struct parser *parser, unsigned line, const char *key, const char *what) {
    char shown[40];
    copy_printable(shown, sizeof shown, *key ? key : "\"\"");
    if (parser->warnings < WARNINGS_MAX)
        perfadapt__log(parser->log, PERFADAPT_LOG_WARNING, "%.300s:%u: %s: %s", parser->name, line, shown, what);
    else if (parser->warnings == WARNINGS_MAX)
        perfadapt__log(parser->log, PERFADAPT_LOG_WARNING, "%.300s:%u: what else is wrong is not told", parser->name,
                       line);
    parser->warnings++;
}

static void warn_value(struct parser *parser, unsigned line, const char *key, const char *allowed, const char *value) {
    char what[120];
    char shown[40];
    copy_printable(shown, sizeof shown, value);
    snprintf(what, sizeof what, "%s, not \"%s\"; left out", allowed, shown);
    warn(parser, line, key, what);
}

/* ---- values ---- */

static bool is_printable(const char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool parse_number(const char *text, double *out_value) {
    const bool negative = *text == '-';
    const char *at = negative || *text == '+' ? text + 1 : text;
    double value;
    if (*at < '0' || *at > '9' || !perfadapt__fs_parse_decimal(&at, &value) || *at)
        return false;
    *out_value = negative ? -value : value;
    return true;
}

static bool take_role(struct perfadapt__sensor_note *note, const char *value) {
#define ROLE_WORD(name, number, word) [(number)] = (word),
    static const char *const words[] = {PERFADAPT_SENSOR_ROLE_MAP(ROLE_WORD)};
#undef ROLE_WORD
    for (uint32_t role = 0; role < sizeof words / sizeof words[0]; role++) {
        if (strcmp(value, words[role]) != 0)
            continue;
        note->role = role;
        return true;
    }
    return false;
}

static bool take_limit(struct perfadapt__sensor_note *note, const char *value) {
    double limit;
    if (!parse_number(value, &limit) || limit < PERFADAPT__NOTE_LIMIT_C_LEAST || limit > PERFADAPT__NOTE_LIMIT_C_MOST)
        return false;
    note->limit_c = limit;
    return true;
}

static bool take_scale(struct perfadapt__sensor_note *note, const char *value) {
    double scale;
    if (!parse_number(value, &scale))
        return false;
    const double magnitude = scale < 0 ? -scale : scale;
    if (magnitude < PERFADAPT__NOTE_SCALE_LEAST || magnitude > PERFADAPT__NOTE_SCALE_MOST)
        return false;
    note->scale = scale;
    return true;
}

static bool take_offset(struct perfadapt__sensor_note *note, const char *value) {
    double offset;
    if (!parse_number(value, &offset) || offset < -PERFADAPT__NOTE_OFFSET_C_MOST ||
        offset > PERFADAPT__NOTE_OFFSET_C_MOST)
        return false;
    note->offset_c = offset;
    return true;
}

static bool take_label(struct perfadapt__sensor_note *note, const char *value) {
    const size_t size = strlen(value) + 1;
    if (size == 1 || size > sizeof note->label || !is_printable(value))
        return false;
    memcpy(note->label, value, size);
    return true;
}

static bool take_answer(int8_t *answer, const char *value) {
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return false;
    *answer = value[0] == 'y';
    return true;
}

static bool take_ignore(struct perfadapt__sensor_note *note, const char *value) {
    return take_answer(&note->ignore, value);
}

static bool take_read(struct perfadapt__sensor_note *note, const char *value) {
    return take_answer(&note->read, value);
}

static const struct key {
    const char *name;
    bool (*take)(struct perfadapt__sensor_note *note, const char *value);
    const char *allowed;
    bool whole; /* the value goes on to the end of the line */
} keys[] = {
    {"role", take_role, "cpu, gpu, gpu_memory, board, skin or other", false},
    {"limit_c", take_limit, "a number from 30 to 130", false},
    {"label", take_label, "1 to 31 printable ASCII characters", true},
    {"scale", take_scale, "a number from 0.001 to 1000, or its negative", false},
    {"offset_c", take_offset, "a number from -500 to 500", false},
    {"ignore", take_ignore, "yes or no", false},
    {"read", take_read, "yes or no", false},
};

#define KEY_COUNT (sizeof keys / sizeof keys[0])

/* ---- sections ---- */

struct perfadapt__sensor_note *perfadapt__sensor_note_find_or_add(struct perfadapt__sensor_map *map, const char *id) {
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->notes[i].id, id) == 0)
            return &map->notes[i];
    if (map->count == PERFADAPT__SENSOR_NOTES_MAX)
        return NULL;
    struct perfadapt__sensor_note *note = &map->notes[map->count++];
    *note = (struct perfadapt__sensor_note){.role = PERFADAPT__NOTE_UNSET,
                                            .limit_c = (double)NAN,
                                            .scale = (double)NAN,
                                            .offset_c = (double)NAN,
                                            .ignore = -1,
                                            .read = -1};
    snprintf(note->id, sizeof note->id, "%s", id);
    return note;
}

static void take_id(struct parser *parser, const struct perfadapt__ini_text *ini) {
    char id[sizeof parser->note->id];
    parser->note = NULL;
    parser->skips = true;
    if (!perfadapt__ini_whole_value(ini, id, sizeof id) || !*id || !is_printable(id)) {
        warn(parser, ini->line_number, "id", "1 to 95 printable ASCII characters are allowed; the sensor is left out");
        return;
    }
    parser->note = perfadapt__sensor_note_find_or_add(&parser->out->map, id);
    parser->out->left_out += !parser->note;
}

static void take_key(struct parser *parser, const struct perfadapt__ini_text *ini, const struct key *key,
                     const char *value) {
    char whole[sizeof parser->note->label];
    const bool fits = !key->whole || perfadapt__ini_whole_value(ini, whole, sizeof whole);
    if (!fits || !key->take(parser->note, key->whole ? whole : value))
        warn_value(parser, ini->line_number, key->name, key->allowed, value);
}

static void take_sensor(struct parser *parser, const struct perfadapt__ini_text *ini, const char *name,
                        const char *value) {
    if (strcmp(name, "id") == 0) {
        take_id(parser, ini);
        return;
    }
    if (!parser->note) {
        if (!parser->skips)
            warn(parser, ini->line_number, name, "of which sensor? A section starts with its id; left out");
        parser->skips = true;
        return;
    }
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(name, keys[i].name) == 0) {
            take_key(parser, ini, &keys[i], value);
            return;
        }
    }
    warn(parser, ini->line_number, name, unknown_key);
}

/* What else stands there tells people when it was written. */
static void take_head(struct parser *parser, const char *name, const char *value) {
    if (strcmp(name, "boot_id") == 0)
        copy_printable(parser->out->boot_id, sizeof parser->out->boot_id, value);
    const char *at = value;
    if (strcmp(name, "version") == 0 && (!perfadapt__fs_parse_i64(&at, &parser->out->version) || *at))
        parser->out->version = -1;
}

static void take_line(void *user, const struct perfadapt__ini_text *ini, const char *section, const char *key,
                      const char *value) {
    struct parser *parser = user;
    if (!key) {
        parser->note = NULL;
        parser->skips = parser->section_named = false;
        return;
    }
    if (strcmp(section, "sensor") == 0) {
        take_sensor(parser, ini, key, value);
        return;
    }
    if (strcmp(section, "map") == 0) {
        take_head(parser, key, value);
        return;
    }
    if (!parser->section_named)
        warn_value(parser, ini->line_number, "section", "[sensor] or [map]", section);
    parser->section_named = true;
}

bool perfadapt__sensor_map_parse(const char *text, size_t length, const char *name, const struct perfadapt_log *log,
                                 struct perfadapt__sensor_map_text *out) {
    struct parser parser = {.out = out, .name = name, .log = log};
    *out = (struct perfadapt__sensor_map_text){.version = PERFADAPT__SENSOR_MAP_VERSION};
    const int line = perfadapt__ini_parse(text, length, take_line, &parser);
    if (line > 0)
        perfadapt__log(log, PERFADAPT_LOG_WARNING,
                       "%.300s:%d: neither [section] nor key = value, or too long; the file is not used", name, line);
    return line == 0;
}
