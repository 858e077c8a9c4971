/* What a session that gives way sees of the others: who counts, and that it waits for nobody. SPDX-License-Identifier: MIT */
#include "publish_fixture.h"

#include "publish/peers.h"

#include <perfadapt/perfadapt.h>

/* This definition comes before libc's: nothing here may wait for an answer. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    (void)fds, (void)count, (void)timeout_ms;
    fail_msg("somebody is waited for");
    return -1;
}

static struct published publish_as(const char *name, uint32_t role) {
    struct published session;
    const struct perfadapt__region_options options = {
        .name = name, .role = role, .quality_levels = 5, .target_frame_ns = 16666667};
    session.region = perfadapt__region_create(&options, &session.fd);
    assert_non_null(session.region);
    assert_int_equal(perfadapt__writer_create(session.fd, NULL, &session.writer), PERFADAPT_OK);
    return session;
}

/* A frame that ended so long ago, and a budget that is held down. */
static void draw(const struct published *session, int64_t ago_ns, uint32_t reasons) {
    static uint64_t number;
    struct perfadapt_frame frame = frame_of(++number, 16666667);
    const struct perfadapt_budget budget = {.size = sizeof budget, .quality_levels = 5, .reasons = reasons};
    frame.end_ns -= ago_ns;
    perfadapt__region_put_frame(session->region, &frame);
    perfadapt__region_put_budget(session->region, &budget);
    perfadapt__region_put_alive(session->region, perfadapt__boottime_ns());
}

static struct perfadapt__peers begin(const char *own) {
    struct perfadapt__peers peers;
    perfadapt__peers_init(&peers, own);
    assert_non_null(peers.reader);
    return peers;
}

/* With a look for sockets, as if a second had passed, and without one. */
static uint32_t search(struct perfadapt__peers *peers) {
    peers->searched_ns = 0;
    return perfadapt__peers_look(peers, perfadapt__now_ns());
}

static uint32_t look(struct perfadapt__peers *peers) {
    return perfadapt__peers_look(peers, perfadapt__now_ns());
}

static void a_session_is_known_once_it_has_answered(void **state) {
    (void)state;
    struct published game = publish_as("game", PERFADAPT_ROLE_INTERACTIVE);
    struct perfadapt__peers peers = begin("");
    draw(&game, 0, PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_SETTLING);
    assert_int_equal(search(&peers), 0);
    assert_int_equal(look(&peers), 0);
    perfadapt__writer_serve(game.writer);
    assert_int_equal(look(&peers), PERFADAPT_REASON_THERMAL | PERFADAPT_REASON_SETTLING);
    draw(&game, 0, 0);
    assert_int_equal(look(&peers), 0);
    draw(&game, 0, PERFADAPT_REASON_FRAME_LATE);
    assert_int_equal(look(&peers), PERFADAPT_REASON_FRAME_LATE);
    unpublish(&game);
    assert_int_equal(look(&peers), 0);
    perfadapt__peers_finish(&peers);
}

static void who_does_not_draw_counts_for_nothing(void **state) {
    (void)state;
    struct published game = publish_as("game", PERFADAPT_ROLE_INTERACTIVE);
    struct perfadapt__peers peers = begin("");
    search(&peers);
    perfadapt__writer_serve(game.writer);
    assert_int_equal(look(&peers), 0); /* no frame yet */
    draw(&game, 3 * PERFADAPT__NS_PER_S, PERFADAPT_REASON_THERMAL);
    assert_int_equal(look(&peers), 0);
    draw(&game, PERFADAPT__NS_PER_S, PERFADAPT_REASON_THERMAL);
    assert_int_equal(look(&peers), PERFADAPT_REASON_THERMAL);
    draw(&game, -86400 * PERFADAPT__NS_PER_S, PERFADAPT_REASON_THERMAL);
    assert_int_equal(look(&peers), 0);
    perfadapt__peers_finish(&peers);
    unpublish(&game);
}

/* Mappings of regions in this process: those of the sessions made here, and what readers add. */
static size_t count_mappings(void) {
    char line[512];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        count += strstr(line, "memfd:perfadapt") != NULL;
    fclose(maps);
    return count;
}

