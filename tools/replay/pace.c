/* SPDX-License-Identifier: MIT */
#include "replay/pace.h"

#include "core/clock.h"

#include <math.h> /* NAN and isnan only */
#include <perfadapt/perfadapt.h>

/* What dies and boards have: as the sampler believes sensors. Broken ones read -273.2, 0, 127.5, 255. */
static const double coldest_c = -20, hottest_c = 125;

/* A frame beyond it is one only where that much time has passed. */
static const double longest_frame_ns = 1e10;

/* Rows this far apart want a second one that says so. */
static const int64_t leap_ns = 600 * PERFADAPT__NS_PER_S;

/* So many rows in a row behind the newest are a log that begins anew. */
static const uint32_t behind_most = 16;

/* Between two samples; a longer gap has the newest of its frames. */
static const uint32_t rebuilt_most = 4096;

/* Later, time stands still: 73 years. */
static const int64_t longest_ns = INT64_C(1) << 61;

void replay_pace_init(struct replay_pace *pace, const struct replay_traits *traits, double memory_bytes,
                      int64_t tick_gap_ns) {
    *pace = (struct replay_pace){.traits = *traits,
                                 .memory_bytes = memory_bytes,
                                 .tick_gap_ns = tick_gap_ns,
                                 .ticked_ns = -1,
                                 .doubtful_ns = -1,
                                 .behind_ns = -1,
                                 .presenting_ns = (double)NAN};
}

/* ---- times ---- */

static int64_t bounded(double ns) {
    return ns > 0 ? (ns < (double)longest_ns ? (int64_t)ns : longest_ns) : 0;
}

/* Both saturate: logs hold any number. */
static int64_t sum(int64_t one, int64_t other) {
    int64_t result;
    if (__builtin_add_overflow(one, other, &result))
        return other > 0 ? INT64_MAX : INT64_MIN;
    return result;
}

static int64_t difference(int64_t one, int64_t other) {
    int64_t result;
    if (__builtin_sub_overflow(one, other, &result))
        return other < 0 ? INT64_MAX : INT64_MIN;
    return result;
}

/* The row's time is taken for one usual step after the newest. */
static void begin_anew(struct replay_pace *pace, int64_t time_ns) {
    const int64_t step_ns = isnan(pace->traits.step_ns) ? 0 : bounded(pace->traits.step_ns);
    pace->shift_ns = difference(sum(pace->newest_ns, step_ns), time_ns);
    pace->behind = 0;
    pace->restarts++;
}

static int64_t own_time(const struct replay_pace *pace, const struct replay_row *row) {
    const int64_t own_ns = sum(row->time_ns, pace->shift_ns);
    return own_ns < longest_ns ? own_ns : longest_ns;
}

/* A row that lies behind is left out; many in good order are where another log was put behind the first. */
static bool lies_behind(struct replay_pace *pace, const struct replay_row *row) {
    const int64_t own_ns = own_time(pace, row);
    if (own_ns >= pace->newest_ns) {
        pace->behind = 0;
        return false;
    }
    pace->behind = pace->behind && own_ns >= pace->behind_ns ? pace->behind + 1 : 1;
    pace->behind_ns = own_ns;
    if (pace->behind < behind_most)
        return true;
    begin_anew(pace, row->time_ns);
    return false;
}

static bool leaps(struct replay_pace *pace, int64_t own_ns) {
    const int64_t usual_ns = isnan(pace->traits.step_ns) ? 0 : bounded(4 * pace->traits.step_ns);
    const int64_t most_ns = usual_ns > leap_ns ? usual_ns : leap_ns;
    const int64_t doubtful_ns = pace->doubtful_ns;
    pace->doubtful_ns = -1;
    if (own_ns - pace->newest_ns <= most_ns)
        return false;
    if (doubtful_ns >= 0 && own_ns >= doubtful_ns && own_ns - doubtful_ns <= most_ns)
        return false;
    pace->doubtful_ns = own_ns;
    return true;
}

