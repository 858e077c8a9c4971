/*
 * What perfadapt_open() costs a host where a cache holds: time on the calling thread, resident memory.
 * SPDX-License-Identifier: MIT
 *
 * Each round is a process of its own that loads the library, opens a session, and draws for a second: pages that a first
 * session has touched are not there to help a second one. The cache is the one that perfadapt-probe leaves of this
 * machine, in a directory of its own. Memory is what /proc/self/smaps_rollup says, code of the library included, that of
 * libc not.
 */
#include "bench.h"

#include <dlfcn.h>
#include <link.h>
#include <perfadapt/perfadapt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 21

struct cost {
    double load_ms, open_ms, close_ms;
    double loaded_kib, opened_kib, drawn_kib; /* more than before the library was there */
    double private_kib;                       /* of the last, what no other process shares */
};

struct library {
    __typeof__(perfadapt_open) *open;
    __typeof__(perfadapt_close) *close;
    __typeof__(perfadapt_frame_begin) *frame_begin;
    __typeof__(perfadapt_frame_end) *frame_end;
    __typeof__(perfadapt_get_profile) *get_profile;
};

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void nap_ms(long ms) {
    const struct timespec time = {.tv_nsec = ms * 1000000};
    nanosleep(&time, NULL);
}

/* Private pages are printed in two lines, clean and dirty. */
static double read_kib(const char *key) {
    char line[256];
    double sum = 0;
    double kib;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    if (!file)
        exit(2);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0 && sscanf(strchr(line, ':') + 1, "%lf", &kib) == 1)
            sum += kib;
    fclose(file);
    return sum;
}

/* ISO C has no way from dlsym()'s pointer to a function. */
static bool find(void *handle, const char *name, void *out_function) {
    void *const symbol = dlsym(handle, name);
    memcpy(out_function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool load(struct library *library) {
    void *handle = dlopen(PERFADAPT_LIBRARY, RTLD_NOW);
    return handle && find(handle, "perfadapt_open", &library->open) &&
           find(handle, "perfadapt_close", &library->close) &&
           find(handle, "perfadapt_frame_begin", &library->frame_begin) &&
           find(handle, "perfadapt_frame_end", &library->frame_end) &&
           find(handle, "perfadapt_get_profile", &library->get_profile);
}

static perfadapt *open_session(const struct library *library) {
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "bench_open",
                                              .quality_levels = 5,
                                              .target_frame_ns = 16666667,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY};
    perfadapt *session = NULL;
    if (library->open(&options, &session) != PERFADAPT_OK)
        exit(2);
    return session;
}

static struct perfadapt_profile profile_of(const struct library *library, const perfadapt *session) {
    struct perfadapt_profile profile = {.size = sizeof profile};
    library->get_profile(session, &profile);
    return profile;
}

/* What is mapped already, libc above all, is every program's: which of its pages have been used by now is chance. */
static int touch_object(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        const volatile char *memory = (const volatile char *)object->dlpi_addr + segment->p_vaddr;
        for (size_t at = 0; segment->p_type == PT_LOAD && segment->p_flags & PF_R && at < segment->p_memsz; at += 4096)
            (void)memory[at];
    }
    return 0;
}

static struct cost measure(void) {
    struct library library;
    struct cost cost;
    dl_iterate_phdr(touch_object, NULL);
    (void)read_kib("Rss"); /* what reading takes is there before */
    const double before_kib = read_kib("Rss");
    const double private_before_kib = read_kib("Private_");
    double start_ms = now_ms();
    if (!load(&library))
        exit(2);
    cost.load_ms = now_ms() - start_ms;
    cost.loaded_kib = read_kib("Rss") - before_kib;
    start_ms = now_ms();
    perfadapt *session = open_session(&library);
    cost.open_ms = now_ms() - start_ms;
    cost.opened_kib = read_kib("Rss") - before_kib;
    if (profile_of(&library, session).source != PERFADAPT_PROFILE_FROM_CACHE)
        exit(3);
    for (int i = 0; i < 60; i++) {
        library.frame_begin(session);
        library.frame_end(session);
        nap_ms(16);
    }
    cost.drawn_kib = read_kib("Rss") - before_kib;
    cost.private_kib = read_kib("Private_") - private_before_kib;
    start_ms = now_ms();
    library.close(&session);
    cost.close_ms = now_ms() - start_ms;
    return cost;
}

/* In a process of its own; false where it could not be. */
static bool measure_apart(struct cost *out_cost) {
    int ends[2];
    int status;
    if (pipe(ends) != 0)
        return false;
    const pid_t pid = fork();
    if (pid == 0) {
        const struct cost cost = measure();
        _exit(write(ends[1], &cost, sizeof cost) == (ssize_t)sizeof cost ? 0 : 1);
    }
    close(ends[1]);
    const bool came = read(ends[0], out_cost, sizeof *out_cost) == (ssize_t)sizeof *out_cost;
    close(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !came)
        return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Opens a session and waits for the probe; in a process of its own, so that this one never has the library. */
static bool fill_cache(void) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        struct library library;
        if (!load(&library))
            _exit(1);
        perfadapt *session = open_session(&library);
        for (int i = 0; i < 400 && profile_of(&library, session).state == PERFADAPT_STATE_INIT; i++)
            nap_ms(50);
        const struct perfadapt_profile profile = profile_of(&library, session);
        printf("probed: %s, tier %d\n", profile.state == PERFADAPT_STATE_OK ? profile.name : profile.reasons[0],
               (int)profile.tier);
        fflush(stdout);
        library.close(&session);
        _exit(profile.state != PERFADAPT_STATE_OK);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void print(const char *what, const char *unit, const struct cost *costs, size_t offset) {
    double values[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        memcpy(&values[i], (const char *)&costs[i] + offset, sizeof values[i]);
    bench_sort(values, ROUNDS);
    printf("%-50s median %8.3f %s   worst of %d %8.3f\n", what, values[ROUNDS / 2], unit, ROUNDS, values[ROUNDS - 1]);
}

int main(void) {
    static struct cost costs[ROUNDS];
    char directory[] = "/tmp/perfadapt-bench-XXXXXX";
    char file[64];
    if (!mkdtemp(directory) || setenv("XDG_CACHE_HOME", directory, 1) != 0)
        return 2;
    unsetenv("PERFADAPT_NO_PROBE");
    bool ok = fill_cache();
    for (int i = 0; ok && i < ROUNDS; i++)
        ok = measure_apart(&costs[i]);
    snprintf(file, sizeof file, "%s/perfadapt/device.ini", directory);
    unlink(file);
    snprintf(file, sizeof file, "%s/perfadapt", directory);
    rmdir(file);
    rmdir(directory);
    if (!ok) {
        fputs("bench_open: no session with a cached profile could be opened\n", stderr);
        return 1;
    }
    print("dlopen of the library", "ms", costs, offsetof(struct cost, load_ms));
    print("perfadapt_open, first of the process, cached", "ms", costs, offsetof(struct cost, open_ms));
    print("perfadapt_close", "ms", costs, offsetof(struct cost, close_ms));
    print("resident, library loaded", "KiB", costs, offsetof(struct cost, loaded_kib));
    print("resident, session opened", "KiB", costs, offsetof(struct cost, opened_kib));
    print("resident, after a second of frames", "KiB", costs, offsetof(struct cost, drawn_kib));
    print("of that private to the process", "KiB", costs, offsetof(struct cost, private_kib));
    return 0;
}
