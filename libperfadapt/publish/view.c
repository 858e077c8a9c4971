/* SPDX-License-Identifier: MIT */
#include "publish/view.h"

#include "core/clock.h"
#include "core/text.h"
#include "publish/sanitize.h"
#include "publish/statistics.h"

#include <math.h>
#include <string.h>

#define READ_RETRIES 64
#define IDLE_NS (2 * PERFADAPT__NS_PER_S)
#define SILENT_NS (5 * PERFADAPT__NS_PER_S)

void perfadapt__view_clear(struct perfadapt__view *view, enum perfadapt_app_state state, int32_t pid) {
    view->frame_count = 0;
    view->app = (struct perfadapt_app){
        .size = sizeof view->app, .key = view->app.key, .state = state, .pid = pid, .age_ns = -1, .silent_ns = -1};
    perfadapt__statistics_fill(NULL, 0, 0, 0, &view->app);
}

enum perfadapt_result perfadapt__view_identify(const void *memory, size_t bytes, struct perfadapt_app *app) {
    struct perfadapt__region_identity identity;
    if (bytes < sizeof identity)
        return PERFADAPT_ERROR_CORRUPT;
    memcpy(&identity, memory, sizeof identity);
    if (identity.magic != PERFADAPT__REGION_MAGIC || bytes < identity.layout_bytes)
        return PERFADAPT_ERROR_CORRUPT;
    perfadapt__text_clean(identity.name, sizeof identity.name);
    perfadapt__text_clean(identity.version, sizeof identity.version);
    memcpy(app->name, identity.name, sizeof app->name);
    memcpy(app->version, identity.version, sizeof app->version);
    app->pid = identity.pid > 0 ? identity.pid : 0;
    app->role = identity.role <= PERFADAPT_ROLE_EXPORT ? identity.role : PERFADAPT_ROLE_INTERACTIVE;
    app->simulated = identity.simulated != 0;
    app->target_frame_ns = identity.target_frame_ns > 0 ? identity.target_frame_ns : 0;
    /* Another size of the same version is one of another word size: a 32-bit app's. */
    const bool same = identity.layout_version == PERFADAPT__REGION_VERSION &&
                      identity.layout_bytes == sizeof(struct perfadapt__region);
    return same ? PERFADAPT_OK : PERFADAPT_ERROR_VERSION;
}

bool perfadapt__view_closed(const struct perfadapt__region *region) {
    return atomic_load_explicit(&region->closed, memory_order_acquire) != 0;
}

/* False where the slot holds another frame, or is being written. */
static bool read_frame(const struct perfadapt__region *region, uint64_t number, struct perfadapt_frame *out) {
    const _Atomic uint64_t *const words = region->frames[number % PERFADAPT_FRAMES_MAX].words;
    if (atomic_load_explicit(&words[0], memory_order_acquire) != number)
        return false;
    perfadapt__seqlock_load(words, out, sizeof *out);
    if (atomic_load_explicit(&words[0], memory_order_relaxed) != number)
        return false;
    out->number = number;
    perfadapt__sanitize_frame(out);
    return true;
}

static void read_frames(const struct perfadapt__region *region, struct perfadapt__view *view) {
    view->app.frames_total = atomic_load_explicit(&region->frame_count, memory_order_acquire);
    const uint64_t newest = atomic_load_explicit(&region->frame_newest, memory_order_acquire);
    const uint64_t span = newest < view->frames_most ? newest : view->frames_most;
    size_t count = 0;
    for (uint64_t i = 0; i < span; i++)
        count += read_frame(region, newest - span + 1 + i, &view->frames[count]);
    view->frame_count = count;
}

static void read_budget(const struct perfadapt__region *region, struct perfadapt_app *app) {
    struct perfadapt_budget budget;
    if (!perfadapt__seqlock_read(&region->budget_lock, region->budget, &budget, sizeof budget, READ_RETRIES))
        return;
    perfadapt__sanitize_budget(&budget);
    app->budget = budget;
}

static int64_t elapsed(int64_t since_ns, int64_t now_ns) {
    return since_ns < now_ns ? now_ns - since_ns : 0;
}

/* A frame is a sign of life as well: the sampler thread may hang in a driver while frames flow. */
static void judge(const struct perfadapt__region *region, int64_t frame_age_ns, int64_t boottime_ns,
                  struct perfadapt_app *app) {
    const int64_t alive_ns = atomic_load_explicit(&region->alive_boottime_ns, memory_order_acquire);
    const int64_t silent_ns = elapsed(alive_ns > 0 ? alive_ns : 0, boottime_ns);
    const bool torn = atomic_load_explicit(&region->budget_lock.sequence, memory_order_acquire) & 1;
    app->silent_ns = frame_age_ns < silent_ns ? frame_age_ns : silent_ns;
    if (app->silent_ns >= SILENT_NS)
        app->state = torn ? PERFADAPT_APP_TORN : PERFADAPT_APP_SILENT;
    else
        app->state = frame_age_ns >= IDLE_NS ? PERFADAPT_APP_IDLE : PERFADAPT_APP_RUNNING;
    if (app->state == PERFADAPT_APP_TORN)
        app->budget = (struct perfadapt_budget){.size = 0};
}

void perfadapt__view_read(const struct perfadapt__region *region, int64_t now_ns, int64_t boottime_ns,
                          struct perfadapt__view *view) {
    const int64_t opened_ns = region->identity.opened_boottime_ns;
    view->app.age_ns = opened_ns > 0 && opened_ns <= boottime_ns ? boottime_ns - opened_ns : -1;
    read_budget(region, &view->app);
    read_frames(region, view);
    const struct perfadapt_frame *newest = view->frame_count ? &view->frames[view->frame_count - 1] : NULL;
    judge(region, newest ? elapsed(newest->end_ns, now_ns) : INT64_MAX, boottime_ns, &view->app);
    perfadapt__statistics_fill(view->frames, view->frame_count, now_ns, view->app.budget.frame_ns, &view->app);
}

size_t perfadapt__view_decisions(const struct perfadapt__region *region, size_t capacity,
                                 struct perfadapt_decision *out_decisions) {
    const uint64_t count = atomic_load_explicit(&region->decision_count, memory_order_acquire);
    uint64_t span = count < PERFADAPT_DECISIONS_MAX ? count : PERFADAPT_DECISIONS_MAX;
    span = span < capacity ? span : capacity;
    const uint64_t first = count - span;
    for (uint64_t i = 0; i < span; i++) {
        perfadapt__seqlock_load(region->decisions[(first + i) % PERFADAPT_DECISIONS_MAX].words, &out_decisions[i],
                                sizeof out_decisions[i]);
        perfadapt__sanitize_decision(&out_decisions[i]);
    }
    /* Entry n is overwritten from when the count has reached n + capacity. */
    const uint64_t written = atomic_load_explicit(&region->decision_count, memory_order_relaxed) - first;
    uint64_t lost = written < PERFADAPT_DECISIONS_MAX ? 0 : written - PERFADAPT_DECISIONS_MAX + 1;
    lost = lost < span ? lost : span;
    memmove(out_decisions, out_decisions + lost, (size_t)(span - lost) * sizeof out_decisions[0]);
    return (size_t)(span - lost);
}

bool perfadapt__view_snapshot(const struct perfadapt__region *region, struct perfadapt_snapshot *out) {
    if (!perfadapt__seqlock_read(&region->snapshot_lock, region->snapshot, out, sizeof *out, READ_RETRIES))
        return false;
    perfadapt__sanitize_snapshot(out);
    return out->generation != 0;
}
