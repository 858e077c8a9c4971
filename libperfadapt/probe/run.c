/* SPDX-License-Identifier: MIT */
#include "probe/run.h"

#include "config/sensor_map.h"
#include "core/clock.h"
#include "core/installed.h"
#include "core/variables.h"
#include "device/cache.h"
#include "device/system.h"
#include "probe/cache_file.h"
#include "probe/replace_file.h"
#include "probe/report.h"
#include "probe/sensors_part.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define ATTEMPT_MS 4000
#define VULKAN_SHARE 0.8 /* of the time there is; what follows takes tens of milliseconds, or hangs and is ended */
#define SENSORS_SHARE 0.95
#define SENSORS_LEAST_MS 50
#define WAIT_SHARE 0.5 /* for another probe to end */
#define WAIT_TICK_MS 20

struct run {
    const struct probe_options *options;
    probe_enumerate *enumerate;
    struct perfadapt__root root;
    int64_t started_ns;
    char boot_id[48];     /* "" unknown */
    char cache[PATH_MAX]; /* device.ini's path; "" = there is no place */
    char data_dir[PATH_MAX];
    char key[PERFADAPT__CACHE_KEY_BYTES]; /* as it was before anything was asked */
    struct perfadapt_system system;
    struct probe_sentinel sentinel;
    struct probe_gathered gathered;
    struct probe_devices devices;
    struct perfadapt__cache content;
};

static int64_t deadline_ns(const struct run *run, double share) {
    return run->started_ns + (int64_t)(run->options->timeout_s * share * (double)PERFADAPT__NS_PER_S);
}

/* ---- where things are ---- */

static void find_places(struct run *run) {
    if (!perfadapt__boot_id_read(&run->root, run->boot_id, sizeof run->boot_id))
        run->boot_id[0] = '\0';
    struct perfadapt__variables variables;
    perfadapt__variables_copy(&variables);
    if (!perfadapt__cache_path(&variables, run->cache, sizeof run->cache))
        run->cache[0] = '\0';
    perfadapt__variables_free(&variables);
    if (run->options->data_dir)
        snprintf(run->data_dir, sizeof run->data_dir, "%s", run->options->data_dir);
    else if (!perfadapt__data_dir(run->data_dir, sizeof run->data_dir))
        run->data_dir[0] = '\0';
}

static const char *data_dir(const struct run *run) {
    return *run->data_dir ? run->data_dir : NULL;
}

/* ---- GPUs ---- */

/* With more rights than its user has, the loader ignores what keeps it to one driver. */
static const char *why_no_vulkan(const struct run *run) {
    if (run->options->no_vulkan)
        return "--no-vulkan";
    return getauxval(AT_SECURE) ? "this program runs with more rights than its user" : NULL;
}

static enum probe_sentinel_answer open_sentinel(struct run *run, bool is_wanted) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", run->cache);
    char *slash = strrchr(directory, '/');
    if (slash)
        *slash = '\0';
    return probe_sentinel_open(is_wanted && slash ? directory : NULL, run->boot_id, &run->sentinel);
}

static int write_cache(struct run *run) {
    probe_cache_fill(&run->devices, run->key, &run->content);
    const int error = probe_cache_write(run->cache, &run->content);
    return error == 0 ? PROBE_EXIT_OK : probe_fail(run->cache, strerror(-error));
}

/*
 * Two programs that start at once each start a probe: the one that comes second takes what the first one finds, or probes
 * where that leaves nothing. Half of the time at most, so that enough is left for that.
 */
static enum probe_sentinel_answer await_other(struct run *run) {
    const int64_t until_ns = deadline_ns(run, WAIT_SHARE);
    enum probe_sentinel_answer answer = PROBE_SENTINEL_BUSY;
    while (answer == PROBE_SENTINEL_BUSY && perfadapt__now_ns() < until_ns) {
        poll(NULL, 0, WAIT_TICK_MS);
        answer = open_sentinel(run, true);
    }
    return answer;
}

static bool has_been_written(struct run *run) {
    return perfadapt__cache_read(run->cache, run->key, NULL, &run->content);
}

