/* SPDX-License-Identifier: MIT */
#include "replay/document.h"

#include "json_maker.h"
#include "replay/words.h"

#include <math.h>
#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <stdlib.h>

struct document {
    struct json_maker maker;
    json_t *object;
};

static void put(struct document *document, const char *key, json_t *value) {
    json_maker_put(&document->maker, document->object, key, value);
}

static void put_count(struct document *document, const char *key, uint64_t count) {
    put(document, key, json_integer((json_int_t)count));
}

/* Six decimals are more than any log has; they keep what came from floats short. */
static void put_number(struct document *document, const char *key, double value) {
    const double rounded = fabs(value) < 1e9 ? floor(value * 1e6 + 0.5) / 1e6 : value;
    put(document, key, json_maker_number(rounded));
}

static struct document begin(const char *kind) {
    struct document document = {.maker = {.failed = false}, .object = json_object()};
    put(&document, "schema", json_string("perfadapt.replay/1"));
    put(&document, "kind", json_string(kind));
    return document;
}

static void print(struct document *document) {
    char *line = json_maker_line(&document->maker, document->object);
    if (line)
        puts(line);
    else
        fputs("perfadapt replay: out of memory\n", stderr);
    free(line);
}

/* ---- source ---- */

static void put_columns(struct document *document, const struct replay_columns *columns) {
    json_t *object = json_maker_put_object(&document->maker, document->object, "columns");
    for (int role = 0; role < REPLAY_ROLES; role++)
        if (columns->cell[role] >= 0)
            json_maker_put(&document->maker, object, replay_words_role((enum replay_role)role),
                           json_maker_text(replay_columns_name(columns, (enum replay_role)role)));
}

static void put_owner(struct document *document, const struct replay_source *source) {
    const struct replay_owner *owner = replay_owners_chosen(&source->owners);
    put(document, "owner", owner->hash ? json_maker_text_or_null(owner->label) : json_null());
}

void replay_document_source(const struct replay_run *run) {
    const struct replay_source *source = &run->source;
    const struct replay_mangohud *mangohud = &source->header.mangohud;
    const struct perfadapt__policy *policy = &run->options->policy;
    struct document document = begin("source");
    put(&document, "path", json_maker_text(run->options->path));
    put(&document, "format", json_string(replay_words_format(run)));
    put(&document, "writer", json_string(replay_words_writer(run)));
    put(&document, "writer_version", json_maker_text_or_null(mangohud->version));
    put(&document, "gpu_name", json_maker_text_or_null(mangohud->gpu));
    put(&document, "cpu_name", json_maker_text_or_null(mangohud->cpu));
    put(&document, "open_loop", json_true());
    put(&document, "rows_are", json_string(replay_words_rows(source->traits.rows)));
    put(&document, "row_step_ns", json_maker_whole(source->traits.step_ns));
    put(&document, "work_from", json_string(replay_words_work(source->traits.work)));
    put(&document, "temp_from",
        json_maker_text_or_null(replay_columns_name(
            &source->header.columns, source->traits.cpu_temperature ? REPLAY_CPU_TEMPERATURE : REPLAY_TEMPERATURE)));
    put_owner(&document, source);
    put_columns(&document, &source->header.columns);
    put_count(&document, "quality_levels", policy->quality_levels);
    put(&document, "target_frame_ns", policy->target_frame_ns ? json_integer(policy->target_frame_ns) : json_null());
    put_number(&document, "policy_limit_c", policy->thermal_limit_c);
    print(&document);
}

/* ---- change ---- */

static void put_reasons(struct document *document, uint32_t reasons) {
    json_t *array = json_maker_put_array(&document->maker, document->object, "reasons");
    for (size_t i = 0; replay_words_reason(i); i++)
        if (reasons >> i & 1)
            json_maker_append(&document->maker, array, json_string(replay_words_reason(i)));
}

static void put_bytes(struct document *document, const char *key, uint64_t bytes) {
    put(document, key, bytes == PERFADAPT_NO_LIMIT ? json_null() : json_integer((json_int_t)bytes));
}

