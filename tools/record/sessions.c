/* SPDX-License-Identifier: MIT */
#include "record/sessions.h"

#include "publish/directory.h"
#include "publish/fetch.h"
#include "publish/view.h"
#include "record/dump.h"
#include "record/file.h"
#include "record/follower.h"
#include "record/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANCESTORS_MAX 64

static const unsigned sessions_most = 16; /* at once */
static const int answer_ms = 200;

/* What is needed while one goes on. */
struct work {
    struct perfadapt__mapping mapping;
    struct perfadapt__follower follower;
    int connection; /* -1 = none, or it has answered */
    int process;    /* a handle of it; -1 = none */
    int fd;         /* of its file; -1 = none yet */
};

struct session {
    char name[PERFADAPT__SOCKET_NAME_BYTES]; /* of its socket */
    char *path;                              /* of its file; NULL = none yet */
    struct perfadapt_app app;
    struct work *work; /* NULL = it has ended, or is none of ours; the name is kept, for its socket may stay */
    unsigned long long bytes;
    bool missed;
};

struct record_sessions {
    const char *path;
    int first_fd; /* of `path`, until a session takes it */
    bool made;    /* there was no such file before */
    pid_t pid;
    bool descendants;
    unsigned long long since; /* when `pid` started */
    bool failed;
    bool crowded; /* it was said that there are too many */
    unsigned count, found;
    struct session **sessions;
};

/* ---- Where they are ---- */

/* In a place that shows none, a command would run for nothing. */
static bool can_be_seen(void) {
    char path[PATH_MAX];
    bool named;
    int fd;
    const enum perfadapt_result result = perfadapt__directory_open(NULL, true, &fd, path, sizeof path, &named);
    if (!result) {
        close(fd);
        return true;
    }
    if (!named)
        fputs("perfadapt record: XDG_RUNTIME_DIR is not set to an absolute path: no session can be seen\n", stderr);
    else
        fprintf(stderr, "perfadapt record: no session can be seen below XDG_RUNTIME_DIR, %s/perfadapt: %s\n",
                perfadapt__directory_runtime(NULL), perfadapt_strerror(result));
    return false;
}

struct record_sessions *record_sessions_create(const char *path) {
    bool made;
    const int fd = can_be_seen() ? record_file_open(path, &made) : -1;
    if (fd < 0)
        return NULL;
    struct record_sessions *sessions = calloc(1, sizeof *sessions);
    if (!sessions) {
        close(fd);
        return NULL;
    }
    sessions->path = path;
    sessions->first_fd = fd;
    sessions->made = made;
    return sessions;
}

void record_sessions_of(struct record_sessions *sessions, pid_t pid, bool descendants) {
    struct record_process process;
    sessions->pid = pid;
    sessions->descendants = descendants;
    sessions->since = record_process_read(pid, &process) ? process.started : 0;
}

static void close_if_open(int fd) {
    if (fd >= 0)
        close(fd);
}

static void end_session(struct session *session) {
    struct work *const work = session->work;
    if (!work)
        return;
    session->bytes = work->fd >= 0 ? record_file_bytes(work->fd) : 0;
    session->missed = work->follower.missed > 0;
    close_if_open(work->fd);
    close_if_open(work->connection);
    close_if_open(work->process);
    perfadapt__fetch_unmap(&work->mapping);
    free(work);
    session->work = NULL;
}

void record_sessions_destroy(struct record_sessions *sessions) {
    if (!sessions)
        return;
    for (unsigned i = 0; i < sessions->count; i++) {
        end_session(sessions->sessions[i]);
        free(sessions->sessions[i]->path);
        free(sessions->sessions[i]);
    }
    if (sessions->first_fd >= 0 && sessions->made && record_file_bytes(sessions->first_fd) == 0)
        unlink(sessions->path);
    close_if_open(sessions->first_fd);
    free(sessions->sessions);
    free(sessions);
}

/* ---- Whose a session is ---- */

/*
 * What outlives its parent is this process's child: a launcher's game. What was so before the command started, a shell's
 * that has become this program, is another's.
 */
static bool is_left_behind(const struct record_sessions *sessions, const struct record_process *process) {
    return process->parent == getpid() && process->started >= sessions->since;
}

static bool is_ours(const struct record_sessions *sessions, pid_t pid) {
    struct record_process process;
    if (pid == sessions->pid)
        return true;
    for (int i = 0; sessions->descendants && pid > 1 && i < ANCESTORS_MAX; i++) {
        if (!record_process_read(pid, &process))
            return false;
        if (process.parent == sessions->pid || is_left_behind(sessions, &process))
            return true;
        pid = process.parent;
    }
    return false;
}

