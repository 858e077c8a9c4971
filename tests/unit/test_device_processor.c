/* Cores, their kinds, and what of them and of memory this process may have. SPDX-License-Identifier: MIT */
#include "device/processor.h"

#include "device/cpu_list.h"
#include "device/limits.h"
#include "made_machine.h"

#include <perfadapt/budget.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS "/sys/devices/system/cpu"
#define CGROUP "/sys/fs/cgroup"

static struct perfadapt_system read_processor(struct fixture *fixture) {
    struct perfadapt_system system = {.size = sizeof system};
    perfadapt__processor_read(&fixture->root, &system);
    return system;
}

static struct perfadapt_system read_limits(struct fixture *fixture) {
    struct perfadapt_system system = {.size = sizeof system};
    perfadapt__limits_read(&fixture->root, &system);
    return system;
}

static void assert_kind(const struct perfadapt_system *system, uint32_t index, uint32_t cores, uint32_t threads,
                        uint32_t mhz, uint32_t capacity) {
    assert_true(index < system->core_kind_count);
    assert_int_equal(system->core_kinds[index].cores, cores);
    assert_int_equal(system->core_kinds[index].threads, threads);
    assert_int_equal(system->core_kinds[index].mhz_max, mhz);
    assert_int_equal(system->core_kinds[index].capacity, capacity);
}

/* ---- lists ---- */

static void lists_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint32_t count;
    } cases[] = {
        {"0-3,8\n", true, 5},
        {"5", true, 1},
        {"\n", true, 0},
        {"", true, 0},
        {"0-8191\n", true, 8192},
        {"0-3,2-5\n", true, 6},
        {"8190-18446744073709551615\n", true, 2}, /* what is beyond is left out, in no time */
        {"18446744073709551616\n", false, 0},
        {"3-0\n", false, 0},
        {"-1\n", false, 0},
        {"0-\n", false, 0},
        {"0,\n", false, 0},
        {"0-3:1/2\n", false, 0},
        {"0 1\n", false, 0},
        {"ff\n", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct perfadapt__cpu_list list;
        assert_int_equal(perfadapt__cpu_list_parse(cases[i].text, &list), cases[i].good);
        assert_int_equal(perfadapt__cpu_list_count(&list), cases[i].count);
    }
    struct perfadapt__cpu_list list;
    assert_true(perfadapt__cpu_list_parse("63-64,8191", &list));
    assert_true(perfadapt__cpu_list_has(&list, 63) && perfadapt__cpu_list_has(&list, 8191));
    assert_false(perfadapt__cpu_list_has(&list, 62) || perfadapt__cpu_list_has(&list, 8192));
}

/* ---- kinds ---- */

static void clusters_by_capacity(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 3, 1, 1800000, 160});
    made_processors(fixture, &(struct made_cores){4, 6, 1, 2420000, 498});
    made_processors(fixture, &(struct made_cores){7, 7, 1, 2840000, 1024});
    fixture_file(fixture, CPUS "/online", "0-7\n");
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 3);
    assert_kind(&system, 0, 1, 1, 2840, 1024);
    assert_kind(&system, 1, 3, 3, 2420, 498);
    assert_kind(&system, 2, 4, 4, 1800, 160);
}

/* Two clusters of the same cores whose best clocks differ by a step of the voltage (RK3588). */
static void clusters_that_hardly_differ(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 3, 1, 1800000, 530});
    made_processors(fixture, &(struct made_cores){4, 5, 1, 2352000, 1024});
    made_processors(fixture, &(struct made_cores){6, 7, 1, 2304000, 1004});
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 2);
    assert_kind(&system, 0, 4, 4, 2352, 1024);
    assert_kind(&system, 1, 4, 4, 1800, 530);
}

static void hybrid_by_its_lists(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 3, 2, 5000000, 0});
    made_processors(fixture, &(struct made_cores){4, 11, 2, 4800000, 0});  /* favoured cores are no kind */
    made_processors(fixture, &(struct made_cores){12, 19, 1, 4700000, 0}); /* nearly as fast, and not by far as good */
    made_processors(fixture, &(struct made_cores){20, 21, 1, 2500000, 0});
    fixture_file(fixture, CPUS "/online", "0-21\n");
    fixture_file(fixture, "/sys/devices/cpu_core/cpus", "0-11\n");
    fixture_file(fixture, "/sys/devices/cpu_atom/cpus", "12-19\n");
    fixture_file(fixture, "/sys/devices/cpu_lowpower/cpus", "20-21\n");
    struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 3);
    assert_kind(&system, 0, 6, 12, 5000, 1024);
    assert_kind(&system, 1, 8, 8, 4700, 962); /* by clocks alone */
    assert_kind(&system, 2, 2, 2, 2500, 512);
    made_processor_file(fixture, 0, "acpi_cppc/highest_perf", "64\n");
    made_processor_file(fixture, 12, "acpi_cppc/highest_perf", "40\n");
    made_processor_file(fixture, 20, "acpi_cppc/highest_perf", "24\n");
    system = read_processor(fixture);
    assert_kind(&system, 0, 6, 12, 5000, 1024);
    assert_kind(&system, 1, 8, 8, 4700, 640);
    assert_kind(&system, 2, 2, 2, 2500, 384);
}

