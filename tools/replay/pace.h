/*
 * Rows of a log as lines for the controller, at the times when they were. SPDX-License-Identifier: MIT
 *
 * No clock, no I/O, no allocation. Times of lines begin at 0 and never go back.
 */
#ifndef PERFADAPT_TOOLS_REPLAY_PACE_H
#define PERFADAPT_TOOLS_REPLAY_PACE_H

#include "drive/line.h"
#include "replay/survey.h"

struct replay_pace {
    struct replay_traits traits;
    double memory_bytes;  /* of the machine, where rows do not tell; NAN = unknown */
    int64_t tick_gap_ns;  /* looks at the machine come no closer */
    bool begun;           /* a row has been taken */
    int64_t shift_ns;     /* from the log's time to the lines' */
    int64_t newest_ns;    /* of the newest row, as are all below in the lines' time */
    int64_t frame_ns;     /* end of the newest frame */
    int64_t ticked_ns;    /* newest look at the machine; below 0 = none yet */
    int64_t doubtful_ns;  /* where a row has leapt to, that nothing has confirmed; below 0 = none has */
    int64_t behind_ns;    /* the newest of rows that lie behind, one after another */
    uint32_t behind;      /* how many */
    double presenting_ns; /* of the frame before, within the call that presents; NAN unknown */

    /* The row at hand. */
    struct drive_line frame, tick;
    bool ticks;           /* `tick` waits */
    bool tick_first;      /* for the frames, or they for it */
    uint32_t frames_left; /* the next ends at frame.time_ns */
    int64_t frame_step_ns;

    /* What was left out or made up. */
    uint64_t wrong_frames; /* rows of a frame that took no time, or more than there was */
    uint64_t wrong_times;  /* rows whose time lies behind, or far ahead */
    uint64_t wrong_heat;   /* temperatures no device has */
    uint64_t restarts;     /* the log's time began anew */
    uint64_t rebuilt;      /* frames between samples */
};

void replay_pace_init(struct replay_pace *pace, const struct replay_traits *traits, double memory_bytes,
                      int64_t tick_gap_ns);

/* False where the row is left out. */
bool replay_pace_take(struct replay_pace *pace, const struct replay_row *row);

/* The next line of the row that was taken; false where there are no more. */
bool replay_pace_next(struct replay_pace *pace, struct drive_line *out_line);

#endif