static pid_t process_of(const struct session *session) {
    return (pid_t)strtol(session->name, NULL, 10);
}

/* ---- Taking one up ---- */

/* FILE, then FILE-2, with the suffix kept: "a.rec" and "a-2.rec". NULL where there is no memory. */
static char *name_file(const char *path, unsigned number) {
    const char *const slash = strrchr(path, '/');
    const char *const dot = strrchr(slash ? slash + 1 : path, '.');
    const size_t stem = dot && dot != (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);
    const size_t capacity = strlen(path) + sizeof "-4294967295";
    char *const name = malloc(capacity);
    if (name && number <= 1)
        memcpy(name, path, strlen(path) + 1);
    else if (name)
        snprintf(name, capacity, "%.*s-%u%s", (int)stem, path, number, path + stem);
    return name;
}

static bool fail(struct record_sessions *sessions, const char *path, int error) {
    fprintf(stderr, "perfadapt record: %s: %s: the recording ends here\n", path, strerror(error));
    sessions->failed = true;
    return false;
}

static int take_file(struct record_sessions *sessions, const char *path) {
    bool made;
    const int fd = sessions->first_fd >= 0 ? sessions->first_fd : record_file_open(path, &made);
    sessions->first_fd = -1;
    sessions->failed |= fd < 0;
    return fd;
}

static bool open_file(struct record_sessions *sessions, struct session *session) {
    struct perfadapt__record_header header;
    const struct perfadapt__record_origin origin = {
        .name = session->app.name, .pid = session->app.pid, .role = session->app.role};
    session->path = name_file(sessions->path, ++sessions->found);
    if (!session->path)
        return fail(sessions, sessions->path, ENOMEM);
    session->work->fd = take_file(sessions, session->path);
    if (session->work->fd < 0)
        return false;
    perfadapt__record_header_fill(&header, session->work->follower.ring->layout, &origin);
    return (record_file_begin(session->work->fd) &&
            perfadapt__record_write(session->work->fd, &header, sizeof header)) ||
           fail(sessions, session->path, errno);
}

/* The region of one. A connection that is not answered in time stays: one that is busy or stopped answers later. */
static enum perfadapt_result fetch(int directory_fd, const char *directory, struct session *session) {
    struct work *const work = session->work;
    enum perfadapt_result result = PERFADAPT_OK;
    if (work->connection < 0) {
        result = perfadapt__fetch_connect(directory_fd, directory, session->name, &work->connection);
        if (result)
            return result;
        struct pollfd answer = {.fd = work->connection, .events = POLLIN};
        (void)poll(&answer, 1, answer_ms);
    }
    result = perfadapt__fetch_receive(work->connection, &work->mapping, &session->app);
    if (result == PERFADAPT_ERROR_AGAIN)
        return result;
    close(work->connection);
    work->connection = -1;
    return result;
}

static const void *ring_of(const struct perfadapt__mapping *mapping, size_t *out_bytes) {
    *out_bytes = mapping->bytes > PERFADAPT__REGION_BEHIND ? mapping->bytes - PERFADAPT__REGION_BEHIND : 0;
    return (const unsigned char *)mapping->memory + PERFADAPT__REGION_BEHIND;
}

/* False where nothing can be made of it. That nobody listens any more needs no words: its process has ended. */
static bool can_be_followed(struct record_sessions *sessions, struct session *session, enum perfadapt_result result) {
    size_t bytes = 0;
    if (result) {
        if (result != PERFADAPT_ERROR_UNSUPPORTED)
            fprintf(stderr, "perfadapt record: session %s: %s\n", session->name, perfadapt_strerror(result));
        return false;
    }
    const void *const ring = ring_of(&session->work->mapping, &bytes);
    if (perfadapt__follower_init(&session->work->follower, ring, bytes))
        return open_file(sessions, session);
    fprintf(stderr, "perfadapt record: session %s keeps no record of a version that is known here\n", session->name);
    return false;
}

static void take_up(struct record_sessions *sessions, struct session *session, int directory_fd,
                    const char *directory) {
    const enum perfadapt_result result = fetch(directory_fd, directory, session);
    if (result == PERFADAPT_ERROR_AGAIN || result == PERFADAPT_ERROR_NOT_FOUND) {
        if (record_process_has_gone(process_of(session), session->work->process))
            end_session(session);
        return; /* again at the next look */
    }
    if (!can_be_followed(sessions, session, result))
        end_session(session);
}

