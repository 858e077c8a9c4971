/*
 * Stands in for perfadapt-probe: leaves what FAKE_PROBE asks for in the cache, or does not.
 * SPDX-License-Identifier: MIT
 */
#include "core/installed.h"
#include "device/cache.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct perfadapt_profile make_profile(void) {
    struct perfadapt_profile profile = {
        .size = sizeof profile,
        .state = PERFADAPT_STATE_OK,
        .source = PERFADAPT_PROFILE_FROM_PROBE,
        .tier = 3,
        .type = PERFADAPT_DEVICE_DISCRETE,
        .preset = "high",
        .family = "Made up",
        .name = "A card for tests",
        .driver = "fake 1.0",
        .vendor_id = 0x1234,
        .device_id = 0x5678,
        .score = 5000,
        .gflops = 5000,
        .memory_bytes = UINT64_C(8) << 30,
        .system = {.size = sizeof profile.system, .form = PERFADAPT_FORM_DESKTOP, .on_ac = 1, .has_battery = 0},
        .device_count = 1,
        .reason_count = 1,
        .reasons = {"it was made up for a test"},
    };
    return profile;
}

/* The key of the machine as this process sees it, below the data directory that was given. */
static int leave_cache(const char *path, const char *data_dir, const char *what) {
    char temporary[4096 + 8];
    struct perfadapt__root root;
    struct perfadapt__cache *cache = calloc(1, sizeof *cache);
    if (!cache || perfadapt__root_open(NULL, &root) != PERFADAPT_OK) {
        free(cache);
        return 3;
    }
    perfadapt__cache_key(&root, data_dir, cache->key);
    cache->device_count = 1;
    cache->devices[0] = make_profile();
    if (strcmp(what, "handheld") == 0)
        cache->devices[0].system.form = PERFADAPT_FORM_HANDHELD;
    if (strcmp(what, "hybrid") == 0) {
        cache->devices[0].pci = (struct perfadapt_pci_address){1, 0, 0, 2, 0};
        cache->devices[cache->device_count] = cache->devices[0];
        cache->devices[cache->device_count].pci = (struct perfadapt_pci_address){1, 0, 1, 0, 0};
        strcpy(cache->devices[cache->device_count++].name, "The other card");
    }
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "w");
    const bool printed = file && perfadapt__cache_print(cache, file);
    if (file)
        fclose(file);
    free(cache);
    return printed && rename(temporary, path) == 0 ? 0 : 3;
}

/* Until there is such a file, or the test has cleared up. */
static void await_file(const char *path, const char *home) {
    const struct timespec nap = {.tv_nsec = 2000000};
    while (access(path, F_OK) != 0 && access(home, F_OK) == 0)
        nanosleep(&nap, NULL);
}

/* Argument 3 is the data directory, as the library passes it. */
int main(int argc, char **argv) {
    char path[4096];
    const char *what = getenv("FAKE_PROBE");
    const struct perfadapt__variables variables = {.cache_home = getenv("XDG_CACHE_HOME"),
                                                   .runtime_dir = getenv("XDG_RUNTIME_DIR")};
    const char *home = variables.cache_home ? variables.cache_home : variables.runtime_dir;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* it is started with every signal blocked */
    if (!what || !home || argc < 4 || !perfadapt__cache_path(&variables, path, sizeof path))
        return 2;
    char *slash = strrchr(path, '/');
    *slash = '\0';
    char *above = strrchr(path, '/');
    *above = '\0';
    mkdir(path, 0700);
    *above = '/';
    mkdir(path, 0700);
    *slash = '/';
    alarm(40); /* whatever becomes of the test */
    const char *gate = getenv("FAKE_PROBE_GATE");
    if (gate)
        await_file(gate, home);
    if (strcmp(what, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(what, "hang") == 0)
        await_file("/never", home);
    return strcmp(what, "nothing") == 0 ? 0 : leave_cache(path, argv[3], what);
}
