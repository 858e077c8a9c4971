/* The record of a session, for the app that asks for it. SPDX-License-Identifier: MIT */
#include "record/dump.h"
#include "session.h"

#include <errno.h>
#include <perfadapt/record.h>
#include <stdlib.h>
#include <unistd.h>

static enum perfadapt_result result_of(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return PERFADAPT_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return PERFADAPT_ERROR_PERMISSION;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENXIO: /* a pipe that nobody reads */
        return PERFADAPT_ERROR_INVALID;
    default:
        return PERFADAPT_ERROR_SYSTEM;
    }
}

static enum perfadapt_result write_record(const struct perfadapt__record_ring *ring, const char *path,
                                          const struct perfadapt__record_origin *origin) {
    const int fd = perfadapt__record_open(path);
    if (fd < 0)
        return result_of(errno);
    const bool written = perfadapt__record_dump(fd, ring, origin);
    return close(fd) == 0 && written ? PERFADAPT_OK : PERFADAPT_ERROR_SYSTEM;
}

enum perfadapt_result perfadapt_dump_record(perfadapt *session, const char *path) {
    if (!session || !path)
        return PERFADAPT_ERROR_INVALID;
    if (perfadapt__is_inert(session))
        return PERFADAPT_ERROR_FORKED;
    const struct perfadapt__region_identity *identity = &session->stepper.region->identity;
    const struct perfadapt__record_origin origin = {
        .name = identity->name, .pid = identity->pid, .role = identity->role};
    struct perfadapt__record_ring *copy = malloc(sizeof *copy);
    if (!copy)
        return PERFADAPT_ERROR_NO_MEMORY;
    const enum perfadapt_result result = perfadapt__stepper_copy_record(&session->stepper, copy)
                                             ? write_record(copy, path, &origin)
                                             : PERFADAPT_ERROR_AGAIN;
    free(copy);
    return result;
}
