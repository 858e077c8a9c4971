/* Waiting for descriptors and for time. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "core/watch.h"
#include "fixture.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
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

static void *close_soon(void *context) {
    const struct perfadapt__watch *watch = context;
    const struct timespec nap = {.tv_nsec = 10 * MS};
    nanosleep(&nap, NULL);
    syscall(SYS_close, watch->timer_fd); /* past the thread sanitizer, which takes the point of this test for a race */
    syscall(SYS_close, watch->epoll_fd);
    return NULL;
}

/* The wait goes on in the kernel, with nothing left that could end it. */
static void test_descriptors_lost_while_waiting(void **state) {
    struct perfadapt__watch *watch = *state;
    struct perfadapt__watch copy = *watch;
    struct perfadapt__watch_event event;
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, close_soon, &copy), 0);
    assert_int_equal(perfadapt__watch_wait(watch, perfadapt__now_ns() + 50 * MS, &event, 1), 0);
    assert_int_equal(pthread_join(closer, NULL), 0);
    assert_int_equal(perfadapt__watch_wait(watch, perfadapt__now_ns() + 5 * MS, &event, 1), 0);
    assert_int_equal(watch->epoll_fd, -1);
}

static void test_another_file_under_the_number(void **state) {
    const struct perfadapt__watch *watch = *state;
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const int other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_false(perfadapt__watch_holds(watch, fd, EPOLLIN));
    assert_true(perfadapt__watch_add(watch, fd, EPOLLIN));
    assert_true(perfadapt__watch_holds(watch, fd, EPOLLIN));
    assert_false(perfadapt__watch_holds(watch, other, EPOLLIN));
    assert_int_equal(dup2(other, fd), fd);
    assert_false(perfadapt__watch_holds(watch, fd, EPOLLIN));
    assert_false(perfadapt__watch_holds(watch, -1, EPOLLIN));
    close(fd);
    close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_deadline),
        TEST(test_deadline_in_the_past),
        TEST(test_event),
        TEST(test_what_cannot_be_watched),
        TEST(test_descriptors_lost),
        TEST(test_descriptors_lost_while_waiting),
        TEST(test_another_file_under_the_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
