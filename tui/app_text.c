/* What is said of an app in a cell of a table. SPDX-License-Identifier: MIT */
#include "app_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decision_text.h"
#include "text.h"

static bool has_budget(const struct model_app *of) {
    return of->app.budget.size != 0;
}

static void format_ms(double value, char *out, size_t capacity) {
    text_number(out, capacity, value, value >= 999.95 ? 0 : 1);
}

void app_text_pid(const struct model_app *of, char *out, size_t capacity) {
    if (of->app.pid > 0) {
        snprintf(out, capacity, "%" PRId32, of->app.pid);
    } else {
        snprintf(out, capacity, "n/a");
    }
}

void app_text_name(const struct model_app *of, char *out, size_t capacity) {
    snprintf(out, capacity, "%s", of->app.name[0] != '\0' ? of->app.name : "n/a");
}

void app_text_state(const struct model_app *of, char *out, size_t capacity) {
    snprintf(out, capacity, "%s", perfadapt_app_state_name(of->app.state));
}

void app_text_fps(const struct model_app *of, char *out, size_t capacity) {
    /* The statistics are of frames that were; of an idle app they are no rate. */
    format_ms(of->app.state == PERFADAPT_APP_IDLE ? 0 : of->app.fps, out, capacity);
}

void app_text_limit(const struct model_app *of, char *out, size_t capacity) {
    if (has_budget(of) && of->app.budget.frame_ns == 0) {
        snprintf(out, capacity, "none");
        return;
    }
    format_ms(has_budget(of) ? (double)of->app.budget.frame_ns / 1e6 : (double)NAN, out, capacity);
}

void app_text_p50(const struct model_app *of, char *out, size_t capacity) {
    format_ms(of->app.period_p50_ms, out, capacity);
}

void app_text_p99(const struct model_app *of, char *out, size_t capacity) {
    format_ms(of->app.period_p99_ms, out, capacity);
}

void app_text_low(const struct model_app *of, char *out, size_t capacity) {
    format_ms(of->app.low_1_percent_fps, out, capacity);
}

void app_text_cpu(const struct model_app *of, char *out, size_t capacity) {
    format_ms(of->app.cpu_p50_ms, out, capacity);
}

void app_text_gpu(const struct model_app *of, char *out, size_t capacity) {
    format_ms(of->app.gpu_p50_ms, out, capacity);
}

void app_text_level(const struct model_app *of, char *out, size_t capacity) {
    const struct perfadapt_budget *budget = &of->app.budget;
    if (!has_budget(of) || budget->quality_levels == 0) {
        snprintf(out, capacity, "n/a");
        return;
    }
    snprintf(out, capacity, "%" PRIu32 "/%" PRIu32, budget->quality, budget->quality_levels - 1);
}

void app_text_scale(const struct model_app *of, char *out, size_t capacity) {
    text_number(out, capacity, has_budget(of) ? (double)of->app.budget.render_scale : (double)NAN, 2);
}

void app_text_memory(const struct model_app *of, char *out, size_t capacity) {
    if (has_budget(of) && of->app.budget.memory_bytes == PERFADAPT_NO_LIMIT) {
        snprintf(out, capacity, "no limit");
        return;
    }
    text_bytes(out, capacity, has_budget(of) ? (double)of->app.budget.memory_bytes : (double)NAN);
}

void app_text_heat(const struct model_app *of, char *out, size_t capacity) {
    snprintf(out, capacity, "%s%s", has_budget(of) ? perfadapt_thermal_state_name(of->app.budget.thermal_state) : "n/a",
             of->app.simulated ? " (simulated)" : "");
}

void app_text_why(const struct model_app *of, char *out, size_t capacity) {
    if (!has_budget(of)) {
        snprintf(out, capacity, "n/a");
    } else if (of->app.budget.reasons == 0) {
        snprintf(out, capacity, "at best");
    } else {
        perfadapt_reasons_text(of->app.budget.reasons, out, capacity);
    }
}

void app_text_time(const struct model *model, int64_t timestamp_ns, char *out, size_t capacity) {
    text_clock(out, capacity, model->realtime_ns - (model->now_ns - timestamp_ns));
}

void app_text_action(const struct model *model, const struct model_app *of, size_t columns, char *out,
                     size_t capacity) {
    char clock[16];
    char minute[8];
    char change[64];
    char cause[128];
    if (of->decision_count == 0) {
        snprintf(out, capacity, "-");
        return;
    }
    const struct perfadapt_decision *latest = &of->decisions[of->decision_count - 1];
    app_text_time(model, latest->timestamp_ns, clock, sizeof clock);
    decision_text_change(latest, change, sizeof change);
    decision_text_cause(latest, cause, sizeof cause);
    snprintf(minute, sizeof minute, "%.5s ", clock);
    const bool timed = strlen(minute) + strlen(change) + 1 + strlen(cause) <= columns;
    snprintf(out, capacity, "%s%s %s", timed ? minute : "", change, cause);
}

static void describe_silence(const struct model_app *of, char *out, size_t capacity) {
    char duration[24];
    if (of->app.silent_ns < 0) {
        snprintf(out, capacity, "no sign of life: stopped or hanging");
        return;
    }
    text_duration(duration, sizeof duration, (double)of->app.silent_ns / 1e9);
    snprintf(out, capacity, "no sign of life for %s: stopped or hanging", duration);
}

void app_text_reason(const struct model_app *of, char *out, size_t capacity) {
    switch (of->app.state) {
    case PERFADAPT_APP_SILENT:
        describe_silence(of, out, capacity);
        break;
    case PERFADAPT_APP_TORN:
        snprintf(out, capacity, "writer died in the middle of an update");
        break;
    case PERFADAPT_APP_VERSION:
        snprintf(out, capacity, "published by library %s: update perfadapt-top",
                 of->app.version[0] != '\0' ? of->app.version : "of an unknown version");
        break;
    case PERFADAPT_APP_CORRUPT:
        snprintf(out, capacity, "what it publishes contradicts itself");
        break;
    case PERFADAPT_APP_DENIED:
        snprintf(out, capacity, "another user's");
        break;
    default:
        snprintf(out, capacity, "-");
        break;
    }
}
