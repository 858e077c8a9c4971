/* Recordings of one session as moments: what was decided, what is cut, how much is kept.
 * SPDX-License-Identifier: MIT */
#include "check.h"
#include "recorded_session.h"

#include "core/hash.h"
#include "record/dump.h"
#include "record/follower.h"
#include "record/state.h"
#include "session_replay.h"
#include "tape_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true;
#else
static const bool sanitized =
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer); /* they keep what is freed */
#endif

enum { DECISIONS_MOST = 4096 };

static const int64_t second_ns = 1000000000;
static char path[] = "/tmp/perfadapt-session-replay-XXXXXX";
static char note[TAPE_NOTE_MAX];

static struct recorded_session session;
static struct perfadapt__follower follower;

/* What was decided, one by one. */
static size_t decided_count;
static struct perfadapt_decision decided[DECISIONS_MOST];

static long resident_kb(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1) {
        pages = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int begin_file(int64_t taken_s) {
    const struct perfadapt__record_origin origin = {.name = "recorded", .pid = 1234};
    struct perfadapt__record_header header;
    const int fd = perfadapt__record_open(path);
    perfadapt__record_header_fill(&header, perfadapt__state_layout(), &origin);
    header.taken_realtime_s = taken_s;
    header.checksum =
        perfadapt__hash(PERFADAPT__HASH_START, &header, offsetof(struct perfadapt__record_header, checksum));
    CHECK(fd >= 0 && perfadapt__record_write(fd, &header, sizeof header));
    return fd;
}

/* A session from its beginning, followed as perfadapt record does it. */
static void record_followed(int seconds, int64_t taken_s) {
    const struct perfadapt__policy policy = loop_policy(6, LOOP_ALL_OUTPUTS);
    const int fd = begin_file(taken_s);
    recorded_open(&session, &policy, 8);
    CHECK(perfadapt__follower_init(&follower, recorded_ring(&session), sizeof(struct perfadapt__record_ring)));
    for (int second = 0; second < seconds; ++second) {
        recorded_run(&session, 1);
        CHECK(perfadapt__follower_write(&follower, fd));
    }
    close(fd);
}

static void find_decided(void) {
    static struct perfadapt__recording recording;
    static struct perfadapt__recorded record;
    static struct perfadapt__replayer replayer;
    FILE *file = fopen(path, "rb");
    decided_count = 0;
    CHECK(file != NULL && perfadapt__recording_init(&recording, file) == PERFADAPT__FILE_OK);
    perfadapt__replayer_init(&replayer, &(struct perfadapt__what_if){0});
    while (perfadapt__replayer_next(&replayer, &recording, &record) == PERFADAPT__RECORDING_RECORD) {
        const bool told = record.type == PERFADAPT__RECORDED_INPUT || record.type == PERFADAPT__RECORDED_POLICY;
        if (told && replayer.change == PERFADAPT__BUDGET_DECIDED && decided_count < DECISIONS_MOST) {
            decided[decided_count++] = replayer.decider.arbiter.decision;
        }
    }
    fclose(file);
}

static bool is_same(const struct perfadapt_decision *one, const struct perfadapt_decision *other) {
    char text[2][DECISION_TEXT_MAX];
    perfadapt_decision_text(one, text[0], sizeof text[0]);
    perfadapt_decision_text(other, text[1], sizeof text[1]);
    return one->timestamp_ns == other->timestamp_ns && one->generation == other->generation &&
           strcmp(text[0], text[1]) == 0;
}

/* Every decision is there with its evidence, and in the moment that follows it. */
static size_t check_decisions(const struct model_app *of, int64_t now_ns, size_t seen) {
    size_t due = seen;
    while (due < decided_count && decided[due].timestamp_ns < now_ns) {
        ++due;
    }
    CHECK(of->decision_count == (due < PERFADAPT_DECISIONS_MAX ? due : PERFADAPT_DECISIONS_MAX));
    for (size_t i = 0; i < of->decision_count && due >= of->decision_count; ++i) {
        CHECK(is_same(&of->decisions[i], &decided[due - of->decision_count + i]));
    }
    return due;
}

static void check_moment(const struct model *model) {
    const struct model_app *of = &model->apps.items[0];
    CHECK(model->apps.count == 1 && of->app.pid == 1234 && strcmp(of->app.name, "recorded") == 0);
    CHECK(of->app.budget.quality < of->app.budget.quality_levels);
    CHECK(model->frame_count > 0 && model->frames[model->frame_count - 1].number == of->app.frames_total);
    CHECK(model->snapshot.sensor_count <= PERFADAPT__HEAT_SENSORS);
    CHECK(model->snapshot.memory.swap_free.state == PERFADAPT_STATE_UNSUPPORTED &&
          isnan(model->snapshot.memory.swap_free.value));
}

static void test_followed(void) {
    enum { SECONDS = 120 };
    struct tape tape;
    struct tape_place place;
    struct model *model = model_create_empty();
    size_t seen = 0;
    record_followed(SECONDS, 1000000);
    find_decided();
    CHECK(decided_count > 3);
    CHECK(tape_file_open(path, &tape, note) && note[0] == '\0');
    CHECK(tape.count >= SECONDS - 1 && tape.count <= SECONDS + 2 && tape.fd == -1);
    tape_place_init(&place);
    for (size_t i = 0; i < tape.count; ++i) {
        CHECK(tape_go(&tape, &place, i) && moment_show(place.moment, model));
        check_moment(model);
        if (i + 1 < tape.count) {
            seen = check_decisions(&model->apps.items[0], model->now_ns, seen);
        }
    }
    CHECK(model->apps.items[0].app.frames_total == session.frame);
    /* The file was begun with the first second in it. */
    const int64_t since_ns = model->realtime_ns - 1000000 * second_ns - (model->now_ns - tape_oldest_ns(&tape));
    CHECK(since_ns > -2 * second_ns && since_ns < 2 * second_ns);
    tape_place_finish(&place);
    tape_finish(&tape);
    model_destroy(model);
    recorded_close(&session);
}

static void test_cut_and_damaged(void) {
    struct tape tape;
    struct stat status;
    size_t most = SIZE_MAX;
    record_followed(60, 1000000);
    recorded_close(&session);
    CHECK(stat(path, &status) == 0);
    for (off_t length = status.st_size - 1; length > 0; length -= 1 + length / 40) {
        CHECK(truncate(path, length) == 0);
        if (tape_file_open(path, &tape, note)) {
            CHECK(tape.count <= most);
            most = tape.count;
            tape_finish(&tape);
        } else {
            CHECK(note[0] != '\0');
            most = 0;
        }
        CHECK(length != status.st_size - 1 || strstr(note, "cut off") != NULL);
    }
    record_followed(60, 0);
    recorded_close(&session);
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL && fseek(file, (long)status.st_size / 2, SEEK_SET) == 0 && fputs("damaged", file) >= 0 &&
          fclose(file) == 0);
    CHECK(tape_file_open(path, &tape, note) && strstr(note, "is damaged in 1 place") != NULL);
    CHECK(tape.count > 10 && tape.count < 60);
    struct model *model = model_create_empty();
    struct tape_place place;
    tape_place_init(&place);
    CHECK(tape_go(&tape, &place, 0) && moment_show(place.moment, model) && model->realtime_ns == 0);
    tape_place_finish(&place);
    model_destroy(model);
    tape_finish(&tape);
}

