/* SPDX-License-Identifier: MIT */
#include "probe/options.h"

#include "core/fs.h"

#include <getopt.h>
#include <perfadapt/version.h>
#include <stdio.h>

#define TIMEOUT_S_LEAST 0.01
#define TIMEOUT_S_MOST 3600
#define TIMEOUT_S_DEFAULT 10 /* two drivers that hang (4 s each), and time for the others */

static const char usage[] =
    "usage: perfadapt-probe [--no-vulkan] [--no-sensors] [options]\n"
    "       perfadapt-probe --write-cache [--no-vulkan] [--no-sensors] [options]\n"
    "       perfadapt-probe --write-map [FILE] [options]\n"
    "\n"
    "Prints what this machine's GPUs, their Vulkan drivers and libsensors say, and which preset fits, as one JSON "
    "object;\n"
    "or writes what of it the library needs, and prints nothing. Each Vulkan driver is asked in a process of its own;\n"
    "one that would wake a sleeping GPU is not.\n"
    "\n"
    "  --all           read chips too that the library leaves alone because reading them costs the machine\n"
    "  --config FILE   of libsensors, instead of /etc/sensors3.conf and /etc/sensors.d\n"
    "  --data-dir DIR  where devices/ lies, instead of what came with the library\n"
    "  --no-sensors    leave libsensors alone\n"
    "  --no-vulkan     ask no driver: GPUs are known by their numbers on the bus alone\n"
    "  --sysroot DIR   the /sys and /proc of another machine; drivers are this one's\n"
    "  --timeout S     give up after S seconds (10)\n"
    "  --write-cache   write ~/.cache/perfadapt/device.ini, and sensors.ini beside it; where another one is about to,\n"
    "                  take what it writes\n"
    "  --write-map     write the sensor map alone, to FILE or where the library looks: ~/.cache/perfadapt/sensors.ini\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 ok (also where nothing was found), 2 usage, 3 the machine does not let it, 4 another one is "
    "running.\n";

int probe_fail(const char *what, const char *why) {
    fprintf(stderr, "perfadapt-probe: %s: %s\n", what, why);
    return PROBE_EXIT_ENVIRONMENT;
}

static bool parse_timeout(const char *text, double *out_timeout_s) {
    const char *at = text;
    return perfadapt__fs_parse_decimal(&at, out_timeout_s) && !*at && *out_timeout_s >= TIMEOUT_S_LEAST &&
           *out_timeout_s <= TIMEOUT_S_MOST;
}

static int refuse(const char *what, const char *value) {
    fprintf(stderr, "perfadapt-probe: %s%s; perfadapt-probe --help tells more\n", what, value);
    return PROBE_EXIT_USAGE;
}

static int flushed(void) {
    return fflush(stdout) == 0 ? PROBE_EXIT_OK : PROBE_EXIT_ENVIRONMENT;
}

static int take_directory(const char *option, const char **out_directory) {
    *out_directory = optarg;
    return *optarg ? -1 : refuse(option, ": an empty name");
}

/* -1, or the code to end with. */
static int take_option(int option, struct probe_options *options) {
    switch (option) {
    case 'a':
        options->all = true;
        return -1;
    case 'c':
        options->config_path = optarg;
        return -1;
    case 'C':
        options->write_cache = true;
        return -1;
    case 'd':
        return take_directory("--data-dir", &options->data_dir);
    case 'r':
        return take_directory("--sysroot", &options->sysroot);
    case 's':
        options->no_sensors = true;
        return -1;
    case 't':
        return parse_timeout(optarg, &options->timeout_s) ? -1 : refuse("--timeout takes 0.01 to 3600, not ", optarg);
    case 'V':
        options->no_vulkan = true;
        return -1;
    case 'w':
        options->write_map = true;
        options->map_path = optarg;
        return -1;
    case 'h':
        fputs(usage, stdout);
        return flushed();
    case 'v':
        puts("perfadapt-probe " PERFADAPT_VERSION_STRING);
        return flushed();
    default: /* getopt has said what */
        return PROBE_EXIT_USAGE;
    }
}

static int check(const struct probe_options *options) {
    if (options->map_path && !*options->map_path)
        return refuse("--write-map: ", "an empty name");
    if (options->write_map && options->no_sensors)
        return refuse("--write-map and --no-sensors: ", "nothing is left to write");
    return -1;
}

int probe_options_parse(int argc, char **argv, struct probe_options *out_options) {
    static const struct option known[] = {
        {"all", no_argument, NULL, 'a'},
        {"config", required_argument, NULL, 'c'},
        {"data-dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {"no-sensors", no_argument, NULL, 's'},
        {"no-vulkan", no_argument, NULL, 'V'},
        {"sysroot", required_argument, NULL, 'r'},
        {"timeout", required_argument, NULL, 't'},
        {"version", no_argument, NULL, 'v'},
        {"write-cache", no_argument, NULL, 'C'},
        {"write-map", optional_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *out_options = (struct probe_options){.timeout_s = TIMEOUT_S_DEFAULT};
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        const int code = take_option(option, out_options);
        if (code >= 0)
            return code;
    }
    /* getopt takes an optional argument only behind "=". */
    if (optind < argc && out_options->write_map && !out_options->map_path)
        out_options->map_path = argv[optind++];
    if (optind < argc)
        return refuse("not an option: ", argv[optind]);
    return check(out_options);
}
