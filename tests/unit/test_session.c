/* Sessions through the public API: ownership, forks, signals, blocked reads, locale, pacing. SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <perfadapt/perfadapt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- A read that blocks: this definition of pread comes before libc's --- */

static atomic_bool block_reads; /* of other threads than the first: opening a session reads on the caller's */
static atomic_bool read_is_blocked;

ssize_t pread(int fd, void *buffer, size_t count, off_t offset) {
    while (atomic_load(&block_reads) && gettid() != getpid()) {
        atomic_store(&read_is_blocked, true);
        sched_yield();
    }
    return (ssize_t)syscall(SYS_pread64, fd, buffer, count, offset);
}

/* --- Helpers --- */

static char runtime_dir[] = "/tmp/perfadapt-session-XXXXXX";
static char empty_root[] = "/tmp/perfadapt-root-XXXXXX";

static perfadapt *open_or_fail(const struct perfadapt_options *options) {
    perfadapt *session = NULL;
    assert_int_equal(perfadapt_open(options, &session), PERFADAPT_OK);
    assert_non_null(session);
    return session;
}

static perfadapt *open_on_empty_root(void) {
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "test",
                                              .quality_levels = 5,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY | PERFADAPT_OUTPUT_FRAME_NS,
                                              .sysroot = empty_root};
    return open_or_fail(&options);
}

/* The sampler works by itself: waits until `done` holds, or gives up after ten seconds. */
static bool wait_until(bool (*done)(void *), void *context) {
    const int64_t deadline_ns = perfadapt__now_ns() + 10 * PERFADAPT__NS_PER_S;
    while (!done(context)) {
        if (perfadapt__now_ns() > deadline_ns)
            return false;
        sched_yield();
    }
    return true;
}

static struct perfadapt_budget budget_of(perfadapt *session) {
    struct perfadapt_budget budget = {.size = sizeof budget};
    while (budget.generation == 0) { /* every retry collided with a writer that has been stopped */
        perfadapt_get_budget(session, &budget);
        sched_yield();
    }
    return budget;
}

static bool has_snapshot(void *context) {
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    return perfadapt_get_snapshot(context, &snapshot) == PERFADAPT_OK && snapshot.generation > 0;
}

static bool flag_is_set(void *context) {
    return atomic_load((atomic_bool *)context);
}

/* By name: a sanitizer may have a thread of its own. */
static size_t count_samplers(void) {
    size_t count = 0;
    DIR *directory = opendir("/proc/self/task");
    assert_non_null(directory);
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        char path[300];
        char name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file && fgets(name, sizeof name, file) && strcmp(name, "perfadapt\n") == 0)
            count++;
        if (file)
            fclose(file);
    }
    closedir(directory);
    return count;
}

static bool no_sampler_left(void *context) {
    (void)context;
    return count_samplers() == 0;
}

