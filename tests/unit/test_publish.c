/* A session as its readers see it: found, read, gone. SPDX-License-Identifier: MIT */
#include "publish_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define STALE_NAME "4242-0123456789abcdef.sock"

static void fill(const struct published *session) {
    const struct perfadapt_budget budget = {.size = sizeof budget,
                                            .generation = 7,
                                            .frame_ns = 16666667,
                                            .quality = 3,
                                            .quality_levels = 5,
                                            .render_scale = 1,
                                            .frames_in_flight = 3,
                                            .worker_threads = 2,
                                            .memory_bytes = PERFADAPT_NO_LIMIT,
                                            .thermal_headroom = 0.5f,
                                            .confidence = 1};
    perfadapt__region_put_budget(session->region, &budget);
    for (uint64_t i = 1; i <= 10; i++) {
        const struct perfadapt_frame frame = frame_of(i, i == 1 ? -1 : 16000000);
        perfadapt__region_put_frame(session->region, &frame);
    }
    const struct perfadapt_decision decision = {.generation = 7, .quality_from = 4, .quality_to = 3, .value = 84.2};
    perfadapt__region_put_decision(session->region, &decision);
    struct perfadapt_snapshot snapshot = {.size = sizeof snapshot, .generation = 3, .sensor_count = 1};
    snapshot.sensors[0] = (struct perfadapt_sensor){.label = "Tctl", .steers = 1};
    snapshot.sensors[0].temperature = (struct perfadapt_metric){
        .value = 61.5, .timestamp_ns = 1, .unit = PERFADAPT_UNIT_CELSIUS, .state = PERFADAPT_STATE_OK};
    perfadapt__region_put_snapshot(session->region, &snapshot);
}

static void round_trip(void **state) {
    (void)state;
    struct published session = publish("viewer");
    fill(&session);
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    const struct perfadapt_app *app = perfadapt__reader_app(reader, 0);
    assert_int_equal(app->state, PERFADAPT_APP_RUNNING);
    assert_int_equal(app->size, sizeof *app);
    assert_int_equal(app->pid, getpid());
    assert_string_equal(app->name, "viewer");
    assert_string_equal(app->version, PERFADAPT_VERSION_STRING);
    assert_int_equal(app->role, PERFADAPT_ROLE_EXPORT);
    assert_int_equal(app->target_frame_ns, 16666667);
    assert_true(app->key != 0 && app->age_ns >= 0 && app->silent_ns >= 0);
    assert_int_equal(app->budget.generation, 7);
    assert_int_equal(app->budget.size, sizeof app->budget);
    assert_int_equal(app->frames_total, 10);
    assert_int_equal(app->frames_counted, 10);
    assert_true(app->fps > 62.4 && app->fps < 62.6);
    assert_true(isnan(app->gpu_p50_ms));
    unpublish(&session);
    perfadapt__reader_destroy(&reader);
    assert_null(reader);
}

static void details(void **state) {
    (void)state;
    struct published session = publish("viewer");
    fill(&session);
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    struct perfadapt_frame frames[4];
    assert_int_equal(perfadapt__reader_frames(reader, 0, 4, frames), 4);
    assert_int_equal(frames[0].number, 7);
    assert_int_equal(frames[3].number, 10);
    struct perfadapt_decision decisions[8];
    assert_int_equal(perfadapt__reader_decisions(reader, 0, 8, decisions), 1);
    assert_int_equal(decisions[0].quality_to, 3);
    static struct perfadapt_snapshot snapshot;
    assert_true(perfadapt__reader_snapshot(reader, 0, &snapshot));
    assert_int_equal(snapshot.sensor_count, 1);
    assert_string_equal(snapshot.sensors[0].label, "Tctl");
    assert_true(snapshot.sensors[0].temperature.value > 61);
    assert_null(perfadapt__reader_app(reader, 1));
    assert_int_equal(perfadapt__reader_frames(reader, 1, 4, frames), 0);
    assert_int_equal(perfadapt__reader_decisions(reader, 1, 8, decisions), 0);
    assert_false(perfadapt__reader_snapshot(reader, 1, &snapshot));
    perfadapt__reader_destroy(&reader);
    unpublish(&session);
}

static void sessions_come_and_go(void **state) {
    (void)state;
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    struct published first = publish("first");
    meet(reader, &first);
    struct published second = publish("second");
    meet(reader, &second);
    assert_int_equal(perfadapt__reader_count(reader), 2);
    assert_string_equal(perfadapt__reader_app(reader, 0)->name, "first");
    assert_string_equal(perfadapt__reader_app(reader, 1)->name, "second");
    const uint64_t key = perfadapt__reader_app(reader, 1)->key;
    assert_true(key != perfadapt__reader_app(reader, 0)->key);
    unpublish(&first);
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    assert_int_equal(perfadapt__reader_app(reader, 0)->key, key);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, PERFADAPT_APP_IDLE);
    unpublish(&second);
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    perfadapt__reader_destroy(&reader);
}

