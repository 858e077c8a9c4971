/* Back and forth in time. SPDX-License-Identifier: MIT */
#include "travel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "moment.h"
#include "residents.h"
#include "sensors.h"
#include "tape_file.h"

enum { JUMP_SECONDS = 30 };

static const int64_t second_ns = 1000000000;
static const int64_t apart_ns = 900000000; /* moments are kept no closer; a refresh a second is sometimes early */

int travel_open(struct travel *travel, const struct options *options) {
    *travel = (struct travel){.recorder = {.fd = -1}, .place = {.number = SIZE_MAX}, .file = options->replay};
    tape_init(&travel->tape);
    if (options->replay != NULL && !tape_file_open(options->replay, &travel->tape, travel->note)) {
        fprintf(stderr, "perfadapt-top: %s: %s\n", options->replay, travel->note);
        return EXIT_CODE_ENVIRONMENT;
    }
    return options->record == NULL ? -1 : recorder_start_named(&travel->recorder, options->record);
}

void travel_close(struct travel *travel) {
    model_destroy(travel->live);
    model_destroy(travel->past);
    tape_finish(&travel->tape);
    tape_place_finish(&travel->place);
    recorder_stop(&travel->recorder);
}

struct model *travel_model(const struct travel *travel) {
    return travel->in_past ? travel->past : travel->live;
}

static void describe_source(struct travel *travel) {
    struct model *model = travel_model(travel);
    if (model == NULL) {
        return;
    }
    const int64_t newest_ns = travel->live != NULL ? travel->live->now_ns : tape_newest_ns(&travel->tape);
    const bool records = travel->recorder.fd >= 0;
    model->source = (struct model_source){
        .file = travel->file,
        .end = travel->tape.end,
        .ago_ns = newest_ns - model->now_ns,
        .reach_ns = travel->tape.count == 0 ? 0 : newest_ns - tape_oldest_ns(&travel->tape),
        .recorder = records ? travel->recorder.path : NULL,
        .recorded_ns = records && travel->recorder.begun ? newest_ns - travel->recorder.began_ns : 0};
}

static bool prepare_past(struct travel *travel) {
    if (travel->past == NULL) {
        travel->past = model_create_empty();
    }
    if (travel->place.moment == NULL) {
        tape_place_init(&travel->place);
    }
    return travel->past != NULL && travel->place.moment != NULL;
}

/* Graphs and events of a moment are made from the moments before it: from here, or from as far back as graphs reach. */
static size_t first_of(const struct travel *travel, size_t index) {
    const struct tape *tape = &travel->tape;
    const size_t from = tape_find(tape, tape->entries[index].now_ns - HISTORY_SECONDS * second_ns);
    const bool follows =
        travel->in_past && travel->shown <= tape->dropped + index && travel->shown >= tape->dropped + from;
    return follows ? travel->shown - tape->dropped + 1 : from;
}

static bool show(struct travel *travel, struct view *view, size_t index) {
    if (!prepare_past(travel)) {
        view_say(view, "no memory to look back");
        return false;
    }
    size_t at = first_of(travel, index);
    if (!travel->in_past || at != travel->shown - travel->tape.dropped + 1) {
        model_forget(travel->past);
    }
    for (; at <= index; ++at) {
        if (!tape_go(&travel->tape, &travel->place, at) || !moment_show(travel->place.moment, travel->past)) {
            view_say(view, "a moment of the recording cannot be read");
            continue; /* the next key moment can be read again */
        }
        travel->in_past = true;
        travel->shown = travel->tape.dropped + at;
    }
    if (travel->in_past) {
        model_read_frames(travel->past, travel->frames_key);
        travel->shown = travel->tape.dropped + index;
        describe_source(travel);
    }
    return travel->in_past;
}

static void anchor(struct travel *travel) {
    travel->anchor_ns = model_monotonic_ns();
    travel->anchored_ns = travel->past->now_ns;
}

bool travel_begin(struct travel *travel, struct model *live, struct view *view) {
    travel->live = live;
    if (travel->file == NULL) {
        return live != NULL;
    }
    if (!show(travel, view, 0)) {
        return false;
    }
    if (travel->note[0] != '\0') {
        view_say(view, "the recording %s", travel->note);
    }
    anchor(travel);
    return true;
}

static void leave_past(struct travel *travel) {
    travel->in_past = false;
    travel->held = false;
    describe_source(travel);
}

static void record(struct travel *travel, struct view *view) {
    if (travel->recorder.fd >= 0 && !recorder_write(&travel->recorder, &travel->tape, travel->live->now_ns)) {
        view_say(view, "recording ended: %.40s: %s", travel->recorder.path, strerror(errno));
    }
}

static void keep_moment(struct travel *travel, struct view *view) {
    if (tape_add(&travel->tape, travel->live)) {
        record(travel, view);
    }
}

