/* The command line of `perfadapt profile`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_OPTIONS_H
#define PERFADAPT_TOOLS_PROFILE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct profile_options {
    const char *from; /* a report; NULL: this machine */
    int64_t wait_ns;  /* for a probe */
    bool json;
    bool refresh;
    bool help;
};

/* False where the command line is wrong, which has then been said on standard error. */
bool profile_options_parse(int argc, char **argv, struct profile_options *out_options);

extern const char profile_usage[];

#endif