static size_t count_files(const char *path) {
    size_t count = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static bool descriptors_are(void *context) {
    return count_files("/proc/self/fd") == *(const size_t *)context;
}

/* --- Tests --- */

static void null_session_is_a_no_op(void **state) {
    (void)state;
    struct perfadapt_budget budget = {.size = sizeof budget, .quality = 7};
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    perfadapt *session = NULL;
    assert_int_equal(perfadapt_frame_begin(NULL), 0);
    perfadapt_frame_end(NULL);
    perfadapt_frame_gpu(NULL, 1, 1);
    perfadapt_frame_applied(NULL, 1, 1);
    perfadapt_wait_next_frame(NULL);
    perfadapt_report(NULL, PERFADAPT_EVENT_DEVICE_LOST, 0);
    perfadapt_hold(NULL);
    perfadapt_release(NULL);
    perfadapt_set_gpu_memory(NULL, 1, 2);
    perfadapt_get_budget(NULL, &budget);
    assert_int_equal(budget.quality, 7);
    assert_int_equal(perfadapt_budget_fd(NULL), -1);
    assert_int_equal(perfadapt_get_snapshot(NULL, &snapshot), PERFADAPT_ERROR_INVALID);
    perfadapt_close(NULL);
    perfadapt_close(&session);
}

static void bad_options_are_named_by_their_code(void **state) {
    (void)state;
    const double rising[] = {1, 2};
    const double negative[] = {1, -1};
    const double not_a_number[] = {1, (double)NAN};
    const struct {
        struct perfadapt_options options;
        enum perfadapt_result result;
    } cases[] = {
        {{.size = 0}, PERFADAPT_ERROR_ABI},
        {{.size = 1}, PERFADAPT_ERROR_ABI},
        {{.size = SIZE_MAX}, PERFADAPT_ERROR_ABI},
        {{.size = sizeof(struct perfadapt_options), .role = 3}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .outputs = 8}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .flags = 2}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .quality_levels = 33}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .target_frame_ns = -1}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .sysroot = "/nowhere"}, PERFADAPT_ERROR_NOT_FOUND},
        {{.size = sizeof(struct perfadapt_options), .sysroot = "/etc/passwd"}, PERFADAPT_ERROR_NOT_FOUND},
        {{.size = sizeof(struct perfadapt_options), .simulate = "toaster"}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .simulate = "rpi4:0"}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .quality_levels = 2, .cost_hint = rising}, PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .quality_levels = 2, .cost_hint = negative},
         PERFADAPT_ERROR_INVALID},
        {{.size = sizeof(struct perfadapt_options), .quality_levels = 2, .cost_hint = not_a_number},
         PERFADAPT_ERROR_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        perfadapt *session = (perfadapt *)(uintptr_t)1;
        assert_int_equal(perfadapt_open(&cases[i].options, &session), cases[i].result);
        assert_null(session);
    }
    assert_int_equal(perfadapt_open(NULL, NULL), PERFADAPT_ERROR_INVALID);
}

static void older_and_newer_structs_are_understood(void **state) {
    (void)state;
    struct {
        struct perfadapt_options known;
        uint64_t unknown;
    } newer = {.known = {.size = sizeof newer, .sysroot = empty_root}};
    perfadapt *session = open_or_fail(&newer.known);
    struct {
        struct perfadapt_budget known;
        uint64_t unknown;
    } budget = {.known = {.size = sizeof budget}, .unknown = 5};
    perfadapt_get_budget(session, &budget.known);
    assert_int_equal(budget.known.size, sizeof budget);
    assert_int_equal(budget.known.quality_levels, 1);
    assert_int_equal(budget.unknown, 0);
    budget.known = (struct perfadapt_budget){.size = 8, .quality = 9};
    perfadapt_get_budget(session, &budget.known);
    assert_int_equal(budget.known.quality, 9);
    perfadapt_close(&session);
    newer.unknown = 1;
    assert_int_equal(perfadapt_open(&newer.known, &session), PERFADAPT_ERROR_ABI);
}

static void missing_files_are_unsupported_never_zero(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    assert_true(wait_until(has_snapshot, session));
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    assert_int_equal(perfadapt_get_snapshot(session, &snapshot), PERFADAPT_OK);
    assert_int_equal(snapshot.sensor_count, 0);
    const struct perfadapt_metric *const metrics[] = {&snapshot.pressure[PERFADAPT_RESOURCE_MEMORY].some.total,
                                                      &snapshot.pressure[PERFADAPT_RESOURCE_CPU].some.avg10,
                                                      &snapshot.memory.total,
                                                      &snapshot.memory.available,
                                                      &snapshot.memory.cgroup_limit,
                                                      &snapshot.memory.process_resident};
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        assert_int_equal(metrics[i]->state, PERFADAPT_STATE_UNSUPPORTED);
        assert_true(isnan(metrics[i]->value));
    }
    struct perfadapt_budget budget = {.size = sizeof budget};
    perfadapt_get_budget(session, &budget);
    assert_true(isnan(budget.thermal_headroom));
    assert_true(budget.memory_bytes == PERFADAPT_NO_LIMIT);
    perfadapt_close(&session);
}

