/* SPDX-License-Identifier: MIT */
#include "sensors/options.h"

#include "command_line.h"

#include <string.h>

static const char name[] = "sensors";
static const double watch_usual_s = 1;
static const double watch_least_s = 0.1, watch_most_s = 86400;

const char sensors_usage[] =
    "Usage: perfadapt sensors [OPTIONS]\n"
    "\n"
    "What the library reads of this machine, what of it is believed, and what steers.\n"
    "\n"
    "  --json          one JSON object on one line; docs/json.md names its keys\n"
    "  --sysroot DIR   look below DIR, a recorded or made up machine\n"
    "  --watch [S]     again every S seconds, 0.1 to 86400, until interrupted; default 1\n"
    "  --all           every sensor and every average, however many there are\n"
    "  -h, --help      this text\n"
    "\n"
    "Exit codes: 0 ok, also where there is no sensor at all; 2 usage; 3 DIR cannot be read, no answer within 5 s.\n";

enum { OPTION_JSON = 1, OPTION_SYSROOT, OPTION_WATCH, OPTION_ALL, OPTION_HELP = 'h' };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},         {"sysroot", required_argument, NULL, OPTION_SYSROOT},
    {"watch", optional_argument, NULL, OPTION_WATCH}, {"all", no_argument, NULL, OPTION_ALL},
    {"help", no_argument, NULL, OPTION_HELP},         {NULL, 0, NULL, 0},
};

static bool is_number(const char *text) {
    return *text && strspn(text, "0123456789.") == strlen(text);
}

static bool take_watch(const char *text, struct sensors_options *options) {
    double seconds = watch_usual_s;
    if (text && !command_line_number(name, "watch", text, "of seconds", watch_least_s, watch_most_s, &seconds))
        return false;
    options->watch_ns = (int64_t)(seconds * 1e9);
    return true;
}

/* getopt takes an optional value only behind a "="; one that looks like a number is taken from the next word too. */
static const char *watch_value(int argc, char **argv) {
    if (optarg)
        return optarg;
    return optind < argc && is_number(argv[optind]) ? argv[optind++] : NULL;
}

static bool take(int option, int argc, char **argv, struct sensors_options *options) {
    switch (option) {
    case OPTION_JSON:
        options->json = true;
        return true;
    case OPTION_SYSROOT:
        options->sysroot = optarg;
        return true;
    case OPTION_WATCH:
        return take_watch(watch_value(argc, argv), options);
    case OPTION_ALL:
        options->all = true;
        return true;
    case OPTION_HELP:
        options->help = true;
        return true;
    default: /* what it is has been said */
        return false;
    }
}

bool sensors_options_parse(int argc, char **argv, struct sensors_options *out_options) {
    *out_options = (struct sensors_options){0};
    optind = 1;
    for (int option; (option = command_line_next(name, argc, argv, "+:h", long_options)) != -1;)
        if (!take(option, argc, argv, out_options))
            return false;
    if (out_options->help || optind == argc)
        return true;
    return command_line_refuse_word(name, argv[optind], NULL);
}
