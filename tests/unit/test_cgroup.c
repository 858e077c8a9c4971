/* Where the own cgroup is, its memory limit and use. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/cgroup.h"
#include "providers/cgroup_path.h"

#include <stdio.h>
#include <string.h>

#define MEMBERSHIP "/proc/self/cgroup"
#define MOUNTINFO "/proc/self/mountinfo"
#define V2_MOUNT "29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"

static const char *resolved(struct fixture *fixture, enum perfadapt__cgroup_hierarchy hierarchy) {
    static struct perfadapt__cgroup_path path;
    return perfadapt__cgroup_resolve(&fixture->root, hierarchy, &path) == 0 ? path.path : NULL;
}

static void lay(struct fixture *fixture, const char *membership, const char *mountinfo) {
    fixture_file(fixture, MEMBERSHIP, membership);
    fixture_file(fixture, MOUNTINFO, mountinfo);
}

static void test_resolve(void **state) {
    static const struct {
        const char *membership;
        const char *mountinfo;
        enum perfadapt__cgroup_hierarchy hierarchy;
        const char *expected;
    } cases[] = {
        {"0::/user.slice/app.scope\n", V2_MOUNT, PERFADAPT__CGROUP_V2, "/sys/fs/cgroup/user.slice/app.scope"},
        {"0::/\n", V2_MOUNT, PERFADAPT__CGROUP_V2, "/sys/fs/cgroup"},
        /* not the first line, and mounted elsewhere: a hybrid host */
        {"9:name=systemd:/\n4:memory:/a\n0::/b\n", V1_MOUNT "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 x rw\n",
         PERFADAPT__CGROUP_V2, "/sys/fs/cgroup/unified/b"},
        {"9:name=systemd:/\n4:cpu,memory:/a\n0::/b\n", V2_MOUNT V1_MOUNT, PERFADAPT__CGROUP_V1_MEMORY,
         "/sys/fs/cgroup/memory/a"},
        /* a container without a cgroup namespace */
        {"0::/docker/1234/inner\n", "29 22 0:26 /docker/1234 /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n",
         PERFADAPT__CGROUP_V2, "/sys/fs/cgroup/inner"},
        {"0::/docker/1234\n", "29 22 0:26 /docker/1234 /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n", PERFADAPT__CGROUP_V2,
         "/sys/fs/cgroup"},
        {"0::/docker/12345\n", "29 22 0:26 /docker/1234 /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n", PERFADAPT__CGROUP_V2,
         NULL},
        /* outside of the cgroup namespace */
        {"0::/../other\n", V2_MOUNT, PERFADAPT__CGROUP_V2, NULL},
        {"0::/..\n", V2_MOUNT, PERFADAPT__CGROUP_V2, NULL},
        {"0::/../other\n", "29 22 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n", PERFADAPT__CGROUP_V2,
         "/sys/fs/cgroup/other"},
        {"0::/a/b (deleted)\n", V2_MOUNT, PERFADAPT__CGROUP_V2, "/sys/fs/cgroup/a/b"},
        {"0::/a:b\n", V2_MOUNT, PERFADAPT__CGROUP_V2, "/sys/fs/cgroup/a:b"},
        {"0::/a", V2_MOUNT, PERFADAPT__CGROUP_V2, "/sys/fs/cgroup/a"},
        {"0::/a\n", "29 22 0:26 / /mnt/with\\040blank rw a:1 b:2 - cgroup2 cgroup2 rw\n", PERFADAPT__CGROUP_V2,
         "/mnt/with blank/a"},
        {"0::/a\n", "29 22 0:26 / /sys/fs/cgroup\n29 22 0:26 / /x rw - cgroup\n\n- - - - - - - - -\n",
         PERFADAPT__CGROUP_V2, NULL},
        {"", V2_MOUNT, PERFADAPT__CGROUP_V2, NULL},
        {"0\n0:\n0::\n0::relative\n", V2_MOUNT, PERFADAPT__CGROUP_V2, NULL},
        {"4:memory:/m\n3:cpuset:/x\n2:cpuacct,cpu:/c (deleted)\n",
         "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", PERFADAPT__CGROUP_V1_CPU,
         "/sys/fs/cgroup/cpu/c"},
        {"4:memoryless:/a\n", V1_MOUNT, PERFADAPT__CGROUP_V1_MEMORY, NULL},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lay(fixture, cases[i].membership, cases[i].mountinfo);
        const char *path = resolved(fixture, cases[i].hierarchy);
        if (!cases[i].expected) {
            assert_null(path);
            continue;
        }
        assert_non_null(path);
        assert_string_equal(path, cases[i].expected);
    }
}

