/* SPDX-License-Identifier: MIT */
#include "soak_options.h"

#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "Usage: soak_bench [OPTION]... DIRECTORY\n"
    "Holds a GPU at a temperature limit with this library and with others, at constant and at jumping load. Prints\n"
    "Markdown; traces and results go to DIRECTORY. See tests/device/soak.sh.\n\n"
    "      --policy LIST      what runs, in this order (perfadapt, constant, none and those of perfadapt sim --list;\n"
    "                         default: perfadapt,constant,ipa+frame,step_wise,bang-bang)\n"
    "      --rounds N         the whole list so often (default: 1)\n"
    "      --constant-s S, --jump-s S, --settle-s S\n"
    "                         a run: so long at constant load (default: 30), then so long at jumping load (33); its\n"
    "                         first seconds do not count as settled (10)\n"
    "      --learn-s S        before its run perfadapt draws so long at constant load, as a session does that is not "
    "new:\n"
    "                         a row of its own (default: 0)\n"
    "      --idle-s S, --full-s S, --probe-s S, --confirm-s S\n"
    "                         measuring idle (15) and full load (30), trying a constant level (10), trying the one\n"
    "                         that was found (20)\n"
    "      --cool-s S, --cool-c C\n"
    "                         before each run: until C above idle (4), S at most (8)\n"
    "      --limit-share X    of the way from idle to full load (default: 0.65); the limit lies between two whole\n"
    "                         degrees, since that is what sensors give\n"
    "      --limit-c C        this limit instead\n"
    "      --margin-c C       everyone steers to so far below the limit (default: 0)\n"
    "      --best-above-c C   how far above the limit the best constant level may be read (default: 0)\n"
    "      --best-quality N   the best constant level, where an earlier run has found it: it is only confirmed\n"
    "      --levels N         levels of quality, 2 to 32 (default: 32)\n"
    "      --tick-ms N        how often the others look at the temperature (default: 1000)\n"
    "      --target-fps F, --full-ms MS\n"
    "                         of the load (default: 60, and 0.85 of a frame's time)\n"
    "      --device N|NAME    of Vulkan, by index or by part of its name\n"
    "      --sensor KIND      nvml, or snapshot: temperatures are the session's own, as with PERFADAPT_SIMULATE=h200\n"
    "      --quick            all times short, to see that it runs\n"
    "  -h, --help             print this text and exit\n";

enum { SENSOR = 1000, POLICY, DEVICE, ROUNDS, LEVELS, BEST, QUICK, HELP = 'h' };

struct number_option {
    const char *name;
    size_t offset;
    double least, most;
};

#define NUMBER(name, member, least, most)                                                                              \
    { name, offsetof(struct soak_options, member), least, most }

static const struct number_option numbers[] = {
    NUMBER("constant-s", constant_s, 0.5, 3600), NUMBER("jump-s", jump_s, 0.5, 3600),
    NUMBER("settle-s", settle_s, 0, 3600),       NUMBER("learn-s", learn_s, 0, 3600),
    NUMBER("idle-s", idle_s, 0.5, 3600),         NUMBER("full-s", full_s, 0.5, 3600),
    NUMBER("probe-s", probe_s, 0.5, 3600),       NUMBER("confirm-s", confirm_s, 0.5, 3600),
    NUMBER("cool-s", cool_s, 0, 3600),           NUMBER("cool-c", cool_c, 0, 100),
    NUMBER("limit-share", limit_share, 0.05, 1), NUMBER("limit-c", limit_c, 30, 125),
    NUMBER("margin-c", margin_c, 0, 30),         NUMBER("best-above-c", best_above_c, 0, 30),
    NUMBER("tick-ms", tick_ms, 20, 60000),       NUMBER("target-fps", target_fps, 1, 1000),
    NUMBER("full-ms", full_ms, 0.01, 1000),
};

#define NUMBERS (sizeof numbers / sizeof numbers[0])
#define WORDS 8

static void fill_known(struct option known[NUMBERS + WORDS + 1]) {
    static const struct option words[WORDS] = {
        {"sensor", required_argument, NULL, SENSOR}, {"policy", required_argument, NULL, POLICY},
        {"device", required_argument, NULL, DEVICE}, {"rounds", required_argument, NULL, ROUNDS},
        {"levels", required_argument, NULL, LEVELS}, {"best-quality", required_argument, NULL, BEST},
        {"quick", no_argument, NULL, QUICK},         {"help", no_argument, NULL, HELP},
    };
    memset(known, 0, sizeof *known * (NUMBERS + WORDS + 1));
    for (size_t i = 0; i < NUMBERS; i++)
        known[i] = (struct option){numbers[i].name, required_argument, NULL, (int)i + 1};
    memcpy(known + NUMBERS, words, sizeof words);
}

