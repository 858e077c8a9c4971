/* Readers before sockets and regions that lie. SPDX-License-Identifier: MIT */
#include "publish_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define NAME "77-00000000000000aa.sock"

static const struct perfadapt__hello good_hello = {.version = PERFADAPT__HELLO_VERSION, .count = 1};

/* A memfd of `bytes`, beginning with `region`. */
static int make_memfd(const struct perfadapt__region *region, size_t bytes, int seals) {
    const int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    const size_t shared = bytes < sizeof *region ? bytes : sizeof *region;
    assert_int_equal(pwrite(fd, region, shared, 0), (ssize_t)shared);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

/* Private memory that says it is a region, alive, with nothing in it; to be freed. */
static struct perfadapt__region *make_region(void) {
    struct perfadapt__region *region = calloc(1, sizeof *region);
    assert_non_null(region);
    region->identity = (struct perfadapt__region_identity){.magic = PERFADAPT__REGION_MAGIC,
                                                           .layout_version = PERFADAPT__REGION_VERSION,
                                                           .layout_bytes = sizeof *region,
                                                           .pid = 77,
                                                           .opened_boottime_ns = 1,
                                                           .name = "hostile",
                                                           .version = "9.9"};
    atomic_store(&region->alive_boottime_ns, perfadapt__boottime_ns());
    return region;
}

/* What a reader makes of one answer: its app, copied. */
static struct perfadapt_app reader_sees(const void *hello, size_t length, const int *fds, size_t count) {
    const size_t before = open_descriptors();
    const int listen_fd = listen_as(NAME, SOCK_SEQPACKET);
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    answer(listen_fd, hello, length, fds, count);
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    const struct perfadapt_app app = *perfadapt__reader_app(reader, 0);
    refresh(reader); /* it stays as it is */
    assert_int_equal(perfadapt__reader_count(reader), 1);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, app.state);
    unlink(path_of(NAME));
    refresh(reader);
    assert_true(app.state <= PERFADAPT_APP_IDLE || perfadapt__reader_count(reader) == 0);
    perfadapt__reader_destroy(&reader);
    close(listen_fd);
    assert_int_equal(open_descriptors(), before);
    return app;
}

static struct perfadapt_app reader_sees_fd(int fd) {
    const struct perfadapt_app app = reader_sees(&good_hello, sizeof good_hello, &fd, 1);
    close(fd);
    return app;
}

static struct perfadapt_app reader_sees_region(const struct perfadapt__region *region) {
    return reader_sees_fd(make_memfd(region, sizeof *region, F_SEAL_SHRINK));
}

static void a_good_one(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    const struct perfadapt_app app = reader_sees_region(region);
    assert_int_equal(app.state, PERFADAPT_APP_IDLE);
    assert_string_equal(app.name, "hostile");
    assert_true(isnan(app.fps) && isnan(app.gpu_p50_ms));
    free(region);
}

static void unsealed(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    const struct perfadapt_app app = reader_sees_fd(make_memfd(region, sizeof *region, F_SEAL_GROW));
    assert_int_equal(app.state, PERFADAPT_APP_CORRUPT);
    assert_int_equal(app.pid, 77); /* of the socket's name */
    assert_string_equal(app.name, "");
    free(region);
}

