/* Waiting for descriptors and for time. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "core/watch.h"
#include "fixture.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS PERFADAPT__NS_PER_MS

static int setup(void **state) {
    static struct perfadapt__watch watch;
    *state = &watch;
    return perfadapt__watch_init(&watch) ? 0 : -1;
}

static int teardown(void **state) {
    perfadapt__watch_finish(*state);
    return 0;
}

static void test_deadline(void **state) {
    struct perfadapt__watch *watch = *state;
    struct perfadapt__watch_event event;
    const int64_t started_ns = perfadapt__now_ns();
    assert_int_equal(perfadapt__watch_wait(watch, started_ns + 20 * MS, &event, 1), 0);
    assert_true(perfadapt__now_ns() >= started_ns + 20 * MS);
    /* The timer that has fired does not fire again for the next deadline. */
    assert_int_equal(perfadapt__watch_wait(watch, started_ns + 60 * MS, &event, 1), 0);
    assert_true(perfadapt__now_ns() >= started_ns + 60 * MS);
}

static void test_deadline_in_the_past(void **state) {
    struct perfadapt__watch *watch = *state;
    struct perfadapt__watch_event event;
    static const int64_t deadlines[] = {0, -5, 1};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(perfadapt__watch_wait(watch, deadlines[i], &event, 1), 0);
}

static void test_event(void **state) {
    struct perfadapt__watch *watch = *state;
    struct perfadapt__watch_event event;
    const int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(perfadapt__watch_add(watch, fd, EPOLLIN));
    assert_int_equal(perfadapt__watch_wait(watch, INT64_MAX, &event, 1), 1);
    assert_int_equal(event.fd, fd);
    assert_true(event.events & EPOLLIN);
    perfadapt__watch_remove(watch, fd);
    assert_int_equal(perfadapt__watch_wait(watch, perfadapt__now_ns() + MS, &event, 1), 0);
    close(fd);
}

static void test_what_cannot_be_watched(void **state) {
    const struct perfadapt__watch *watch = *state;
    assert_false(perfadapt__watch_add(watch, -1, EPOLLIN));
    perfadapt__watch_remove(watch, -1);
    perfadapt__watch_remove(watch, 1000000);
}

/* A host that closes every descriptor it does not know. */
static void test_descriptors_lost(void **state) {
    struct perfadapt__watch *watch = *state;
    struct perfadapt__watch_event event;
    close(watch->epoll_fd);
    close(watch->timer_fd);
    const int64_t started_ns = perfadapt__now_ns();
    assert_int_equal(perfadapt__watch_wait(watch, started_ns + 20 * MS, &event, 1), 0);
    assert_true(perfadapt__now_ns() >= started_ns + 20 * MS);
    assert_int_equal(watch->epoll_fd, -1); /* not closed again: the numbers may be the host's */
    assert_int_equal(watch->timer_fd, -1);
    assert_int_equal(perfadapt__watch_wait(watch, started_ns + 40 * MS, &event, 1), 0);
    assert_true(perfadapt__now_ns() >= started_ns + 40 * MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_deadline),
        TEST(test_deadline_in_the_past),
        TEST(test_event),
        TEST(test_what_cannot_be_watched),
        TEST(test_descriptors_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
