/* What the first rows of a file tell of all of them. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_REPLAY_SURVEY_H
#define PERFADAPT_TOOLS_REPLAY_SURVEY_H

#include "replay/row.h"

/* Looked at before anything is replayed. */
#define REPLAY_SURVEY_ROWS 1024

enum replay_rows {
    REPLAY_ROWS_FRAMES = 0,  /* each is a frame, or a look at the machine, or both */
    REPLAY_ROWS_SAMPLES = 1, /* looks at a running app: frames came between them */
    REPLAY_ROWS_MACHINE = 2  /* no frames at all */
};

/* What is taken for the GPU's work of a frame. */
enum replay_work {
    REPLAY_WORK_GPU = 0,    /* GPU times */
    REPLAY_WORK_BUSY = 1,   /* share of time that the GPU is busy, of the frame time: the controller's own stand-in */
    REPLAY_WORK_CPU = 2,    /* CPU times: likewise */
    REPLAY_WORK_PERIOD = 3, /* the whole frame time: nothing else is known */
    REPLAY_WORK_NONE = 4    /* no frames */
};

struct replay_traits {
    enum replay_rows rows;
    enum replay_work work;
    double step_ns;       /* from row to row, the median; NAN = rows have no time */
    double busy_factor;   /* 0.01 where a share without a unit proves to be percent */
    bool cpu_temperature; /* the CPU's stands for the device's, which is not there */
};

/* Drops those of the first rows that most rows after them lie before: written before a clock was set. New count. */
size_t replay_survey_drop_wrong_starts(struct replay_row *rows, size_t count);

/* How long the row's frame took, or one at its rate; NAN = it tells of none. */
double replay_survey_period(const struct replay_row *row);

/* From row to row, the median, in whatever unit their times are; NAN where they have none. */
double replay_survey_step(const struct replay_row *rows, size_t count);

/* Of rows in their units. */
void replay_survey(const struct replay_row *rows, size_t count, struct replay_traits *out_traits);

#endif