static void real_machine_is_read(void **state) {
    (void)state;
    perfadapt *session = open_or_fail(NULL);
    assert_true(wait_until(has_snapshot, session));
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    assert_int_equal(perfadapt_get_snapshot(session, &snapshot), PERFADAPT_OK);
    assert_int_equal(snapshot.memory.process_resident.state, PERFADAPT_STATE_OK);
    assert_true(snapshot.memory.process_resident.value > 100000);
    assert_true(snapshot.memory.total.value > snapshot.memory.available.value);
    perfadapt_close(&session);
}

/* Late frames, or what a tick makes of them. */
static const uint32_t too_much = PERFADAPT_REASON_FRAME_LATE | PERFADAPT_REASON_FRAME_COST;

static bool gave_way(void *session) {
    const struct perfadapt_budget budget = budget_of(session);
    return budget.quality == 0 && budget.frame_ns > PERFADAPT__NS_PER_S / 60 + 1 && (budget.reasons & too_much);
}

static void frames_move_the_budget_and_the_descriptor(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    const uint64_t generation = budget_of(session).generation;
    const int fd = perfadapt_budget_fd(session);
    assert_true(fd >= 0);
    assert_int_equal(perfadapt_budget_fd(session), fd);
    for (int i = 0; i < 20; i++) { /* 100 ms of GPU work each: hopeless at 60 Hz */
        const uint64_t frame = perfadapt_frame_begin(session);
        assert_int_equal(frame, i + 1);
        perfadapt_frame_applied(session, 99, 7);
        perfadapt_frame_end(session);
        perfadapt_frame_gpu(session, frame, 100000000);
    }
    assert_true(
        wait_until(gave_way, session)); /* the sampler may be in the midst of a step, and takes the rest along */
    assert_true(budget_of(session).generation > generation);
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 0), 1);
    perfadapt_close(&session);
    assert_null(session);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void odd_calls_do_no_harm(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    perfadapt_frame_end(session); /* without a begin */
    perfadapt_frame_begin(session);
    perfadapt_frame_begin(session); /* twice */
    perfadapt_frame_end(session);
    perfadapt_frame_applied(session, UINT32_MAX, NAN);
    perfadapt_frame_gpu(session, 0, 1);
    perfadapt_frame_gpu(session, UINT64_MAX, 1);
    perfadapt_frame_gpu(session, 2, -1);
    perfadapt_frame_gpu(session, 2, INT64_MAX);
    perfadapt_report(session, (enum perfadapt_event)0, INT64_MIN);
    perfadapt_report(session, (enum perfadapt_event)1000, INT64_MAX);
    perfadapt_release(session); /* without a hold */
    perfadapt_get_budget(session, NULL);
    struct perfadapt_budget budget = {.size = sizeof budget};
    perfadapt_get_budget(session, &budget);
    assert_true(budget.quality < 5);
    perfadapt_close(&session);
}

/* --- What the app tells --- */

struct expected {
    perfadapt *session;
    int64_t dispatch_ns;
    uint64_t gpu_memory_most, gpu_memory_least;
};

/* The sampler may hold the stepper just then, and takes the report along. */
static bool dispatch_is(void *context) {
    const struct expected *expected = context;
    return budget_of(expected->session).dispatch_ns == expected->dispatch_ns;
}

static bool gpu_memory_is(void *context) {
    const struct expected *expected = context;
    const uint64_t bytes = budget_of(expected->session).gpu_memory_bytes;
    return bytes >= expected->gpu_memory_least && bytes <= expected->gpu_memory_most;
}

static void run_late_frames(perfadapt *session, int count) {
    for (int i = 0; i < count; i++) {
        const uint64_t frame = perfadapt_frame_begin(session);
        perfadapt_frame_end(session);
        perfadapt_frame_gpu(session, frame, 100000000);
    }
}

