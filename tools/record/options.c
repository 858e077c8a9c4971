/* SPDX-License-Identifier: MIT */
#include "record/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double seconds_most = 1e6;

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
    "  --seconds S   no longer than that\n"
    "  COMMAND       is run, and the sessions of it and of its children are followed until it ends\n"
    "  --help        this text\n"
    "\n"
    "Exit codes: the command's, or 128 + its signal; else 0 ok, 2 usage, 3 FILE cannot be written, no such session.\n";

enum { OPTION_OUTPUT = 'o', OPTION_PID = 1, OPTION_SECONDS, OPTION_HELP };

static const struct option long_options[] = {
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"pid", required_argument, NULL, OPTION_PID},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

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
    if (end == text || *end || !(seconds > 0 && seconds <= seconds_most)) {
        fprintf(stderr, "perfadapt record: --seconds %s: not a number of seconds up to 1000000\n", text);
        return false;
    }
    options->longest_ns = (int64_t)(seconds * 1e9);
    return true;
}

static bool take(int option, struct record_options *options) {
    switch (option) {
    case OPTION_OUTPUT:
        options->path = optarg;
        return true;
    case OPTION_PID:
        return take_pid(optarg, options);
    case OPTION_SECONDS:
        return take_seconds(optarg, options);
    case OPTION_HELP:
        options->help = true;
        return true;
    default: /* getopt has said what it is */
        return false;
    }
}

static bool refuse(const char *text) {
    fprintf(stderr, "perfadapt record: %s\nperfadapt record --help tells more\n", text);
    return false;
}

bool record_options_read(int argc, char **argv, struct record_options *out_options) {
    *out_options = (struct record_options){.pid = 0};
    optind = 1;
    for (;;) {
        const int option = getopt_long(argc, argv, "+o:", long_options, NULL);
        if (option == -1)
            break;
        if (!take(option, out_options))
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