/* A pause holds what is on the screen; what happens meanwhile is kept, to be looked at with ]. */
static void hold(struct travel *travel, struct view *view) {
    if (travel->live->now_ns > tape_newest_ns(&travel->tape)) {
        keep_moment(travel, view);
    }
    travel->held = travel->in_past || (travel->tape.count > 0 && show(travel, view, travel->tape.count - 1));
}

static void refresh_live(struct travel *travel, struct view *view) {
    struct model *live = travel->live;
    if (view->paused && !travel->held && live->now_ns != 0) {
        hold(travel, view);
    } else if (!view->paused && travel->held) {
        leave_past(travel);
    }
    model_refresh(live, travel->frames_key);
    sensors_collect(live);
    residents_collect(live);
    if (live->now_ns - tape_newest_ns(&travel->tape) >= apart_ns || travel->tape.count == 0) {
        keep_moment(travel, view);
    }
}

static int64_t play(struct travel *travel, struct view *view) {
    const struct tape *tape = &travel->tape;
    if (view->paused) {
        travel->held = true;
        return TRAVEL_NEVER;
    }
    if (travel->held) {
        travel->held = false;
        anchor(travel);
    }
    const int64_t time_ns = travel->anchored_ns + (model_monotonic_ns() - travel->anchor_ns);
    const size_t index = tape_find(tape, time_ns);
    if (index > travel->shown) {
        show(travel, view, index);
    }
    if (travel->shown + 1 >= tape->count) {
        return TRAVEL_NEVER;
    }
    return travel->anchor_ns + (tape->entries[travel->shown + 1].now_ns - travel->anchored_ns);
}

int64_t travel_refresh(struct travel *travel, struct view *view) {
    if (travel->live == NULL) {
        return play(travel, view);
    }
    const int64_t now_ns = model_monotonic_ns();
    refresh_live(travel, view);
    describe_source(travel);
    return now_ns + (int64_t)(view->period_s * 1e9);
}

static size_t index_shown(const struct travel *travel) {
    if (!travel->in_past) {
        return travel->tape.count - 1;
    }
    return travel->shown > travel->tape.dropped ? travel->shown - travel->tape.dropped : 0;
}

/* At least one moment, where moments are further apart than that. */
static void move_by(struct travel *travel, struct view *view, int seconds) {
    const struct tape *tape = &travel->tape;
    const size_t from = index_shown(travel);
    size_t to = tape_find(tape, tape->entries[from].now_ns + seconds * second_ns + (seconds < 0 ? apart_ns / 4 : 0));
    if (to == from && seconds < 0) {
        to = from > 0 ? from - 1 : 0;
    } else if (to == from && to + 1 < tape->count) {
        ++to;
    }
    if (seconds > 0 && travel->live != NULL && !view->paused && to + 1 == tape->count) {
        leave_past(travel);
        return;
    }
    if (to == from && travel->in_past && travel->shown >= tape->dropped) {
        view_say(view, seconds < 0 ? "nothing was kept before this moment" : "this is the newest moment");
    } else if (!show(travel, view, to)) {
        return;
    }
    if (travel->live == NULL) {
        anchor(travel);
    }
}

static void go_newest(struct travel *travel, struct view *view) {
    if (travel->live == NULL) {
        show(travel, view, travel->tape.count - 1);
        anchor(travel);
        return;
    }
    leave_past(travel);
    view->paused = false;
}

static void name_recording(char *out, size_t capacity) {
    const time_t now = time(NULL);
    struct tm local = {0};
    localtime_r(&now, &local);
    strftime(out, capacity, "perfadapt-top-%Y%m%d-%H%M%S.ptape", &local);
}

static void toggle_recording(struct travel *travel, struct view *view) {
    char name[64];
    if (travel->live == NULL) {
        view_say(view, "a replay is not recorded");
        return;
    }
    if (travel->recorder.fd >= 0) {
        recorder_stop(&travel->recorder);
        view_say(view, "recorded to %s", travel->recorder.path);
        return;
    }
    name_recording(name, sizeof name);
    if (recorder_start(&travel->recorder, name, true)) {
        travel->tape.key_wanted = true;
        view_say(view, "recording to %s", name);
    } else {
        view_say(view, "cannot record to %s: %s", name, strerror(errno));
    }
}

static void travel_to(struct travel *travel, struct view *view, enum travel_action action) {
    switch (action) {
    case TRAVEL_BACK:
        move_by(travel, view, -1);
        break;
    case TRAVEL_FORWARD:
        move_by(travel, view, 1);
        break;
    case TRAVEL_FAR_BACK:
        move_by(travel, view, -JUMP_SECONDS);
        break;
    case TRAVEL_FAR_FORWARD:
        move_by(travel, view, JUMP_SECONDS);
        break;
    default:
        go_newest(travel, view);
        break;
    }
}

void travel_act(struct travel *travel, struct view *view, enum travel_action action) {
    if (action == TRAVEL_RECORD) {
        toggle_recording(travel, view);
    } else if (travel->tape.count > 0) {
        travel_to(travel, view, action);
    }
    describe_source(travel);
}
