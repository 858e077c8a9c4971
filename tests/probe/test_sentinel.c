/* What is remembered of a driver that took the probe or the machine down. SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "probe/replace_file.h"
#include "probe/sentinel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct probe_sentinel sentinel;
static char why[512];

/* The cache directory of the fixture, outside of its root's view: a path of this machine. */
static const char *place(const struct fixture *fixture) {
    static char path[256];
    snprintf(path, sizeof path, "%s/cache/perfadapt", fixture->path);
    return path;
}

static struct probe_icd make_icd(struct fixture *fixture, const char *name) {
    struct probe_icd icd = {.library = "libmade.so"};
    struct stat status;
    fixture_file(fixture, name, "manifest");
    snprintf(icd.path, sizeof icd.path, "%s%s", fixture->path, name);
    assert_int_equal(stat(icd.path, &status), 0);
    icd.time_ns = (int64_t)status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
    icd.bytes = (uint64_t)status.st_size;
    return icd;
}

static void start(const struct fixture *fixture, const char *boot_id) {
    assert_int_equal(probe_sentinel_open(place(fixture), boot_id, &sentinel), PROBE_SENTINEL_OPEN);
}

/* A probe that dies in the middle, and lets go of its lock as the dead do. */
static void die_in(const struct fixture *fixture, const char *boot_id, const struct probe_icd *icd) {
    const pid_t pid = fork();
    if (pid == 0) {
        probe_sentinel_open(place(fixture), boot_id, &sentinel);
        probe_sentinel_begin(&sentinel, icd);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool avoids(const struct probe_icd *icd) {
    return probe_sentinel_avoids(&sentinel, icd, why, sizeof why);
}

static bool exists(const struct fixture *fixture, const char *name) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", place(fixture), name);
    return access(path, F_OK) == 0;
}

static void test_nothing_happened(void **state) {
    struct fixture *fixture = *state;
    struct stat status;
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    start(fixture, "boot-1");
    assert_false(avoids(&icd));
    probe_sentinel_begin(&sentinel, &icd);
    assert_true(exists(fixture, "probe.lock"));
    probe_sentinel_end(&sentinel);
    assert_false(exists(fixture, "probe.lock"));
    probe_sentinel_close(&sentinel);
    assert_string_equal(sentinel.warning, "");
    assert_int_equal(stat(place(fixture), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    start(fixture, "boot-1");
    assert_false(avoids(&icd));
    assert_false(exists(fixture, "probe.avoid"));
    probe_sentinel_close(&sentinel);
}

static void test_found(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd bad = make_icd(fixture, "/a.json");
    const struct probe_icd good = make_icd(fixture, "/b.json");
    die_in(fixture, "boot-1", &bad);
    assert_true(exists(fixture, "probe.lock"));
    die_in(fixture, "boot-1", &bad);
    for (int i = 0; i < 3; i++) { /* and it stays so */
        start(fixture, "boot-1");
        assert_true(avoids(&bad));
        assert_non_null(strstr(why, "an earlier probe ended"));
        assert_non_null(strstr(why, sentinel.avoid_path));
        assert_false(avoids(&good));
        assert_false(exists(fixture, "probe.lock"));
        assert_string_equal(sentinel.warning, "");
        probe_sentinel_begin(&sentinel, &good);
        probe_sentinel_end(&sentinel);
        probe_sentinel_close(&sentinel);
    }
    assert_int_equal(unlink(sentinel.avoid_path), 0);
    start(fixture, "boot-1");
    assert_false(avoids(&bad));
    probe_sentinel_close(&sentinel);
}

/* The machine stayed up: somebody's SIGKILL, as likely. */
static void test_once_is_no_proof(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd bad = make_icd(fixture, "/a.json");
    const struct probe_icd good = make_icd(fixture, "/b.json");
    die_in(fixture, "boot-1", &bad);
    for (int i = 0; i < 2; i++) { /* whoever only looks does not count */
        start(fixture, "boot-1");
        assert_false(avoids(&bad));
        assert_int_equal(sentinel.count, 1);
        assert_string_equal(sentinel.warning, "");
        probe_sentinel_close(&sentinel);
    }
    die_in(fixture, "boot-1", &good); /* another's death is none of its own */
    start(fixture, "boot-1");
    assert_false(avoids(&bad));
    assert_false(avoids(&good));
    assert_int_equal(sentinel.count, 2);
    probe_sentinel_close(&sentinel);
    start(fixture, "boot-2"); /* forgotten */
    assert_int_equal(sentinel.count, 0);
    assert_false(exists(fixture, "probe.avoid"));
    probe_sentinel_close(&sentinel);
    die_in(fixture, "boot-2", &bad);
    start(fixture, "boot-2");
    assert_false(avoids(&bad));
    probe_sentinel_close(&sentinel);
    die_in(fixture, "boot-2", &bad);
    start(fixture, "boot-2");
    assert_true(avoids(&bad));
    probe_sentinel_close(&sentinel);
    start(fixture, "boot-3"); /* proven, and kept */
    assert_true(avoids(&bad));
    probe_sentinel_close(&sentinel);
}

static void test_other_boot(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    die_in(fixture, "boot-1", &icd);
    start(fixture, "boot-2");
    assert_true(avoids(&icd));
    assert_non_null(strstr(why, "an earlier boot ended"));
    probe_sentinel_close(&sentinel);
}

static void test_two_drivers(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd a = make_icd(fixture, "/a.json");
    const struct probe_icd b = make_icd(fixture, "/with a space.json");
    die_in(fixture, "boot-1", &a);
    die_in(fixture, "boot-2", &b);
    die_in(fixture, "boot-2", &b);
    start(fixture, "boot-2");
    assert_true(avoids(&a));
    assert_non_null(strstr(why, "boot"));
    assert_true(avoids(&b));
    assert_non_null(strstr(why, "probe"));
    probe_sentinel_close(&sentinel);
}

static void test_changed_manifest(void **state) {
    struct fixture *fixture = *state;
    struct stat status;
    struct probe_icd icd = make_icd(fixture, "/a.json");
    die_in(fixture, "boot-1", &icd);
    die_in(fixture, "boot-1", &icd);
    start(fixture, "boot-1");
    assert_true(avoids(&icd));
    probe_sentinel_close(&sentinel);
    fixture_file(fixture, "/a.json", "a manifest of another length");
    assert_int_equal(stat(icd.path, &status), 0);
    icd.time_ns = (int64_t)status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
    icd.bytes = (uint64_t)status.st_size;
    start(fixture, "boot-1");
    assert_false(avoids(&icd));
    assert_false(exists(fixture, "probe.avoid")); /* there is nothing left to remember */
    probe_sentinel_close(&sentinel);
}

static void test_manifest_that_is_gone(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    die_in(fixture, "boot-1", &icd);
    fixture_remove(fixture, "/a.json");
    start(fixture, "boot-1");
    assert_int_equal(sentinel.count, 0);
    assert_false(exists(fixture, "probe.lock"));
    probe_sentinel_close(&sentinel);
}

/* Died, updated, died again: the record is of the new one. */
static void test_died_in_the_new_one_too(void **state) {
    struct fixture *fixture = *state;
    struct probe_icd icd = make_icd(fixture, "/a.json");
    die_in(fixture, "boot-1", &icd);
    start(fixture, "boot-1");
    probe_sentinel_close(&sentinel);
    fixture_file(fixture, "/a.json", "x");
    icd = make_icd(fixture, "/a.json");
    die_in(fixture, "boot-1", &icd);
    start(fixture, "boot-1");
    assert_false(avoids(&icd)); /* the old one's death is none of its own */
    probe_sentinel_close(&sentinel);
    die_in(fixture, "boot-1", &icd);
    start(fixture, "boot-1");
    assert_true(avoids(&icd));
    assert_int_equal(sentinel.count, 1);
    probe_sentinel_close(&sentinel);
}

static void test_busy(void **state) {
    struct fixture *fixture = *state;
    static struct probe_sentinel other;
    start(fixture, "boot-1");
    assert_int_equal(probe_sentinel_open(place(fixture), "boot-1", &other), PROBE_SENTINEL_BUSY);
    assert_int_equal(other.directory_fd, -1);
    probe_sentinel_close(&sentinel);
    assert_int_equal(probe_sentinel_open(place(fixture), "boot-1", &other), PROBE_SENTINEL_OPEN);
    probe_sentinel_close(&other);
}

static void test_broken_files(void **state) {
    struct fixture *fixture = *state;
    static char large[40000];
    static const char *const texts[] = {"garbage\n",           "1 2\n",         "1 2 boot\n",
                                        "1 2 boot relative\n", "-\n",           "99999999999999999999999 1 b /x\n",
                                        "\xff\xfe\x01",        "1 -2 boot /x\n"};
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fixture_file(fixture, "/cache/perfadapt/probe.lock", texts[i]);
        fixture_file(fixture, "/cache/perfadapt/probe.avoid", texts[i]);
        start(fixture, "boot-1");
        assert_int_equal(sentinel.count, 0);
        assert_non_null(strstr(sentinel.warning, "probe.avoid"));
        assert_false(avoids(&icd));
        probe_sentinel_close(&sentinel);
    }
    memset(large, '1', sizeof large - 1);
    fixture_file(fixture, "/cache/perfadapt/probe.avoid", large);
    start(fixture, "boot-1");
    assert_int_equal(sentinel.count, 0);
    assert_true(*sentinel.warning);
    probe_sentinel_close(&sentinel);
}

/* One bad line costs no other. */
static void test_one_good_line(void **state) {
    struct fixture *fixture = *state;
    char text[2048];
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    snprintf(text, sizeof text, "nonsense\n%lld %llu boot-0 %s\n", (long long)icd.time_ns,
             (unsigned long long)icd.bytes, icd.path);
    fixture_file(fixture, "/cache/perfadapt/probe.avoid", text);
    start(fixture, "boot-1");
    assert_true(avoids(&icd));
    assert_non_null(strstr(sentinel.warning, "not all of it"));
    probe_sentinel_close(&sentinel);
}

static void test_something_else_of_that_name(void **state) {
    struct fixture *fixture = *state;
    char path[300];
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    fixture_directory(fixture, "/cache/perfadapt/probe.lock/inside");
    start(fixture, "boot-1");
    assert_non_null(strstr(sentinel.warning, "probe.lock"));
    probe_sentinel_begin(&sentinel, &icd);
    probe_sentinel_end(&sentinel);
    probe_sentinel_close(&sentinel);
    fixture_remove(fixture, "/cache/perfadapt/probe.lock");
    snprintf(path, sizeof path, "%s/probe.avoid", place(fixture));
    assert_int_equal(mkfifo(path, 0600), 0);
    start(fixture, "boot-1");
    assert_non_null(strstr(sentinel.warning, "probe.avoid"));
    probe_sentinel_close(&sentinel);
    fixture_remove(fixture, "/cache/perfadapt/probe.avoid");
    fixture_link(fixture, "/cache/perfadapt/probe.avoid", "/etc/passwd");
    start(fixture, "boot-1");
    assert_non_null(strstr(sentinel.warning, "probe.avoid"));
    probe_sentinel_close(&sentinel);
}

static void test_no_place(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    assert_int_equal(probe_sentinel_open(NULL, "", &sentinel), PROBE_SENTINEL_OPEN);
    assert_string_equal(sentinel.warning, "");
    probe_sentinel_begin(&sentinel, &icd);
    probe_sentinel_end(&sentinel);
    assert_false(avoids(&icd));
    probe_sentinel_close(&sentinel);
    fixture_file(fixture, "/cache", "a file in the way");
    start(fixture, "boot-1");
    assert_non_null(strstr(sentinel.warning, strerror(ENOTDIR)));
    probe_sentinel_begin(&sentinel, &icd);
    probe_sentinel_end(&sentinel);
    probe_sentinel_close(&sentinel);
}

static void test_read_only_directory(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    if (!fixture_is_plain_user())
        skip();
    fixture_directory(fixture, "/cache/perfadapt");
    fixture_mode(fixture, "/cache/perfadapt", 0500);
    start(fixture, "boot-1");
    probe_sentinel_begin(&sentinel, &icd);
    assert_non_null(strstr(sentinel.warning, strerror(EACCES)));
    probe_sentinel_end(&sentinel);
    probe_sentinel_close(&sentinel);
    fixture_mode(fixture, "/cache/perfadapt", 0700);
}

/* Not a full disk, but as good: not a byte can be written. In a child, as a limit is not raised again. */
static void test_full_disk(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    const pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit none = {0, 0};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &none);
        probe_sentinel_open(place(fixture), "boot-1", &sentinel);
        probe_sentinel_begin(&sentinel, &icd);
        const bool told = strstr(sentinel.warning, strerror(EFBIG)) != NULL;
        probe_sentinel_end(&sentinel);
        _exit(told ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    start(fixture, "boot-1");
    assert_false(avoids(&icd));
    probe_sentinel_close(&sentinel);
}

static void test_abandoned(void **state) {
    struct fixture *fixture = *state;
    const struct probe_icd icd = make_icd(fixture, "/a.json");
    start(fixture, "boot-1");
    probe_sentinel_begin(&sentinel, &icd);
    probe_sentinel_abandon();
    assert_false(exists(fixture, "probe.lock"));
    probe_sentinel_end(&sentinel);
    probe_sentinel_close(&sentinel);
    assert_string_equal(sentinel.warning, "");
}

static void test_leftovers(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/cache/perfadapt/device.ini.aB3dE6", "half");
    fixture_file(fixture, "/cache/perfadapt/probe.lock.aB3dE6", "half");
    fixture_file(fixture, "/cache/perfadapt/device.ini.backup-of-mine", "kept");
    fixture_file(fixture, "/cache/perfadapt/device.ini", "kept");
    start(fixture, "boot-1");
    assert_false(exists(fixture, "device.ini.aB3dE6"));
    assert_false(exists(fixture, "probe.lock.aB3dE6"));
    assert_true(exists(fixture, "device.ini.backup-of-mine"));
    assert_true(exists(fixture, "device.ini"));
    probe_sentinel_close(&sentinel);
}

/* More than are kept: the machine is past help, the file is not. */
static void test_many(void **state) {
    struct fixture *fixture = *state;
    char name[32];
    for (unsigned i = 0; i < PROBE_SENTINEL_RECORDS_MAX + 2; i++) {
        snprintf(name, sizeof name, "/%02u.json", i);
        const struct probe_icd icd = make_icd(fixture, name);
        die_in(fixture, "boot-1", &icd);
    }
    start(fixture, "boot-1");
    assert_int_equal(sentinel.count, PROBE_SENTINEL_RECORDS_MAX);
    assert_string_equal(sentinel.warning, "");
    probe_sentinel_close(&sentinel);
}

/* Root, with the HOME of a user. */
static void test_nothing_of_root_in_a_users_home(void **state) {
    struct fixture *fixture = *state;
    char home[300];
    char path[400];
    if (geteuid() != 0)
        skip();
    fixture_directory(fixture, "/home");
    snprintf(home, sizeof home, "%s/home", fixture->path);
    snprintf(path, sizeof path, "%s/.cache/perfadapt/device.ini", home);
    assert_int_equal(chown(home, 1000, 1000), 0);
    assert_int_equal(probe_replace_file(path, "x", 1), -EPERM);
    snprintf(path, sizeof path, "%s/.cache", home);
    assert_int_equal(access(path, F_OK), -1);
    fixture_directory(fixture, "/home/.cache/perfadapt"); /* what is there already is used */
    snprintf(path, sizeof path, "%s/.cache/perfadapt/device.ini", home);
    assert_int_equal(probe_replace_file(path, "x", 1), 0);
    assert_int_equal(chown(home, 0, 0), 0);
}

static void test_replace_file(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    char text[32] = "";
    struct stat status;
    snprintf(path, sizeof path, "%s/a/b/file", fixture->path);
    assert_int_equal(probe_replace_file(path, "one", 3), 0);
    assert_int_equal(probe_replace_file(path, "two!", 4), 0);
    assert_int_equal(perfadapt__fs_read_once(&fixture->root, "/a/b/file", text, sizeof text), 4);
    assert_string_equal(text, "two!");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    fixture_directory(fixture, "/a/c/inside");
    snprintf(path, sizeof path, "%s/a/c", fixture->path);
    assert_int_equal(probe_replace_file(path, "x", 1), -EISDIR);
    snprintf(path, sizeof path, "%s/a/b/file/x", fixture->path);
    assert_int_equal(probe_replace_file(path, "x", 1), -ENOTDIR);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_happened),
        TEST(test_found),
        TEST(test_once_is_no_proof),
        TEST(test_other_boot),
        TEST(test_two_drivers),
        TEST(test_changed_manifest),
        TEST(test_manifest_that_is_gone),
        TEST(test_died_in_the_new_one_too),
        TEST(test_busy),
        TEST(test_broken_files),
        TEST(test_one_good_line),
        TEST(test_something_else_of_that_name),
        TEST(test_no_place),
        TEST(test_read_only_directory),
        TEST(test_full_disk),
        TEST(test_abandoned),
        TEST(test_leftovers),
        TEST(test_many),
        TEST(test_nothing_of_root_in_a_users_home),
        TEST(test_replace_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
