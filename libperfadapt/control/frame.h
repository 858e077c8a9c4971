/*
 * The fast step: one per finished frame, O(1), no clock, no I/O. SPDX-License-Identifier: MIT
 *
 * It books what each frame cost, follows how busy the GPU is on every time scale that heats it, and drops at once where
 * frames are late or a die is about to be too hot. Getting better, and everything that takes a view of more than a few
 * frames, is the tick's.
 *
 * Work is normalised by the cost of what the frame applied, so that frames drawn at another quality, and GPU times that
 * arrive frames late, all tell about the same number: the work of a frame at the best rung. Lateness is summed by a
 * CUSUM (Page, Biometrika 41, 1954), which needs about three late frames and ignores a single hitch.
 */
#ifndef PERFADAPT_CONTROL_FRAME_H
#define PERFADAPT_CONTROL_FRAME_H

#include "control/caps.h"
#include "control/cost.h"
#include "control/ladder.h"

#include <perfadapt/budget.h>
#include <stdbool.h>

enum perfadapt__frame_kind {
    PERFADAPT__FRAME_DONE = 0,  /* a frame ended */
    PERFADAPT__FRAME_GPU = 1,   /* a GPU time arrived */
    PERFADAPT__FRAME_IDLE = 2,  /* no frame for a while: time passes, caps may have changed */
    PERFADAPT__FRAME_EVENT = 3, /* the app reports something */
    PERFADAPT__FRAME_HOLD = 4   /* value 1: hold, 0: release */
};

/* Everything a step consumes beside the caps. */
struct perfadapt__frame_input {
    uint32_t kind;
    uint32_t quality;  /* DONE: as applied */
    uint64_t frame;    /* DONE, GPU: its number, from 1 */
    int64_t now_ns;    /* when; of DONE its end */
    int64_t cpu_ns;    /* DONE: begin to end */
    int64_t period_ns; /* DONE: end to end; -1 for the first */
    union {
        int64_t gpu_ns; /* DONE (-1 = comes later or never), GPU */
        int64_t value;  /* EVENT, HOLD */
    };
    float render_scale; /* DONE: as applied */
    uint32_t event;     /* EVENT: enum perfadapt_event */
};

#define PERFADAPT__FRAME_HISTORY 64
#define PERFADAPT__WORKS 128

/* What the tick learns of the frames; copied to it. */
struct perfadapt__frame_statistics {
    int64_t now_ns;        /* of the newest input */
    int64_t last_frame_ns; /* end of the last frame; 0 = none yet */
    uint64_t frames;       /* ended so far: the number of the last one that is in here */
    uint64_t works;        /* works booked so far; the newest stand in work_ns, the n-th at n % PERFADAPT__WORKS */
    uint64_t drops;        /* of the fast step so far */
    uint32_t drop_rung;    /* what the last of them dropped to */
    uint32_t drop_hot;     /* 1: for heat */
    uint32_t rung;         /* in force */
    uint32_t gpu_known;    /* 1: works are GPU times; 0: CPU times, for want of those */
    struct perfadapt__evidence drop_evidence;
    double unit; /* grows and shrinks as the cost of the best rung is learned: works are in this unit */
    double cpu_ns, gpu_ns, period_ns; /* smoothed; 0 = none yet */
    double busy[PERFADAPT__POLES];    /* utilisation, as it heats, through each pole */
    double sensed[PERFADAPT__POLES];  /* the same as a sensor follows it */
    double busy_ns;                   /* total of busy time, of which the tick takes the difference */
    struct perfadapt__cost_table cost;
    float work_ns[PERFADAPT__WORKS]; /* of a frame at the best rung */
};

struct perfadapt__frame_control {
    struct perfadapt__frame_statistics statistics;
    uint32_t rung;                  /* dropped to, until a tick has taken the drop into account; 0 = no drop is open */
    uint32_t reasons;               /* FRAME_LATE or THERMAL: why */
    double late;                    /* the CUSUM */
    double newest_ns[3];            /* works */
    uint32_t marked;                /* frames still to be left out */
    int64_t gpu_seen_ns;            /* when the last GPU time came; 0 = never */
    int64_t accounted_ns;           /* busy time is accounted for until here */
    double share[PERFADAPT__POLES]; /* of the last frame in each pole */
    struct perfadapt__cost_learning learning;
    struct {
        uint64_t frame; /* 0 = its GPU time has come */
        float render_scale;
        float guess;                     /* of its utilisation */
        float period_ns;                 /* that the guess is for */
        uint16_t level;                  /* steps below the best quality */
        uint16_t marked;                 /* 1: its GPU time tells nothing of the load */
    } history[PERFADAPT__FRAME_HISTORY]; /* frames whose GPU time is still to come, by frame number */
};

void perfadapt__frame_init(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder);

/* Takes one input; of events and holds the time alone. `rung` is the one in force, `caps` the newest. */
void perfadapt__frame_step(struct perfadapt__frame_control *control, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__caps *caps, uint32_t rung,
                           const struct perfadapt__frame_input *input);

/* The next `frames` frames are known to cost more than their share: a pipeline is compiled, a scene begins. */
void perfadapt__frame_mark(struct perfadapt__frame_control *control, uint32_t frames);

/* The ladder is another one: what was dropped to means nothing on it, and `rung` of it is in force. */
void perfadapt__frame_forget_rung(struct perfadapt__frame_control *control, uint32_t rung);

/* Work of a frame at `rung`, in ns, as expected now; 0 = nothing known. */
double perfadapt__frame_expected_ns(const struct perfadapt__frame_control *control,
                                    const struct perfadapt__policy *policy, const struct perfadapt__rung *rung);

#endif