/* Where the row stands in the lines' time. False where that cannot be. */
static bool place(struct replay_pace *pace, const struct replay_row *row, int64_t *out_ns) {
    if (!row->timed) { /* frame after frame */
        *out_ns = sum(pace->newest_ns, pace->begun ? bounded(replay_survey_period(row)) : 0);
        *out_ns = *out_ns < longest_ns ? *out_ns : longest_ns;
        return true;
    }
    if (!pace->begun)
        pace->shift_ns = difference(0, row->time_ns);
    else if (row->restart)
        begin_anew(pace, row->time_ns);
    if (pace->begun && (lies_behind(pace, row) || leaps(pace, own_time(pace, row))))
        return false;
    *out_ns = own_time(pace, row) > pace->newest_ns ? own_time(pace, row) : pace->newest_ns;
    return true;
}

/* ---- frames ---- */

static bool tells_frame(const struct replay_row *row) {
    return !isnan(row->value[REPLAY_PERIOD]) || !isnan(row->value[REPLAY_FPS]) || !isnan(row->value[REPLAY_CPU]) ||
           !isnan(row->value[REPLAY_GPU]);
}

/* MangoHud's first rows hold frames of 0 or of years: from before it looked. */
static bool is_wrong_frame(const struct replay_pace *pace, const struct replay_row *row, int64_t now_ns) {
    const double period_ns = replay_survey_period(row);
    const bool told = !isnan(row->value[REPLAY_PERIOD]) || !isnan(row->value[REPLAY_FPS]);
    if (!told) /* CPU or GPU times alone */
        return !row->timed;
    if (!(period_ns > 0))
        return true;
    const double passed_ns = row->timed && pace->begun ? (double)(now_ns - pace->newest_ns) : 0;
    return period_ns > longest_frame_ns && passed_ns < 0.5 * period_ns;
}

/* What PresentMon 1 does not tell: between the end of one present and the beginning of the next the CPU works. */
static double cpu_of(struct replay_pace *pace, const struct replay_row *row) {
    const double before_ns = pace->presenting_ns;
    const double cpu_ns = row->value[REPLAY_CPU];
    pace->presenting_ns = row->value[REPLAY_PRESENT];
    if (!isnan(cpu_ns) || isnan(before_ns) || isnan(row->value[REPLAY_PERIOD]))
        return cpu_ns;
    const double rest_ns = row->value[REPLAY_PERIOD] - before_ns;
    return rest_ns > 0 ? rest_ns : 0;
}

static void set_frames(struct replay_pace *pace, const struct replay_row *row, int64_t now_ns) {
    const double period_ns = replay_survey_period(row);
    const double cpu_ns = pace->traits.work == REPLAY_WORK_PERIOD ? period_ns : cpu_of(pace, row);
    const double gpu_ns = row->value[REPLAY_GPU];
    pace->frame = (struct drive_line){.kind = DRIVE_LINE_FRAME,
                                      .time_ns = now_ns,
                                      .cpu_ns = isnan(cpu_ns) ? 0 : bounded(cpu_ns),
                                      .gpu_ns = isnan(gpu_ns) || gpu_ns < 0 ? -1 : bounded(gpu_ns)};
    pace->frames_left = 1;
    pace->frame_step_ns = 0;
}

/* Frames of the row's length from the newest up to the row; the last of them where they are too many. */
static void set_samples(struct replay_pace *pace, const struct replay_row *row, int64_t now_ns) {
    const int64_t step_ns = bounded(replay_survey_period(row));
    set_frames(pace, row, now_ns);
    if (step_ns <= 0 || !pace->begun)
        return;
    const int64_t due_ns = sum(pace->frame_ns, step_ns);
    const int64_t first_ns = due_ns > pace->newest_ns ? due_ns : pace->newest_ns;
    const int64_t count = first_ns > now_ns ? 0 : (now_ns - first_ns) / step_ns + 1;
    pace->frame_step_ns = step_ns;
    pace->frames_left = count < rebuilt_most ? (uint32_t)count : rebuilt_most;
    pace->frame.time_ns = count <= rebuilt_most ? first_ns : now_ns - (rebuilt_most - 1) * step_ns;
    pace->rebuilt += pace->frames_left;
}

/* ---- the machine ---- */

static double believed(struct replay_pace *pace, double celsius) {
    if (celsius >= coldest_c && celsius <= hottest_c)
        return celsius;
    if (!isnan(celsius))
        pace->wrong_heat++;
    return (double)NAN;
}

