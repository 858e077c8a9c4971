/* SPDX-License-Identifier: MIT */
#include "record/sessions.h"

#include "publish/directory.h"
#include "publish/fetch.h"
#include "publish/view.h"
#include "record/dump.h"
#include "record/follower.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SESSIONS_MAX 16
#define ANCESTORS_MAX 64

static const int answer_ms = 200;

struct session {
    char name[PERFADAPT__SOCKET_NAME_BYTES]; /* of its socket */
    char path[PATH_MAX];                     /* of its file */
    struct perfadapt__mapping mapping;
    struct perfadapt_app app;
    struct perfadapt__follower follower;
    int fd;       /* -1 = nothing more is written */
    bool refused; /* it was looked at, and is none of ours */
};

struct record_sessions {
    const char *path;
    pid_t pid;
    bool descendants;
    bool failed;
    unsigned count, found;
    struct session *sessions[SESSIONS_MAX];
};

struct record_sessions *record_sessions_create(const char *path, pid_t pid, bool descendants) {
    struct record_sessions *sessions = calloc(1, sizeof *sessions);
    if (!sessions)
        return NULL;
    sessions->path = path;
    sessions->pid = pid;
    sessions->descendants = descendants;
    return sessions;
}

static void end_session(struct session *session) {
    if (session->fd >= 0)
        close(session->fd);
    session->fd = -1;
    perfadapt__fetch_unmap(&session->mapping);
}

void record_sessions_destroy(struct record_sessions *sessions) {
    for (unsigned i = 0; sessions && i < sessions->count; i++) {
        end_session(sessions->sessions[i]);
        free(sessions->sessions[i]);
    }
    free(sessions);
}

/* ---- Whose a session is ---- */

/* Of "pid (name) state ppid …", where the name may hold anything. 0 = unknown. */
static pid_t parent_of(pid_t pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    const char *const behind = strrchr(text, ')');
    int parent = 0;
    return behind && sscanf(behind, ") %*c %d", &parent) == 1 ? (pid_t)parent : 0;
}

static bool is_ours(const struct record_sessions *sessions, pid_t pid) {
    if (pid == sessions->pid)
        return true;
    for (int i = 0; sessions->descendants && pid > 1 && i < ANCESTORS_MAX; i++) {
        pid = parent_of(pid);
        if (pid == sessions->pid)
            return true;
    }
    return false;
}

/* ---- Taking one up ---- */

/* FILE, then FILE-2, with the suffix kept: "a.rec" and "a-2.rec". */
static void name_file(const char *path, unsigned number, char out_path[PATH_MAX]) {
    const char *const slash = strrchr(path, '/');
    const char *const dot = strrchr(slash ? slash + 1 : path, '.');
    const int stem = dot && dot != (slash ? slash + 1 : path) ? (int)(dot - path) : (int)strlen(path);
    if (number <= 1)
        snprintf(out_path, PATH_MAX, "%s", path);
    else
        snprintf(out_path, PATH_MAX, "%.*s-%u%s", stem, path, number, path + stem);
}

static bool fail(struct record_sessions *sessions, const char *path, const char *what) {
    fprintf(stderr, "perfadapt record: %s: %s%s\n", path, what, strerror(errno));
    sessions->failed = true;
    return false;
}

static bool open_file(struct record_sessions *sessions, struct session *session) {
    struct perfadapt__record_header header;
    const struct perfadapt__record_origin origin = {
        .name = session->app.name, .pid = session->app.pid, .role = session->app.role};
    name_file(sessions->path, ++sessions->found, session->path);
    session->fd = perfadapt__record_open(session->path);
    if (session->fd < 0)
        return fail(sessions, session->path, errno == EINVAL ? "not a file: " : "");
    perfadapt__record_header_fill(&header, session->follower.ring->layout, &origin);
    return perfadapt__record_write(session->fd, &header, sizeof header) || fail(sessions, session->path, "");
}

/* The region of one, if it answers in time. Others than this version's are told of, once. */
static enum perfadapt_result fetch(int directory_fd, const char *directory, struct session *session) {
    int connection;
    enum perfadapt_result result = perfadapt__fetch_connect(directory_fd, directory, session->name, &connection);
    if (result)
        return result;
    struct pollfd answer = {.fd = connection, .events = POLLIN};
    (void)poll(&answer, 1, answer_ms);
    result = perfadapt__fetch_receive(connection, &session->mapping, &session->app);
    close(connection);
    return result;
}

