/* Pressure files and their trigger. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/psi.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define SOME "some avg10=1.50 avg60=0.25 avg300=0.00 total=1234\n"
#define FULL "full avg10=0.75 avg60=0.00 avg300=0.00 total=567\n"
#define MEMORY "/proc/pressure/memory"

static struct perfadapt_pressure *pressure(struct fixture *fixture, enum perfadapt_resource resource) {
    return &fixture->snapshot.pressure[resource];
}

static void write_all(struct fixture *fixture) {
    fixture_file(fixture, "/proc/pressure/cpu", SOME FULL);
    fixture_file(fixture, MEMORY, SOME FULL);
    fixture_file(fixture, "/proc/pressure/io", SOME FULL);
}

static void write_cgroup(struct fixture *fixture, const char *directory) {
    char text[256];
    snprintf(text, sizeof text, "4:memory:/elsewhere\n0::%s\n", directory);
    fixture_file(fixture, "/proc/self/cgroup", text);
    fixture_file(
        fixture, "/proc/self/mountinfo",
        "22 27 0:21 / /proc rw - proc proc rw\n41 31 0:38 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n");
}

static void test_reads_every_line(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    fixture_create(fixture, &perfadapt__psi_provider);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_MEMORY)->some.total, PERFADAPT_STATE_INIT);
    fixture_read(fixture, 1000);
    const struct perfadapt_pressure *memory = pressure(fixture, PERFADAPT_RESOURCE_MEMORY);
    assert_metric(&memory->some.avg10, PERFADAPT_STATE_OK, 1.5);
    assert_metric(&memory->some.avg60, PERFADAPT_STATE_OK, 0.25);
    assert_metric(&memory->some.avg300, PERFADAPT_STATE_OK, 0);
    assert_metric(&memory->some.total, PERFADAPT_STATE_OK, 1234);
    assert_metric(&memory->full.total, PERFADAPT_STATE_OK, 567);
    assert_int_equal(memory->full.total.unit, PERFADAPT_UNIT_MICROSECONDS);
    assert_int_equal(memory->full.avg10.unit, PERFADAPT_UNIT_PERCENT);
    assert_int_equal(memory->full.total.timestamp_ns, 1000000000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CPU)->some.total, PERFADAPT_STATE_OK, 1234);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_CPU)->full.total, PERFADAPT_STATE_UNSUPPORTED);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.total, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_absent(void **state) {
    struct fixture *fixture = *state;
    fixture_create(fixture, &perfadapt__psi_provider);
    assert_null(fixture->provider);
    for (size_t i = 0; i < PERFADAPT_RESOURCE_COUNT; i++)
        assert_unknown(&fixture->snapshot.pressure[i].some.avg10, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_irq_has_only_full(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/proc/pressure/irq", FULL);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    const struct perfadapt_pressure *irq = pressure(fixture, PERFADAPT_RESOURCE_IRQ);
    assert_int_equal(irq->full.total.state, PERFADAPT_STATE_OK);
    assert_unknown(&irq->some.total, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_full_alone(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, MEMORY, FULL);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    const struct perfadapt_pressure *memory = pressure(fixture, PERFADAPT_RESOURCE_MEMORY);
    assert_unknown(&memory->some.total, PERFADAPT_STATE_UNSUPPORTED);
    assert_metric(&memory->full.total, PERFADAPT_STATE_OK, 567);
}

static void test_own_cgroup(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/app.scope");
    fixture_file(fixture, "/sys/fs/cgroup/app.scope/memory.pressure",
                 FULL "some avg10=9.00 avg60=0.00 avg300=0.00 total=9\n");
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 9);
}

static void test_root_cgroup_is_the_machine(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/");
    fixture_file(fixture, "/sys/fs/cgroup/memory.pressure", SOME FULL);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_root_of_a_namespace_is_the_own_cgroup(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/");
    fixture_file(fixture, "/sys/fs/cgroup/memory.pressure", SOME FULL);
    fixture_file(fixture, "/sys/fs/cgroup/cgroup.type", "domain\n");
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 1.5);
}

static void test_follows_the_process_into_another_cgroup(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/one");
    fixture_file(fixture, "/sys/fs/cgroup/two/memory.pressure", SOME FULL);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_UNSUPPORTED);
    write_cgroup(fixture, "/two");
    fixture_read(fixture, 3000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 1.5);
}

static void test_bad_content(void **state) {
    static const char *const texts[] = {"",
                                        "\n",
                                        "garbage",
                                        "some",
                                        "some \n",
                                        "some avg10=1.00 avg60=0.00 avg300=0.00 total=\n",
                                        "some avg10=1.00 avg60=0.0",
                                        "some avg10=-1.00 avg60=0.00 avg300=0.00 total=1\n",
                                        "some avg10=nan avg60=0.00 avg300=0.00 total=1\n",
                                        "some avg10=1,00 avg60=0,00 avg300=0,00 total=1\n",
                                        "some avg10=1.00 avg60=0.00 avg300=0.00 total=99999999999999999999\n",
                                        "something avg10=1.00\n"};
    struct fixture *fixture = *state;
    write_all(fixture);
    fixture_create(fixture, &perfadapt__psi_provider);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fixture_file(fixture, MEMORY, texts[i]);
        fixture_read(fixture, (int64_t)i + 1);
        const struct perfadapt_stall *some = &pressure(fixture, PERFADAPT_RESOURCE_MEMORY)->some;
        assert_unknown(&some->total, PERFADAPT_STATE_ERROR);
        assert_unknown(&some->avg10, PERFADAPT_STATE_ERROR);
        assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_IO)->some.avg10, PERFADAPT_STATE_OK, 1.5);
    }
}

static void test_keeps_the_old_value_as_stale(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    fixture_file(fixture, MEMORY, "some avg10=1.5");
    fixture_read(fixture, 2000);
    const struct perfadapt_stall *some = &pressure(fixture, PERFADAPT_RESOURCE_MEMORY)->some;
    assert_metric(&some->total, PERFADAPT_STATE_STALE, 1234);
    assert_int_equal(some->total.timestamp_ns, 1000000000);
    fixture_file(fixture, MEMORY, SOME FULL);
    fixture_read(fixture, 3000);
    assert_metric(&some->total, PERFADAPT_STATE_OK, 1234);
}

static void test_huge_file(void **state) {
    struct fixture *fixture = *state;
    static char text[1 << 20];
    write_all(fixture);
    memset(text, 'x', sizeof text);
    fixture_bytes(fixture, MEMORY, text, sizeof text);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_MEMORY)->some.total, PERFADAPT_STATE_ERROR);
}

static void test_directory_and_unreadable(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/proc/pressure/cpu", SOME);
    fixture_directory(fixture, MEMORY);
    fixture_file(fixture, "/proc/pressure/io", SOME FULL);
    fixture_mode(fixture, "/proc/pressure/io", 0);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CPU)->some.avg10, PERFADAPT_STATE_OK, 1.5);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_MEMORY)->some.total, PERFADAPT_STATE_ERROR);
    if (fixture_is_plain_user())
        assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_IO)->some.total, PERFADAPT_STATE_ERROR);
}

/* The descriptor that the provider says is its own, or -1. */
static int trigger_descriptor(struct fixture *fixture) {
    for (int fd = 0; fd < 64; fd++)
        if (fixture->provider->type->triggered(fixture->provider, fd, 0, &fixture->snapshot))
            return fd;
    return -1;
}

