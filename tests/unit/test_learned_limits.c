/* Learned limits from one session to the next: the text, the file, a session. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "fixture.h"
#include "made_machine.h"
#include "tuning/learned_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <perfadapt/perfadapt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SENSOR "coretemp/Package id 0"
#define OTHER "0123456789abcdef" /* a machine */
#define FILE_NAME "/state/perfadapt/limits-sysroot.ini"
#define SECOND PERFADAPT__NS_PER_S

/* ---- text ---- */

static struct perfadapt__limits limits;
static struct perfadapt__limits again;
static char text[PERFADAPT__LIMITS_BYTES_MAX];

static bool parse(const struct fixture *fixture, const char *bytes, size_t length, const char *machine,
                  struct perfadapt__limits *out) {
    const struct perfadapt__limits_wanted wanted = {.machine = machine,
                                                    .oldest = "2026-01-01",
                                                    .today = "2026-02-01",
                                                    .name = "limits.ini",
                                                    .log = fixture ? &fixture->log : NULL};
    char *exact = malloc(length ? length : 1); /* so that a sanitizer sees its end */
    assert_non_null(exact);
    memcpy(exact, bytes, length);
    const bool may_be_replaced = perfadapt__limits_parse(exact, length, &wanted, out);
    free(exact);
    return may_be_replaced;
}

static void fill(size_t count) {
    memset(&limits, 0, sizeof limits);
    for (limits.count = 0; limits.count < count; limits.count++) {
        struct perfadapt__learned_limit *limit = &limits.list[limits.count];
        *limit = (struct perfadapt__learned_limit){
            .limit_dc = 300 + (int32_t)limits.count * 15, .times = UINT32_C(1000000000), .learned = "2026-01-15"};
        memset(limit->sensor, 'a', sizeof limit->sensor - 1);
        snprintf(limit->sensor, 40, "0000:03:00.0/amdgpu ; [%02u]=", (unsigned)limits.count);
        limit->sensor[strlen(limit->sensor)] = '#';
        snprintf(limit->machine, sizeof limit->machine, "%016x", (unsigned)limits.count % 3);
    }
}

static void test_round_trip(void **state) {
    static const size_t counts[] = {0, 1, 3, PERFADAPT__LIMITS_MAX};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        fill(counts[i]);
        const size_t length = perfadapt__limits_print(&limits, text);
        assert_true(length < sizeof text);
        assert_true(parse(fixture, text, length, NULL, &again));
        assert_int_equal(again.count, limits.count);
        assert_memory_equal(again.list, limits.list, limits.count * sizeof limits.list[0]);
    }
    assert_int_equal(fixture->logged, 0);
}

static void assert_bounded(const struct perfadapt__limits *any) {
    assert_true(any->count <= PERFADAPT__LIMITS_MAX);
    for (size_t i = 0; i < any->count; i++) {
        assert_in_range(any->list[i].limit_dc, 300, 1250);
        assert_true(strcmp(any->list[i].learned, "2026-01-01") >= 0);
        assert_true(*any->list[i].sensor && perfadapt__limits_can_hold(any->list[i].sensor));
    }
}

static void test_cut_anywhere(void **state) {
    (void)state;
    fill(3);
    const size_t length = perfadapt__limits_print(&limits, text);
    for (size_t cut = 0; cut < length; cut++) {
        assert_true(parse(NULL, text, cut, NULL, &again));
        assert_bounded(&again);
        assert_true(again.count <= 3);
    }
}

