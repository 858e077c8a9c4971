/*
 * Sessions as no library would publish them, for perfadapt-top to look at: hostile_writer KIND [COUNT].
 * SPDX-License-Identifier: MIT
 *
 * Found and fetched as any session; then the region is rewritten as its KIND says, until SIGTERM.
 * Says "ready" when all its sessions can be found.
 */
#include "core/clock.h"
#include "publish/region.h"
#include "publish/writer.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SESSIONS_MAX = 64, STEP_MS = 5, FRAMES_AHEAD = 1000000, NOISE_BYTES = 512 };

struct session {
    struct perfadapt__region *region;
    int fd;
    struct perfadapt__writer *writer;
    uint64_t frames;
};

struct kind {
    const char *name;
    const char *app; /* its name as published */
    void (*prepare)(struct session *session);
    void (*step)(struct session *session);
};

static volatile sig_atomic_t ended;

static void handle_end(int signal_number) {
    (void)signal_number;
    ended = 1;
}

static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

/* xorshift64: the same noise in every run. */
static uint64_t random_word(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void put_alive(struct session *session) {
    perfadapt__region_put_alive(session->region, perfadapt__boottime_ns());
}

static struct perfadapt_frame next_frame(struct session *session, uint64_t step) {
    session->frames += step;
    return (struct perfadapt_frame){.number = session->frames,
                                    .end_ns = perfadapt__now_ns(),
                                    .period_ns = STEP_MS * PERFADAPT__NS_PER_MS,
                                    .cpu_ns = PERFADAPT__NS_PER_MS,
                                    .gpu_ns = -1,
                                    .render_scale = 1};
}

static void run_well(struct session *session) {
    const struct perfadapt_frame frame = next_frame(session, 1);
    perfadapt__region_put_frame(session->region, &frame);
    put_alive(session);
}

static void jump_frames(struct session *session) {
    const struct perfadapt_frame frame = next_frame(session, FRAMES_AHEAD);
    perfadapt__region_put_frame(session->region, &frame);
    put_alive(session);
}

static void go_back_in_time(struct session *session) {
    struct perfadapt_frame frame = next_frame(session, 1);
    frame.end_ns = -frame.end_ns;
    frame.period_ns = frame.cpu_ns = frame.gpu_ns = INT64_MIN;
    perfadapt__region_put_frame(session->region, &frame);
    session->region->identity.opened_boottime_ns = INT64_MIN;
    perfadapt__region_put_alive(session->region, -perfadapt__boottime_ns());
}

/* An update that never ends, in a session that is alive all the same. */
static void leave_locked(struct session *session) {
    atomic_store(&session->region->budget_lock.sequence, random_word() | 1);
    atomic_store(&session->region->snapshot_lock.sequence, random_word() | 1);
    put_alive(session);
}

static void fall_silent_locked(struct session *session) {
    leave_locked(session);
    perfadapt__region_put_alive(session->region, 0);
}

/* Everything behind the sign that the session was closed, or with `all` that as well. */
static void make_noise(struct session *session, bool all) {
    unsigned char *bytes = (unsigned char *)session->region;
    const size_t first = all ? sizeof session->region->identity : offsetof(struct perfadapt__region, alive_boottime_ns);
    for (int i = 0; i < 64; i++) {
        const size_t at = first + random_word() % (sizeof *session->region - first - NOISE_BYTES);
        for (size_t byte = 0; byte < 1 + random_word() % NOISE_BYTES; byte++)
            bytes[at + byte] = (unsigned char)random_word();
    }
}

static void make_noise_alive(struct session *session) {
    make_noise(session, false);
    put_alive(session);
}

static void make_noise_everywhere(struct session *session) {
    make_noise(session, true);
}

/* Every word of every payload a number that nobody computes with; locks are even, so that all of it is taken. */
static void put_absurd_numbers(struct session *session) {
    static const uint64_t words[] = {UINT64_C(0x7ff8000000000000),
                                     UINT64_C(0x7ff0000000000000),
                                     UINT64_C(0xfff0000000000000),
                                     UINT64_C(0x8000000000000000),
                                     UINT64_C(0x7fffffffffffffff),
                                     UINT64_C(0xffffffffffffffff),
                                     UINT64_C(0x7fefffffffffffff),
                                     UINT64_C(0x4341c37937e08000),
                                     UINT64_C(0x7fc000007fc00000),
                                     UINT64_C(1000000000000000000),
                                     UINT64_C(0),
                                     UINT64_C(1)};
    struct perfadapt__region *region = session->region;
    _Atomic uint64_t *word = (_Atomic uint64_t *)&region->budget_lock;
    const _Atomic uint64_t *const end = (_Atomic uint64_t *)(region + 1);
    for (; word < end; word++)
        atomic_store_explicit(word, words[random_word() % (sizeof words / sizeof *words)], memory_order_relaxed);
    atomic_store(&region->budget_lock.sequence, 2);
    atomic_store(&region->snapshot_lock.sequence, 2);
    put_alive(session);
}

/* Decisions of a far future: the events of others are still to be seen. */
static void foretell(struct session *session) {
    for (int i = 0; i < PERFADAPT_DECISIONS_MAX; i++) {
        const struct perfadapt_decision decision = {.generation = random_word() >> 1,
                                                    .timestamp_ns = INT64_C(900000000000000000),
                                                    .quality_from = 1,
                                                    .quality_to = 2};
        perfadapt__region_put_decision(session->region, &decision);
    }
}

/* Signs of life of a far future: they are not to outlive the session. */
static void live_tomorrow(struct session *session) {
    struct perfadapt_frame frame = next_frame(session, 1);
    frame.end_ns += 3600 * PERFADAPT__NS_PER_S;
    perfadapt__region_put_frame(session->region, &frame);
    perfadapt__region_put_alive(session->region, perfadapt__boottime_ns() + 3600 * PERFADAPT__NS_PER_S);
}

static void fill_with(char *text, size_t capacity, const char *pattern) {
    const size_t length = strlen(pattern);
    for (size_t i = 0; i < capacity; i++)
        text[i] = pattern[i % length];
}

/* Texts that would clear the screen, ring, rename the window, or never end. */
static void put_hostile_texts(struct session *session) {
    static const char pattern[] = "\x1b[2J\x1b]0;owned\x07\r\n\t\xff\xc3\xf0\x9f\x98\x80\xe2\x80\xae\xcc\x81";
    static struct perfadapt_snapshot snapshot;
    memset(&snapshot, 0, sizeof snapshot);
    snapshot.size = sizeof snapshot;
    snapshot.generation = ++session->frames;
    snapshot.timestamp_ns = perfadapt__now_ns();
    snapshot.simulated = 1;
    snapshot.sensor_count = PERFADAPT_SENSORS_MAX;
    for (size_t i = 0; i < PERFADAPT_SENSORS_MAX; i++) {
        struct perfadapt_sensor *sensor = &snapshot.sensors[i];
        fill_with(sensor->id, sizeof sensor->id, pattern + i % 4);
        fill_with(sensor->chip, sizeof sensor->chip, pattern + i % 7);
        fill_with(sensor->label, sizeof sensor->label, pattern + i % 5);
        sensor->steers = sensor->simulated = 1;
        sensor->temperature = (struct perfadapt_metric){.value = (double)i - 200,
                                                        .state = PERFADAPT_STATE_OK,
                                                        .unit = PERFADAPT_UNIT_CELSIUS,
                                                        .timestamp_ns = snapshot.timestamp_ns};
    }
    fill_with(session->region->identity.name, sizeof session->region->identity.name, pattern);
    fill_with(session->region->identity.version, sizeof session->region->identity.version, pattern);
    perfadapt__region_put_snapshot(session->region, &snapshot);
    put_alive(session);
}

static void be_simulated(struct session *session) {
    session->region->identity.simulated = 1;
}

static void be_simulated_texts(struct session *session) {
    be_simulated(session);
    put_hostile_texts(session);
}

static void be_of_another_version(struct session *session) {
    session->region->identity.layout_version = PERFADAPT__REGION_VERSION + 1;
    snprintf(session->region->identity.version, sizeof session->region->identity.version, "9.8.7");
}

static void be_of_another_size(struct session *session) {
    session->region->identity.layout_bytes /= 2;
}

static void be_no_region(struct session *session) {
    session->region->identity.magic = 0;
}

static void be_cut(struct session *session) {
    session->region->identity.layout_bytes = UINT32_MAX;
}

static void rest(struct session *session) {
    (void)session;
}

static const struct kind kinds[] = {{"well", "well", rest, run_well},
                                    {"jump", "jumping", rest, jump_frames},
                                    {"past", "past", rest, go_back_in_time},
                                    {"locked", "locked", rest, leave_locked},
                                    {"torn", "torn", rest, fall_silent_locked},
                                    {"noise", "noisy", be_simulated, make_noise_alive},
                                    {"everywhere", "everywhere", be_simulated, make_noise_everywhere},
                                    {"absurd", "absurd", be_simulated, put_absurd_numbers},
                                    {"future", "prophet", foretell, run_well},
                                    {"tomorrow", "tomorrow", rest, live_tomorrow},
                                    {"texts", "texts", be_simulated_texts, put_hostile_texts},
                                    {"version", "newer", be_of_another_version, put_alive},
                                    {"size", "narrower", be_of_another_size, put_alive},
                                    {"magic", "no region", be_no_region, rest},
                                    {"cut", "cut", be_cut, rest}};

static const struct kind *find_kind(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static bool open_session(const struct kind *kind, struct session *session) {
    const struct perfadapt__region_options options = {
        .name = kind->app, .quality_levels = 5, .target_frame_ns = 16666667};
    session->region = perfadapt__region_create(&options, &session->fd);
    if (!session->region || session->fd < 0)
        return false;
    kind->prepare(session);
    return perfadapt__writer_create(session->fd, NULL, &session->writer) == PERFADAPT_OK;
}

static void go_on(const struct kind *kind, struct session *sessions, size_t count) {
    struct pollfd polled[SESSIONS_MAX];
    for (size_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = perfadapt__writer_fd(sessions[i].writer), .events = POLLIN};
    while (!ended) {
        poll(polled, count, STEP_MS);
        for (size_t i = 0; i < count; i++) {
            perfadapt__writer_serve(sessions[i].writer);
            kind->step(&sessions[i]);
        }
    }
}

/* In order, as an app does that ends. */
static void close_sessions(struct session *sessions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        perfadapt__writer_destroy(&sessions[i].writer, false);
        perfadapt__region_destroy(&sessions[i].region, 0, &sessions[i].fd, false);
    }
}

int main(int argc, char **argv) {
    static struct session sessions[SESSIONS_MAX];
    const struct kind *kind = argc > 1 ? find_kind(argv[1]) : NULL;
    const size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    if (!kind || count < 1 || count > SESSIONS_MAX) {
        fputs("usage: hostile_writer KIND [COUNT], COUNT at most 64\n", stderr);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, handle_end);
    for (size_t i = 0; i < count; i++) {
        if (!open_session(kind, &sessions[i])) {
            fprintf(stderr, "hostile_writer: session %zu cannot be published\n", i);
            return 3;
        }
    }
    puts("ready");
    fflush(stdout);
    go_on(kind, sessions, count);
    close_sessions(sessions, count);
    return 0;
}
