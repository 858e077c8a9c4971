/* The command line of perfadapt-top. SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfadapt/version.h>

enum long_only {
    OPTION_ASCII = 256,
    OPTION_COLOR,
    OPTION_CSV,
    OPTION_JSON,
    OPTION_NO_MOUSE,
    OPTION_NO_SAMPLER,
    OPTION_ONCE,
    OPTION_RECORD,
    OPTION_REPLAY,
    OPTION_SYSROOT
};

static const struct option long_options[] = {
    {"ascii", no_argument, NULL, OPTION_ASCII},
    {"batch", no_argument, NULL, 'b'},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"delay", required_argument, NULL, 'd'},
    {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"no-mouse", no_argument, NULL, OPTION_NO_MOUSE},
    {"no-sampler", no_argument, NULL, OPTION_NO_SAMPLER},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"record", required_argument, NULL, OPTION_RECORD},
    {"replay", required_argument, NULL, OPTION_REPLAY},
    {"samples", required_argument, NULL, 'n'},
    {"sysroot", required_argument, NULL, OPTION_SYSROOT},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "Usage: perfadapt-top [OPTION]...\n"
    "Shows temperatures, pressure and every app that runs on a budget, and why budgets change.\n"
    "\n"
    "  -b, --batch             print samples as text, one after the other\n"
    "  -n, --samples=N         with --batch: stop after N samples (default: never)\n"
    "  -d, --delay=SECONDS     time between samples, 0.05 to 3600 (default 1)\n"
    "      --once              print one sample and exit; so too where standard output is no terminal\n"
    "      --json              print JSON, one object a line; with --batch one per sample, else one\n"
    "      --csv               as --json, as comma-separated lines: one for each app\n"
    "      --record=FILE       write what is seen to FILE, anew, for --replay\n"
    "      --replay=FILE       show a recording in place of this machine\n"
    "      --ascii             draw with ASCII only (automatic without a UTF-8 locale)\n"
    "      --color=WHEN        auto, never, 256 or true; NO_COLOR=1 in the environment also means never\n"
    "      --no-mouse          leave the mouse to the terminal\n"
    "      --no-sampler        show apps only, do not read this machine\n"
    "      --sysroot=DIR       read DIR in place of /\n"
    "  -h, --help              print this help and exit\n"
    "  -V, --version           print the version and exit\n"
    "\n"
    "Keys: q quit, ? help, arrows select, Enter details, / filter, s S sort, e events, g fps or ms,\n"
    "      Space pause, [ ] { } End time, r record, + - rate, 1 to 6 panes, w write the setup.\n"
    "man perfadapt-top tells more.\n"
    "Exit status: 0 success, 2 wrong usage or unusable terminal, 3 output or environment failed.\n";

/* What is wrong with which argument, and what to do: one line, as the sub-commands of perfadapt have it. */
static int usage_error(const char *option, const char *value, const char *problem) {
    fprintf(stderr, "perfadapt-top: %s \"%s\" %s; perfadapt-top --help tells more\n", option, value, problem);
    return EXIT_CODE_USAGE;
}

static int refuse(const char *problem) {
    fprintf(stderr, "perfadapt-top: %s\n", problem);
    return EXIT_CODE_USAGE;
}

/* `word` is the one before the next; a letter of several in one word is told by itself. */
static int refuse_option(int result, const char *word) {
    const char letter[] = {'-', (char)optopt, '\0'};
    if (result == ':') {
        return usage_error("option", word, "wants a value");
    }
    if (optopt != 0 && strchr(word, '=')) {
        return usage_error("option", word, "takes no value");
    }
    return usage_error("option", optopt != 0 ? letter : word, "is unknown");
}

static int print_text(const char *text) {
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
        if (errno == EPIPE) {
            return EXIT_CODE_OK;
        }
        fprintf(stderr, "perfadapt-top: cannot write: %s\n", strerror(errno));
        return EXIT_CODE_ENVIRONMENT;
    }
    return EXIT_CODE_OK;
}

static int parse_samples(const char *text, long *out) {
    char *end = NULL;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *out < 1) {
        return usage_error("--samples", text, "is not a whole number from 1");
    }
    return -1;
}

static int parse_period(const char *text, double *out) {
    char *end = NULL;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out >= OPTIONS_PERIOD_MIN_S && *out <= OPTIONS_PERIOD_MAX_S)) {
        return usage_error("--delay", text, "is not a number of seconds from 0.05 to 3600");
    }
    return -1;
}

static int parse_color(const char *text, enum options_color *out) {
    static const char *const words[] = {"auto", "never", "256", "true"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; ++i) {
        if (strcmp(text, words[i]) == 0) {
            *out = (enum options_color)i;
            return -1;
        }
    }
    return usage_error("--color", text, "is not auto, never, 256 or true");
}

static int take(int option, struct options *out) {
    switch (option) {
    case OPTION_ASCII:
        out->ascii = true;
        return -1;
    case 'b':
        out->batch = true;
        return -1;
    case OPTION_COLOR:
        return parse_color(optarg, &out->color);
    case 'd':
        out->period_given = true;
        return parse_period(optarg, &out->period_s);
    case OPTION_CSV:
        out->csv = true;
        return -1;
    case OPTION_JSON:
        out->json = true;
        return -1;
    case OPTION_NO_MOUSE:
        out->no_mouse = true;
        return -1;
    case OPTION_NO_SAMPLER:
        out->no_sampler = true;
        return -1;
    case OPTION_ONCE:
        out->once = true;
        return -1;
    case OPTION_RECORD:
        out->record = optarg;
        return -1;
    case OPTION_REPLAY:
        out->replay = optarg;
        return -1;
    case 'n':
        return parse_samples(optarg, &out->samples);
    case OPTION_SYSROOT:
        out->sysroot = optarg;
        return -1;
    case 'h':
        return print_text(help_text);
    case 'V':
        return print_text("perfadapt-top " PERFADAPT_VERSION_STRING "\n");
    default:
        return EXIT_CODE_USAGE;
    }
}

int options_parse(int argc, char **argv, struct options *out) {
    *out = (struct options){.period_s = 1};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":bd:hn:V", long_options, NULL)) != -1;) {
        if (option == ':' || option == '?') {
            return refuse_option(option, argv[optind - 1]);
        }
        const int code = take(option, out);
        if (code >= 0) {
            return code;
        }
    }
    if (optind < argc) {
        return usage_error("argument", argv[optind], "is not an option");
    }
    if (out->json && out->csv) {
        return refuse("--json and --csv exclude each other; give one");
    }
    if (out->record != NULL && out->replay != NULL) {
        return refuse("--record and --replay exclude each other; give one");
    }
    if (out->once && out->batch) {
        return refuse("--once and --batch exclude each other; give one");
    }
    if (out->samples > 0 && !out->batch) {
        return refuse("--samples (-n) is without --batch; give both");
    }
    return -1;
}