static void other_roles_and_itself_are_passed_over(void **state) {
    (void)state;
    struct published export = publish_as("export", PERFADAPT_ROLE_EXPORT);
    struct published background = publish_as("background", PERFADAPT_ROLE_BACKGROUND);
    struct published own = publish_as("own", PERFADAPT_ROLE_INTERACTIVE); /* as if it had been one */
    struct perfadapt__peers peers = begin(perfadapt__writer_name(own.writer));
    const size_t mappings = count_mappings();
    const struct published *const all[] = {&export, &background, &own};
    search(&peers);
    for (size_t i = 0; i < 3; i++) {
        draw(all[i], 0, PERFADAPT_REASON_THERMAL);
        perfadapt__writer_serve(all[i]->writer);
    }
    assert_int_equal(look(&peers), 0);
    assert_int_equal(count_mappings(), mappings);
    assert_int_equal(search(&peers), 0);
    perfadapt__peers_finish(&peers);
    unpublish(&export);
    unpublish(&background);
    unpublish(&own);
}

enum { MANY = 80, MAPPED_MOST = 8 };

static void many_sessions_take_bounded_memory(void **state) {
    (void)state;
    static struct published games[MANY];
    for (size_t i = 0; i < MANY; i++)
        games[i] = publish_as("game", PERFADAPT_ROLE_INTERACTIVE);
    struct perfadapt__peers peers = begin("");
    const size_t mappings = count_mappings();
    search(&peers);
    for (size_t i = 0; i < MANY; i++) {
        draw(&games[i], 0, PERFADAPT_REASON_THERMAL);
        perfadapt__writer_serve(games[i].writer);
    }
    assert_int_equal(search(&peers), PERFADAPT_REASON_THERMAL);
    assert_int_equal(count_mappings(), mappings + MAPPED_MOST);
    for (size_t i = 0; i < MANY; i++)
        unpublish(&games[i]);
    assert_int_equal(search(&peers), 0);
    perfadapt__peers_finish(&peers);
}

static void one_that_never_answers_is_not_waited_for(void **state) {
    (void)state;
    make_directory();
    const int fd = listen_as("1-0123456789abcdef.sock", SOCK_SEQPACKET);
    struct perfadapt__peers peers = begin("");
    for (int i = 0; i < 20; i++)
        assert_int_equal(search(&peers), 0);
    perfadapt__peers_finish(&peers);
    close(fd);
}

/* Of a client: those of listeners have one. */
static int first_socket_without_name(void) {
    for (int fd = 3; fd < 1024; fd++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        socklen_t length = sizeof address;
        if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 && length == sizeof address.sun_family)
            return fd;
    }
    fail_msg("no connection is under way");
    return -1;
}

/* The host closes what it does not know, and the number is its own pipe's then: its data stays there. */
static void a_connection_that_the_host_closed_is_left_alone(void **state) {
    (void)state;
    char bytes[8];
    struct published game = publish_as("game", PERFADAPT_ROLE_INTERACTIVE);
    const size_t before = open_descriptors();
    struct perfadapt__peers peers = begin("");
    search(&peers);
    const int connection = first_socket_without_name();
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(dup3(ends[0], connection, O_CLOEXEC), connection);
    assert_int_equal(write(ends[1], "of host", 8), 8);
    assert_int_equal(look(&peers), 0);
    assert_int_equal(search(&peers), 0);
    perfadapt__peers_finish(&peers);
    assert_int_equal(read(connection, bytes, sizeof bytes), 8);
    close(connection);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(open_descriptors(), before);
    unpublish(&game);
}

static void the_environment_is_asked_once(void **state) {
    (void)state;
    struct published game = publish_as("game", PERFADAPT_ROLE_INTERACTIVE);
    struct perfadapt__peers peers = begin("");
    unsetenv("XDG_RUNTIME_DIR");
    search(&peers);
    perfadapt__writer_serve(game.writer);
    draw(&game, 0, PERFADAPT_REASON_POWER);
    assert_int_equal(search(&peers), PERFADAPT_REASON_POWER);
    perfadapt__peers_finish(&peers);
    perfadapt__peers_init(&peers, "");
    assert_null(peers.reader);
    assert_int_equal(search(&peers), 0);
    perfadapt__peers_finish(&peers);
    setenv("XDG_RUNTIME_DIR", runtime_dir, 1);
    unpublish(&game);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, enter_runtime_dir, leave_runtime_dir)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_known_once_it_has_answered),
        TEST(who_does_not_draw_counts_for_nothing),
        TEST(other_roles_and_itself_are_passed_over),
        TEST(many_sessions_take_bounded_memory),
        TEST(one_that_never_answers_is_not_waited_for),
        TEST(a_connection_that_the_host_closed_is_left_alone),
        TEST(the_environment_is_asked_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
