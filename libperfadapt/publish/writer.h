/*
 * Hands a session's region to readers of the same user over a unix socket. SPDX-License-Identifier: MIT
 *
 * The socket is <runtime dir>/perfadapt/<pid>-<random>.sock in a directory of mode 0700. A connection gets one message,
 * struct perfadapt__hello with `count` descriptors attached (SCM_RIGHTS), and is closed; whatever the reader does,
 * nothing here waits, raises SIGPIPE or fails.
 * SOCK_SEQPACKET, because a message then comes whole or not at all: no reader has to put one together.
 */
#ifndef PERFADAPT_PUBLISH_WRITER_H
#define PERFADAPT_PUBLISH_WRITER_H

#include <perfadapt/perfadapt.h>
#include <stdbool.h>

#define PERFADAPT__HELLO_VERSION 1u

struct perfadapt__hello {
    uint32_t version; /* PERFADAPT__HELLO_VERSION */
    uint32_t count;   /* descriptors attached: 1 */
};

struct perfadapt__writer; /* a listening socket */

/*
 * Listens. NOT_FOUND: no runtime directory (XDG_RUNTIME_DIR unset); PERMISSION: the directory is not this user's or is
 * open to others; INVALID: path too long for a socket; NO_MEMORY; SYSTEM. Logs what is wrong and what to do.
 * `region_fd` stays the caller's and must outlive the writer.
 */
enum perfadapt_result perfadapt__writer_create(int region_fd, const struct perfadapt_log *log,
                                               struct perfadapt__writer **out_writer);

/* Closes and, unless in a forked child, removes the socket. NULL is fine. */
void perfadapt__writer_destroy(struct perfadapt__writer **writer, bool forked);

/* Of its socket, in the directory. */
const char *perfadapt__writer_name(const struct perfadapt__writer *writer);

/*
 * To be polled for POLLIN; then perfadapt__writer_serve() answers a bounded number of readers. An epoll descriptor that
 * tells of each connection once: out of descriptors, a poll loop does not spin, and the next connection tries again.
 */
int perfadapt__writer_fd(const struct perfadapt__writer *writer);
void perfadapt__writer_serve(struct perfadapt__writer *writer);

#endif
