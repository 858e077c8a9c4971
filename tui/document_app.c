/* A session as a JSON object. SPDX-License-Identifier: MIT */
#include "document_app.h"

#include <math.h>
#include <string.h>

#include "document_sensor.h"

enum { DECISIONS_WRITTEN = 16 };

/* A duration of which 0 means that there is none. */
static void write_duration(struct json *json, const char *key, int64_t duration_ns) {
    if (duration_ns > 0) {
        json_integer(json, key, duration_ns);
    } else {
        json_null(json, key);
    }
}

static void write_limit(struct json *json, const char *key, uint64_t bytes) {
    if (bytes == PERFADAPT_NO_LIMIT) {
        json_null(json, key);
    } else {
        json_unsigned(json, key, bytes);
    }
}

static void write_reasons(struct json *json, uint32_t reasons) {
    char words[160];
    char *rest = NULL;
    perfadapt_reasons_text(reasons, words, sizeof words);
    json_array_begin(json, "reasons");
    for (char *word = strtok_r(words, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        if (strcmp(word, "-") != 0) {
            json_string(json, NULL, word);
        }
    }
    json_array_end(json);
}

static void write_budget(struct json *json, const struct perfadapt_budget *budget) {
    json_object_begin(json, "budget");
    json_unsigned(json, "generation", budget->generation);
    json_integer(json, "timestamp_ns", budget->timestamp_ns);
    json_integer(json, "frame_ns", budget->frame_ns);
    write_duration(json, "cpu_ns", budget->cpu_ns);
    write_duration(json, "gpu_ns", budget->gpu_ns);
    json_unsigned(json, "quality", budget->quality);
    json_unsigned(json, "quality_levels", budget->quality_levels);
    json_double(json, "render_scale", (double)budget->render_scale);
    json_unsigned(json, "frames_in_flight", budget->frames_in_flight);
    write_limit(json, "memory_bytes", budget->memory_bytes);
    write_limit(json, "gpu_memory_bytes", budget->gpu_memory_bytes);
    write_duration(json, "dispatch_ns", budget->dispatch_ns);
    json_unsigned(json, "worker_threads", budget->worker_threads);
    json_double(json, "thermal_headroom", (double)budget->thermal_headroom);
    if (budget->time_to_throttle_ns == PERFADAPT_THROTTLE_UNKNOWN) {
        json_null(json, "time_to_throttle_ns");
    } else {
        json_integer(json, "time_to_throttle_ns", budget->time_to_throttle_ns);
    }
    json_string(json, "thermal_state", perfadapt_thermal_state_name(budget->thermal_state));
    json_string(json, "memory_state", perfadapt_memory_state_name(budget->memory_state));
    json_string(json, "bottleneck", perfadapt_bottleneck_name(budget->bottleneck));
    write_reasons(json, budget->reasons);
    json_double(json, "confidence", (double)budget->confidence);
    json_object_end(json);
}

static void write_decision(struct json *json, const struct perfadapt_decision *decision) {
    char text[DECISION_TEXT_MAX];
    perfadapt_decision_text(decision, text, sizeof text);
    json_object_begin(json, NULL);
    json_unsigned(json, "generation", decision->generation);
    json_integer(json, "timestamp_ns", decision->timestamp_ns);
    json_string(json, "text", text);
    write_reasons(json, decision->reasons);
    json_string(json, "signal", perfadapt_signal_name(decision->signal));
    json_double(json, "value", decision->value);
    json_double(json, "limit", decision->limit);
    json_double(json, "forecast", decision->forecast);
    json_unsigned(json, "quality_from", decision->quality_from);
    json_unsigned(json, "quality_to", decision->quality_to);
    json_double(json, "render_scale_from", (double)decision->render_scale_from);
    json_double(json, "render_scale_to", (double)decision->render_scale_to);
    json_integer(json, "frame_from_ns", decision->frame_ns_from);
    json_integer(json, "frame_to_ns", decision->frame_ns_to);
    write_limit(json, "memory_from_bytes", decision->memory_bytes_from);
    write_limit(json, "memory_to_bytes", decision->memory_bytes_to);
    json_unsigned(json, "frames_in_flight_from", decision->frames_in_flight_from);
    json_unsigned(json, "frames_in_flight_to", decision->frames_in_flight_to);
    json_unsigned(json, "worker_threads_from", decision->worker_threads_from);
    json_unsigned(json, "worker_threads_to", decision->worker_threads_to);
    write_duration(json, "dispatch_from_ns", decision->dispatch_ns_from);
    write_duration(json, "dispatch_to_ns", decision->dispatch_ns_to);
    json_object_end(json);
}

static void write_decisions(struct json *json, const struct model_app *of) {
    const size_t skipped = of->decision_count > DECISIONS_WRITTEN ? of->decision_count - DECISIONS_WRITTEN : 0;
    json_array_begin(json, "decisions");
    for (size_t i = skipped; i < of->decision_count; ++i) {
        write_decision(json, &of->decisions[i]);
    }
    json_array_end(json);
}

/* Work per frame as a share of the frame's time. */
static double used(const struct perfadapt_app *app) {
    const double work_ms = fmax(app->cpu_p50_ms, app->gpu_p50_ms);
    const bool limited = app->budget.size != 0 && app->budget.frame_ns > 0;
    return limited ? work_ms / ((double)app->budget.frame_ns / 1e6) : (double)NAN;
}

/* Numbers of a session that could not be read, or says nothing any more, would be made up or old. */
static void write_frames(struct json *json, const struct perfadapt_app *app, bool live) {
    const double unknown = (double)NAN;
    json_double(json, "fps", live ? app->fps : unknown);
    json_double(json, "period_p50_ms", live ? app->period_p50_ms : unknown);
    json_double(json, "period_p99_ms", live ? app->period_p99_ms : unknown);
    json_double(json, "period_max_ms", live ? app->period_max_ms : unknown);
    json_double(json, "low_1_percent_fps", live ? app->low_1_percent_fps : unknown);
    json_double(json, "cpu_p50_ms", live ? app->cpu_p50_ms : unknown);
    json_double(json, "gpu_p50_ms", live ? app->gpu_p50_ms : unknown);
    json_double(json, "used", live ? used(app) : unknown);
    json_double(json, "frames_total", live ? (double)app->frames_total : unknown);
    json_double(json, "frames_counted", live ? (double)app->frames_counted : unknown);
    json_double(json, "frames_late", live && app->frames_counted > 1 ? (double)app->frames_late : unknown);
}

static void write_age(struct json *json, const char *key, int64_t age_ns) {
    if (age_ns >= 0) {
        json_integer(json, key, age_ns);
    } else {
        json_null(json, key);
    }
}

static void write_identity(struct json *json, const struct perfadapt_app *app, bool live) {
    if (app->pid > 0) {
        json_integer(json, "pid", app->pid);
    } else {
        json_null(json, "pid");
    }
    json_string(json, "name", app->name);
    json_string(json, "version", app->version);
    json_string(json, "state", perfadapt_app_state_name(app->state));
    json_string(json, "role", live ? perfadapt_role_name(app->role) : NULL);
    json_bool(json, "simulated", app->simulated != 0);
    write_duration(json, "target_frame_ns", live ? app->target_frame_ns : 0);
    write_age(json, "age_ns", live ? app->age_ns : -1);
    write_age(json, "silent_ns", app->state <= PERFADAPT_APP_SILENT ? app->silent_ns : -1);
}

void document_app(struct json *json, const struct model_app *of) {
    const bool live = of->app.state <= PERFADAPT_APP_IDLE;
    json_object_begin(json, NULL);
    write_identity(json, &of->app, live);
    write_frames(json, &of->app, live);
    if (live && of->app.budget.size != 0) {
        write_budget(json, &of->app.budget);
    } else {
        json_null(json, "budget");
    }
    write_decisions(json, of);
    if (of->simulated != NULL) {
        document_sensors(json, of->simulated);
    } else {
        json_null(json, "sensors");
    }
    json_object_end(json);
}