static void events_set_the_budget_back(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    struct expected expected = {.session = session, .dispatch_ns = 8000000};
    assert_true(dispatch_is(&expected)); /* of a device that nothing is known of */
    perfadapt_report(session, PERFADAPT_EVENT_GPU_TIMEOUT, 20000000);
    expected.dispatch_ns = 4000000;
    assert_true(wait_until(dispatch_is, &expected));
    assert_true(budget_of(session).reasons & PERFADAPT_REASON_EVENT);
    perfadapt_report(session, PERFADAPT_EVENT_GPU_TIMEOUT, 20000000); /* at the same moment: the same timeout */
    perfadapt_report(session, PERFADAPT_EVENT_DEVICE_LOST, 0);
    expected.dispatch_ns = 2000000;
    assert_true(wait_until(dispatch_is, &expected));
    assert_int_equal(budget_of(session).frames_in_flight, 2);
    perfadapt_close(&session);
}

static void hold_freezes_and_release_applies(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    struct expected expected = {.session = session, .dispatch_ns = 4000000};
    assert_true(wait_until(has_snapshot, session));
    perfadapt_hold(session);
    perfadapt_hold(session);
    run_late_frames(session, 1);
    const struct perfadapt_budget held = budget_of(session);
    run_late_frames(session, 50);
    perfadapt_report(session, PERFADAPT_EVENT_GPU_TIMEOUT, 20000000);
    perfadapt_set_gpu_memory(session, 1, 2);
    perfadapt_release(session); /* one of two */
    run_late_frames(session, 50);
    struct perfadapt_budget budget = budget_of(session);
    assert_memory_equal(&budget, &held, sizeof held);
    perfadapt_release(session);
    assert_true(wait_until(dispatch_is, &expected));
    budget = budget_of(session);
    assert_true(budget.generation > held.generation);
    assert_true(gave_way(session));
    assert_true(budget.reasons & PERFADAPT_REASON_EVENT);
    perfadapt_close(&session);
}

static void *hold_elsewhere(void *session) {
    perfadapt_hold(session);
    return NULL;
}

static void *release_elsewhere(void *session) {
    perfadapt_report(session, PERFADAPT_EVENT_GPU_TIMEOUT, 20000000);
    perfadapt_set_gpu_memory(session, 500000000, 1000000000);
    perfadapt_release(session);
    return NULL;
}

static void run_elsewhere(void *(*work)(void *), perfadapt *session) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work, session), 0);
    run_late_frames(session, 20);
    pthread_join(thread, NULL);
    run_late_frames(session, 1); /* takes along what was left for it */
}

static void any_thread_may_tell(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    struct expected expected = {
        .session = session, .dispatch_ns = 4000000, .gpu_memory_least = 900000000, .gpu_memory_most = 1000000000};
    assert_true(wait_until(has_snapshot, session));
    run_elsewhere(hold_elsewhere, session);
    const struct perfadapt_budget held = budget_of(session);
    run_late_frames(session, 20);
    const struct perfadapt_budget budget = budget_of(session);
    assert_memory_equal(&budget, &held, sizeof held);
    run_elsewhere(release_elsewhere, session);
    assert_true(wait_until(dispatch_is, &expected));
    assert_true(wait_until(gpu_memory_is, &expected));
    perfadapt_close(&session);
}

static void gpu_memory_follows_what_is_told(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    struct expected expected = {
        .session = session, .gpu_memory_least = PERFADAPT_NO_LIMIT, .gpu_memory_most = PERFADAPT_NO_LIMIT};
    assert_true(gpu_memory_is(&expected));
    perfadapt_set_gpu_memory(session, 3000000000, 4000000000);
    expected.gpu_memory_least = 3000000000;
    expected.gpu_memory_most = 4000000000;
    assert_true(wait_until(gpu_memory_is, &expected));
    perfadapt_set_gpu_memory(session, 3000000000, 1000000000); /* others took the rest */
    expected.gpu_memory_least = 500000000;
    expected.gpu_memory_most = 1000000000;
    assert_true(wait_until(gpu_memory_is, &expected));
    assert_int_equal(budget_of(session).memory_state, PERFADAPT_MEMORY_CRITICAL);
    perfadapt_set_gpu_memory(session, PERFADAPT_NO_LIMIT, PERFADAPT_NO_LIMIT);
    expected.gpu_memory_least = expected.gpu_memory_most = PERFADAPT_NO_LIMIT;
    assert_true(wait_until(gpu_memory_is, &expected));
    perfadapt_close(&session);
}

