/* Edits of the configuration, as they are heard of. SPDX-License-Identifier: MIT */
#include "config/reload.h"

#include "fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAIN "/etc/perfadapt/perfadapt.ini"
#define USER "/home/me/.config"

struct watched {
    struct fixture *fixture;
    char data[160];
    struct perfadapt__variables variables;
    struct perfadapt__layers_request request;
    struct perfadapt__reload *reload;
};

static void create(struct watched *watched) {
    perfadapt__reload_destroy(watched->reload);
    watched->reload = perfadapt__reload_create(&watched->request);
    assert_non_null(watched->reload);
}

static int setup(void **state) {
    static char config_home[] = USER;
    struct watched *watched = calloc(1, sizeof *watched);
    void *fixture = NULL;
    if (!watched || fixture_setup(&fixture)) {
        free(watched);
        return -1;
    }
    watched->fixture = fixture;
    snprintf(watched->data, sizeof watched->data, "%s/data", watched->fixture->path);
    watched->variables.config_home = config_home;
    watched->request = (struct perfadapt__layers_request){.root = &watched->fixture->root,
                                                          .variables = &watched->variables,
                                                          .data_dir = watched->data,
                                                          .log = &watched->fixture->log};
    fixture_directory(watched->fixture, "/data");
    fixture_directory(watched->fixture, "/etc/perfadapt/perfadapt.d");
    create(watched);
    *state = watched;
    return 0;
}

static int teardown(void **state) {
    struct watched *watched = *state;
    void *fixture = watched->fixture;
    perfadapt__reload_destroy(watched->reload);
    free(watched);
    return fixture_teardown(&fixture);
}

static bool drain(struct watched *watched) {
    return perfadapt__reload_drain(watched->reload);
}

