/* SPDX-License-Identifier: MIT */
#include "drive/settings.h"

#include "drive/number.h"

#include <math.h> /* NAN only */
#include <perfadapt/perfadapt.h>
#include <stddef.h>
#include <string.h>

#define RANGE_MAX 96

static const double ns_per_s = 1e9;

enum kind {
    NUMBER = 0,
    WHOLE = 1,
    RATE = 2,         /* per second; kept as ns, 0 = none */
    MILLISECONDS = 3, /* kept as ns, 0 = none */
    BYTES = 4,        /* with K, M, G, T, of 1024 */
    WORD = 5          /* of the words; kept as its number among them */
};

struct row {
    const char *key;
    size_t offset; /* of a double in struct drive_settings */
    enum kind kind;
    double least, most;
    const char *words; /* "auto|fixed|off", in the order of the enum */
    const char *text;
};

#define SETS(member) offsetof(struct drive_settings, member)

static const struct row rows[] = {
    {"policy.mode", SETS(mode), WORD, 0, 0, "auto|fixed|off", "decide, or stand at the best, watching or not"},
    {"policy.prefer", SETS(prefer), WORD, 0, 0, "framerate|quality|quiet|battery", "what is kept longest"},
    {"policy.quality_min", SETS(quality_min), WHOLE, 0, 31, NULL, "never a lower quality"},
    {"policy.quality_max", SETS(quality_max), WHOLE, 0, 31, NULL, "never a higher quality"},
    {"app.role", SETS(role), WORD, 0, 0, "interactive|background|export", "what the frames are for"},
    {"frame.target_fps", SETS(target_ns), RATE, 1, 1000, NULL, "frames per second aimed at"},
    {"frame.refresh_hz", SETS(refresh_ns), RATE, 1, 1000, NULL, "of a panel with a fixed rate"},
    {"thermal.limit_c", SETS(limit_c), NUMBER, 30, 125, NULL, "limit beside the sensor's, degrees Celsius"},
    {"thermal.margin_c", SETS(margin_c), NUMBER, 0, 30, NULL, "how far below the limit to stay"},
    {"memory.reserve", SETS(reserve_bytes), BYTES, 0, 1e15, NULL, "available memory left to others"},
    {"power.battery_busy", SETS(battery_busy), NUMBER, 0.1, 1, NULL, "share of the GPU's time on battery"},
    {"preset.target_fps", SETS(target_ns), RATE, 1, 1000, NULL, "as frame.target_fps; for preset files"},
    {"preset.scale_min", SETS(scale_min), NUMBER, 0.25, 1, NULL, "lowest render scale, where it may move"},
    {"preset.frames_in_flight", SETS(frames_in_flight), WHOLE, 1, 16, NULL, "frames ahead of the GPU"},
    {"preset.dispatch_ms", SETS(dispatch_ns), MILLISECONDS, 0.1, 10000, NULL, "longest single submission"},
    {"preset.worker_threads", SETS(worker_threads), WHOLE, 1, 1024, NULL, "threads beside the render thread"},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* ---- one value ---- */

static bool has_none(const struct row *row) {
    return row->kind == RATE || row->kind == MILLISECONDS;
}

static void print_range(const struct row *row, char out_text[RANGE_MAX]) {
    char least[DRIVE_NUMBER_TEXT];
    char most[DRIVE_NUMBER_TEXT];
    drive_number_print_short(row->least, least);
    drive_number_print_short(row->most, most);
    if (row->kind == WORD)
        snprintf(out_text, RANGE_MAX, "%s", row->words);
    else if (row->kind == BYTES)
        snprintf(out_text, RANGE_MAX, "bytes, or with K, M, G, T");
    else
        snprintf(out_text, RANGE_MAX, "%s to %s%s", least, most, has_none(row) ? ", or 0 for none" : "");
}

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
    static const char suffixes[] = "KMGT";
    char digits[DRIVE_NUMBER_TEXT];
    const size_t length = strlen(value);
    const char *suffix = length ? strchr(suffixes, value[length - 1]) : NULL;
    if (length >= sizeof digits)
        return false;
    memcpy(digits, value, length + 1);
    if (suffix)
        digits[length - 1] = '\0';
    if (!drive_number_double(digits, out_number))
        return false;
    for (; suffix && suffix >= suffixes; suffix--)
        *out_number *= 1024;
    return true;
}