static void test_plain_files_are_never_written(void **state) {
    struct fixture *fixture = *state;
    char text[256];
    write_all(fixture);
    fixture_create(fixture, &perfadapt__psi_provider);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(trigger_descriptor(fixture), -1);
    assert_true(perfadapt__fs_read_once(&fixture->root, MEMORY, text, sizeof text) > 0);
    assert_string_equal(text, SOME FULL);
    assert_int_equal(fixture->logged, 1);
    fixture_read(fixture, 1000);
    fixture_read(fixture, 40000);
    assert_int_equal(fixture->logged, 1);
}

/* What this machine's kernel allows decides which half is tested. */
static void test_trigger_of_this_machine(void **state) {
    struct fixture *fixture = *state;
    perfadapt__root_close(&fixture->root);
    assert_int_equal(perfadapt__root_open("/", &fixture->root), PERFADAPT_OK);
    fixture_create(fixture, &perfadapt__psi_provider);
    if (!fixture->provider)
        skip();
    if (fixture->snapshot.psi_trigger != PERFADAPT_STATE_OK) {
        assert_true(fixture->logged > 0);
        return;
    }
    struct perfadapt__watch_event events[4];
    if (perfadapt__watch_wait(&fixture->watch, 0, events, 4) == 1)
        assert_false(events[0].events & EPOLLERR); /* it may have fired: other tests make pressure */
    const int fd = trigger_descriptor(fixture);
    assert_true(fd >= 0);
    assert_true(fixture->provider->type->triggered(fixture->provider, fd, EPOLLERR, &fixture->snapshot));
    assert_int_equal(trigger_descriptor(fixture), -1);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_ERROR);
    fixture_read(fixture, 1000);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_ERROR);
    fixture_read(fixture, 2500);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_OK);
    assert_true(trigger_descriptor(fixture) >= 0);
}

static void test_leaving_for_an_unknown_cgroup_forgets_the_old_one(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/one");
    fixture_file(fixture, "/sys/fs/cgroup/one/memory.pressure", SOME FULL);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 1.5);
    write_cgroup(fixture, "/../outside");
    fixture_read(fixture, 3000);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_UNSUPPORTED);
}

