/*
 * Rows of a CSV file of any size and content, in a fixed buffer. SPDX-License-Identifier: MIT
 *
 * Cells are parted by the separator that the header uses: comma, semicolon or tab. A cell may be quoted, a quoted "" is
 * one quote; no cell holds a newline. Blanks around a cell, carriage returns at the end and a byte order mark are no
 * part of it.
 */
#ifndef PERFADAPT_TOOLS_REPLAY_TABLE_H
#define PERFADAPT_TOOLS_REPLAY_TABLE_H

#include "drive/input.h"

#include <stdint.h>

#define REPLAY_CELLS_MAX 256
#define REPLAY_LINE_MIB 1 /* a line beyond that is no line: its end may be as far as the disk's */

struct replay_table {
    struct drive_input input;
    uint64_t line; /* of the file, from 1: the row at hand */
    char separator;
    bool unended; /* the row at hand is the file's last and has no newline: it may be cut */
    char *text;   /* the line; cut into cells by replay_table_split() */
    unsigned cell_count;
    char *cells[REPLAY_CELLS_MAX];
};

enum replay_table_result {
    REPLAY_TABLE_LINE = 0,
    REPLAY_TABLE_TOO_LONG = 1, /* skipped */
    REPLAY_TABLE_NUL = 2,      /* holds a NUL: no text */
    REPLAY_TABLE_END = 3,
    REPLAY_TABLE_FAILED = 4, /* errno tells why */
    REPLAY_TABLE_ENDLESS = 5 /* a line of more than REPLAY_LINE_MIB: nothing behind it is read */
};

/* `beginning` is what has been read of `fd` before. */
void replay_table_init(struct replay_table *table, int fd, const char *beginning, size_t count);

/* Whether the file begins with a line that is longer than any may be, without looking for its end: it may be far. */
bool replay_table_begins_too_long(struct replay_table *table);

/* The next line, not yet cut; valid until the next call. */
enum replay_table_result replay_table_next(struct replay_table *table);

/* Cuts `text`. Why not, or NULL: a quote that is not closed, too many cells. */
const char *replay_table_split(struct replay_table *table, char *text);

/* The separator that cuts `text` into most cells. */
char replay_table_separator(const char *text);

#endif
