/* The sampler's thread in a host that treats it badly. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "fixture.h"
#include "sampler/sampler.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
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

static bool is_sampler(const char *task) {
    char path[64];
    char name[16] = "";
    snprintf(path, sizeof path, "/proc/self/task/%.16s/comm", task);
    FILE *file = fopen(path, "re");
    if (!file)
        return false; /* it has just ended */
    const bool is_so = fgets(name, sizeof name, file) && strncmp(name, "perfadapt\n", sizeof name) == 0;
    fclose(file);
    return is_so;
}

/* By name: a sanitizer may have a thread of its own. */
static bool sampler_runs(void) {
    bool found = false;
    DIR *directory = opendir("/proc/self/task");
    if (!directory)
        return true;
    for (const struct dirent *entry; !found && (entry = readdir(directory));)
        found = entry->d_name[0] != '.' && is_sampler(entry->d_name);
    closedir(directory);
    return found;
}

static bool has_sampled(unsigned more_than) {
    return samples > more_than;
}

static bool has_ended(unsigned unused) {
    (void)unused;
    return !sampler_runs();
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
static int check_closed_descriptors(const struct fixture *fixture, bool is_real) {
    const struct perfadapt__sampler_options options = {.sysroot = is_real ? NULL : fixture->path};
    const struct perfadapt__subscriber subscriber = {.sampled = count_sample, .watch_fd = -1};
    struct perfadapt__subscription *subscription = NULL;
    struct perfadapt__subscription *later = NULL;
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
    struct perfadapt_snapshot snapshot;
    if (is_real && (!perfadapt__sampler_snapshot(subscription, &snapshot) ||
                    snapshot.memory.available.state != PERFADAPT_STATE_STALE))
        return 6; /* read from the host's files, or as if it were new */
    perfadapt__sampler_unsubscribe(&subscription);
    samples = 0;
    if (perfadapt__sampler_subscribe(&options, &subscriber, &later) || !wait_until(has_sampled, 0))
        return 7; /* of a sampler that hears */
    perfadapt__sampler_unsubscribe(&later);
    close(LAST);
    if (!wait_until(has_ended, 0))
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

static void close_everything(const struct fixture *fixture, bool is_real) {
    skip_under_thread_sanitizer();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(check_closed_descriptors(fixture, is_real));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_host_that_closes_everything_keeps_its_own_files(void **state) {
    close_everything(*state, false);
}

/* With files that are read: one that gives nothing any more is usually closed. */
static void and_so_it_does_where_there_are_sensors(void **state) {
    close_everything(*state, true);
}

/* --- Errands --- */

struct chore {
    _Atomic unsigned runs, finishes;
    _Atomic bool released;   /* the work is done */
    _Atomic bool was_orphan; /* it has been told */
    _Atomic bool blocks;     /* as a file system does that has gone */
    _Atomic bool is_blocked;
};

static struct chore the_chore;

static bool run_chore(void *context, int64_t now_ns, bool orphaned) {
    struct chore *chore = context;
    const struct timespec nap = {.tv_nsec = PERFADAPT__NS_PER_MS};
    assert_true(now_ns > 0);
    chore->runs++;
    if (orphaned)
        chore->was_orphan = true;
    while (chore->blocks) {
        chore->is_blocked = true;
        nanosleep(&nap, NULL);
    }
    return !chore->released;
}

static void finish_chore(void *context) {
    struct chore *chore = context;
    chore->finishes++;
}

static bool has_run(unsigned more_than) {
    return the_chore.runs > more_than;
}

static bool is_blocked(unsigned unused) {
    (void)unused;
    return the_chore.is_blocked;
}

static bool is_orphan(unsigned unused) {
    (void)unused;
    return the_chore.was_orphan;
}

static bool is_finished(unsigned times) {
    return the_chore.finishes >= times;
}

static struct perfadapt__subscription *subscribe_with_chore(const struct fixture *fixture) {
    const struct perfadapt__errand errand = {.run = run_chore, .finish = finish_chore, .context = &the_chore};
    const struct perfadapt__sampler_options options = {.sysroot = fixture->path, .errands = {errand}};
    const struct perfadapt__subscriber subscriber = {.sampled = count_sample, .watch_fd = -1};
    struct perfadapt__subscription *subscription = NULL;
    memset(&the_chore, 0, sizeof the_chore);
    assert_int_equal(perfadapt__sampler_subscribe(&options, &subscriber, &subscription), PERFADAPT_OK);
    return subscription;
}

static void an_errand_outlives_its_subscriber(void **state) {
    struct perfadapt__subscription *subscription = subscribe_with_chore(*state);
    assert_true(wait_until(has_run, 1));
    assert_false(the_chore.was_orphan);
    perfadapt__sampler_unsubscribe(&subscription);
    assert_true(wait_until(is_orphan, 0));
    assert_int_equal(the_chore.finishes, 0);
    the_chore.released = true;
    assert_true(wait_until(is_finished, 1));
    assert_true(wait_until(has_ended, 0));
    assert_int_equal(the_chore.finishes, 1);
}

static void one_that_is_done_early_is_kept_until_it_is_alone(void **state) {
    struct perfadapt__subscription *subscription = subscribe_with_chore(*state);
    the_chore.released = true;
    assert_true(wait_until(has_run, 2));
    assert_int_equal(the_chore.finishes, 0);
    perfadapt__sampler_unsubscribe(&subscription);
    assert_true(wait_until(is_finished, 1));
    assert_true(wait_until(has_ended, 0));
}

static void one_that_blocks_holds_nobody_up(void **state) {
    struct perfadapt__subscription *subscription = subscribe_with_chore(*state);
    the_chore.blocks = true;
    assert_true(wait_until(is_blocked, 0));
    const int64_t before_ns = perfadapt__now_ns();
    perfadapt__sampler_unsubscribe(&subscription);
    const int64_t taken_ns = perfadapt__now_ns() - before_ns;
    the_chore.blocks = false;
    the_chore.released = true;
    assert_true(wait_until(is_finished, 1));
    assert_true(taken_ns < 5 * PERFADAPT__NS_PER_S); /* it returned while the errand still blocked */
    assert_true(wait_until(has_ended, 0));
}

static void another_session_goes_on_without_it(void **state) {
    const struct fixture *fixture = *state;
    const struct perfadapt__sampler_options options = {.sysroot = fixture->path};
    const struct perfadapt__subscriber subscriber = {.sampled = count_sample, .watch_fd = -1};
    struct perfadapt__subscription *first = subscribe_with_chore(fixture);
    struct perfadapt__subscription *second = NULL;
    assert_int_equal(perfadapt__sampler_subscribe(&options, &subscriber, &second), PERFADAPT_OK);
    the_chore.released = true;
    perfadapt__sampler_unsubscribe(&first);
    assert_true(wait_until(is_finished, 1));
    assert_true(wait_until(has_sampled, samples + 1));
    perfadapt__sampler_unsubscribe(&second);
    assert_true(wait_until(has_ended, 0));
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
        cmocka_unit_test_setup_teardown(and_so_it_does_where_there_are_sensors, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(an_errand_outlives_its_subscriber, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_done_early_is_kept_until_it_is_alone, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(one_that_blocks_holds_nobody_up, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(another_session_goes_on_without_it, set_up, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
