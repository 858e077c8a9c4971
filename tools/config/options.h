/* The command line of `perfadapt config`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_CONFIG_OPTIONS_H
#define PERFADAPT_TOOLS_CONFIG_OPTIONS_H

#include <stdbool.h>

enum config_action { CONFIG_ACTION_MERGE = 0, CONFIG_ACTION_CHECK, CONFIG_ACTION_LIST, CONFIG_ACTION_MAN };

struct config_options {
    enum config_action action;
    bool json;
    bool help;
    const char *app;        /* NULL: no [app NAME] applies */
    const char *preset;     /* the one that fits the device; NULL: what is known of it */
    const char *sysroot;    /* NULL: this machine */
    const char *config_dir; /* NULL: the administrator's and the user's files */
    const char *data_dir;   /* NULL: what came with the program */
    char **files;           /* to check; ends with NULL */
};

/* False where the command line is wrong, which has then been said on standard error. */
bool config_options_parse(int argc, char **argv, struct config_options *out_options);

extern const char config_usage[];

#endif
