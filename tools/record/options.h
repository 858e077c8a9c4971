/* The command line of `perfadapt record`. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_RECORD_OPTIONS_H
#define PERFADAPT_TOOLS_RECORD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct record_options {
    const char *path;
    pid_t pid;          /* 0 = a command is run */
    char *const *words; /* the command; NULL = none */
    int64_t longest_ns; /* 0 = until it ends */
    bool help;
};

extern const char record_usage[];

/* Says what is wrong with them on standard error. */
bool record_options_read(int argc, char **argv, struct record_options *out_options);

#endif
