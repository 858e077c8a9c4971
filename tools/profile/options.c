/* SPDX-License-Identifier: MIT */
#include "profile/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t wait_usual_ns = INT64_C(15000000000);
static const double wait_most_s = 600;

const char profile_usage[] =
    "Usage: perfadapt profile [OPTIONS]\n"
    "\n"
    "What this machine is: its GPU, its tier from 0 to 5, the preset that fits, and why.\n"
    "\n"
    "  --json         one JSON object on one line; docs/json.md names its keys\n"
    "  --from FILE    judge the device of a report: what `vulkaninfo --json` prints, a Vulkan\n"
    "                 Profiles file or a report of vulkan.gpuinfo.org; - is standard input\n"
    "  --wait S       wait up to S seconds for the probe of this machine, 0 to 600; default 15\n"
    "  --refresh      probe anew, also where an earlier probe's findings are kept\n"
    "  --help         this text\n"
    "\n"
    "Exit codes: 0 ok, also where there is no GPU; 2 usage; 3 FILE cannot be read or understood, no answer in time.\n";

enum { OPTION_JSON = 1, OPTION_FROM, OPTION_WAIT, OPTION_REFRESH, OPTION_HELP };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},       {"from", required_argument, NULL, OPTION_FROM},
    {"wait", required_argument, NULL, OPTION_WAIT}, {"refresh", no_argument, NULL, OPTION_REFRESH},
    {"help", no_argument, NULL, OPTION_HELP},       {NULL, 0, NULL, 0},
};

static bool take_wait(const char *text, struct profile_options *options) {
    char *end = NULL;
    const double seconds = strtod(text, &end);
    if (!*text || strspn(text, "0123456789.") != strlen(text) || *end || !(seconds >= 0 && seconds <= wait_most_s)) {
        fprintf(stderr, "perfadapt profile: --wait %s: not a number of seconds from 0 to 600\n", text);
        return false;
    }
    options->wait_ns = (int64_t)(seconds * 1e9);
    return true;
}

static bool take(int option, struct profile_options *options) {
    switch (option) {
    case OPTION_JSON:
        options->json = true;
        return true;
    case OPTION_FROM:
        options->from = optarg;
        return true;
    case OPTION_WAIT:
        return take_wait(optarg, options);
    case OPTION_REFRESH:
        options->refresh = true;
        return true;
    case OPTION_HELP:
        options->help = true;
        return true;
    default: /* getopt has said what it is */
        return false;
    }
}

static bool fits_together(const struct profile_options *options) {
    if (!options->from || (!options->refresh && options->wait_ns < 0))
        return true;
    fprintf(stderr, "perfadapt profile: %s is about this machine, --from about another\n",
            options->refresh ? "--refresh" : "--wait");
    return false;
}

static bool parse(int argc, char **argv, struct profile_options *options) {
    for (int option; (option = getopt_long(argc, argv, "+", long_options, NULL)) != -1;)
        if (!take(option, options))
            return false;
    if (options->help)
        return true;
    if (optind < argc) {
        fprintf(stderr, "perfadapt profile: \"%s\" is not an option; a report is read with --from\n", argv[optind]);
        return false;
    }
    return fits_together(options);
}

bool profile_options_parse(int argc, char **argv, struct profile_options *out_options) {
    static char name[] = "perfadapt profile"; /* getopt's messages begin with it */
    char *own_name = argv[0];
    *out_options = (struct profile_options){.wait_ns = -1};
    argv[0] = name;
    optind = 1;
    const bool good = parse(argc, argv, out_options);
    argv[0] = own_name;
    if (!good)
        fputs(profile_usage, stderr);
    if (out_options->wait_ns < 0)
        out_options->wait_ns = wait_usual_ns;
    return good;
}