static bool is_readable(int fd) {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return poll(&polled, 1, 0) > 0;
}

static void many_readers(void **state) {
    (void)state;
    enum { READERS = 12 };
    struct published session = publish("viewer");
    struct perfadapt__reader *readers[READERS];
    for (size_t i = 0; i < READERS; i++)
        readers[i] = open_reader();
    /* More than the queue holds and one call serves: nobody is lost. */
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < READERS; i++)
            refresh(readers[i]);
        perfadapt__writer_serve(session.writer);
        if (round == 0)
            assert_true(is_readable(perfadapt__writer_fd(session.writer))); /* the rest is not forgotten */
    }
    for (size_t i = 0; i < READERS; i++) {
        refresh(readers[i]);
        assert_int_equal(perfadapt__reader_count(readers[i]), 1);
        perfadapt__reader_destroy(&readers[i]);
    }
    unpublish(&session);
}

struct server {
    struct perfadapt__writer *writer;
    int stop_fd;
};

static void *serve(void *context) {
    const struct server *server = context;
    for (;;) {
        struct pollfd polled[] = {{.fd = perfadapt__writer_fd(server->writer), .events = POLLIN},
                                  {.fd = server->stop_fd, .events = POLLIN}};
        if (poll(polled, 2, -1) < 0 || polled[1].revents)
            return NULL;
        perfadapt__writer_serve(server->writer);
    }
}

static void one_refresh_is_enough(void **state) {
    (void)state;
    struct published session = publish("viewer");
    struct server server = {.writer = session.writer, .stop_fd = eventfd(0, EFD_CLOEXEC)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
    /* Within 50 ms where the machine lets the other thread run at all. */
    size_t found = 0;
    for (int i = 0; i < 200 && !found; i++) {
        struct perfadapt__reader *reader = open_reader();
        refresh(reader);
        found = perfadapt__reader_count(reader);
        perfadapt__reader_destroy(&reader);
    }
    assert_int_equal(found, 1);
    assert_int_equal(eventfd_write(server.stop_fd, 1), 0);
    pthread_join(thread, NULL);
    close(server.stop_fd);
    unpublish(&session);
}

static void reader_that_leaves_at_once(void **state) {
    (void)state;
    struct published session = publish("viewer");
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    perfadapt__reader_destroy(&reader);
    perfadapt__writer_serve(session.writer); /* no SIGPIPE */
    reader = open_reader();
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    perfadapt__reader_destroy(&reader);
    unpublish(&session);
}

static void closed_without_unlinking(void **state) {
    (void)state;
    struct published session = publish("viewer");
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    perfadapt__region_destroy(&session.region, 0, &session.fd, false);
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    unpublish(&session);
    perfadapt__reader_destroy(&reader);
}

static void forked_child_leaves_it_alone(void **state) {
    (void)state;
    struct published session = publish("viewer");
    const pid_t child = fork();
    if (child == 0) {
        perfadapt__writer_destroy(&session.writer, true);
        perfadapt__region_destroy(&session.region, 0, &session.fd, true);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    perfadapt__reader_destroy(&reader);
    unpublish(&session);
}

static void stale_socket_is_removed(void **state) {
    (void)state;
    make_directory();
    close(listen_as(STALE_NAME, SOCK_SEQPACKET));
    assert_int_equal(access(path_of(STALE_NAME), F_OK), 0);
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    assert_int_equal(access(path_of(STALE_NAME), F_OK), -1);
    perfadapt__reader_destroy(&reader);
}

/* Many changes within one tick of the kernel's clock: the directory's time stamp does not tell of each. */
static void quick_changes_are_seen(void **state) {
    (void)state;
    make_directory();
    struct perfadapt__reader *reader = open_reader();
    for (int i = 0; i < 100; i++) {
        refresh(reader);
        close(listen_as(STALE_NAME, SOCK_SEQPACKET));
        refresh(reader);
        assert_int_equal(access(path_of(STALE_NAME), F_OK), -1);
    }
    perfadapt__reader_destroy(&reader);
}

/* A session whose last sign of life is from `alive_ns`, until it is killed. */
static void serve_as_child(int64_t alive_ns, int ready_fd) {
    struct published session = publish("child");
    perfadapt__region_put_alive(session.region, alive_ns);
    (void)!write(ready_fd, "", 1);
    for (;;) {
        struct pollfd polled = {.fd = perfadapt__writer_fd(session.writer), .events = POLLIN};
        poll(&polled, 1, -1);
        perfadapt__writer_serve(session.writer);
    }
}

static void expect_dropped(int64_t alive_ns, enum perfadapt_app_state state) {
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0)
        serve_as_child(alive_ns, ready[1]);
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct perfadapt__reader *reader = open_reader();
    for (int i = 0; i < 200 && perfadapt__reader_count(reader) == 0; i++)
        refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, state);
    assert_int_equal(perfadapt__reader_app(reader, 0)->pid, child);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct perfadapt__reader *late = open_reader();
    refresh(late);
    assert_int_equal(perfadapt__reader_count(late), 0);
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    assert_int_equal(rmdir(path_of("")), 0); /* no socket is left */
    perfadapt__reader_destroy(&reader);
    perfadapt__reader_destroy(&late);
    close(ready[0]);
    close(ready[1]);
}