/* Low-power cores may stand in the list of efficient ones (Meteor Lake): their clock sets them apart. */
static void hybrid_with_low_power_among_efficient_ones(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 11, 2, 4800000, 0});
    made_processors(fixture, &(struct made_cores){12, 19, 1, 3800000, 0});
    made_processors(fixture, &(struct made_cores){20, 21, 1, 2500000, 0});
    fixture_file(fixture, "/sys/devices/cpu_core/cpus", "0-11\n");
    fixture_file(fixture, "/sys/devices/cpu_atom/cpus", "12-21\n");
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 3);
    assert_kind(&system, 2, 2, 2, 2500, 533);
}

static void compact_cores_by_their_clock(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 7, 2, 5157000, 1024}); /* on x86 all have one capacity */
    made_processors(fixture, &(struct made_cores){8, 23, 2, 3310000, 1024});
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 2);
    assert_kind(&system, 0, 4, 8, 5157, 1024);
    assert_kind(&system, 1, 8, 16, 3310, 657);
}

/* AMD ranks its cores by highest_perf, in steps that add up: 236, 231 … 166. One kind. */
static void favoured_cores_are_one_kind(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 16; i++) {
        char text[16];
        made_processors(fixture, &(struct made_cores){i, i, 1, 0, 0});
        snprintf(text, sizeof text, "%u\n", 236 - i * 5);
        made_processor_file(fixture, i, "acpi_cppc/highest_perf", text);
    }
    struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 16, 16, 0, 1024);
    for (uint32_t i = 0; i < 16; i++) /* the same as clocks of 5.9 … 4.15 GHz */
        made_processors(fixture, &(struct made_cores){i, i, 1, (236 - i * 5) * 25000, 0});
    system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 16, 16, 5900, 1024);
}

static void what_is_offline_is_not_there(void **state) {
    struct fixture *fixture = *state;
    made_processors(fixture, &(struct made_cores){0, 7, 2, 4000000, 0});
    fixture_file(fixture, CPUS "/online", "0,2-3,6\n");
    /* The kernel leaves offline ones out of the siblings; whoever does not is not believed. */
    made_processor_file(fixture, 6, "topology/core_cpus_list", "6\n");
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 3, 4, 4000, 1024);
}

static void numbers_with_gaps_and_old_names(void **state) {
    struct fixture *fixture = *state;
    static const uint32_t numbers[] = {0, 8, 40, 48};
    for (size_t i = 0; i < 4; i++) {
        made_processor_file(fixture, numbers[i], "topology/thread_siblings_list", i < 2 ? "0,8\n" : "40,48\n");
        made_processor_file(fixture, numbers[i], "cpufreq/cpuinfo_max_freq", "3000000\n");
    }
    fixture_file(fixture, CPUS "/online", "0,8,40,48\n");
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 2, 4, 3000, 1024);
}

static void two_sockets_of_a_server(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 384; i++) {
        char siblings[32];
        snprintf(siblings, sizeof siblings, "%u,%u\n", i % 192, i % 192 + 192);
        made_processor_file(fixture, i, "topology/core_cpus_list", siblings);
        made_processor_file(fixture, i, "cpufreq/cpuinfo_max_freq", "3700000\n");
    }
    fixture_file(fixture, CPUS "/online", "0-383\n");
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 192, 384, 3700, 1024);
}

/* More than are looked at one by one: the rest is counted. */
static void more_than_are_looked_at(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 1100; i++) {
        char siblings[32];
        snprintf(siblings, sizeof siblings, "%u-%u\n", i & ~1U, i | 1U);
        made_processor_file(fixture, i, "topology/core_cpus_list", siblings);
    }
    fixture_file(fixture, CPUS "/online", "0-1099\n");
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 550, 1100, 0, 1024);
}

static void more_kinds_than_fit(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 6; i++)
        made_processors(fixture, &(struct made_cores){i, i, 1, 6000000 - i * 1000000, 0});
    const struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, PERFADAPT_CORE_KINDS_MAX);
    assert_kind(&system, 0, 1, 1, 6000, 1024);
    assert_kind(&system, 1, 1, 1, 5000, 853);
    assert_kind(&system, 3, 3, 3, 3000, 512); /* 3, 2 and 1 GHz */
}