static void test_resolve_without_files(void **state) {
    struct fixture *fixture = *state;
    assert_null(resolved(fixture, PERFADAPT__CGROUP_V2));
    fixture_file(fixture, MEMBERSHIP, "0::/a\n");
    assert_null(resolved(fixture, PERFADAPT__CGROUP_V2));
    fixture_directory(fixture, MOUNTINFO);
    assert_null(resolved(fixture, PERFADAPT__CGROUP_V2));
}

/* Overlay mounts list all their layers on one line; the lines behind it still count. */
static void test_resolve_behind_a_long_line(void **state) {
    struct fixture *fixture = *state;
    static char text[40000];
    for (size_t length = 8100; length < 8300; length += 7) {
        memset(text, 'x', sizeof text);
        text[length] = '\n';
        text[length + 15000] = '\n';
        strcpy(text + length + 15001, V2_MOUNT);
        lay(fixture, "0::/a\n", text);
        assert_string_equal(resolved(fixture, PERFADAPT__CGROUP_V2), "/sys/fs/cgroup/a");
    }
}

static void test_parents(void **state) {
    (void)state;
    struct perfadapt__cgroup_path path = {.path = "/sys/fs/cgroup/a/b", .mount_length = 14};
    assert_true(perfadapt__cgroup_to_parent(&path));
    assert_string_equal(path.path, "/sys/fs/cgroup/a");
    assert_true(perfadapt__cgroup_to_parent(&path));
    assert_string_equal(path.path, "/sys/fs/cgroup");
    assert_false(perfadapt__cgroup_to_parent(&path));
}

#define OWN "/sys/fs/cgroup/user.slice/app.scope/"

static void lay_v2(struct fixture *fixture) {
    lay(fixture, "0::/user.slice/app.scope\n", V2_MOUNT);
    fixture_file(fixture, OWN "memory.max", "max\n");
    fixture_file(fixture, OWN "memory.high", "max\n");
    fixture_file(fixture, OWN "memory.current", "5000000\n");
    fixture_file(fixture, OWN "memory.stat", "anon 1\nactive_file 9\ninactive_file 1000000\nslab 5\n");
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.max", "max\n");
}

static void test_v2_unlimited(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_create(fixture, &perfadapt__cgroup_provider);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 4000000);
}

static void test_v2_lowest_of_the_ancestors(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.max", "9000000\n");
    fixture_file(fixture, OWN "memory.high", "8000000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 8000000);
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.max", "7000000\n");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 7000000);
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.max", "0\n");
    fixture_read(fixture, 3000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 0);
}

static void test_v2_bad_files(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.max", "garbage\n");
    fixture_file(fixture, OWN "memory.current", "");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_ERROR);
    assert_unknown(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_ERROR);
    fixture_file(fixture, OWN "memory.max", "4096\n");
    fixture_file(fixture, OWN "memory.current", "10\n");
    fixture_file(fixture, OWN "memory.stat", "inactive_file x\n");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 4096);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 10);
    fixture_file(fixture, OWN "memory.max", "40 96\n");
    fixture_file(fixture, OWN "memory.stat", "inactive_file 11\n");
    fixture_read(fixture, 3000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_STALE, 4096);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 0);
}