static bool take_number(struct soak_options *options, const struct number_option *option, const char *text) {
    char *end = NULL;
    const double number = strtod(text, &end);
    if (end == text || *end || !(number >= option->least && number <= option->most)) {
        fprintf(stderr, "soak_bench: --%s \"%s\" is not a number from %g to %g; soak_bench --help tells more\n",
                option->name, text, option->least, option->most);
        return false;
    }
    memcpy((char *)options + option->offset, &number, sizeof number);
    return true;
}

static bool take_sensor(struct soak_options *options, const char *word) {
    options->snapshot = strcmp(word, "snapshot") == 0;
    if (options->snapshot || strcmp(word, "nvml") == 0)
        return true;
    fprintf(stderr, "soak_bench: --sensor \"%s\" is neither nvml nor snapshot; soak_bench --help tells more\n", word);
    return false;
}

static bool take_count(const char *name, const char *text, unsigned long least, unsigned long most, uint32_t *out) {
    char *end = NULL;
    const unsigned long count = strtoul(text, &end, 10);
    *out = (uint32_t)count;
    if (end != text && !*end && count >= least && count <= most)
        return true;
    fprintf(stderr, "soak_bench: --%s \"%s\" is not a whole number from %lu to %lu; soak_bench --help tells more\n",
            name, text, least, most);
    return false;
}

static void make_quick(struct soak_options *options) {
    options->idle_s = options->full_s = 3;
    options->probe_s = options->confirm_s = 2;
    options->constant_s = options->jump_s = 5;
    options->settle_s = options->cool_s = 1;
}

static bool take(struct soak_options *options, int option, const char *value) {
    if (option >= 1 && option <= (int)NUMBERS)
        return take_number(options, &numbers[option - 1], value);
    switch (option) {
    case SENSOR:
        return take_sensor(options, value);
    case POLICY:
        options->policies = value;
        return true;
    case DEVICE:
        options->device = value;
        return true;
    case ROUNDS:
        return take_count("rounds", value, 1, 100, &options->rounds);
    case LEVELS:
        return take_count("levels", value, 2, 32, &options->levels);
    case BEST:
        return take_count("best-quality", value, 0, 31, &options->best_quality);
    case QUICK:
        make_quick(options);
        return true;
    default:
        return false; /* getopt has said why */
    }
}

enum soak_options_outcome soak_options_parse(int argc, char **argv, struct soak_options *out_options) {
    struct option known[NUMBERS + WORDS + 1];
    fill_known(known);
    *out_options = (struct soak_options){
        .policies = "perfadapt,constant,ipa+frame,step_wise,bang-bang",
        .rounds = 1,
        .levels = 32,
        .best_quality = UINT32_MAX,
        .target_fps = 60,
        .idle_s = 15,
        .full_s = 30,
        .probe_s = 10,
        .confirm_s = 20,
        .constant_s = 30,
        .jump_s = 33,
        .settle_s = 10,
        .cool_s = 8,
        .cool_c = 4,
        .tick_ms = 1000,
        .limit_c = (double)NAN,
        .limit_share = 0.65,
    };
    for (int option = 0; (option = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        if (option == HELP) {
            fputs(help_text, stdout);
            return SOAK_OPTIONS_HELP_SHOWN;
        }
        if (!take(out_options, option, optarg))
            return SOAK_OPTIONS_BAD;
    }
    if (argc - optind != 1) {
        fprintf(stderr, "soak_bench: one DIRECTORY is needed; soak_bench --help tells more\n");
        return SOAK_OPTIONS_BAD;
    }
    out_options->directory = argv[optind];
    if (out_options->best_quality != UINT32_MAX && out_options->best_quality >= out_options->levels) {
        fprintf(
            stderr,
            "soak_bench: --best-quality %u is not below the number of levels, %u; --levels N says how many there are\n",
            out_options->best_quality, out_options->levels);
        return SOAK_OPTIONS_BAD;
    }
    if (!(out_options->full_ms > 0))
        out_options->full_ms = 0.85 * 1000 / out_options->target_fps;
    return SOAK_OPTIONS_RUN;
}
