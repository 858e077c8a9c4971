/* SPDX-License-Identifier: MIT */
#include "tuning/tuning.h"

#include "config/layers.h"
#include "config/reload.h"
#include "config/schema.h"
#include "core/abi.h"
#include "core/clock.h"
#include "core/installed.h"
#include "core/log.h"
#include "device/bus.h"
#include "device/cache.h"
#include "device/judge.h"
#include "device/launch.h"
#include "tuning/learned_limits.h"
#include "tuning/machine_facts.h"
#include "tuning/policy_of.h"

#include <errno.h>
#include <limits.h>
#include <math.h> /* NAN and isnan only: no libm is linked */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_BYTES 2048

/* The probe ends itself long before. */
static const int64_t probe_patience_ns = 30 * PERFADAPT__NS_PER_S;

struct perfadapt__tuning {
    pthread_mutex_t lock; /* over what comes first; never held while anything may block */
    struct perfadapt__policy policy;
    bool fresh; /* not taken yet */
    bool stale; /* to be made anew: the profile has changed */
    bool moved; /* renders_on has changed */
    bool told;  /* the app has said what it renders on: */
    struct perfadapt_device device;
    struct perfadapt_profile profile;
    char renders_on[40]; /* of a snapshot's GPU that the process uses; "" = not known */
    size_t lines_length; /* of `lines`, below */

    /* Constant once created. */
    struct perfadapt__root root;
    char *sysroot, *config_dir, *app_name;
    char *data_dir; /* NULL = none */
    struct perfadapt__variables variables;
    struct perfadapt__wishes wishes;
    double cost[PERFADAPT__QUALITY_LEVELS_MAX];

    /* The opener's, then the errand's. */
    struct perfadapt_log log;
    bool keeps_incidents;
    struct perfadapt__reload *reload;
    struct perfadapt__cache *cache;                          /* NULL = none that holds */
    char *cache_path, cache_key[PERFADAPT__CACHE_KEY_BYTES]; /* NULL = nowhere */
    char *program;                                           /* NULL = none */
    char **environment; /* of the opener: the host may change its own at any time. One block */
    struct perfadapt__child child;

    /* Room that is hardly used, and not written to before it is. */
    char lines[LINES_BYTES]; /* of the errand, for the session to log: level and text, each NUL-terminated */
    struct perfadapt__learned_limits limits; /* the sampler thread's */
};

/* --- Lines for the log --- */

/* The session may be gone when the errand has something to say: it asks for the lines while it is there. */
static void keep_line(void *user_data, enum perfadapt_log_level level, const char *message) {
    struct perfadapt__tuning *tuning = user_data;
    const size_t bytes = strlen(message) + 2;
    pthread_mutex_lock(&tuning->lock);
    if (tuning->lines_length + bytes <= sizeof tuning->lines) {
        char *line = tuning->lines + tuning->lines_length;
        line[0] = (char)level;
        memcpy(line + 1, message, bytes - 1);
        tuning->lines_length += bytes;
    }
    pthread_mutex_unlock(&tuning->lock);
}

void perfadapt__tuning_tell(struct perfadapt__tuning *tuning, const struct perfadapt_log *log) {
    char lines[LINES_BYTES];
    pthread_mutex_lock(&tuning->lock);
    const size_t length = tuning->lines_length;
    memcpy(lines, tuning->lines, length);
    tuning->lines_length = 0;
    pthread_mutex_unlock(&tuning->lock);
    for (size_t at = 0; at < length; at += strlen(lines + at + 1) + 2)
        perfadapt__log(log, (enum perfadapt_log_level)lines[at], "%s", lines + at + 1);
}

/* --- The profile --- */

static void add_reason(struct perfadapt_profile *profile, const char *text) {
    if (profile->reason_count < PERFADAPT_PROFILE_REASONS_MAX)
        snprintf(profile->reasons[profile->reason_count++], PERFADAPT_PROFILE_REASON_BYTES, "%s", text);
}

static struct perfadapt_profile no_profile(enum perfadapt_state state, const char *reason) {
    struct perfadapt_profile profile;
    perfadapt__profile_init(&profile);
    profile.state = state;
    memcpy(profile.preset, PERFADAPT__PRESET_OF_UNKNOWN, sizeof PERFADAPT__PRESET_OF_UNKNOWN);
    add_reason(&profile, reason);
    return profile;
}