static void nothing_is_known(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt_system system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 0);
    fixture_file(fixture, CPUS "/online", "0-3\n");
    system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 0);
    fixture_directory(fixture, CPUS "/cpu0"); /* no topology, no clock */
    fixture_directory(fixture, CPUS "/cpu1");
    system = read_processor(fixture);
    assert_int_equal(system.core_kind_count, 1);
    assert_kind(&system, 0, 2, 2, 0, 1024);
}

/* One core whose clock cannot be read is no kind. */
static void broken_files(void **state) {
    static const char *const texts[] = {"", "-1\n", "0\n", "99999999999999999999\n", "4294967296\n", "fast\n", "1 2\n"};
    struct fixture *fixture = *state;
    char bytes[4096];
    memset(bytes, 0xff, sizeof bytes);
    made_processors(fixture, &(struct made_cores){0, 3, 1, 4000000, 0});
    for (size_t i = 0; i <= sizeof texts / sizeof texts[0]; i++) {
        const bool binary = i == sizeof texts / sizeof texts[0];
        const char *text = binary ? bytes : texts[i];
        const size_t length = binary ? sizeof bytes : strlen(text);
        fixture_bytes(fixture, CPUS "/cpu2/cpufreq/cpuinfo_max_freq", text, length);
        fixture_bytes(fixture, CPUS "/cpu2/topology/core_cpus_list", text, length);
        fixture_bytes(fixture, CPUS "/cpu0/cpu_capacity", text, length);
        fixture_bytes(fixture, CPUS "/online", text, length);
        struct perfadapt_system system = read_processor(fixture);
        if (strcmp(text, "0\n") == 0) { /* a list like another */
            assert_kind(&system, 0, 1, 1, 4000, 1024);
            continue;
        }
        assert_int_equal(system.core_kind_count, 1);
        assert_kind(&system, 0, 4, 4, 4000, 1024);
    }
}

/* A list that claims everything does not make one core of it. */
static void siblings_that_cannot_be(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 32; i++)
        made_processor_file(fixture, i, "topology/core_cpus_list", "0-31\n");
    struct perfadapt_system system = read_processor(fixture);
    assert_kind(&system, 0, 32, 32, 0, 1024);
    made_processor_file(fixture, 0, "topology/core_cpus_list", "4-5\n"); /* not its own */
    for (uint32_t i = 1; i < 32; i++)
        made_processor_file(fixture, i, "topology/core_cpus_list", "0-3\n"); /* 0 … 3 say so; 4 and on do not belong */
    system = read_processor(fixture);
    assert_kind(&system, 0, 30, 32, 0, 1024);
}

/* ---- limits ---- */

static void allowed_in_another_root(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(read_limits(fixture).threads_allowed, 0);
    fixture_file(fixture, CPUS "/online", "0-7\n");
    assert_int_equal(read_limits(fixture).threads_allowed, 8);
    fixture_file(fixture, "/proc/self/status",
                 "Name:\tgame\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,64-127\nMems_allowed_list:\t0\n");
    assert_int_equal(read_limits(fixture).threads_allowed, 4); /* 64 … 127 could be, and are not there */
    fixture_remove(fixture, CPUS "/online");
    assert_int_equal(read_limits(fixture).threads_allowed, 68);
    fixture_file(fixture, "/proc/self/status", "Name:\tgame\nCpus_allowed_list:\tall of them\n");
    assert_int_equal(read_limits(fixture).threads_allowed, 0);
}

/* In its own root it is asked of the kernel. */
static void allowed_here(void **state) {
    (void)state;
    struct perfadapt__root root;
    struct perfadapt_system system = {0};
    cpu_set_t before;
    cpu_set_t one;
    if (sched_getaffinity(0, sizeof before, &before) != 0)
        skip(); /* more processors than a cpu_set_t holds */
    size_t first = 0;
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(perfadapt__root_open(NULL, &root), PERFADAPT_OK);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    perfadapt__limits_read(&root, &system);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    perfadapt__root_close(&root);
    assert_int_equal(system.threads_allowed, 1);
}

static void memory_of_the_machine(void **state) {
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"MemTotal:       16307960 kB\nMemFree: 1 kB\n", UINT64_C(16307960) * 1024},
        {"MemFree: 1 kB\nMemTotal: 4 kB\n", 4096},
        {"MemTotal: 4398046511104 kB\n", UINT64_C(1) << 52},
        {"MemTotal: 4398046511105 kB\n", 0}, /* more than 52 bits of address */
        {"MemTotal: 18446744073709551615 kB\n", 0},
        {"MemTotal: -1 kB\n", 0},
        {"MemTotal: 16307960\n", 0},
        {"MemTotal: 1630", 0}, /* cut */
        {"MemTotals: 4 kB\n", 0},
        {"", 0},
    };
    struct fixture *fixture = *state;
    assert_int_equal(read_limits(fixture).memory_bytes, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_file(fixture, "/proc/meminfo", cases[i].text);
        assert_true(read_limits(fixture).memory_bytes == cases[i].bytes);
    }
}

