/* SPDX-License-Identifier: MIT */
#include "publish/writer.h"

#include "core/clock.h"
#include "core/fs.h"
#include "core/log.h"
#include "publish/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 8
#define READERS_PER_CALL 8

struct perfadapt__writer {
    int listen_fd;
    int epoll_fd;
    int region_fd;
    int backlog;
    bool shortage_logged;
    struct perfadapt_log log;
    char path[PATH_MAX + PERFADAPT__SOCKET_NAME_BYTES];
};

/* Where the socket is to be made. */
struct place {
    int directory_fd;
    char directory[PATH_MAX];
    char name[PERFADAPT__SOCKET_NAME_BYTES];
    char unready_name[PERFADAPT__SOCKET_NAME_BYTES];
};

static void log_directory_problem(const struct perfadapt_log *log, enum perfadapt_result result, bool named,
                                  const char *path) {
    if (!named)
        perfadapt__log(log, PERFADAPT_LOG_INFO, "not published: XDG_RUNTIME_DIR is not set to an absolute path");
    else if (result == PERFADAPT_ERROR_NOT_FOUND)
        perfadapt__log(log, PERFADAPT_LOG_WARNING, "not published: %.400s cannot be made: XDG_RUNTIME_DIR is missing",
                       path);
    else if (result == PERFADAPT_ERROR_PERMISSION)
        perfadapt__log(log, PERFADAPT_LOG_WARNING,
                       "not published: %.300s must be a directory of this user with mode 0700: remove it or correct it",
                       path);
    else if (result == PERFADAPT_ERROR_INVALID)
        perfadapt__log(log, PERFADAPT_LOG_WARNING, "not published: the path of XDG_RUNTIME_DIR is too long");
    else
        perfadapt__log(log, PERFADAPT_LOG_WARNING, "not published: %.300s: error %d", path, errno);
}

/* Need not be secret, only different from those of other sessions with this pid in other pid namespaces. */
static uint64_t random_number(const void *salt) {
    uint64_t number;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        number = (uint64_t)perfadapt__boottime_ns() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)salt;
    return number;
}

static enum perfadapt_result find_place(const struct perfadapt_log *log, struct place *place) {
    bool named;
    const enum perfadapt_result result =
        perfadapt__directory_open(NULL, true, &place->directory_fd, place->directory, sizeof place->directory, &named);
    if (result) {
        log_directory_problem(log, result, named, place->directory);
        return result;
    }
    char stem[PERFADAPT__SOCKET_NAME_BYTES - 8];
    snprintf(stem, sizeof stem, "%d-%016llx", (int)getpid(), (unsigned long long)random_number(place));
    snprintf(place->name, sizeof place->name, "%s.sock", stem);
    snprintf(place->unready_name, sizeof place->unready_name, "%s.new", stem);
    return PERFADAPT_OK;
}

static enum perfadapt_result system_failure(const struct perfadapt_log *log, const char *what) {
    perfadapt__log(log, PERFADAPT_LOG_WARNING, "not published: %s: error %d", what, errno);
    return PERFADAPT_ERROR_SYSTEM;
}

/*
 * Bound under another name until it listens: a reader that finds a socket where nobody listens takes it for a dead
 * session's and removes it.
 */
static enum perfadapt_result listen_at(const struct perfadapt_log *log, const struct place *place, int fd) {
    struct sockaddr_un address;
    if (!perfadapt__directory_address(place->directory_fd, place->directory, place->unready_name, &address)) {
        perfadapt__log(log, PERFADAPT_LOG_WARNING,
                       "not published: the path of XDG_RUNTIME_DIR is too long for a socket");
        return PERFADAPT_ERROR_INVALID;
    }
    fchmod(fd, 0600);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return system_failure(log, "no socket can be bound in XDG_RUNTIME_DIR");
    if (listen(fd, BACKLOG) == 0 &&
        renameat(place->directory_fd, place->unready_name, place->directory_fd, place->name) == 0)
        return PERFADAPT_OK;
    const enum perfadapt_result result = system_failure(log, "the socket in XDG_RUNTIME_DIR cannot be used");
    unlinkat(place->directory_fd, place->unready_name, 0);
    return result;
}

