/* SPDX-License-Identifier: MIT */
#include "replay/table.h"

#include <string.h>

void replay_table_init(struct replay_table *table, int fd, const char *beginning, size_t count) {
    drive_input_init(&table->input, fd);
    table->input.longest = (size_t)REPLAY_LINE_MIB << 20;
    memcpy(table->input.buffer, beginning, count);
    table->input.used = count;
    table->line = 0;
    table->separator = ',';
    table->unended = false;
    table->text = NULL;
    table->cell_count = 0;
}

bool replay_table_begins_too_long(struct replay_table *table) {
    struct drive_input *input = &table->input;
    while (input->used <= DRIVE_LINE_MAX && !memchr(input->buffer, '\n', input->used)) {
        const ssize_t count =
            drive_input_read(input->fd, input->buffer + input->used, DRIVE_LINE_MAX + 1 - input->used);
        if (count <= 0)
            return false; /* the next line tells why */
        input->used += (size_t)count;
    }
    return !memchr(input->buffer, '\n', input->used);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

enum replay_table_result replay_table_next(struct replay_table *table) {
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t length;
    const enum drive_input_result result = drive_input_next(&table->input, &table->text, &length);
    if (result == DRIVE_INPUT_END || result == DRIVE_INPUT_FAILED)
        return result == DRIVE_INPUT_END ? REPLAY_TABLE_END : REPLAY_TABLE_FAILED;
    table->line++;
    if (result == DRIVE_INPUT_ENDLESS)
        return REPLAY_TABLE_ENDLESS;
    if (result == DRIVE_INPUT_TOO_LONG)
        return REPLAY_TABLE_TOO_LONG;
    if (memchr(table->text, '\0', length))
        return REPLAY_TABLE_NUL;
    table->unended = table->text + length == table->input.buffer + table->input.used;
    if (table->line == 1 && strncmp(table->text, byte_order_mark, 3) == 0)
        table->text += 3;
    length = strlen(table->text);
    while (length > 0 && table->text[length - 1] == '\r')
        table->text[--length] = '\0';
    return REPLAY_TABLE_LINE;
}

/* Takes the quotes off, in place. What is behind the closing quote, or NULL. */
static char *unquote(char *text) {
    char *to = text;
    for (char *from = text + 1; *from; from++) {
        if (*from == '"' && from[1] != '"') {
            *to = '\0';
            return from + 1;
        }
        from += *from == '"';
        *to++ = *from;
    }
    return NULL;
}

static char *trim(char *cell, char *end) {
    while (end > cell && is_blank(end[-1]))
        end--;
    *end = '\0';
    return cell;
}

const char *replay_table_split(struct replay_table *table, char *text) {
    table->cell_count = 0;
    for (char *at = text;; at++) {
        if (table->cell_count == REPLAY_CELLS_MAX)
            return "more than 256 cells";
        while (is_blank(*at) && *at != table->separator)
            at++;
        char *cell = at;
        if (*at == '"') {
            at = unquote(at);
            if (!at)
                return "a quote that is not closed";
            at += strcspn(at, (const char[]){table->separator, '\0'});
            table->cells[table->cell_count++] = cell;
            if (!*at)
                return NULL;
            continue;
        }
        at = strchr(at, table->separator);
        char *end = at ? at : cell + strlen(cell);
        table->cells[table->cell_count++] = trim(cell, end);
        if (!at)
            return NULL;
    }
}

char replay_table_separator(const char *text) {
    static const char separators[] = ",;\t";
    char best = ',';
    size_t most = 0;
    for (const char *separator = separators; *separator; separator++) {
        size_t count = 0;
        for (const char *c = text; *c; c++)
            count += *c == *separator;
        if (count > most) {
            most = count;
            best = *separator;
        }
    }
    return best;
}
