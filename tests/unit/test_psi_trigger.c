/* Memory pressure as the service manager asks for it to be watched. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "providers/psi_trigger.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* "some 150000 2000000" and its NUL */
#define REQUEST "c29tZSAxNTAwMDAgMjAwMDAwMAA="
#define REQUEST_TEXT "some 150000 2000000"

static struct perfadapt__psi_trigger trigger;

static void decode_as(const char *text, const char *bytes, size_t length) {
    unsigned char out[64];
    size_t out_length = 99;
    assert_true(perfadapt__base64_decode(text, out, sizeof out, &out_length));
    assert_int_equal(out_length, length);
    assert_memory_equal(out, bytes, length);
}

static void test_base64(void **state) {
    (void)state;
    decode_as("", "", 0);
    decode_as("TQ==", "M", 1);
    decode_as("TWE=", "Ma", 2);
    decode_as("TWFu", "Man", 3);
    decode_as("AAAA", "\0\0\0", 3);
    decode_as("//+/", "\xff\xff\xbf", 3);
    decode_as("TW\nFu TQ==\n", "ManM", 4);
    decode_as(REQUEST, REQUEST_TEXT, sizeof REQUEST_TEXT);
    static const char *const bad[] = {"T",     "TQ",    "TQ=",  "TWF",  "=",        "====",     "T===",
                                      "TQ==T", "TQ===", "TQ=a", "TW-u", "TWFu\x80", "some 150", "TQ==TQ=="};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unsigned char out[64];
        size_t length;
        assert_false(perfadapt__base64_decode(bad[i], out, sizeof out, &length));
    }
}

static void test_base64_that_does_not_fit(void **state) {
    (void)state;
    unsigned char out[6];
    size_t length;
    assert_true(perfadapt__base64_decode("TWFuTWFu", out, 6, &length));
    assert_false(perfadapt__base64_decode("TWFuTWFu", out, 5, &length));
}