static void truncated(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    const size_t sizes[] = {0, 1, sizeof region->identity - 1, sizeof region->identity, 4096, sizeof *region - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(reader_sees_fd(make_memfd(region, sizes[i], F_SEAL_SHRINK)).state, PERFADAPT_APP_CORRUPT);
    free(region);
}

static void other_versions(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    region->identity.layout_version = 2;
    struct perfadapt_app app = reader_sees_region(region);
    assert_int_equal(app.state, PERFADAPT_APP_VERSION);
    assert_string_equal(app.name, "hostile");
    assert_string_equal(app.version, "9.9");
    assert_int_equal(app.budget.size, 0);
    region->identity.layout_bytes = sizeof region->identity;
    app = reader_sees_fd(make_memfd(region, sizeof region->identity, F_SEAL_SHRINK));
    assert_int_equal(app.state, PERFADAPT_APP_VERSION);
    region->identity.layout_version = PERFADAPT__REGION_VERSION;
    assert_int_equal(reader_sees_region(region).state, PERFADAPT_APP_VERSION);
    region->identity.magic ^= 1;
    assert_int_equal(reader_sees_region(region).state, PERFADAPT_APP_CORRUPT);
    free(region);
}

static void torn(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    atomic_store(&region->budget_lock.sequence, 5);
    struct perfadapt_app app = reader_sees_region(region);
    assert_int_equal(app.state, PERFADAPT_APP_IDLE); /* alive: it may only just be writing */
    assert_int_equal(app.budget.size, 0);
    atomic_store(&region->alive_boottime_ns, 1);
    app = reader_sees_region(region);
    assert_int_equal(app.state, PERFADAPT_APP_TORN);
    assert_int_equal(app.budget.size, 0);
    atomic_store(&region->budget_lock.sequence, 6);
    assert_int_equal(reader_sees_region(region).state, PERFADAPT_APP_SILENT);
    free(region);
}

static void wrong_messages(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    int fds[12];
    for (size_t i = 0; i < 12; i++)
        fds[i] = make_memfd(region, sizeof *region, F_SEAL_SHRINK);
    struct perfadapt__hello hello = good_hello;
    assert_int_equal(reader_sees(&hello, sizeof hello, fds, 2).state, PERFADAPT_APP_CORRUPT);
    assert_int_equal(reader_sees(&hello, sizeof hello, fds, 12).state, PERFADAPT_APP_CORRUPT);
    assert_int_equal(reader_sees(&hello, sizeof hello, fds, 0).state, PERFADAPT_APP_CORRUPT);
    assert_int_equal(reader_sees(&hello, 3, fds, 1).state, PERFADAPT_APP_CORRUPT);
    const struct perfadapt__hello twice[2] = {good_hello, good_hello};
    assert_int_equal(reader_sees(twice, sizeof twice, fds, 1).state, PERFADAPT_APP_IDLE);
    hello.count = 2;
    assert_int_equal(reader_sees(&hello, sizeof hello, fds, 1).state, PERFADAPT_APP_CORRUPT);
    hello.version = 2;
    assert_int_equal(reader_sees(&hello, sizeof hello, fds, 1).state, PERFADAPT_APP_VERSION);
    for (size_t i = 0; i < 12; i++)
        close(fds[i]);
    free(region);
}

static void wrong_descriptors(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(reader_sees_fd(ends[0]).state, PERFADAPT_APP_CORRUPT);
    close(ends[1]);
    assert_int_equal(reader_sees_fd(open("/", O_PATH | O_CLOEXEC)).state, PERFADAPT_APP_CORRUPT);
    /* A file with everything in it, which can shrink at any time. */
    struct perfadapt__region *region = make_region();
    const int fd = open(path_of("file"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, region, sizeof *region), (ssize_t)sizeof *region);
    assert_int_equal(reader_sees_fd(fd).state, PERFADAPT_APP_CORRUPT);
    free(region);
}

static void of_another_user(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    struct perfadapt__region *region = make_region();
    assert_int_equal(seteuid(65534), 0);
    const int fd = make_memfd(region, sizeof *region, F_SEAL_SHRINK);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(reader_sees_fd(fd).state, PERFADAPT_APP_DENIED);
    free(region);
}

static void listener_of_another_user(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    const int listen_fd = listen_as(NAME, SOCK_SEQPACKET);
    assert_int_equal(seteuid(65534), 0);
    assert_int_equal(listen(listen_fd, 8), 0); /* the kernel notes who listens */
    assert_int_equal(seteuid(0), 0);
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 1);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, PERFADAPT_APP_DENIED);
    perfadapt__reader_destroy(&reader);
    close(listen_fd);
}

static void sockets_of_another_kind(void **state) {
    (void)state;
    const int listen_fd = listen_as(NAME, SOCK_STREAM);
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    assert_int_equal(perfadapt__reader_app(reader, 0)->state, PERFADAPT_APP_CORRUPT);
    perfadapt__reader_destroy(&reader);
    close(listen_fd);
}

static void connections_cut_off(void **state) {
    (void)state;
    const int listen_fd = listen_as(NAME, SOCK_SEQPACKET);
    struct perfadapt__reader *reader = open_reader();
    for (int i = 0; i < 3; i++) {
        refresh(reader);
        close(accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC));
        refresh(reader);
        assert_int_equal(perfadapt__reader_count(reader), 0);
    }
    perfadapt__reader_destroy(&reader);
    close(listen_fd);
}

