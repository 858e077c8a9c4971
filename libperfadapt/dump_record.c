/* The record of a session, for the app that asks for it. SPDX-License-Identifier: MIT */
#include "record/dump.h"
#include "session.h"

#include <errno.h>
#include <perfadapt/record.h>
#include <stdlib.h>

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
    case ENAMETOOLONG:
    case ELOOP:
    case ENXIO: /* a pipe that nobody reads */
        return PERFADAPT_ERROR_INVALID;
    default:
        return PERFADAPT_ERROR_SYSTEM;
    }
}

enum perfadapt_result perfadapt_dump_record(perfadapt *session, const char *path) {
    if (!session || !path)
        return PERFADAPT_ERROR_INVALID;
    if (perfadapt__is_inert(session))
        return PERFADAPT_ERROR_FORKED;
    const struct perfadapt__record_origin origin = perfadapt__record_origin_of(session);
    struct perfadapt__record_ring *copy = malloc(sizeof *copy);
    if (!copy)
        return PERFADAPT_ERROR_NO_MEMORY;
    enum perfadapt_result result = PERFADAPT_ERROR_AGAIN;
    if (perfadapt__stepper_copy_record(&session->stepper, copy))
        result = perfadapt__record_save(path, copy, &origin) ? PERFADAPT_OK : result_of(errno);
    free(copy);
    return result;
}
