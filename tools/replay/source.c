/* SPDX-License-Identifier: MIT */
#include "replay/source.h"

#include "replay/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h> /* NAN and isnan only */
#include <perfadapt/perfadapt.h>
#include <string.h>
#include <strings.h>

static const int64_t time_most_ns = INT64_C(9000000000000000000);

/* ---- cells ---- */

static const char *cell_of(const struct replay_source *source, enum replay_role role) {
    return replay_columns_cell(&source->header.columns, &source->header.table, role);
}

static void tell(struct replay_source *source, unsigned topic, const char *column, const char *word, const char *text) {
    replay_problems_tell(&source->problems, topic, source->header.table.line, column, word, text);
}

static void tell_cell(struct replay_source *source, enum replay_role role, const char *text) {
    tell(source, role, replay_columns_name(&source->header.columns, role), cell_of(source, role), text);
}

static void read_values(struct replay_source *source, struct replay_row *row) {
    const struct replay_columns *columns = &source->header.columns;
    const bool comma = source->header.table.separator != ',';
    for (int i = REPLAY_PERIOD; i < REPLAY_THROTTLE; i++) {
        const enum replay_role role = (enum replay_role)i;
        row->value[role] = (double)NAN;
        if (columns->cell[role] < 0)
            continue;
        double value;
        const enum replay_value result =
            replay_value_number(cell_of(source, role), replay_kinds[role], columns->factor[role], comma, &value);
        if (result == REPLAY_VALUE_KNOWN)
            row->value[role] = value;
        else if (result == REPLAY_VALUE_WRONG)
            tell_cell(source, role, "is no number with a unit of this column");
    }
}

static void read_time(struct replay_source *source, struct replay_row *row) {
    const struct replay_columns *columns = &source->header.columns;
    const bool comma = source->header.table.separator != ',';
    row->value[REPLAY_TIME] = (double)NAN;
    row->timed = false;
    row->time_ns = 0;
    if (columns->cell[REPLAY_TIME] < 0)
        return;
    const enum replay_value result =
        replay_value_time(cell_of(source, REPLAY_TIME), columns->factor[REPLAY_TIME], comma, &row->time_ns);
    row->timed = result == REPLAY_VALUE_KNOWN;
    if (result == REPLAY_VALUE_WRONG)
        tell_cell(source, REPLAY_TIME, "is no time; the row is left out");
    else if (result == REPLAY_VALUE_UNKNOWN)
        tell(source, REPLAY_TOPIC_TIMELESS, replay_columns_name(columns, REPLAY_TIME), NULL,
             "a row without a time; it is left out");
}

/* The row at hand. False where it is not fit for anything. */
static bool read_row(struct replay_source *source, struct replay_row *row) {
    row->line = source->header.table.line;
    row->owner = replay_owners_hash(&source->header.columns, &source->header.table);
    row->made_up = replay_csv_is_made_up(cell_of(source, REPLAY_FRAME_TYPE));
    row->restart = source->restart;
    read_time(source, row);
    if (replay_columns_have(&source->header.columns, REPLAY_TIME) && !row->timed)
        return false;
    read_values(source, row);
    row->throttle = PERFADAPT_THROTTLING_UNKNOWN;
    if (replay_columns_have(&source->header.columns, REPLAY_THROTTLE) &&
        replay_value_throttle(cell_of(source, REPLAY_THROTTLE), &row->throttle) == REPLAY_VALUE_WRONG)
        tell_cell(source, REPLAY_THROTTLE, "is no cause of throttling");
    source->restart = false;
    return true;
}

/* ---- lines ---- */

/* As many cells as the header has; empty ones behind them are a comma at the line's end. */
static bool has_all_cells(struct replay_source *source) {
    struct replay_table *table = &source->header.table;
    const unsigned wanted = source->header.columns.count;
    while (table->cell_count > wanted && !*table->cells[table->cell_count - 1])
        table->cell_count--;
    if (table->cell_count == wanted)
        return true;
    if (table->unended && table->cell_count < wanted) {
        source->cut++;
        return false;
    }
    char text[64];
    snprintf(text, sizeof text, "%u cells, the header has %u; the row is left out", table->cell_count, wanted);
    tell(source, REPLAY_TOPIC_CELLS, NULL, NULL, text);
    return false;
}

static bool is_chosen(const struct replay_source *source) {
    if (!source->only)
        return true;
    if (source->only_cell < 0)
        return false; /* a header further down does not have that column */
    const struct replay_table *table = &source->header.table;
    return strcasecmp(table->cells[source->only_cell], strchr(source->only, '=') + 1) == 0;
}

static void stop(struct replay_source *source) {
    char text[96];
    snprintf(text, sizeof text, "more than %d MiB in one line; neither it nor what follows is read", REPLAY_LINE_MIB);
    tell(source, REPLAY_TOPIC_ENDLESS, NULL, NULL, text);
    source->stopped = true;
}

/* The next line's cells. False at the end. */
static bool next_cells(struct replay_source *source, bool *out_good) {
    struct replay_table *table = &source->header.table;
    *out_good = true;
    if (source->stopped)
        return false;
    if (source->header.held) {
        source->header.held = false;
        return true;
    }
    const enum replay_table_result result = replay_table_next(table);
    if (result == REPLAY_TABLE_ENDLESS)
        stop(source);
    if (result == REPLAY_TABLE_FAILED)
        source->failure = errno;
    if (result == REPLAY_TABLE_END || result == REPLAY_TABLE_FAILED || result == REPLAY_TABLE_ENDLESS)
        return false;
    *out_good = result == REPLAY_TABLE_LINE;
    if (result == REPLAY_TABLE_TOO_LONG)
        tell(source, REPLAY_TOPIC_LINE, NULL, NULL, "more than 4095 bytes; the line is left out");
    else if (result == REPLAY_TABLE_NUL)
        tell(source, REPLAY_TOPIC_LINE, NULL, NULL, "a NUL byte; the line is left out");
    if (!*out_good || replay_header_skips(table->text)) {
        *out_good = false;
        return true;
    }
    const char *wrong = replay_table_split(table, table->text);
    *out_good = !wrong;
    if (wrong && !table->unended)
        tell(source, REPLAY_TOPIC_QUOTE, NULL, NULL, wrong);
    source->cut += wrong && table->unended;
    return true;
}