static void test_v2_unreadable(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_plain_user())
        skip();
    lay_v2(fixture);
    fixture_mode(fixture, OWN "memory.max", 0);
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_ERROR);
}

static void test_v1(void **state) {
    struct fixture *fixture = *state;
    lay(fixture, "4:memory:/a/b\n0::/\n", V2_MOUNT V1_MOUNT);
    fixture_file(fixture, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "500000\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "300000\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/b/memory.stat", "inactive_file 5\ntotal_inactive_file 100000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 500000);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 200000);
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854710272\n");
    fixture_read(fixture, 2000);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_no_cgroup(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__cgroup_provider);
    assert_null(fixture->provider);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_follows_the_process(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    fixture_file(fixture, "/sys/fs/cgroup/other/memory.max", "123\n");
    fixture_file(fixture, MEMBERSHIP, "0::/other\n");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 123);
    assert_unknown(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_UNSUPPORTED);
    fixture_remove(fixture, MEMBERSHIP);
    fixture_read(fixture, 90000);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_the_limit_with_the_least_left(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.max", "6000000\n");
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.max", "20000000\n");
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.current", "19500000\n");
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.stat", "inactive_file 500000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 20000000);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 19000000);
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.current", "9000000\n");
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 6000000);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 4000000);
}

static void test_created_without_descriptors(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.max", "6000000\n");
    fixture_starve(fixture, 0);
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_ERROR);
    fixture_feed(fixture);
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 6000000);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 4000000);
}

static void test_moved_without_descriptors(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.max", "6000000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    fixture_file(fixture, OWN "inner/memory.max", "max\n");
    fixture_file(fixture, OWN "inner/memory.high", "max\n");
    fixture_file(fixture, OWN "inner/memory.current", "100\n");
    fixture_file(fixture, MEMBERSHIP, "0::/user.slice/app.scope/inner\n");
    fixture_starve(fixture, 0);
    fixture_read(fixture, 2000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_STALE, 6000000);
    fixture_feed(fixture);
    fixture_read(fixture, 3000);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 6000000);
}

static void test_swap(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_memory *memory = &fixture->snapshot.memory;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.swap.max", "max\n");
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.swap.max", "max\n");
    fixture_file(fixture, OWN "memory.swap.current", "4096\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    assert_unknown(&memory->cgroup_swap, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_unknown(&memory->cgroup_swap_limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_metric(&memory->cgroup_swap, PERFADAPT_STATE_OK, 4096);
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/memory.swap.max", "0\n");
    fixture_file(fixture, OWN "memory.swap.max", "8192\n");
    fixture_file(fixture, OWN "memory.swap.current", "garbage\n");
    fixture_read(fixture, 7000);
    assert_metric(&memory->cgroup_swap_limit, PERFADAPT_STATE_OK, 0);
    assert_metric(&memory->cgroup_swap, PERFADAPT_STATE_STALE, 4096);
    assert_int_equal(memory->cgroup_swap_limit.unit, PERFADAPT_UNIT_BYTES);
}

#define EVENTS "low 1\nhigh 20\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n"

static void test_events_are_the_own_ones(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_memory *memory = &fixture->snapshot.memory;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.events", "low 0\nhigh 99\nmax 98\noom 97\noom_kill 96\n");
    fixture_file(fixture, OWN "memory.events.local", EVENTS);
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(&memory->cgroup_high_events, PERFADAPT_STATE_OK, 20);
    assert_metric(&memory->cgroup_max_events, PERFADAPT_STATE_OK, 3);
    assert_metric(&memory->cgroup_oom_kills, PERFADAPT_STATE_OK, 5);
    assert_int_equal(memory->cgroup_oom_kills.unit, PERFADAPT_UNIT_COUNT);
    fixture_file(fixture, OWN "memory.events.local", "high x\nmax 7\n");
    fixture_read(fixture, 2000);
    assert_metric(&memory->cgroup_high_events, PERFADAPT_STATE_STALE, 20);
    assert_metric(&memory->cgroup_max_events, PERFADAPT_STATE_OK, 7);
    assert_unknown(&memory->cgroup_oom_kills, PERFADAPT_STATE_UNSUPPORTED);
}

/* Linux before 5.2 */
static void test_events_of_the_hierarchy_where_there_are_no_own_ones(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.events", EVENTS);
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.memory.cgroup_high_events, PERFADAPT_STATE_OK, 20);
}

