/* SPDX-License-Identifier: MIT */
#include "sensors/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 ok, also where there is no sensor at all; 2 usage; 3 DIR cannot be read, no answer within 5 s.\n";

enum { OPTION_JSON = 1, OPTION_SYSROOT, OPTION_WATCH, OPTION_ALL, OPTION_HELP };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},         {"sysroot", required_argument, NULL, OPTION_SYSROOT},
    {"watch", optional_argument, NULL, OPTION_WATCH}, {"all", no_argument, NULL, OPTION_ALL},
    {"help", no_argument, NULL, OPTION_HELP},         {NULL, 0, NULL, 0},
};

static bool is_number(const char *text) {
    return text && *text && strspn(text, "0123456789.") == strlen(text);
}

static bool take_watch(const char *text, struct sensors_options *options) {
    char *end = NULL;
    const double seconds = text ? strtod(text, &end) : watch_usual_s;
    if (text && (!is_number(text) || *end || !(seconds >= watch_least_s && seconds <= watch_most_s))) {
        fprintf(stderr, "perfadapt sensors: --watch %s: not a number of seconds from 0.1 to 86400\n", text);
        return false;
    }
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
    default: /* getopt has said what it is */
        return false;
    }
}

static bool refuse(void) {
    fputs(sensors_usage, stderr);
    return false;
}

bool sensors_options_parse(int argc, char **argv, struct sensors_options *out_options) {
    *out_options = (struct sensors_options){0};
    static char name[] = "perfadapt sensors"; /* getopt's messages begin with it */
    char *own_name = argv[0];
    argv[0] = name;
    optind = 1;
    bool good = true;
    for (int option; good && (option = getopt_long(argc, argv, "+", long_options, NULL)) != -1;)
        good = take(option, argc, argv, out_options);
    if (good && !out_options->help && optind < argc) {
        fprintf(stderr, "perfadapt sensors: \"%s\" is not an option\n", argv[optind]);
        good = false;
    }
    argv[0] = own_name;
    return good || refuse();
}
