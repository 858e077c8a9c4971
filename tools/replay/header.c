/* SPDX-License-Identifier: MIT */
#include "replay/header.h"

#include "replay/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define PREAMBLE_MAX 1000 /* lines before a header: remarks */

static bool refuse(const struct replay_header *header, const char *text, char *reason) {
    if (header->table.line)
        snprintf(reason, DRIVE_REASON_MAX, "%.160s:%" PRIu64 ": %.200s", header->path, header->table.line, text);
    else
        snprintf(reason, DRIVE_REASON_MAX, "%.160s: %.200s", header->path, text);
    return false;
}

bool replay_header_skips(const char *text) {
    const char *first = text + strspn(text, " \t");
    return !*first || *first == '#' || strncmp(first, "//", 2) == 0;
}

/* ---- what a line is ---- */

/* Values and no name: a row. */
static bool is_row(const struct replay_table *table) {
    unsigned numbers = 0;
    for (unsigned i = 0; i < table->cell_count; i++) {
        const char *cell = table->cells[i];
        numbers += *cell == '-' || *cell == '+' || *cell == '.' || (*cell >= '0' && *cell <= '9');
    }
    return 2 * numbers > table->cell_count;
}

static bool match(struct replay_header *header, bool as_mangohud) {
    struct replay_table *table = &header->table;
    while (table->cell_count > 1 && !*table->cells[table->cell_count - 1])
        table->cell_count--; /* a comma at the end of the line */
    header->format = as_mangohud ? REPLAY_FORMAT_MANGOHUD : REPLAY_FORMAT_CSV;
    if (as_mangohud)
        return replay_columns_match(&header->columns, table, replay_mangohud_names, replay_mangohud_name_count) > 0;
    return replay_columns_match(&header->columns, table, replay_csv_names, replay_csv_name_count) > 0;
}

static bool match_any(struct replay_header *header) {
    if (header->wanted == REPLAY_FORMAT_MANGOHUD || header->mangohud.seen)
        return match(header, header->wanted != REPLAY_FORMAT_CSV);
    if (header->wanted == REPLAY_FORMAT_AUTO && match(header, true) && replay_mangohud_is_header(&header->columns))
        return true;
    return match(header, false);
}

static bool is_useful(const struct replay_header *header, char *reason) {
    const struct replay_columns *columns = &header->columns;
    unsigned found = 0;
    for (int role = REPLAY_PERIOD; role <= REPLAY_THROTTLE; role++)
        found += replay_columns_have(columns, (enum replay_role)role);
    const bool frames = replay_columns_have(columns, REPLAY_PERIOD) || replay_columns_have(columns, REPLAY_FPS);
    if (header->format == REPLAY_FORMAT_MANGOHUD && !frames)
        return refuse(header, "no column frametime or fps: not MangoHud's header", reason);
    if (!replay_columns_have(columns, REPLAY_TIME) && !frames)
        return refuse(header,
                      "no column tells the time (t_s, timestamp, TimeInSeconds, ...) or how long frames take "
                      "(frame_ms, fps, FrameTime, MsBetweenPresents, ...); --columns names them",
                      reason);
    return found > 0 ||
           refuse(header, "no column tells of frames or of the machine; docs/replay.md lists names", reason);
}

/* ---- reading ---- */

static bool refuse_length(const struct replay_header *header, char *reason) {
    return refuse(header, "a line of more than 4095 bytes where a header was looked for: no CSV", reason);
}

/* The next line that is no remark, cut into cells. */
static bool read_cells(struct replay_header *header, char *reason) {
    struct replay_table *table = &header->table;
    for (int i = 0; i < PREAMBLE_MAX; i++) {
        switch (replay_table_next(table)) {
        case REPLAY_TABLE_TOO_LONG:
        case REPLAY_TABLE_ENDLESS:
            return refuse_length(header, reason);
        case REPLAY_TABLE_NUL:
            return refuse(header, "a NUL byte: no text in UTF-8 (UTF-16 is, by iconv -f UTF-16 -t UTF-8)", reason);
        case REPLAY_TABLE_END:
            return refuse(header, table->line ? "the file ends where a header was looked for" : "the file is empty",
                          reason);
        case REPLAY_TABLE_FAILED:
            return refuse(header, strerror(errno), reason);
        default:
            break;
        }
        if (replay_header_skips(table->text))
            continue;
        table->separator = replay_table_separator(table->text);
        const char *wrong = replay_table_split(table, table->text);
        return !wrong || refuse(header, wrong, reason);
    }
    return refuse(header, "a thousand lines and no header", reason);
}