static double larger(double value, double least) {
    return value > least ? value : least;
}

static double share(double value) {
    return isnan(value) ? value : value > 1 ? 1 : larger(value, 0);
}

static double available(const struct replay_row *row, double total) {
    if (!isnan(row->value[REPLAY_MEMORY_AVAILABLE]) || isnan(total))
        return row->value[REPLAY_MEMORY_AVAILABLE];
    return isnan(row->value[REPLAY_MEMORY_USED]) ? (double)NAN : larger(total - row->value[REPLAY_MEMORY_USED], 0);
}

static bool tells_machine(const struct replay_row *row) {
    for (int role = REPLAY_TEMPERATURE; role < REPLAY_THROTTLE; role++)
        if (!isnan(row->value[role]))
            return true;
    return row->throttle != PERFADAPT_THROTTLING_UNKNOWN;
}

static void set_tick(struct replay_pace *pace, const struct replay_row *row, int64_t now_ns) {
    const double *value = row->value;
    const double heat =
        believed(pace, value[pace->traits.cpu_temperature ? REPLAY_CPU_TEMPERATURE : REPLAY_TEMPERATURE]);
    const double margin = heat + value[REPLAY_MARGIN];
    const double total = isnan(value[REPLAY_MEMORY_TOTAL]) ? pace->memory_bytes : value[REPLAY_MEMORY_TOTAL];
    const double ac = value[REPLAY_ON_AC];
    pace->tick = (struct drive_line){
        .kind = DRIVE_LINE_TICK,
        .time_ns = now_ns,
        .tick = {.temperature_c = heat,
                 .limit_c = isnan(value[REPLAY_LIMIT]) ? margin : value[REPLAY_LIMIT],
                 .busy = share(value[REPLAY_BUSY] * pace->traits.busy_factor),
                 .power_w = value[REPLAY_POWER],
                 .clock_mhz = value[REPLAY_CLOCK],
                 .clock_max_mhz = value[REPLAY_CLOCK_MAX],
                 .memory_some_us = value[REPLAY_MEMORY_SOME] / 1e3,
                 .memory_full_us = value[REPLAY_MEMORY_FULL] / 1e3,
                 .memory_available = available(row, total),
                 .memory_total = total,
                 .gpu_memory_used = value[REPLAY_GPU_MEMORY_USED],
                 .gpu_memory_budget = value[REPLAY_GPU_MEMORY_BUDGET],
                 .resident = value[REPLAY_RESIDENT],
                 .on_ac = ac > 0    ? 1
                          : ac >= 0 ? 0
                                    : (double)NAN,
                 .throttle = row->throttle},
    };
    pace->ticks = true;
    pace->ticked_ns = now_ns;
}

/* ---- rows ---- */

bool replay_pace_take(struct replay_pace *pace, const struct replay_row *row) {
    int64_t now_ns;
    pace->ticks = false;
    pace->frames_left = 0;
    if (!place(pace, row, &now_ns)) {
        pace->wrong_times++;
        return false;
    }
    const bool frame = tells_frame(row);
    if (frame && is_wrong_frame(pace, row, now_ns)) {
        pace->wrong_frames++;
        return false;
    }
    const bool samples = pace->traits.rows == REPLAY_ROWS_SAMPLES;
    if (frame && samples)
        set_samples(pace, row, now_ns);
    else if (frame)
        set_frames(pace, row, now_ns);
    if (tells_machine(row) && (pace->ticked_ns < 0 || now_ns - pace->ticked_ns >= pace->tick_gap_ns))
        set_tick(pace, row, now_ns);
    pace->tick_first = !samples;
    pace->begun = true;
    pace->newest_ns = now_ns;
    return true;
}

bool replay_pace_next(struct replay_pace *pace, struct drive_line *out_line) {
    if (pace->ticks && (pace->tick_first || pace->frames_left == 0)) {
        pace->ticks = false;
        *out_line = pace->tick;
        return true;
    }
    if (pace->frames_left == 0)
        return false;
    *out_line = pace->frame;
    pace->frame_ns = pace->frame.time_ns;
    pace->frame.time_ns += pace->frame_step_ns;
    pace->frames_left--;
    return true;
}