static void test_any_bit_flipped(void **state) {
    (void)state;
    fill(3);
    const size_t length = perfadapt__limits_print(&limits, text);
    for (size_t bit = 0; bit < length * 8; bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        (void)parse(NULL, text, length, NULL, &again);
        assert_bounded(&again);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
}

#define WHOLE(rest) "[limit]\nsensor = a b\nmachine = " OTHER "\nlimit_c = 80\n" rest

static size_t count_of(struct fixture *fixture, const char *whole) {
    fixture->logged = 0;
    assert_true(parse(fixture, whole, strlen(whole), NULL, &again));
    return again.count;
}

static void assert_warned(struct fixture *fixture, const char *whole, size_t count, const char *told) {
    assert_int_equal(count_of(fixture, whole), count);
    assert_int_equal(fixture->logged, 1);
    if (!strstr(fixture->last_line, told))
        fail_msg("\"%s\" tells \"%s\"", whole, fixture->last_line);
}

static void test_edited_by_hand(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(count_of(fixture, ""), 0);
    assert_int_equal(count_of(fixture, WHOLE("")), 1);
    assert_string_equal(again.list[0].learned, "2026-02-01");
    assert_string_equal(again.list[0].sensor, "a b");
    assert_int_equal(again.list[0].limit_dc, 800);
    assert_int_equal(
        count_of(fixture, "\xef\xbb\xbf# mine\r\n" WHOLE("limit_c = 79.96 ; cooler\r\nlearned=2026-01-02\n")), 1);
    assert_int_equal(again.list[0].limit_dc, 800);
    assert_string_equal(again.list[0].learned, "2026-01-02");
    assert_int_equal(count_of(fixture, "[limit]\nsensor = a\nlimit_c = 80\n" WHOLE("")), 1); /* of no machine */
    assert_int_equal(count_of(fixture, WHOLE("learned = 2025-12-31\n")), 0);
    assert_int_equal(count_of(fixture, WHOLE("learned = 2099-01-01\n")), 1); /* a clock was wrong */
    assert_int_equal(fixture->logged, 0);
}

static void test_warnings(void **state) {
    struct fixture *fixture = *state;
    static const char *const numbers[] = {"29.9", "125.1", "-80", "nan", "inf", "1e400", "80 C", "0x50", ""};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char whole[128];
        snprintf(whole, sizeof whole, "[limit]\nsensor = a\nmachine = " OTHER "\nlimit_c = %s\n", numbers[i]);
        assert_warned(fixture, whole, 0, "limits.ini:4: left out; known are sensor");
    }
    assert_warned(fixture, WHOLE("times = -1\n"), 1, "limits.ini:5: ");
    assert_warned(fixture, WHOLE("learned = soon\n"), 1, "limits.ini:5: ");
    assert_warned(fixture, WHOLE("limit = 80\n"), 1, "limits.ini:5: ");
    assert_warned(fixture, WHOLE("version = new\n"), 1, "limits.ini:5: ");
    assert_warned(fixture, WHOLE("sensor = a\tb\n"), 1, "limits.ini:5: ");
    assert_warned(fixture, WHOLE("nonsense\n"), 0, "limits.ini:5: neither");
}

static void test_other_versions(void **state) {
    struct fixture *fixture = *state;
    static const char newer[] = "[limits]\nversion = 2\n" WHOLE("");
    assert_false(parse(fixture, newer, sizeof newer - 1, NULL, &again));
    assert_int_equal(again.count, 0);
    assert_int_equal(count_of(fixture, "[limits]\nversion = 0\n" WHOLE("")), 1);
    assert_int_equal(fixture->logged, 0);
}

static void assert_date(int64_t unix_s, const char *expected) {
    char date[PERFADAPT__DATE_BYTES];
    perfadapt__date_print(unix_s, date);
    assert_string_equal(date, expected);
}

static void test_dates(void **state) {
    (void)state;
    assert_date(0, "1970-01-01");
    assert_date(-1, "1970-01-01");
    assert_date(INT64_MIN, "1970-01-01");
    assert_date(86399, "1970-01-01");
    assert_date(86400, "1970-01-02");
    assert_date(951782400, "2000-02-29");
    assert_date(INT64_C(4107542400), "2100-03-01");
    assert_date(INT64_MAX, "9999-12-31");
    for (int64_t day = 0; day < 60000; day += 13) {
        const time_t seconds = (time_t)(day * 86400 + 7);
        struct tm parts;
        char expected[16];
        gmtime_r(&seconds, &parts);
        strftime(expected, sizeof expected, "%Y-%m-%d", &parts);
        assert_date(seconds, expected);
    }
}

/* ---- one session's part, without one ---- */

static struct perfadapt__learned_limits learned;
static struct perfadapt_snapshot snapshot;
static struct perfadapt__variables variables;
static struct perfadapt__thermal_control thermal;
static char state_home[160];

