/* SPDX-License-Identifier: MIT */
#include "drive/preset.h"

#include "config/ini_text.h"
#include "config/schema.h"
#include "data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"minimal", "low", "medium", "high", "ultra", "handheld", "battery"};

#define NAME_COUNT (sizeof names / sizeof names[0])

#define BYTES_MAX 262144

struct reader {
    const char *path;
    struct perfadapt__settings *settings;
    char *reason;
    unsigned wrong_line; /* the first that `reason` tells of; 0 = none */
};

/* Only the first wrong line is told. */
static void take_pair(void *user, const struct perfadapt__ini_text *ini, const char *section, const char *name,
                      const char *value) {
    struct reader *reader = user;
    char key[DRIVE_REASON_MAX];
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    if (!name || reader->wrong_line)
        return;
    snprintf(key, sizeof key, "%s.%s", section, name);
    if (perfadapt__schema_set(reader->settings, key, value, reason))
        return;
    reader->wrong_line = ini->line_number;
    snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s:%u: %.200s", reader->path, ini->line_number, reason);
}

static bool parse(struct reader *reader, FILE *file) {
    static char text[BYTES_MAX];
    const size_t length = fread(text, 1, sizeof text, file);
    int broken = 0;
    if (ferror(file))
        snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s: cannot be read", reader->path);
    else if (length == sizeof text)
        snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s: too large", reader->path);
    else
        broken = perfadapt__ini_parse(text, length, take_pair, reader);
    if (ferror(file) || length == sizeof text)
        return false;
    if (broken < 0)
        snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s: out of memory", reader->path);
    else if (broken > 0 && (!reader->wrong_line || (unsigned)broken < reader->wrong_line))
        snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s:%d: neither [section] nor key = value, or too long",
                 reader->path, broken);
    return broken == 0 && !reader->wrong_line;
}

static enum drive_preset_result read_file(const char *path, struct perfadapt__settings *settings,
                                          char out_reason[DRIVE_REASON_MAX]) {
    struct reader reader = {.path = path, .settings = settings, .reason = out_reason};
    FILE *file = fopen(path, "re");
    if (!file) {
        const bool missing = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
        snprintf(out_reason, DRIVE_REASON_MAX, "%.160s: %s", path, strerror(errno));
        return missing ? DRIVE_PRESET_UNKNOWN : DRIVE_PRESET_BROKEN;
    }
    const bool good = parse(&reader, file);
    fclose(file);
    return good ? DRIVE_PRESET_READ : DRIVE_PRESET_BROKEN;
}

static enum drive_preset_result refuse_name(const char *name, const char *path, char out_reason[DRIVE_REASON_MAX]) {
    struct perfadapt__nearest guess;
    perfadapt__nearest_init(&guess, name);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        perfadapt__nearest_offer(&guess, names[i]);
        if (strcmp(name, names[i]) == 0) { /* it should be there */
            snprintf(out_reason, DRIVE_REASON_MAX, "preset %s: no file %.300s", name, path);
            return DRIVE_PRESET_BROKEN;
        }
    }
    drive_refuse_unknown("preset", &guess, out_reason);
    return DRIVE_PRESET_UNKNOWN;
}

static bool is_path(const char *name) {
    const size_t length = strlen(name);
    return strchr(name, '/') || (length > 4 && strcmp(name + length - 4, ".ini") == 0);
}

enum drive_preset_result drive_preset_read(const char *name, struct perfadapt__settings *settings,
                                           char out_reason[DRIVE_REASON_MAX]) {
    if (is_path(name)) /* a file that is not there is no wrong word */
        return read_file(name, settings, out_reason) == DRIVE_PRESET_READ ? DRIVE_PRESET_READ : DRIVE_PRESET_BROKEN;
    char path[DATA_PATH_MAX] = "";
    enum drive_preset_result result = DRIVE_PRESET_UNKNOWN;
    if (*name && data_path("presets", name, path))
        result = read_file(path, settings, out_reason);
    return result == DRIVE_PRESET_UNKNOWN ? refuse_name(name, path, out_reason) : result;
}

void drive_preset_print_names(FILE *stream) {
    for (size_t i = 0; i < NAME_COUNT; i++)
        fprintf(stream, "%s%s", i ? " " : "", names[i]);
    fputc('\n', stream);
}
