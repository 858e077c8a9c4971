/* SPDX-License-Identifier: MIT */
#include "replay/report.h"

#include "config/number.h"
#include "replay/words.h"

#include <inttypes.h>
#include <math.h> /* isnan only */
#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REASONS_MAX 128
#define REPLAY_DECISION_TEXT 256

/* ---- figures ---- */

struct figure {
    char text[PERFADAPT__NUMBER_TEXT + 4]; /* and a unit */
};

/* "1 change", "2 changes" */
static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

/* "?" is not known. */
static struct figure number(double value, unsigned decimals) {
    struct figure figure = {.text = "?"};
    if (isfinite(value))
        perfadapt__number_print(value, decimals, figure.text);
    return figure;
}

/* Of a budget: 0 is none. */
static struct figure frame_time(int64_t frame_ns) {
    if (frame_ns <= 0)
        return (struct figure){.text = "no limit"};
    struct figure figure = number((double)frame_ns * 1e-6, 2);
    memcpy(figure.text + strlen(figure.text), " ms", 4);
    return figure;
}

static struct figure percent(double share) {
    return number(100 * share, 1);
}

/* ---- the log ---- */

static void print_rows(const struct replay_run *run) {
    const struct replay_traits *traits = &run->source.traits;
    const double step_ms = traits->step_ns * 1e-6;
    switch (traits->rows) {
    case REPLAY_ROWS_FRAMES:
        puts("  rows    frames");
        break;
    case REPLAY_ROWS_SAMPLES:
        printf(
            "  rows    samples %s ms apart, no frames: those between are rebuilt, each as long as the next row says\n",
            number(step_ms, 1).text);
        break;
    default:
        printf("  rows    the machine every %s ms, no frames\n", number(step_ms, 1).text);
        break;
    }
}

static void print_work(const struct replay_run *run) {
    static const char *const texts[] = {
        "GPU times",
        "share of time the GPU was busy, of the frame time; other programs' work counts as the app's",
        "CPU times; nothing tells of the GPU",
        "whole frame times: nothing tells of GPU or CPU, and what was waiting counts as work",
    };
    if (run->source.traits.work < REPLAY_WORK_NONE)
        printf("  work    %s\n", texts[run->source.traits.work]);
}

static void print_heat(const struct replay_run *run) {
    const struct replay_columns *columns = &run->source.header.columns;
    const bool cpu = run->source.traits.cpu_temperature;
    const char *name = replay_columns_name(columns, cpu ? REPLAY_CPU_TEMPERATURE : REPLAY_TEMPERATURE);
    const bool limited = replay_columns_have(columns, REPLAY_LIMIT) || replay_columns_have(columns, REPLAY_MARGIN);
    const double limit_c = run->options->policy.thermal_limit_c;
    if (!*name)
        puts("  heat    not in this file");
    else if (!isnan(limit_c))
        printf("  heat    column %s, limit %s C as told\n", name, number(limit_c, 1).text);
    else
        printf("  heat    column %s%s\n", name,
               limited ? ", limit as the file has it"
                       : "; no limit is known, so that none is kept: --set thermal.limit_c=83");
}

static void print_policy(const struct replay_run *run) {
    const struct perfadapt__policy *policy = &run->options->policy;
    printf("  policy  %" PRIu32 " levels of quality%s", policy->quality_levels,
           run->options->quality_freed ? " (nothing was said: --levels, --cost, --scale, --fps)" : "");
    if (policy->target_frame_ns)
        printf(", aiming at %s ms a frame\n", number((double)policy->target_frame_ns * 1e-6, 2).text);
    else
        puts(", no frame time aimed at");
}

static void print_heading(const char *place) {
    printf("\n%10s %9s %8s %8s %6s %10s %7s %6s %9s  %s\n", "time", place, "frame", "quality", "scale", "in flight",
           "temp", "busy", "heat", "reasons");
}

