/* What the tests of publish/ share: a runtime directory, sessions, hostile sockets. SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PUBLISH_FIXTURE_H
#define TESTS_UNIT_PUBLISH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "publish/directory.h"
#include "publish/reader.h"
#include "publish/region.h"
#include "publish/writer.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIXTURE __attribute__((unused)) static

static char runtime_dir[64];

FIXTURE int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

FIXTURE int enter_runtime_dir(void **state) {
    (void)state;
    strcpy(runtime_dir, "/tmp/perfadapt-test-XXXXXX");
    assert_non_null(mkdtemp(runtime_dir));
    return setenv("XDG_RUNTIME_DIR", runtime_dir, 1);
}

FIXTURE int leave_runtime_dir(void **state) {
    (void)state;
    return nftw(runtime_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the directory of sockets; the same buffer each time. */
FIXTURE const char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/perfadapt/%s", runtime_dir, name);
    return path;
}

FIXTURE void make_directory(void) {
    assert_int_equal(mkdir(path_of(""), 0700), 0);
}

struct published {
    struct perfadapt__region *region;
    int fd;
    struct perfadapt__writer *writer;
};

FIXTURE struct published publish(const char *name) {
    struct published session;
    const struct perfadapt__region_options options = {
        .name = name, .role = PERFADAPT_ROLE_EXPORT, .quality_levels = 5, .target_frame_ns = 16666667};
    session.region = perfadapt__region_create(&options, &session.fd);
    assert_non_null(session.region);
    assert_true(session.fd >= 0);
    assert_int_equal(perfadapt__writer_create(session.fd, NULL, &session.writer), PERFADAPT_OK);
    return session;
}

FIXTURE void unpublish(struct published *session) {
    perfadapt__writer_destroy(&session->writer, false);
    perfadapt__region_destroy(&session->region, 0, &session->fd, false);
}

FIXTURE struct perfadapt__reader *open_reader(void) {
    struct perfadapt__reader *reader;
    assert_int_equal(perfadapt__reader_create(NULL, NULL, &reader), PERFADAPT_OK);
    return reader;
}

FIXTURE void refresh(struct perfadapt__reader *reader) {
    assert_int_equal(perfadapt__reader_refresh(reader), PERFADAPT_OK);
}

/* The reader asks, the session answers, the reader takes. */
FIXTURE void meet(struct perfadapt__reader *reader, const struct published *session) {
    refresh(reader);
    perfadapt__writer_serve(session->writer);
    refresh(reader);
}

FIXTURE struct perfadapt_frame frame_of(uint64_t number, int64_t period_ns) {
    return (struct perfadapt_frame){.number = number,
                                    .end_ns = perfadapt__now_ns(),
                                    .period_ns = period_ns,
                                    .cpu_ns = period_ns / 2,
                                    .gpu_ns = -1,
                                    .quality = 3,
                                    .render_scale = 0.5f};
}

/* A socket in the directory that somebody else than the library made. */
FIXTURE int listen_as(const char *name, int type) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = path_of(name);
    memcpy(address.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* Answers one waiting reader with any bytes and any descriptors. */
FIXTURE void answer(int listen_fd, const void *bytes, size_t length, const int *fds, size_t count) {
    const int connection = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(connection >= 0);
    struct iovec payload = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * 16)];
    } control;
    memset(&control, 0, sizeof control);
    control.header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int) * count), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
    const struct msghdr message = {.msg_iov = &payload,
                                   .msg_iovlen = 1,
                                   .msg_control = count ? control.bytes : NULL,
                                   .msg_controllen = count ? CMSG_SPACE(sizeof(int) * count) : 0};
    assert_int_equal(sendmsg(connection, &message, MSG_NOSIGNAL), (ssize_t)length);
    close(connection);
}

FIXTURE size_t open_descriptors(void) {
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

#endif
