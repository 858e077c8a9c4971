/* SPDX-License-Identifier: MIT */
#include "publish/reader.h"

#include "core/clock.h"
#include "core/log.h"
#include "publish/remote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* More sockets than that are an accident or an attack: they are not looked at. */
#define SESSIONS_MAX 256

/* Of a session that looks at others. Each one mapped takes 64 KiB of its resident memory, those of the other's. */
#define BRIEF_SESSIONS_MAX 64
#define BRIEF_MAPPED_MAX 8
#define BRIEF_FRAMES 4 /* the newest may be under way */

#define NEW_WAIT_NS (50 * PERFADAPT__NS_PER_MS) /* for the answers of new sessions, all together */

/* Changes within one tick of the kernel's clock leave the same time stamp on a directory. */
#define STAMP_NS (100 * PERFADAPT__NS_PER_MS)

struct perfadapt__reader {
    struct perfadapt_log log;
    char *runtime_dir;
    struct stat scanned; /* the directory at the last look */
    bool scan_trusted;   /* an unchanged time stamp means an unchanged directory */
    bool overflow_logged;
    bool brief;
    char own[PERFADAPT__SOCKET_NAME_BYTES]; /* the socket that is left out; "" = none */
    size_t count, most;
    struct perfadapt__remote *remotes[];
};

static enum perfadapt_result create(const char *runtime_dir, const struct perfadapt_log *log, size_t most,
                                    struct perfadapt__reader **out_reader) {
    *out_reader = NULL;
    struct perfadapt__reader *reader = calloc(1, sizeof *reader + most * sizeof reader->remotes[0]);
    if (!reader)
        return PERFADAPT_ERROR_NO_MEMORY;
    reader->most = most;
    if (log)
        reader->log = *log;
    if (runtime_dir && !(reader->runtime_dir = strdup(runtime_dir))) {
        free(reader);
        return PERFADAPT_ERROR_NO_MEMORY;
    }
    *out_reader = reader;
    return PERFADAPT_OK;
}

enum perfadapt_result perfadapt__reader_create(const char *runtime_dir, const struct perfadapt_log *log,
                                               struct perfadapt__reader **out_reader) {
    return create(runtime_dir, log, SESSIONS_MAX, out_reader);
}

/* An empty name stands for none: the environment is not to be asked again from another thread. */
enum perfadapt_result perfadapt__reader_create_brief(const char *own, struct perfadapt__reader **out_reader) {
    const char *runtime_dir = perfadapt__directory_runtime(NULL);
    if (!runtime_dir)
        return PERFADAPT_ERROR_NOT_FOUND;
    const enum perfadapt_result result = create(runtime_dir, NULL, BRIEF_SESSIONS_MAX, out_reader);
    if (result)
        return result;
    (*out_reader)->brief = true;
    memcpy((*out_reader)->own, own, strnlen(own, PERFADAPT__SOCKET_NAME_BYTES - 1));
    return PERFADAPT_OK;
}

static void drop(struct perfadapt__reader *reader, size_t at) {
    perfadapt__remote_destroy(&reader->remotes[at]);
    reader->count--;
    memmove(&reader->remotes[at], &reader->remotes[at + 1], (reader->count - at) * sizeof reader->remotes[0]);
}

void perfadapt__reader_destroy(struct perfadapt__reader **reader) {
    if (!*reader)
        return;
    while ((*reader)->count)
        drop(*reader, (*reader)->count - 1);
    free((*reader)->runtime_dir);
    free(*reader);
    *reader = NULL;
}

static struct perfadapt__remote *find(const struct perfadapt__reader *reader, const char *name) {
    for (size_t i = 0; i < reader->count; i++)
        if (strcmp(reader->remotes[i]->name, name) == 0)
            return reader->remotes[i];
    return NULL;
}

static enum perfadapt_result add(struct perfadapt__reader *reader, const char *name) {
    if (reader->count == reader->most) {
        if (!reader->overflow_logged)
            perfadapt__log(&reader->log, PERFADAPT_LOG_WARNING, "more than %zu sessions: the rest is not shown",
                           reader->most);
        reader->overflow_logged = true;
        return PERFADAPT_OK;
    }
    struct perfadapt__remote *remote =
        perfadapt__remote_create(name, reader->brief ? BRIEF_FRAMES : PERFADAPT_FRAMES_MAX);
    if (!remote)
        return PERFADAPT_ERROR_NO_MEMORY;
    reader->remotes[reader->count++] = remote;
    return PERFADAPT_OK;
}