static void begin(struct fixture *fixture) {
    memset(&learned, 0, sizeof learned);
    perfadapt__learned_limits_init(&learned, &fixture->root, &variables, &fixture->log);
    perfadapt__thermal_init(&thermal);
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        thermal.channels[i].learned_limit_c = thermal.channels[i].stated_c = (double)NAN;
    fixture->logged = 0;
}

static int set_up(void **state) {
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *fixture = *state;
    fixture_directory(fixture, "/state");
    made_dmi(fixture, "Maker", "Thing", "Board", NULL);
    snprintf(state_home, sizeof state_home, "%s/state", fixture->path);
    variables = (struct perfadapt__variables){.state_home = state_home};
    memset(&snapshot, 0, sizeof snapshot);
    snapshot.sensor_count = 2;
    strcpy(snapshot.sensors[0].id, "other");
    strcpy(snapshot.sensors[1].id, SENSOR);
    begin(fixture);
    return 0;
}

static void learn(double celsius) {
    thermal.channels[2].key = 2;
    thermal.channels[2].stated_c = 100;
    thermal.channels[2].learned_limit_c = celsius;
    perfadapt__learned_limits_take(&learned, &snapshot, &thermal);
}

static double recalled(void) {
    struct perfadapt__reading reading;
    perfadapt__reading_init(&reading, 0);
    reading.heat_count = 2;
    reading.heat[0].key = 1;
    reading.heat[1].key = 2;
    perfadapt__learned_limits_recall(&learned, &snapshot, &reading);
    assert_true(isnan(reading.heat[0].remembered_c));
    return reading.heat[1].remembered_c;
}

static void run_at(int64_t seconds) {
    perfadapt__learned_limits_run(&learned, seconds * SECOND, false);
}

static void in_state(const struct fixture *fixture, const char *name, char *out, size_t capacity) {
    snprintf(out, capacity, "%s%s", fixture->path, name);
}

/* "" where there is none. */
static const char *contents(const struct fixture *fixture, const char *name) {
    static char whole[PERFADAPT__LIMITS_BYTES_MAX + 1];
    char path[256];
    in_state(fixture, name, path, sizeof path);
    FILE *file = fopen(path, "r");
    const size_t length = file ? fread(whole, 1, sizeof whole - 1, file) : 0;
    whole[length] = '\0';
    if (file)
        fclose(file);
    return whole;
}

static void assert_kept(const struct fixture *fixture, const char *line) {
    if (!strstr(contents(fixture, FILE_NAME), line))
        fail_msg("\"%s\" is not in \"%s\"", line, contents(fixture, FILE_NAME));
}

