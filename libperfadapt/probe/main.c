/* perfadapt-probe: asks what may crash, hang or end a process, in a process of its own. SPDX-License-Identifier: MIT */
#include "config/sensor_map.h"
#include "probe/map_file.h"
#include "probe/report.h"
#include "probe/sensors.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <perfadapt/version.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

enum { EXIT_CODE_OK = 0, EXIT_CODE_USAGE = 2, EXIT_CODE_ENVIRONMENT = 3 };

#define TIMEOUT_S_LEAST 0.01
#define TIMEOUT_S_MOST 3600
#define US_PER_S 1000000

static const char usage[] =
    "usage: perfadapt-probe [--all] [--config FILE] [--timeout S]\n"
    "       perfadapt-probe --write-map [FILE] [--config FILE] [--timeout S]\n"
    "\n"
    "Prints what libsensors and its configuration say of this machine's temperatures, as one JSON object, or writes\n"
    "what of it the library needs to FILE; without FILE, where the library looks: ~/.cache/perfadapt/sensors.ini.\n"
    "\n"
    "  --all          read chips too that the library leaves alone because reading them costs the machine\n"
    "  --config FILE  instead of /etc/sensors3.conf and /etc/sensors.d\n"
    "  --timeout S    give up after S seconds (5)\n"
    "  --write-map    write the sensor map and print nothing\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 ok, 2 usage, 3 the machine does not let it.\n";

struct options {
    bool all;
    bool write_map;
    const char *map_path; /* NULL = where the library looks */
    const char *config_path;
    double timeout_s;
};

/* ---- options ---- */

static bool parse_timeout(const char *text, double *out_timeout_s) {
    const char *at = text;
    return perfadapt__fs_parse_decimal(&at, out_timeout_s) && !*at && *out_timeout_s >= TIMEOUT_S_LEAST &&
           *out_timeout_s <= TIMEOUT_S_MOST;
}

static int refuse(const char *what, const char *value) {
    fprintf(stderr, "perfadapt-probe: %s%s; perfadapt-probe --help tells more\n", what, value);
    return EXIT_CODE_USAGE;
}

static int flushed(void) {
    return fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_ENVIRONMENT;
}

/* -1, or the code to end with. */
static int take_option(int option, struct options *options) {
    switch (option) {
    case 'a':
        options->all = true;
        return -1;
    case 'c':
        options->config_path = optarg;
        return -1;
    case 't':
        return parse_timeout(optarg, &options->timeout_s) ? -1 : refuse("--timeout takes 0.01 to 3600, not ", optarg);
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
        return EXIT_CODE_USAGE;
    }
}