static bool find_only(struct replay_source *source);

/* The next row that is whole and chosen, in the file's own units. False at the end. */
static bool next_raw(struct replay_source *source, struct replay_row *row) {
    bool good;
    while (next_cells(source, &good)) {
        if (!good)
            continue;
        if (replay_header_again(&source->header)) {
            source->restart |= replay_header_read_again(&source->header) && find_only(source);
            continue;
        }
        if (!has_all_cells(source))
            continue;
        if (!is_chosen(source)) {
            source->others++;
            continue;
        }
        if (!read_row(source, row))
            continue;
        source->rows++;
        if (row->made_up) {
            source->made_up++;
            continue;
        }
        return true;
    }
    return false;
}

/* ---- units ---- */

static void convert(struct replay_source *source, struct replay_row *row) {
    if (source->header.format != REPLAY_FORMAT_MANGOHUD)
        return;
    row->value[REPLAY_PERIOD] *= source->period_factor;
    const int64_t factor = (int64_t)source->time_factor;
    const int64_t most = time_most_ns / factor;
    row->time_ns = (row->time_ns > most ? most : row->time_ns < -most ? -most : row->time_ns) * factor;
    replay_mangohud_forget_zeros(&source->header.mangohud, row);
}

static bool is_owners(const struct replay_source *source, const struct replay_row *row) {
    return row->owner == replay_owners_chosen(&source->owners)->hash;
}

static void choose_owner(struct replay_source *source) {
    size_t kept = 0;
    replay_owners_choose(&source->owners);
    for (size_t i = 0; i < source->first_count; i++)
        if (is_owners(source, &source->firsts[i]))
            source->firsts[kept++] = source->firsts[i];
    source->others += source->first_count - kept;
    source->first_count = kept;
}

static void survey(struct replay_source *source) {
    choose_owner(source);
    const size_t count = source->first_count;
    source->first_count = replay_survey_drop_wrong_starts(source->firsts, count);
    source->wrong_starts = count - source->first_count;
    source->period_factor = source->time_factor = 1;
    if (source->header.format == REPLAY_FORMAT_MANGOHUD)
        replay_mangohud_units(source->firsts, source->first_count, &source->period_factor, &source->time_factor);
    for (size_t i = 0; i < source->first_count; i++)
        convert(source, &source->firsts[i]);
    replay_survey(source->firsts, source->first_count, &source->traits);
}

/* ---- the source ---- */

static bool find_only(struct replay_source *source) {
    source->only_cell = -1;
    if (source->only)
        source->only_cell = replay_columns_find(&source->header.columns, source->only,
                                                (size_t)(strchr(source->only, '=') - source->only));
    return !source->only || source->only_cell >= 0;
}

static bool is_packed(const char *beginning, size_t count) {
    static const struct {
        char bytes[8];
        size_t count;
    } magics[] = {{"\x1f\x8b", 2}, {"\x28\xb5\x2f\xfd", 4}, {"\xfd\x37zXZ", 5}, {"PK\x03\x04", 4}, {"BZh", 3}};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (count >= magics[i].count && memcmp(beginning, magics[i].bytes, magics[i].count) == 0)
            return true;
    return false;
}

static void count_first(struct replay_source *source) {
    replay_owners_count(&source->owners, &source->header.columns, &source->header.table);
    source->first_count++;
}

bool replay_source_open(struct replay_source *source, const struct replay_options *options, int fd,
                        const char *beginning, size_t count, char out_reason[DRIVE_REASON_MAX]) {
    memset(source, 0, sizeof *source);
    source->problems = (struct replay_problems){.path = options->path, .json = options->json};
    source->only = options->only;
    if (is_packed(beginning, count)) {
        snprintf(out_reason, DRIVE_REASON_MAX, "%.160s: compressed; unpack it, or put what unpacks it before replay -",
                 options->path);
        return false;
    }
    replay_table_init(&source->header.table, fd, beginning, count);
    if (!replay_header_read(&source->header, options, out_reason))
        return false;
    if (!find_only(source)) {
        drive_refuse_word("--only", source->only, "names no column of this file", out_reason);
        return false;
    }
    while (source->first_count < REPLAY_SURVEY_ROWS && next_raw(source, &source->firsts[source->first_count]))
        count_first(source);
    if (source->first_count == 0) {
        snprintf(out_reason, DRIVE_REASON_MAX, "%.160s:%" PRIu64 ": %s", options->path, source->header.table.line,
                 source->failure ? strerror(source->failure) : "not one row that could be replayed");
        return false;
    }
    survey(source);
    return true;
}

bool replay_source_next(struct replay_source *source, struct replay_row *out_row) {
    if (source->first < source->first_count) {
        *out_row = source->firsts[source->first++];
        return true;
    }
    while (next_raw(source, out_row)) {
        if (is_owners(source, out_row)) {
            convert(source, out_row);
            return true;
        }
        source->others++;
    }
    return false;
}