static bool read_whole(const char *value, double *out_number) {
    uint64_t number;
    if (!drive_number_u64(value, &number))
        return false;
    *out_number = (double)number;
    return true;
}

static bool read_number(const struct row *row, const char *value, double *out_number) {
    switch (row->kind) {
    case WORD:
        return find_word(row->words, value, out_number);
    case WHOLE:
        return read_whole(value, out_number);
    case BYTES:
        return read_bytes(value, out_number);
    default:
        return drive_number_double(value, out_number);
    }
}

static bool is_in_range(const struct row *row, double number) {
    if (row->kind == WORD || (has_none(row) && number == 0))
        return true;
    return number >= row->least && number <= row->most;
}

static double in_policy_units(const struct row *row, double number) {
    if (row->kind == MILLISECONDS)
        return number * 1e6;
    return row->kind == RATE && number > 0 ? ns_per_s / number : number;
}

static bool refuse_value(const struct row *row, const char *value, char out_reason[DRIVE_REASON_MAX]) {
    char range[RANGE_MAX];
    char text[RANGE_MAX + 32];
    print_range(row, range);
    snprintf(text, sizeof text, "is not in its range: %s", range);
    return drive_refuse_word(row->key, value, text, out_reason);
}

/* Also near: the key without its section. */
static bool is_bare(const char *key, const char *full_key) {
    return strcmp(key, strchr(full_key, '.') + 1) == 0;
}

static bool refuse_key(const char *key, char out_reason[DRIVE_REASON_MAX]) {
    struct drive_guess guess;
    const struct row *nearest = NULL;
    drive_guess_init(&guess, key);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        drive_guess_offer(&guess, rows[i].key);
        if (!guess.nearest && is_bare(key, rows[i].key))
            guess.nearest = rows[i].key;
        if (guess.nearest == rows[i].key)
            nearest = &rows[i];
    }
    drive_refuse_unknown("setting", &guess, out_reason);
    if (!nearest)
        return false;
    char range[RANGE_MAX];
    const size_t used = strlen(out_reason);
    print_range(nearest, range);
    snprintf(out_reason + used, DRIVE_REASON_MAX - used, " (%s)", range);
    return false;
}

bool drive_settings_set(struct drive_settings *settings, const char *key, const char *value,
                        char out_reason[DRIVE_REASON_MAX]) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        double number;
        if (strcmp(key, rows[i].key) != 0)
            continue;
        if (!read_number(&rows[i], value, &number) || !is_in_range(&rows[i], number))
            return refuse_value(&rows[i], value, out_reason);
        number = in_policy_units(&rows[i], number);
        memcpy((char *)settings + rows[i].offset, &number, sizeof number);
        return true;
    }
    return refuse_key(key, out_reason);
}

void drive_settings_init(struct drive_settings *settings) {
    const double unknown = (double)NAN;
    *settings = (struct drive_settings){
        .mode = unknown,
        .prefer = unknown,
        .role = unknown,
        .quality_min = unknown,
        .quality_max = unknown,
        .target_ns = unknown,
        .slowest_ns = unknown,
        .fastest_ns = unknown,
        .refresh_ns = unknown,
        .scale_min = unknown,
        .scale_max = unknown,
        .limit_c = unknown,
        .margin_c = unknown,
        .battery_busy = unknown,
        .reserve_bytes = unknown,
        .frames_in_flight = unknown,
        .worker_threads = unknown,
        .dispatch_ns = unknown,
    };
}

void drive_settings_print(FILE *stream) {
    char range[RANGE_MAX];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        print_range(&rows[i], range);
        fprintf(stream, "  %-24s %s\n  %-24s %s\n", rows[i].key, rows[i].text, "", range);
    }
}
