/* A recording of one session: read into a tape. SPDX-License-Identifier: MIT */
#include "session_replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session_record.h"

/* A day: only what was made up has more. */
enum { MOMENTS_MAX = 24 * 3600 };

static const int64_t second_ns = 1000000000;
static const int64_t latest_realtime_s = INT64_C(4000000000);

struct session_replay {
    FILE *file;
    struct tape *tape;
    struct model *model;
    struct session_record session;
    struct perfadapt__recording recording;
    struct perfadapt__replayer replayer;
    struct perfadapt__recorded record;
    bool realtime_known;
    int64_t realtime_ns; /* CLOCK_REALTIME less CLOCK_MONOTONIC */
    int64_t next_ns;     /* the next moment; 0 = the recording has not begun */
    int64_t skipped;     /* bytes of the file that are not read */
    size_t moments;
    uint64_t breaks;
    bool time_went_back;
    bool failed; /* errno */
};

bool session_replay_is_one(const char magic[8]) {
    const uint64_t ours = PERFADAPT__RECORD_MAGIC;
    const uint64_t theirs = __builtin_bswap64(ours);
    return memcmp(magic, &ours, sizeof ours) == 0 || memcmp(magic, &theirs, sizeof theirs) == 0;
}

/* ---- Time of day ---- */

/*
 * The newest time that the file had when it was begun. A record that is written out whole ends there; one that is
 * followed has whole segments up to there, then chunks that go on within one.
 */
static int64_t find_begun_ns(struct session_replay *replay) {
    struct perfadapt__recording *recording = &replay->recording;
    uint64_t sequence = 0;
    int64_t newest_ns = 0;
    for (int segments = 0; segments <= PERFADAPT__RECORD_SEGMENTS;) {
        const bool between_chunks = recording->at == recording->end;
        if (perfadapt__recording_next(recording, &replay->record) != PERFADAPT__RECORDING_RECORD ||
            (between_chunks && sequence != 0 && recording->sequence == sequence)) {
            break;
        }
        segments += recording->sequence != sequence;
        sequence = recording->sequence;
        const int64_t time_ns = session_record_time_ns(&replay->record);
        newest_ns = time_ns > newest_ns ? time_ns : newest_ns;
    }
    return newest_ns;
}

static void find_realtime(struct session_replay *replay) {
    const int64_t begun_ns = find_begun_ns(replay);
    const int64_t taken_s = replay->recording.reader.header.taken_realtime_s;
    replay->realtime_known = begun_ns > 0 && taken_s > 0 && taken_s < latest_realtime_s;
    replay->realtime_ns = replay->realtime_known ? taken_s * second_ns - begun_ns : 0;
}

/* ---- Moments ---- */

static void add_moment(struct session_replay *replay, int64_t now_ns) {
    struct model *model = replay->model;
    if (now_ns <= tape_newest_ns(replay->tape)) {
        replay->time_went_back = true;
        return;
    }
    model->now_ns = now_ns;
    model->realtime_ns = replay->realtime_known ? now_ns + replay->realtime_ns : 0;
    session_record_fill(&replay->session, model, &replay->replayer, now_ns);
    errno = ENOMEM;
    replay->failed = !tape_add(replay->tape, model);
    ++replay->moments;
}

/* The second that has begun, where nothing more is known of it. */
static void end_second(struct session_replay *replay) {
    const int64_t last_ns = replay->replayer.tally.last_ns;
    const bool follows = last_ns > tape_newest_ns(replay->tape);
    if (replay->replayer.started && replay->next_ns != 0 && follows) {
        add_moment(replay, last_ns);
    }
}

/* Seconds without a record are no moments: nothing was known in them. */
static void pass_time(struct session_replay *replay, int64_t time_ns) {
    if (!replay->replayer.started || replay->next_ns == 0 || time_ns < replay->next_ns) {
        return;
    }
    add_moment(replay, replay->next_ns);
    const bool near = time_ns - replay->next_ns < second_ns;
    replay->next_ns = near ? replay->next_ns + second_ns : time_ns + second_ns;
}

static void take_record(struct session_replay *replay) {
    const struct perfadapt__recorded *record = &replay->record;
    struct perfadapt__replayer *replayer = &replay->replayer;
    const int64_t time_ns = session_record_time_ns(record);
    if (record->type == PERFADAPT__RECORDED_START) {
        end_second(replay);
    } else {
        pass_time(replay, time_ns);
    }
    replayer->change = PERFADAPT__BUDGET_SAME;
    if (!perfadapt__replayer_take(replayer, replay->recording.sequence, replay->recording.used, record)) {
        return;
    }
    session_record_take(&replay->session, replay->model, replayer, record);
    const bool loaded = record->type == PERFADAPT__RECORDED_STATE && replayer->change != PERFADAPT__BUDGET_SAME;
    if (loaded || record->type == PERFADAPT__RECORDED_START) {
        replay->next_ns = (time_ns > 0 ? time_ns : 0) + second_ns;
    }
}

static void take_all(struct session_replay *replay) {
    while (!replay->failed && replay->moments < MOMENTS_MAX) {
        switch (perfadapt__recording_next(&replay->recording, &replay->record)) {
        case PERFADAPT__RECORDING_RECORD:
            take_record(replay);
            break;
        case PERFADAPT__RECORDING_BREAK:
            replay->breaks += replay->next_ns != 0;
            end_second(replay);
            perfadapt__replayer_break(&replay->replayer);
            break;
        case PERFADAPT__RECORDING_END:
            end_second(replay);
            return;
        default:
            replay->failed = true;
            return;
        }
    }
}

/* ---- What is missing ---- */