static int parse_options(int argc, char **argv, struct options *options) {
    static const struct option known[] = {
        {"all", no_argument, NULL, 'a'},
        {"config", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {"timeout", required_argument, NULL, 't'},
        {"version", no_argument, NULL, 'v'},
        {"write-map", optional_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        const int code = take_option(option, options);
        if (code >= 0)
            return code;
    }
    /* getopt takes an optional argument only behind "=". */
    if (optind < argc && options->write_map && !options->map_path)
        options->map_path = argv[optind++];
    if (optind < argc)
        return refuse("not an option: ", argv[optind]);
    return options->map_path && !*options->map_path ? refuse("--write-map: ", "an empty name") : -1;
}

/* ---- what the process may do ---- */

static void give_up(int signal_number) {
    static const char message[] = "perfadapt-probe: no answer in time (--timeout)\n";
    (void)signal_number;
    probe_map_file_abandon();
    const ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    _exit(EXIT_CODE_ENVIRONMENT);
}

/* The sampler thread, which starts this program, has every signal blocked, and a child inherits that. */
static bool start_timer(double timeout_s) {
    const struct sigaction action = {.sa_handler = give_up};
    const time_t seconds = (time_t)timeout_s;
    const struct itimerval timer = {
        .it_value = {.tv_sec = seconds, .tv_usec = (suseconds_t)((timeout_s - (double)seconds) * US_PER_S)}};
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    return sigaction(SIGALRM, &action, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &alarm_only, NULL) == 0 &&
           setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

/* A crash of a driver's library is expected here, and its dump is of no use to the user. A file size limit is an error
 * like a full disk, and no reason to die. */
static void limit_process(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGXFSZ, SIG_IGN);
}

/* ---- work ---- */

static int fail(const char *what, const char *why) {
    fprintf(stderr, "perfadapt-probe: %s: %s\n", what, why);
    return EXIT_CODE_ENVIRONMENT;
}

static void print_warnings(const struct probe_sensors *sensors) {
    for (size_t i = 0; i < sensors->warning_count && i < PROBE_WARNINGS_MAX; i++)
        fprintf(stderr, "perfadapt-probe: %s\n", sensors->warnings[i]);
    if (sensors->warning_count > PROBE_WARNINGS_MAX)
        fprintf(stderr, "perfadapt-probe: %zu warnings more\n", sensors->warning_count - PROBE_WARNINGS_MAX);
}

static int write_map(const struct perfadapt__root *root, const struct options *options,
                     const struct probe_sensors *sensors) {
    char path[PATH_MAX];
    char boot_id[48];
    size_t left_out = 0;
    if (options->map_path)
        snprintf(path, sizeof path, "%s", options->map_path);
    else if (!perfadapt__sensor_map_user_path(secure_getenv("XDG_CACHE_HOME"), secure_getenv("HOME"), ".cache", path,
                                              sizeof path))
        return fail("--write-map", "neither XDG_CACHE_HOME nor HOME names a directory");
    if (!perfadapt__boot_id_read(root, boot_id, sizeof boot_id))
        return fail("/proc/sys/kernel/random/boot_id", "cannot be read");
    const int error = probe_map_file_write(path, sensors, boot_id, &left_out);
    if (error != 0)
        return fail(path, strerror(-error));
    if (left_out > 0)
        fprintf(stderr, "perfadapt-probe: %zu sensors more than the map holds are left out\n", left_out);
    return EXIT_CODE_OK;
}

static int report(const struct perfadapt__root *root, const struct options *options,
                  const struct probe_sensors *sensors) {
    print_warnings(sensors);
    if (options->write_map)
        return write_map(root, options, sensors);
    return probe_report_print(sensors, stdout) ? EXIT_CODE_OK : fail("standard output", strerror(errno));
}

static int probe_below(const struct perfadapt__root *root, const struct options *options, FILE *config) {
    const struct probe_sensors_options sensors_options = {
        .config = config, .config_name = options->config_path, .all = options->all};
    struct probe_sensors sensors;
    const char *reason = NULL;
    const bool read = probe_sensors_read(root, &sensors_options, &sensors, &reason);
    const int code = read ? report(root, options, &sensors) : fail("libsensors", reason);
    probe_sensors_finish(&sensors);
    return code;
}

static int probe(const struct options *options, FILE *config) {
    struct perfadapt__root root;
    if (perfadapt__root_open(NULL, &root) != PERFADAPT_OK)
        return fail("/", "cannot be opened");
    const int code = probe_below(&root, options, config);
    perfadapt__root_close(&root);
    return code;
}

static int probe_with_config(const struct options *options) {
    FILE *config = fopen(options->config_path, "re");
    if (!config)
        return fail(options->config_path, strerror(errno));
    const int code = probe(options, config);
    fclose(config);
    return code;
}

int main(int argc, char **argv) {
    struct options options = {.timeout_s = 5};
    const int code = parse_options(argc, argv, &options);
    if (code >= 0)
        return code;
    limit_process();
    if (!start_timer(options.timeout_s))
        return fail("timer", strerror(errno));
    return options.config_path ? probe_with_config(&options) : probe(&options, NULL);
}