/* What a session learns the next one has, and other machines' stay. */
static void test_kept_for_the_next_session(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    struct stat status;
    fixture_file(fixture, FILE_NAME, "[limit]\nsensor = " SENSOR "\nmachine = " OTHER "\nlimit_c = 70\n");
    run_at(100);
    assert_true(isnan(recalled()));
    learn(83.47);
    assert_true(fabs(recalled() - 83.47) < 1e-9);
    run_at(101);
    assert_kept(fixture, "sensor = " SENSOR "\n");
    assert_kept(fixture, "limit_c = 83.4\n");
    assert_kept(fixture, "times = 1\n");
    assert_kept(fixture, "machine = " OTHER "\nlimit_c = 70.0\n");
    in_state(fixture, FILE_NAME, path, sizeof path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    begin(fixture);
    run_at(200);
    assert_true(fabs(recalled() - 83.4) < 1e-9);
    made_dmi(fixture, "Maker", "Another thing", "Board", NULL);
    begin(fixture);
    run_at(300);
    assert_true(isnan(recalled()));
    assert_int_equal(fixture->logged, 0);
}

/* Machine ids are told to nobody, and tell machines of one kind apart. */
static void test_machines_are_told_apart(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    run_at(100);
    learn(80);
    run_at(101);
    assert_kept(fixture, "limit_c = 80.0\n");
    assert_null(strstr(contents(fixture, FILE_NAME), "0123456789abcdef"));
    fixture_file(fixture, "/etc/machine-id", "0123456789abcdef0123456789abcde0\n");
    begin(fixture);
    run_at(200);
    assert_true(isnan(recalled()));
}

static void test_written_seldom(void **state) {
    struct fixture *fixture = *state;
    run_at(100);
    learn(80);
    run_at(101);
    learn(79);
    run_at(102);
    assert_kept(fixture, "limit_c = 80.0\n");
    run_at(131);
    assert_kept(fixture, "limit_c = 79.0\n");
    assert_kept(fixture, "times = 2\n");
    learn(79.9); /* rises are small, and many */
    run_at(200);
    assert_kept(fixture, "limit_c = 79.0\n");
    learn(80.01);
    run_at(300);
    assert_kept(fixture, "limit_c = 80.0\n");
    assert_kept(fixture, "times = 2\n");
    learn(80.5);
    perfadapt__learned_limits_run(&learned, 301 * SECOND, true);
    assert_kept(fixture, "limit_c = 80.5\n");
    learn(4000);
    perfadapt__learned_limits_run(&learned, 302 * SECOND, true);
    assert_kept(fixture, "limit_c = 125.0\n");
}

static void test_made_up_sensors_are_not_kept(void **state) {
    struct fixture *fixture = *state;
    run_at(100);
    snapshot.sensors[1].simulated = 1;
    learn(80);
    thermal.channels[2].key = 3; /* there is none */
    perfadapt__learned_limits_take(&learned, &snapshot, &thermal);
    run_at(101);
    assert_string_equal(contents(fixture, FILE_NAME), "");
}

static void test_the_oldest_goes(void **state) {
    struct fixture *fixture = *state;
    fill(PERFADAPT__LIMITS_MAX);
    char today[PERFADAPT__DATE_BYTES];
    perfadapt__date_print((int64_t)time(NULL), today);
    for (size_t i = 0; i < limits.count; i++)
        strcpy(limits.list[i].learned, today);
    fixture_bytes(fixture, FILE_NAME, text, perfadapt__limits_print(&limits, text));
    run_at(100);
    learn(80);
    run_at(101);
    assert_kept(fixture, "limit_c = 80.0\n");
    assert_null(strstr(contents(fixture, FILE_NAME), limits.list[0].sensor));
    assert_kept(fixture, limits.list[1].sensor);
    assert_kept(fixture, limits.list[PERFADAPT__LIMITS_MAX - 1].sensor);
}

/* ---- what may be wrong with the file ---- */

/* Told once when it is read, and written over when something is learned. */
static void assert_replaced(struct fixture *fixture, const char *told) {
    begin(fixture);
    run_at(100);
    assert_int_equal(fixture->logged, 1);
    if (!strstr(fixture->last_line, told))
        fail_msg("\"%s\" tells \"%s\"", told, fixture->last_line);
    assert_true(isnan(recalled()));
    learn(80);
    run_at(101);
    assert_int_equal(fixture->logged, 1);
    assert_kept(fixture, "limit_c = 80.0\n");
    begin(fixture);
    run_at(200);
    assert_true(fabs(recalled() - 80) < 1e-9);
    assert_int_equal(fixture->logged, 0);
    fixture_remove(fixture, FILE_NAME);
}

static void test_broken_files(void **state) {
    struct fixture *fixture = *state;
    static char large[10 << 20];
    fixture_file(fixture, FILE_NAME, "[limit\nsensor");
    assert_replaced(fixture, "limits-sysroot.ini:1: neither");
    memset(large, 'a', sizeof large);
    fixture_bytes(fixture, FILE_NAME, large, sizeof large);
    assert_replaced(fixture, "larger than 16 KiB; the file is not used");
    fixture_file(fixture, "/elsewhere", "[limit]\n");
    fixture_link(fixture, FILE_NAME, "../../elsewhere");
    assert_replaced(fixture, "cannot be opened (a link");
    assert_string_equal(contents(fixture, "/elsewhere"), "[limit]\n");
    fixture_file(fixture, FILE_NAME, "");
    fixture_mode(fixture, FILE_NAME, 0602);
    assert_replaced(fixture, "writable by everyone");
}

static void test_newer_file_is_left_alone(void **state) {
    struct fixture *fixture = *state;
    static const char newer[] = "[limits]\nversion = 2\n[future]\nlimit_c = 80\n";
    fixture_file(fixture, FILE_NAME, newer);
    run_at(100);
    assert_non_null(strstr(fixture->last_line, "of a newer version"));
    learn(80);
    run_at(101);
    assert_string_equal(contents(fixture, FILE_NAME), newer);
    fixture_remove(fixture, FILE_NAME); /* one that comes while the session runs */
    begin(fixture);
    run_at(200);
    learn(80);
    fixture_file(fixture, FILE_NAME, newer);
    run_at(201);
    assert_string_equal(contents(fixture, FILE_NAME), newer);
}

/* Tries twice; told once, with that errno. */
static void assert_not_kept(struct fixture *fixture, int error) {
    char told[64];
    run_at(100);
    fixture->logged = 0;
    learn(80);
    run_at(101);
    run_at(201);
    snprintf(told, sizeof told, "learned limits are not kept (errno %d)", error);
    assert_int_equal(fixture->logged, 1);
    if (!strstr(fixture->last_line, told))
        fail_msg("\"%s\" is told instead of \"%s\"", fixture->last_line, told);
    assert_true(fabs(recalled() - 80) < 1e-9); /* it goes on with what it has */
}

static void test_directory_in_its_place(void **state) {
    struct fixture *fixture = *state;
    fixture_directory(fixture, FILE_NAME "/below");
    assert_not_kept(fixture, EISDIR);
}

static void test_link_in_the_place_of_what_is_unfinished(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/elsewhere", "mine");
    fixture_directory(fixture, "/state/perfadapt");
    fixture_link(fixture, FILE_NAME ".new", "../../elsewhere");
    assert_not_kept(fixture, ELOOP);
    assert_string_equal(contents(fixture, "/elsewhere"), "mine");
}

static void test_nowhere_to_keep_it(void **state) {
    struct fixture *fixture = *state;
    variables.state_home = NULL;
    assert_not_kept(fixture, ENOENT);
    assert_non_null(strstr(fixture->last_line, "XDG_STATE_HOME and HOME"));
    variables.state_home = (char *)"relative";
    begin(fixture);
    assert_not_kept(fixture, ENOENT);
    variables.state_home = (char *)"/dev/null";
    begin(fixture);
    assert_not_kept(fixture, ENOTDIR);
    variables.home = (char *)"/proc"; /* refuses root, too */
    variables.state_home = NULL;
    begin(fixture);
    assert_not_kept(fixture, ENOENT);
}

static void test_may_not_be_written(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_plain_user())
        skip();
    fixture_mode(fixture, "/state", 0500);
    assert_not_kept(fixture, EACCES);
}

