/* A session's control in one thread, with its record: what a test wants to read back. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_RECORDED_SESSION_H
#define PERFADAPT_TESTS_RECORDED_SESSION_H

#include "control_loop.h"
#include "record/recording.h"
#include "record/replayer.h"
#include "stepper.h"

#include <stdio.h>

struct recorded_session {
    struct perfadapt__region *region;
    int fd;
    struct perfadapt__stepper stepper;
    struct perfadapt__tick_control tick;
    struct perfadapt__frame_statistics frames;
    struct perfadapt__reading reading; /* of the next tick */
    uint64_t random, frame;
    int64_t now_ns, ticked_ns, tick_gap_ns;
    double work_ms, temperature_c;
    bool still;       /* the machine reads the same at every tick */
    uint64_t changes; /* of the budget */
};

void recorded_open(struct recorded_session *session, const struct perfadapt__policy *policy, uint64_t seed);
void recorded_close(struct recorded_session *session);

/* A frame, the GPU time of one before it, and a tick where it is due. */
void recorded_frame(struct recorded_session *session);
/* Frames and now and then everything else that a session can meet. */
void recorded_run(struct recorded_session *session, double seconds);
void recorded_tick(struct recorded_session *session);

struct perfadapt__record_ring *recorded_ring(struct recorded_session *session);

/* A recording that has been stepped through. */
struct replayed {
    struct perfadapt__recording recording;
    struct perfadapt__replayer replayer;
    enum perfadapt__file_result opened;
    uint64_t breaks;
    enum perfadapt__recording_result end;
};

/* `what_if` NULL = as it was. The file stays the caller's. */
void replay_file(FILE *file, const struct perfadapt__what_if *what_if, struct replayed *out);

/* Into a file that is gone when it is closed, and stands at its beginning. */
FILE *recorded_file(struct recorded_session *session);

#endif
