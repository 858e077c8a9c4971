/* What the rows of apps said of their frames, moment by moment. SPDX-License-Identifier: MIT */
#include "frame_rows.h"

#include <math.h>

#include "model.h"

enum { P50, P99, KEPT };

static void add(struct history *history, int64_t now_ns, double value_ms) {
    if (!isnan(value_ms)) {
        history_add(history, now_ns, value_ms);
    }
}

void frame_rows_collect(struct model *model) {
    app_series_follow(&model->frame_rows, &model->apps, KEPT);
    for (size_t i = 0; i < model->apps.count; ++i) {
        const struct perfadapt_app *app = &model->apps.items[i].app;
        struct app_series *series = app_series_find(&model->frame_rows, app->key, i);
        if (series != NULL) {
            add(&series->histories[P50], model->now_ns, app->period_p50_ms);
            add(&series->histories[P99], model->now_ns, app->period_p99_ms);
        }
    }
}

struct frame_rows frame_rows_find(const struct model *model, uint64_t key) {
    const struct app_series *series = app_series_find(&model->frame_rows, key, 0);
    if (series == NULL) {
        return (struct frame_rows){0};
    }
    return (struct frame_rows){.p50_ms = &series->histories[P50], .p99_ms = &series->histories[P99]};
}
