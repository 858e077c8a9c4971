/* The record of a session that runs: dumped when asked, kept after an incident, followed from outside.
 * SPDX-License-Identifier: MIT */
#include "recorded_session.h"

#include "core/clock.h"
#include "fixture.h"
#include "record/dump.h"
#include "record/follower.h"
#include "session.h"

#include <errno.h>
#include <limits.h>
#include <perfadapt/record.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const int64_t patience_ns = 20 * PERFADAPT__NS_PER_S;

/* --- A session on a made-up machine --- */

struct host {
    struct fixture *fixture;
    perfadapt *session;
};

static void nap(void) {
    const struct timespec time = {.tv_nsec = 1000000};
    nanosleep(&time, NULL);
}

static void make_machine(struct fixture *fixture) {
    fixture_file(fixture, "/sys/class/hwmon/hwmon0/name", "k10temp\n");
    fixture_file(fixture, "/sys/class/hwmon/hwmon0/temp1_input", "50000\n");
    fixture_file(fixture, "/sys/class/hwmon/hwmon0/temp1_crit", "90000\n");
    fixture_file(fixture, "/proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 5000000 kB\n");
    fixture_directory(fixture, "/state");
    fixture_directory(fixture, "/out");
}

static int set_up(void **state) {
    char path[200];
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *fixture = *state;
    make_machine(fixture);
    snprintf(path, sizeof path, "%s/state", fixture->path);
    setenv("XDG_STATE_HOME", path, 1);
    return 0;
}

static perfadapt *open_logged(struct fixture *fixture, struct perfadapt_log log) {
    const struct perfadapt_options options = {.size = sizeof options,
                                              .app_name = "rec order",
                                              .quality_levels = 6,
                                              .outputs = LOOP_ALL_OUTPUTS,
                                              .flags = PERFADAPT_FLAG_NO_PUBLISH,
                                              .log = log,
                                              .sysroot = fixture->path,
                                              .config_dir = fixture->path};
    perfadapt *session = NULL;
    assert_int_equal(perfadapt_open(&options, &session), PERFADAPT_OK);
    return session;
}

static perfadapt *open_session(struct fixture *fixture) {
    return open_logged(fixture, (struct perfadapt_log){0});
}

static void draw(perfadapt *session, int frames) {
    for (int i = 0; i < frames; i++) {
        const uint64_t frame = perfadapt_frame_begin(session);
        nap();
        perfadapt_frame_end(session);
        perfadapt_frame_gpu(session, frame, 900000 + i % 7 * 10000);
    }
}

static const char *below(const struct fixture *fixture, const char *path) {
    static char whole[PATH_MAX];
    snprintf(whole, sizeof whole, "%s/%s", fixture->path, path);
    return whole;
}

static struct replayed *replay_path(const char *path) {
    static struct replayed replayed;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    replay_file(file, NULL, &replayed);
    fclose(file);
    assert_int_equal(replayed.opened, PERFADAPT__FILE_OK);
    return &replayed;
}

/* --- On demand --- */

struct busy {
    perfadapt *session;
    atomic_bool stop;
};

static void *report_from_aside(void *context) {
    struct busy *busy = context;
    while (!atomic_load(&busy->stop)) {
        perfadapt_hold(busy->session);
        nap();
        perfadapt_release(busy->session);
        perfadapt_report(busy->session, PERFADAPT_EVENT_SHADER_COMPILE, 1);
        nap();
    }
    return NULL;
}

/* Three threads step: whoever comes first. The record says in which order, and what the budgets were. */
static void a_dump_replays(void **state) {
    struct fixture *fixture = *state;
    struct busy busy = {.session = open_session(fixture)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, report_from_aside, &busy), 0);
    for (int i = 0; i < 8; i++) {
        draw(busy.session, 60);
        fixture_file(fixture, "/sys/class/hwmon/hwmon0/temp1_input", i % 2 ? "50000\n" : "89900\n");
        assert_int_equal(perfadapt_dump_record(busy.session, below(fixture, "out/a.rec")), PERFADAPT_OK);
    }
    atomic_store(&busy.stop, true);
    pthread_join(thread, NULL);
    struct perfadapt_budget budget = {.size = sizeof budget};
    assert_int_equal(perfadapt_dump_record(busy.session, below(fixture, "out/a.rec")), PERFADAPT_OK);
    perfadapt_get_budget(busy.session, &budget);
    const struct replayed *replayed = replay_path(below(fixture, "out/a.rec"));
    assert_int_equal(replayed->replayer.tally.frames, 8 * 60);
    assert_int_equal(replayed->replayer.tally.differing, 0);
    assert_int_equal(replayed->replayer.tally.gaps, 0);
    assert_true(replayed->replayer.tally.ticks > 0);
    assert_true(replayed->replayer.tally.budgets > 0);
    assert_string_equal(replayed->recording.reader.header.name, "rec order");
    assert_int_equal(replayed->recording.reader.header.pid, getpid());
    perfadapt_close(&busy.session);
}