static bool is_socket(int directory_fd, const struct dirent *entry) {
    struct stat status;
    if (!perfadapt__directory_is_socket_name(entry->d_name))
        return false;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_SOCK;
    return fstatat(directory_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(status.st_mode);
}

static void list_none(struct perfadapt__reader *reader) {
    for (size_t i = 0; i < reader->count; i++)
        reader->remotes[i]->listed = false;
}

static enum perfadapt_result read_entries(struct perfadapt__reader *reader, DIR *directory) {
    enum perfadapt_result result = PERFADAPT_OK;
    list_none(reader);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry)
            return errno && !result ? PERFADAPT_ERROR_SYSTEM : result;
        if (!is_socket(dirfd(directory), entry) || strcmp(entry->d_name, reader->own) == 0)
            continue;
        struct perfadapt__remote *remote = find(reader, entry->d_name);
        if (remote)
            remote->listed = true;
        else if (add(reader, entry->d_name) != PERFADAPT_OK)
            result = PERFADAPT_ERROR_NO_MEMORY;
    }
}

static enum perfadapt_result scan(struct perfadapt__reader *reader, int directory_fd) {
    const int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return PERFADAPT_ERROR_SYSTEM;
    }
    const enum perfadapt_result result = read_entries(reader, directory);
    closedir(directory);
    return result;
}

static int64_t nanoseconds(struct timespec time) {
    return (int64_t)time.tv_sec * PERFADAPT__NS_PER_S + time.tv_nsec;
}

static enum perfadapt_result scan_if_changed(struct perfadapt__reader *reader, int directory_fd) {
    struct stat status;
    struct timespec now;
    if (fstat(directory_fd, &status) != 0)
        return PERFADAPT_ERROR_SYSTEM;
    const bool same = status.st_dev == reader->scanned.st_dev && status.st_ino == reader->scanned.st_ino &&
                      nanoseconds(status.st_mtim) == nanoseconds(reader->scanned.st_mtim);
    if (reader->scan_trusted && same)
        return PERFADAPT_OK;
    clock_gettime(CLOCK_REALTIME, &now);
    const enum perfadapt_result result = scan(reader, directory_fd);
    reader->scan_trusted = result == PERFADAPT_OK && nanoseconds(now) - nanoseconds(status.st_mtim) > STAMP_NS;
    reader->scanned = status;
    return result;
}

/* False where there is nobody left to wait for. */
static bool receive_some(struct perfadapt__reader *reader, int64_t left_ns) {
    struct pollfd polled[SESSIONS_MAX];
    struct perfadapt__remote *remotes[SESSIONS_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < reader->count; i++) {
        if (!perfadapt__remote_awaited(reader->remotes[i]))
            continue;
        polled[count] = (struct pollfd){.fd = reader->remotes[i]->connection, .events = POLLIN};
        remotes[count++] = reader->remotes[i];
    }
    if (!count || poll(polled, count, (int)(left_ns / PERFADAPT__NS_PER_MS) + 1) <= 0)
        return count > 0;
    for (nfds_t i = 0; i < count; i++)
        if (polled[i].revents)
            perfadapt__remote_receive(remotes[i]);
    return true;
}

/* So that one single refresh finds what runs; who does not answer in time is asked again by the next. */
static void await_fresh(struct perfadapt__reader *reader) {
    const int64_t deadline_ns = perfadapt__now_ns() + NEW_WAIT_NS;
    int64_t left_ns = NEW_WAIT_NS;
    while (left_ns > 0 && receive_some(reader, left_ns))
        left_ns = deadline_ns - perfadapt__now_ns();
    for (size_t i = 0; i < reader->count; i++)
        reader->remotes[i]->fresh = false;
}

static void fetch_all(struct perfadapt__reader *reader, const struct perfadapt__place *place, bool wait) {
    for (size_t i = 0; i < reader->count;)
        if (!reader->remotes[i]->fetched && !perfadapt__remote_ask(reader->remotes[i], place))
            drop(reader, i);
        else
            i++;
    if (wait)
        await_fresh(reader);
}