static void waiters_hear_without_frames(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    struct pollfd polled = {.fd = perfadapt_budget_fd(session), .events = POLLIN};
    perfadapt_set_gpu_memory(session, 1, 1000000000); /* seen by the next tick */
    assert_int_equal(poll(&polled, 1, 10000), 1);
    perfadapt_close(&session);
}

static void wait_keeps_the_pace(void **state) {
    (void)state;
    const struct perfadapt_options options = {
        .size = sizeof options, .target_frame_ns = 4000000, .sysroot = empty_root};
    perfadapt *session = open_or_fail(&options);
    perfadapt_wait_next_frame(session);
    const int64_t start_ns = perfadapt__now_ns();
    for (int i = 0; i < 25; i++)
        perfadapt_wait_next_frame(session);
    /* Never faster than asked, but for the millisecond that a late wake-up may be made good. */
    assert_true(perfadapt__now_ns() - start_ns >= 25 * INT64_C(4000000) - 1000000);
    perfadapt_close(&session);
}

static void close_does_not_wait_for_a_blocked_read(void **state) {
    (void)state;
    perfadapt *session = open_or_fail(NULL);
    assert_true(wait_until(has_snapshot, session));
    atomic_store(&read_is_blocked, false);
    atomic_store(&block_reads, true);
    assert_true(wait_until(flag_is_set, &read_is_blocked));
    perfadapt_close(&session); /* would never return if it waited: the read is let go only below */
    assert_null(session);
    /* A new session does not wait for the old thread either. */
    perfadapt *next = open_or_fail(NULL);
    perfadapt_close(&next);
    atomic_store(&block_reads, false);
    assert_true(wait_until(no_sampler_left, NULL));
}

static void one_thread_serves_all_sessions(void **state) {
    (void)state;
    assert_true(wait_until(no_sampler_left, NULL));
    perfadapt *sessions[8];
    for (size_t i = 0; i < 8; i++)
        sessions[i] = open_on_empty_root();
    for (size_t i = 0; i < 8; i++)
        assert_true(wait_until(has_snapshot, sessions[i]));
    assert_int_equal(count_samplers(), 1);
    for (size_t i = 0; i < 8; i++)
        perfadapt_close(&sessions[i]);
    assert_true(wait_until(no_sampler_left, NULL));
}

static void nothing_is_left_behind(void **state) {
    (void)state;
    assert_true(wait_until(no_sampler_left, NULL));
    char sockets[128];
    snprintf(sockets, sizeof sockets, "%s/perfadapt", runtime_dir);
    size_t descriptors = count_files("/proc/self/fd");
    for (int i = 0; i < 20; i++) {
        perfadapt *session = open_on_empty_root();
        assert_int_equal(count_files(sockets), 3);
        perfadapt_close(&session);
    }
    /* Threads that were closed before they had a name end too, and close what they hold. */
    assert_true(wait_until(descriptors_are, &descriptors));
    assert_int_equal(count_files(sockets), 2);
}

static atomic_int signals_elsewhere;
static pthread_t main_thread;

static void note_thread(int signal_number) {
    (void)signal_number;
    if (!pthread_equal(pthread_self(), main_thread))
        atomic_fetch_add(&signals_elsewhere, 1);
}