static void put_change(struct document *document, const struct replay_tally *tally) {
    const struct perfadapt_budget *budget = &tally->budget;
    put(document, "frame_ns", json_integer(budget->frame_ns));
    put_count(document, "quality", budget->quality);
    put_number(document, "render_scale", (double)budget->render_scale);
    put_count(document, "frames_in_flight", budget->frames_in_flight);
    put_count(document, "worker_threads", budget->worker_threads);
    put(document, "dispatch_ns", budget->dispatch_ns ? json_integer(budget->dispatch_ns) : json_null());
    put_bytes(document, "memory_bytes", budget->memory_bytes);
    put_bytes(document, "gpu_memory_bytes", budget->gpu_memory_bytes);
    put_number(document, "headroom", (double)budget->thermal_headroom);
    put(document, "time_to_throttle_ns",
        budget->time_to_throttle_ns == PERFADAPT_THROTTLE_UNKNOWN ? json_null()
                                                                  : json_integer(budget->time_to_throttle_ns));
    put(document, "thermal_state", json_string(perfadapt_thermal_state_name(budget->thermal_state)));
    put(document, "memory_state", json_string(perfadapt_memory_state_name(budget->memory_state)));
    put(document, "bottleneck", json_string(perfadapt_bottleneck_name(budget->bottleneck)));
    put_reasons(document, budget->reasons);
    put_number(document, "temp_c", tally->heat_c);
    put_number(document, "limit_c", tally->limit_c);
    put_number(document, "busy", tally->busy);
}

void replay_document_change(const struct replay_run *run, int64_t time_ns) {
    struct document document = begin("change");
    put(&document, "time_ns", json_integer(time_ns));
    put(&document, "line", run->line ? json_integer((json_int_t)run->line) : json_null());
    put_change(&document, &run->tally);
    print(&document);
}

/* ---- summary ---- */

static void put_log(struct document *document, const struct replay_tally *tally) {
    const double periods = (double)tally->periods;
    put_count(document, "frames", tally->frames);
    put_count(document, "ticks", tally->ticks);
    put_number(document, "frame_mean_ms", replay_share(tally->frames_ns * 1e-6, periods));
    put_number(document, "frame_p50_ms", replay_spread_quantile(&tally->spread, 0.5) * 1e-6);
    put_number(document, "frame_p99_ms", replay_spread_quantile(&tally->spread, 0.99) * 1e-6);
    put_number(document, "frame_worst_ms", tally->periods ? (double)tally->worst_frame_ns * 1e-6 : (double)NAN);
    put_number(document, "late_ratio", replay_share((double)tally->late_frames, periods));
    put_number(document, "busy_mean", replay_share(tally->busy_sum, (double)tally->busy_count));
    put_number(document, "temp_min_c", tally->heat_least_c);
    put_number(document, "temp_max_c", tally->heat_most_c);
    put_number(document, "limit_c", tally->limit_c);
    put_number(document, "at_limit_ratio", replay_share(tally->hot_ns, tally->limited_ns));
}

static void put_budget(struct document *document, const struct replay_tally *tally) {
    const double whole_ns = (double)tally->last_ns;
    put_count(document, "changes", tally->changes);
    put_number(document, "changes_per_min", replay_share((double)tally->changes, whole_ns / 6e10));
    put_number(document, "quality_mean", replay_share(tally->quality_ns, whole_ns));
    put_count(document, "quality_min", tally->lowest_quality);
    put_number(document, "render_scale_mean", replay_share(tally->scale_ns, whole_ns));
    put_number(document, "render_scale_min", tally->lowest_scale);
    put(document, "frame_max_ns", json_integer(tally->longest_frame_ns));
    put_number(document, "unlimited_ratio", replay_share(tally->best_ns, whole_ns));
    json_t *object = json_maker_put_object(&document->maker, document->object, "reason_ratios");
    for (size_t i = 0; replay_words_reason(i); i++) {
        struct document inner = {.maker = document->maker, .object = object};
        put_number(&inner, replay_words_reason(i), replay_share(tally->reason_ns[i], whole_ns));
        document->maker = inner.maker;
    }
}