static void test_variables(void **state) {
    (void)state;
    struct perfadapt__systemd_pressure asked;
    char long_path[PERFADAPT__SYSTEMD_PATH_MAX + 1];
    memset(long_path, '/', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    perfadapt__systemd_pressure_parse(NULL, "not looked at", &asked);
    assert_true(!asked.off && !asked.path[0] && !asked.wrong);
    perfadapt__systemd_pressure_parse("/dev/null", "not looked at", &asked);
    assert_true(asked.off && !asked.path[0] && !asked.wrong);
    perfadapt__systemd_pressure_parse("/x", REQUEST, &asked);
    assert_string_equal(asked.path, "/x");
    assert_int_equal(asked.length, sizeof REQUEST_TEXT);
    perfadapt__systemd_pressure_parse("/x", NULL, &asked);
    assert_true(asked.path[0] && asked.length == 0 && !asked.wrong);
    static const char *const bad_paths[] = {"", "x/y", "./x", "dev/null"};
    for (size_t i = 0; i < sizeof bad_paths / sizeof bad_paths[0]; i++) {
        perfadapt__systemd_pressure_parse(bad_paths[i], REQUEST, &asked);
        assert_string_equal(asked.wrong_variable, "MEMORY_PRESSURE_WATCH");
        assert_true(!asked.path[0] && !asked.off);
    }
    perfadapt__systemd_pressure_parse(long_path, REQUEST, &asked);
    assert_string_equal(asked.wrong_variable, "MEMORY_PRESSURE_WATCH");
    perfadapt__systemd_pressure_parse("/x", "c29tZ", &asked);
    assert_string_equal(asked.wrong_variable, "MEMORY_PRESSURE_WRITE");
    assert_true(!asked.path[0] && asked.length == 0);
}

/* ---- with the real root: the variables count there only ---- */

static int setup(void **state) {
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *fixture = *state;
    perfadapt__root_close(&fixture->root);
    unsetenv("MEMORY_PRESSURE_WATCH");
    unsetenv("MEMORY_PRESSURE_WRITE");
    return perfadapt__root_open("/", &fixture->root) == PERFADAPT_OK ? 0 : -1;
}

static int teardown(void **state) {
    perfadapt__psi_trigger_finish(&trigger);
    unsetenv("MEMORY_PRESSURE_WATCH");
    unsetenv("MEMORY_PRESSURE_WRITE");
    return fixture_teardown(state);
}

/* With the environment as it is. */
static void init(struct fixture *fixture) {
    struct perfadapt__variables variables;
    perfadapt__variables_copy(&variables);
    fixture->environment.variables = &variables;
    perfadapt__psi_trigger_init(&trigger, &fixture->environment);
    fixture->environment.variables = NULL;
    perfadapt__variables_free(&variables);
}

static void set(struct fixture *fixture) {
    init(fixture);
    perfadapt__psi_trigger_set(&trigger, NULL, &fixture->snapshot);
}

static void pace(struct fixture *fixture, int64_t now_ms, bool frames_flow) {
    const struct perfadapt__read_context context = {
        .now_ns = now_ms * 1000000, .gpu_busy = (double)NAN, .frames_flow = frames_flow};
    perfadapt__psi_trigger_pace(&trigger, &context, &fixture->snapshot);
}

static size_t ready(struct fixture *fixture) {
    struct perfadapt__watch_event events[4]; /* one of the places is the timer's */
    return perfadapt__watch_wait(&fixture->watch, 0, events, 4);
}

/* True where it is due to be read. */
static bool serve(struct fixture *fixture) {
    struct perfadapt__watch_event events[4];
    if (perfadapt__watch_wait(&fixture->watch, 0, events, 4) == 0)
        return false;
    assert_true(perfadapt__psi_trigger_event(&trigger, events[0].fd, events[0].events, &fixture->snapshot));
    return true;
}

static void name_path(const struct fixture *fixture, const char *name, char *out, size_t capacity) {
    assert_true((size_t)snprintf(out, capacity, "%s/%s", fixture->path, name) < capacity);
    setenv("MEMORY_PRESSURE_WATCH", out, 1);
}

/* A FIFO that this test is the manager of: a descriptor for writing. */
static int make_fifo(const struct fixture *fixture) {
    char path[256];
    name_path(fixture, "fifo", path, sizeof path);
    assert_int_equal(mkfifo(path, 0600), 0);
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static void test_off(void **state) {
    struct fixture *fixture = *state;
    setenv("MEMORY_PRESSURE_WATCH", "/dev/null", 1);
    set(fixture);
    assert_int_equal(trigger.fd, -1);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_UNSUPPORTED);
    assert_int_equal(fixture->logged, 1);
    perfadapt__psi_trigger_set(&trigger, NULL, &fixture->snapshot); /* as when the process is moved */
    assert_int_equal(trigger.fd, -1);
    assert_int_equal(fixture->logged, 1);
}

static void test_another_root_has_no_manager(void **state) {
    struct fixture *fixture = *state;
    perfadapt__root_close(&fixture->root);
    assert_int_equal(perfadapt__root_open(fixture->path, &fixture->root), PERFADAPT_OK);
    setenv("MEMORY_PRESSURE_WATCH", "/dev/null", 1);
    init(fixture);
    assert_false(trigger.asked.off);
    assert_int_equal(fixture->logged, 0);
}

static void test_fifo(void **state) {
    struct fixture *fixture = *state;
    const int manager = make_fifo(fixture);
    assert_true(manager >= 0);
    set(fixture);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_OK);
    assert_int_equal(ready(fixture), 0);
    assert_int_equal(write(manager, "x", 1), 1);
    assert_true(serve(fixture));
    pace(fixture, 1000, false);
    assert_int_equal(ready(fixture), 0); /* the input was thrown away */
    close(manager);
    assert_int_equal(ready(fixture), 0); /* a writer that goes is no end */
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_OK);
}

static void test_fifo_is_asked(void **state) {
    struct fixture *fixture = *state;
    char text[64] = "";
    setenv("MEMORY_PRESSURE_WRITE", REQUEST, 1);
    const int manager = make_fifo(fixture);
    set(fixture);
    assert_int_equal(read(manager, text, sizeof text), sizeof REQUEST_TEXT);
    assert_memory_equal(text, REQUEST_TEXT, sizeof REQUEST_TEXT);
    close(manager);
}

