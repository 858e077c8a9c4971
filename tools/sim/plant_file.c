/* SPDX-License-Identifier: MIT */
#include "sim/plant_file.h"

#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct key {
    const char *name;
    size_t offset;
    double least, most;
};

#define KEY(member, least, most)                                                                                       \
    { #member, offsetof(struct sim_plant, member), least, most }

static const struct key keys[] = {
    KEY(r1_k_per_w, 1e-4, 1e3), KEY(c1_j_per_k, 1e-3, 1e6), KEY(r2_k_per_w, 1e-4, 1e3),   KEY(c2_j_per_k, 1e-3, 1e6),
    KEY(idle_w, 0, 1e4),        KEY(dynamic_w, 1e-3, 1e5),  KEY(busy_full, 0.05, 1),      KEY(leak_w, 0, 1e4),
    KEY(ambient_c, -40, 60),    KEY(soft_c, 30, 125),       KEY(hard_c, 30, 150),         KEY(clock_soft, 0.05, 1),
    KEY(clock_hard, 0.05, 1),   KEY(clock_mhz, 1, 1e5),     KEY(sensor_step_c, 0.01, 10),
};

#define KEY_COUNT (sizeof keys / sizeof keys[0])

struct reader {
    FILE *file;
    const char *path;
    struct sim_plant *plant;
    char *message;
    unsigned line;
    unsigned message_line; /* 0 = nothing is wrong yet */
    bool seen[KEY_COUNT];
    bool has_name;
};

static char *next_line(char *text, int size, void *stream) {
    struct reader *reader = stream;
    char *line = fgets(text, size, reader->file);
    if (line)
        reader->line++;
    return line;
}

static int refuse(struct reader *reader, const char *key, const char *what) {
    if (!reader->message_line) {
        snprintf(reader->message, SIM_MESSAGE_MAX, "%s:%u: %s: %s", reader->path, reader->line, key, what);
        reader->message_line = reader->line;
    }
    return 0;
}

static int take_name(struct reader *reader, const char *value) {
    if (reader->has_name)
        return refuse(reader, "name", "given twice");
    reader->has_name = true;
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '\\' || *c == 0x7f)
            return refuse(reader, "name", "no blanks, quotes or backslashes here");
    const size_t size = strlen(value) + 1;
    if (size == 1 || size > sizeof reader->plant->name)
        return refuse(reader, "name", "1 to 47 characters");
    memcpy(reader->plant->name, value, size);
    return 1;
}

static int take_number(struct reader *reader, size_t index, const char *value) {
    const struct key *key = &keys[index];
    char *end;
    const double number = strtod(value, &end);
    if (reader->seen[index])
        return refuse(reader, key->name, "given twice");
    reader->seen[index] = true;
    if (end == value || *end != 0 || !isfinite(number))
        return refuse(reader, key->name, "not a number");
    if (number < key->least || number > key->most) {
        char what[96];
        snprintf(what, sizeof what, "must lie in %g … %g", key->least, key->most);
        return refuse(reader, key->name, what);
    }
    memcpy((char *)reader->plant + key->offset, &number, sizeof number);
    return 1;
}

static int take_pair(void *user, const char *section, const char *name, const char *value) {
    struct reader *reader = user;
    if (strcmp(section, "plant") != 0)
        return refuse(reader, name, "only the section [plant] is known");
    if (strcmp(name, "name") == 0)
        return take_name(reader, value);
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(name, keys[i].name) == 0)
            return take_number(reader, i, value);
    return refuse(reader, name, "unknown key");
}

/* What only shows once the whole file is read. */
static bool is_whole(struct reader *reader) {
    const struct sim_plant *plant = reader->plant;
    if (!reader->has_name)
        return refuse(reader, "name", "missing");
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (!reader->seen[i])
            return refuse(reader, keys[i].name, "missing");
    if (plant->hard_c < plant->soft_c)
        return refuse(reader, "hard_c", "must not be below soft_c");
    if (plant->clock_hard > plant->clock_soft)
        return refuse(reader, "clock_hard", "must not be above clock_soft");
    if (plant->ambient_c + 5 >= plant->soft_c)
        return refuse(reader, "ambient_c", "must be 5 °C below soft_c at least");
    return true;
}

bool sim_plant_file_read(const char *path, struct sim_plant *out_plant, char message[SIM_MESSAGE_MAX]) {
    struct reader reader = {.file = fopen(path, "re"), .path = path, .plant = out_plant, .message = message};
    if (!reader.file) {
        snprintf(message, SIM_MESSAGE_MAX, "%s: %s", path, strerror(errno));
        return false;
    }
    memset(out_plant, 0, sizeof *out_plant);
    const int wrong_line = ini_parse_stream(next_line, &reader, take_pair, &reader);
    bool good = false;
    if (ferror(reader.file))
        snprintf(message, SIM_MESSAGE_MAX, "%s: cannot be read", path);
    else if (wrong_line > 0 && reader.message_line != (unsigned)wrong_line)
        snprintf(message, SIM_MESSAGE_MAX, "%s:%d: neither [section] nor key = value", path, wrong_line);
    else if (wrong_line < 0)
        snprintf(message, SIM_MESSAGE_MAX, "%s: out of memory", path);
    else if (wrong_line == 0)
        good = is_whole(&reader);
    fclose(reader.file);
    return good;
}