static void no_cgroup_and_no_limit(void **state) {
    struct fixture *fixture = *state;
    struct perfadapt_system system = read_limits(fixture);
    assert_true(system.memory_limit_bytes == 0); /* no /proc: unknown */
    assert_int_equal(system.processor_quota_permille, 0);
    fixture_file(fixture, "/proc/self/cgroup", "0::/app.scope\n");
    fixture_file(fixture, "/proc/self/mountinfo", "26 1 0:24 / " CGROUP " rw - cgroup2 cgroup2 rw\n");
    fixture_file(fixture, CGROUP "/app.scope/memory.max", "max\n");
    fixture_file(fixture, CGROUP "/app.scope/cpu.max", "max 100000\n");
    system = read_limits(fixture);
    assert_true(system.memory_limit_bytes == PERFADAPT_NO_LIMIT);
    assert_int_equal(system.processor_quota_permille, 0);
}

static void the_least_of_the_ancestors(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/proc/self/cgroup", "0::/a.slice/b.scope\n");
    fixture_file(fixture, "/proc/self/mountinfo", "26 1 0:24 / " CGROUP " rw - cgroup2 cgroup2 rw\n");
    fixture_file(fixture, CGROUP "/a.slice/b.scope/memory.max", "8589934592\n");
    fixture_file(fixture, CGROUP "/a.slice/b.scope/memory.high", "max\n");
    fixture_file(fixture, CGROUP "/a.slice/b.scope/cpu.max", "max 100000\n");
    fixture_file(fixture, CGROUP "/a.slice/memory.max", "max\n");
    fixture_file(fixture, CGROUP "/a.slice/memory.high", "4294967296\n");
    fixture_file(fixture, CGROUP "/a.slice/cpu.max", "150000 100000\n");
    struct perfadapt_system system = read_limits(fixture);
    assert_true(system.memory_limit_bytes == UINT64_C(4294967296));
    assert_int_equal(system.processor_quota_permille, 1500);
    fixture_file(fixture, CGROUP "/a.slice/memory.max", "lots\n"); /* may be less */
    fixture_file(fixture, CGROUP "/a.slice/cpu.max", "33333 100000\n");
    system = read_limits(fixture);
    assert_true(system.memory_limit_bytes == 0);
    assert_int_equal(system.processor_quota_permille, 333);
}

static void version_one(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/proc/self/cgroup", "4:memory:/box\n3:cpu,cpuacct:/box\n0::/\n");
    fixture_file(fixture, "/proc/self/mountinfo",
                 "30 1 0:30 / " CGROUP "/memory rw - cgroup cgroup rw,memory\n"
                 "31 1 0:31 / " CGROUP "/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                 "32 1 0:32 / " CGROUP "/unified rw - cgroup2 cgroup2 rw\n");
    fixture_file(fixture, CGROUP "/memory/box/memory.limit_in_bytes", "1073741824\n");
    fixture_file(fixture, CGROUP "/memory/memory.limit_in_bytes", "9223372036854771712\n");
    fixture_file(fixture, CGROUP "/cpu/box/cpu.cfs_quota_us", "50000\n");
    fixture_file(fixture, CGROUP "/cpu/box/cpu.cfs_period_us", "100000\n");
    fixture_directory(fixture, CGROUP "/unified");
    const struct perfadapt_system system = read_limits(fixture);
    assert_true(system.memory_limit_bytes == UINT64_C(1073741824));
    assert_int_equal(system.processor_quota_permille, 500);
}

int main(void) {
#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_parsed),
        WITH_ROOT(clusters_by_capacity),
        WITH_ROOT(clusters_that_hardly_differ),
        WITH_ROOT(hybrid_by_its_lists),
        WITH_ROOT(hybrid_with_low_power_among_efficient_ones),
        WITH_ROOT(compact_cores_by_their_clock),
        WITH_ROOT(favoured_cores_are_one_kind),
        WITH_ROOT(what_is_offline_is_not_there),
        WITH_ROOT(numbers_with_gaps_and_old_names),
        WITH_ROOT(two_sockets_of_a_server),
        WITH_ROOT(more_than_are_looked_at),
        WITH_ROOT(more_kinds_than_fit),
        WITH_ROOT(nothing_is_known),
        WITH_ROOT(broken_files),
        WITH_ROOT(siblings_that_cannot_be),
        WITH_ROOT(allowed_in_another_root),
        cmocka_unit_test(allowed_here),
        WITH_ROOT(memory_of_the_machine),
        WITH_ROOT(no_cgroup_and_no_limit),
        WITH_ROOT(the_least_of_the_ancestors),
        WITH_ROOT(version_one),
    };
    return cmocka_run_group_tests_name("device_processor", tests, NULL, NULL);
}