/* Of two that were put together, the second's header is damage, and its times may be those of the first. */
static void test_two_in_one(void) {
    struct tape tape;
    static unsigned char bytes[1 << 20];
    record_followed(30, 1000000);
    recorded_close(&session);
    FILE *file = fopen(path, "r+b");
    const size_t length = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
    CHECK(length > 0 && length < sizeof bytes && fseek(file, 0, SEEK_END) == 0);
    CHECK(fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
    CHECK(tape_file_open(path, &tape, note) && note[0] != '\0');
    CHECK(tape.count >= 29 && tape.count <= 32);
    tape_finish(&tape);
}

static void test_long(int hours, size_t least) {
    struct tape tape = {0};
    struct stat status = {0};
    record_followed(hours * 3600, 1000000);
    recorded_close(&session);
    const long before_kb = resident_kb();
    const int64_t began_ns = model_monotonic_ns();
    CHECK(tape_file_open(path, &tape, note) && stat(path, &status) == 0);
    const long grown_kb = resident_kb() - before_kb;
    CHECK(tape.count >= least && tape.bytes <= SESSION_REPLAY_BYTES_MAX && tape.dropped == 0);
    CHECK(hours < 4 || strstr(note, "is long") != NULL);
    printf("%d h, %ld kB: %zu moments, %zu bytes, %zu a moment, resident +%ld kB, %ld ms: %s\n", hours,
           (long)status.st_size / 1024, tape.count, tape.bytes, tape.bytes / (tape.count > 0 ? tape.count : 1),
           grown_kb, (long)((model_monotonic_ns() - began_ns) / 1000000), note);
    CHECK(sanitized || grown_kb < 32 * 1024);
    tape_finish(&tape);
}

int main(int argc, char **argv) {
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    test_followed();
    test_cut_and_damaged();
    test_two_in_one();
    test_long(1, 3600);
    test_long(4, 10000);
    if (argc > 1) {
        test_long(atoi(argv[1]), 10000);
    }
    unlink(path);
    printf("%d failed\n", failures);
    return failures == 0 ? 0 : 1;
}