/* By sudo, with the user's HOME. */
static void test_root_leaves_another_users_home_alone(void **state) {
    struct fixture *fixture = *state;
    if (fixture_is_plain_user())
        skip();
    assert_int_equal(chown(state_home, 65534, 65534), 0);
    assert_not_kept(fixture, EPERM);
    assert_int_equal(access(learned.path, F_OK), -1);
    fixture_directory(fixture, "/state/perfadapt");
    char path[256];
    in_state(fixture, "/state/perfadapt", path, sizeof path);
    assert_int_equal(chown(path, 65534, 65534), 0);
    begin(fixture);
    assert_not_kept(fixture, EPERM);
    assert_int_equal(rmdir(path), 0); /* nothing is in it */
}

/* Whatever comes of a write that does not fit: the file is the old one, and nothing lies about. */
static void assert_old_one_stands(struct fixture *fixture, int error) {
    char before[512];
    char path[256];
    snprintf(before, sizeof before, "%s", contents(fixture, FILE_NAME));
    assert_not_kept(fixture, error);
    assert_string_equal(contents(fixture, FILE_NAME), before);
    in_state(fixture, FILE_NAME ".new", path, sizeof path);
    assert_int_equal(access(path, F_OK), -1);
}

#define GOOD_FILE "[limit]\nsensor = x\nmachine = " OTHER "\nlimit_c = 70\n"

