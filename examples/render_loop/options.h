/* The command line. SPDX-License-Identifier: MIT */
#ifndef RENDER_LOOP_OPTIONS_H
#define RENDER_LOOP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define LOAD_CHANGES_MAX 16

struct load_change {
    double at_seconds;
    double load;
};

struct options {
    const char *device; /* index or part of a name; NULL: the best */
    const char *name;
    const char *simulate;
    bool window;
    bool list_devices;
    bool summary;
    uint32_t role;    /* enum perfadapt_role */
    uint32_t outputs; /* mask of enum perfadapt_output */
    uint32_t levels;
    uint32_t width; /* 0: chosen by device */
    uint32_t height;
    uint64_t frames; /* 0: no end */
    double duration; /* seconds; 0: no end */
    double target_fps;
    double load; /* cost of the best quality at scale 1, in frame times */
    struct load_change load_changes[LOAD_CHANGES_MAX];
    uint32_t load_change_count;
};

enum options_outcome { OPTIONS_RUN, OPTIONS_HELP_SHOWN, OPTIONS_BAD };

/* What is wrong is said on stderr. The strings in *out_options are those of argv. */
enum options_outcome options_parse(int argc, char **argv, struct options *out_options);

/* The load that is asked for so many seconds after the start. */
double options_load_at(const struct options *options, double seconds);

#endif
