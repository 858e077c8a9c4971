/* Back and forth in time: what is shown is now, a moment of the last minutes, or of a recording.
 * SPDX-License-Identifier: MIT */
#ifndef TUI_TRAVEL_H
#define TUI_TRAVEL_H

#include "model.h"
#include "options.h"
#include "recorder.h"
#include "tape.h"
#include "view.h"

#define TRAVEL_NEVER INT64_MAX

/* By a second or half a minute, to the newest moment; a recording is begun or ended. */
enum travel_action {
    TRAVEL_BACK,
    TRAVEL_FORWARD,
    TRAVEL_FAR_BACK,
    TRAVEL_FAR_FORWARD,
    TRAVEL_TO_NEWEST,
    TRAVEL_RECORD
};

struct travel {
    struct model *live;  /* this machine; NULL in a replay */
    struct model *past;  /* the moment that is looked at; NULL before one was */
    uint64_t frames_key; /* the session whose frames are kept; 0 = none */
    struct tape tape;
    struct tape_place place;
    bool in_past;
    bool held;           /* where a pause began */
    size_t shown;        /* the moment in `past`, counted from the first there ever was */
    const char *file;    /* that is replayed, or NULL */
    int64_t anchor_ns;   /* a replay: CLOCK_MONOTONIC when … */
    int64_t anchored_ns; /* … this time of the recording was shown */
    struct recorder recorder;
    char note[160]; /* to be said once there is a screen; "" = nothing */
};

/* Opens the files that the options name. Returns -1 where that worked, else the exit code, after a line on standard
 * error. */
int travel_open(struct travel *travel, const struct options *options);
void travel_close(struct travel *travel);

/* Takes over the model of this machine. In a replay, shows its first moment instead, and `live` is NULL. False where
 * there is no memory, or the recording has no moment that can be shown. */
bool travel_begin(struct travel *travel, struct model *live, struct view *view);

/* What is to be shown. */
struct model *travel_model(const struct travel *travel);

/* Reads this machine, or goes on with a replay. Returns when to call it next: TRAVEL_NEVER until a key is pressed. */
int64_t travel_refresh(struct travel *travel, struct view *view);

void travel_act(struct travel *travel, struct view *view, enum travel_action action);

#endif
