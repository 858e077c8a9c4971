/* SPDX-License-Identifier: MIT */
#include "probe/sentinel.h"

#include "core/user_directory.h"
#include "probe/replace_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX 32768

/* Read by a signal handler: written before the flag. */
static char in_flight[PATH_MAX];
static volatile int is_in_flight;

void probe_sentinel_abandon(void) {
    if (is_in_flight)
        unlink(in_flight);
}

static void warn(struct probe_sentinel *sentinel, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first is what led to the others. */
static void warn(struct probe_sentinel *sentinel, const char *format, ...) {
    va_list arguments;
    if (*sentinel->warning)
        return;
    va_start(arguments, format);
    vsnprintf(sentinel->warning, sizeof sentinel->warning, format, arguments);
    va_end(arguments);
}

/* ---- the text: one record a line, "TIME_NS BYTES BOOT_ID PATH", or "?BOOT_ID" of a suspect ---- */

static bool parse_record(const char *line, struct probe_sentinel_record *record) {
    const char *at = line;
    if (!perfadapt__fs_parse_i64(&at, &record->time_ns) || *at != ' ' ||
        !perfadapt__fs_parse_u64(&at, &record->bytes) || *at++ != ' ')
        return false;
    record->is_suspect = *at == '?';
    at += record->is_suspect;
    const size_t id = strcspn(at, " ");
    if (id == 0 || id >= sizeof record->boot_id || at[id] != ' ' || at[id + 1] != '/')
        return false;
    snprintf(record->boot_id, sizeof record->boot_id, "%.*s", (int)id, at);
    return (size_t)snprintf(record->path, sizeof record->path, "%s", at + id + 1) < sizeof record->path;
}

/* The later one wins: its manifest is the newer. */
static void add_record(struct probe_sentinel *sentinel, const struct probe_sentinel_record *record) {
    size_t at = 0;
    while (at < sentinel->count && strcmp(sentinel->records[at].path, record->path) != 0)
        at++;
    if (at == PROBE_SENTINEL_RECORDS_MAX)
        return;
    sentinel->records[at] = *record;
    if (at == sentinel->count)
        sentinel->count++;
}

/* Of this driver, with the manifest that it has now. */
static bool is_of(const struct probe_sentinel_record *record, const char *path, int64_t time_ns, uint64_t bytes) {
    return strcmp(record->path, path) == 0 && record->time_ns == time_ns && record->bytes == bytes;
}

/*
 * Of a probe.lock. Where the machine has stayed up, the probe alone was ended, and rather by somebody's SIGKILL (with the
 * container that its host left, for want of memory) than by a driver, which is asked in a child: no proof until the next.
 */
static void weigh(const struct probe_sentinel *sentinel, struct probe_sentinel_record *record) {
    record->is_suspect = strcmp(record->boot_id, sentinel->boot_id) == 0;
    for (size_t i = 0; i < sentinel->count; i++) {
        const struct probe_sentinel_record *other = &sentinel->records[i];
        if (is_of(other, record->path, record->time_ns, record->bytes) && strcmp(other->boot_id, record->boot_id) == 0)
            record->is_suspect = false;
    }
}

/* How many records; *out_is_whole: false where a line is none of ours. */
static size_t parse(struct probe_sentinel *sentinel, char *text, bool is_lock, bool *out_is_whole) {
    size_t count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        struct probe_sentinel_record record;
        if (*line == ';')
            continue;
        const bool is_ours = parse_record(line, &record);
        if (is_ours && is_lock)
            weigh(sentinel, &record);
        if (is_ours)
            add_record(sentinel, &record);
        count += is_ours;
        *out_is_whole = *out_is_whole && is_ours;
    }
    return count;
}

static size_t print_record(char *out, size_t capacity, const struct probe_sentinel_record *record) {
    const int length = snprintf(out, capacity, "%" PRId64 " %" PRIu64 " %s%s %s\n", record->time_ns, record->bytes,
                                record->is_suspect ? "?" : "", record->boot_id, record->path);
    return length > 0 && (size_t)length < capacity ? (size_t)length : 0;
}