static void a_dump_says_what_is_wrong(void **state) {
    struct fixture *fixture = *state;
    perfadapt *session = open_session(fixture);
    assert_int_equal(perfadapt_dump_record(NULL, "x"), PERFADAPT_ERROR_INVALID);
    assert_int_equal(perfadapt_dump_record(session, NULL), PERFADAPT_ERROR_INVALID);
    assert_int_equal(perfadapt_dump_record(session, below(fixture, "none/a.rec")), PERFADAPT_ERROR_NOT_FOUND);
    assert_int_equal(perfadapt_dump_record(session, below(fixture, "out")), PERFADAPT_ERROR_INVALID);
    assert_int_equal(mkfifo(below(fixture, "out/pipe"), 0600), 0);
    assert_int_equal(perfadapt_dump_record(session, below(fixture, "out/pipe")), PERFADAPT_ERROR_INVALID);
    fixture_file(fixture, "/out/there", "mine");
    fixture_link(fixture, "/out/link", "there");
    assert_int_equal(perfadapt_dump_record(session, below(fixture, "out/link")), PERFADAPT_ERROR_INVALID);
    struct stat status;
    assert_int_equal(stat(below(fixture, "out/there"), &status), 0);
    assert_int_equal(status.st_size, 4);
    assert_int_equal(perfadapt_dump_record(session, "/dev/full"), PERFADAPT_ERROR_INVALID);
    if (fixture_is_plain_user()) {
        fixture_mode(fixture, "/out", 0500);
        assert_int_equal(perfadapt_dump_record(session, below(fixture, "out/a.rec")), PERFADAPT_ERROR_PERMISSION);
        fixture_mode(fixture, "/out", 0700);
    }
    perfadapt_close(&session);
}

/* Writing beyond it would end the process by a signal. */
static void a_file_size_limit_ends_nothing(void **state) {
    struct fixture *fixture = *state;
    struct rlimit before, low;
    perfadapt *session = open_session(fixture);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    const enum perfadapt_result result = perfadapt_dump_record(session, below(fixture, "out/a.rec"));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(result, PERFADAPT_ERROR_SYSTEM);
    perfadapt_close(&session);
}

/* --- After an incident --- */

static bool comes(const char *path) {
    const int64_t until_ns = perfadapt__now_ns() + patience_ns;
    while (access(path, R_OK) != 0) {
        if (perfadapt__now_ns() > until_ns)
            return false;
        nap();
    }
    return true;
}

static void a_lost_device_leaves_its_record(void **state) {
    struct fixture *fixture = *state;
    perfadapt *session = open_session(fixture);
    draw(session, 100);
    perfadapt_report(session, PERFADAPT_EVENT_DEVICE_LOST, 0);
    const char *const path = below(fixture, "state/perfadapt/incidents/rec_order-1.rec");
    assert_true(comes(path));
    const struct replayed *replayed = replay_path(path);
    assert_int_equal(replayed->replayer.tally.frames, 100);
    assert_int_equal(replayed->replayer.tally.differing, 0);
    assert_true(replayed->replayer.decider.arbiter.budget.reasons & PERFADAPT_REASON_EVENT);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(status.st_size <= 256 * 1024);
    perfadapt_close(&session);
}

/* Reported and closed, before the sampler has looked: the usual order. */
static void a_session_that_goes_at_once_leaves_it_too(void **state) {
    struct fixture *fixture = *state;
    perfadapt *session = open_session(fixture);
    draw(session, 20);
    perfadapt_report(session, PERFADAPT_EVENT_DEVICE_LOST, 0);
    perfadapt_close(&session);
    const char *const path = below(fixture, "state/perfadapt/incidents/rec_order-1.rec");
    assert_true(comes(path));
    assert_int_equal(replay_path(path)->replayer.tally.frames, 20);
}

/* An app that ends soon after it. Another takes the next place, and the oldest is replaced in the end. */
static void four_are_kept(void **state) {
    struct fixture *fixture = *state;
    char path[64];
    for (int i = 1; i <= 5; i++) {
        perfadapt *session = open_session(fixture);
        draw(session, 10 * i);
        perfadapt_report(session, PERFADAPT_EVENT_OUT_OF_MEMORY, 0);
        snprintf(path, sizeof path, "state/perfadapt/incidents/rec_order-%d.rec", i <= 4 ? i : 1);
        if (i == 5) {
            const int64_t until_ns = perfadapt__now_ns() + patience_ns;
            while (replay_path(below(fixture, path))->replayer.tally.frames != 50 && perfadapt__now_ns() < until_ns)
                nap();
        }
        assert_true(comes(below(fixture, path)));
        perfadapt_close(&session);
        assert_int_equal(replay_path(below(fixture, path))->replayer.tally.frames, 10 * i);
    }
    assert_int_not_equal(access(below(fixture, "state/perfadapt/incidents/rec_order-5.rec"), F_OK), 0);
}

