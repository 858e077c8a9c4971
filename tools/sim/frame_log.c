/* SPDX-License-Identifier: MIT */
#include "sim/frame_log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Above this a frame time must be meant in microseconds: milliseconds would be less than 2 frames per second. */
static const double milliseconds_most = 500.0;
/* First rows may hold a time of 10^9 µs; a real frame this long is a pause, not work. */
static const double period_most_ms = 1000.0;

struct parser {
    const char *path;
    char *message;
    unsigned line;
    int period_column, work_column; /* -1 = none */
};

static bool refuse(const struct parser *parser, const char *what) {
    snprintf(parser->message, SIM_MESSAGE_MAX, "%s:%u: %s", parser->path, parser->line, what);
    return false;
}

/* Cuts a line into its cell of that number; NULL where there are fewer. */
static char *cell(char *line, int column) {
    char *text = line;
    for (int i = 0; i < column; i++) {
        text = strchr(text, ',');
        if (!text)
            return NULL;
        text++;
    }
    return text;
}

static bool cell_is(const char *text, const char *name) {
    text += strspn(text, " \t\"");
    const size_t length = strlen(name);
    return strncasecmp(text, name, length) == 0 && strcspn(text + length, ",") == strspn(text + length, " \t\"\r\n");
}

static int find_column(char *line, const char *const *names, size_t count) {
    for (int column = 0;; column++) {
        const char *text = cell(line, column);
        if (!text)
            return -1;
        for (size_t i = 0; i < count; i++)
            if (cell_is(text, names[i]))
                return column;
    }
}

static void take_header(struct parser *parser, char *line) {
    static const char *const periods[] = {"frametime", "frame_time", "frametime_ms", "MsBetweenPresents"};
    static const char *const works[] = {"gpu_time", "gputime", "gpu_frametime", "gpu_time_ms", "MsGPUActive"};
    parser->period_column = find_column(line, periods, sizeof periods / sizeof periods[0]);
    parser->work_column = find_column(line, works, sizeof works / sizeof works[0]);
}

static bool number_in(char *line, int column, double *out_number) {
    const char *text = cell(line, column);
    char *end = NULL;
    *out_number = text ? strtod(text, &end) : (double)NAN;
    if (!text || end == text || !isfinite(*out_number))
        return false;
    end += strspn(end, " \t\"");
    return *end == ',' || *end == 0 || *end == '\r' || *end == '\n';
}

static bool append(struct sim_frame_log *log, struct sim_logged_frame frame) {
    if (log->count == log->capacity) {
        const size_t capacity = log->capacity ? log->capacity * 2 : 4096;
        void *frames = realloc(log->frames, capacity * sizeof *log->frames);
        if (!frames)
            return false;
        log->frames = frames;
        log->capacity = capacity;
    }
    log->frames[log->count++] = frame;
    return true;
}

static bool take_row(struct parser *parser, char *line, struct sim_frame_log *log) {
    struct sim_logged_frame frame;
    if (!number_in(line, parser->period_column, &frame.period_ms) || frame.period_ms < 0)
        return refuse(parser, "frametime: not a number of time");
    frame.work_ms = frame.period_ms;
    if (parser->work_column >= 0 && (!number_in(line, parser->work_column, &frame.work_ms) || frame.work_ms < 0))
        return refuse(parser, "GPU time: not a number of time");
    return append(log, frame) || refuse(parser, "out of memory");
}

static bool read_lines(struct parser *parser, FILE *file, struct sim_frame_log *log) {
    char *line = NULL;
    size_t size = 0;
    bool good = true;
    while (good && getline(&line, &size, file) >= 0) {
        parser->line++;
        if (parser->period_column < 0)
            take_header(parser, line);
        else if (line[strspn(line, " \t\r\n")] != 0)
            good = take_row(parser, line, log);
    }
    free(line);
    if (good && ferror(file))
        return refuse(parser, "cannot be read");
    if (good && parser->period_column < 0)
        return refuse(parser, "no column \"frametime\" in the whole file");
    return good;
}

static int compare_periods(const void *a, const void *b) {
    const double left = ((const struct sim_logged_frame *)a)->period_ms;
    const double right = ((const struct sim_logged_frame *)b)->period_ms;
    return (left > right) - (left < right);
}

static bool median_period(const struct sim_frame_log *log, double *out_median) {
    struct sim_logged_frame *sorted = malloc((log->count + 1) * sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, log->frames, log->count * sizeof *sorted);
    qsort(sorted, log->count, sizeof *sorted, compare_periods);
    *out_median = sorted[log->count / 2].period_ms;
    free(sorted);
    return true;
}

/* To milliseconds, without the rows that no frame can have been. */
static bool clean(struct parser *parser, struct sim_frame_log *log) {
    double median;
    if (log->count == 0)
        return refuse(parser, "no frame in the whole file");
    if (!median_period(log, &median))
        return refuse(parser, "out of memory");
    const double unit_ms = median > milliseconds_most ? 1e-3 : 1.0;
    size_t kept = 0;
    for (size_t i = 0; i < log->count; i++) {
        const struct sim_logged_frame frame = {log->frames[i].period_ms * unit_ms, log->frames[i].work_ms * unit_ms};
        if (frame.period_ms > 0 && frame.period_ms <= period_most_ms && frame.work_ms <= period_most_ms)
            log->frames[kept++] = frame;
    }
    log->count = kept;
    return kept > 0 || refuse(parser, "no plausible frame time in the whole file");
}

bool sim_frame_log_read(const char *path, struct sim_frame_log *out_log, char message[SIM_MESSAGE_MAX]) {
    struct parser parser = {.path = path, .message = message, .period_column = -1, .work_column = -1};
    FILE *file = fopen(path, "re");
    *out_log = (struct sim_frame_log){0};
    if (!file) {
        snprintf(message, SIM_MESSAGE_MAX, "%s: %s", path, strerror(errno));
        return false;
    }
    const bool good = read_lines(&parser, file, out_log) && clean(&parser, out_log);
    fclose(file);
    if (!good)
        sim_frame_log_free(out_log);
    return good;
}

void sim_frame_log_free(struct sim_frame_log *log) {
    free(log->frames);
    *log = (struct sim_frame_log){0};
}