/* The sampler's thread has all signals blocked: what a write beyond the limit raises never reaches the host. */
static void test_file_size_limit(void **state) {
    struct fixture *fixture = *state;
    struct rlimit before;
    sigset_t signals;
    fixture_file(fixture, FILE_NAME, GOOD_FILE);
    sigemptyset(&signals);
    sigaddset(&signals, SIGXFSZ);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 100, .rlim_max = before.rlim_max});
    assert_old_one_stands(fixture, ENOSPC);
    setrlimit(RLIMIT_FSIZE, &before);
    sigtimedwait(&signals, NULL, &(struct timespec){0});
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static void test_full_disk(void **state) {
    struct fixture *fixture = *state;
    static char rest[8192];
    char path[256];
    if (fixture_is_plain_user() || mount("none", state_home, "tmpfs", 0, "size=8192") != 0) {
        print_message("skipped: a file system of its own takes root and the right to mount\n");
        skip();
    }
    fixture_file(fixture, FILE_NAME, GOOD_FILE);
    in_state(fixture, "/state/rest", path, sizeof path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (fd >= 0 && write(fd, rest, sizeof rest) > 0)
        continue;
    close(fd);
    assert_old_one_stands(fixture, ENOSPC);
    assert_int_equal(umount2(state_home, MNT_DETACH), 0);
}

/* ---- several processes ---- */

#define WRITERS 6
#define ROUNDS 40

static void write_as(struct fixture *fixture, int writer) {
    const struct timespec moment = {.tv_nsec = 200000};
    snprintf(snapshot.sensors[1].id, sizeof snapshot.sensors[1].id, "writer %d", writer);
    begin(fixture);
    run_at(100);
    for (int round = 0; round < ROUNDS; round++) {
        learn(100 - 0.5 * round);
        for (learned.tried_ns = 0; learned.tried_ns == 0; nanosleep(&moment, NULL))
            run_at(200);
    }
}

static void test_several_processes(void **state) {
    struct fixture *fixture = *state;
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            write_as(fixture, i);
            _exit(fixture->logged ? 1 : 0);
        }
    }
    for (int left = WRITERS; left > 0;) { /* whole at any time */
        const char *whole = contents(fixture, FILE_NAME);
        const size_t length = strlen(whole);
        assert_int_equal(count_of(fixture, whole) > 0, length > 0);
        assert_int_equal(fixture->logged, 0);
        int status;
        const pid_t pid = waitpid(-1, &status, WNOHANG);
        left -= pid > 0;
        assert_true(pid <= 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
    const char *whole = contents(fixture, FILE_NAME);
    assert_int_equal(count_of(fixture, whole), WRITERS);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(again.list[i].limit_dc, 1000 - 5 * (ROUNDS - 1));
        assert_int_equal(again.list[i].times, ROUNDS);
    }
}

/* Who was stopped in mid-write holds nobody up for long: it has a lock, and that goes with it. */
static void test_left_unfinished(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    fixture_file(fixture, FILE_NAME ".new", "[limit]\nsens");
    run_at(100);
    learn(80);
    in_state(fixture, FILE_NAME ".new", path, sizeof path);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    run_at(101);
    assert_string_equal(contents(fixture, FILE_NAME), "");
    close(fd);
    run_at(102);
    assert_kept(fixture, "limit_c = 80.0\n");
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(fixture->logged, 0);
}

/* ---- a session ---- */

/* A read that was held up by other work is done again only 5 s later. */
static const int64_t patience_ns = 60 * SECOND;

#define CHIP "/sys/class/hwmon/hwmon0"
#define COOLING "/sys/class/thermal/cooling_device0"

static struct perfadapt_budget budget_of(const perfadapt *session) {
    struct perfadapt_budget budget = {.size = sizeof budget};
    perfadapt_get_budget(session, &budget);
    return budget;
}

static perfadapt *open_on(const struct fixture *fixture) {
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "test",
                                              .quality_levels = 5,
                                              .outputs = PERFADAPT_OUTPUT_QUALITY,
                                              .flags = PERFADAPT_FLAG_NO_PUBLISH,
                                              .sysroot = fixture->path};
    perfadapt *session = NULL;
    assert_int_equal(perfadapt_open(&options, &session), PERFADAPT_OK);
    return session;
}

