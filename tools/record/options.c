/* SPDX-License-Identifier: MIT */
#include "record/options.h"

#include "command_line.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "record";
static const double seconds_least = 1e-3, seconds_most = 1e6;

const char record_usage[] =
    "Usage: perfadapt record -o FILE --pid PID [--duration S]\n"
    "       perfadapt record -o FILE [--duration S] -- COMMAND...\n"
    "\n"
    "Writes what a session's controller consumes and decides into FILE, for perfadapt replay. A session that is "
    "followed\n"
    "notices nothing of it. What it did in the last minutes before is in the file as well.\n"
    "\n"
    "  -o, --output FILE\n"
    "                the recording; a second session's goes to FILE with -2 in its name, and so on\n"
    "  --pid PID     sessions of a process that runs, until they are closed\n"
    "  --duration S  the recording ends after that time, from 0.001 on; the command goes on\n"
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

enum { OPTION_OUTPUT = 'o', OPTION_PID = 1, OPTION_DURATION, OPTION_HELP = 'h' };

static const struct option long_options[] = {
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"pid", required_argument, NULL, OPTION_PID},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"seconds", required_argument, NULL, OPTION_DURATION}, /* its name of old */
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static bool take_pid(const char *text, struct record_options *options) {
    char *end;
    const long pid = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || pid < 1 || pid > INT_MAX)
        return command_line_refuse_value(name, "pid", text, "is not a process id");
    options->pid = (pid_t)pid;
    return true;
}

static bool take_duration(const char *text, struct record_options *options) {
    double seconds;
    if (!command_line_number(name, "duration", text, "of seconds", seconds_least, seconds_most, &seconds))
        return false;
    options->longest_ns = (int64_t)(seconds * 1e9);
    return true;
}

static bool take_path(const char *text, struct record_options *options) {
    options->path = text;
    return strcmp(text, "-") != 0 ||
           command_line_refuse_value(name, "output", text, "is no file: a recording does not go to standard output");
}

static bool take(int option, struct record_options *options) {
    switch (option) {
    case OPTION_OUTPUT:
        return take_path(optarg, options);
    case OPTION_PID:
        return take_pid(optarg, options);
    case OPTION_DURATION:
        return take_duration(optarg, options);
    case OPTION_HELP:
        options->help = true;
        return true;
    default: /* what it is has been said */
        return false;
    }
}

bool record_options_read(int argc, char **argv, struct record_options *out_options) {
    *out_options = (struct record_options){.pid = 0};
    optind = 1;
    for (int option; (option = command_line_next(name, argc, argv, "+:o:h", long_options)) != -1;)
        if (!take(option, out_options))
            return false;
    if (out_options->help)
        return true;
    if (optind < argc)
        out_options->words = argv + optind;
    if (!out_options->path || !*out_options->path)
        return command_line_refuse(name, "-o FILE is missing; it names the recording");
    if (!out_options->pid == !out_options->words)
        return command_line_refuse(name, "wants either --pid PID or a command");
    return true;
}
