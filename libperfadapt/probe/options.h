/* The command line of perfadapt-probe. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROBE_OPTIONS_H
#define PERFADAPT_PROBE_OPTIONS_H

#include <stdbool.h>

enum probe_exit { PROBE_EXIT_OK = 0, PROBE_EXIT_USAGE = 2, PROBE_EXIT_ENVIRONMENT = 3, PROBE_EXIT_BUSY = 4 };

struct probe_options {
    bool all;
    bool no_sensors;
    bool no_vulkan;
    bool write_cache;
    bool write_map;
    const char *map_path; /* NULL = where the library looks */
    const char *config_path;
    const char *data_dir; /* NULL = what came with the library */
    const char *sysroot;  /* NULL = / */
    double timeout_s;
};

/* -1, or the code to end with: what was to be said has been said. */
int probe_options_parse(int argc, char **argv, struct probe_options *out_options);

/* Says it, and gives the code to end with. */
int probe_fail(const char *what, const char *why);

#endif
