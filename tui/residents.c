/* The resident memory of every app that is there. SPDX-License-Identifier: MIT */
#include "residents.h"

#include "model.h"

static const int64_t period_ns = INT64_C(1000000000) * RESIDENTS_SECONDS;

/* One of the future would stay the newest for ever. */
static void add(struct history *history, const struct perfadapt_metric *metric, int64_t now_ns) {
    if (metric->state == PERFADAPT_STATE_OK) {
        history_add(history, metric->timestamp_ns < now_ns ? metric->timestamp_ns : now_ns, metric->value);
    }
}

static void collect(const struct model *model, size_t index, struct app_series *series) {
    const struct model_app *of = &model->apps.items[index];
    if (of->simulated != NULL) {
        add(series->histories, &of->simulated->memory.process_resident, model->now_ns);
        return;
    }
    const bool due = series->asked_ns == 0 || model->now_ns - series->asked_ns >= period_ns;
    if (model->monitor == NULL || of->app.state > PERFADAPT_APP_IDLE || !due) {
        return;
    }
    struct perfadapt_snapshot snapshot;
    snapshot.size = sizeof snapshot;
    series->asked_ns = model->now_ns;
    if (perfadapt_monitor_get_app_snapshot(model->monitor, index, &snapshot) == PERFADAPT_OK) {
        add(series->histories, &snapshot.memory.process_resident, model->now_ns);
    }
}

void residents_collect(struct model *model) {
    app_series_follow(&model->residents, &model->apps, 1);
    for (size_t i = 0; i < model->apps.count; ++i) {
        struct app_series *series = app_series_find(&model->residents, model->apps.items[i].app.key, i);
        if (series != NULL) {
            collect(model, i, series);
        }
    }
}

const struct history *residents_find(const struct model *model, uint64_t key) {
    const struct app_series *series = app_series_find(&model->residents, key, 0);
    return series != NULL ? series->histories : NULL;
}
