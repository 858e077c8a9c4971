/*
 * One sampler tick against the bare preads of the same files. SPDX-License-Identifier: MIT
 *
 * Ours: perfadapt__machine_sample() with everything due: reading, parsing, judging and publishing the snapshot, without
 * control. Other: the very preads of one tick, recorded by this program's own pread, which comes before libc's.
 */
#include "bench.h"
#include "core/clock.h"
#include "sampler/machine.h"
#include "sampler/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READS_MAX 256

static struct {
    bool recording;
    size_t count;
    int fds[READS_MAX];
    size_t sizes[READS_MAX];
} reads;

ssize_t pread(int fd, void *buffer, size_t count, off_t offset) {
    if (reads.recording && reads.count < READS_MAX) {
        reads.fds[reads.count] = fd;
        reads.sizes[reads.count++] = count;
    }
    return (ssize_t)syscall(SYS_pread64, fd, buffer, count, offset);
}

static void run_ticks(void *context, size_t count) {
    struct perfadapt__machine *machine = context;
    const struct perfadapt__activity activity = perfadapt__schedule_rest();
    for (size_t i = 0; i < count; i++) {
        perfadapt__machine_hurry(machine);
        perfadapt__machine_sample(machine, &activity, perfadapt__now_ns());
    }
}

static void run_reads(void *context, size_t count) {
    (void)context;
    static char buffer[1 << 16];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < reads.count; k++)
            if (pread(reads.fds[k], buffer, reads.sizes[k] < sizeof buffer ? reads.sizes[k] : sizeof buffer, 0) < 0)
                abort();
}

static void print_reads(void) {
    for (size_t i = 0; i < reads.count; i++) {
        char link[64];
        char path[4096] = "";
        snprintf(link, sizeof link, "/proc/self/fd/%d", reads.fds[i]);
        if (readlink(link, path, sizeof path - 1) > 0)
            printf("  reads %s\n", path);
    }
}

/* Calls into a driver's library are no preads of named files. */
static void leave_out_libraries(struct perfadapt__machine *machine) {
    for (size_t i = 0; i < machine->provider_count; i++) {
        struct perfadapt__provider *provider = machine->providers[i];
        if (strcmp(provider->type->name, "nvml") != 0)
            continue;
        provider->type->destroy(provider);
        machine->providers[i] = machine->providers[--machine->provider_count];
        puts("  without NVML, whose calls are no reads");
    }
}

int main(int argc, char **argv) {
    struct perfadapt__machine *machine = NULL;
    if (perfadapt__machine_create(argc > 1 ? argv[1] : NULL, NULL, &machine)) {
        fprintf(stderr, "bench_tick: cannot open the root\n");
        return 3;
    }
    run_ticks(machine, 1);
    leave_out_libraries(machine);
    reads.recording = true;
    run_ticks(machine, 1);
    reads.recording = false;
    if (reads.count == 0) {
        fprintf(stderr, "bench_tick: this machine has no file to sample\n");
        return 3;
    }
    print_reads();
    const struct bench_pair pair = bench_compare(run_ticks, machine, run_reads, NULL, 200);
    char other[64];
    snprintf(other, sizeof other, "its %zu preads alone", reads.count);
    bench_print("sampler tick", other, &pair, 1.2);
    perfadapt__machine_destroy(machine);
    return 0;
}
