/* SPDX-License-Identifier: MIT */
#include "publish/fetch.h"

#include "core/fs.h"
#include "publish/directory.h"
#include "publish/view.h"
#include "publish/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Descriptors taken over from one message, to be closed again; the kernel drops what is beyond. */
#define DESCRIPTORS_MAX 8

/* Far above any region: what a future version may grow to. */
#define BYTES_MAX ((off_t)1 << 30)

static enum perfadapt_result result_of_connect(int error) {
    switch (error) {
    case ECONNREFUSED:
        return PERFADAPT_ERROR_UNSUPPORTED;
    case ENOENT:
        return PERFADAPT_ERROR_NOT_FOUND;
    case EPROTOTYPE:
    case ENOTSOCK:
        return PERFADAPT_ERROR_CORRUPT;
    case EACCES:
    case EPERM:
        return PERFADAPT_ERROR_PERMISSION;
    default:
        return PERFADAPT_ERROR_AGAIN;
    }
}

static bool is_ours(int connection) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

enum perfadapt_result perfadapt__fetch_connect(int directory_fd, const char *directory_path, const char *name,
                                               int *out_connection) {
    *out_connection = -1;
    struct sockaddr_un address;
    if (!perfadapt__directory_address(directory_fd, directory_path, name, &address))
        return PERFADAPT_ERROR_NOT_FOUND;
    const int connection = perfadapt__fs_lift(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (connection < 0)
        return PERFADAPT_ERROR_AGAIN;
    enum perfadapt_result result = PERFADAPT_OK;
    if (connect(connection, (const struct sockaddr *)&address, sizeof address) != 0)
        result = result_of_connect(errno);
    else if (!is_ours(connection))
        result = PERFADAPT_ERROR_PERMISSION;
    if (result)
        close(connection);
    else
        *out_connection = connection;
    return result;
}

/* What one message brought. */
struct delivery {
    struct perfadapt__hello hello;
    int fds[DESCRIPTORS_MAX];
    size_t count;
    bool cut; /* more descriptors than we had room for */
};

static void take_descriptors(struct msghdr *message, struct delivery *delivery) {
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && delivery->count < DESCRIPTORS_MAX; i++)
            memcpy(&delivery->fds[delivery->count++], CMSG_DATA(header) + i * sizeof(int), sizeof(int));
    }
}

static enum perfadapt_result receive(int connection, struct delivery *delivery) {
    struct iovec payload = {.iov_base = &delivery->hello, .iov_len = sizeof delivery->hello};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
    } control;
    struct msghdr message = {
        .msg_iov = &payload, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    const ssize_t length = recvmsg(connection, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0)
        return errno == EAGAIN || errno == EINTR ? PERFADAPT_ERROR_AGAIN : PERFADAPT_ERROR_NOT_FOUND;
    take_descriptors(&message, delivery);
    if (length == 0) /* the end, or a message of descriptors alone */
        return PERFADAPT_ERROR_NOT_FOUND;
    delivery->cut = (message.msg_flags & MSG_CTRUNC) != 0;
    /* Longer is fine: a later version may have more to say. */
    return (size_t)length < sizeof delivery->hello ? PERFADAPT_ERROR_CORRUPT : PERFADAPT_OK;
}

static enum perfadapt_result check_delivery(const struct delivery *delivery) {
    if (delivery->hello.version != PERFADAPT__HELLO_VERSION)
        return PERFADAPT_ERROR_VERSION;
    if (delivery->cut && delivery->count == 0)
        return PERFADAPT_ERROR_NOT_FOUND; /* we are out of descriptors: the message is lost, not wrong */
    return delivery->hello.count == 1 && delivery->count == 1 && !delivery->cut ? PERFADAPT_OK
                                                                                : PERFADAPT_ERROR_CORRUPT;
}

/* Memory pages of ordinary size that stay: in huge ones a hole can be punched that cannot be filled again. */
static bool cannot_vanish(int fd) {
    struct statfs filesystem;
    const int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_SHRINK) && fstatfs(fd, &filesystem) == 0 && filesystem.f_type == TMPFS_MAGIC;
}

static enum perfadapt_result map(int fd, struct perfadapt__mapping *out_mapping) {
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return PERFADAPT_ERROR_CORRUPT;
    if (status.st_uid != geteuid())
        return PERFADAPT_ERROR_PERMISSION;
    const bool sized =
        status.st_size >= (off_t)sizeof(struct perfadapt__region_identity) && status.st_size <= BYTES_MAX;
    if (!sized || !cannot_vanish(fd))
        return PERFADAPT_ERROR_CORRUPT;
    const size_t bytes = (size_t)status.st_size;
    void *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return errno == EACCES || errno == EPERM ? PERFADAPT_ERROR_CORRUPT : PERFADAPT_ERROR_NOT_FOUND;
    *out_mapping = (struct perfadapt__mapping){.memory = memory, .bytes = bytes};
    return PERFADAPT_OK;
}

/* What is not wanted may be a socket that lingers: close() would wait for its peer. Nothing else has that option. */
static void close_all(const struct delivery *delivery, bool wanted) {
    static const struct linger none;
    for (size_t i = 0; i < delivery->count; i++) {
        if (!wanted)
            setsockopt(delivery->fds[i], SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(delivery->fds[i]);
    }
}

enum perfadapt_result perfadapt__fetch_receive(int connection, struct perfadapt__mapping *out_mapping,
                                               struct perfadapt_app *app) {
    *out_mapping = (struct perfadapt__mapping){0};
    struct delivery delivery = {.count = 0};
    enum perfadapt_result result = receive(connection, &delivery);
    if (result == PERFADAPT_OK)
        result = check_delivery(&delivery);
    if (result == PERFADAPT_OK)
        result = map(delivery.fds[0], out_mapping);
    close_all(&delivery, result == PERFADAPT_OK);
    if (result == PERFADAPT_OK)
        result = perfadapt__view_identify(out_mapping->memory, out_mapping->bytes, app);
    if (result)
        perfadapt__fetch_unmap(out_mapping);
    return result;
}

void perfadapt__fetch_unmap(struct perfadapt__mapping *mapping) {
    if (mapping->memory)
        munmap(mapping->memory, mapping->bytes);
    *mapping = (struct perfadapt__mapping){0};
}
