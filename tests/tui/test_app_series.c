/* What is kept of each app for as long as it is there, on a clock made up here. SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "frame_rows.h"
#include "moment.h"
#include "residents.h"
#include "trend.h"

enum { MIB = 1 << 20, TREND_SECONDS = 240 };

static const int64_t second_ns = 1000000000;
static const int64_t start_ns = 100 * INT64_C(1000000000);

/* What the apps publish. */
static const struct model *published_to;
static int64_t published_ahead_ns;
static int reads;

static struct perfadapt_metric bytes_at(int64_t now_ns, uint64_t key) {
    const double elapsed_s = (double)(now_ns - start_ns) / 1e9;
    return (struct perfadapt_metric){.value = MIB * (100 + (double)key * elapsed_s / 60),
                                     .timestamp_ns = now_ns,
                                     .unit = PERFADAPT_UNIT_BYTES,
                                     .state = PERFADAPT_STATE_OK};
}

enum perfadapt_result __wrap_perfadapt_monitor_get_app_snapshot(const perfadapt_monitor *monitor, size_t index,
                                                                struct perfadapt_snapshot *out);

enum perfadapt_result __wrap_perfadapt_monitor_get_app_snapshot(const perfadapt_monitor *monitor, size_t index,
                                                                struct perfadapt_snapshot *out) {
    const struct model_app *of = &published_to->apps.items[index];
    CHECK(monitor == published_to->monitor && index < published_to->apps.count);
    *out = (struct perfadapt_snapshot){.size = sizeof *out, .generation = 1};
    out->memory.process_resident = bytes_at(published_to->now_ns, of->app.key);
    out->memory.process_resident.timestamp_ns += published_ahead_ns;
    ++reads;
    return PERFADAPT_OK;
}

static struct model *create_live(void) {
    static int monitor;
    struct model *model = model_create_empty();
    model->monitor = (perfadapt_monitor *)(void *)&monitor;
    published_to = model;
    published_ahead_ns = 0;
    reads = 0;
    return model;
}

static void destroy_live(struct model *model) {
    model->monitor = NULL;
    model_destroy(model);
}

/* The next refresh finds apps with the keys from `first` on. */
static void refresh(struct model *model, int64_t now_ns, uint64_t first, size_t count) {
    model->now_ns = now_ns;
    model_next_apps(model);
    CHECK(model_apps_reserve(&model->apps, count));
    model->apps.count = count;
    for (size_t i = 0; i < count; ++i) {
        model->apps.items[i].app.key = first + i;
        model->apps.items[i].app.state = PERFADAPT_APP_RUNNING;
    }
    residents_collect(model);
}

static double mib_per_minute(const struct model *model, uint64_t key) {
    const struct history *history = residents_find(model, key);
    return history == NULL ? (double)NAN : trend_compute(history, model->now_ns, TREND_SECONDS).per_minute / MIB;
}

/* Nobody has looked at the app's page yet. */
static void test_known_before_it_is_asked_for(void) {
    struct model *model = create_live();
    for (int i = 0; i <= 300; ++i) {
        refresh(model, start_ns + i * second_ns / 10, 1, 50);
    }
    for (uint64_t key = 1; key <= 50; ++key) {
        CHECK(fabs(mib_per_minute(model, key) - (double)key) < 0.1 * (double)key);
    }
    CHECK(residents_find(model, 51) == NULL);
    CHECK(reads == 50 * (1 + 30 / RESIDENTS_SECONDS)); /* however often the screen is drawn */
    destroy_live(model);
}

static void test_kept_for_those_that_are_there(void) {
    struct model *model = create_live();
    for (int i = 0; i <= 30; ++i) {
        refresh(model, start_ns + i * second_ns, 1, 3);
    }
    refresh(model, start_ns + 31 * second_ns, 2, 3); /* 1 has gone, 4 has come, 2 and 3 stand elsewhere */
    CHECK(model->residents.count == 3 && residents_find(model, 1) == NULL);
    CHECK(fabs(mib_per_minute(model, 2) - 2) < 0.2 && fabs(mib_per_minute(model, 3) - 3) < 0.3);
    CHECK(residents_find(model, 4) != NULL && isnan(mib_per_minute(model, 4)));
    refresh(model, start_ns + 32 * second_ns, 1, APP_SERIES_MAX + 10);
    CHECK(model->residents.count == APP_SERIES_MAX && residents_find(model, APP_SERIES_MAX + 1) == NULL);
    CHECK(isnan(mib_per_minute(model, 1))); /* back, but another app's memory may have been in between */
    refresh(model, start_ns + 33 * second_ns, 1, 0);
    CHECK(model->residents.count == 0);
    destroy_live(model);
}