/* A header that is not in the file. Its names are parted by commas, whatever the file's cells are parted by. */
static bool match_given(struct replay_header *header, const char *names, bool as_mangohud, char *reason) {
    char text[DRIVE_LINE_MAX + 1];
    struct replay_table *table = &header->table;
    if (strlen(names) >= sizeof text)
        return refuse(header, "--columns is longer than any line may be", reason);
    memcpy(text, names, strlen(names) + 1);
    table->separator = ',';
    const char *wrong = replay_table_split(table, text);
    if (wrong)
        return refuse(header, wrong, reason);
    return match(header, as_mangohud) ||
           refuse(header, "--columns: not one of these names is known; docs/replay.md lists them", reason);
}

/* The row at hand was a row already: it is cut once more, for the header's names took the place of its cells. */
static bool hold_row(struct replay_header *header, const char *names, bool as_mangohud, char *reason) {
    char *cells[REPLAY_CELLS_MAX];
    const unsigned count = header->table.cell_count;
    const char separator = header->table.separator;
    memcpy(cells, header->table.cells, count * sizeof *cells);
    if (!match_given(header, names, as_mangohud, reason))
        return false;
    memcpy(header->table.cells, cells, count * sizeof *cells);
    header->table.cell_count = count;
    header->table.separator = separator;
    header->held = true;
    return true;
}

/* As MangoHud wrote before it named its columns. */
static bool is_nameless_mangohud(const struct replay_header *header) {
    return header->mangohud.seen && header->wanted != REPLAY_FORMAT_CSV && header->table.cell_count == 4 &&
           is_row(&header->table);
}

static bool take_first(struct replay_header *header, char *reason) {
    if (is_nameless_mangohud(header))
        return hold_row(header, replay_mangohud_first_header, true, reason);
    if (match_any(header))
        return true;
    if (is_row(&header->table))
        return refuse(header, "no header: values where names were looked for; --columns A,B,... names them", reason);
    return refuse(header, "no column of this header is known; docs/replay.md lists names", reason);
}

static bool search(struct replay_header *header, char *reason) {
    do {
        if (!read_cells(header, reason))
            return false;
    } while (header->wanted != REPLAY_FORMAT_CSV && replay_mangohud_take(&header->mangohud, &header->table));
    return true;
}

bool replay_header_read(struct replay_header *header, const struct replay_options *options,
                        char out_reason[DRIVE_REASON_MAX]) {
    header->path = options->path;
    header->wanted = options->format;
    header->held = false;
    replay_mangohud_init(&header->mangohud);
    if (replay_table_begins_too_long(&header->table)) {
        header->table.line = 1;
        return refuse_length(header, out_reason);
    }
    if (!search(header, out_reason))
        return false;
    const bool given = options->columns != NULL;
    if (given ? !hold_row(header, options->columns, options->format == REPLAY_FORMAT_MANGOHUD, out_reason)
              : !take_first(header, out_reason))
        return false;
    return is_useful(header, out_reason);
}

bool replay_header_again(const struct replay_header *header) {
    const struct replay_table *table = &header->table;
    if (header->format == REPLAY_FORMAT_MANGOHUD && replay_mangohud_begins(table))
        return true;
    return table->cell_count > 1 && header->columns.count > 1 && *table->cells[0] &&
           strcasecmp(table->cells[0], header->columns.names[0]) == 0 &&
           strcasecmp(table->cells[1], header->columns.names[1]) == 0;
}

bool replay_header_read_again(struct replay_header *header) {
    char reason[DRIVE_REASON_MAX];
    const struct replay_columns before = header->columns;
    const enum replay_format format = header->format;
    if (replay_mangohud_begins(&header->table)) {
        replay_mangohud_take(&header->mangohud, &header->table);
        if (!search(header, reason))
            return false;
    }
    if (take_first(header, reason) && is_useful(header, reason) && header->format == format)
        return true;
    header->columns = before;
    header->format = format;
    header->held = false;
    return false;
}
