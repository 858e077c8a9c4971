/* Samples as comma-separated lines. SPDX-License-Identifier: MIT */
#include "csv.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "sensors.h"
#include "text.h"

/* One line: the heading and the values are written by the same calls, so that they cannot part. */
struct line {
    FILE *out;
    const struct model *model; /* NULL: the heading */
    const struct model_app *of;
    bool comma;
};

static const double percent = 100;

static bool begin(struct line *line, const char *column) {
    fputs(line->comma ? "," : "", line->out);
    line->comma = true;
    if (line->model == NULL) {
        fputs(column, line->out);
    }
    return line->model != NULL;
}

/* Unknown is an empty field. */
static void number(struct line *line, const char *column, double value, int decimals) {
    if (begin(line, column) && isfinite(value)) {
        fprintf(line->out, "%.*f", decimals, value);
    }
}

/* Spreadsheets run a text that begins like this as a formula; an apostrophe says that it is text. */
static bool looks_like_formula(const char *text) {
    return text[0] != '\0' && strchr("=+-@", text[0]) != NULL;
}

/* A line stays one line, and UTF-8: controls and broken bytes become '?'. */
static void write_character(const char *from, const char *to, uint32_t code, FILE *out) {
    const bool unprintable = code < 0x20 || (code >= 0x7f && code < 0xa0) || code == TEXT_INVALID;
    if (unprintable) {
        fputc('?', out);
    } else {
        fwrite(from, 1, (size_t)(to - from), out);
    }
    if (code == '"') {
        fputc('"', out);
    }
}

/* NULL is an empty field. */
static void text(struct line *line, const char *column, const char *value) {
    if (!begin(line, column) || value == NULL) {
        return;
    }
    const bool quoted = strpbrk(value, ",\"") != NULL;
    fputs(quoted ? "\"" : "", line->out);
    fputs(looks_like_formula(value) ? "'" : "", line->out);
    for (const char *cursor = value; *cursor != '\0';) {
        const char *from = cursor;
        const uint32_t code = text_decode(&cursor);
        write_character(from, cursor, code, line->out);
    }
    fputs(quoted ? "\"" : "", line->out);
}

static void write_time(struct line *line, int64_t first_ns) {
    char date[40] = "";
    if (line->model != NULL && line->model->realtime_ns > 0) {
        const time_t seconds = (time_t)(line->model->realtime_ns / 1000000000);
        struct tm fields = {0};
        gmtime_r(&seconds, &fields);
        const size_t length = strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &fields);
        snprintf(date + length, sizeof date - length, ".%03d", (int)(line->model->realtime_ns / 1000000 % 1000));
    }
    text(line, "time_utc", date);
    number(line, "elapsed_s", line->model == NULL ? 0 : (double)(line->model->now_ns - first_ns) / 1e9, 3);
}

static void write_nearest(struct line *line) {
    const struct perfadapt_sensor *nearest = line->model == NULL ? NULL : sensors_nearest(line->model, false);
    const enum perfadapt_thermal_state state = nearest == NULL ? PERFADAPT_THERMAL_UNKNOWN : sensors_state(nearest);
    const double unknown = (double)NAN;
    char name[80] = "";
    if (nearest != NULL) {
        sensors_name(nearest, name, sizeof name);
    }
    text(line, "state", perfadapt_thermal_state_name(state));
    text(line, "sensor", name);
    number(line, "temp_c", nearest == NULL ? unknown : sensors_value(&nearest->temperature), 1);
    number(line, "limit_c", nearest == NULL ? unknown : sensors_value(&nearest->limit), 1);
    number(line, "slope_c_per_min", nearest == NULL ? unknown : nearest->slope_c_per_s * 60, 2);
}

/* The GPU that works most. */
static double busiest_gpu(const struct perfadapt_snapshot *snapshot) {
    double most = (double)NAN;
    for (uint32_t i = 0; i < sensors_gpu_count(snapshot); ++i) {
        most = fmax(most, sensors_value(&snapshot->gpus[i].busy));
    }
    return most;
}

static void write_machine(struct line *line) {
    static const struct perfadapt_snapshot nothing; /* every metric INIT: not known */
    const bool known = line->model != NULL && model_has_snapshot(line->model);
    const struct perfadapt_snapshot *snapshot = known ? &line->model->snapshot : &nothing;
    const struct perfadapt_pressure *pressure = snapshot->pressure;
    text(line, "throttle", known ? perfadapt_throttling_name(snapshot->throttle.verdict) : NULL);
    number(line, "cpu_busy_percent", percent * sensors_value(&snapshot->processor.busy), 1);
    number(line, "gpu_busy_percent", percent * busiest_gpu(snapshot), 1);
    number(line, "cpu_some_percent", sensors_value(&pressure[PERFADAPT_RESOURCE_CPU].some.avg10), 2);
    number(line, "memory_some_percent", sensors_value(&pressure[PERFADAPT_RESOURCE_MEMORY].some.avg10), 2);
    number(line, "memory_full_percent", sensors_value(&pressure[PERFADAPT_RESOURCE_MEMORY].full.avg10), 2);
    number(line, "io_some_percent", sensors_value(&pressure[PERFADAPT_RESOURCE_IO].some.avg10), 2);
    number(line, "io_full_percent", sensors_value(&pressure[PERFADAPT_RESOURCE_IO].full.avg10), 2);
    number(line, "memory_available_bytes", sensors_value(&snapshot->memory.available), 0);
    number(line, "battery_percent", percent * sensors_value(&snapshot->power.battery), 1);
}

