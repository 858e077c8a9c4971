/* Writes moments to a file while they happen. SPDX-License-Identifier: MIT */
#ifndef TUI_RECORDER_H
#define TUI_RECORDER_H

#include "tape.h"

#define RECORDER_PATH_MAX 256

struct recorder {
    int fd; /* -1 = it does not record */
    bool begun;
    int64_t began_ns;
    char path[RECORDER_PATH_MAX]; /* as shown: cut where it is longer */
};

/* Opens the file, which others cannot read, and empties it where it is a recording. `exclusive`: never one that is
 * there. False with errno: EEXIST where it holds something else, which stays. */
bool recorder_start(struct recorder *recorder, const char *path, bool exclusive);

/* So with a file that the command line names. Returns -1, or the exit code after a line on standard error. */
int recorder_start_named(struct recorder *recorder, const char *path);

/* Writes the newest moment of a tape; the first of a recording has to be a key moment. False with errno, and it is then
 * stopped: what it wrote before is whole. */
bool recorder_write(struct recorder *recorder, const struct tape *tape, int64_t now_ns);

void recorder_stop(struct recorder *recorder);

#endif