void replay_report_source(const struct replay_run *run) {
    const struct replay_source *source = &run->source;
    const struct replay_mangohud *mangohud = &source->header.mangohud;
    printf("%s: %s%s%s%s%s\n", run->options->path, replay_words_writer(run), *mangohud->version ? " " : "",
           mangohud->version, *mangohud->gpu ? " on " : "", mangohud->gpu);
    puts(
        "What the controller would have asked for. This is an open loop: load and heat in the file came from what was\n"
        "drawn then, not from these budgets, and each frame is taken as drawn at the best quality.");
    if (source->owners.count > 1)
        printf("  of      %s; %zu others are left out: --only chooses\n", replay_owners_chosen(&source->owners)->label,
               source->owners.count - 1);
    print_rows(run);
    print_work(run);
    print_heat(run);
    print_policy(run);
    if (!run->options->summary)
        print_heading("line");
}

/* ---- changes ---- */

/* `place` of the file: a line, or a frame. */
static void print_change(const struct replay_tally *tally, uint64_t place, int64_t time_ns) {
    const struct perfadapt_budget *budget = &tally->budget;
    char reasons[REASONS_MAX];
    char quality[PERFADAPT__NUMBER_TEXT];
    perfadapt_reasons_text(budget->reasons, reasons, sizeof reasons);
    snprintf(quality, sizeof quality, "%" PRIu32 "/%" PRIu32, budget->quality, budget->quality_levels - 1);
    printf("%8s s %9" PRIu64 " %8s %8s %6s %10" PRIu32 " %5s C %5s%% %9s  %s\n", number((double)time_ns * 1e-9, 2).text,
           place, frame_time(budget->frame_ns).text, quality, number((double)budget->render_scale, 3).text,
           budget->frames_in_flight, number(tally->heat_c, 1).text, number(100 * tally->busy, 0).text,
           perfadapt_thermal_state_name(budget->thermal_state), reasons);
}

void replay_report_change(const struct replay_run *run, int64_t time_ns) {
    print_change(&run->tally, run->line, time_ns);
}

/* ---- summary ---- */

static void print_frames(const struct replay_tally *tally, int64_t target_ns) {
    if (!tally->periods)
        return;
    const double mean_ms = tally->frames_ns / (double)tally->periods * 1e-6;
    printf("          frames of %s ms on average (%s fps), p50 %s ms, p99 %s ms, %s ms at worst",
           number(mean_ms, 2).text, number(1e3 / mean_ms, 1).text,
           number(replay_spread_quantile(&tally->spread, 0.5) * 1e-6, 2).text,
           number(replay_spread_quantile(&tally->spread, 0.99) * 1e-6, 2).text,
           number((double)tally->worst_frame_ns * 1e-6, 1).text);
    if (target_ns)
        printf(", %s %% beyond the aim",
               percent(replay_share((double)tally->late_frames, (double)tally->periods)).text);
    putchar('\n');
}

static void print_temperatures(const struct replay_tally *tally) {
    if (isnan(tally->heat_most_c))
        return;
    printf("          %s to %s C", number(tally->heat_least_c, 1).text, number(tally->heat_most_c, 1).text);
    if (tally->limited_ns > 0)
        printf(", %s %% of the time at the limit of %s C or above",
               percent(replay_share(tally->hot_ns, tally->limited_ns)).text, number(tally->limit_c, 1).text);
    putchar('\n');
}

static void print_log(const struct replay_run *run) {
    const struct replay_tally *tally = &run->tally;
    const double seconds = (double)tally->last_ns * 1e-9;
    printf("\nthe file  %s s, %" PRIu64 " row%s, %" PRIu64 " frame%s, %" PRIu64 " look%s at the machine\n",
           number(seconds, 1).text, run->source.rows, plural(run->source.rows), tally->frames, plural(tally->frames),
           tally->ticks, plural(tally->ticks));
    print_frames(tally, run->options->policy.target_frame_ns);
    print_temperatures(tally);
}

