/* What is shown: copies of all that a monitor knows, taken at one moment. SPDX-License-Identifier: MIT */
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include <stdbool.h>

#include <perfadapt/monitor.h>

#include "app_series.h"
#include "history.h"
#include "journal.h"
#include "model_apps.h"
#include "options.h"
#include "policy.h"
#include "session_directory.h"

#define MODEL_SENSORS_MAX 128

/* A temperature to show: this machine's, or one that a simulated session goes by. */
struct model_sensor {
    const struct perfadapt_sensor *sensor;
    const struct history *history;
    bool simulated;
    int32_t pid; /* of the simulated session */
};

/* Where what is shown comes from, and where else it goes. */
struct model_source {
    const char *file;     /* a recording that is replayed; NULL = this machine, live */
    const char *end;      /* of a recording that goes on behind its newest moment: why that is not shown, or NULL */
    int64_t ago_ns;       /* behind the newest moment; 0 = the newest */
    int64_t reach_ns;     /* how far back one can go from the newest */
    const char *recorder; /* the file that moments are written to; NULL = none */
    int64_t recorded_ns;  /* since the recording began */
};

/* What one session says of itself: read only while its page is shown. */
struct model_details {
    uint64_t key;
    enum perfadapt_result result;
    struct perfadapt_snapshot snapshot; /* generation 0 = none yet */
};

struct model {
    perfadapt_monitor *monitor;          /* NULL where a recording is replayed */
    struct policy_reader *policy_reader; /* NULL where a recording is replayed */
    struct policy policy;
    struct model_source source;
    char host[65];
    int64_t now_ns;      /* CLOCK_MONOTONIC of the refresh */
    int64_t realtime_ns; /* CLOCK_REALTIME of the refresh */
    double self_percent; /* CPU time of this process; NAN before the second refresh */
    int64_t self_cpu_ns;

    enum perfadapt_result sessions_result;
    int directory_error;                                /* errno of the directory that sessions lie below, or 0 … */
    char directory_problem[SESSION_DIRECTORY_TEXT_MAX]; /* … and in words */
    struct model_apps apps;
    struct model_apps previous; /* of the refresh before */
    size_t apps_left_out;       /* sessions beyond those that a monitor looks at */

    enum perfadapt_result snapshot_result;
    struct perfadapt_snapshot snapshot;
    size_t sensor_count;
    struct model_sensor sensors[MODEL_SENSORS_MAX];            /* what steers and is near its limit first */
    const struct history *stalls[PERFADAPT_RESOURCE_COUNT][2]; /* percent by resource; 0 some, 1 full; or NULL */
    struct perfadapt_metric stall_total[PERFADAPT_RESOURCE_COUNT][2];

    size_t frame_count;
    struct perfadapt_frame frames[PERFADAPT_FRAMES_MAX]; /* of the app asked for, oldest first */
    uint64_t frames_of; /* key of the session that they are of; of a recording, where any are kept */
    size_t frames_kept; /* of a recording: those it has, which are shown for that session alone */

    struct model_details details;

    struct journal journal;
    struct history_table histories;
    struct app_series_table residents;  /* memory; residents.h */
    struct app_series_table frame_rows; /* of the past alone; frame_rows.h */
};

int64_t model_monotonic_ns(void);

/* Opens the monitor. NULL after a failure, which *out_result then names. Ended by model_destroy(). */
struct model *model_create(const struct options *options, enum perfadapt_result *out_result);
void model_destroy(struct model *model);

/* A model without a monitor, to be filled with moments of the past. NULL where there is no memory. */
struct model *model_create_empty(void);

/* Says on standard error why model_create() failed. */
void model_print_failure(const struct options *options, enum perfadapt_result result);

/* Reads everything again; frames are those of the session `frames_key`, or of the first where it is not there. */
void model_refresh(struct model *model, uint64_t frames_key);

/* Reads only the frames again, of another session. A recording has those of one. */
void model_read_frames(struct model *model, uint64_t frames_key);

/* Fills model->details with the snapshot that steers that session. */
void model_read_details(struct model *model, uint64_t key);

/* What a refresh consists of, for those who fill a model from elsewhere: the apps of before make room for new ones, and
 * what the new ones tell becomes events. */
void model_next_apps(struct model *model);
void model_keep_journal(struct model *model);

/* Nothing came before what is shown next: no app, no event, no history. */
void model_forget(struct model *model);

/* Waits until the machine has been read for the first time, at most timeout_ms; at once without a sampler. */
void model_wait_first(struct model *model, int timeout_ms);

bool model_has_snapshot(const struct model *model);

/* Position of a session among model->apps; 0 where it is not there. */
size_t model_find_app(const struct model *model, uint64_t key);

/* Why no session can be found, or NULL. */
const char *model_sessions_error(const struct model *model);

#endif