static void test_flood(void **state) {
    static const char flood[60000];
    struct fixture *fixture = *state;
    const int manager = make_fifo(fixture);
    int reads = 0;
    set(fixture);
    /* A second of it, all of which is served at once: one read of its own, then those that the event brings. */
    for (int64_t now_ms = 1000; now_ms < 2000; now_ms++) {
        assert_true(write(manager, flood, sizeof flood) != 0);
        if (serve(fixture) || now_ms == 1000) {
            pace(fixture, now_ms, false);
            reads++;
        }
    }
    assert_in_range(reads, 2, 10);
    assert_true(trigger.resting);
    /* The next read of its own takes it up again. */
    pace(fixture, 2100, false);
    assert_false(trigger.resting);
    assert_true(serve(fixture));
    close(manager);
}

/* Twice a second is no flood: each event counts. */
static void test_events_of_short_windows_all_count(void **state) {
    struct fixture *fixture = *state;
    const int manager = make_fifo(fixture);
    set(fixture);
    for (int64_t now_ms = 1000; now_ms < 6000; now_ms += 500) {
        assert_int_equal(write(manager, "x", 1), 1);
        assert_true(serve(fixture));
        pace(fixture, now_ms, false);
        assert_false(trigger.resting);
    }
    close(manager);
}

static void test_rests_while_frames_flow(void **state) {
    static const char text[4096];
    struct fixture *fixture = *state;
    const int manager = make_fifo(fixture);
    set(fixture);
    pace(fixture, 1000, true);
    /* A manager that writes meanwhile never finds it full. */
    for (int64_t now_ms = 1100; now_ms < 6000; now_ms += 100) {
        assert_int_equal(write(manager, text, sizeof text), sizeof text);
        assert_int_equal(ready(fixture), 0);
        pace(fixture, now_ms, true);
    }
    pace(fixture, 7000, false);
    assert_int_equal(ready(fixture), 0);
    assert_int_equal(write(manager, "x", 1), 1);
    assert_true(serve(fixture));
    close(manager);
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void test_socket(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    char text[64];
    name_path(fixture, "socket", path, sizeof path);
    setenv("MEMORY_PRESSURE_WRITE", REQUEST, 1);
    const int listener = listen_at(path);
    set(fixture);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_OK);
    int manager = accept(listener, NULL, NULL);
    assert_true(manager >= 0);
    assert_int_equal(read(manager, text, sizeof text), sizeof REQUEST_TEXT);
    assert_int_equal(write(manager, "now", 3), 3);
    assert_true(serve(fixture));
    assert_int_equal(ready(fixture), 0);
    /* The manager goes and returns: it is asked again, later. */
    close(manager);
    assert_true(serve(fixture));
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_ERROR);
    assert_int_equal(trigger.fd, -1);
    assert_false(perfadapt__psi_trigger_is_due(&trigger, INT64_C(1000000000)));
    assert_false(perfadapt__psi_trigger_is_due(&trigger, INT64_C(1900000000)));
    assert_true(perfadapt__psi_trigger_is_due(&trigger, INT64_C(2000000000)));
    perfadapt__psi_trigger_set(&trigger, NULL, &fixture->snapshot);
    manager = accept(listener, NULL, NULL);
    assert_true(manager >= 0);
    assert_true(trigger.is_stream);
    close(manager);
    close(listener);
}

/* At most 30 s apart, whatever happens. */
static void test_growing_pauses(void **state) {
    struct fixture *fixture = *state;
    init(fixture);
    int64_t now_s = 0;
    static const int64_t expected_s[] = {1, 2, 4, 8, 16, 30, 30};
    for (size_t i = 0; i < sizeof expected_s / sizeof expected_s[0]; i++) {
        trigger.lost = true;
        trigger.retry_ns = 0;
        const int64_t from_s = now_s;
        while (!perfadapt__psi_trigger_is_due(&trigger, now_s * 1000000000))
            now_s++;
        assert_int_equal(now_s - from_s, expected_s[i]);
    }
}

