/* SPDX-License-Identifier: MIT */
#include "drive/preset.h"
#include "data.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

static const char *const names[] = {"minimal", "low", "medium", "high", "ultra", "handheld", "battery"};

#define NAME_COUNT (sizeof names / sizeof names[0])

struct reader {
    FILE *file;
    const char *path;
    struct drive_settings *settings;
    char *reason;
    int line;
    int wrong_line; /* the first that `reason` tells of; 0 = none */
};

static char *next_line(char *text, int size, void *stream) {
    struct reader *reader = stream;
    char *line = fgets(text, size, reader->file);
    reader->line += line != NULL;
    return line;
}

/* As inih wants it: 0 = the line is wrong. Only the first wrong line is told. */
static int take_pair(void *user, const char *section, const char *name, const char *value) {
    struct reader *reader = user;
    char key[DRIVE_REASON_MAX];
    char reason[DRIVE_REASON_MAX];
    snprintf(key, sizeof key, "%s.%s", section, name);
    if (reader->wrong_line)
        return 0;
    if (drive_settings_set(reader->settings, key, value, reason))
        return 1;
    reader->wrong_line = reader->line;
    snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s:%d: %.200s", reader->path, reader->line, reason);
    return 0;
}

static bool parse(struct reader *reader) {
    const int wrong_line = ini_parse_stream(next_line, reader, take_pair, reader);
    if (ferror(reader->file))
        snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s: cannot be read", reader->path);
    else if (wrong_line < 0)
        snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s: out of memory", reader->path);
    else if (wrong_line > 0 && wrong_line != reader->wrong_line)
        snprintf(reader->reason, DRIVE_REASON_MAX, "%.160s:%d: neither [section] nor key = value", reader->path,
                 wrong_line);
    return wrong_line == 0 && !ferror(reader->file);
}

static enum drive_preset_result read_file(const char *path, struct drive_settings *settings,
                                          char out_reason[DRIVE_REASON_MAX]) {
    struct reader reader = {.file = fopen(path, "re"), .path = path, .settings = settings, .reason = out_reason};
    if (!reader.file) {
        const bool missing = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
        snprintf(out_reason, DRIVE_REASON_MAX, "%.160s: %s", path, strerror(errno));
        return missing ? DRIVE_PRESET_UNKNOWN : DRIVE_PRESET_BROKEN;
    }
    const bool good = parse(&reader);
    fclose(reader.file);
    return good ? DRIVE_PRESET_READ : DRIVE_PRESET_BROKEN;
}

static enum drive_preset_result refuse_name(const char *name, const char *path, char out_reason[DRIVE_REASON_MAX]) {
    struct drive_guess guess;
    drive_guess_init(&guess, name);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        drive_guess_offer(&guess, names[i]);
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

enum drive_preset_result drive_preset_read(const char *name, struct drive_settings *settings,
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
