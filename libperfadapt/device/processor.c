/* SPDX-License-Identifier: MIT */
#include "device/processor.h"

#include "device/cpu_list.h"
#include "providers/kernel_file.h"

#include <stdio.h>
#include <stdlib.h>

#define CPUS "/sys/devices/system/cpu"
/* Looked at one by one; where there are more, all machines of that size have cores of one kind. */
#define PROCESSORS_MAX 1024
#define THREADS_PER_CORE_MAX 16 /* POWER has 8; what names more is no list of a core's threads */

static const int64_t kilohertz_most = 20000000;
static const int64_t capacity_full = 1024; /* kernel: SCHED_CAPACITY_SCALE */
static const int64_t performance_most = 65535;

/*
 * Where the sorted values fall by more than this, another kind begins: per cent of the one before. Clocks: favoured
 * cores are some 5 % above their neighbours, Zen 5c at 65 % of Zen 5, Intel's efficient cores at 60 … 80 %. Capacities:
 * two clusters of the same cores with 12 % between them are kinds (Dimensity 9300), with 2 % they are not (RK3588).
 */
static const uint64_t clock_step_percent = 85;
static const uint64_t capacity_step_percent = 90;

struct core {
    uint32_t number;   /* of its first processor */
    uint32_t hybrid;   /* 0 core, 1 atom, 2 low power; 0 also where nothing tells */
    uint64_t strength; /* by what sets cores apart here; 0 unknown */
    uint32_t threads;
    uint32_t khz; /* 0 unknown */
    uint32_t capacity;
};

struct scan {
    const struct perfadapt__root *root;
    struct perfadapt__cpu_list online;
    struct perfadapt__cpu_list hybrids[3];
    struct perfadapt__cpu_list seen; /* threads of cores that were counted */
    uint32_t numbers[PROCESSORS_MAX];
    struct core cores[PROCESSORS_MAX];
    size_t count;
    uint64_t step_percent;
};

/* ---- one core ---- */

/* 0 where it is missing, or not 1 … most. */
static uint32_t read_number(const struct scan *scan, uint32_t number, const char *file, int64_t most) {
    char path[96];
    char text[32];
    int64_t value;
    snprintf(path, sizeof path, CPUS "/cpu%u/%s", (unsigned)number, file);
    const ssize_t length = perfadapt__fs_read_once(scan->root, path, text, sizeof text);
    if (perfadapt__kernel_file_number(text, length, sizeof text, &value) != PERFADAPT_WHY_NONE)
        return 0;
    return value > 0 && value <= most ? (uint32_t)value : 0;
}

static bool read_siblings(const struct scan *scan, uint32_t number, struct perfadapt__cpu_list *out) {
    static const char *const files[] = {"core_cpus_list", "thread_siblings_list"}; /* new name first: Linux 5.3 */
    char path[96];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, CPUS "/cpu%u/topology/%s", (unsigned)number, files[i]);
        if (perfadapt__cpu_list_read(scan->root, path, out))
            return perfadapt__cpu_list_has(out, number) && perfadapt__cpu_list_count(out) <= THREADS_PER_CORE_MAX;
    }
    return false;
}

/* Counts the core's threads that are online and belong to no other. */
static uint32_t take_threads(struct scan *scan, uint32_t number) {
    struct perfadapt__cpu_list siblings;
    uint32_t threads = 1;
    perfadapt__cpu_list_add(&scan->seen, number);
    if (!read_siblings(scan, number, &siblings))
        return threads;
    perfadapt__cpu_list_intersect(&siblings, &scan->online);
    for (uint32_t i = 0; i < PERFADAPT__CPU_LIST_MAX; i++) {
        if (!siblings.bits[i / 64]) {
            i |= 63;
        } else if (perfadapt__cpu_list_has(&siblings, i) && !perfadapt__cpu_list_has(&scan->seen, i)) {
            perfadapt__cpu_list_add(&scan->seen, i);
            threads++;
        }
    }
    return threads;
}

static uint32_t hybrid_of(const struct scan *scan, uint32_t number) {
    for (uint32_t i = 1; i < 3; i++)
        if (perfadapt__cpu_list_has(&scan->hybrids[i], number))
            return i;
    return 0;
}

static void add_core(struct scan *scan, uint32_t number) {
    struct core *core = &scan->cores[scan->count++];
    *core = (struct core){.number = number, .hybrid = hybrid_of(scan, number)};
    core->threads = take_threads(scan, number);
    core->khz = read_number(scan, number, "cpufreq/cpuinfo_max_freq", kilohertz_most);
    /* One processor tells whether there is such a file at all. */
    if (scan->count == 1 || scan->cores[0].capacity)
        core->capacity = read_number(scan, number, "cpu_capacity", capacity_full);
}

/* ---- all of them ---- */

static void read_lists(struct scan *scan, ssize_t count) {
    static const char *const hybrids[] = {"/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom/cpus",
                                          "/sys/devices/cpu_lowpower/cpus"};
    for (size_t i = 0; i < 3; i++)
        perfadapt__cpu_list_read(scan->root, hybrids[i], &scan->hybrids[i]);
    if (perfadapt__cpu_list_read(scan->root, CPUS "/online", &scan->online) &&
        perfadapt__cpu_list_count(&scan->online) > 0)
        return;
    for (ssize_t i = 0; i < count; i++)
        perfadapt__cpu_list_add(&scan->online, scan->numbers[i]);
}

/*
 * Firmware's scale of performance, by which amd-pstate and intel_pstate compare cores. Not read where clocks are known:
 * among AMD's cores of one kind it is a ranking rather than a performance, and some firmware answers through a mailbox.
 */
