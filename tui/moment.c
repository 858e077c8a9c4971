/* All that is shown of one refresh, from a model and into one. SPDX-License-Identifier: MIT */
#include "moment.h"

#include <stdlib.h>
#include <string.h>

#include "frame_rows.h"
#include "moment_check.h"
#include "residents.h"
#include "sensors.h"

struct moment *moment_create(void) {
    return calloc(1, sizeof(struct moment));
}

void moment_destroy(struct moment *moment) {
    if (moment != NULL) {
        model_apps_free(&moment->apps);
        free(moment);
    }
}

void moment_clear(struct moment *moment) {
    model_apps_free(&moment->apps);
    memset(moment, 0, sizeof *moment);
}

static bool copy_simulated(struct model_app *to, const struct perfadapt_snapshot *from) {
    if (from == NULL) {
        free(to->simulated);
        to->simulated = NULL;
        return true;
    }
    if (to->simulated == NULL) {
        to->simulated = malloc(sizeof *to->simulated);
    }
    if (to->simulated != NULL) {
        memcpy(to->simulated, from, sizeof *from);
    }
    return to->simulated != NULL;
}

static bool copy_app(struct model_app *to, const struct model_app *from) {
    to->app = from->app;
    to->decision_count = from->decision_count;
    memcpy(to->decisions, from->decisions, from->decision_count * sizeof *from->decisions);
    return copy_simulated(to, from->simulated);
}

static bool copy_apps(struct model_apps *to, const struct model_apps *from) {
    const size_t count = from->count < MOMENT_APPS_MAX ? from->count : MOMENT_APPS_MAX;
    bool copied = model_apps_reserve(to, count);
    to->count = copied ? count : 0;
    for (size_t i = 0; i < to->count && copied; ++i) {
        copied = copy_app(&to->items[i], &from->items[i]);
    }
    return copied;
}

bool moment_copy_model(struct moment *moment, const struct model *model) {
    moment->head = (struct moment_head){.now_ns = model->now_ns,
                                        .realtime_ns = model->realtime_ns,
                                        .self_percent = model->self_percent,
                                        .frames_of = model->frames_of,
                                        .sessions_result = (int32_t)model->sessions_result,
                                        .directory_error = (uint16_t)model->directory_error,
                                        .apps_left_out = (uint32_t)model->apps_left_out,
                                        .snapshot_result = (int32_t)model->snapshot_result,
                                        .policy = model->policy};
    memcpy(moment->head.host, model->host, sizeof model->host);
    moment->snapshot = model->snapshot;
    moment->frame_count = model->frame_count;
    memcpy(moment->frames, model->frames, model->frame_count * sizeof *model->frames);
    return copy_apps(&moment->apps, &model->apps);
}

static void show_head(const struct moment_head *head, struct model *model) {
    model->now_ns = head->now_ns;
    model->realtime_ns = head->realtime_ns;
    model->self_percent = head->self_percent;
    model->frames_of = head->frames_of;
    model->sessions_result = (enum perfadapt_result)head->sessions_result;
    model->snapshot_result = (enum perfadapt_result)head->snapshot_result;
    model->apps_left_out = head->apps_left_out;
    model->directory_error = head->directory_error;
    model->policy = head->policy;
    session_directory_explain(model->directory_error, false, model->directory_problem);
    memcpy(model->host, head->host, sizeof model->host);
    model->host[sizeof model->host - 1] = '\0';
}

bool moment_show(const struct moment *moment, struct model *model) {
    show_head(&moment->head, model);
    model->snapshot = moment->snapshot;
    model->frame_count = moment->frame_count;
    model->frames_kept = moment->frame_count;
    memcpy(model->frames, moment->frames, moment->frame_count * sizeof *model->frames);
    model_next_apps(model);
    const bool shown = copy_apps(&model->apps, &moment->apps);
    moment_check(model);
    model_keep_journal(model);
    sensors_collect(model);
    residents_collect(model);
    frame_rows_collect(model);
    return shown;
}
