/* Drivers that crash, hang, end and lie, each in its child. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "probe/attempt.h"
#include "probe/child.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SOON_MS 10000 /* no test of what ends by itself gets there */
#define HANG_MS 100

static const struct probe_icd icd = {.path = "/made/up/icd.json", .library = "libmade.so"};
static struct probe_attempt attempt;

static void try(probe_enumerate *enumerate, int64_t timeout_ms) {
    memset(&attempt, 0x5a, sizeof attempt);
    probe_attempt(&icd, enumerate, timeout_ms, &attempt);
}

static void assert_failed(const char *result) {
    assert_true(attempt.failed);
    assert_int_equal(attempt.count, 0);
    assert_string_equal(attempt.result, result);
}

/* ---- what works ---- */

static int two_devices(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    assert_int_equal(capacity, PROBE_ATTEMPT_DEVICES_MAX);
    for (size_t i = 0; i < 2; i++) {
        out[i].size = sizeof out[i];
        out[i].vendor_id = 0x1002;
        out[i].device_id = 0x100 + (uint32_t)i;
        snprintf(out[i].name, sizeof out[i].name, "Card %zu", i);
    }
    *out_count = 2;
    snprintf(reason, bytes, "all well");
    return 0;
}

static void test_devices(void **state) {
    (void)state;
    try(two_devices, SOON_MS);
    assert_false(attempt.failed);
    assert_int_equal(attempt.code, 0);
    assert_int_equal(attempt.count, 2);
    assert_int_equal(attempt.devices[1].device_id, 0x101);
    assert_string_equal(attempt.devices[1].name, "Card 1");
    assert_string_equal(attempt.result, "all well");
}

static int no_device(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    (void)out;
    (void)capacity;
    *out_count = 0;
    snprintf(reason, bytes, "no driver\x1b[31m could be loaded");
    return -3;
}

static void test_vk_result(void **state) {
    (void)state;
    try(no_device, SOON_MS);
    assert_false(attempt.failed);
    assert_int_equal(attempt.code, -3);
    assert_int_equal(attempt.count, 0);
    assert_string_equal(attempt.result, "no driver?[31m could be loaded");
}

/* What the driver sees of the world, in the names of its devices. */
static int tell_world(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    static const char *const names[] = {
        "VK_DRIVER_FILES",          "VK_ICD_FILENAMES",        "VK_ADD_DRIVER_FILES",      "VK_INSTANCE_LAYERS",
        "VK_LOADER_LAYERS_DISABLE", "VK_LOADER_LAYERS_ENABLE", "VK_LOADER_DRIVERS_SELECT", "NODEVICE_SELECT"};
    const char *value;
    struct rlimit limit;
    int death = 0;
    (void)capacity;
    for (size_t i = 0; i < 8; i++) {
        out[i].size = sizeof out[i];
        value = getenv(names[i]);
        snprintf(out[i].name, sizeof out[i].name, "%s", value ? value : "-");
    }
    puts("a driver that talks");
    fflush(stdout);
    getrlimit(RLIMIT_CORE, &limit);
    prctl(PR_GET_PDEATHSIG, &death);
    out[0].max_allocations = getpgrp() == getpid();
    out[0].max_bound_sets = (uint32_t)death;
    *out_count = 8;
    snprintf(reason, bytes, "%s", isatty(STDERR_FILENO) ? "a terminal" : "");
    return 0;
}

