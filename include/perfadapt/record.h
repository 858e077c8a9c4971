/*
 * libperfadapt: the record of what a session's controller consumed and decided.
 * SPDX-License-Identifier: MIT
 *
 * Every session keeps its last minutes in 256 KiB of memory: each frame's times, each reading of the machine, each
 * event, and a check of each budget that came of them. `perfadapt replay FILE` steps a controller through it again, bit
 * for bit, and can tell what another setting would have decided; `perfadapt record` follows a session from outside.
 * A recording holds no more than that: numbers, and the app's name and process id.
 */
#ifndef PERFADAPT_RECORD_H
#define PERFADAPT_RECORD_H

#include <perfadapt/perfadapt.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes the session's record, up to now, to a file: about the last two minutes at 60 frames per second. Replaces a
 * file that is there, and nothing else: neither a link nor a pipe. Takes 256 KiB of memory for the time of the call.
 *
 * @param path of the file, made with mode 0600.
 * @retval PERFADAPT_OK
 * @retval PERFADAPT_ERROR_INVALID session or path is NULL, or the path is of something else than a file
 * @retval PERFADAPT_ERROR_NOT_FOUND no such directory
 * @retval PERFADAPT_ERROR_PERMISSION
 * @retval PERFADAPT_ERROR_NO_MEMORY
 * @retval PERFADAPT_ERROR_AGAIN another thread was stopped in the middle of a step
 * @retval PERFADAPT_ERROR_SYSTEM it could not be written: the disk is full, or the process's file size limit is too low
 * @retval PERFADAPT_ERROR_FORKED
 * @threadsafety Any thread. Writes a file: not between begin and end of a frame.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_dump_record(perfadapt *session, const char *path);

#ifdef __cplusplus
}
#endif

#endif
