/* SPDX-License-Identifier: MIT */
#include "config/options.h"

#include "command_line.h"

#include <stddef.h>

static const char name[] = "config";

const char config_usage[] =
    "Usage: perfadapt config [OPTIONS]\n"
    "       perfadapt config --check [--json] FILE...\n"
    "       perfadapt config --list [--json] | --man\n"
    "\n"
    "What the configuration files come to, and which line says so: an INI file that says the same. Warnings go to\n"
    "standard error.\n"
    "\n"
    "  --app NAME        with what [app NAME] says\n"
    "  --preset NAME     as if this preset fitted the device\n"
    "  --config-dir DIR  read DIR in place of /etc/perfadapt and the user's files\n"
    "  --data-dir DIR    read DIR in place of what came with perfadapt\n"
    "  --sysroot DIR     look below DIR, a recorded or made up machine; the user's files are left out\n"
    "  --json            one JSON object a line; docs/json.md names the keys\n"
    "  --check           is there anything wrong with the FILEs? Every section is looked at, whether it fits here or "
    "not\n"
    "  --list            every key: type, range, default, what it does\n"
    "  --man             the same as a manual page, perfadapt.ini(5), in roff\n"
    "  -h, --help        this text\n"
    "\n"
    "Exit codes: 0 ok; 1 --check found something; 2 usage; 3 a FILE or DIR cannot be read.\n";

enum {
    OPTION_APP = 1,
    OPTION_PRESET,
    OPTION_CONFIG_DIR,
    OPTION_DATA_DIR,
    OPTION_SYSROOT,
    OPTION_JSON,
    OPTION_CHECK,
    OPTION_LIST,
    OPTION_MAN,
    OPTION_HELP = 'h'
};

static const struct option long_options[] = {
    {"app", required_argument, NULL, OPTION_APP},
    {"preset", required_argument, NULL, OPTION_PRESET},
    {"config-dir", required_argument, NULL, OPTION_CONFIG_DIR},
    {"data-dir", required_argument, NULL, OPTION_DATA_DIR},
    {"sysroot", required_argument, NULL, OPTION_SYSROOT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"list", no_argument, NULL, OPTION_LIST},
    {"man", no_argument, NULL, OPTION_MAN},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static bool take_action(enum config_action action, struct config_options *options) {
    if (options->action != CONFIG_ACTION_MERGE && options->action != action)
        return command_line_refuse(name, "--check, --list and --man exclude each other; give one");
    options->action = action;
    return true;
}

static bool take_flag(int option, struct config_options *options) {
    switch (option) {
    case OPTION_JSON:
        options->json = true;
        return true;
    case OPTION_CHECK:
        return take_action(CONFIG_ACTION_CHECK, options);
    case OPTION_LIST:
        return take_action(CONFIG_ACTION_LIST, options);
    case OPTION_MAN:
        return take_action(CONFIG_ACTION_MAN, options);
    case OPTION_HELP:
        options->help = true;
        return true;
    default: /* what it is has been said */
        return false;
    }
}

static bool take(int option, struct config_options *options) {
    const char **const texts[] = {[OPTION_APP] = &options->app,
                                  [OPTION_PRESET] = &options->preset,
                                  [OPTION_CONFIG_DIR] = &options->config_dir,
                                  [OPTION_DATA_DIR] = &options->data_dir,
                                  [OPTION_SYSROOT] = &options->sysroot};
    if (option < OPTION_APP || option > OPTION_SYSROOT)
        return take_flag(option, options);
    if (!*optarg)
        return command_line_refuse_value(name, long_options[option - OPTION_APP].name, optarg, "names nothing");
    *texts[option] = optarg;
    return true;
}

static bool has_context(const struct config_options *options) {
    return options->app || options->preset || options->config_dir || options->data_dir || options->sysroot;
}

/* What is taken together must make sense together. */
static bool fits(const struct config_options *options) {
    const bool checks = options->action == CONFIG_ACTION_CHECK;
    if (checks && !*options->files)
        return command_line_refuse(name, "--check is given no file; --check FILE checks one");
    if (!checks && *options->files)
        return command_line_refuse_word(name, *options->files, "--check FILE checks a file");
    if (options->action != CONFIG_ACTION_MERGE && has_context(options))
        return command_line_refuse(name, "--check, --list and --man look at no machine, preset or app; leave one away");
    if (options->action == CONFIG_ACTION_MAN && options->json)
        return command_line_refuse(name, "--man is a manual page, no JSON; --list --json has the same");
    return true;
}

bool config_options_parse(int argc, char **argv, struct config_options *out_options) {
    *out_options = (struct config_options){0};
    optind = 1;
    for (int option; (option = command_line_next(name, argc, argv, ":h", long_options)) != -1;)
        if (!take(option, out_options))
            return false;
    out_options->files = argv + optind;
    return out_options->help || fits(out_options);
}
