/*
 * What NVML costs, and what it leaves behind in a process: run by tests/device/nvidia.sh. SPDX-License-Identifier: MIT
 *
 * Prints the time of a read of the provider, as it is each second and ten times a second, and what the library opens,
 * starts and changes: descriptors of GPUs after its initialisation (which tells whether that touches GPUs nobody asked
 * for) and after a handle, threads, signal handlers, the locale.
 */
#include "core/clock.h"
#include "core/watch.h"
#include "providers/nvml.h"
#include "providers/nvml_library.h"

#include <dirent.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READS 200

static int compare_times(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static size_t count_entries(const char *directory) {
    DIR *entries = opendir(directory);
    size_t count = 0;
    while (entries && readdir(entries))
        count++;
    if (entries)
        closedir(entries);
    return count > 2 ? count - 2 : 0;
}

static int count_handlers(void) {
    int count = 0;
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        count += sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
    }
    return count;
}

static void print_process(const char *when) {
    printf("| %s | %zu | %d | %s |", when, count_entries("/proc/self/task"), count_handlers(), setlocale(LC_ALL, NULL));
    for (int fd = 0; fd < 256; fd++) {
        char path[32];
        char target[256];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        const ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (strncmp(target, "/dev/nvidia", 11) == 0)
            printf(" %s", target + 5);
    }
    printf(" |\n");
}

static void try_library(const char *address) {
    struct perfadapt__nvml_library library;
    perfadapt__nvml_device device;
    printf("| | threads | signal handlers | locale | open below /dev |\n|---|---|---|---|---|\n");
    print_process("before");
    if (perfadapt__nvml_load(&library, PERFADAPT__NVML_NAME) != PERFADAPT__NVML_LOADED)
        return;
    print_process("loaded");
    int64_t started_ns = perfadapt__now_ns();
    const int result = perfadapt__nvml_init(&library);
    const int64_t init_ns = perfadapt__now_ns() - started_ns;
    print_process("initialised");
    const int device_result = perfadapt__nvml_device_by_pci(&library, address, &device);
    print_process("one handle taken");
    started_ns = perfadapt__now_ns();
    perfadapt__nvml_shutdown(&library);
    const int64_t shutdown_ns = perfadapt__now_ns() - started_ns;
    print_process("shut down");
    printf("\nnvmlInit %.1f ms (%d), handle of %s (%d), nvmlShutdown %.1f ms\n\n", (double)init_ns / 1e6, result,
           address, device_result, (double)shutdown_ns / 1e6);
}

/* The clock of the provider runs ahead by `step_ns` with each read; the times measured are real. */
static void time_reads(struct perfadapt__provider *provider, struct perfadapt_snapshot *snapshot, int64_t step_ns,
                       const char *what) {
    static int64_t now_ns = 1000000000000;
    int64_t times[READS];
    for (size_t i = 0; i < READS; i++) {
        now_ns += step_ns;
        const struct perfadapt__read_context context = {.now_ns = now_ns, .gpu_busy = (double)NAN};
        const int64_t started_ns = perfadapt__now_ns();
        provider->type->read(provider, &context, snapshot);
        times[i] = perfadapt__now_ns() - started_ns;
    }
    qsort(times, READS, sizeof times[0], compare_times);
    printf("| %s | %lld | %lld | %lld |\n", what, (long long)times[READS / 2], (long long)times[READS * 99 / 100],
           (long long)times[READS - 1]);
}

int main(void) {
    static struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    static struct perfadapt__gates gates;
    struct perfadapt__root root;
    if (perfadapt__root_open(NULL, &root) != PERFADAPT_OK)
        return 1;
    perfadapt__gates_init(&gates, &root);
    const struct perfadapt__provider_environment environment = {.root = &root, .gates = &gates};
    struct perfadapt__provider *provider = perfadapt__nvml_provider.create(&environment, &snapshot);
    if (provider) {
        setlocale(LC_ALL, "C.UTF-8");
        try_library(snapshot.gpus[0].id);
        printf("| a read of the provider | median ns | p99 ns | max ns |\n|---|---|---|---|\n");
        time_reads(provider, &snapshot, PERFADAPT__NS_PER_S, "each second");
        time_reads(provider, &snapshot, PERFADAPT__NS_PER_S / 10, "ten times a second");
        provider->type->destroy(provider);
    } else {
        printf("nvml_cost: %s\n", snapshot.gpu_count ? "no NVML here" : "no GPU of NVIDIA's here");
    }
    perfadapt__gates_finish(&gates);
    perfadapt__root_close(&root);
    return provider ? 0 : 77;
}
