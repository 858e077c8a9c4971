/* A recording of what was seen: read. SPDX-License-Identifier: MIT */
#include "tape_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session_replay.h"
#include "tape_format.h"

enum { SEARCH_BYTES = 65536 };

static const uint64_t search_bytes_max = UINT64_C(64) << 20; /* at a time … */
static const uint64_t searched_max = UINT64_C(1) << 30;      /* … and in all: damage may be made to be searched */

static const int64_t latest_ns = INT64_C(4000000000000000000);

struct scan {
    struct tape *tape;
    uint64_t offset;
    uint64_t size;
    unsigned char *bytes; /* room for a record, and to search in */
    bool readable;        /* the moment before is there: one that differs from it can be read */
    uint64_t damaged_at;  /* 0 = nowhere */
    uint64_t searched;    /* bytes read to find records behind damage */
    bool cut;             /* it is the end that is missing */
    bool ends_cut;        /* that is missing too, whatever is damaged before it */
    bool failed;          /* errno */
};

static bool read_at(struct scan *scan, void *to, size_t length, uint64_t offset) {
    size_t done = 0;
    while (done < length && !scan->failed) {
        const ssize_t bytes = pread(scan->tape->fd, (char *)to + done, length - done, (off_t)(offset + done));
        if (bytes == 0) {
            return false;
        }
        if (bytes < 0) {
            scan->failed = errno != EINTR;
        } else {
            done += (size_t)bytes;
        }
    }
    return done == length;
}

/* What is wrong with the file's beginning, or NULL. */
static const char *check_header(const struct tape_header *header) {
    if (memcmp(header->magic, TAPE_MAGIC, sizeof header->magic) != 0) {
        return "is no recording of perfadapt-top";
    }
    if (header->byte_order == __builtin_bswap32(TAPE_BYTE_ORDER)) {
        return "was recorded on a machine of the other byte order; replay it on one like that";
    }
    if (header->checksum != tape_header_checksum(header)) {
        return "is damaged at its beginning";
    }
    if (header->version != TAPE_VERSION || header->layout != moment_layout()) {
        return "was recorded by another version of perfadapt-top; replay it with that one";
    }
    return NULL;
}

static bool record_is_good(const struct tape_record *record) {
    return record->magic == TAPE_RECORD_MAGIC && record->checksum == tape_record_checksum(record) &&
           record->length > 0 && record->length <= TAPE_RECORD_BYTES_MAX && record->now_ns > 0 &&
           record->now_ns <= latest_ns;
}

static void note_damage(struct scan *scan, bool cut) {
    if (scan->damaged_at == 0) {
        scan->damaged_at = scan->offset;
        scan->cut = cut;
    }
    scan->readable = false;
}

/* Behind a damaged record: where the next one begins, not too far off. */
static bool search_record(struct scan *scan) {
    const uint64_t last = scan->size - scan->offset > search_bytes_max ? scan->offset + search_bytes_max : scan->size;
    for (uint64_t from = scan->offset + 1; from + sizeof(struct tape_record) <= last;) {
        const size_t length = last - from < SEARCH_BYTES ? (size_t)(last - from) : SEARCH_BYTES;
        scan->searched += length;
        if (scan->searched > searched_max || !read_at(scan, scan->bytes, length, from)) {
            return false;
        }
        const size_t places = length - sizeof(struct tape_record) + 1;
        for (size_t i = 0; i < places; ++i) {
            struct tape_record record;
            memcpy(&record, scan->bytes + i, sizeof record);
            if (record_is_good(&record)) {
                scan->offset = from + i;
                return true;
            }
        }
        from += places;
    }
    return false;
}

static bool take_record(struct scan *scan, const struct tape_record *record) {
    const uint64_t at = scan->offset + sizeof *record;
    const bool whole = read_at(scan, scan->bytes, record->length, at) &&
                       checksum_add(0, scan->bytes, record->length) == record->bytes_checksum &&
                       record->now_ns >= tape_newest_ns(scan->tape);
    if (!whole) {
        note_damage(scan, false);
    }
    scan->readable = whole && (record->key != 0 || scan->readable);
    const struct tape_entry entry = {
        .now_ns = record->now_ns, .offset = at, .length = record->length, .key = record->key != 0};
    scan->offset = at + record->length;
    return !scan->readable || tape_append(scan->tape, &entry);
}

