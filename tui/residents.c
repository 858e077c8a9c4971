/* The resident memory of every app that is there. SPDX-License-Identifier: MIT */
#include "residents.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

static const int64_t period_ns = INT64_C(1000000000) * RESIDENTS_SECONDS;

static struct resident *create(uint64_t key) {
    struct resident *resident = malloc(sizeof *resident);
    if (resident != NULL) {
        resident->asked_ns = 0;
        history_init(&resident->history, key, "process resident");
    }
    return resident;
}

/* Apps keep their order from one refresh to the next: it is nearly always where it was. */
static struct resident *take(struct residents *from, uint64_t key, size_t likely) {
    for (size_t i = 0; i < from->count; ++i) {
        struct resident **item = &from->items[(likely + i) % from->count];
        if (*item != NULL && (*item)->history.owner == key) {
            struct resident *taken = *item;
            *item = NULL;
            return taken;
        }
    }
    return NULL;
}

static void follow(struct residents *residents, const struct model_apps *apps) {
    struct residents before = *residents;
    residents->count = 0;
    for (size_t i = 0; i < apps->count && residents->count < RESIDENTS_MAX; ++i) {
        const uint64_t key = apps->items[i].app.key;
        struct resident *resident = take(&before, key, i);
        resident = resident != NULL ? resident : create(key);
        if (resident != NULL) {
            residents->items[residents->count++] = resident;
        }
    }
    residents_clear(&before);
}

/* One of the future would stay the newest for ever. */
static void add(struct history *history, const struct perfadapt_metric *metric, int64_t now_ns) {
    if (metric->state == PERFADAPT_STATE_OK) {
        history_add(history, metric->timestamp_ns < now_ns ? metric->timestamp_ns : now_ns, metric->value);
    }
}

static void collect(const struct model *model, size_t index, struct resident *resident) {
    const struct model_app *of = &model->apps.items[index];
    if (of->simulated != NULL) {
        add(&resident->history, &of->simulated->memory.process_resident, model->now_ns);
        return;
    }
    const bool due = resident->asked_ns == 0 || model->now_ns - resident->asked_ns >= period_ns;
    if (model->monitor == NULL || of->app.state > PERFADAPT_APP_IDLE || !due) {
        return;
    }
    struct perfadapt_snapshot snapshot;
    snapshot.size = sizeof snapshot;
    resident->asked_ns = model->now_ns;
    if (perfadapt_monitor_get_app_snapshot(model->monitor, index, &snapshot) == PERFADAPT_OK) {
        add(&resident->history, &snapshot.memory.process_resident, model->now_ns);
    }
}

void residents_collect(struct model *model) {
    struct residents *residents = &model->residents;
    follow(residents, &model->apps);
    for (size_t i = 0, at = 0; i < model->apps.count && at < residents->count; ++i) {
        if (residents->items[at]->history.owner == model->apps.items[i].app.key) {
            collect(model, i, residents->items[at++]);
        }
    }
}

const struct history *residents_find(const struct residents *residents, uint64_t key) {
    for (size_t i = 0; i < residents->count; ++i) {
        if (residents->items[i]->history.owner == key) {
            return &residents->items[i]->history;
        }
    }
    return NULL;
}

void residents_clear(struct residents *residents) {
    for (size_t i = 0; i < residents->count; ++i) {
        free(residents->items[i]);
    }
    residents->count = 0;
}