/* What the app renders on. `again`: on a machine of which more is known by now, unless the app has named another. */
static enum perfadapt_result judge_told(struct perfadapt__tuning *tuning, const struct perfadapt_device *device,
                                        bool again) {
    struct perfadapt_profile profile;
    perfadapt__tuning_get_profile(tuning, &profile);
    const struct perfadapt_system system = profile.system;
    const enum perfadapt_result result = perfadapt_judge(device, &system, tuning->data_dir, &profile);
    if (result)
        return result;
    profile.source = PERFADAPT_PROFILE_FROM_HOST;
    pthread_mutex_lock(&tuning->lock);
    if (!again || memcmp(device, &tuning->device, sizeof *device) == 0) {
        tuning->device = *device;
        tuning->profile = profile;
        tuning->told = tuning->stale = true;
    }
    pthread_mutex_unlock(&tuning->lock);
    return PERFADAPT_OK;
}

/* Where the app has said what it renders on, what a probe tells of the machine counts still. */
static void put_profile(struct perfadapt__tuning *tuning, const struct perfadapt_profile *profile) {
    pthread_mutex_lock(&tuning->lock);
    const bool told = tuning->told;
    const struct perfadapt_device device = tuning->device;
    if (told)
        tuning->profile.system = profile->system;
    else
        tuning->profile = *profile;
    tuning->stale = true;
    pthread_mutex_unlock(&tuning->lock);
    if (told)
        (void)judge_told(tuning, &device, true);
}

/* "0000:03:00.0" */
static bool is_at(const struct perfadapt_pci_address *pci, const char *id) {
    char address[40];
    snprintf(address, sizeof address, "%04x:%02x:%02x.%x", pci->domain, pci->bus, pci->device, pci->function);
    return pci->known && strcmp(address, id) == 0;
}

/* The one that the process uses, where the kernel tells; else the strongest. */
static void use_cache(struct perfadapt__tuning *tuning, enum perfadapt_profile_source source) {
    const struct perfadapt__cache *cache = tuning->cache;
    char renders_on[sizeof tuning->renders_on];
    pthread_mutex_lock(&tuning->lock);
    memcpy(renders_on, tuning->renders_on, sizeof renders_on);
    pthread_mutex_unlock(&tuning->lock);
    uint32_t chosen = cache->best;
    for (uint32_t i = 0; *renders_on && i < cache->device_count; i++)
        if (is_at(&cache->devices[i].pci, renders_on))
            chosen = i;
    struct perfadapt_profile profile = cache->devices[chosen];
    if (profile.source == PERFADAPT_PROFILE_FROM_PROBE)
        profile.source = source;
    put_profile(tuning, &profile);
}

static bool read_cache(struct perfadapt__tuning *tuning) {
    struct perfadapt__cache *cache = malloc(sizeof *cache);
    if (!cache)
        return false;
    const bool holds = perfadapt__cache_read(tuning->cache_path, tuning->cache_key, &tuning->log, cache) &&
                       cache->device_count > 0 && cache->best < cache->device_count;
    if (!holds) {
        free(cache);
        return false;
    }
    /* Less the room for devices that are not there. */
    tuning->cache = cache;
    cache = realloc(cache, offsetof(struct perfadapt__cache, devices) + cache->device_count * sizeof cache->devices[0]);
    if (cache)
        tuning->cache = cache;
    return true;
}

/* --- The policy --- */

static struct perfadapt__layers_request request_of(const struct perfadapt__tuning *tuning,
                                                   const struct perfadapt__machine_facts *facts) {
    return (struct perfadapt__layers_request){
        .root = &tuning->root,
        .variables = tuning->sysroot ? NULL : &tuning->variables,
        .data_dir = tuning->data_dir,
        .config_dir = tuning->config_dir,
        .app_name = tuning->app_name,
        .facts = facts,
        .log = &tuning->log,
    };
}