/* Edge-triggered: a connection that cannot be accepted for want of descriptors is told of once, not for ever. */
static bool watch_connections(struct perfadapt__writer *writer, int operation) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    return epoll_ctl(writer->epoll_fd, operation, writer->listen_fd, &event) == 0;
}

static enum perfadapt_result open_socket(struct perfadapt__writer *writer, const struct place *place) {
    writer->listen_fd = perfadapt__fs_lift(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    writer->epoll_fd = perfadapt__fs_lift(epoll_create1(EPOLL_CLOEXEC));
    if (writer->listen_fd < 0 || writer->epoll_fd < 0 || !watch_connections(writer, EPOLL_CTL_ADD))
        return system_failure(&writer->log, "no socket to be had");
    const enum perfadapt_result result = listen_at(&writer->log, place, writer->listen_fd);
    if (result == PERFADAPT_OK)
        snprintf(writer->path, sizeof writer->path, "%s/%s", place->directory, place->name);
    return result;
}

static struct perfadapt__writer *allocate(int region_fd, const struct perfadapt_log *log) {
    struct perfadapt__writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->listen_fd = writer->epoll_fd = -1;
    writer->region_fd = region_fd;
    writer->backlog = BACKLOG;
    if (log)
        writer->log = *log;
    return writer;
}

enum perfadapt_result perfadapt__writer_create(int region_fd, const struct perfadapt_log *log,
                                               struct perfadapt__writer **out_writer) {
    *out_writer = NULL;
    struct place place;
    enum perfadapt_result result = find_place(log, &place);
    if (result)
        return result;
    struct perfadapt__writer *writer = allocate(region_fd, log);
    result = writer ? open_socket(writer, &place) : PERFADAPT_ERROR_NO_MEMORY;
    close(place.directory_fd);
    if (result)
        perfadapt__writer_destroy(&writer, true);
    *out_writer = writer;
    return result;
}

void perfadapt__writer_destroy(struct perfadapt__writer **writer, bool forked) {
    struct perfadapt__writer *const gone = *writer;
    *writer = NULL;
    if (!gone)
        return;
    /* The name first: who finds it shall find somebody listening. */
    if (!forked)
        unlinkat(AT_FDCWD, gone->path, 0);
    /* Once open, epoll knows whether the numbers are still of these two, or the host has closed what it does not know. */
    const bool are_ours = !*gone->path || watch_connections(gone, EPOLL_CTL_MOD);
    if (are_ours && gone->epoll_fd >= 0)
        close(gone->epoll_fd);
    if (are_ours && gone->listen_fd >= 0)
        close(gone->listen_fd);
    free(gone);
}

const char *perfadapt__writer_name(const struct perfadapt__writer *writer) {
    return strrchr(writer->path, '/') + 1;
}

int perfadapt__writer_fd(const struct perfadapt__writer *writer) {
    return writer->epoll_fd;
}

static bool may_read(int connection) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    return peer.uid == geteuid() || peer.uid == 0;
}

/* A reader that is gone, or has no room, is its own loss: it will come back. */
static void send_region(int connection, int region_fd) {
    struct perfadapt__hello hello = {.version = PERFADAPT__HELLO_VERSION, .count = 1};
    struct iovec payload = {.iov_base = &hello, .iov_len = sizeof hello};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    control.header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &region_fd, sizeof region_fd);
    const struct msghdr message = {
        .msg_iov = &payload, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    (void)!sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* One place more in the queue, so that the next reader still gets in and gives us another try. */
static void note_shortage(struct perfadapt__writer *writer) {
    if (!writer->shortage_logged)
        perfadapt__log(&writer->log, PERFADAPT_LOG_WARNING,
                       "out of file descriptors: watchers of this session have to wait (error %d)", errno);
    writer->shortage_logged = true;
    if (writer->backlog < SOMAXCONN)
        listen(writer->listen_fd, ++writer->backlog);
}

void perfadapt__writer_serve(struct perfadapt__writer *writer) {
    struct epoll_event event;
    epoll_wait(writer->epoll_fd, &event, 1, 0);
    for (int i = 0; i < READERS_PER_CALL; i++) {
        const int connection = accept4(writer->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (connection < 0 && errno != EAGAIN)
            note_shortage(writer);
        if (connection < 0)
            return;
        if (may_read(connection))
            send_region(connection, writer->region_fd);
        close(connection);
    }
    watch_connections(writer, EPOLL_CTL_MOD);
}