static bool scan_records(struct scan *scan) {
    while (scan->offset < scan->size && scan->tape->count < (size_t)TAPE_FILE_MOMENTS_MAX) {
        struct tape_record record;
        const bool whole = read_at(scan, &record, sizeof record, scan->offset);
        const bool good = whole && record_is_good(&record);
        if (scan->failed) {
            return false;
        }
        if (!whole || (good && record.length > scan->size - scan->offset - sizeof record)) {
            note_damage(scan, true);
            scan->ends_cut = true;
            return true;
        }
        if (good && !take_record(scan, &record)) {
            errno = ENOMEM;
            return false;
        }
        if (!good) {
            note_damage(scan, false);
            if (!search_record(scan)) {
                return !scan->failed;
            }
        }
    }
    return true;
}

static void describe_damage(const struct scan *scan, char note[TAPE_NOTE_MAX]) {
    note[0] = '\0';
    if (scan->tape->count == 0) {
        snprintf(note, TAPE_NOTE_MAX,
                 scan->damaged_at != 0 && !scan->cut ? "is damaged: no moment of it can be read"
                                                     : "ends before its first moment");
    } else if (scan->damaged_at != 0) {
        snprintf(note, TAPE_NOTE_MAX,
                 scan->cut ? "is cut off at byte %" PRIu64 ": its end is missing"
                           : "is damaged at byte %" PRIu64 ": moments are missing",
                 scan->damaged_at);
    } else if (scan->tape->count == (size_t)TAPE_FILE_MOMENTS_MAX) {
        snprintf(note, TAPE_NOTE_MAX, "is long: only its first %d moments are shown", TAPE_FILE_MOMENTS_MAX);
    }
}

/* What comes after the last moment that can be shown, NULL where nothing does. */
static const char *describe_end(const struct scan *scan) {
    if (scan->ends_cut) {
        return "cut off here";
    }
    if (scan->tape->count == (size_t)TAPE_FILE_MOMENTS_MAX) {
        return scan->offset < scan->size ? "what follows is not shown" : NULL;
    }
    return scan->readable ? NULL : "damaged from here on";
}

static bool explain(char note[TAPE_NOTE_MAX], const char *why) {
    snprintf(note, TAPE_NOTE_MAX, "%s", why);
    return false;
}

static bool scan_file(struct scan *scan, char note[TAPE_NOTE_MAX]) {
    struct tape_header header = {0};
    if (!read_at(scan, &header, sizeof header, 0)) {
        const char *const problem = scan->failed                       ? strerror(errno)
                                    : scan->size < sizeof header.magic ? "is no recording of perfadapt-top"
                                                                       : "ends before its first moment";
        return explain(note, problem);
    }
    const char *const problem = check_header(&header);
    if (problem != NULL) {
        return explain(note, problem);
    }
    scan->offset = sizeof header;
    if (!scan_records(scan)) {
        return explain(note, strerror(errno));
    }
    describe_damage(scan, note);
    scan->tape->end = describe_end(scan);
    return scan->tape->count > 0;
}

static bool begins_as_session(struct scan *scan) {
    char magic[8];
    return read_at(scan, magic, sizeof magic, 0) && session_replay_is_one(magic);
}

bool tape_file_open(const char *path, struct tape *out, char note[TAPE_NOTE_MAX]) {
    struct stat status;
    tape_init(out);
    out->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (out->fd < 0 || fstat(out->fd, &status) != 0) {
        explain(note, strerror(errno));
        tape_finish(out);
        return false;
    }
    struct scan scan = {.tape = out, .size = (uint64_t)status.st_size, .bytes = malloc(TAPE_RECORD_BYTES_MAX)};
    bool opened = false;
    if (!S_ISREG(status.st_mode)) {
        explain(note, S_ISDIR(status.st_mode) ? "is a directory; give a recording" : "is no file; give a recording");
    } else if (status.st_size == 0) {
        explain(note, "is empty; nothing was recorded");
    } else if (scan.bytes == NULL) {
        explain(note, strerror(ENOMEM));
    } else if (begins_as_session(&scan)) {
        opened = session_replay_read(out, (int64_t)status.st_size, note);
    } else {
        opened = scan_file(&scan, note);
    }
    free(scan.bytes);
    if (!opened) {
        tape_finish(out);
    }
    return opened;
}
