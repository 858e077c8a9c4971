/* Where sockets may lie, and where not. SPDX-License-Identifier: MIT */
#include "publish_fixture.h"

static enum perfadapt_result try_to_publish(void) {
    struct perfadapt__writer *writer;
    const enum perfadapt_result result = perfadapt__writer_create(0, NULL, &writer);
    assert_true((writer != NULL) == (result == PERFADAPT_OK));
    perfadapt__writer_destroy(&writer, false);
    return result;
}

static enum perfadapt_result try_to_read(void) {
    struct perfadapt__reader *reader = open_reader();
    const enum perfadapt_result result = perfadapt__reader_refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    perfadapt__reader_destroy(&reader);
    return result;
}

static void no_runtime_directory(void **state) {
    (void)state;
    unsetenv("XDG_RUNTIME_DIR");
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_NOT_FOUND);
    assert_int_equal(try_to_read(), PERFADAPT_ERROR_NOT_FOUND);
    setenv("XDG_RUNTIME_DIR", "relative/path", 1);
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_NOT_FOUND);
    assert_int_equal(try_to_read(), PERFADAPT_ERROR_NOT_FOUND);
}

static void runtime_directory_that_is_missing(void **state) {
    (void)state;
    setenv("XDG_RUNTIME_DIR", "/nonexistent/runtime", 1);
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_NOT_FOUND);
    assert_int_equal(try_to_read(), PERFADAPT_OK); /* named, and nothing there */
}

static void is_made_private(void **state) {
    (void)state;
    const mode_t mask = umask(0);
    struct published session = publish("viewer");
    umask(mask);
    struct stat status;
    assert_int_equal(stat(path_of(""), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    unpublish(&session);
}

static void named_by_the_caller(void **state) {
    (void)state;
    struct published session = publish("viewer");
    unsetenv("XDG_RUNTIME_DIR");
    struct perfadapt__reader *reader;
    assert_int_equal(perfadapt__reader_create(runtime_dir, NULL, &reader), PERFADAPT_OK);
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    perfadapt__reader_destroy(&reader);
    unpublish(&session);
}

static void open_to_others(void **state) {
    (void)state;
    make_directory();
    assert_int_equal(chmod(path_of(""), 0750), 0);
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_PERMISSION);
    assert_int_equal(try_to_read(), PERFADAPT_ERROR_PERMISSION);
    assert_int_equal(chmod(path_of(""), 0700), 0);
    assert_int_equal(try_to_publish(), PERFADAPT_OK);
}

static void of_another_user(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    make_directory();
    assert_int_equal(chown(path_of(""), 65534, 65534), 0);
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_PERMISSION);
    assert_int_equal(try_to_read(), PERFADAPT_ERROR_PERMISSION);
}

static void a_link(void **state) {
    (void)state;
    char link[128];
    snprintf(link, sizeof link, "%s/perfadapt", runtime_dir);
    char target[128];
    snprintf(target, sizeof target, "%s/elsewhere", runtime_dir);
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_PERMISSION);
    assert_int_equal(try_to_read(), PERFADAPT_ERROR_PERMISSION);
}

static void a_file(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/perfadapt", runtime_dir);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700));
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_PERMISSION);
    assert_int_equal(try_to_read(), PERFADAPT_ERROR_PERMISSION);
}

/* Beyond what a socket address holds: the way through /proc/self/fd. */
static void long_path(void **state) {
    (void)state;
    char path[512];
    strcpy(path, runtime_dir);
    for (int i = 0; i < 8; i++) {
        strcat(path, "/a-directory-with-a-long-name");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    setenv("XDG_RUNTIME_DIR", path, 1);
    struct published session = publish("deep");
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    unpublish(&session);
    perfadapt__reader_destroy(&reader);
    strcat(path, "/perfadapt");
    assert_int_equal(rmdir(path), 0); /* the socket is gone with its session */
}

static void endless_path(void **state) {
    (void)state;
    static char path[8192];
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    setenv("XDG_RUNTIME_DIR", path, 1);
    assert_int_equal(try_to_publish(), PERFADAPT_ERROR_INVALID);
    assert_int_equal(try_to_read(), PERFADAPT_ERROR_SYSTEM);
}

static void removed_and_made_again(void **state) {
    (void)state;
    struct published session = publish("viewer");
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    unpublish(&session);
    assert_int_equal(rmdir(path_of("")), 0);
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    session = publish("again");
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    unpublish(&session);
    perfadapt__reader_destroy(&reader);
}

static void socket_names(void **state) {
    (void)state;
    assert_true(perfadapt__directory_is_socket_name("1-0123456789abcdef.sock"));
    assert_true(perfadapt__directory_is_socket_name("4194304-0123456789abcdef.sock"));
    static const char *const others[] = {"",
                                         ".",
                                         "..",
                                         "-0123456789abcdef.sock",
                                         "1-0123456789abcde.sock",
                                         "1-0123456789abcdef0.sock",
                                         "1-0123456789ABCDEF.sock",
                                         "1-0123456789abcdef.sock~",
                                         "1-0123456789abcdef.new",
                                         "x1-0123456789abcdef.sock",
                                         "12345678901-0123456789abcdef.sock"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(perfadapt__directory_is_socket_name(others[i]));
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_runtime_dir, leave_runtime_dir)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(no_runtime_directory),
        IN_DIRECTORY(runtime_directory_that_is_missing),
        IN_DIRECTORY(is_made_private),
        IN_DIRECTORY(named_by_the_caller),
        IN_DIRECTORY(open_to_others),
        IN_DIRECTORY(of_another_user),
        IN_DIRECTORY(a_link),
        IN_DIRECTORY(a_file),
        IN_DIRECTORY(long_path),
        IN_DIRECTORY(endless_path),
        IN_DIRECTORY(removed_and_made_again),
        cmocka_unit_test(socket_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