static void read_layers(const struct perfadapt__tuning *tuning, const struct perfadapt_profile *profile,
                        struct perfadapt__layers *out) {
    struct perfadapt__machine_facts_store store;
    struct perfadapt__bus_gpu gpus[PERFADAPT__BUS_GPUS_MAX];
    perfadapt__machine_facts_read(&tuning->root, gpus, perfadapt__bus_read(&tuning->root, gpus), &store);
    const struct perfadapt__layers_request request = request_of(tuning, &store.facts);
    perfadapt__layers_read(&request, profile->tier == PERFADAPT_TIER_UNKNOWN ? NULL : profile->preset, out);
}

static void watch_files(struct perfadapt__tuning *tuning) {
    const struct perfadapt__machine_facts nothing = {0};
    const struct perfadapt__layers_request request = request_of(tuning, &nothing);
    tuning->reload = perfadapt__reload_create(&request);
}

/* A panel shows no more frames than it has. */
static void fit_target(struct perfadapt__settings *preset, const struct perfadapt_profile *profile) {
    const double refresh_ns = profile->system.refresh_mhz ? 1e12 / profile->system.refresh_mhz : 0;
    if (preset->target_ns > 0 && preset->target_ns < refresh_ns)
        preset->target_ns = refresh_ns;
}

static bool keeps_incidents(const struct perfadapt__layers *layers) {
    const double said = layers->settings.incidents;
    return !((isnan(said) ? layers->preset.incidents : said) > 0); /* not said is NAN: yes */
}

/* Reads the files and makes the policy: what the profile's preset, the app and the files come to. */
static void make_policy(struct perfadapt__tuning *tuning) {
    struct perfadapt__layers layers;
    struct perfadapt__policy policy;
    char reason[PERFADAPT__SCHEMA_REASON_MAX] = "";
    pthread_mutex_lock(&tuning->lock);
    struct perfadapt_profile profile = tuning->profile;
    tuning->stale = false;
    pthread_mutex_unlock(&tuning->lock);
    read_layers(tuning, &profile, &layers);
    tuning->keeps_incidents = keeps_incidents(&layers);
    fit_target(&layers.preset, &profile);
    (void)perfadapt__policy_of(&layers.preset, &tuning->wishes, &layers.settings, true, &policy, reason);
    if (*reason)
        perfadapt__log(&tuning->log, PERFADAPT_LOG_WARNING, "settings: %s; perfadapt config shows both", reason);
    pthread_mutex_lock(&tuning->lock);
    tuning->fresh |= memcmp(&policy, &tuning->policy, sizeof policy) != 0;
    tuning->policy = policy;
    pthread_mutex_unlock(&tuning->lock);
}

bool perfadapt__tuning_take_policy(struct perfadapt__tuning *tuning, struct perfadapt__policy *out_policy) {
    pthread_mutex_lock(&tuning->lock);
    const bool fresh = tuning->fresh;
    *out_policy = tuning->policy;
    tuning->fresh = false;
    pthread_mutex_unlock(&tuning->lock);
    return fresh;
}

void perfadapt__tuning_untake_policy(struct perfadapt__tuning *tuning) {
    pthread_mutex_lock(&tuning->lock);
    tuning->fresh = true;
    pthread_mutex_unlock(&tuning->lock);
}

void perfadapt__tuning_get_profile(struct perfadapt__tuning *tuning, struct perfadapt_profile *out_profile) {
    pthread_mutex_lock(&tuning->lock);
    *out_profile = tuning->profile;
    pthread_mutex_unlock(&tuning->lock);
}

enum perfadapt_result perfadapt__tuning_set_device(struct perfadapt__tuning *tuning,
                                                   const struct perfadapt_device *device) {
    struct perfadapt_device ours;
    const enum perfadapt_result result = perfadapt__abi_in(device, &ours, sizeof ours);
    return result ? result : judge_told(tuning, &ours, false);
}

/* The one that holds most of it: of a hybrid machine's two, the other one shows what this one has drawn. */
static const struct perfadapt_gpu *most_used(const struct perfadapt_snapshot *snapshot) {
    const struct perfadapt_gpu *most = NULL;
    for (uint32_t i = 0; i < snapshot->gpu_count; i++) {
        const struct perfadapt_metric *own = &snapshot->gpus[i].own_memory;
        if (own->state == PERFADAPT_STATE_OK && own->value > (most ? most->own_memory.value : 0))
            most = &snapshot->gpus[i];
    }
    return most;
}

