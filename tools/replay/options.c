/* SPDX-License-Identifier: MIT */
#include "replay/options.h"

#include "drive/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What an import lets move where nobody says: else nothing would, and there would be nothing to see. */
static char usual_levels[] = "--levels=5";

static const struct option {
    const char *name, *argument; /* NULL = it has none */
    const char *text;
} options[] = {
    /* in the order of the enumeration below */
    {"--format", "NAME", "perfadapt, mangohud or csv; default: what the file's beginning tells"},
    {"--json", NULL, "one JSON object a line; docs/json.md names its keys"},
    {"--summary", NULL, "no line for each change of the budget"},
    {"--columns", "A,B,...", "the header of a CSV file that has none"},
    {"--only", "COL=VALUE", "rows of this application, process, GPU: --only Application=game.exe"},
};

#define OPTION_COUNT (sizeof options / sizeof options[0])

enum { FORMAT, JSON, SUMMARY, COLUMNS };

/* Which of the above `word` is; OPTION_COUNT = none. */
static size_t find(const char *word, const char **out_value) {
    const size_t length = strcspn(word, "=");
    *out_value = word[length] ? word + length + 1 : NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(options[i].name) == length && strncmp(word, options[i].name, length) == 0)
            return i;
    return OPTION_COUNT;
}

static bool take_format(const char *value, struct replay_options *out, char *reason) {
    static const char *const names[] = {"perfadapt", "mangohud", "csv"};
    struct perfadapt__nearest guess;
    perfadapt__nearest_init(&guess, value);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        out->format = (enum replay_format)(REPLAY_FORMAT_PERFADAPT + i);
        if (strcmp(value, names[i]) == 0)
            return true;
        perfadapt__nearest_offer(&guess, names[i]);
    }
    return drive_refuse_unknown("format", &guess, reason);
}

static bool take_flag(size_t option, const char *value, struct replay_options *out, char *reason) {
    if (value)
        return drive_refuse_word(options[option].name, value, "takes no value", reason);
    out->json |= option == JSON;
    out->summary |= option == SUMMARY;
    return true;
}

/* `value` NULL = there is none. */
static bool take(size_t option, const char *value, struct replay_options *out, char *reason) {
    if (!options[option].argument)
        return take_flag(option, value, out, reason);
    if (!value)
        return drive_refuse_word("option", options[option].name, "wants a value", reason);
    switch (option) {
    case FORMAT:
        return take_format(value, out, reason);
    case COLUMNS:
        out->columns = value;
        return true;
    default: /* ONLY */
        out->only = value;
        return strchr(value, '=') || drive_refuse_word("--only", value, "is not COLUMN=VALUE", reason);
    }
}

static bool refuse_option(const char *word, char *reason) {
    char name[PERFADAPT__WORD_SHOWN];
    struct perfadapt__nearest guess;
    drive_option_name(word, name);
    perfadapt__nearest_init(&guess, name);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        perfadapt__nearest_offer(&guess, options[i].name);
    drive_options_offer(&guess);
    return drive_refuse_unknown("option", &guess, reason);
}

static bool take_path(const char *word, struct replay_options *out, char *reason) {
    if (out->path)
        return drive_refuse_word("one file at a time, not", word, "as well", reason);
    out->path = word;
    return true;
}

/* Parts the words: ours are taken, the policy's kept for later. */
static bool part(int argc, char **argv, struct replay_options *out, char *reason) {
    for (int i = 1; i < argc; i++) {
        const char *value;
        const size_t option = find(argv[i], &value);
        const int span = drive_options_span(argv[i]);
        if (option == OPTION_COUNT && span == 0 && (argv[i][0] != '-' || !argv[i][1])) {
            if (!take_path(argv[i], out, reason))
                return false;
        } else if (option == OPTION_COUNT && span == 0) {
            return refuse_option(argv[i], reason);
        } else if (option == OPTION_COUNT) {
            out->policy_words[out->policy_word_count++] = argv[i];
            if (span == 2 && i + 1 < argc)
                out->policy_words[out->policy_word_count++] = argv[++i];
        } else {
            if (options[option].argument && !value && i + 1 < argc)
                value = argv[++i];
            if (!take(option, value, out, reason))
                return false;
        }
    }
    return out->path || drive_refuse("no file to replay is named; - is standard input", reason);
}