static uint32_t read_performance(const struct scan *scan, uint32_t number) {
    return read_number(scan, number, "acpi_cppc/highest_perf", performance_most);
}

static void choose_strength(struct scan *scan) {
    bool by_capacity = false;
    bool by_clock = false;
    for (size_t i = 0; i < scan->count; i++) {
        const struct core *core = &scan->cores[i];
        by_capacity |= core->capacity && core->capacity != scan->cores[0].capacity; /* on x86 it may be 1024 for all */
        by_clock |= core->khz != 0;
    }
    scan->step_percent = by_capacity ? capacity_step_percent : clock_step_percent;
    const bool by_firmware =
        !by_capacity && !by_clock && scan->count > 0 && read_performance(scan, scan->cores[0].number) > 0;
    for (size_t i = 0; i < scan->count; i++) {
        struct core *core = &scan->cores[i];
        core->strength = by_capacity ? core->capacity : core->khz;
        if (by_firmware)
            core->strength = read_performance(scan, core->number);
    }
}

static int stronger_first(const void *a, const void *b) {
    const struct core *const first = a;
    const struct core *const second = b;
    if (first->hybrid != second->hybrid)
        return first->hybrid < second->hybrid ? -1 : 1;
    if (first->strength != second->strength)
        return first->strength > second->strength ? -1 : 1;
    return first->number < second->number ? -1 : 1;
}

/* ---- kinds ---- */

static bool begins_kind(const struct scan *scan, size_t index) {
    if (index == 0)
        return true;
    const struct core *core = &scan->cores[index];
    const struct core *before = &scan->cores[index - 1];
    if (core->hybrid != before->hybrid)
        return true;
    /* What is not known of a core does not make it a kind. */
    return core->strength && core->strength * 100 < before->strength * scan->step_percent;
}

/* The weakest kinds become one where there are too many. */
static void group(const struct scan *scan, struct perfadapt_system *system,
                  const struct core *firsts[PERFADAPT_CORE_KINDS_MAX]) {
    for (size_t i = 0; i < scan->count; i++) {
        const struct core *core = &scan->cores[i];
        if (begins_kind(scan, i) && system->core_kind_count < PERFADAPT_CORE_KINDS_MAX)
            firsts[system->core_kind_count++] = core;
        struct perfadapt_core_kind *kind = &system->core_kinds[system->core_kind_count - 1];
        kind->cores++;
        kind->threads += core->threads;
        kind->mhz_max = core->khz / 1000 > kind->mhz_max ? core->khz / 1000 : kind->mhz_max;
    }
}

/*
 * Where clocks have told the kinds apart, firmware's scale says better what they are worth: a clock of an efficient
 * core does less.
 */
static void weigh(const struct scan *scan, const struct core *const firsts[PERFADAPT_CORE_KINDS_MAX],
                  struct perfadapt_system *system) {
    uint64_t worth[PERFADAPT_CORE_KINDS_MAX] = {0};
    bool all = scan->step_percent == clock_step_percent && system->core_kind_count > 1;
    for (uint32_t i = 0; i < system->core_kind_count && all; i++) {
        worth[i] = read_performance(scan, firsts[i]->number);
        all = worth[i] > 0 && worth[i] <= worth[0];
    }
    for (uint32_t i = 0; i < system->core_kind_count; i++) {
        const uint64_t full = all ? worth[0] : firsts[0]->strength;
        const uint64_t own = all ? worth[i] : firsts[i]->strength;
        uint64_t capacity = full ? own * (uint64_t)capacity_full / full : 0;
        if (capacity > (uint64_t)capacity_full || i == 0)
            capacity = (uint64_t)capacity_full;
        system->core_kinds[i].capacity = (uint32_t)capacity;
    }
}

/* Beyond what was looked at: like the strongest. */
static void add_rest(const struct scan *scan, struct perfadapt_system *system) {
    struct perfadapt_core_kind *kind = &system->core_kinds[0];
    const uint32_t online = perfadapt__cpu_list_count(&scan->online);
    const uint32_t seen = perfadapt__cpu_list_count(&scan->seen);
    if (online <= seen || scan->count == 0 || scan->numbers[PROCESSORS_MAX - 1] == 0)
        return;
    kind->cores += (online - seen) * kind->cores / kind->threads;
    kind->threads += online - seen;
}

static void read_with(struct scan *scan, struct perfadapt_system *system) {
    const struct core *firsts[PERFADAPT_CORE_KINDS_MAX] = {NULL};
    const ssize_t count =
        perfadapt__kernel_directory_numbers(scan->root, CPUS, "cpu", "", scan->numbers, PROCESSORS_MAX);
    read_lists(scan, count);
    for (ssize_t i = 0; i < count; i++)
        if (perfadapt__cpu_list_has(&scan->online, scan->numbers[i]) &&
            !perfadapt__cpu_list_has(&scan->seen, scan->numbers[i]))
            add_core(scan, scan->numbers[i]);
    choose_strength(scan);
    qsort(scan->cores, scan->count, sizeof scan->cores[0], stronger_first);
    group(scan, system, firsts);
    weigh(scan, firsts, system);
    add_rest(scan, system);
}

void perfadapt__processor_read(const struct perfadapt__root *root, struct perfadapt_system *system) {
    struct scan *scan = calloc(1, sizeof *scan);
    system->core_kind_count = 0;
    if (!scan)
        return;
    scan->root = root;
    read_with(scan, system);
    free(scan);
}