void perfadapt__tuning_see(struct perfadapt__tuning *tuning, const struct perfadapt_snapshot *snapshot) {
    const struct perfadapt_gpu *gpu = most_used(snapshot);
    if (!gpu)
        return;
    pthread_mutex_lock(&tuning->lock);
    if (strcmp(tuning->renders_on, gpu->id) != 0) {
        snprintf(tuning->renders_on, sizeof tuning->renders_on, "%s", gpu->id);
        tuning->moved = true;
    }
    pthread_mutex_unlock(&tuning->lock);
}

bool perfadapt__tuning_keeps_incidents(const struct perfadapt__tuning *tuning) {
    return tuning->keeps_incidents;
}

struct perfadapt__learned_limits *perfadapt__tuning_limits(struct perfadapt__tuning *tuning) {
    return &tuning->limits;
}

/* --- The probe --- */

static void free_environment(struct perfadapt__tuning *tuning) {
    free(tuning->environment);
    tuning->environment = NULL;
}

/* In one block: the pointers, then the texts. False without memory. */
static bool copy_environment(struct perfadapt__tuning *tuning) {
    size_t count = 0;
    size_t bytes = 0;
    for (; environ && environ[count]; count++)
        bytes += strlen(environ[count]) + 1;
    char **copy = malloc((count + 1) * sizeof *copy + bytes);
    if (!copy)
        return false;
    char *text = (char *)(copy + count + 1);
    for (size_t i = 0; i < count; i++) {
        copy[i] = text;
        text = stpcpy(text, environ[i]) + 1;
    }
    copy[count] = NULL;
    tuning->environment = copy;
    return true;
}

static void start_probe(struct perfadapt__tuning *tuning, int64_t now_ns) {
    static char nowhere[] = "/dev/null"; /* not left to the probe: what it finds would not be in our key */
    char *const data_dir = tuning->data_dir ? tuning->data_dir : nowhere;
    char *const arguments[] = {tuning->program, "--write-cache", "--data-dir", data_dir, NULL};
    const int error = perfadapt__launch(tuning->program, arguments, tuning->environment, &tuning->child);
    free_environment(tuning);
    tuning->child.started_ns = now_ns;
    if (!error)
        return;
    perfadapt__log(&tuning->log, PERFADAPT_LOG_WARNING, "%.300s: cannot be started (errno %d): no device is known",
                   tuning->program, -error);
    const struct perfadapt_profile profile = no_profile(PERFADAPT_STATE_ERROR, "perfadapt-probe cannot be started");
    put_profile(tuning, &profile);
}

static void end_probe(struct perfadapt__tuning *tuning, int status) {
    char reason[PERFADAPT_PROFILE_REASON_BYTES];
    if (read_cache(tuning)) {
        use_cache(tuning, PERFADAPT_PROFILE_FROM_PROBE);
        return;
    }
    const int length =
        snprintf(reason, sizeof reason, "perfadapt-probe left nothing; run %.100s to see why", tuning->program);
    if (status >= 0 && length > 0 && (size_t)length < sizeof reason)
        snprintf(reason + length, sizeof reason - (size_t)length, " (wait status %d)", status);
    perfadapt__log(&tuning->log, PERFADAPT_LOG_WARNING, "%s", reason);
    const struct perfadapt_profile profile = no_profile(PERFADAPT_STATE_ERROR, reason);
    put_profile(tuning, &profile);
}

/* True while it runs. */
static bool see_to_probe(struct perfadapt__tuning *tuning, int64_t now_ns, bool orphaned) {
    int status;
    if (!tuning->child.pid && tuning->environment && !orphaned)
        start_probe(tuning, now_ns);
    if (!tuning->child.pid)
        return false;
    if (now_ns - tuning->child.started_ns > probe_patience_ns)
        perfadapt__child_kill(&tuning->child);
    if (!perfadapt__child_ended(&tuning->child, &status))
        return true;
    end_probe(tuning, status);
    return false;
}