/* ---- the files ---- */

static int open_own(const char *path) {
    struct stat status;
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        status.st_size < FILE_BYTES_MAX)
        return fd;
    close(fd);
    return -EINVAL;
}

/* How many: 0 where there is no file, or nothing of use in it. */
static size_t read_records(struct probe_sentinel *sentinel, const char *path, bool is_lock) {
    static char text[FILE_BYTES_MAX];
    bool is_whole = true;
    const int fd = open_own(path);
    if (fd < 0) {
        if (fd != -ENOENT)
            warn(sentinel, "%.180s: %s: not used", path, fd == -EINVAL ? "no file of ours" : strerror(-fd));
        return 0;
    }
    const ssize_t length = perfadapt__fs_pread(fd, text, sizeof text);
    close(fd);
    const size_t count = length > 0 ? parse(sentinel, text, is_lock, &is_whole) : 0;
    if (length < 0)
        warn(sentinel, "%.180s: %s", path, strerror((int)-length));
    else if (!is_whole)
        warn(sentinel, "%.180s: not all of it is understood", path);
    return count;
}

static void write_avoided(struct probe_sentinel *sentinel) {
    static char text[FILE_BYTES_MAX];
    int length = snprintf(text, sizeof text,
                          "; perfadapt-probe does not ask these Vulkan drivers any more: it, or the machine, ended\n"
                          "; while one was asked. Delete this file to have them asked again.\n"
                          "; One with a '?' is still asked: the machine stayed up, and it has happened once.\n");
    for (size_t i = 0; i < sentinel->count; i++)
        length += (int)print_record(text + length, sizeof text - (size_t)length, &sentinel->records[i]);
    const int error = probe_replace_file(sentinel->avoid_path, text, (size_t)length);
    if (error != 0)
        warn(sentinel, "%.180s: %s", sentinel->avoid_path, strerror(-error));
}

