/* SPDX-License-Identifier: MIT */
#include "profile/live.h"

#include <errno.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t look_every_ns = INT64_C(20000000);

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void print_message(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    if (level <= PERFADAPT_LOG_WARNING)
        fprintf(stderr, "perfadapt profile: %s\n", message);
}

/* A relative path is to be ignored (XDG base directories). */
static bool path_below(const char *base, const char *rest, char *out, size_t capacity) {
    if (!base || *base != '/')
        return false;
    const int length = snprintf(out, capacity, "%s/%s/device.ini", base, rest);
    return length >= 0 && (size_t)length < capacity;
}

/* What is not there, and what nobody may write, holds for nobody. */
static bool drop(const char *path) {
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR || errno == EROFS)
        return true;
    fprintf(stderr, "perfadapt profile: %s: %s\n", path, strerror(errno));
    return false;
}

/* In all places where the library may keep what a probe found. */
static bool drop_cache(void) {
    char path[4096];
    const char *cache = getenv("XDG_CACHE_HOME");
    const bool usual = path_below(cache, "perfadapt", path, sizeof path) ||
                       path_below(getenv("HOME"), ".cache/perfadapt", path, sizeof path);
    if (usual && !drop(path))
        return false;
    return !path_below(getenv("XDG_RUNTIME_DIR"), "perfadapt/probe", path, sizeof path) || drop(path);
}

static enum perfadapt_result wait_for_profile(const perfadapt *session, int64_t wait_ns,
                                              struct perfadapt_profile *profile) {
    const int64_t deadline_ns = now_ns() + wait_ns;
    const struct timespec pause = {.tv_nsec = look_every_ns};
    for (;;) {
        profile->size = sizeof *profile;
        const enum perfadapt_result result = perfadapt_get_profile(session, profile);
        const bool is_done =
            result == PERFADAPT_OK ? profile->state != PERFADAPT_STATE_INIT : result != PERFADAPT_ERROR_AGAIN;
        if (is_done || now_ns() >= deadline_ns)
            return result;
        nanosleep(&pause, NULL);
    }
}

bool profile_live_get(const struct profile_options *options, struct perfadapt_profile *out_profile) {
    if (options->refresh && !drop_cache())
        return false;
    const struct perfadapt_options wishes = {.size = sizeof wishes,
                                             .app_name = "perfadapt profile",
                                             .flags = PERFADAPT_FLAG_NO_PUBLISH,
                                             .log = {.write = print_message}};
    perfadapt *session = NULL;
    enum perfadapt_result result = perfadapt_open(&wishes, &session);
    if (result == PERFADAPT_OK)
        result = wait_for_profile(session, options->wait_ns, out_profile);
    perfadapt_close(&session);
    if (result != PERFADAPT_OK)
        fprintf(stderr, "perfadapt profile: %s\n", perfadapt_strerror(result));
    else if (out_profile->state == PERFADAPT_STATE_INIT)
        fprintf(stderr, "perfadapt profile: the probe has not ended within %.3g s\n", (double)options->wait_ns / 1e9);
    return result == PERFADAPT_OK;
}
