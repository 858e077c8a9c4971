/* The command line of `perfadapt sensors`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_SENSORS_OPTIONS_H
#define PERFADAPT_TOOLS_SENSORS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct sensors_options {
    const char *sysroot; /* NULL: this machine */
    int64_t watch_ns;    /* between two outputs; 0: one output */
    bool json;
    bool all;
    bool help;
};

/* False where the command line is wrong, which has then been said on standard error. */
bool sensors_options_parse(int argc, char **argv, struct sensors_options *out_options);

extern const char sensors_usage[];

#endif