/* A driver whose manifest is another one now has been updated, or is gone: nothing is known of the new one. */
static bool is_outdated(const struct probe_sentinel *sentinel, const struct probe_sentinel_record *record) {
    struct stat status;
    if (record->is_suspect && strcmp(record->boot_id, sentinel->boot_id) != 0)
        return true;
    if (stat(record->path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR;
    const int64_t time_ns = (int64_t)status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
    return time_ns != record->time_ns || (uint64_t)status.st_size != record->bytes;
}

static bool drop_outdated(struct probe_sentinel *sentinel) {
    size_t kept = 0;
    for (size_t i = 0; i < sentinel->count; i++)
        if (!is_outdated(sentinel, &sentinel->records[i]))
            sentinel->records[kept++] = sentinel->records[i];
    const bool dropped = kept < sentinel->count;
    sentinel->count = kept;
    return dropped;
}

/* Of a probe that was killed while it wrote: "device.ini.aB3dE6". Under the lock, nobody is writing. */
static bool is_leftover(const char *name) {
    static const char *const written[] = {"device.ini.", "sensors.ini.", "probe.lock.", "probe.avoid."};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        const size_t length = strlen(written[i]);
        if (strncmp(name, written[i], length) == 0 && strlen(name + length) == PROBE_REPLACE_SUFFIX_LETTERS)
            return true;
    }
    return false;
}

static void remove_leftovers(const char *path) {
    DIR *directory = opendir(path);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (is_leftover(entry->d_name))
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
}

/* In an order that forgets nothing, whenever the power goes. */
static void take_over(struct probe_sentinel *sentinel) {
    read_records(sentinel, sentinel->avoid_path, false);
    const bool is_new = read_records(sentinel, sentinel->lock_path, true) > 0;
    const bool dropped = drop_outdated(sentinel);
    if (sentinel->count > 0 && (is_new || dropped))
        write_avoided(sentinel);
    else if (sentinel->count == 0 && dropped)
        unlink(sentinel->avoid_path);
    unlink(sentinel->lock_path);
}

/* ---- the outside ---- */

/*
 * The directory is what is locked, so that no file stays behind. Where locks are not to be had (some network file
 * systems), two probes at once are the lesser evil.
 */
static enum probe_sentinel_answer lock(struct probe_sentinel *sentinel, const char *directory) {
    const int error = perfadapt__make_directories(sentinel->lock_path);
    if (error != 0) {
        warn(sentinel, "%.180s: %s: a driver that takes the machine down would not be remembered", directory,
             strerror(-error));
        return PROBE_SENTINEL_OPEN;
    }
    sentinel->directory_fd = perfadapt__fs_lift(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (sentinel->directory_fd < 0) {
        warn(sentinel, "%.180s: %s", directory, strerror(errno));
        return PROBE_SENTINEL_OPEN;
    }
    if (flock(sentinel->directory_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(sentinel->directory_fd);
        sentinel->directory_fd = -1;
        return PROBE_SENTINEL_BUSY;
    }
    remove_leftovers(directory);
    take_over(sentinel);
    return PROBE_SENTINEL_OPEN;
}

enum probe_sentinel_answer probe_sentinel_open(const char *directory, const char *boot_id,
                                               struct probe_sentinel *out_sentinel) {
    out_sentinel->directory_fd = -1;
    out_sentinel->count = 0;
    out_sentinel->warning[0] = '\0';
    snprintf(out_sentinel->boot_id, sizeof out_sentinel->boot_id, "%s", *boot_id ? boot_id : "unknown");
    if (!directory)
        return PROBE_SENTINEL_OPEN;
    const size_t capacity = sizeof out_sentinel->lock_path;
    if ((size_t)snprintf(out_sentinel->lock_path, capacity, "%s/probe.lock", directory) >= capacity ||
        (size_t)snprintf(out_sentinel->avoid_path, capacity, "%s/probe.avoid", directory) >= capacity) {
        warn(out_sentinel, "the cache directory's name is too long");
        return PROBE_SENTINEL_OPEN;
    }
    return lock(out_sentinel, directory);
}

bool probe_sentinel_avoids(const struct probe_sentinel *sentinel, const struct probe_icd *icd, char *out,
                           size_t capacity) {
    for (size_t i = 0; i < sentinel->count; i++) {
        const struct probe_sentinel_record *record = &sentinel->records[i];
        if (record->is_suspect || !is_of(record, icd->path, icd->time_ns, icd->bytes))
            continue;
        snprintf(out, capacity, "%s ended while it was asked; delete %s to have it asked again",
                 strcmp(record->boot_id, sentinel->boot_id) == 0 ? "an earlier probe" : "an earlier boot",
                 sentinel->avoid_path);
        return true;
    }
    return false;
}

void probe_sentinel_begin(struct probe_sentinel *sentinel, const struct probe_icd *icd) {
    char text[PROBE_ICD_PATH_BYTES + 128];
    struct probe_sentinel_record record = {.time_ns = icd->time_ns, .bytes = icd->bytes};
    if (sentinel->directory_fd < 0)
        return;
    snprintf(record.path, sizeof record.path, "%s", icd->path);
    snprintf(record.boot_id, sizeof record.boot_id, "%s", sentinel->boot_id);
    const size_t length = print_record(text, sizeof text, &record);
    snprintf(in_flight, sizeof in_flight, "%s", sentinel->lock_path);
    is_in_flight = 1;
    const int error = probe_replace_file(sentinel->lock_path, text, length);
    if (error != 0)
        warn(sentinel, "%.180s: %s", sentinel->lock_path, strerror(-error));
}

void probe_sentinel_end(struct probe_sentinel *sentinel) {
    if (sentinel->directory_fd >= 0 && unlink(sentinel->lock_path) != 0 && errno != ENOENT)
        warn(sentinel, "%.180s: %s", sentinel->lock_path, strerror(errno));
    is_in_flight = 0;
}

void probe_sentinel_close(struct probe_sentinel *sentinel) {
    if (sentinel->directory_fd >= 0)
        close(sentinel->directory_fd);
    sentinel->directory_fd = -1;
}