/* What the log says of files, and of a bad value in line 2 of the configuration. */
struct heard {
    atomic_uint lost, no_memory, bad;
};

static void hear(void *user_data, enum perfadapt_log_level level, const char *message) {
    struct heard *heard = user_data;
    const bool kept = strstr(message, ": what led to it is in ");
    if (kept && strncmp(message, "device-lost:", 12) == 0)
        atomic_fetch_add(&heard->lost, 1);
    if (kept && strncmp(message, "out-of-memory:", 14) == 0)
        atomic_fetch_add(&heard->no_memory, 1);
    if (level == PERFADAPT_LOG_WARNING && strstr(message, "/perfadapt.ini:2: record.incidents \"maybe\" is not"))
        atomic_fetch_add(&heard->bad, 1);
}

static bool is_heard(const atomic_uint *count) {
    const int64_t until_ns = perfadapt__now_ns() + patience_ns;
    while (!atomic_load(count) && perfadapt__now_ns() < until_ns)
        nap();
    return atomic_load(count);
}

static void configure(struct fixture *fixture, const char *incidents, int fps) {
    char text[128];
    snprintf(text, sizeof text, "[record]\nincidents = %s\n[policy]\nmode = fixed\n[frame]\ntarget_fps = %d\n",
             incidents, fps);
    fixture_file(fixture, "/perfadapt.ini", text);
}

/* While the session runs: its frame time says when it has been read. */
static void reconfigure(struct fixture *fixture, perfadapt *session, const char *incidents, int fps) {
    const int64_t until_ns = perfadapt__now_ns() + patience_ns;
    struct perfadapt_budget budget = {.size = sizeof budget};
    configure(fixture, incidents, fps);
    do {
        nap();
        perfadapt_get_budget(session, &budget);
    } while (budget.frame_ns != PERFADAPT__NS_PER_S / fps && perfadapt__now_ns() < until_ns);
    assert_int_equal(budget.frame_ns, PERFADAPT__NS_PER_S / fps);
}

static void report_and_await(perfadapt *session, enum perfadapt_event event) {
    const int64_t until_ns = perfadapt__now_ns() + patience_ns;
    perfadapt_report(session, event, 0);
    while (atomic_load(&session->incident) && perfadapt__now_ns() < until_ns)
        nap();
    assert_int_equal(atomic_load(&session->incident), 0);
}

/* Had an incident been noted while it was off, none would be within ten minutes: the next would leave no file. */
static void expect_the_next_is_kept(struct fixture *fixture, perfadapt *session, struct heard *heard) {
    assert_int_not_equal(access(below(fixture, "state/perfadapt"), F_OK), 0);
    reconfigure(fixture, session, "yes", 25);
    report_and_await(session, PERFADAPT_EVENT_DEVICE_LOST);
    assert_true(is_heard(&heard->lost));
    assert_int_equal(atomic_load(&heard->no_memory), 0);
    assert_int_equal(access(below(fixture, "state/perfadapt/incidents/rec_order-1.rec"), R_OK), 0);
    assert_int_not_equal(access(below(fixture, "state/perfadapt/incidents/rec_order-2.rec"), F_OK), 0);
}

static void none_is_kept_where_the_configuration_says_no(void **state) {
    struct fixture *fixture = *state;
    struct heard heard = {0};
    configure(fixture, "no", 50);
    perfadapt *session = open_logged(fixture, (struct perfadapt_log){hear, &heard});
    draw(session, 10);
    report_and_await(session, PERFADAPT_EVENT_OUT_OF_MEMORY);
    assert_int_equal(perfadapt_dump_record(session, below(fixture, "out/asked.rec")), PERFADAPT_OK);
    expect_the_next_is_kept(fixture, session, &heard);
    perfadapt_close(&session);
}

static void keeping_is_switched_off_while_it_runs(void **state) {
    struct fixture *fixture = *state;
    struct heard heard = {0};
    perfadapt *session = open_logged(fixture, (struct perfadapt_log){hear, &heard});
    draw(session, 10);
    reconfigure(fixture, session, "no", 20);
    report_and_await(session, PERFADAPT_EVENT_OUT_OF_MEMORY);
    expect_the_next_is_kept(fixture, session, &heard);
    perfadapt_close(&session);
}

