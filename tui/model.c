/* What is shown. SPDX-License-Identifier: MIT */
#include "model.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock(clockid_t clock) {
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t model_monotonic_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

struct model *model_create_empty(void) {
    struct model *model = calloc(1, sizeof *model);
    if (model != NULL) {
        model->self_percent = NAN;
        model->snapshot_result = PERFADAPT_ERROR_AGAIN;
    }
    return model;
}

struct model *model_create(const struct options *options, enum perfadapt_result *out_result) {
    struct model *model = model_create_empty();
    if (model == NULL) {
        *out_result = PERFADAPT_ERROR_NO_MEMORY;
        return NULL;
    }
    const struct perfadapt_monitor_options monitor_options = {
        .size = sizeof monitor_options, .sysroot = options->sysroot, .no_sampler = options->no_sampler};
    *out_result = perfadapt_monitor_open(&monitor_options, &model->monitor);
    if (*out_result != PERFADAPT_OK) {
        free(model);
        return NULL;
    }
    model->policy_reader = policy_reader_open(options->sysroot);
    if (gethostname(model->host, sizeof model->host - 1) != 0) {
        snprintf(model->host, sizeof model->host, "n/a");
    }
    return model;
}

void model_print_failure(const struct options *options, enum perfadapt_result result) {
    const bool named = result == PERFADAPT_ERROR_NOT_FOUND && options->sysroot != NULL;
    fprintf(stderr, "perfadapt-top: %s: %s\n", named ? options->sysroot : "cannot watch this machine",
            perfadapt_strerror(result));
}

void model_destroy(struct model *model) {
    if (model == NULL) {
        return;
    }
    perfadapt_monitor_close(&model->monitor);
    policy_reader_close(model->policy_reader);
    model_apps_free(&model->apps);
    model_apps_free(&model->previous);
    app_series_clear(&model->residents);
    app_series_clear(&model->frame_rows);
    free(model);
}

static void read_simulated(const struct model *model, size_t index, struct model_app *out) {
    if (out->simulated == NULL) {
        out->simulated = malloc(sizeof *out->simulated);
    }
    if (out->simulated == NULL) {
        return;
    }
    out->simulated->size = sizeof *out->simulated;
    if (perfadapt_monitor_get_app_snapshot(model->monitor, index, out->simulated) != PERFADAPT_OK) {
        free(out->simulated);
        out->simulated = NULL;
    }
}

static bool read_app(const struct model *model, size_t index, struct model_app *out) {
    out->app.size = sizeof out->app;
    if (perfadapt_monitor_get_app(model->monitor, index, &out->app) != PERFADAPT_OK) {
        return false;
    }
    out->decision_count =
        perfadapt_monitor_get_decisions(model->monitor, index, PERFADAPT_DECISIONS_MAX, out->decisions);
    if (out->app.simulated && out->app.state <= PERFADAPT_APP_IDLE) {
        read_simulated(model, index, out);
    } else {
        free(out->simulated);
        out->simulated = NULL;
    }
    return true;
}

void model_next_apps(struct model *model) {
    const struct model_apps recycled = model->previous;
    model->previous = model->apps;
    model->apps = recycled;
    model->apps.count = 0;
}

static void read_apps(struct model *model) {
    model_next_apps(model);
    const size_t count = perfadapt_monitor_app_count(model->monitor);
    if (!model_apps_reserve(&model->apps, count)) {
        model->sessions_result = PERFADAPT_ERROR_NO_MEMORY;
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        if (!read_app(model, i, &model->apps.items[model->apps.count])) {
            break;
        }
        ++model->apps.count;
    }
}

static void note(struct model *model, const struct model_app *of, uint64_t number, int64_t timestamp_ns,
                 const char *text) {
    struct journal_event event = {
        .timestamp_ns = timestamp_ns, .owner = of->app.key, .number = number, .pid = of->app.pid};
    memcpy(event.name, of->app.name, sizeof event.name);
    snprintf(event.text, sizeof event.text, "%s", text);
    journal_add(&model->journal, &event);
}

static void note_decisions(struct model *model, const struct model_app *of) {
    if (of->decision_count == 0 ||
        journal_knows(&model->journal, of->app.key, of->decisions[of->decision_count - 1].generation)) {
        return;
    }
    for (size_t i = 0; i < of->decision_count; ++i) {
        char text[DECISION_TEXT_MAX];
        decision_text_event(&of->decisions[i], text, sizeof text);
        /* One of the future would stay the newest for ever. */
        const int64_t decided_ns = of->decisions[i].timestamp_ns;
        note(model, of, of->decisions[i].generation, decided_ns < model->now_ns ? decided_ns : model->now_ns, text);
    }
}

static bool contains(const struct model_apps *apps, uint64_t key) {
    for (size_t i = 0; i < apps->count; ++i) {
        if (apps->items[i].app.key == key) {
            return true;
        }
    }
    return false;
}

void model_keep_journal(struct model *model) {
    for (size_t i = 0; i < model->apps.count; ++i) {
        const struct model_app *of = &model->apps.items[i];
        if (!contains(&model->previous, of->app.key) && of->app.age_ns >= 0) {
            note(model, of, JOURNAL_STARTED, model->now_ns - of->app.age_ns, "session opened");
        }
        note_decisions(model, of);
    }
    for (size_t i = 0; i < model->previous.count; ++i) {
        if (!contains(&model->apps, model->previous.items[i].app.key)) {
            note(model, &model->previous.items[i], JOURNAL_ENDED, model->now_ns, "session closed");
        }
    }
}