static bool is_known(const struct record_sessions *sessions, const char *name) {
    for (unsigned i = 0; i < sessions->count; i++)
        if (strcmp(sessions->sessions[i]->name, name) == 0)
            return true;
    return false;
}

static unsigned count_working(const struct record_sessions *sessions) {
    unsigned working = 0;
    for (unsigned i = 0; i < sessions->count; i++)
        working += sessions->sessions[i]->work != NULL;
    return working;
}

/* False where there is no memory. */
static bool add(struct record_sessions *sessions, const char *name, pid_t pid) {
    struct session **const more = realloc(sessions->sessions, (sessions->count + 1) * sizeof *more);
    if (!more)
        return false;
    sessions->sessions = more;
    struct session *const session = calloc(1, sizeof *session);
    struct work *const work = calloc(1, sizeof *work);
    if (!session || !work) {
        free(session);
        free(work);
        return false;
    }
    work->connection = work->fd = -1;
    work->process = record_process_open(pid);
    memcpy(session->name, name, strnlen(name, sizeof session->name - 1)); /* the rest is zero */
    session->work = work;
    sessions->sessions[sessions->count++] = session;
    return true;
}

/* One for which there is no room yet is seen again when another has ended. */
static void see_socket(struct record_sessions *sessions, const char *name) {
    const pid_t pid = (pid_t)strtol(name, NULL, 10);
    if (is_known(sessions, name) || !is_ours(sessions, pid))
        return;
    if (count_working(sessions) < sessions_most) {
        (void)add(sessions, name, pid); /* else at the next look */
        return;
    }
    if (!sessions->crowded)
        fprintf(stderr, "perfadapt record: more than %u sessions at once: the others wait until one of those ends\n",
                sessions_most);
    sessions->crowded = true;
}

static void look(struct record_sessions *sessions) {
    char path[PATH_MAX];
    bool named;
    int fd;
    if (perfadapt__directory_open(NULL, false, &fd, path, sizeof path, &named))
        return;
    const int listed = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = listed >= 0 ? fdopendir(listed) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;)
        if (perfadapt__directory_is_socket_name(entry->d_name))
            see_socket(sessions, entry->d_name);
    if (directory)
        closedir(directory);
    for (unsigned i = 0; i < sessions->count && !sessions->failed; i++) {
        struct session *const session = sessions->sessions[i];
        if (session->work && session->work->fd < 0)
            take_up(sessions, session, fd, path);
    }
    close(fd);
}

/* ---- Following ---- */

static bool has_gone(const struct session *session) {
    return perfadapt__view_closed(session->work->mapping.memory) ||
           record_process_has_gone(process_of(session), session->work->process);
}

/* Whether it has gone is asked first: what it wrote last is then there to be read. */
static void follow(struct record_sessions *sessions, struct session *session) {
    const bool gone = has_gone(session);
    if (!perfadapt__follower_write(&session->work->follower, session->work->fd)) {
        fail(sessions, session->path, errno);
        end_session(session);
    } else if (gone) {
        end_session(session);
    }
}

bool record_sessions_step(struct record_sessions *sessions) {
    look(sessions);
    for (unsigned i = 0; i < sessions->count && !sessions->failed; i++) {
        struct session *const session = sessions->sessions[i];
        if (session->work && session->work->fd >= 0)
            follow(sessions, session);
    }
    return !sessions->failed;
}

static void tell(const struct session *session) {
    fprintf(stderr, "perfadapt record: %s: %llu bytes of %s (%d)%s\n", session->path, session->bytes, session->app.name,
            (int)session->app.pid, session->missed ? ", with a gap: this machine was too busy to follow" : "");
}

void record_sessions_end(struct record_sessions *sessions) {
    for (unsigned i = 0; i < sessions->count; i++) {
        end_session(sessions->sessions[i]);
        /* After a failure, one that holds no more than the header is nothing to speak of. */
        if (sessions->sessions[i]->bytes > (sessions->failed ? sizeof(struct perfadapt__record_header) : 0))
            tell(sessions->sessions[i]);
    }
}

unsigned record_sessions_found(const struct record_sessions *sessions) {
    return sessions->found;
}

unsigned record_sessions_open(const struct record_sessions *sessions) {
    unsigned open = 0;
    for (unsigned i = 0; i < sessions->count; i++)
        open += sessions->sessions[i]->work && sessions->sessions[i]->work->fd >= 0;
    return open;
}

unsigned record_sessions_silent(const struct record_sessions *sessions) {
    return count_working(sessions) - record_sessions_open(sessions);
}