static bool is_readable(const struct watched *watched) {
    struct pollfd polled = {.fd = perfadapt__reload_fd(watched->reload), .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

static void test_descriptor(void **state) {
    struct watched *watched = *state;
    const int fd = perfadapt__reload_fd(watched->reload);
    assert_true(fd > STDERR_FILENO);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_false(is_readable(watched));
    assert_false(drain(watched));
    assert_int_equal(watched->fixture->logged, 0);
}

static void test_a_file_that_is_written(void **state) {
    struct watched *watched = *state;
    fixture_file(watched->fixture, MAIN, "");
    assert_true(is_readable(watched));
    assert_true(drain(watched));
    assert_false(is_readable(watched));
    assert_false(drain(watched));
    for (unsigned i = 0; i < 500; i++) /* a burst is one */
        fixture_file(watched->fixture, MAIN, "[policy]\n");
    assert_true(drain(watched));
    assert_false(drain(watched));
    fixture_remove(watched->fixture, MAIN);
    assert_true(drain(watched));
    assert_false(drain(watched));
}

/* What is half written is not read: the end of writing is told as well. */
static void test_a_file_that_is_being_written(void **state) {
    struct watched *watched = *state;
    char path[200];
    snprintf(path, sizeof path, "%s" MAIN, watched->fixture->path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_false(drain(watched));
    assert_int_equal(write(fd, "[pol", 4), 4);
    assert_false(drain(watched));
    close(fd);
    assert_true(drain(watched));
}

static void test_editors_rename(void **state) {
    struct watched *watched = *state;
    fixture_file(watched->fixture, "/etc/perfadapt/.perfadapt.ini.swp", "x");
    fixture_file(watched->fixture, "/etc/perfadapt/4913", "");
    fixture_remove(watched->fixture, "/etc/perfadapt/4913");
    fixture_file(watched->fixture, "/etc/perfadapt/perfadapt.ini~", "");
    fixture_file(watched->fixture, "/etc/perfadapt/sensors.ini", "");
    assert_true(is_readable(watched));
    assert_false(drain(watched));
    fixture_move(watched->fixture, "/etc/perfadapt/.perfadapt.ini.swp", MAIN);
    assert_true(drain(watched));
    fixture_move(watched->fixture, MAIN, "/etc/perfadapt/perfadapt.ini~");
    assert_true(drain(watched));
}

static void test_links_are_whole_at_once(void **state) {
    struct watched *watched = *state;
    fixture_link(watched->fixture, "/etc/perfadapt/perfadapt.d/a.ini", "/dev/null");
    assert_true(drain(watched));
    fixture_link(watched->fixture, "/etc/perfadapt/perfadapt.d/a.conf", "/dev/null");
    assert_false(drain(watched));
}

static void test_modes_count(void **state) {
    struct watched *watched = *state;
    fixture_file(watched->fixture, MAIN, "");
    drain(watched);
    fixture_mode(watched->fixture, MAIN, 0600);
    assert_true(drain(watched));
}

static void test_drop_ins_of_every_place(void **state) {
    static const char *const paths[] = {"/data/perfadapt.ini",
                                        "/data/perfadapt.d/a.ini",
                                        "/data/machines/a.ini",
                                        "/data/presets/a.ini",
                                        "/etc/perfadapt/perfadapt.d/a.ini",
                                        USER "/perfadapt/perfadapt.ini",
                                        USER "/perfadapt/perfadapt.d/a.ini"};
    struct watched *watched = *state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        fixture_file(watched->fixture, paths[i], ""); /* and the directories above it, one by one */
        if (!drain(watched))
            fail_msg("%s is not heard of", paths[i]);
        assert_false(drain(watched));
        fixture_file(watched->fixture, paths[i], "x");
        if (!drain(watched))
            fail_msg("%s is not heard of again", paths[i]);
        assert_false(drain(watched));
    }
}

static void test_a_parent_that_is_waited_in_is_let_go(void **state) {
    struct watched *watched = *state;
    fixture_directory(watched->fixture, USER);
    drain(watched);
    fixture_file(watched->fixture, USER "/other", "");
    assert_true(is_readable(watched)); /* waits there for perfadapt/ */
    assert_false(drain(watched));
    fixture_directory(watched->fixture, USER "/perfadapt/perfadapt.d");
    assert_true(drain(watched));
    assert_false(drain(watched)); /* takes away what tells of the end of the watch */
    fixture_file(watched->fixture, USER "/another", "");
    assert_false(is_readable(watched));
}

static void test_directories_that_go_and_come_back(void **state) {
    struct watched *watched = *state;
    fixture_file(watched->fixture, MAIN, "");
    assert_true(drain(watched));
    for (unsigned i = 0; i < 3; i++) {
        fixture_remove(watched->fixture, "/etc/perfadapt");
        assert_true(drain(watched));
        drain(watched);
        fixture_file(watched->fixture, MAIN, "");
        assert_true(drain(watched));
        assert_false(drain(watched));
    }
    fixture_move(watched->fixture, "/etc/perfadapt", "/etc/elsewhere");
    assert_true(drain(watched));
    drain(watched);
    fixture_file(watched->fixture, "/etc/elsewhere/perfadapt.ini", "x");
    assert_false(drain(watched)); /* no longer the configuration */
    fixture_move(watched->fixture, "/etc/elsewhere", "/etc/perfadapt");
    assert_true(drain(watched));
    fixture_file(watched->fixture, MAIN, "y");
    assert_true(drain(watched));
}

static void test_gone_and_back_between_two_drains(void **state) {
    struct watched *watched = *state;
    fixture_file(watched->fixture, MAIN, "");
    drain(watched);
    fixture_remove(watched->fixture, "/etc/perfadapt");
    fixture_file(watched->fixture, MAIN, "");
    assert_true(drain(watched));
    drain(watched);
    fixture_file(watched->fixture, MAIN, "x");
    assert_true(drain(watched));
}

/* As dotfiles are kept. */
static void test_a_file_behind_a_link(void **state) {
    struct watched *watched = *state;
    struct fixture *fixture = watched->fixture;
    fixture_file(fixture, "/dotfiles/perfadapt.ini", "[policy]\n");
    fixture_link(fixture, MAIN, "../../dotfiles/perfadapt.ini");
    assert_true(drain(watched));
    assert_false(drain(watched));
    fixture_file(fixture, "/dotfiles/perfadapt.ini", "[policy]\nmode = off\n"); /* in place */
    assert_true(drain(watched));
    assert_false(drain(watched));
    fixture_file(fixture, "/dotfiles/new", "[policy]\n");
    assert_false(drain(watched));
    for (int i = 0; i < 3; i++) { /* as editors do */
        fixture_file(fixture, "/dotfiles/new", "[policy]\n");
        fixture_move(fixture, "/dotfiles/new", "/dotfiles/perfadapt.ini");
        assert_true(drain(watched));
    }
    assert_false(drain(watched));
    fixture_remove(fixture, MAIN);
    assert_true(drain(watched));
    fixture_file(fixture, "/dotfiles/perfadapt.ini", "[policy]\n"); /* nobody's any more */
    assert_false(drain(watched));
    fixture_link(fixture, MAIN, "/dev/null");
    assert_true(drain(watched));
    assert_false(drain(watched));
}

/* The file goes, and its whole directory; both come back later. */
static void test_a_link_that_leads_nowhere_for_a_while(void **state) {
    struct watched *watched = *state;
    struct fixture *fixture = watched->fixture;
    fixture_link(fixture, MAIN, "../../dotfiles/perfadapt.ini");
    assert_true(drain(watched));
    assert_false(drain(watched));
    fixture_file(fixture, "/dotfiles/perfadapt.ini", "[policy]\n");
    assert_true(drain(watched));
    assert_false(drain(watched));
    fixture_remove(fixture, "/dotfiles/perfadapt.ini");
    assert_true(drain(watched));
    assert_false(drain(watched));
    fixture_file(fixture, "/dotfiles/perfadapt.ini", "[policy]\n");
    assert_true(drain(watched));
    fixture_file(fixture, "/dotfiles/perfadapt.ini", "[policy]\nmode = off\n");
    assert_true(drain(watched));
    create(watched); /* another session, from the start */
    assert_false(drain(watched));
    fixture_file(fixture, "/dotfiles/perfadapt.ini", "[policy]\n");
    assert_true(drain(watched));
}

/* A mounted ConfigMap: links by way of one directory, which is turned over. */
static void test_a_directory_that_is_turned_over(void **state) {
    struct watched *watched = *state;
    fixture_file(watched->fixture, "/etc/perfadapt/..1/perfadapt.ini", "");
    fixture_file(watched->fixture, "/etc/perfadapt/..2/perfadapt.ini", "");
    fixture_link(watched->fixture, "/etc/perfadapt/..data", "..1");
    fixture_link(watched->fixture, MAIN, "..data/perfadapt.ini");
    assert_true(drain(watched));
    fixture_link(watched->fixture, "/etc/perfadapt/..data_tmp", "..2");
    assert_false(drain(watched));
    fixture_move(watched->fixture, "/etc/perfadapt/..data_tmp", "/etc/perfadapt/..data");
    assert_true(drain(watched));
}

static void test_own_directory_of_the_host(void **state) {
    struct watched *watched = *state;
    char config[200];
    snprintf(config, sizeof config, "%s/a/b", watched->fixture->path);
    watched->request.config_dir = config;
    create(watched);
    config[0] = '\0'; /* it is copied */
    fixture_file(watched->fixture, MAIN, "");
    assert_false(drain(watched));
    fixture_file(watched->fixture, "/a/b/perfadapt.d/x.ini", "");
    assert_true(drain(watched));
    assert_false(drain(watched));
}

static void test_no_descriptor_left(void **state) {
    struct watched *watched = *state;
    perfadapt__reload_destroy(watched->reload);
    watched->reload = NULL;
    fixture_starve(watched->fixture, 0);
    watched->reload = perfadapt__reload_create(&watched->request);
    fixture_feed(watched->fixture);
    assert_non_null(watched->reload);
    assert_int_equal(perfadapt__reload_fd(watched->reload), -1);
    assert_int_equal(watched->fixture->logged, 1);
    assert_non_null(strstr(watched->fixture->last_line, "(errno 24)"));
    assert_false(drain(watched));
    assert_int_equal(watched->fixture->logged, 1);
}

static void test_an_overflow_is_a_change(void **state) {
    struct watched *watched = *state;
    char text[32] = "";
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    if (!file || !fgets(text, sizeof text, file) || strtol(text, NULL, 10) > 65536)
        skip();
    const long most = strtol(text, NULL, 10);
    assert_int_equal(fclose(file), 0);
    drain(watched);
    for (long i = 0; i <= most; i++) { /* two names in turn: the same event twice is one */
        char name[220];
        snprintf(name, sizeof name, "%s/etc/perfadapt/x%c", watched->fixture->path, (int)('a' + i % 2));
        const int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        close(fd);
    }
    bool changed = false;
    for (unsigned i = 0; i < 1000 && is_readable(watched); i++)
        changed |= drain(watched);
    assert_true(changed);
    assert_false(is_readable(watched));
}

static void test_nothing_to_destroy(void **state) {
    (void)state;
    perfadapt__reload_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_descriptor),
        TEST(test_a_file_that_is_written),
        TEST(test_a_file_that_is_being_written),
        TEST(test_editors_rename),
        TEST(test_links_are_whole_at_once),
        TEST(test_a_file_behind_a_link),
        TEST(test_a_link_that_leads_nowhere_for_a_while),
        TEST(test_modes_count),
        TEST(test_drop_ins_of_every_place),
        TEST(test_a_parent_that_is_waited_in_is_let_go),
        TEST(test_directories_that_go_and_come_back),
        TEST(test_gone_and_back_between_two_drains),
        TEST(test_a_directory_that_is_turned_over),
        TEST(test_own_directory_of_the_host),
        TEST(test_no_descriptor_left),
        TEST(test_an_overflow_is_a_change),
        TEST(test_nothing_to_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