/* --- The errand --- */

static bool run(void *context, int64_t now_ns, bool orphaned) {
    struct perfadapt__tuning *tuning = context;
    const bool probing = see_to_probe(tuning, now_ns, orphaned);
    perfadapt__learned_limits_run(&tuning->limits, now_ns, orphaned);
    if (orphaned)
        return probing;
    pthread_mutex_lock(&tuning->lock);
    const bool moved = tuning->moved;
    tuning->moved = false;
    pthread_mutex_unlock(&tuning->lock);
    if (moved && tuning->cache)
        use_cache(tuning, PERFADAPT_PROFILE_FROM_CACHE);
    const bool edited = tuning->reload && perfadapt__reload_drain(tuning->reload);
    pthread_mutex_lock(&tuning->lock);
    const bool stale = tuning->stale;
    pthread_mutex_unlock(&tuning->lock);
    if (edited || stale)
        make_policy(tuning);
    return probing;
}

static void finish(void *context) {
    perfadapt__tuning_destroy(context);
}

struct perfadapt__errand perfadapt__tuning_errand(struct perfadapt__tuning *tuning) {
    return (struct perfadapt__errand){.run = run, .finish = finish, .context = tuning};
}

/* --- Creation --- */

/* Of the process's first thread: the caller may be a render thread that is pinned to one. */
static uint32_t spare_processors(void) {
    cpu_set_t allowed;
    /* A kernel for more processors than the set has places for refuses to fill it. */
    const bool known = sched_getaffinity(getpid(), sizeof allowed, &allowed) == 0;
    const long count = known ? CPU_COUNT(&allowed) : sysconf(_SC_NPROCESSORS_ONLN);
    return count > 1 ? (uint32_t)count - 1 : 1;
}

static void take_wishes(struct perfadapt__tuning *tuning, const struct perfadapt_options *options) {
    tuning->wishes = (struct perfadapt__wishes){
        .role = options->role,
        .outputs = options->outputs,
        .quality_levels = options->quality_levels ? options->quality_levels : 1,
        .target_ns = options->target_frame_ns ? (double)options->target_frame_ns : (double)NAN,
        .fastest_ns = (double)NAN,
        .worker_threads = spare_processors(),
    };
    if (!options->cost_hint || !options->quality_levels)
        return;
    memcpy(tuning->cost, options->cost_hint, options->quality_levels * sizeof *tuning->cost);
    tuning->wishes.cost = tuning->cost;
}

static bool find_program(struct perfadapt__tuning *tuning) {
    char path[PATH_MAX];
    const char *given = secure_getenv("PERFADAPT_PROBE");
    if (!given || *given != '/')
        given = perfadapt__probe_program(path, sizeof path) ? path : NULL;
    tuning->program = given ? strdup(given) : NULL;
    return tuning->program != NULL;
}

/* It says "Unsupported clone() flags" of the way in which a probe is started, and ends the host. */
static bool is_under_valgrind(void) {
    const char *preloaded = secure_getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "/vgpreload_");
}

/* Why there will be no probe; NULL = there will. */
static const char *prepare_probe(struct perfadapt__tuning *tuning) {
    const char *no_probe = secure_getenv("PERFADAPT_NO_PROBE");
    if (no_probe && *no_probe && strcmp(no_probe, "0") != 0)
        return "PERFADAPT_NO_PROBE is set, and no cache holds";
    if (is_under_valgrind())
        return "valgrind lets no probe be started, and no cache holds";
    if (!tuning->cache_path)
        return "none of XDG_CACHE_HOME, HOME and XDG_RUNTIME_DIR says where a probe could leave what it finds";
    if (!find_program(tuning))
        return "perfadapt-probe is not installed";
    return copy_environment(tuning) ? NULL : "out of memory";
}

static void find_cache(struct perfadapt__tuning *tuning) {
    char path[PATH_MAX];
    if (perfadapt__cache_path(&tuning->variables, path, sizeof path))
        tuning->cache_path = strdup(path);
}

