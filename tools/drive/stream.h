/*
 * The controller behind a stream of lines: both halves of it, stepped from one thread. SPDX-License-Identifier: MIT
 *
 * Everything is in the struct: no clock, no I/O, no allocation. A line that is refused changes nothing.
 */
#ifndef PERFADAPT_TOOLS_DRIVE_STREAM_H
#define PERFADAPT_TOOLS_DRIVE_STREAM_H

#include "control/decider.h"
#include "control/tick.h"
#include "drive/line.h"
#include "drive/reason.h"

#include <stdbool.h>

struct drive_stream {
    struct perfadapt__decider decider;
    struct perfadapt__tick_control tick;
    bool begun;                   /* a line has been taken */
    bool open_loop;               /* to be set after init: frames were drawn at the best, whatever the budget said */
    bool temperature_seen;        /* so that it can be lost */
    double limit_c;               /* as last told with a temperature: that of a lost one; NAN unknown */
    uint64_t frames;              /* frame lines taken */
    int64_t first_ns;             /* time of the first line, as given */
    int64_t newest_ns;            /* of the newest, as given */
    int64_t frame_ns;             /* end of the last frame, by the stream's own time; 0 = none yet */
    int64_t told_ns, told_gap_ns; /* the last tick line, and from it to the one before; 0 = none yet */
    int64_t tick_due_ns;          /* a frame from then on makes a tick of its own */
};

void drive_stream_init(struct drive_stream *stream, const struct perfadapt__policy *policy);

/* The budget is then stream->decider.arbiter.budget. */
bool drive_stream_take(struct drive_stream *stream, const struct drive_line *line, char out_reason[DRIVE_REASON_MAX]);

#endif