static void print_budgets(const struct replay_tally *tally) {
    const double whole_ns = (double)tally->last_ns;
    printf("budgets   %" PRIu64 " change%s, %s a minute\n", tally->changes, plural(tally->changes),
           number(replay_share((double)tally->changes, whole_ns / 6e10), 2).text);
    printf("          quality %s of %" PRIu32 " on average, %" PRIu32
           " at the lowest; scale %s, %s; frame at most %s\n",
           number(replay_share(tally->quality_ns, whole_ns), 2).text, tally->budget.quality_levels - 1,
           tally->lowest_quality, number(replay_share(tally->scale_ns, whole_ns), 3).text,
           number(tally->lowest_scale, 3).text, frame_time(tally->longest_frame_ns).text);
    if (tally->frames == 0)
        puts("          without frames nothing is known of what they cost: quality stays where it begins");
    printf("why       %s %% of the time nothing stood in the way",
           percent(replay_share(tally->best_ns, whole_ns)).text);
    for (size_t i = 0; replay_words_reason(i); i++)
        if (tally->reason_ns[i] > 0)
            printf(", %s %% %s", percent(replay_share(tally->reason_ns[i], whole_ns)).text, replay_words_reason(i));
    putchar('\n');
}

static void print_count(const char *text, uint64_t count) {
    if (count)
        printf("          %" PRIu64 " %s\n", count, text);
}

static void print_left_out(const struct replay_run *run) {
    const struct replay_source *source = &run->source;
    const struct replay_pace *pace = &run->pace;
    const uint64_t wrong_times = pace->wrong_times + source->wrong_starts;
    const uint64_t all = source->others + source->made_up + pace->wrong_frames + wrong_times + source->cut +
                         pace->wrong_heat + pace->restarts + source->problems.count;
    if (!all)
        return;
    puts("left out");
    print_count("rows of others", source->others);
    print_count("rows of frames that a driver made up", source->made_up);
    print_count("rows whose frame took no time, or more than there was", pace->wrong_frames);
    print_count("rows whose time lies before that of the row before, or far ahead of all", wrong_times);
    print_count("last row, cut", source->cut);
    print_count("temperatures that no device has", pace->wrong_heat);
    print_count("places where time begins anew: what follows is taken to follow at once", pace->restarts);
    print_count("cells or rows that could not be read", source->problems.count);
}

void replay_report_summary(const struct replay_run *run) {
    print_log(run);
    print_budgets(&run->tally);
    print_left_out(run);
    if (run->source.failure || run->source.stopped)
        puts("The file could not be read to its end: this is of what came before.");
}

/* ---- recordings ---- */

static void print_time(int64_t realtime_s) {
    char text[64] = "?";
    const time_t time = (time_t)realtime_s;
    struct tm parts;
    if (gmtime_r(&time, &parts))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    printf("%s", text);
}

void replay_report_recording(const struct replay_recorded *recorded) {
    const struct perfadapt__record_header *header = &recorded->recording.reader.header;
    printf("%s: %s (%" PRId32 "), %s, recorded by perfadapt %s, file begun ", recorded->path, header->name, header->pid,
           perfadapt_role_name(header->role), header->library);
    print_time(header->taken_realtime_s);
    puts("");
    if (recorded->asks)
        puts("What another policy would have asked for. This is an open loop: load and heat were recorded under the\n"
             "policy of then, and do not follow these budgets.");
    else
        puts("What was decided, decided again from the same readings, frames and events.");
    if (!recorded->options->summary)
        print_heading("frame no.");
}

static void print_why(const struct replay_pass *pass) {
    char text[REPLAY_DECISION_TEXT];
    const struct perfadapt_decision *decision = &pass->replayer.decider.arbiter.decision;
    if (pass->replayer.change != PERFADAPT__BUDGET_DECIDED || decision->generation != pass->tally.budget.generation)
        return;
    perfadapt_decision_text(decision, text, sizeof text);
    printf("%20s%s\n", "", text);
}

