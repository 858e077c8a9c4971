/* Writes moments to a file while they happen. SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "options.h"
#include "tape_format.h"

/* errno where not all of it was written: a disk takes what fits on it, and says so the next time. */
static bool write_whole(int fd, const struct iovec *parts, int count) {
    size_t length = 0;
    for (int i = 0; i < count; ++i) {
        length += parts[i].iov_len;
    }
    const ssize_t written = writev(fd, parts, count);
    if (written >= 0 && (size_t)written < length) {
        errno = ENOSPC;
    }
    return written >= 0 && (size_t)written == length;
}

static bool holds_recording(const char *path) {
    char magic[sizeof TAPE_MAGIC - 1];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    const bool holds =
        pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic && memcmp(magic, TAPE_MAGIC, sizeof magic) == 0;
    close(fd);
    errno = EEXIST;
    return holds;
}

/* An older recording makes room, and nothing else that anybody may want to keep. */
static bool empty_file(int fd, const char *path) {
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return false;
    }
    return !S_ISREG(status.st_mode) || status.st_size == 0 || (holds_recording(path) && ftruncate(fd, 0) == 0);
}

bool recorder_start(struct recorder *recorder, const char *path, bool exclusive) {
    /* Not waiting: a pipe that nobody reads is an error, and no reason to stand still. */
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (exclusive ? O_EXCL : 0);
    *recorder = (struct recorder){.fd = open(path, flags, 0600)};
    snprintf(recorder->path, sizeof recorder->path, "%s", path);
    if (recorder->fd >= 0 && !empty_file(recorder->fd, path)) {
        const int error = errno;
        recorder_stop(recorder);
        errno = error;
    }
    return recorder->fd >= 0;
}

int recorder_start_named(struct recorder *recorder, const char *path) {
    if (recorder_start(recorder, path, false)) {
        return -1;
    }
    const bool refused = errno == EEXIST;
    fprintf(stderr, "perfadapt-top: cannot record to %s: %s\n", path,
            refused ? "it holds something else than a recording; give another file" : strerror(errno));
    return refused ? EXIT_CODE_USAGE : EXIT_CODE_ENVIRONMENT;
}

void recorder_stop(struct recorder *recorder) {
    if (recorder->fd >= 0) {
        close(recorder->fd);
    }
    recorder->fd = -1;
}

static bool begin(struct recorder *recorder, int64_t now_ns) {
    struct tape_header header = {
        .magic = TAPE_MAGIC, .byte_order = TAPE_BYTE_ORDER, .version = TAPE_VERSION, .layout = moment_layout()};
    header.checksum = tape_header_checksum(&header);
    const struct iovec part = {&header, sizeof header};
    recorder->began_ns = now_ns;
    recorder->begun = write_whole(recorder->fd, &part, 1);
    return recorder->begun;
}

static bool write_moment(const struct recorder *recorder, const struct tape *tape, int64_t now_ns) {
    const struct delta_writer *writer = &tape->writer;
    struct tape_record record = {.magic = TAPE_RECORD_MAGIC,
                                 .length = (uint32_t)writer->length,
                                 .now_ns = now_ns,
                                 .key = tape->newest_is_key,
                                 .bytes_checksum = checksum_add(0, writer->bytes, writer->length)};
    record.checksum = tape_record_checksum(&record);
    const struct iovec parts[] = {{&record, sizeof record}, {writer->bytes, writer->length}};
    return write_whole(recorder->fd, parts, 2);
}

bool recorder_write(struct recorder *recorder, const struct tape *tape, int64_t now_ns) {
    const off_t before = lseek(recorder->fd, 0, SEEK_CUR);
    if ((recorder->begun || begin(recorder, now_ns)) && write_moment(recorder, tape, now_ns)) {
        return true;
    }
    const int error = errno;
    const int taken_back = before < 0 ? -1 : ftruncate(recorder->fd, before);
    (void)taken_back; /* a reader passes over half a moment */
    recorder_stop(recorder);
    errno = error;
    return false;
}