/* Its last sign of life is older than any limit, or of a future that it does not see. */
static void dead_writer_is_dropped(void **state) {
    (void)state;
    expect_dropped(1, PERFADAPT_APP_SILENT);
    expect_dropped(INT64_MAX, PERFADAPT_APP_IDLE);
}

static void hanging_writer_stays(void **state) {
    (void)state;
    struct published session = publish("hanging");
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    perfadapt__region_put_alive(session.region, 1);
    for (int i = 0; i < 30; i++)
        refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, PERFADAPT_APP_SILENT);
    assert_true(perfadapt__reader_app(reader, 0)->silent_ns > 0);
    perfadapt__region_put_alive(session.region, perfadapt__boottime_ns());
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, PERFADAPT_APP_IDLE);
    perfadapt__reader_destroy(&reader);
    unpublish(&session);
}

/* Lets this process open `extra` descriptors more. */
static struct rlimit limit_descriptors(rlim_t extra) {
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = dup(0);
    close(next);
    const struct rlimit limit = {.rlim_cur = (rlim_t)next + extra, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

static void count_line(void *count, enum perfadapt_log_level level, const char *message) {
    (void)level, (void)message;
    ++*(int *)count;
}

static void writer_without_descriptors(void **state) {
    (void)state;
    int lines = 0;
    const struct perfadapt_log log = {.write = count_line, .user_data = &lines};
    struct published session = publish("viewer");
    perfadapt__writer_destroy(&session.writer, false);
    assert_int_equal(perfadapt__writer_create(session.fd, &log, &session.writer), PERFADAPT_OK);
    struct perfadapt__reader *readers[2] = {open_reader(), open_reader()};
    refresh(readers[0]);
    const struct rlimit before = limit_descriptors(0);
    for (int i = 0; i < 3; i++) {
        perfadapt__writer_serve(session.writer);
        assert_false(is_readable(perfadapt__writer_fd(session.writer))); /* a poll loop sleeps */
    }
    assert_int_equal(lines, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    refresh(readers[1]);
    assert_true(is_readable(perfadapt__writer_fd(session.writer)));
    perfadapt__writer_serve(session.writer);
    for (size_t i = 0; i < 2; i++) {
        refresh(readers[i]);
        assert_int_equal(perfadapt__reader_count(readers[i]), 1);
        perfadapt__reader_destroy(&readers[i]);
    }
    unpublish(&session);
}

static void reader_without_descriptors(void **state) {
    (void)state;
    struct published session = publish("viewer");
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    perfadapt__writer_serve(session.writer);
    for (rlim_t extra = 0; extra < 2; extra++) {
        const struct rlimit before = limit_descriptors(extra);
        const enum perfadapt_result result = perfadapt__reader_refresh(reader);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_true(result == PERFADAPT_OK || result == PERFADAPT_ERROR_SYSTEM);
    }
    meet(reader, &session);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, PERFADAPT_APP_IDLE);
    perfadapt__reader_destroy(&reader);
    unpublish(&session);
}

static void nothing_is_left_open(void **state) {
    (void)state;
    const size_t before = open_descriptors();
    struct published session = publish("viewer");
    struct perfadapt__reader *reader = open_reader();
    meet(reader, &session);
    perfadapt__reader_destroy(&reader);
    unpublish(&session);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(rmdir(path_of("")), 0);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_runtime_dir, leave_runtime_dir)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(round_trip),
        IN_DIRECTORY(details),
        IN_DIRECTORY(sessions_come_and_go),
        IN_DIRECTORY(many_readers),
        IN_DIRECTORY(one_refresh_is_enough),
        IN_DIRECTORY(reader_that_leaves_at_once),
        IN_DIRECTORY(closed_without_unlinking),
        IN_DIRECTORY(forked_child_leaves_it_alone),
        IN_DIRECTORY(stale_socket_is_removed),
        IN_DIRECTORY(quick_changes_are_seen),
        IN_DIRECTORY(dead_writer_is_dropped),
        IN_DIRECTORY(hanging_writer_stays),
        IN_DIRECTORY(writer_without_descriptors),
        IN_DIRECTORY(reader_without_descriptors),
        IN_DIRECTORY(nothing_is_left_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
