/* SPDX-License-Identifier: MIT */
#include "replay/import.h"

#include "core/clock.h"
#include "replay/document.h"
#include "replay/report.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

/* MangoHud looks at the machine twice a second; others as often as they write, of which ten a second are plenty. A
 * little less, so that no row is passed over because it came early. */
static const int64_t mangohud_gap_ns = 450 * PERFADAPT__NS_PER_MS;
static const int64_t csv_gap_ns = 90 * PERFADAPT__NS_PER_MS;

static void tell_change(const struct replay_run *run, int64_t time_ns) {
    if (run->options->summary)
        return;
    if (run->options->json)
        replay_document_change(run, time_ns);
    else
        replay_report_change(run, time_ns);
}

/* With the first line that the controller is given: before it, nothing may ever come. */
static void tell_beginning(struct replay_run *run) {
    const uint64_t line = run->line;
    run->line = 0;
    if (run->options->json)
        replay_document_source(run);
    else
        replay_report_source(run);
    tell_change(run, 0);
    run->line = line;
    run->begun = true;
}

static void tell_end(const struct replay_run *run) {
    if (run->options->json)
        replay_document_summary(run);
    else
        replay_report_summary(run);
}

static void take(struct replay_run *run, const struct drive_line *line) {
    char reason[DRIVE_REASON_MAX];
    const struct perfadapt__policy *policy = &run->options->policy;
    if (!run->begun)
        tell_beginning(run);
    replay_tally_line(&run->tally, line, policy->thermal_limit_c, policy->target_frame_ns);
    if (!drive_stream_take(&run->stream, line, reason)) /* lines are in order: it has no reason to */
        return;
    if (replay_tally_budget(&run->tally, &run->stream.decider.arbiter.budget))
        tell_change(run, line->time_ns);
}

static int run_through(struct replay_run *run) {
    const struct replay_source *source = &run->source;
    struct replay_row row;
    struct drive_line line;
    const bool mangohud = source->header.format == REPLAY_FORMAT_MANGOHUD;
    replay_pace_init(&run->pace, &source->traits, source->header.mangohud.memory_bytes,
                     mangohud ? mangohud_gap_ns : csv_gap_ns);
    drive_stream_init(&run->stream, &run->options->policy);
    run->stream.open_loop = true;
    replay_tally_init(&run->tally, &run->stream.decider.arbiter.budget);
    while (replay_source_next(&run->source, &row)) {
        run->line = row.line;
        if (replay_pace_take(&run->pace, &row))
            while (replay_pace_next(&run->pace, &line))
                take(run, &line);
    }
    if (run->begun)
        tell_end(run);
    if (source->failure) {
        fprintf(stderr, "perfadapt replay: %s: %s\n", run->options->path, strerror(source->failure));
        return EXIT_CODE_ENVIRONMENT;
    }
    if (!run->begun) {
        fprintf(stderr, "perfadapt replay: %s: not one row that could be replayed%s\n", run->options->path,
                run->pace.wrong_frames ? ": frames took no time, or more than there was" : "");
        return EXIT_CODE_ENVIRONMENT;
    }
    return source->problems.count ? EXIT_CODE_CHECK : EXIT_CODE_OK;
}

int replay_import(const struct replay_options *options, int fd, const char *beginning, size_t count) {
    char reason[DRIVE_REASON_MAX];
    struct replay_run *run = calloc(1, sizeof *run);
    if (!run) {
        fputs("perfadapt replay: out of memory\n", stderr);
        return EXIT_CODE_ENVIRONMENT;
    }
    run->options = options;
    int code = EXIT_CODE_ENVIRONMENT;
    if (replay_source_open(&run->source, options, fd, beginning, count, reason))
        code = run_through(run);
    else
        fprintf(stderr, "perfadapt replay: %s\n", reason);
    free(run);
    return code;
}
