/* A moment that came from a file, made fit to be shown. SPDX-License-Identifier: MIT */
#include "moment_check.h"

#include <math.h>

#include "core/text.h"
#include "publish/sanitize.h"

static const int64_t latest_ns = INT64_C(4000000000000000000);

static int64_t time_within(int64_t time_ns, int64_t otherwise) {
    return time_ns >= 0 && time_ns <= latest_ns ? time_ns : otherwise;
}

static double number_or_nan(double value) {
    return value >= 0 && value <= 1e18 ? value : (double)NAN;
}

static void check_app(struct perfadapt_app *app) {
    app->size = sizeof *app;
    app->state = app->state <= PERFADAPT_APP_DENIED ? app->state : PERFADAPT_APP_CORRUPT;
    app->pid = app->pid > 0 ? app->pid : 0;
    perfadapt__text_clean(app->name, sizeof app->name);
    perfadapt__text_clean(app->version, sizeof app->version);
    app->simulated = app->simulated != 0;
    app->target_frame_ns = time_within(app->target_frame_ns, 0);
    app->age_ns = time_within(app->age_ns, -1);
    app->silent_ns = time_within(app->silent_ns, -1);
    if (app->budget.size != 0) {
        perfadapt__sanitize_budget(&app->budget);
    }
    double *const numbers[] = {&app->fps,           &app->period_p50_ms,     &app->period_p99_ms,
                               &app->period_max_ms, &app->low_1_percent_fps, &app->cpu_p50_ms,
                               &app->gpu_p50_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
        *numbers[i] = number_or_nan(*numbers[i]);
    }
}

void moment_check(struct model *model) {
    model->now_ns = time_within(model->now_ns, 0);
    model->realtime_ns = time_within(model->realtime_ns, 0) > 0 ? model->realtime_ns : 0;
    model->self_percent = number_or_nan(model->self_percent);
    perfadapt__text_clean(model->host, sizeof model->host);
    perfadapt__text_clean(model->policy.prefer, sizeof model->policy.prefer);
    perfadapt__text_clean(model->policy.mode, sizeof model->policy.mode);
    perfadapt__sanitize_snapshot(&model->snapshot);
    for (size_t i = 0; i < model->apps.count; ++i) {
        struct model_app *of = &model->apps.items[i];
        check_app(&of->app);
        for (size_t j = 0; j < of->decision_count; ++j) {
            perfadapt__sanitize_decision(&of->decisions[j]);
        }
        if (of->simulated != NULL) {
            perfadapt__sanitize_snapshot(of->simulated);
        }
    }
    for (size_t i = 0; i < model->frame_count; ++i) {
        perfadapt__sanitize_frame(&model->frames[i]);
    }
}
