/* SPDX-License-Identifier: MIT */
#include "replay/recording.h"

#include "replay/document.h"
#include "replay/recorded.h"
#include "replay/report.h"

#include "command.h"

#include <errno.h>
#include <math.h> /* NAN and isnan only */
#include <stdlib.h>
#include <string.h>

/* ---- What is asked ---- */

/* The words were good once: they are for this policy too, or it stays as it was recorded. */
static void change_policy(void *context, struct perfadapt__policy *policy) {
    const struct replay_options *options = context;
    char reason[DRIVE_REASON_MAX];
    struct perfadapt__policy changed = *policy;
    if (replay_options_change(options, &changed, reason) == DRIVE_OPTIONS_READ)
        *policy = changed;
}

/* Says why not, where the words do not fit the recorded policy: the exit code. */
static int check(const struct replay_recorded *recorded, const struct perfadapt__policy *policy) {
    char reason[DRIVE_REASON_MAX];
    struct perfadapt__policy changed = *policy;
    const enum drive_options_result result =
        recorded->asks ? replay_options_change(recorded->options, &changed, reason) : DRIVE_OPTIONS_READ;
    if (result == DRIVE_OPTIONS_READ)
        return EXIT_CODE_OK;
    fprintf(stderr, "perfadapt replay: %s: with the recorded policy: %s\n", recorded->path, reason);
    return result == DRIVE_OPTIONS_WRONG ? EXIT_CODE_USAGE : EXIT_CODE_ENVIRONMENT;
}

/* ---- Records as lines, for the tally ---- */

static const struct perfadapt__heat_reading *nearest(const struct perfadapt__reading *reading) {
    const struct perfadapt__heat_reading *nearest = NULL;
    for (uint32_t i = 0; i < reading->heat_count; i++) {
        const struct perfadapt__heat_reading *heat = &reading->heat[i];
        if (heat->state == PERFADAPT_STATE_OK && !isnan(heat->temperature_c) &&
            (!nearest || heat->temperature_c - heat->limit_c > nearest->temperature_c - nearest->limit_c))
            nearest = heat;
    }
    return nearest;
}

static bool line_of(const struct perfadapt__recorded *record, int64_t begun_ns, struct drive_line *out_line) {
    *out_line = (struct drive_line){.kind = DRIVE_LINE_TICK};
    if (record->type == PERFADAPT__RECORDED_TICK) {
        const struct perfadapt__heat_reading *heat = nearest(&record->reading);
        out_line->time_ns = record->reading.now_ns - begun_ns;
        out_line->tick.temperature_c = heat ? heat->temperature_c : (double)NAN;
        out_line->tick.limit_c = heat ? heat->limit_c : (double)NAN;
        out_line->tick.busy = record->reading.busy;
        return true;
    }
    if (record->type != PERFADAPT__RECORDED_INPUT || record->input.kind != PERFADAPT__FRAME_DONE)
        return false;
    out_line->kind = DRIVE_LINE_FRAME;
    out_line->time_ns = record->input.now_ns - begun_ns;
    return true;
}

/* Late inputs may be of the moment before. */
static void book(struct replay_pass *pass, const struct perfadapt__recorded *record, int64_t begun_ns) {
    const struct perfadapt__policy *policy = &pass->replayer.decider.policy;
    struct drive_line line;
    if (!line_of(record, begun_ns, &line))
        return;
    line.time_ns = line.time_ns > pass->tally.last_ns ? line.time_ns : pass->tally.last_ns;
    replay_tally_line(&pass->tally, &line, policy->thermal_limit_c, policy->target_frame_ns);
}

/* ---- One record ---- */

static int64_t now_ns(const struct replay_recorded *recorded, const struct replay_pass *pass) {
    const int64_t last_ns = pass->replayer.tally.last_ns;
    return last_ns > recorded->begun_ns ? last_ns - recorded->begun_ns : 0;
}

static void tell_change(const struct replay_recorded *recorded, const struct replay_pass *pass) {
    if (recorded->options->summary)
        return;
    if (recorded->options->json)
        replay_document_decision(pass, now_ns(recorded, pass));
    else
        replay_report_decision(pass, now_ns(recorded, pass));
}

/* True where the budget is another. */
static bool step(struct replay_recorded *recorded, struct replay_pass *pass, const struct perfadapt__recorded *record) {
    struct perfadapt__replayer *replayer = &pass->replayer;
    if (pass->begun)
        book(pass, record, recorded->begun_ns);
    if (!perfadapt__replayer_take(replayer, recorded->recording.sequence, recorded->recording.used, record))
        return false;
    const struct perfadapt_budget *budget = &replayer->decider.arbiter.budget;
    if (!pass->begun) {
        replay_tally_init(&pass->tally, budget);
        pass->begun = true;
        return true;
    }
    return replayer->change != PERFADAPT__BUDGET_SAME && replay_tally_budget(&pass->tally, budget);
}

static int64_t time_of(const struct perfadapt__recorded *record) {
    return record->type == PERFADAPT__RECORDED_STATE ? record->decider.frame.statistics.now_ns : record->now_ns;
}

static void tell_source(const struct replay_recorded *recorded) {
    if (recorded->options->json)
        replay_document_recording(recorded);
    else
        replay_report_recording(recorded);
}

static bool is_beginning(const struct perfadapt__recorded *record) {
    return record->type == PERFADAPT__RECORDED_START ||
           (record->type == PERFADAPT__RECORDED_STATE && record->state_known);
}