void replay_report_decision(const struct replay_pass *pass, int64_t time_ns) {
    print_change(&pass->tally, pass->replayer.tally.frames, time_ns);
    print_why(pass);
}

static void print_parts(const char *name, uint64_t count, const char *text) {
    if (count)
        printf("%-9s %" PRIu64 " part%s %s\n", name, count, plural(count), text);
}

static void print_gaps(const struct replay_recorded *recorded) {
    const uint64_t gaps = recorded->was.replayer.tally.gaps;
    const bool stranded = recorded->was.replayer.stranded;
    if (gaps)
        printf("gaps      %" PRIu64 " part%s of the session %s missing: %s\n", gaps, plural(gaps),
               gaps == 1 ? "is" : "are",
               stranded ? "the last is followed by no state that can be read, and ends the replay"
                        : "the replay goes on behind each with the recorded state");
    if (gaps && recorded->asks)
        puts("          what is asked went on with its own state, without what the missing parts held");
}

static void print_damage(const struct replay_recorded *recorded) {
    const struct perfadapt__recording *recording = &recorded->recording;
    const struct perfadapt__file_reader *reader = &recording->reader;
    const struct perfadapt__replay_tally *tally = &recorded->was.replayer.tally;
    if (reader->damages)
        printf("damaged   %" PRIu64 " byte%s in %" PRIu64 " place%s, the first at byte %" PRIu64 "%s\n",
               reader->damaged_bytes, plural(reader->damaged_bytes), reader->damages, plural(reader->damages),
               reader->damaged_at, reader->cut ? "; the file is cut, its tail is lost" : "");
    print_parts("unread", recording->undecodable, "with records that are not of this build");
    print_parts("severed", recording->severed, "behind a hole in their segment, without which they cannot be read");
    print_parts("doubled", recording->repeated, "there once more, and passed over");
    print_gaps(recorded);
    if (tally->lost)
        printf("          %" PRIu64 " record%s found no room between two looks at the machine\n", tally->lost,
               plural(tally->lost));
}

static void print_verdict(const struct replay_recorded *recorded) {
    const struct perfadapt__replay_tally *tally = &recorded->was.replayer.tally;
    printf("\nreplayed  %s s, %" PRIu64 " frame%s, %" PRIu64 " look%s at the machine, %" PRIu64 " other polic%s\n",
           number((double)(tally->last_ns - recorded->begun_ns) * 1e-9, 1).text, tally->frames, plural(tally->frames),
           tally->ticks, plural(tally->ticks), tally->policies, tally->policies == 1 ? "y" : "ies");
    print_frames(&recorded->was.tally, recorded->was.replayer.decider.policy.target_frame_ns);
    print_temperatures(&recorded->was.tally);
    printf("          %s", recorded->asks ? "as it was: " : "");
    if (tally->differing)
        printf("%" PRIu64 " of %" PRIu64 " budget%s DIFFER%s from the recorded ones, the first after %s s%s\n",
               tally->differing, tally->budgets, plural(tally->budgets), tally->differing == 1 ? "S" : "",
               number((double)(tally->differed_ns - recorded->begun_ns) * 1e-9, 2).text,
               strcmp(recorded->recording.reader.header.library, PERFADAPT_VERSION_STRING) == 0
                   ? ""
                   : ": another version decides otherwise");
    else if (tally->budgets == 0)
        puts("no budget was recorded, for none changed: there is nothing to compare");
    else if (tally->budgets == 1)
        puts("the 1 budget is the recorded one, bit for bit");
    else
        printf("all %" PRIu64 " budgets are the recorded ones, bit for bit\n", tally->budgets);
    print_damage(recorded);
}

void replay_report_replayed(const struct replay_recorded *recorded) {
    print_verdict(recorded);
    if (recorded->asks)
        puts("\nas it was");
    print_budgets(&recorded->was.tally);
    if (!recorded->asks)
        return;
    puts("\nas it is asked");
    print_budgets(&recorded->would.tally);
}
