/* SPDX-License-Identifier: MIT */
#include "publish/remote.h"

#include "core/clock.h"
#include "core/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNANSWERED_NS (5 * PERFADAPT__NS_PER_S) /* from then on a session without an answer is shown as silent */
#define PROBE_NS (5 * PERFADAPT__NS_PER_S)      /* between questions whether anybody listens still */

/* FNV-1a: the name holds 64 random bits already. */
static uint64_t key_of(const char *name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

static int32_t pid_of(const char *name) {
    int64_t pid = 0;
    for (; *name >= '0' && *name <= '9'; name++)
        pid = pid * 10 + (*name - '0');
    return pid <= INT32_MAX ? (int32_t)pid : 0;
}

struct perfadapt__remote *perfadapt__remote_create(const char *name, size_t frames_most) {
    struct perfadapt__remote *remote = calloc(1, sizeof *remote + frames_most * sizeof remote->view.frames[0]);
    if (!remote)
        return NULL;
    remote->view.frames_most = frames_most;
    remote->view.frames = (struct perfadapt_frame *)(remote + 1);
    memcpy(remote->name, name, strnlen(name, sizeof remote->name - 1));
    remote->connection = -1;
    remote->fresh = remote->listed = true;
    remote->found_ns = perfadapt__boottime_ns();
    remote->view.app.key = key_of(name);
    perfadapt__view_clear(&remote->view, PERFADAPT_APP_SILENT, pid_of(name));
    return remote;
}

static uint64_t inode_of(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* Whether there is a connection. It is forgotten where the host has closed it. */
static bool is_connected(struct perfadapt__remote *remote) {
    if (remote->connection >= 0 && inode_of(remote->connection) != remote->socket)
        remote->connection = -1;
    return remote->connection >= 0;
}

static void hang_up(struct perfadapt__remote *remote) {
    if (is_connected(remote))
        close(remote->connection);
    remote->connection = -1;
}

void perfadapt__remote_pass_over(struct perfadapt__remote *remote) {
    hang_up(remote);
    perfadapt__fetch_unmap(&remote->mapping);
    remote->passed_over = true;
    remote->shown = false;
}

void perfadapt__remote_destroy(struct perfadapt__remote **remote) {
    hang_up(*remote);
    perfadapt__fetch_unmap(&(*remote)->mapping);
    free(*remote);
    *remote = NULL;
}

static enum perfadapt_app_state state_of(enum perfadapt_result outcome) {
    switch (outcome) {
    case PERFADAPT_OK:
        return PERFADAPT_APP_IDLE; /* until it is read */
    case PERFADAPT_ERROR_VERSION:
        return PERFADAPT_APP_VERSION;
    case PERFADAPT_ERROR_PERMISSION:
        return PERFADAPT_APP_DENIED;
    default:
        return PERFADAPT_APP_CORRUPT;
    }
}

static void settle(struct perfadapt__remote *remote, enum perfadapt_result outcome) {
    hang_up(remote);
    remote->fetched = true;
    remote->view.app.state = state_of(outcome);
    /* One that hangs was heard of just now; one that cannot be read is asked rarely, as each question wakes it up. */
    remote->next_probe_ns = outcome ? perfadapt__boottime_ns() + PROBE_NS : 0;
}

void perfadapt__remote_receive(struct perfadapt__remote *remote) {
    if (remote->fetched || !is_connected(remote))
        return;
    const enum perfadapt_result result =
        perfadapt__fetch_receive(remote->connection, &remote->mapping, &remote->view.app);
    if (result == PERFADAPT_ERROR_NOT_FOUND)
        hang_up(remote);
    else if (result != PERFADAPT_ERROR_AGAIN)
        settle(remote, result);
}

/* False where nobody listens: the socket is then removed. */
static bool call(struct perfadapt__remote *remote, const struct perfadapt__place *place) {
    const enum perfadapt_result result =
        perfadapt__fetch_connect(place->fd, place->path, remote->name, &remote->connection);
    if (result == PERFADAPT_ERROR_UNSUPPORTED && unlinkat(place->fd, remote->name, 0) == 0)
        perfadapt__log(place->log, PERFADAPT_LOG_INFO, "removed %s: its session is gone", remote->name);
    if (result == PERFADAPT_ERROR_UNSUPPORTED || result == PERFADAPT_ERROR_NOT_FOUND)
        return false;
    if (result == PERFADAPT_OK)
        remote->socket = inode_of(remote->connection);
    if (!remote->fetched && (result == PERFADAPT_ERROR_PERMISSION || result == PERFADAPT_ERROR_CORRUPT))
        settle(remote, result);
    return true;
}

bool perfadapt__remote_ask(struct perfadapt__remote *remote, const struct perfadapt__place *place) {
    if (!remote->listed)
        return false;
    if (!is_connected(remote) && !call(remote, place))
        return false;
    perfadapt__remote_receive(remote);
    return true;
}

bool perfadapt__remote_awaited(const struct perfadapt__remote *remote) {
    return remote->fresh && !remote->fetched && remote->connection >= 0;
}

/* Whether an earlier call tells that somebody listens: it waits in the queue, or was answered. */
static bool call_stands(struct perfadapt__remote *remote, int64_t boottime_ns) {
    char byte;
    const ssize_t length = recv(remote->connection, &byte, sizeof byte, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    hang_up(remote);
    if (length < 0)
        return false;
    remote->next_probe_ns = boottime_ns + PROBE_NS;
    return true;
}

/* The connection is kept, so that at most one of ours lies in the queue of a session that hangs. */
static bool still_there(struct perfadapt__remote *remote, const struct perfadapt__place *place, int64_t boottime_ns) {
    if (!remote->listed)
        return false;
    if (is_connected(remote) && call_stands(remote, boottime_ns))
        return true;
    if (place->fd < 0 || boottime_ns < remote->next_probe_ns)
        return true;
    return call(remote, place);
}

bool perfadapt__remote_update(struct perfadapt__remote *remote, const struct perfadapt__place *place) {
    const int64_t boottime_ns = perfadapt__boottime_ns();
    if (remote->passed_over)
        return remote->listed;
    remote->shown = remote->fetched || boottime_ns - remote->found_ns >= UNANSWERED_NS;
    if (!remote->fetched)
        return place->fd >= 0 || remote->listed;
    const struct perfadapt__region *region = remote->mapping.memory;
    if (region && perfadapt__view_closed(region))
        return false;
    if (region)
        perfadapt__view_read(region, perfadapt__now_ns(), boottime_ns, &remote->view);
    /* A sign of life of the future, as another clock or a stray write leaves it, is none: it would outlive the session. */
    if (remote->view.app.state > PERFADAPT_APP_IDLE || remote->view.app.silent_ns == 0)
        return still_there(remote, place, boottime_ns);
    hang_up(remote);
    return true;
}