static void pass_over_others(struct perfadapt__reader *reader) {
    size_t mapped = 0;
    for (size_t i = 0; i < reader->count; i++) {
        struct perfadapt__remote *remote = reader->remotes[i];
        if (remote->mapping.memory &&
            (remote->view.app.role != PERFADAPT_ROLE_INTERACTIVE || ++mapped > BRIEF_MAPPED_MAX))
            perfadapt__remote_pass_over(remote);
    }
}

static void update_all(struct perfadapt__reader *reader, const struct perfadapt__place *place) {
    if (reader->brief)
        pass_over_others(reader);
    for (size_t i = 0; i < reader->count;)
        if (perfadapt__remote_update(reader->remotes[i], place))
            i++;
        else
            drop(reader, i);
}

static enum perfadapt_result refresh(struct perfadapt__reader *reader, bool wait) {
    char path[PATH_MAX];
    struct perfadapt__place place = {.path = path, .log = &reader->log};
    bool named;
    enum perfadapt_result result =
        perfadapt__directory_open(reader->runtime_dir, false, &place.fd, path, sizeof path, &named);
    if (result == PERFADAPT_OK) {
        result = scan_if_changed(reader, place.fd);
        fetch_all(reader, &place, wait);
    } else if (result == PERFADAPT_ERROR_NOT_FOUND) {
        list_none(reader);
        reader->scan_trusted = false;
        result = named ? PERFADAPT_OK : result;
    } else if (result == PERFADAPT_ERROR_INVALID) {
        result = PERFADAPT_ERROR_SYSTEM;
    }
    update_all(reader, &place);
    if (place.fd >= 0)
        close(place.fd);
    return result;
}

enum perfadapt_result perfadapt__reader_refresh(struct perfadapt__reader *reader) {
    return refresh(reader, true);
}

void perfadapt__reader_glance(struct perfadapt__reader *reader, bool search) {
    if (search) {
        (void)refresh(reader, false);
        return;
    }
    const struct perfadapt__place nowhere = {.fd = -1};
    for (size_t i = 0; i < reader->count; i++)
        perfadapt__remote_receive(reader->remotes[i]);
    update_all(reader, &nowhere);
}

static const struct perfadapt__remote *shown(const struct perfadapt__reader *reader, size_t index) {
    for (size_t i = 0; i < reader->count; i++)
        if (reader->remotes[i]->shown && index-- == 0)
            return reader->remotes[i];
    return NULL;
}

size_t perfadapt__reader_count(const struct perfadapt__reader *reader) {
    size_t count = 0;
    for (size_t i = 0; i < reader->count; i++)
        count += reader->remotes[i]->shown;
    return count;
}

const struct perfadapt_app *perfadapt__reader_app(const struct perfadapt__reader *reader, size_t index) {
    const struct perfadapt__remote *remote = shown(reader, index);
    return remote ? &remote->view.app : NULL;
}

size_t perfadapt__reader_frames(const struct perfadapt__reader *reader, size_t index, size_t capacity,
                                struct perfadapt_frame *out_frames) {
    const struct perfadapt__remote *remote = shown(reader, index);
    const size_t known = remote ? remote->view.frame_count : 0;
    const size_t count = known < capacity ? known : capacity;
    if (count)
        memcpy(out_frames, remote->view.frames + known - count, count * sizeof *out_frames);
    return count;
}

size_t perfadapt__reader_decisions(const struct perfadapt__reader *reader, size_t index, size_t capacity,
                                   struct perfadapt_decision *out_decisions) {
    const struct perfadapt__remote *remote = shown(reader, index);
    if (!remote || !remote->mapping.memory || !capacity)
        return 0;
    return perfadapt__view_decisions(remote->mapping.memory, capacity, out_decisions);
}

bool perfadapt__reader_snapshot(const struct perfadapt__reader *reader, size_t index, struct perfadapt_snapshot *out) {
    const struct perfadapt__remote *remote = shown(reader, index);
    return remote && remote->mapping.memory && perfadapt__view_snapshot(remote->mapping.memory, out);
}