static void test_environment_of_the_child(void **state) {
    (void)state;
    static const char *const expected[] = {
        "/made/up/icd.json", "/made/up/icd.json", "-", "-", "~implicit~", "-", "-", "1"};
    setenv("VK_ADD_DRIVER_FILES", "/more.json", 1);
    setenv("VK_INSTANCE_LAYERS", "VK_LAYER_x", 1);
    setenv("VK_LOADER_LAYERS_ENABLE", "*", 1);
    setenv("VK_LOADER_DRIVERS_SELECT", "*x*", 1);
    try(tell_world, SOON_MS);
    assert_int_equal(attempt.count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(attempt.devices[i].name, expected[i]);
    assert_int_equal(attempt.devices[0].max_allocations, 1);
    assert_int_equal(attempt.devices[0].max_bound_sets, SIGKILL);
    assert_string_equal(getenv("VK_INSTANCE_LAYERS"), "VK_LAYER_x"); /* the parent's own is as it was */
    unsetenv("VK_ADD_DRIVER_FILES");
    unsetenv("VK_INSTANCE_LAYERS");
    unsetenv("VK_LOADER_LAYERS_ENABLE");
    unsetenv("VK_LOADER_DRIVERS_SELECT");
}

static int inherited[2];

static int tell_descriptors(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                            size_t bytes) {
    int open_count = 0;
    (void)out;
    (void)capacity;
    *out_count = 0;
    for (int fd = 3; fd < 1024; fd++)
        open_count += fcntl(fd, F_GETFD) >= 0;
    const bool is_open = fcntl(inherited[0], F_GETFD) >= 0 || fcntl(inherited[1], F_GETFD) >= 0;
    snprintf(reason, bytes, "%d open%s", open_count, is_open ? ", one of the parent's" : "");
    return 0;
}

static void test_nothing_open_is_inherited(void **state) {
    (void)state;
    assert_int_equal(pipe(inherited), 0);
    try(tell_descriptors, SOON_MS);
    assert_string_equal(attempt.result, "1 open"); /* its way to the parent */
    assert_int_equal(write(inherited[1], "x", 1), 1);
    close(inherited[0]);
    close(inherited[1]);
}

/* ---- what does not ---- */

#define UNUSED_ARGUMENTS                                                                                               \
    (void)out, (void)capacity, (void)reason, (void)bytes;                                                              \
    *out_count = 0

static _Noreturn void sleep_for_ever(void) {
    for (;;)
        pause();
}

static int crash(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own */
    raise(SIGSEGV);
    return 0;
}

static int be_killed(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    return raise(SIGKILL);
}

static int exit_well(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    _exit(0);
}

static int exit_badly(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    _exit(7);
}

static int hang(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    signal(SIGTERM, SIG_IGN);
    sleep_for_ever();
}

static int stop(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    return raise(SIGSTOP);
}

static void test_ends_by_itself(void **state) {
    (void)state;
    const int64_t before_ns = perfadapt__now_ns();
    try(crash, SOON_MS);
    assert_failed("crashed (signal 11)");
    try(be_killed, SOON_MS);
    assert_failed("crashed (signal 9)");
    try(exit_well, SOON_MS);
    assert_failed("exited (code 0)");
    try(exit_badly, SOON_MS);
    assert_failed("exited (code 7)");
    assert_true(perfadapt__now_ns() - before_ns < SOON_MS * PERFADAPT__NS_PER_MS); /* none was waited for */
}

static void test_hangs(void **state) {
    (void)state;
    try(hang, HANG_MS);
    assert_failed("gave no answer in 100 ms");
    try(stop, HANG_MS);
    assert_failed("gave no answer in 100 ms");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left, dead or alive */
    assert_int_equal(errno, ECHILD);
}

static int close_and_hang(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                          size_t bytes) {
    UNUSED_ARGUMENTS;
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    sleep_for_ever();
}

static void test_closes_its_end_and_hangs(void **state) {
    (void)state;
    try(close_and_hang, HANG_MS);
    assert_failed("gave no answer in 100 ms");
}

/* Its process lives on with the pipe open. */
static int leave_process(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    if (fork() == 0)
        sleep_for_ever();
    return 0;
}

/* Daemons, out of the driver's group and session. */
static int leave_daemons(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    for (int i = 0; i < 20; i++)
        if (fork() == 0) {
            setsid();
            signal(SIGTERM, SIG_IGN);
            if (fork() > 0 && i % 2)
                _exit(0);
            sleep_for_ever();
        }
    return 0;
}

/* Where this process is not the reaper of what it starts, as it is not in a host, its other children are left alone. */
static void test_left_processes_are_ended(void **state) {
    (void)state;
    int status;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    const int64_t before_ns = perfadapt__now_ns();
    try(leave_process, SOON_MS);
    assert_false(attempt.failed);
    if (access("/proc/thread-self/children", R_OK) == 0) {
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing came to this process that it has not ended */
        assert_int_equal(errno, ECHILD);
        try(leave_daemons, SOON_MS);
        assert_false(attempt.failed);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
    }
    assert_true(perfadapt__now_ns() - before_ns < SOON_MS * PERFADAPT__NS_PER_MS);
    while (wait(&status) > 0)
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void test_other_children_are_left_alone(void **state) {
    (void)state;
    const pid_t child = fork();
    if (child == 0)
        sleep_for_ever();
    try(two_devices, SOON_MS);
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* ---- what cannot be loaded ---- */

static int no_driver(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    snprintf(reason, bytes, "no driver");
    return -9;
}

static void try_library(const char *library) {
    struct probe_icd named = icd;
    snprintf(named.library, sizeof named.library, "%s", library);
    probe_attempt(&named, no_driver, SOON_MS, &attempt);
    assert_false(attempt.failed);
    assert_int_equal(attempt.code, -9);
}

static void test_why_no_driver(void **state) {
    (void)state;
    try_library("/nowhere/at/all/libmissing.so");
    assert_string_equal(attempt.result, "cannot be loaded: libmissing.so: cannot open shared object file: "
                                        "No such file or directory");
    try_library("beside/libmissing.so");
    assert_non_null(strstr(attempt.result, "cannot be loaded: libmissing.so: "));
    try_library("/proc/version"); /* no library */
    assert_non_null(strstr(attempt.result, "cannot be loaded: version: "));
    try_library("libc.so.6");
    assert_string_equal(attempt.result, "libc.so.6 is no Vulkan driver");
}

/* ---- what cannot be ---- */

static int write_everywhere(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                            size_t bytes) {
    UNUSED_ARGUMENTS;
    for (int fd = 3; fd < 64; fd++) {
        const ssize_t ignored = write(fd, "garbage", 7);
        (void)ignored;
    }
    return 0;
}

static int write_for_ever(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                          size_t bytes) {
    static char zeros[65536];
    UNUSED_ARGUMENTS;
    for (int fd = 3; fd < 64; fd++)
        while (write(fd, zeros, sizeof zeros) > 0)
            continue;
    return 0;
}

static int too_many(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason, size_t bytes) {
    UNUSED_ARGUMENTS;
    *out_count = SIZE_MAX;
    return 0;
}

static void test_garbage(void **state) {
    (void)state;
    try(write_everywhere, SOON_MS);
    assert_failed("wrote garbage");
    try(write_for_ever, SOON_MS);
    assert_failed("wrote without end");
    try(too_many, SOON_MS);
    assert_failed("wrote garbage");
}

static struct {
    struct probe_attempt_head head;
    struct perfadapt_device devices[PROBE_ATTEMPT_DEVICES_MAX + 1];
} message;

/* A message that is taken, of so many devices; its length. */
static size_t make(uint32_t count) {
    memset(&message, 0, sizeof message);
    message.head.magic = PROBE_ATTEMPT_MAGIC;
    message.head.device_bytes = sizeof message.devices[0];
    message.head.count = count;
    for (uint32_t i = 0; i < count; i++)
        message.devices[i].size = sizeof message.devices[i];
    return sizeof message.head + count * sizeof message.devices[0];
}

static bool take(size_t length) {
    /* From the heap, so that a sanitizer sees each byte that is not there. */
    void *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, &message, length);
    const bool taken = probe_attempt_take(copy, length, &attempt);
    free(copy);
    return taken;
}

static void test_messages_cut_anywhere(void **state) {
    (void)state;
    const size_t whole = make(2);
    for (size_t length = 0; length < whole; length++)
        assert_false(take(length));
    assert_true(take(whole));
    assert_int_equal(attempt.count, 2);
    assert_false(take(whole + 1));
    assert_true(take(make(PROBE_ATTEMPT_DEVICES_MAX)));
    assert_false(take(make(PROBE_ATTEMPT_DEVICES_MAX + 1)));
}

static void test_heads_that_lie(void **state) {
    (void)state;
    size_t length = make(1);
    message.head.magic++;
    assert_false(take(length));
    length = make(1);
    message.head.device_bytes--;
    assert_false(take(length));
    length = make(1);
    message.head.code = -3; /* a failure with a device */
    assert_false(take(length));
    length = make(1);
    message.head.count = UINT32_MAX;
    assert_false(take(length));
}

static void test_devices_that_cannot_be(void **state) {
    (void)state;
    size_t length = make(2);
    message.devices[1].size--;
    assert_false(take(length));
    length = make(2);
    message.devices[1].heap_count = PERFADAPT_HEAPS_MAX + 1;
    assert_false(take(length));
    length = make(2);
    message.devices[1].memory_type_count = UINT32_MAX;
    assert_false(take(length));
    length = make(2);
    message.devices[1].heap_count = message.devices[1].memory_type_count = 2;
    message.devices[1].memory_types[1].heap = 2;
    assert_false(take(length));
    assert_int_equal(attempt.count, 0);
    message.devices[1].memory_types[1].heap = 1;
    assert_true(take(length));
}

static void test_devices_are_tidied(void **state) {
    (void)state;
    const size_t length = make(2);
    memset(message.devices[0].name, 'x', sizeof message.devices[0].name);
    memcpy(message.devices[0].driver_name, "a\tb\0secret", 11);
    message.devices[0].timestamp_period_ns = (float)NAN;
    message.devices[1].timestamp_period_ns = -1;
    message.devices[0].type = 99;
    message.devices[0].pci.known = 0xff;
    message.devices[0].timestamp_known = 0xff;
    memset(message.head.reason, 'r', sizeof message.head.reason);
    assert_true(take(length));
    assert_int_equal(strlen(attempt.devices[0].name), sizeof attempt.devices[0].name - 1);
    assert_string_equal(attempt.devices[0].driver_name, "a?b");
    assert_int_equal(attempt.devices[0].driver_name[4], 0);
    assert_true(attempt.devices[0].timestamp_period_ns == 0 && attempt.devices[1].timestamp_period_ns == 0);
    assert_int_equal(attempt.devices[0].type, PERFADAPT_DEVICE_OTHER);
    assert_int_equal(attempt.devices[0].pci.known, 1);
    assert_int_equal(attempt.devices[0].timestamp_known, 1);
    assert_int_equal(strlen(attempt.result), sizeof attempt.result - 1);
}

/* Infinite is as much of a lie as none. */
static void test_infinite_period(void **state) {
    (void)state;
    const size_t length = make(1);
    message.devices[0].timestamp_period_ns = (float)INFINITY;
    assert_true(take(length));
    assert_true(attempt.devices[0].timestamp_period_ns == 0);
}

/* No descriptor is left open, whatever happened. */
static void test_descriptors(void **state) {
    (void)state;
    const int before = open("/dev/null", O_RDONLY);
    close(before);
    try(crash, SOON_MS);
    try(hang, 20);
    try(write_for_ever, SOON_MS);
    try(two_devices, SOON_MS);
    const int after = open("/dev/null", O_RDONLY);
    close(after);
    assert_int_equal(before, after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_vk_result),
        cmocka_unit_test(test_environment_of_the_child),
        cmocka_unit_test(test_nothing_open_is_inherited),
        cmocka_unit_test(test_ends_by_itself),
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_closes_its_end_and_hangs),
        cmocka_unit_test(test_left_processes_are_ended),
        cmocka_unit_test(test_other_children_are_left_alone),
        cmocka_unit_test(test_why_no_driver),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_messages_cut_anywhere),
        cmocka_unit_test(test_heads_that_lie),
        cmocka_unit_test(test_devices_that_cannot_be),
        cmocka_unit_test(test_devices_are_tidied),
        cmocka_unit_test(test_infinite_period),
        cmocka_unit_test(test_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