static const void *ring_of(const struct perfadapt__mapping *mapping, size_t *out_bytes) {
    *out_bytes = mapping->bytes > PERFADAPT__REGION_BEHIND ? mapping->bytes - PERFADAPT__REGION_BEHIND : 0;
    return (const unsigned char *)mapping->memory + PERFADAPT__REGION_BEHIND;
}

static void take_up(struct record_sessions *sessions, struct session *session, int directory_fd,
                    const char *directory) {
    size_t bytes = 0;
    const enum perfadapt_result result = fetch(directory_fd, directory, session);
    if (result == PERFADAPT_ERROR_AGAIN || result == PERFADAPT_ERROR_NOT_FOUND)
        return; /* again at the next look */
    session->refused = true;
    if (result) {
        fprintf(stderr, "perfadapt record: session %s: %s\n", session->name, perfadapt_strerror(result));
        return;
    }
    const void *const ring = ring_of(&session->mapping, &bytes);
    if (!perfadapt__follower_init(&session->follower, ring, bytes))
        fprintf(stderr, "perfadapt record: session %s keeps no record of a version that is known here\n",
                session->name);
    else
        session->refused = !open_file(sessions, session);
    if (session->refused)
        end_session(session);
}

static bool is_known(const struct record_sessions *sessions, const char *name) {
    for (unsigned i = 0; i < sessions->count; i++)
        if (strcmp(sessions->sessions[i]->name, name) == 0)
            return true;
    return false;
}

static void see_socket(struct record_sessions *sessions, const char *name) {
    const pid_t pid = (pid_t)strtol(name, NULL, 10);
    if (sessions->count == SESSIONS_MAX || is_known(sessions, name) || !is_ours(sessions, pid))
        return;
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return;
    session->fd = -1;
    memcpy(session->name, name, strnlen(name, sizeof session->name - 1)); /* the rest is zero */
    sessions->sessions[sessions->count++] = session;
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
    for (unsigned i = 0; i < sessions->count && !sessions->failed; i++)
        if (!sessions->sessions[i]->mapping.memory && !sessions->sessions[i]->refused)
            take_up(sessions, sessions->sessions[i], fd, path);
    close(fd);
}

/* ---- Following ---- */

static bool has_gone(const struct session *session) {
    const pid_t pid = (pid_t)strtol(session->name, NULL, 10);
    return perfadapt__view_closed(session->mapping.memory) || (kill(pid, 0) != 0 && errno == ESRCH);
}

/* Whether it has gone is asked first: what it wrote last is then there to be read. */
static void follow(struct record_sessions *sessions, struct session *session) {
    const bool gone = has_gone(session);
    if (!perfadapt__follower_write(&session->follower, session->fd)) {
        fail(sessions, session->path, "");
        end_session(session);
    } else if (gone) {
        session->refused = true;
        end_session(session);
    }
}

bool record_sessions_step(struct record_sessions *sessions) {
    look(sessions);
    for (unsigned i = 0; i < sessions->count; i++)
        if (sessions->sessions[i]->fd >= 0)
            follow(sessions, sessions->sessions[i]);
    return !sessions->failed;
}

unsigned record_sessions_found(const struct record_sessions *sessions) {
    return sessions->found;
}

unsigned record_sessions_open(const struct record_sessions *sessions) {
    unsigned open = 0;
    for (unsigned i = 0; i < sessions->count; i++)
        open += sessions->sessions[i]->fd >= 0;
    return open;
}

void record_sessions_tell(const struct record_sessions *sessions) {
    for (unsigned i = 0; i < sessions->count; i++) {
        const struct session *session = sessions->sessions[i];
        if (!*session->path)
            continue;
        fprintf(stderr, "perfadapt record: %s: %" PRIu64 " bytes of %s (%d)%s\n", session->path,
                session->follower.bytes, session->app.name, (int)session->app.pid,
                session->follower.missed ? ", with a gap: this machine was too busy to follow" : "");
    }
}