static int find_devices(struct run *run) {
    const char *why_not = why_no_vulkan(run);
    const struct probe_gather_options options = {.enumerate = why_not ? NULL : run->enumerate,
                                                 .why_not = why_not,
                                                 .deadline_ns = deadline_ns(run, VULKAN_SHARE),
                                                 .attempt_ms = ATTEMPT_MS};
    if (run->options->write_cache && !*run->cache)
        return probe_fail("--write-cache", "none of XDG_CACHE_HOME, HOME and XDG_RUNTIME_DIR names a directory");
    perfadapt__cache_key(&run->root, data_dir(run), run->key);
    enum probe_sentinel_answer answer = open_sentinel(run, !why_not || run->options->write_cache);
    const bool is_second = answer == PROBE_SENTINEL_BUSY && run->options->write_cache;
    if (is_second)
        answer = await_other(run);
    if (answer == PROBE_SENTINEL_BUSY) {
        probe_fail("busy", "another perfadapt-probe of this user is running");
        return PROBE_EXIT_BUSY;
    }
    if (is_second && has_been_written(run)) {
        probe_sentinel_close(&run->sentinel);
        return PROBE_EXIT_OK;
    }
    perfadapt__system_read(&run->root, &run->system);
    probe_gather(&run->root, &options, &run->sentinel, &run->gathered);
    probe_devices_build(&run->gathered, &run->system, data_dir(run), &run->devices);
    const int code = run->options->write_cache ? write_cache(run) : PROBE_EXIT_OK;
    probe_sentinel_close(&run->sentinel);
    if (*run->sentinel.warning)
        fprintf(stderr, "perfadapt-probe: %s\n", run->sentinel.warning);
    return code;
}

/* ---- sensors ---- */

static int write_map(const struct run *run, const struct probe_sensors_part *part) {
    char path[PATH_MAX];
    if (run->options->map_path)
        snprintf(path, sizeof path, "%s", run->options->map_path);
    else if (!perfadapt__user_path(secure_getenv("XDG_CACHE_HOME"), secure_getenv("HOME"), "/.cache", "/sensors.ini",
                                   path, sizeof path))
        return probe_fail("--write-map", "neither XDG_CACHE_HOME nor HOME names a directory");
    const int error = probe_replace_file(path, part->text, part->length);
    return error == 0 ? PROBE_EXIT_OK : probe_fail(path, strerror(-error));
}

static int print(const struct run *run, const struct probe_sensors_part *part) {
    const struct probe_report report = {
        .gathered = &run->gathered,
        .devices = &run->devices,
        .system = &run->system,
        .sensors = part ? part->text : NULL,
        .sensors_error = part ? part->error : NULL,
        .warnings = {run->sentinel.warning,
                     run->gathered.icds.more > 0 ? "more driver manifests than are looked at" : NULL}};
    return probe_report_print(&report, stdout) ? PROBE_EXIT_OK : probe_fail("standard output", strerror(errno));
}

static bool is_printing(const struct run *run) {
    return !run->options->write_map && !run->options->write_cache;
}

static int use_sensors(const struct run *run, const struct probe_sensors_part *part) {
    if (!part->text)
        probe_fail("libsensors", part->error);
    if (is_printing(run))
        return print(run, part);
    return part->text ? write_map(run, part) : PROBE_EXIT_ENVIRONMENT;
}

static int read_sensors(const struct run *run, FILE *config) {
    const struct probe_sensors_options options = {
        .config = config, .config_name = run->options->config_path, .all = run->options->all};
    const int64_t left_ms = (deadline_ns(run, SENSORS_SHARE) - perfadapt__now_ns()) / PERFADAPT__NS_PER_MS;
    struct probe_sensors_part part;
    probe_sensors_part_read(&run->root, &options, is_printing(run) ? NULL : run->boot_id,
                            left_ms > SENSORS_LEAST_MS ? left_ms : SENSORS_LEAST_MS, &part);
    const int code = use_sensors(run, &part);
    probe_sensors_part_finish(&part);
    return code;
}

static int find_sensors(const struct run *run) {
    if (!is_printing(run) && !*run->boot_id)
        return probe_fail("/proc/sys/kernel/random/boot_id", "cannot be read");
    if (!run->options->config_path)
        return read_sensors(run, NULL);
    FILE *config = fopen(run->options->config_path, "re");
    if (!config)
        return probe_fail(run->options->config_path, strerror(errno));
    const int code = read_sensors(run, config);
    fclose(config);
    return code;
}

/* The GPUs first, and written down: whatever becomes of libsensors. What the map lacks is no failure of the cache. */
static int run_all(struct run *run) {
    const struct probe_options *options = run->options;
    find_places(run);
    int code = options->write_map && !options->write_cache ? PROBE_EXIT_OK : find_devices(run);
    if (code != PROBE_EXIT_OK)
        return code;
    if (options->no_sensors)
        return is_printing(run) ? print(run, NULL) : PROBE_EXIT_OK;
    code = find_sensors(run);
    return options->write_cache && !options->write_map ? PROBE_EXIT_OK : code;
}

int probe_run(const struct probe_options *options, probe_enumerate *enumerate) {
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return probe_fail("memory", strerror(ENOMEM));
    run->options = options;
    run->enumerate = enumerate;
    run->started_ns = perfadapt__now_ns();
    int code = PROBE_EXIT_ENVIRONMENT;
    if (perfadapt__root_open(options->sysroot, &run->root) == PERFADAPT_OK) {
        code = run_all(run);
        perfadapt__root_close(&run->root);
    } else {
        probe_fail(options->sysroot ? options->sysroot : "/", "cannot be opened");
    }
    free(run);
    return code;
}
