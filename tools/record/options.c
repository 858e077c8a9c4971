/* SPDX-License-Identifier: MIT */
#include "record/options.h"

#include "config/nearest.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX 256

static const double seconds_least = 1e-3, seconds_most = 1e6;

const char record_usage[] =
    "Usage: perfadapt record -o FILE --pid PID [--seconds S]\n"
    "       perfadapt record -o FILE [--seconds S] -- COMMAND...\n"
    "\n"
    "Writes what a session's controller consumes and decides into FILE, for perfadapt replay. A session that is "
    "followed\n"
    "notices nothing of it. What it did in the last minutes before is in the file as well.\n"
    "\n"
    "  -o FILE       the recording; a second session's goes to FILE with -2 in its name, and so on\n"
    "  --pid PID     sessions of a process that runs, until they are closed\n"
    "  --seconds S   the recording ends after that time, from 0.001 on; the command goes on\n"
    "  COMMAND       is run, and the sessions of it and of all that it starts are followed until it and they have "
    "ended;\n"
    "                what it leaves running and that has none yet is waited for, 5 seconds at most\n"
    "  -h, --help    this text\n"
    "\n"
    "Whatever ends the recording, the command goes on, and is waited for. An interrupt (Ctrl-C) is left to the "
    "command,\n"
    "SIGTERM and SIGHUP are passed on to it; a second signal ends the recording at once and lets the command run.\n"
    "\n"
    "Exit codes: the command's, or 128 + its signal, or 128 + the second signal; else 0 ok, 2 usage, 3 FILE cannot be\n"
    "written, no such session. Where FILE cannot be written from the start, the command is not run.\n";

enum { OPTION_OUTPUT = 'o', OPTION_PID = 1, OPTION_SECONDS, OPTION_HELP = 'h' };

static const struct option long_options[] = {
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"pid", required_argument, NULL, OPTION_PID},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const char *const option_names[] = {"--output", "--pid", "--seconds", "--help", NULL};

static bool take_pid(const char *text, struct record_options *options) {
    char *end;
    const long pid = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || pid < 1 || pid > INT_MAX) {
        fprintf(stderr, "perfadapt record: --pid %s: not a process id\n", text);
        return false;
    }
    options->pid = (pid_t)pid;
    return true;
}

static bool take_seconds(const char *text, struct record_options *options) {
    char *end;
    const double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= seconds_least && seconds <= seconds_most)) {
        fprintf(stderr, "perfadapt record: --seconds %s: not a number of seconds from 0.001 to 1000000\n", text);
        return false;
    }
    options->longest_ns = (int64_t)(seconds * 1e9);
    return true;
}

static bool refuse(const char *text) {
    fprintf(stderr, "perfadapt record: %s\nperfadapt record --help tells more\n", text);
    return false;
}

/* "--nope" of "--nope=1", or "-n" of "-nope"; the nearest option, where one is near. */
static bool refuse_unknown(const char *word) {
    char name[PERFADAPT__WORD_SHOWN], reason[REASON_MAX];
    struct perfadapt__nearest guess;
    const size_t length = strncmp(word, "--", 2) == 0 ? strcspn(word, "=") : 2;
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), word);
    perfadapt__nearest_init(&guess, name);
    for (const char *const *option = option_names; *option; option++)
        perfadapt__nearest_offer(&guess, *option);
    perfadapt__nearest_tell(&guess, "option", reason, sizeof reason);
    return refuse(reason);
}

static bool refuse_word(const char *word, const char *text) {
    char cleaned[PERFADAPT__WORD_SHOWN], reason[REASON_MAX];
    perfadapt__word_clean(word, cleaned);
    snprintf(reason, sizeof reason, "option \"%s\" %s", cleaned, text);
    return refuse(reason);
}

static bool take_path(const char *text, struct record_options *options) {
    options->path = text;
    return strcmp(text, "-") != 0 || refuse("-o -: a recording goes to a file, not to standard output");
}

static bool take(int option, const char *word, struct record_options *options) {
    switch (option) {
    case OPTION_OUTPUT:
        return take_path(optarg, options);
    case OPTION_PID:
        return take_pid(optarg, options);
    case OPTION_SECONDS:
        return take_seconds(optarg, options);
    case OPTION_HELP:
        options->help = true;
        return true;
    case ':':
        return refuse_word(word, "wants a value");
    default:
        return optopt == OPTION_HELP ? refuse_word(word, "takes no value") : refuse_unknown(word);
    }
}

bool record_options_read(int argc, char **argv, struct record_options *out_options) {
    *out_options = (struct record_options){.pid = 0};
    optind = 1;
    opterr = 0;
    for (;;) {
        const char *const word = argv[optind];
        const int option = getopt_long(argc, argv, "+:o:h", long_options, NULL);
        if (option == -1)
            break;
        if (!take(option, word, out_options))
            return false;
    }
    if (out_options->help)
        return true;
    if (optind < argc)
        out_options->words = argv + optind;
    if (!out_options->path || !*out_options->path)
        return refuse("-o FILE is missing");
    if (!out_options->pid == !out_options->words)
        return refuse("wants either --pid PID or a command");
    return true;
}
