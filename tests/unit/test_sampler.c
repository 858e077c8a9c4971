/* The sampler's thread in a host that treats it badly. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "fixture.h"
#include "sampler/sampler.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST 3
#define LAST 80

static _Atomic unsigned samples;

static void count_sample(void *context, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    (void)context;
    (void)snapshot;
    (void)now_ns;
    samples++;
}

static unsigned threads(void) {
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/task");
    if (!directory)
        return 0;
    for (const struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static bool has_sampled(unsigned more_than) {
    return samples > more_than;
}

static bool has_ended(unsigned most) {
    return threads() <= most;
}

static bool wait_until(bool (*is_so)(unsigned), unsigned argument) {
    const int64_t latest_ns = perfadapt__now_ns() + 10 * PERFADAPT__NS_PER_S;
    const struct timespec nap = {.tv_nsec = 2 * PERFADAPT__NS_PER_MS};
    while (!is_so(argument)) {
        if (perfadapt__now_ns() > latest_ns)
            return false;
        nanosleep(&nap, NULL);
    }
    return true;
}

/* Files of the host under every number that was the library's. */
static void fill_descriptors(const char *path) {
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (int number = FIRST; number <= LAST; number++)
        if (number != fd)
            dup2(fd, number);
}

/* In a child, whose descriptors are ruined: 0 = as promised. */
static int check_closed_descriptors(const struct fixture *fixture) {
    const struct perfadapt__sampler_options options = {.sysroot = fixture->path};
    const struct perfadapt__subscriber subscriber = {.sampled = count_sample, .watch_fd = -1};
    struct perfadapt__subscription *subscription = NULL;
    char path[256];
    struct stat status;
    if (perfadapt__sampler_subscribe(&options, &subscriber, &subscription) || !wait_until(has_sampled, 0))
        return 1;
    for (int fd = FIRST; fd <= LAST; fd++)
        close(fd);
    snprintf(path, sizeof path, "%s/host", fixture->path);
    fill_descriptors(path);
    if (!wait_until(has_sampled, samples + 1))
        return 2; /* it waits for what cannot come any more */
    perfadapt__sampler_unsubscribe(&subscription);
    close(LAST);
    if (!wait_until(has_ended, 1))
        return 3;
    if (stat(path, &status) != 0 || status.st_size != 0)
        return 4; /* a wake-up was written into it */
    for (int fd = FIRST; fd < LAST; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            return 5; /* closed */
    return 0;
}

/* It takes a host that closes our descriptors for races of ours. */
static void skip_under_thread_sanitizer(void) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_THREAD_SANITIZER
#endif
#endif
#if defined(UNDER_THREAD_SANITIZER) || defined(__SANITIZE_THREAD__)
    skip();
#endif
}

static void a_host_that_closes_everything_keeps_its_own_files(void **state) {
    skip_under_thread_sanitizer();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(check_closed_descriptors(*state));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int set_up(void **state) {
    if (fixture_setup(state) != 0)
        return -1;
    fixture_file(*state, "/proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n");
    fixture_file(*state, "/sys/class/hwmon/hwmon0/name", "k10temp\n");
    fixture_file(*state, "/sys/class/hwmon/hwmon0/temp1_input", "50000\n");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_host_that_closes_everything_keeps_its_own_files, set_up, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
