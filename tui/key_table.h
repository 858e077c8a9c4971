/* All keys in one table: the help, the line at the bottom and clicks on it go by it. SPDX-License-Identifier: MIT */
#ifndef TUI_KEY_TABLE_H
#define TUI_KEY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "view.h"

struct key_entry {
    const char *keys;
    const char *word; /* beside it in the line at the bottom; NULL = only in the help */
    const char *help;
    int code;       /* the key that a click stands for; 0 = none */
    int code_right; /* likewise, of the right half where that is another; 0 = the same */
    int priority;   /* in the line: the highest number is left out first */
    unsigned pages; /* bits of enum view_page where the line shows it */
};

const struct key_entry *key_table(size_t *out_count);

/* Where an entry stands in the line at the bottom. */
struct key_place {
    const struct key_entry *entry;
    int column, width;
};

#define KEY_PLACES_MAX 24

/* Those that fit, in the order of the table. Returns how many. */
int key_table_place(int columns, enum view_page page, struct key_place out[KEY_PLACES_MAX]);

/* The key that a click at this column of the line stands for, 0 for none. */
int key_table_at(int columns, enum view_page page, int column);

#endif