/* Told with its line; what holds is as if nothing was said. */
static void a_bad_value_keeps_them(void **state) {
    struct fixture *fixture = *state;
    struct heard heard = {0};
    configure(fixture, "maybe", 50);
    perfadapt *session = open_logged(fixture, (struct perfadapt_log){hear, &heard});
    assert_int_equal(atomic_load(&heard.bad), 1);
    report_and_await(session, PERFADAPT_EVENT_DEVICE_LOST);
    assert_true(is_heard(&heard.lost));
    perfadapt_close(&session);
}

/* --- From outside --- */

struct followed {
    struct recorded_session session;
    struct perfadapt__follower follower;
    struct replayed replayed;
};

/* What is written while the session goes on, looked at `looks` times. */
static struct followed *follow(uint64_t seed, int looks, double seconds_between) {
    static struct followed followed;
    const struct perfadapt__record_origin origin = {.name = "followed"};
    const struct perfadapt__policy policy = loop_policy(7, LOOP_ALL_OUTPUTS);
    struct perfadapt__record_header header;
    struct recorded_session *session = &followed.session;
    struct perfadapt__follower *follower = &followed.follower;
    recorded_open(session, &policy, seed);
    assert_true(perfadapt__follower_init(follower, recorded_ring(session), sizeof(struct perfadapt__record_ring)));
    FILE *file = tmpfile();
    perfadapt__record_header_fill(&header, follower->ring->layout, &origin);
    assert_true(perfadapt__record_write(fileno(file), &header, sizeof header));
    for (int i = 0; i < looks; i++) {
        recorded_run(session, seconds_between);
        assert_true(perfadapt__follower_write(follower, fileno(file)));
    }
    rewind(file);
    replay_file(file, NULL, &followed.replayed);
    fclose(file);
    assert_int_equal(followed.replayed.replayer.tally.differing, 0);
    assert_memory_equal(&followed.replayed.replayer.decider.arbiter.budget, &session->stepper.decider.arbiter.budget,
                        sizeof(struct perfadapt_budget));
    return &followed;
}

static void a_follower_gets_it_all(void **state) {
    (void)state;
    struct followed *followed = follow(21, 300, 3);
    assert_int_equal(followed->follower.missed, 0);
    assert_int_equal(followed->replayed.replayer.tally.frames, followed->session.frame);
    assert_int_equal(followed->replayed.replayer.tally.gaps, 0);
    recorded_close(&followed->session);
}

/* One that comes by too seldom misses segments: the file says so, and goes on behind them. */
static void a_slow_follower_has_gaps(void **state) {
    (void)state;
    struct followed *followed = follow(22, 3, 400);
    assert_int_equal(followed->follower.missed, 2);
    assert_int_equal(followed->replayed.replayer.tally.gaps, 2);
    recorded_close(&followed->session);
}

/* Memory of a process that lies. */
static void hostile_memory_is_survived(void **state) {
    (void)state;
    static struct perfadapt__follower follower;
    struct perfadapt__record_ring *ring = calloc(1, sizeof *ring);
    uint64_t random = 3;
    assert_false(perfadapt__follower_init(&follower, ring, sizeof *ring));
    assert_false(perfadapt__follower_init(&follower, ring, 100));
    for (int i = 0; i < 200; i++) {
        FILE *file = tmpfile();
        unsigned char *const bytes = (unsigned char *)ring;
        for (size_t at = 0; at < sizeof *ring; at += 1 + loop_random(&random) % 2000)
            bytes[at] = (unsigned char)loop_random(&random);
        ring->magic = PERFADAPT__RECORD_MAGIC;
        ring->version = PERFADAPT__RECORD_VERSION;
        ring->segments = PERFADAPT__RECORD_SEGMENTS;
        ring->newest = i % 2 ? loop_random(&random) : loop_random(&random) % 10;
        for (int n = 0; n < PERFADAPT__RECORD_SEGMENTS; n++) {
            ring->segment[n].sequence = i % 3 ? (uint64_t)n + 1 : ring->newest - (uint64_t)n;
            ring->segment[n].used = loop_random(&random) % (2 * PERFADAPT__RECORD_PAYLOAD_BYTES);
        }
        assert_true(perfadapt__follower_init(&follower, ring, sizeof *ring));
        for (int n = 0; n < 4; n++)
            assert_true(perfadapt__follower_write(&follower, fileno(file)));
        fclose(file);
    }
    free(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_dump_replays, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_dump_says_what_is_wrong, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_file_size_limit_ends_nothing, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_lost_device_leaves_its_record, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_session_that_goes_at_once_leaves_it_too, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(four_are_kept, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(none_is_kept_where_the_configuration_says_no, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(keeping_is_switched_off_while_it_runs, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_bad_value_keeps_them, set_up, fixture_teardown),
        cmocka_unit_test(a_follower_gets_it_all),
        cmocka_unit_test(a_slow_follower_has_gaps),
        cmocka_unit_test(hostile_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