static void signals_stay_with_the_host(void **state) {
    (void)state;
    main_thread = pthread_self();
    struct sigaction before;
    const struct sigaction action = {.sa_handler = note_thread};
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    sigset_t mask_before;
    sigset_t mask_after;
    pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
    perfadapt *session = open_on_empty_root();
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    for (int i = 1; i < NSIG; i++)
        assert_int_equal(sigismember(&mask_before, i), sigismember(&mask_after, i));
    assert_true(wait_until(has_snapshot, session));
    for (int i = 0; i < 100; i++)
        kill(getpid(), SIGUSR1);
    assert_int_equal(atomic_load(&signals_elsewhere), 0);
    perfadapt_close(&session);
    sigaction(SIGUSR1, &before, NULL);
}

/* In the child: 0 = all as promised. */
static int check_child(perfadapt *session, uint64_t parents_generation) {
    struct perfadapt_budget budget = {.size = sizeof budget, .quality = 3, .generation = 0};
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    if (perfadapt_frame_begin(session) != 0)
        return 1;
    perfadapt_frame_end(session);
    perfadapt_report(session, PERFADAPT_EVENT_DEVICE_LOST, 0);
    perfadapt_hold(session);
    perfadapt_set_gpu_memory(session, 1, 2);
    perfadapt_release(session);
    perfadapt_get_budget(session, &budget);
    if (budget.generation != 0 || parents_generation == 0)
        return 2;
    if (perfadapt_get_snapshot(session, &snapshot) != PERFADAPT_ERROR_FORKED || perfadapt_budget_fd(session) != -1)
        return 3;
    perfadapt_close(&session);
    if (session)
        return 4;
    perfadapt *own = NULL; /* a session of its own works */
    const struct perfadapt_options options = {.size = sizeof options, .sysroot = empty_root};
    if (perfadapt_open(&options, &own) || !wait_until(has_snapshot, own))
        return 5;
    perfadapt_close(&own);
    return 0;
}

static void forked_child_is_inert(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    assert_true(wait_until(has_snapshot, session));
    perfadapt_frame_begin(session);
    perfadapt_frame_end(session);
    struct perfadapt_budget budget = {.size = sizeof budget};
    perfadapt_get_budget(session, &budget);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(check_child(session, budget.generation));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    /* The parent's session, and its socket, live on. */
    char sockets[128];
    snprintf(sockets, sizeof sockets, "%s/perfadapt", runtime_dir);
    assert_int_equal(count_files(sockets), 3);
    assert_int_equal(perfadapt_frame_begin(session), 2);
    perfadapt_close(&session);
}

static void exec_inherits_no_descriptor(void **state) {
    (void)state;
    perfadapt *session = open_on_empty_root();
    assert_true(perfadapt_budget_fd(session) >= 0);
    assert_true(wait_until(has_snapshot, session));
    for (int fd = 3; fd < 256; fd++) {
        char link[64];
        char target[256] = "";
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof target - 1) < 0)
            continue;
        const bool ours = strstr(target, "perfadapt") || strstr(target, "eventfd") || strstr(target, "socket") ||
                          strstr(target, "memfd");
        if (ours)
            assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    perfadapt_close(&session);
}

/* It takes a host that closes our descriptors, and a lock made anew in a forked child, for races of ours. */
static void skip_under_thread_sanitizer(void) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_THREAD_SANITIZER
#endif
#endif
#if defined(UNDER_THREAD_SANITIZER) || defined(__SANITIZE_THREAD__)
    print_message("skipped: the thread sanitizer does not follow descriptors and locks into a forked child\n");
    skip();
#endif
}

/* In a child, whose descriptors may be ruined: 0 = all as promised. */
static int check_closed_stdio(void) {
    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    perfadapt *session = NULL;
    const struct perfadapt_options options = {.size = sizeof options, .sysroot = empty_root};
    if (perfadapt_open(&options, &session) || perfadapt_budget_fd(session) < 3 || !wait_until(has_snapshot, session))
        return 1;
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            return 2; /* taken by the library: the host would reuse it */
    perfadapt_close(&session);
    return 0;
}

