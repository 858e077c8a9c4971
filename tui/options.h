/* The command line of perfadapt-top. SPDX-License-Identifier: MIT */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H

#include <stdbool.h>

/* Exit codes, the same in every program of the project. */
enum exit_code { EXIT_CODE_OK = 0, EXIT_CODE_USAGE = 2, EXIT_CODE_ENVIRONMENT = 3 };

enum options_color { OPTIONS_COLOR_AUTO, OPTIONS_COLOR_NEVER, OPTIONS_COLOR_256, OPTIONS_COLOR_TRUE };

struct options {
    bool once;
    bool batch;
    bool json;
    bool csv;
    bool ascii;
    bool no_sampler;
    bool no_mouse;
    long samples;      /* of --batch; 0 = endless */
    double period_s;   /* between samples */
    bool period_given; /* by an option, which goes before the setup */
    enum options_color color;
    const char *sysroot; /* NULL = "/" */
    const char *record;  /* file that moments are written to; NULL = none */
    const char *replay;  /* recording to show; NULL = this machine */
};

#define OPTIONS_PERIOD_MIN_S 0.05
#define OPTIONS_PERIOD_MAX_S 3600.0

/* Returns -1 where the program is to run, else the exit code: help and version are printed, errors named. */
int options_parse(int argc, char **argv, struct options *out);

#endif