/* The usual order then: what is used, if anything, is no wish of the manager. */
static void refused(struct fixture *fixture, const char *watch, const char *write_text, const char *variable) {
    fixture->logged = 0;
    if (write_text)
        setenv("MEMORY_PRESSURE_WRITE", write_text, 1);
    setenv("MEMORY_PRESSURE_WATCH", watch, 1);
    init(fixture);
    fixture->environment.log = NULL;
    perfadapt__psi_trigger_set(&trigger, NULL, &fixture->snapshot);
    fixture->environment.log = &fixture->log;
    assert_false(trigger.is_stream);
    assert_true(fixture->logged >= 1);
    char first[sizeof fixture->last_line];
    snprintf(first, sizeof first, "%s", fixture->last_line);
    assert_true(strstr(first, variable) || strstr(first, "polling"));
    const unsigned logged = fixture->logged;
    perfadapt__psi_trigger_set(&trigger, NULL, &fixture->snapshot);
    assert_int_equal(fixture->logged, logged); /* once */
    perfadapt__psi_trigger_finish(&trigger);
}

static void test_wishes_that_cannot_be_met(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    fixture_file(fixture, "/plain", "some\n");
    refused(fixture, "relative", REQUEST, "MEMORY_PRESSURE_WATCH");
    refused(fixture, "/x", "c29tZ", "MEMORY_PRESSURE_WRITE");
    refused(fixture, "/no/such/file", REQUEST, "MEMORY_PRESSURE_WATCH");
    refused(fixture, "/tmp", REQUEST, "MEMORY_PRESSURE_WATCH");      /* a directory */
    refused(fixture, "/dev/zero", REQUEST, "MEMORY_PRESSURE_WATCH"); /* always ready */
    refused(fixture, "/proc/version", REQUEST, "MEMORY_PRESSURE_WATCH");
    name_path(fixture, "plain", path, sizeof path);
    refused(fixture, path, REQUEST, "MEMORY_PRESSURE_WATCH");
    char text[16];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, text, sizeof text), 5); /* and was not written */
    close(fd);
    unsetenv("MEMORY_PRESSURE_WRITE");
    refused(fixture, "/proc/pressure/memory", NULL, "MEMORY_PRESSURE_WATCH");
}

static void test_pressure_file(void **state) {
    struct fixture *fixture = *state;
    if (access("/proc/pressure/memory", W_OK) != 0)
        skip();
    setenv("MEMORY_PRESSURE_WATCH", "/proc/pressure/memory", 1);
    setenv("MEMORY_PRESSURE_WRITE", REQUEST, 1);
    set(fixture);
    if (trigger.fd < 0)
        skip();
    assert_int_equal(fixture->logged, 0);
    assert_false(trigger.is_stream);
    struct perfadapt__watch_event events[4];
    if (perfadapt__watch_wait(&fixture->watch, 0, events, 4) == 1)
        assert_false(events[0].events & EPOLLERR); /* it has a trigger */
}

static void test_want_of_descriptors_is_no_refusal(void **state) {
    struct fixture *fixture = *state;
    const int manager = make_fifo(fixture);
    init(fixture);
    fixture_starve(fixture, 0);
    perfadapt__psi_trigger_set(&trigger, NULL, &fixture->snapshot);
    fixture_feed(fixture);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_ERROR);
    assert_true(trigger.lost);
    assert_int_equal(fixture->logged, 0);
    perfadapt__psi_trigger_set(&trigger, NULL, &fixture->snapshot);
    assert_int_equal(fixture->snapshot.psi_trigger, PERFADAPT_STATE_OK);
    assert_true(trigger.is_stream);
    close(manager);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_that_does_not_fit),
        cmocka_unit_test(test_variables),
        TEST(test_off),
        TEST(test_another_root_has_no_manager),
        TEST(test_fifo),
        TEST(test_fifo_is_asked),
        TEST(test_flood),
        TEST(test_events_of_short_windows_all_count),
        TEST(test_rests_while_frames_flow),
        TEST(test_socket),
        TEST(test_growing_pauses),
        TEST(test_wishes_that_cannot_be_met),
        TEST(test_pressure_file),
        TEST(test_want_of_descriptors_is_no_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