static void test_v1_swap_and_events(void **state) {
    struct fixture *fixture = *state;
    const struct perfadapt_memory *memory = &fixture->snapshot.memory;
    lay(fixture, "4:memory:/a\n", V1_MOUNT);
    fixture_file(fixture, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", "9223372036854771712\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "500000\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes", "700000\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "300000\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.stat", "swap 1\ntotal_inactive_file 0\ntotal_swap 4096\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.failcnt", "12\n");
    fixture_file(fixture, "/sys/fs/cgroup/memory/a/memory.oom_control",
                 "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(&memory->cgroup_swap_limit, PERFADAPT_STATE_OK, 200000);
    assert_metric(&memory->cgroup_swap, PERFADAPT_STATE_OK, 4096);
    assert_metric(&memory->cgroup_max_events, PERFADAPT_STATE_OK, 12);
    assert_metric(&memory->cgroup_oom_kills, PERFADAPT_STATE_OK, 2);
    assert_unknown(&memory->cgroup_high_events, PERFADAPT_STATE_UNSUPPORTED);
}

static const struct perfadapt_metric *quota(struct fixture *fixture) {
    return &fixture->snapshot.processor.quota;
}

static void test_quota(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "cpu.max", "max 100000\n");
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    assert_unknown(quota(fixture), PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    assert_unknown(quota(fixture), PERFADAPT_STATE_UNSUPPORTED);
    fixture_file(fixture, OWN "cpu.max", "150000 100000\n");
    fixture_read(fixture, 7000);
    assert_metric(quota(fixture), PERFADAPT_STATE_OK, 1.5);
    assert_int_equal(quota(fixture)->unit, PERFADAPT_UNIT_COUNT);
    fixture_file(fixture, "/sys/fs/cgroup/user.slice/cpu.max", "50000 100000\n");
    fixture_read(fixture, 13000);
    assert_metric(quota(fixture), PERFADAPT_STATE_OK, 0.5);
}

static void test_quota_without_a_memory_controller(void **state) {
    struct fixture *fixture = *state;
    lay(fixture, "0::/a\n", V2_MOUNT);
    fixture_file(fixture, "/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(quota(fixture), PERFADAPT_STATE_OK, 2);
    assert_unknown(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&fixture->snapshot.memory.cgroup_swap, PERFADAPT_STATE_UNSUPPORTED);
}

#define V1_CPU "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"

static void test_v1_quota_on_its_own_mount(void **state) {
    struct fixture *fixture = *state;
    lay(fixture, "9:cpuset:/\n4:memory:/m\n3:cpu,cpuacct:/c/d\n0::/x\n", V2_MOUNT V1_MOUNT V1_CPU);
    fixture_file(fixture, "/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "500000\n");
    fixture_file(fixture, "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "300000\n");
    fixture_file(fixture, "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
    fixture_file(fixture, "/sys/fs/cgroup/cpu,cpuacct/c/d/cpu.cfs_quota_us", "-1\n");
    fixture_file(fixture, "/sys/fs/cgroup/cpu,cpuacct/c/d/cpu.cfs_period_us", "100000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(quota(fixture), PERFADAPT_STATE_OK, 3);
    assert_metric(&fixture->snapshot.memory.cgroup_limit, PERFADAPT_STATE_OK, 500000);
    fixture_file(fixture, "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "-1\n");
    fixture_read(fixture, 7000);
    assert_unknown(quota(fixture), PERFADAPT_STATE_UNSUPPORTED);
}

static void test_quota_texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum perfadapt__cgroup_value value;
        double processors;
    } cases[] = {
        {"max 100000\n", PERFADAPT__CGROUP_NO_VALUE, 0},
        {"max\n", PERFADAPT__CGROUP_NO_VALUE, 0},
        {"50000 100000\n", PERFADAPT__CGROUP_VALUE, 0.5},
        {"50000 100000", PERFADAPT__CGROUP_VALUE, 0.5},
        {"", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"50000\n", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"50000 \n", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"50000 0\n", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"0 100000\n", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"-1 100000\n", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"maximum 100000\n", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"50000 100000 7\n", PERFADAPT__CGROUP_BAD_VALUE, 0},
        {"99999999999999999999 100000\n", PERFADAPT__CGROUP_BAD_VALUE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double processors = 0;
        assert_int_equal(perfadapt__cgroup_parse_cpu_max(cases[i].text, &processors), cases[i].value);
        assert_true(processors >= cases[i].processors && processors <= cases[i].processors);
    }
    double processors = 0;
    assert_int_equal(perfadapt__cgroup_parse_cfs("-1\n", "", &processors), PERFADAPT__CGROUP_NO_VALUE);
    assert_int_equal(perfadapt__cgroup_parse_cfs("-2\n", "100000\n", &processors), PERFADAPT__CGROUP_BAD_VALUE);
    assert_int_equal(perfadapt__cgroup_parse_cfs("5 5\n", "100000\n", &processors), PERFADAPT__CGROUP_BAD_VALUE);
    assert_int_equal(perfadapt__cgroup_parse_cfs("5\n", "", &processors), PERFADAPT__CGROUP_BAD_VALUE);
}

static void test_bad_quota_is_not_all_processors(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "cpu.max", "garbage\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_unknown(quota(fixture), PERFADAPT_STATE_ERROR);
}

static void test_quota_without_descriptors(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "cpu.max", "50000 100000\n");
    fixture_file(fixture, OWN "memory.swap.current", "4096\n");
    fixture_starve(fixture, 0);
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_unknown(quota(fixture), PERFADAPT_STATE_ERROR);
    assert_unknown(&fixture->snapshot.memory.cgroup_swap, PERFADAPT_STATE_ERROR);
    fixture_feed(fixture);
    fixture_read(fixture, 2000);
    assert_metric(quota(fixture), PERFADAPT_STATE_OK, 0.5);
    assert_metric(&fixture->snapshot.memory.cgroup_swap, PERFADAPT_STATE_OK, 4096);
}

static void test_active_file_pages_count_as_used(void **state) {
    struct fixture *fixture = *state;
    lay_v2(fixture);
    fixture_file(fixture, OWN "memory.stat", "active_file 3000000\ninactive_file 500000\n");
    fixture_create(fixture, &perfadapt__cgroup_provider);
    fixture_read(fixture, 1000);
    assert_metric(&fixture->snapshot.memory.cgroup_current, PERFADAPT_STATE_OK, 4500000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_resolve),
        TEST(test_resolve_without_files),
        TEST(test_resolve_behind_a_long_line),
        TEST(test_parents),
        TEST(test_v2_unlimited),
        TEST(test_v2_lowest_of_the_ancestors),
        TEST(test_v2_bad_files),
        TEST(test_v2_unreadable),
        TEST(test_v1),
        TEST(test_no_cgroup),
        TEST(test_follows_the_process),
        TEST(test_the_limit_with_the_least_left),
        TEST(test_created_without_descriptors),
        TEST(test_moved_without_descriptors),
        TEST(test_swap),
        TEST(test_events_are_the_own_ones),
        TEST(test_events_of_the_hierarchy_where_there_are_no_own_ones),
        TEST(test_v1_swap_and_events),
        TEST(test_quota),
        TEST(test_quota_without_a_memory_controller),
        TEST(test_v1_quota_on_its_own_mount),
        TEST(test_quota_texts),
        TEST(test_bad_quota_is_not_all_processors),
        TEST(test_quota_without_descriptors),
        TEST(test_active_file_pages_count_as_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