/* What an app says of a time to come does not keep what it says later out. */
static void test_times_to_come(void) {
    struct model *model = create_live();
    published_ahead_ns = 1000 * second_ns;
    refresh(model, start_ns, 6, 1);
    published_ahead_ns = 0;
    for (int i = 1; i <= 30; ++i) {
        refresh(model, start_ns + i * second_ns, 6, 1);
    }
    CHECK(fabs(mib_per_minute(model, 6) - 6) < 0.6);
    destroy_live(model);
}

static void test_silent(void) {
    struct model *model = create_live();
    refresh(model, start_ns, 1, 1);
    model->apps.items[0].app.state = PERFADAPT_APP_SILENT;
    model->now_ns += 10 * second_ns;
    residents_collect(model);
    CHECK(reads == 1);
    destroy_live(model);
}

/* Of the past: of the moment that is shown, whether one comes to it from before or goes back to it. */
static void test_moments(void) {
    struct model *shown = model_create_empty();
    struct moment *moment = moment_create();
    CHECK(model_apps_reserve(&moment->apps, 2));
    moment->apps.count = 2;
    moment->apps.items[0].app.key = 1;
    moment->apps.items[1].app.key = 2;
    moment->apps.items[0].simulated = calloc(1, sizeof *moment->apps.items[0].simulated);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i <= 20 + 10 * round; ++i) {
            moment->head.now_ns = start_ns + i * second_ns;
            moment->apps.items[0].simulated->memory.process_resident =
                bytes_at(moment->head.now_ns, round == 0 ? 9 : 5);
            CHECK(moment_show(moment, shown));
        }
        CHECK(fabs(mib_per_minute(shown, 1) - (round == 0 ? 9 : 5)) < 0.1);
        CHECK(residents_find(shown, 2) != NULL && isnan(mib_per_minute(shown, 2))); /* not recorded */
        model_forget(shown);
        CHECK(residents_find(shown, 1) == NULL);
    }
    moment_destroy(moment);
    model_destroy(shown);
}

static void expect_rows(const struct model *shown, int64_t now_ns, double p50_ms, double p99_ms) {
    const struct frame_rows rows = frame_rows_find(shown, 1);
    const int ago_s = (int)((shown->now_ns - now_ns) / second_ns);
    if (rows.p50_ms == NULL || rows.p99_ms == NULL) {
        CHECK(rows.p50_ms != NULL && rows.p99_ms != NULL);
        return;
    }
    const double p50 = history_at(rows.p50_ms, shown->now_ns, ago_s, 1);
    const double p99 = history_at(rows.p99_ms, shown->now_ns, ago_s, 1);
    CHECK(isnan(p50_ms) ? isnan(p50) : fabs(p50 - p50_ms) < 0.01);
    CHECK(isnan(p99_ms) ? isnan(p99) : fabs(p99 - p99_ms) < 0.01);
}

/* Of frames that were not kept there is, second by second, what the app's row said. */
static void test_frame_rows(void) {
    struct model *shown = model_create_empty();
    struct moment *moment = moment_create();
    CHECK(model_apps_reserve(&moment->apps, 1));
    moment->apps.count = 1;
    moment->apps.items[0].app.key = 1;
    for (int i = 0; i <= 60; ++i) {
        moment->head.now_ns = start_ns + i * second_ns;
        moment->apps.items[0].app.period_p50_ms = i < 30 ? (double)NAN : 10 + i;
        moment->apps.items[0].app.period_p99_ms = i < 30 ? (double)NAN : 20 + i;
        CHECK(moment_show(moment, shown));
    }
    expect_rows(shown, start_ns + 29 * second_ns, NAN, NAN);
    expect_rows(shown, start_ns + 30 * second_ns, 40, 50);
    expect_rows(shown, start_ns + 60 * second_ns, 70, 80);
    CHECK(frame_rows_find(shown, 2).p50_ms == NULL);
    model_forget(shown);
    CHECK(frame_rows_find(shown, 1).p50_ms == NULL);
    moment_destroy(moment);
    model_destroy(shown);
}

int main(void) {
    test_known_before_it_is_asked_for();
    test_kept_for_those_that_are_there();
    test_times_to_come();
    test_silent();
    test_moments();
    test_frame_rows();
    printf("%zu bytes an app, %d failed\n", sizeof(struct app_series) + sizeof(struct history), failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