static void other_files(void **state) {
    (void)state;
    assert_int_equal(mkdir(path_of("1-0000000000000001.sock"), 0700), 0);
    assert_int_equal(mkfifo(path_of("1-0000000000000002.sock"), 0600), 0);
    assert_int_equal(symlink("nowhere", path_of("1-0000000000000003.sock")), 0);
    close(open(path_of("1-0000000000000004.sock"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    close(open(path_of("\033[2J"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    close(listen_as("mine.sock", SOCK_SEQPACKET));
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    refresh(reader);
    assert_int_equal(perfadapt__reader_count(reader), 0);
    perfadapt__reader_destroy(&reader);
    assert_int_equal(access(path_of("mine.sock"), F_OK), 0); /* not ours to remove */
    assert_int_equal(access(path_of("1-0000000000000004.sock"), F_OK), 0);
}

static void name_for_a_terminal(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    memset(region->identity.name, 'x', sizeof region->identity.name);
    memcpy(region->identity.name, "\033]0;a\007\xc2\x9b\xe2\x80\xae\xff\xc3\xa4", 14);
    const struct perfadapt_app app = reader_sees_region(region);
    assert_memory_equal(app.name, "?]0;a????\xc3\xa4x", 12);
    assert_int_equal(app.name[sizeof app.name - 1], 0);
    free(region);
}

#define ONE_SIGNAL(name, number, word) +1
enum { SIGNALS = 0 PERFADAPT_SIGNAL_MAP(ONE_SIGNAL) }; /* numbered from 0 without a gap */

static bool is_sane(const struct perfadapt_app *app) {
    const struct perfadapt_budget *budget = &app->budget;
    return app->state <= PERFADAPT_APP_DENIED && app->role <= PERFADAPT_ROLE_EXPORT && app->frames_counted <= 1024 &&
           (budget->size == 0 || (budget->quality < budget->quality_levels && budget->quality_levels <= 32)) &&
           !isinf(app->fps) && !isinf(app->period_max_ms) && budget->frame_ns >= 0;
}

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

struct scribbler {
    _Atomic uint64_t *words;
    size_t count;
    atomic_bool stop;
};

/* Rewrites everything behind the identity, all the time. */
static void *scribble(void *context) {
    struct scribbler *scribbler = context;
    uint64_t seed = 88172645463325252u;
    const size_t first = offsetof(struct perfadapt__region, alive_boottime_ns) / 8;
    while (!atomic_load_explicit(&scribbler->stop, memory_order_relaxed)) {
        const size_t at = first + next_random(&seed) % (scribbler->count - first);
        const uint64_t value = next_random(&seed);
        atomic_store_explicit(&scribbler->words[at], value & 4 ? value : value & 3, memory_order_relaxed);
    }
    return NULL;
}

static void read_all(struct perfadapt__reader *reader) {
    static struct perfadapt_frame frames[PERFADAPT_FRAMES_MAX];
    static struct perfadapt_decision decisions[PERFADAPT_DECISIONS_MAX];
    static struct perfadapt_snapshot snapshot;
    refresh(reader);
    if (!perfadapt__reader_count(reader))
        return;
    assert_true(is_sane(perfadapt__reader_app(reader, 0)));
    assert_true(perfadapt__reader_frames(reader, 0, PERFADAPT_FRAMES_MAX, frames) <= PERFADAPT_FRAMES_MAX);
    const size_t count = perfadapt__reader_decisions(reader, 0, PERFADAPT_DECISIONS_MAX, decisions);
    for (size_t i = 0; i < count; i++)
        assert_true(decisions[i].signal < SIGNALS && !isinf(decisions[i].value));
    if (perfadapt__reader_snapshot(reader, 0, &snapshot))
        assert_true(snapshot.sensor_count <= PERFADAPT_SENSORS_MAX);
}

static void rewritten_while_it_is_read(void **state) {
    (void)state;
    struct perfadapt__region *region = make_region();
    const int fd = make_memfd(region, sizeof *region, F_SEAL_SHRINK);
    void *memory = mmap(NULL, sizeof *region, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(memory != MAP_FAILED);
    const int listen_fd = listen_as(NAME, SOCK_SEQPACKET);
    struct perfadapt__reader *reader = open_reader();
    refresh(reader);
    answer(listen_fd, &good_hello, sizeof good_hello, &fd, 1);
    refresh(reader);
    struct scribbler scribbler = {.words = memory, .count = sizeof *region / 8};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, scribble, &scribbler), 0);
    for (int i = 0; i < 500; i++)
        read_all(reader);
    atomic_store(&scribbler.stop, true);
    pthread_join(thread, NULL);
    perfadapt__reader_destroy(&reader);
    munmap(memory, sizeof *region);
    close(listen_fd);
    close(fd);
    free(region);
}

static int enter_private_directory(void **state) {
    enter_runtime_dir(state);
    make_directory();
    return 0;
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_private_directory, leave_runtime_dir)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_good_one),
        IN_DIRECTORY(unsealed),
        IN_DIRECTORY(truncated),
        IN_DIRECTORY(other_versions),
        IN_DIRECTORY(torn),
        IN_DIRECTORY(wrong_messages),
        IN_DIRECTORY(wrong_descriptors),
        IN_DIRECTORY(of_another_user),
        IN_DIRECTORY(listener_of_another_user),
        IN_DIRECTORY(sockets_of_another_kind),
        IN_DIRECTORY(connections_cut_off),
        IN_DIRECTORY(other_files),
        IN_DIRECTORY(name_for_a_terminal),
        IN_DIRECTORY(rewritten_while_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