static void test_want_of_descriptors_is_not_want_of_a_cgroup(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/one");
    fixture_file(fixture, "/sys/fs/cgroup/one/memory.pressure", SOME FULL);
    fixture_starve(fixture, 0);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_ERROR);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_MEMORY)->some.avg10, PERFADAPT_STATE_ERROR);
    fixture_feed(fixture);
    fixture_read(fixture, 2000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 1.5);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 1.5);
}

static void test_moved_without_descriptors(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/one");
    fixture_file(fixture, "/sys/fs/cgroup/one/memory.pressure", SOME FULL);
    fixture_file(fixture, "/sys/fs/cgroup/two/memory.pressure", "some avg10=7.00 avg60=0.00 avg300=0.00 total=9\n");
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    write_cgroup(fixture, "/two");
    fixture_starve(fixture, 0);
    fixture_read(fixture, 2000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_STALE, 1.5);
    fixture_feed(fixture);
    fixture_read(fixture, 3000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 7);
}

/* cgroup.pressure takes the files away and brings them back. */
static void test_files_that_return(void **state) {
    struct fixture *fixture = *state;
    write_all(fixture);
    write_cgroup(fixture, "/one");
    fixture_file(fixture, "/sys/fs/cgroup/one/memory.pressure", SOME FULL);
    fixture_create(fixture, &perfadapt__psi_provider);
    fixture_read(fixture, 1000);
    fixture_remove(fixture, "/sys/fs/cgroup/one/memory.pressure");
    fixture_read(fixture, 2000);
    fixture_read(fixture, 3000);
    assert_unknown(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_UNSUPPORTED);
    fixture_file(fixture, "/sys/fs/cgroup/one/memory.pressure", SOME FULL);
    fixture_read(fixture, 34000);
    assert_metric(&pressure(fixture, PERFADAPT_RESOURCE_CGROUP_MEMORY)->some.avg10, PERFADAPT_STATE_OK, 1.5);
}

static void read_with_frames(struct fixture *fixture, int64_t now_ms) {
    const struct perfadapt__read_context context = {
        .now_ns = now_ms * 1000000, .gpu_busy = (double)NAN, .frames_flow = true};
    fixture->provider->type->read(fixture->provider, &context, &fixture->snapshot);
}

/* Without a trigger POLLERR would come at once and for ever. */
static void test_trigger_is_set_before_it_is_watched(void **state) {
    struct fixture *fixture = *state;
    perfadapt__root_close(&fixture->root);
    assert_int_equal(perfadapt__root_open("/", &fixture->root), PERFADAPT_OK);
    fixture_create(fixture, &perfadapt__psi_provider);
    if (!fixture->provider || fixture->snapshot.psi_trigger != PERFADAPT_STATE_OK)
        skip();
    const int fd = trigger_descriptor(fixture);
    assert_false(perfadapt__watch_add(&fixture->watch, fd, EPOLLPRI)); /* it is in there already */
    read_with_frames(fixture, 1000);
    assert_true(perfadapt__watch_add(&fixture->watch, fd, EPOLLPRI)); /* while frames flow it rests */
    perfadapt__watch_remove(&fixture->watch, fd);
    fixture_read(fixture, 2000);
    assert_false(perfadapt__watch_add(&fixture->watch, fd, EPOLLPRI));
}

static void test_without_an_epoll_there_is_no_trigger(void **state) {
    struct fixture *fixture = *state;
    perfadapt__root_close(&fixture->root);
    assert_int_equal(perfadapt__root_open("/", &fixture->root), PERFADAPT_OK);
    fixture->environment.watch = NULL;
    fixture_create(fixture, &perfadapt__psi_provider);
    if (!fixture->provider)
        skip();
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(trigger_descriptor(fixture), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reads_every_line),
        TEST(test_absent),
        TEST(test_irq_has_only_full),
        TEST(test_full_alone),
        TEST(test_own_cgroup),
        TEST(test_root_cgroup_is_the_machine),
        TEST(test_root_of_a_namespace_is_the_own_cgroup),
        TEST(test_follows_the_process_into_another_cgroup),
        TEST(test_bad_content),
        TEST(test_keeps_the_old_value_as_stale),
        TEST(test_huge_file),
        TEST(test_directory_and_unreadable),
        TEST(test_plain_files_are_never_written),
        TEST(test_trigger_of_this_machine),
        TEST(test_leaving_for_an_unknown_cgroup_forgets_the_old_one),
        TEST(test_want_of_descriptors_is_not_want_of_a_cgroup),
        TEST(test_moved_without_descriptors),
        TEST(test_files_that_return),
        TEST(test_trigger_is_set_before_it_is_watched),
        TEST(test_without_an_epoll_there_is_no_trigger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
