/* SPDX-License-Identifier: MIT */
#include "profile/options.h"

#include "command_line.h"

#include <stddef.h>

static const char name[] = "profile";
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
    "  --timeout S    wait up to S seconds for the probe of this machine, 0 to 600; default 15\n"
    "  --refresh      probe anew, also where an earlier probe's findings are kept\n"
    "  -h, --help     this text\n"
    "\n"
    "Exit codes: 0 ok, also where there is no GPU; 2 usage; 3 FILE cannot be read or understood, no answer in time.\n";

enum { OPTION_JSON = 1, OPTION_FROM, OPTION_TIMEOUT, OPTION_REFRESH, OPTION_HELP = 'h' };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"from", required_argument, NULL, OPTION_FROM},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"wait", required_argument, NULL, OPTION_TIMEOUT}, /* its name of old */
    {"refresh", no_argument, NULL, OPTION_REFRESH},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static bool take_timeout(const char *text, struct profile_options *options) {
    double seconds;
    if (!command_line_number(name, "timeout", text, "of seconds", 0, wait_most_s, &seconds))
        return false;
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
    case OPTION_TIMEOUT:
        return take_timeout(optarg, options);
    case OPTION_REFRESH:
        options->refresh = true;
        return true;
    case OPTION_HELP:
        options->help = true;
        return true;
    default: /* what it is has been said */
        return false;
    }
}

static bool fits_together(const struct profile_options *options) {
    if (options->from && options->refresh)
        return command_line_refuse(name, "--refresh is about this machine, --from about another; leave one away");
    if (options->from && options->wait_ns >= 0)
        return command_line_refuse(name, "--timeout is about this machine, --from about another; leave one away");
    return true;
}

static bool parse(int argc, char **argv, struct profile_options *options) {
    for (int option; (option = command_line_next(name, argc, argv, "+:h", long_options)) != -1;)
        if (!take(option, options))
            return false;
    if (options->help)
        return true;
    if (optind < argc)
        return command_line_refuse_word(name, argv[optind], "--from FILE reads a report");
    return fits_together(options);
}

bool profile_options_parse(int argc, char **argv, struct profile_options *out_options) {
    *out_options = (struct profile_options){.wait_ns = -1};
    optind = 1;
    const bool good = parse(argc, argv, out_options);
    if (out_options->wait_ns < 0)
        out_options->wait_ns = wait_usual_ns;
    return good;
}