static void closed_standard_streams_are_not_taken(void **state) {
    (void)state;
    skip_under_thread_sanitizer();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(check_closed_stdio());
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A daemon that closes all it does not know, or lowers its limit: the sampler must not spin. 0 = it did not. */
static int check_closed_descriptors(bool lower_limit) {
    perfadapt *session = open_on_empty_root();
    if (!wait_until(has_snapshot, session))
        return 1;
    const struct rlimit limit = {.rlim_cur = 0, .rlim_max = 0};
    for (int fd = 3; !lower_limit && fd < 64; fd++)
        close(fd);
    if (lower_limit && setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 2;
    struct timespec before;
    struct timespec after;
    struct timespec nap = {.tv_sec = 1};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    while (nanosleep(&nap, &nap) != 0) {
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    const double used_s = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9;
    perfadapt_close(&session);
    return used_s < 0.25 ? 0 : 3;
}

static void sampler_does_not_spin_on_lost_descriptors(void **state) {
    (void)state;
    skip_under_thread_sanitizer();
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(check_closed_descriptors(i == 1));
    }
    for (int i = 0; i < 2; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void no_runtime_directory_is_no_failure(void **state) {
    (void)state;
    unsetenv("XDG_RUNTIME_DIR");
    perfadapt *session = open_on_empty_root();
    perfadapt_frame_begin(session);
    perfadapt_frame_end(session);
    perfadapt_close(&session);
    setenv("XDG_RUNTIME_DIR", runtime_dir, 1);
}

static void locale_of_the_host_does_not_matter(void **state) {
    (void)state;
    /* Where the locale is not installed the point stays a point, and the test still holds. */
    setlocale(LC_NUMERIC, "de_DE.UTF-8");
    const char *before = setlocale(LC_ALL, NULL);
    char *const copy = strdup(before);
    perfadapt *session = open_or_fail(NULL);
    assert_true(wait_until(has_snapshot, session));
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot};
    assert_int_equal(perfadapt_get_snapshot(session, &snapshot), PERFADAPT_OK);
    assert_string_equal(setlocale(LC_ALL, NULL), copy);
    perfadapt_close(&session);
    setlocale(LC_NUMERIC, "C");
    free(copy);
}

static int make_directories(void **state) {
    (void)state;
    if (!mkdtemp(runtime_dir) || !mkdtemp(empty_root))
        return -1;
    return setenv("XDG_RUNTIME_DIR", runtime_dir, 1);
}

static int remove_directories(void **state) {
    (void)state;
    char sockets[128];
    snprintf(sockets, sizeof sockets, "%s/perfadapt", runtime_dir);
    rmdir(sockets);
    return rmdir(runtime_dir) || rmdir(empty_root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_session_is_a_no_op),
        cmocka_unit_test(bad_options_are_named_by_their_code),
        cmocka_unit_test(older_and_newer_structs_are_understood),
        cmocka_unit_test(missing_files_are_unsupported_never_zero),
        cmocka_unit_test(real_machine_is_read),
        cmocka_unit_test(frames_move_the_budget_and_the_descriptor),
        cmocka_unit_test(odd_calls_do_no_harm),
        cmocka_unit_test(events_set_the_budget_back),
        cmocka_unit_test(hold_freezes_and_release_applies),
        cmocka_unit_test(any_thread_may_tell),
        cmocka_unit_test(gpu_memory_follows_what_is_told),
        cmocka_unit_test(waiters_hear_without_frames),
        cmocka_unit_test(wait_keeps_the_pace),
        cmocka_unit_test(close_does_not_wait_for_a_blocked_read),
        cmocka_unit_test(one_thread_serves_all_sessions),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(signals_stay_with_the_host),
        cmocka_unit_test(forked_child_is_inert),
        cmocka_unit_test(exec_inherits_no_descriptor),
        cmocka_unit_test(closed_standard_streams_are_not_taken),
        cmocka_unit_test(sampler_does_not_spin_on_lost_descriptors),
        cmocka_unit_test(no_runtime_directory_is_no_failure),
        cmocka_unit_test(locale_of_the_host_does_not_matter),
    };
    return cmocka_run_group_tests(tests, make_directories, remove_directories);
}
