/* SPDX-License-Identifier: MIT */
#include "replay/survey.h"

#include "replay/median.h"

#include <math.h> /* NAN and isnan only */

#define STARTS_MAX 8 /* rows that a beginning may hold and nobody wants */

static bool is_wrong_start(const struct replay_row *rows, size_t count) {
    size_t lower = 0;
    for (size_t i = 1; i < count && !rows[i].restart; i++)
        lower += rows[0].timed && rows[i].timed && rows[i].time_ns < rows[0].time_ns;
    return count > 1 && 4 * lower >= 3 * (count - 1);
}

size_t replay_survey_drop_wrong_starts(struct replay_row *rows, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i >= STARTS_MAX || !is_wrong_start(rows + i, count - i))
            rows[kept++] = rows[i];
    return kept;
}

double replay_survey_period(const struct replay_row *row) {
    if (!isnan(row->value[REPLAY_PERIOD]))
        return row->value[REPLAY_PERIOD];
    return row->value[REPLAY_FPS] > 0 ? 1e9 / row->value[REPLAY_FPS] : (double)NAN;
}

static bool any(const struct replay_row *rows, size_t count, enum replay_role role) {
    for (size_t i = 0; i < count; i++)
        if (!isnan(rows[i].value[role]))
            return true;
    return false;
}

static bool any_above(const struct replay_row *rows, size_t count, enum replay_role role, double value) {
    for (size_t i = 0; i < count; i++)
        if (rows[i].value[role] > value)
            return true;
    return false;
}

double replay_survey_step(const struct replay_row *rows, size_t count) {
    double steps[REPLAY_MEDIAN_MAX];
    size_t found = 0;
    for (size_t i = 1; i < count && found < REPLAY_MEDIAN_MAX; i++)
        if (rows[i].timed && rows[i - 1].timed && rows[i].time_ns > rows[i - 1].time_ns)
            steps[found++] = (double)rows[i].time_ns - (double)rows[i - 1].time_ns;
    return replay_median(steps, found);
}

/* How many frames pass from row to row. */
static double frames_a_row(const struct replay_row *rows, size_t count) {
    double frames[REPLAY_MEDIAN_MAX];
    size_t found = 0;
    for (size_t i = 1; i < count && found < REPLAY_MEDIAN_MAX; i++)
        if (rows[i].timed && rows[i - 1].timed && rows[i].time_ns >= rows[i - 1].time_ns &&
            replay_survey_period(&rows[i]) > 0)
            frames[found++] = ((double)rows[i].time_ns - (double)rows[i - 1].time_ns) / replay_survey_period(&rows[i]);
    return replay_median(frames, found);
}

static enum replay_work work_of(const struct replay_row *rows, size_t count) {
    if (any(rows, count, REPLAY_GPU))
        return REPLAY_WORK_GPU;
    if (any_above(rows, count, REPLAY_BUSY, 0))
        return REPLAY_WORK_BUSY;
    const bool presents = any(rows, count, REPLAY_PRESENT) && any(rows, count, REPLAY_PERIOD);
    return any(rows, count, REPLAY_CPU) || presents ? REPLAY_WORK_CPU : REPLAY_WORK_PERIOD;
}

void replay_survey(const struct replay_row *rows, size_t count, struct replay_traits *out_traits) {
    static const double single_least = 0.5, single_most = 1.7; /* frames from one row of a frame to the next */
    static const double share_most = 1.5;                      /* beyond, it is none */
    const bool frames = any(rows, count, REPLAY_PERIOD) || any(rows, count, REPLAY_FPS) ||
                        any(rows, count, REPLAY_CPU) || any(rows, count, REPLAY_GPU);
    const double passed = frames_a_row(rows, count);
    const bool sampled = passed < single_least || passed > single_most; /* not where it is NAN */
    out_traits->rows = frames ? (sampled ? REPLAY_ROWS_SAMPLES : REPLAY_ROWS_FRAMES) : REPLAY_ROWS_MACHINE;
    out_traits->work = frames ? work_of(rows, count) : REPLAY_WORK_NONE;
    out_traits->step_ns = replay_survey_step(rows, count);
    out_traits->busy_factor = any_above(rows, count, REPLAY_BUSY, share_most) ? 0.01 : 1;
    out_traits->cpu_temperature = !any(rows, count, REPLAY_TEMPERATURE) && any(rows, count, REPLAY_CPU_TEMPERATURE);
}