void model_forget(struct model *model) {
    model->apps.count = 0;
    model->previous.count = 0;
    journal_clear(&model->journal);
    model->histories.count = 0;
    model->sensor_count = 0;
    model->details.key = 0;
    app_series_clear(&model->residents);
    app_series_clear(&model->frame_rows);
    memset(model->stalls, 0, sizeof model->stalls);
    memset(model->stall_total, 0, sizeof model->stall_total);
}

static void read_self(struct model *model, int64_t elapsed_ns) {
    const int64_t cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    if (model->self_cpu_ns != 0 && elapsed_ns > 0) {
        model->self_percent = 100 * (double)(cpu_ns - model->self_cpu_ns) / (double)elapsed_ns;
    }
    model->self_cpu_ns = cpu_ns;
}

/* A monitor takes a directory that is not there for one that nobody has made yet. */
static void look_at_directory(struct model *model) {
    const bool doubtful = model->apps.count == 0 || model->sessions_result != PERFADAPT_OK;
    model->apps_left_out = session_directory_left_out(model->apps.count);
    model->directory_error = doubtful ? session_directory_error() : 0;
    session_directory_explain(model->directory_error, true, model->directory_problem);
}

void model_refresh(struct model *model, uint64_t frames_key) {
    const int64_t before_ns = model->now_ns;
    model->now_ns = read_clock(CLOCK_MONOTONIC);
    model->realtime_ns = read_clock(CLOCK_REALTIME);
    read_self(model, model->now_ns - before_ns);
    policy_reader_refresh(model->policy_reader, &model->policy);
    model->sessions_result = perfadapt_monitor_refresh(model->monitor);
    read_apps(model);
    look_at_directory(model);
    model->snapshot.size = sizeof model->snapshot;
    const enum perfadapt_result result = perfadapt_monitor_get_snapshot(model->monitor, &model->snapshot);
    if (result != PERFADAPT_ERROR_AGAIN || model->snapshot.generation == 0) {
        model->snapshot_result = result; /* after a collision the snapshot before stays in place */
    }
    model_keep_journal(model);
    model_read_frames(model, frames_key);
}

void model_read_frames(struct model *model, uint64_t frames_key) {
    const size_t index = model_find_app(model, frames_key);
    const uint64_t key = index < model->apps.count ? model->apps.items[index].app.key : 0;
    if (model->monitor == NULL) {
        model->frame_count = key == model->frames_of ? model->frames_kept : 0;
        return;
    }
    model->frames_of = key;
    model->frame_count = perfadapt_monitor_get_frames(model->monitor, index, PERFADAPT_FRAMES_MAX, model->frames);
}

/* A recording has it of simulated sessions alone. */
static enum perfadapt_result read_app_snapshot(const struct model *model, size_t index,
                                               struct perfadapt_snapshot *out) {
    const struct perfadapt_snapshot *recorded = model->apps.items[index].simulated;
    if (model->monitor != NULL) {
        out->size = sizeof *out;
        return perfadapt_monitor_get_app_snapshot(model->monitor, index, out);
    }
    if (recorded == NULL) {
        out->generation = 0;
        return PERFADAPT_ERROR_UNSUPPORTED;
    }
    *out = *recorded;
    return PERFADAPT_OK;
}

void model_read_details(struct model *model, uint64_t key) {
    struct model_details *details = &model->details;
    const size_t index = model_find_app(model, key);
    if (details->key != key) {
        details->key = key;
        details->snapshot.generation = 0;
    }
    if (index >= model->apps.count || model->apps.items[index].app.key != key) {
        details->result = PERFADAPT_ERROR_NOT_FOUND;
        return;
    }
    details->result = read_app_snapshot(model, index, &details->snapshot);
}

bool model_has_snapshot(const struct model *model) {
    return model->snapshot_result == PERFADAPT_OK && model->snapshot.generation > 0;
}

void model_wait_first(struct model *model, int timeout_ms) {
    struct pollfd renewed = {.fd = perfadapt_monitor_snapshot_fd(model->monitor), .events = POLLIN};
    if (renewed.fd >= 0) {
        poll(&renewed, 1, timeout_ms);
    }
}

size_t model_find_app(const struct model *model, uint64_t key) {
    for (size_t i = 0; i < model->apps.count; ++i) {
        if (model->apps.items[i].app.key == key) {
            return i;
        }
    }
    return 0;
}

const char *model_sessions_error(const struct model *model) {
    if (model->directory_problem[0] != '\0') {
        return model->directory_problem;
    }
    switch (model->sessions_result) {
    case PERFADAPT_OK:
        return NULL;
    case PERFADAPT_ERROR_NOT_FOUND:
        return "XDG_RUNTIME_DIR is not set to an absolute path; no app can be found: set it as the apps have it";
    case PERFADAPT_ERROR_PERMISSION:
        return "XDG_RUNTIME_DIR/perfadapt is another user's, or open to others: not trusted; it has to be yours, mode "
               "700";
    case PERFADAPT_ERROR_SYSTEM:
        return "the directory of apps in XDG_RUNTIME_DIR cannot be read";
    default:
        return perfadapt_strerror(model->sessions_result);
    }
}