__attribute__((format(printf, 2, 3))) static void add_note(char note[TAPE_NOTE_MAX], const char *format, ...) {
    const size_t length = strlen(note);
    const char *const between = length > 0 ? "; " : "";
    const size_t gap = strlen(between);
    char text[TAPE_NOTE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length + gap + strlen(text) < TAPE_NOTE_MAX) { /* none is cut: the first are the most important */
        snprintf(note + length, TAPE_NOTE_MAX - length, "%s%s", between, text);
    }
}

static void note_damage(const struct session_replay *replay, char note[TAPE_NOTE_MAX]) {
    const struct perfadapt__file_reader *reader = &replay->recording.reader;
    /* Where only the end is read, that begins within a chunk. */
    const bool entered = replay->skipped > 0 && reader->damaged_at == (uint64_t)replay->skipped;
    const uint64_t damages = reader->damages - (entered && reader->damages > 0);
    if (damages > 0 && reader->cut && damages == 1) {
        add_note(note, "is cut off%s: its end is missing", reader->damages == 1 ? "" : " or damaged");
    } else if (damages > 0) {
        add_note(note, "is damaged in %" PRIu64 " %s, first near byte %" PRIu64 ": moments are missing", damages,
                 damages == 1 ? "place" : "places", reader->damaged_at);
    } else if (replay->breaks > 0 || replay->replayer.tally.gaps > 0) {
        add_note(note, "has gaps: moments are missing");
    }
}

static void note_missing(const struct session_replay *replay, char note[TAPE_NOTE_MAX]) {
    const struct tape *tape = replay->tape;
    note_damage(replay, note);
    if (replay->time_went_back) {
        add_note(note, "goes back in time: that is left out");
    }
    if (replay->replayer.tally.differing > 0) {
        add_note(note, "steps otherwise than then: another build recorded it");
    }
    if (replay->moments == MOMENTS_MAX) {
        add_note(note, "is long: its end is left out");
    } else if (replay->skipped > 0 || tape->dropped > 0) {
        add_note(note, "is long: only its last %" PRId64 " min are shown",
                 (tape_newest_ns(tape) - tape_oldest_ns(tape)) / second_ns / 60);
    }
}

static const char *describe_end(const struct session_replay *replay) {
    if (replay->moments == MOMENTS_MAX) {
        return "what follows is not shown";
    }
    return replay->recording.reader.cut ? "cut off here" : NULL;
}

static const char *describe_nothing(const struct session_replay *replay) {
    if (!replay->recording.same_layout) {
        return "begins within a session, with the state of another build; replay it with that one";
    }
    return replay->recording.reader.cut ? "ends before its first moment" : "holds no moment that can be shown";
}

static const char *describe_header(enum perfadapt__file_result result) {
    switch (result) {
    case PERFADAPT__FILE_BYTE_ORDER:
        return "was recorded on a machine of the other byte order; replay it on one like that";
    case PERFADAPT__FILE_VERSION:
        return "is of another version of the format; replay it with the version that recorded it";
    case PERFADAPT__FILE_UNREADABLE:
        return strerror(errno);
    default:
        return "is damaged at its beginning";
    }
}

/* ---- The file ---- */

static bool begin(struct session_replay *replay, char note[TAPE_NOTE_MAX]) {
    rewind(replay->file);
    const enum perfadapt__file_result result = perfadapt__recording_init(&replay->recording, replay->file);
    if (result != PERFADAPT__FILE_OK) {
        add_note(note, "%s", describe_header(result));
    }
    return result == PERFADAPT__FILE_OK;
}

/* A segment can be replayed without those before it. */
static bool skip_beginning(struct session_replay *replay, int64_t size) {
    struct perfadapt__file_reader *reader = &replay->recording.reader;
    if (size <= SESSION_REPLAY_FILE_BYTES_MAX) {
        return true;
    }
    replay->skipped = size - SESSION_REPLAY_FILE_BYTES_MAX;
    reader->start = reader->used = 0;
    reader->ended = false;
    reader->offset = (uint64_t)replay->skipped;
    return fseeko(replay->file, (off_t)replay->skipped, SEEK_SET) == 0;
}

static bool read_all(struct session_replay *replay, int64_t size, char note[TAPE_NOTE_MAX]) {
    if (!begin(replay, note)) {
        return false;
    }
    find_realtime(replay);
    if (!begin(replay, note)) { /* from the beginning again */
        return false;
    }
    perfadapt__replayer_init(&replay->replayer, &(struct perfadapt__what_if){0});
    replay->failed =
        !session_record_begin(replay->model, &replay->recording.reader.header) || !skip_beginning(replay, size);
    take_all(replay);
    if (replay->failed || replay->tape->count == 0) {
        add_note(note, "%s", replay->failed ? strerror(errno) : describe_nothing(replay));
        return false;
    }
    note_missing(replay, note);
    replay->tape->end = describe_end(replay);
    replay->tape->dropped = 0; /* for those who come now, the first that is there is the first */
    return true;
}

bool session_replay_read(struct tape *tape, int64_t size, char out_note[TAPE_NOTE_MAX]) {
    struct session_replay *replay = calloc(1, sizeof *replay);
    struct model *model = model_create_empty();
    FILE *file = fdopen(tape->fd, "r");
    out_note[0] = '\0';
    bool read = false;
    if (replay == NULL || model == NULL || file == NULL) {
        add_note(out_note, "%s", strerror(ENOMEM));
    } else {
        replay->file = file;
        replay->tape = tape;
        replay->model = model;
        tape->reach_seconds = SESSION_REPLAY_SECONDS;
        tape->bytes_max = SESSION_REPLAY_BYTES_MAX;
        read = read_all(replay, size, out_note);
    }
    if (file != NULL) {
        fclose(file);
        tape->fd = -1;
    }
    model_destroy(model);
    free(replay);
    return read;
}