static void put_rows(struct document *document, const struct replay_run *run) {
    const struct replay_source *source = &run->source;
    put_count(document, "rows", source->rows);
    put_count(document, "rows_of_others", source->others);
    put_count(document, "rows_made_up", source->made_up);
    put_count(document, "rows_wrong_frame", run->pace.wrong_frames);
    put_count(document, "rows_wrong_time", run->pace.wrong_times + source->wrong_starts);
    put_count(document, "rows_cut", source->cut);
    put_count(document, "temps_not_believed", run->pace.wrong_heat);
    put_count(document, "frames_rebuilt", run->pace.rebuilt);
    put_count(document, "restarts", run->pace.restarts);
    put_count(document, "problems", source->problems.count);
    put(document, "complete", json_boolean(!source->failure && !source->stopped));
}

void replay_document_summary(const struct replay_run *run) {
    struct document document = begin("summary");
    put(&document, "duration_ns", json_integer(run->tally.last_ns));
    put_log(&document, &run->tally);
    put_budget(&document, &run->tally);
    put_rows(&document, run);
    print(&document);
}

/* ---- recordings ---- */

void replay_document_recording(const struct replay_recorded *recorded) {
    const struct perfadapt__record_header *header = &recorded->recording.reader.header;
    struct document document = begin("source");
    put(&document, "path", json_maker_text(recorded->path));
    put(&document, "format", json_string("perfadapt"));
    put(&document, "app", json_maker_text(header->name));
    put(&document, "pid", json_integer(header->pid));
    put(&document, "role", json_string(perfadapt_role_name(header->role)));
    put(&document, "library_version", json_maker_text(header->library));
    put(&document, "taken_unix_s", json_integer(header->taken_realtime_s));
    put(&document, "same_build", json_boolean(recorded->recording.same_layout));
    put(&document, "what_if", json_boolean(recorded->asks));
    put(&document, "open_loop", json_boolean(recorded->asks));
    print(&document);
}

void replay_document_decision(const struct replay_pass *pass, int64_t time_ns) {
    char text[256];
    const struct perfadapt_decision *decision = &pass->replayer.decider.arbiter.decision;
    const bool told =
        pass->replayer.change == PERFADAPT__BUDGET_DECIDED && decision->generation == pass->tally.budget.generation;
    struct document document = begin("change");
    put(&document, "time_ns", json_integer(time_ns));
    put_count(&document, "frame", pass->replayer.tally.frames);
    put_count(&document, "generation", pass->tally.budget.generation);
    put_change(&document, &pass->tally);
    perfadapt_decision_text(decision, text, sizeof text);
    put(&document, "why", told ? json_maker_text(text) : json_null());
    print(&document);
}

static void put_verdict(struct document *document, const struct replay_recorded *recorded) {
    const struct perfadapt__replay_tally *tally = &recorded->was.replayer.tally;
    const struct perfadapt__file_reader *reader = &recorded->recording.reader;
    put_count(document, "budgets", tally->budgets);
    put_count(document, "budgets_differing", tally->differing);
    put(document, "first_difference_ns",
        tally->differing ? json_integer(tally->differed_ns - recorded->begun_ns) : json_null());
    put_count(document, "policies", tally->policies);
    put_count(document, "gaps", tally->gaps);
    put_count(document, "records_lost", tally->lost);
    put_count(document, "damages", reader->damages);
    put_count(document, "damaged_bytes", reader->damaged_bytes);
    put_count(document, "parts_undecodable", recorded->recording.undecodable + recorded->recording.severed);
    put(document, "cut", json_boolean(reader->cut));
    put(document, "complete", json_boolean(!reader->damages && !tally->gaps && !recorded->breaks));
}

void replay_document_replayed(const struct replay_recorded *recorded) {
    const struct replay_pass *pass = recorded->asks ? &recorded->would : &recorded->was;
    struct document document = begin("summary");
    put(&document, "duration_ns", json_integer(pass->tally.last_ns));
    put_log(&document, &pass->tally);
    put_budget(&document, &pass->tally);
    put_verdict(&document, recorded);
    print(&document);
}
