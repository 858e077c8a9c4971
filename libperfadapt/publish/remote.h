/* A session of another process, from finding its socket to its end. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PUBLISH_REMOTE_H
#define PERFADAPT_PUBLISH_REMOTE_H

#include "publish/directory.h"
#include "publish/fetch.h"
#include "publish/view.h"

#include <stdbool.h>

/* The directory of sockets during one refresh. */
struct perfadapt__place {
    int fd; /* -1 = none */
    const char *path;
    const struct perfadapt_log *log;
};

struct perfadapt__remote {
    char name[PERFADAPT__SOCKET_NAME_BYTES];
    int connection;   /* waiting for its region, or to learn whether anybody listens; -1 = none */
    bool fetched;     /* the outcome is final: mapped, or VERSION, CORRUPT, DENIED */
    bool shown;       /* fetched, or without an answer for so long that it has to be told of */
    bool fresh;       /* not waited for yet */
    bool listed;      /* its socket lay in the directory at the last look: set by the reader */
    bool passed_over; /* not mapped, only remembered: it is none of those that are looked for */
    uint64_t socket;  /* the inode of `connection`: the host may close what it does not know, and reuse the number */
    int64_t found_ns; /* CLOCK_BOOTTIME */
    int64_t next_probe_ns; /* CLOCK_BOOTTIME */
    struct perfadapt__mapping mapping;
    struct perfadapt__view view;
};

/*
 * NULL where there is no memory. `name` is a socket's: perfadapt__directory_is_socket_name(). Of its frames the newest
 * `frames_most` are read.
 */
struct perfadapt__remote *perfadapt__remote_create(const char *name, size_t frames_most);
void perfadapt__remote_destroy(struct perfadapt__remote **remote);

/* Asks for the region of one that is not fetched yet, once, without waiting. False: gone. */
bool perfadapt__remote_ask(struct perfadapt__remote *remote, const struct perfadapt__place *place);

/* Forgets all but that it is there, until its socket is not. */
void perfadapt__remote_pass_over(struct perfadapt__remote *remote);

/* Whether its answer is worth waiting for, and the taking of it. */
bool perfadapt__remote_awaited(const struct perfadapt__remote *remote);
void perfadapt__remote_receive(struct perfadapt__remote *remote);

/*
 * Reads it. False: gone, because it was closed or gives no sign of life and nobody listens at its socket. That is asked
 * by connecting, not by its pid, which means nothing in another pid namespace.
 */
bool perfadapt__remote_update(struct perfadapt__remote *remote, const struct perfadapt__place *place);

#endif