/* What can be asked is known with the first policy: nothing is printed before. The exit code where it cannot be. */
static int begin(struct replay_recorded *recorded, const struct perfadapt__recorded *record) {
    const bool start = record->type == PERFADAPT__RECORDED_START;
    const int code = check(recorded, start ? &record->policy : &record->decider.policy);
    recorded->begun_ns = time_of(record);
    if (code == EXIT_CODE_OK)
        tell_source(recorded);
    return code;
}

static int take(struct replay_recorded *recorded, const struct perfadapt__recorded *record) {
    if (!recorded->was.begun) {
        const int code = is_beginning(record) ? begin(recorded, record) : EXIT_CODE_OK;
        if (code != EXIT_CODE_OK || !is_beginning(record))
            return code;
    }
    const bool was = step(recorded, &recorded->was, record);
    const bool would = recorded->asks && step(recorded, &recorded->would, record);
    if (recorded->asks ? would : was)
        tell_change(recorded, recorded->asks ? &recorded->would : &recorded->was);
    return EXIT_CODE_OK;
}

/* ---- The whole ---- */

static int refuse(const struct replay_recorded *recorded, enum perfadapt__file_result result) {
    static const char *const texts[] = {
        [PERFADAPT__FILE_EMPTY] = "is empty",
        [PERFADAPT__FILE_NOT_ONE] = "is no recording of perfadapt; --format names what else it is",
        [PERFADAPT__FILE_BYTE_ORDER] = "was recorded on a machine of the other byte order: replay it on such a machine",
        [PERFADAPT__FILE_DAMAGED] = "begins like a recording, but its header is cut or damaged",
    };
    if (result == PERFADAPT__FILE_UNREADABLE)
        fprintf(stderr, "perfadapt replay: %s: %s\n", recorded->path, strerror(errno));
    else if (result == PERFADAPT__FILE_VERSION)
        fprintf(stderr,
                "perfadapt replay: %s: is of version %u of the format, recorded by perfadapt %s; this program reads "
                "version %u\n",
                recorded->path, recorded->recording.reader.header.version, recorded->recording.reader.header.library,
                PERFADAPT__RECORD_VERSION);
    else
        fprintf(stderr, "perfadapt replay: %s: %s\n", recorded->path, texts[result]);
    return EXIT_CODE_ENVIRONMENT;
}

/* The exit code, where it cannot go on. */
static int run_through(struct replay_recorded *recorded, struct perfadapt__recorded *record) {
    for (;;) {
        int code;
        switch (perfadapt__recording_next(&recorded->recording, record)) {
        case PERFADAPT__RECORDING_RECORD:
            code = take(recorded, record);
            if (code != EXIT_CODE_OK)
                return code;
            break;
        case PERFADAPT__RECORDING_BREAK:
            recorded->breaks++;
            perfadapt__replayer_break(&recorded->was.replayer);
            perfadapt__replayer_break(&recorded->would.replayer);
            break;
        case PERFADAPT__RECORDING_END:
            return EXIT_CODE_OK;
        default:
            fprintf(stderr, "perfadapt replay: %s: %s\n", recorded->path, strerror(errno));
            return EXIT_CODE_ENVIRONMENT;
        }
    }
}

static int judge(const struct replay_recorded *recorded) {
    const struct perfadapt__replay_tally *tally = &recorded->was.replayer.tally;
    if (!recorded->was.begun && !recorded->recording.same_layout)
        fprintf(stderr,
                "perfadapt replay: %s: begins in the middle of a session, with the state of another build, perfadapt "
                "%s: replay it with that\n",
                recorded->path, recorded->recording.reader.header.library);
    else if (!recorded->was.begun)
        fprintf(stderr, "perfadapt replay: %s: holds nothing that could be replayed\n", recorded->path);
    if (!recorded->was.begun)
        return EXIT_CODE_ENVIRONMENT;
    const bool whole = !tally->differing && !tally->gaps && !recorded->breaks && !recorded->recording.reader.damages;
    return whole ? EXIT_CODE_OK : EXIT_CODE_CHECK;
}

static int replay(struct replay_recorded *recorded, struct perfadapt__recorded *record, FILE *file) {
    const struct perfadapt__what_if as_it_was = {NULL, NULL};
    const struct perfadapt__what_if asked = {change_policy, (void *)recorded->options};
    const enum perfadapt__file_result result = perfadapt__recording_init(&recorded->recording, file);
    if (result)
        return refuse(recorded, result);
    perfadapt__replayer_init(&recorded->was.replayer, &as_it_was);
    perfadapt__replayer_init(&recorded->would.replayer, &asked);
    const int failed = run_through(recorded, record);
    if (failed)
        return failed;
    if (!recorded->was.begun)
        tell_source(recorded);
    const int code = judge(recorded);
    if (recorded->was.begun && recorded->options->json)
        replay_document_replayed(recorded);
    else if (recorded->was.begun)
        replay_report_replayed(recorded);
    return code;
}

int replay_recording(const struct replay_options *options, FILE *file, const char *path) {
    struct replay_recorded *recorded = calloc(1, sizeof *recorded);
    struct perfadapt__recorded *record = calloc(1, sizeof *record);
    int code = EXIT_CODE_ENVIRONMENT;
    if (recorded && record) {
        recorded->options = options;
        recorded->path = path;
        recorded->asks = options->policy_word_count > 1;
        code = replay(recorded, record, file);
    } else {
        fputs("perfadapt replay: out of memory\n", stderr);
    }
    free(record);
    free(recorded);
    return code;
}