/* Draws until the headroom is known and at least that; what it is then. */
static float await_headroom(perfadapt *session, float least) {
    const struct timespec frame = {.tv_nsec = 10000000};
    const int64_t latest_ns = perfadapt__now_ns() + patience_ns;
    float headroom = NAN;
    while (!(headroom >= least) && perfadapt__now_ns() < latest_ns) {
        perfadapt_frame_begin(session);
        perfadapt_frame_end(session);
        headroom = budget_of(session).thermal_headroom;
        nanosleep(&frame, NULL);
    }
    return headroom;
}

/* The first that is at least `least`. */
static void assert_headroom(perfadapt *session, float least, float expected) {
    const float headroom = await_headroom(session, least);
    struct perfadapt_snapshot *now = calloc(1, sizeof *now);
    now->size = sizeof *now;
    perfadapt_get_snapshot(session, now);
    if (!(fabsf(headroom - expected) < 0.02F))
        fail_msg("the headroom is %g; %u sensors, the first %s at %g (state %u) of %g; %s", (double)headroom,
                 (unsigned)now->sensor_count, now->sensors[0].id, now->sensors[0].temperature.value,
                 (unsigned)now->sensors[0].temperature.state, now->sensors[0].limit.value, now->throttle.proof);
    free(now);
}

static void await_file(const struct fixture *fixture) {
    const struct timespec moment = {.tv_nsec = 10000000};
    const int64_t latest_ns = perfadapt__now_ns() + patience_ns;
    while (!*contents(fixture, FILE_NAME) && perfadapt__now_ns() < latest_ns)
        nanosleep(&moment, NULL);
}

/* A processor that throttles at 80 °C and states 100. The next session knows from its first temperature on. */
static void test_next_session_knows_at_once(void **state) {
    struct fixture *fixture = *state;
    if (!PERFADAPT_WITH_SENSORS)
        skip();
    setenv("XDG_STATE_HOME", state_home, 1);
    fixture_file(fixture, CHIP "/name", "coretemp\n");
    fixture_file(fixture, CHIP "/temp1_label", "Package id 0\n");
    fixture_file(fixture, CHIP "/temp1_input", "80000\n");
    fixture_file(fixture, CHIP "/temp1_crit", "100000\n");
    fixture_file(fixture, COOLING "/type", "Processor\n");
    fixture_file(fixture, COOLING "/cur_state", "3\n");
    fixture_file(fixture, COOLING "/max_state", "10\n");
    perfadapt *session = open_on(fixture);
    assert_headroom(session, 0.99F, 1);
    await_file(fixture);
    assert_kept(fixture, "limit_c = 80.0\n");
    perfadapt_close(&session);
    fixture_file(fixture, COOLING "/cur_state", "0\n");
    fixture_file(fixture, CHIP "/temp1_input", "74000\n");
    session = open_on(fixture);
    assert_headroom(session, 0.01F, 0.8F); /* of 100 °C it would be 0.13 */
    perfadapt_close(&session);
    unsetenv("XDG_STATE_HOME");
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FILES(test_round_trip),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_any_bit_flipped),
        WITH_FILES(test_edited_by_hand),
        WITH_FILES(test_warnings),
        WITH_FILES(test_other_versions),
        cmocka_unit_test(test_dates),
        WITH_FILES(test_kept_for_the_next_session),
        WITH_FILES(test_machines_are_told_apart),
        WITH_FILES(test_written_seldom),
        WITH_FILES(test_made_up_sensors_are_not_kept),
        WITH_FILES(test_the_oldest_goes),
        WITH_FILES(test_broken_files),
        WITH_FILES(test_newer_file_is_left_alone),
        WITH_FILES(test_directory_in_its_place),
        WITH_FILES(test_link_in_the_place_of_what_is_unfinished),
        WITH_FILES(test_nowhere_to_keep_it),
        WITH_FILES(test_may_not_be_written),
        WITH_FILES(test_root_leaves_another_users_home_alone),
        WITH_FILES(test_file_size_limit),
        WITH_FILES(test_full_disk),
        WITH_FILES(test_several_processes),
        WITH_FILES(test_left_unfinished),
        WITH_FILES(test_next_session_knows_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