/*
 * The usual levels are there before the policy is judged: a bound of quality that is told alone is a bound of theirs.
 * They come first, for a last word without its value would take them for that.
 */
static enum drive_options_result read_policy(struct replay_options *out, char *reason) {
    const int count = out->policy_word_count;
    char **const words = out->policy_words;
    out->quality_freed = !drive_options_free(count, words);
    if (!out->quality_freed)
        return drive_options_read(count, words, &out->policy, reason);
    memmove(words + 2, words + 1, (size_t)count * sizeof *words);
    words[1] = usual_levels;
    const enum drive_options_result result = drive_options_read(count + 1, words, &out->policy, reason);
    memmove(words + 1, words + 2, (size_t)count * sizeof *words);
    return result;
}

enum drive_options_result replay_options_read(int argc, char **argv, struct replay_options *out_options,
                                              char out_reason[DRIVE_REASON_MAX]) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return DRIVE_OPTIONS_HELP;
    *out_options = (struct replay_options){.format = REPLAY_FORMAT_AUTO, .policy_word_count = 1};
    out_options->policy_words = calloc((size_t)argc + 2, sizeof *out_options->policy_words);
    if (!out_options->policy_words) {
        drive_refuse("out of memory", out_reason);
        return DRIVE_OPTIONS_UNREADABLE;
    }
    out_options->policy_words[0] = argv[0];
    if (!part(argc, argv, out_options, out_reason)) {
        replay_options_finish(out_options);
        return DRIVE_OPTIONS_WRONG;
    }
    out_options->judged = read_policy(out_options, out_options->policy_reason);
    return DRIVE_OPTIONS_READ;
}

/* Of the last --levels; 0 = none that is a number. */
static uint64_t levels_asked(const struct replay_options *read) {
    static const char name[] = "--levels";
    const size_t length = sizeof name - 1;
    uint64_t levels = 0;
    for (int i = 1; i < read->policy_word_count; i++) {
        const char *word = read->policy_words[i];
        if (!word || strncmp(word, name, length) != 0)
            continue;
        const char *next = i + 1 < read->policy_word_count ? read->policy_words[i + 1] : NULL;
        const char *value = word[length] == '=' ? word + length + 1 : word[length] == '\0' ? next : NULL;
        if (value)
            levels = drive_number_u64(value, &levels) ? levels : 0;
    }
    return levels;
}

enum drive_options_result replay_options_change(const struct replay_options *options_read,
                                                struct perfadapt__policy *inout_policy,
                                                char out_reason[DRIVE_REASON_MAX]) {
    const uint64_t asked = levels_asked(options_read);
    if (asked >= 1 && asked <= PERFADAPT__QUALITY_LEVELS_MAX && asked != inout_policy->quality_levels) {
        snprintf(out_reason, DRIVE_REASON_MAX, "the recorded app has %" PRIu32 " level%s; --levels cannot change that",
                 inout_policy->quality_levels, inout_policy->quality_levels == 1 ? "" : "s");
        return DRIVE_OPTIONS_WRONG;
    }
    return drive_options_change(options_read->policy_word_count, options_read->policy_words, inout_policy, out_reason);
}

void replay_options_finish(struct replay_options *options_read) {
    free(options_read->policy_words);
    options_read->policy_words = NULL;
}

void replay_options_print_help(FILE *stream) {
    fputs("Usage: perfadapt replay FILE [OPTION]...\n"
          "What the controller would have asked for while FILE was written: a recording of this library, a log of\n"
          "MangoHud, or a CSV file (PresentMon, nvidia-smi, or with a header of t_s, frame_ms, gpu_ms, temp_c, ...).\n"
          "FILE - is standard input. docs/replay.md tells what is made of which column.\n"
          "Exit: 0, 1 where rows could not be read, 2 wrong command line, 3 nothing could be replayed.\n\nOptions:\n",
          stream);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        fprintf(stream, "  %-11s %-10s %s\n", options[i].name, options[i].argument ? options[i].argument : "",
                options[i].text);
    fputs("\nOf the policy; an import lets quality move over 5 levels where none of these lets anything move:\n",
          stream);
    drive_options_print_policy(stream);
}