static struct perfadapt_profile first_profile(struct perfadapt__tuning *tuning) {
    if (tuning->sysroot)
        return no_profile(PERFADAPT_STATE_UNSUPPORTED, "another root directory is read: its devices cannot be probed");
    perfadapt__cache_key(&tuning->root, tuning->data_dir, tuning->cache_key);
    find_cache(tuning);
    const char *why_not = prepare_probe(tuning);
    return why_not ? no_profile(PERFADAPT_STATE_UNSUPPORTED, why_not)
                   : no_profile(PERFADAPT_STATE_INIT, "the device is being probed");
}

/* The device that the app has handed in, the cache, or the probe that is still to come. */
static enum perfadapt_result find_profile(struct perfadapt__tuning *tuning, const struct perfadapt_options *options) {
    tuning->profile = first_profile(tuning);
    if (tuning->cache_path && read_cache(tuning)) {
        free_environment(tuning);
        use_cache(tuning, PERFADAPT_PROFILE_FROM_CACHE);
    }
    if (!options->device)
        return PERFADAPT_OK;
    free_environment(tuning);
    return perfadapt__tuning_set_device(tuning, options->device);
}

/* The same place wherever the host goes: it is read again. */
static char *copy_path(const char *path) {
    char *absolute = *path == '/' ? NULL : realpath(path, NULL);
    return absolute ? absolute : strdup(path);
}

static bool copy_options(struct perfadapt__tuning *tuning, const struct perfadapt_options *options) {
    const bool is_own = !options->sysroot || !*options->sysroot || strcmp(options->sysroot, "/") == 0;
    tuning->sysroot = is_own ? NULL : strdup(options->sysroot);
    tuning->config_dir = options->config_dir ? copy_path(options->config_dir) : NULL;
    tuning->app_name = strdup(options->app_name ? options->app_name : program_invocation_short_name);
    return tuning->app_name && (is_own || tuning->sysroot) && (!options->config_dir || tuning->config_dir);
}

static void find_data(struct perfadapt__tuning *tuning) {
    char path[PATH_MAX];
    if (perfadapt__data_dir(path, sizeof path))
        tuning->data_dir = strdup(path);
}

static enum perfadapt_result fill(struct perfadapt__tuning *tuning, const struct perfadapt_options *options) {
    if (!copy_options(tuning, options))
        return PERFADAPT_ERROR_NO_MEMORY;
    enum perfadapt_result result = perfadapt__root_open(tuning->sysroot, &tuning->root);
    if (result)
        return result;
    take_wishes(tuning, options);
    perfadapt__variables_copy(&tuning->variables);
    find_data(tuning);
    tuning->log = options->log;
    result = find_profile(tuning, options);
    if (result)
        return result;
    make_policy(tuning);
    watch_files(tuning);
    tuning->log = (struct perfadapt_log){.write = keep_line, .user_data = tuning};
    return PERFADAPT_OK;
}

enum perfadapt_result perfadapt__tuning_create(const struct perfadapt_options *options,
                                               struct perfadapt__tuning **out_tuning) {
    struct perfadapt__tuning *tuning = malloc(sizeof *tuning);
    if (!tuning)
        return PERFADAPT_ERROR_NO_MEMORY;
    memset(tuning, 0, offsetof(struct perfadapt__tuning, lines));
    perfadapt__learned_limits_init(&tuning->limits, &tuning->root, &tuning->variables, &tuning->log);
    pthread_mutex_init(&tuning->lock, NULL);
    tuning->root.fd = -1;
    const enum perfadapt_result result = fill(tuning, options);
    if (result)
        perfadapt__tuning_destroy(tuning);
    else
        *out_tuning = tuning;
    return result;
}

void perfadapt__tuning_destroy(struct perfadapt__tuning *tuning) {
    if (!tuning)
        return;
    perfadapt__reload_destroy(tuning->reload);
    if (tuning->root.fd >= 0)
        perfadapt__root_close(&tuning->root);
    perfadapt__variables_free(&tuning->variables);
    free_environment(tuning);
    free(tuning->cache);
    free(tuning->data_dir);
    free(tuning->cache_path);
    free(tuning->program);
    free(tuning->sysroot);
    free(tuning->config_dir);
    free(tuning->app_name);
    pthread_mutex_destroy(&tuning->lock);
    free(tuning);
}