static void write_frames(struct line *line, const struct perfadapt_app *app) {
    const bool counted = app != NULL && app->frames_counted > 1;
    const double unknown = (double)NAN;
    number(line, "fps", counted ? app->fps : unknown, 2);
    number(line, "period_p50_ms", counted ? app->period_p50_ms : unknown, 3);
    number(line, "period_p99_ms", counted ? app->period_p99_ms : unknown, 3);
    number(line, "period_max_ms", counted ? app->period_max_ms : unknown, 3);
    number(line, "low_1_percent_fps", counted ? app->low_1_percent_fps : unknown, 2);
    number(line, "cpu_p50_ms", app != NULL ? app->cpu_p50_ms : unknown, 3);
    number(line, "gpu_p50_ms", app != NULL ? app->gpu_p50_ms : unknown, 3);
    number(line, "frames_total", app != NULL ? (double)app->frames_total : unknown, 0);
    number(line, "frames_counted", app != NULL ? app->frames_counted : unknown, 0);
    number(line, "frames_late", counted ? app->frames_late : unknown, 0);
}

/* Work per frame as a share of the frame's time. */
static double used_percent(const struct perfadapt_app *app) {
    const double work_ms = fmax(app->cpu_p50_ms, app->gpu_p50_ms);
    return app->budget.frame_ns > 0 ? percent * work_ms / ((double)app->budget.frame_ns / 1e6) : (double)NAN;
}

static void write_budget(struct line *line, const struct perfadapt_app *app) {
    const struct perfadapt_budget *budget = app != NULL && app->budget.size != 0 ? &app->budget : NULL;
    const double unknown = (double)NAN;
    char reasons[160] = "";
    if (budget != NULL) {
        perfadapt_reasons_text(budget->reasons, reasons, sizeof reasons);
    }
    number(line, "frame_limit_ms", budget != NULL && budget->frame_ns > 0 ? (double)budget->frame_ns / 1e6 : unknown,
           3);
    number(line, "quality", budget != NULL ? budget->quality : unknown, 0);
    number(line, "quality_levels", budget != NULL ? budget->quality_levels : unknown, 0);
    number(line, "render_scale", budget != NULL ? (double)budget->render_scale : unknown, 3);
    number(line, "used_percent", budget != NULL ? used_percent(app) : unknown, 1);
    text(line, "thermal_state", budget != NULL ? perfadapt_thermal_state_name(budget->thermal_state) : NULL);
    text(line, "memory_state", budget != NULL ? perfadapt_memory_state_name(budget->memory_state) : NULL);
    text(line, "bottleneck", budget != NULL ? perfadapt_bottleneck_name(budget->bottleneck) : NULL);
    text(line, "reasons", strcmp(reasons, "-") == 0 ? "none" : reasons);
}

static void write_decision(struct line *line) {
    const struct model_app *of = line->of;
    char why[DECISION_TEXT_MAX] = "";
    double age_s = (double)NAN;
    if (of != NULL && of->decision_count > 0) {
        const struct perfadapt_decision *newest = &of->decisions[of->decision_count - 1];
        perfadapt_decision_text(newest, why, sizeof why);
        age_s = (double)(line->model->now_ns - newest->timestamp_ns) / 1e9;
    }
    text(line, "decision", why);
    number(line, "decision_age_s", age_s, 1);
}

static void write_app(struct line *line) {
    const struct perfadapt_app *app = line->of == NULL ? NULL : &line->of->app;
    const struct perfadapt_app *live = app != NULL && app->state <= PERFADAPT_APP_IDLE ? app : NULL;
    number(line, "pid", app != NULL && app->pid > 0 ? app->pid : (double)NAN, 0);
    text(line, "name", app != NULL ? app->name : NULL);
    text(line, "app_state", app != NULL ? perfadapt_app_state_name(app->state) : NULL);
    text(line, "role", live != NULL ? perfadapt_role_name(live->role) : NULL);
    number(line, "simulated", live != NULL ? live->simulated != 0 : (double)NAN, 0);
    write_frames(line, live);
    write_budget(line, live);
    write_decision(line);
}

static void write_line(const struct model *model, const struct model_app *of, int64_t first_ns, FILE *out) {
    struct line line = {.out = out, .model = model, .of = of};
    write_time(&line, first_ns);
    text(&line, "host", model == NULL ? NULL : model->host);
    write_nearest(&line);
    write_machine(&line);
    write_app(&line);
    fputc('\n', out);
}

void csv_write_heading(FILE *out) {
    write_line(NULL, NULL, 0, out);
}

void csv_write_sample(const struct model *model, int64_t first_ns, FILE *out) {
    if (model->apps.count == 0) {
        write_line(model, NULL, first_ns, out);
    }
    for (size_t i = 0; i < model->apps.count; ++i) {
        write_line(model, &model->apps.items[i], first_ns, out);
    }
}
