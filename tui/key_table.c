/* All keys in one table. SPDX-License-Identifier: MIT */
#include "key_table.h"

#include <string.h>

enum { PANES = 1U << VIEW_PANES, DETAILS = 1U << VIEW_DETAILS, BOTH = PANES | DETAILS, ENTER = '\r', ESCAPE = 27 };

/* Helps are short: two columns of them are to fit beside each other on 80. */
static const struct key_entry entries[] = {
    {"?", "Help", "this help; also h, F1", '?', 0, 1, BOTH},
    {"Enter", "Details", "details of the selected app", ENTER, 0, 2, PANES},
    {"Esc", "Back", "back, or drop the filter", ESCAPE, 0, 2, DETAILS},
    {"Up Down", "Scroll", "select app; scroll details", 0, 0, 4, DETAILS},
    {"j k", NULL, "likewise", 0, 0, 9, 0},
    {"PgUp PgDn", NULL, "ten at once; Home the first", 0, 0, 9, 0},
    {"<- ->", "App", "details: app before, next", 0, 0, 5, DETAILS},
    {"/", "Filter", "apps by part of name or pid", '/', 0, 3, PANES},
    {"s S", "Sort", "sort by the next; reverse", 's', 'S', 4, PANES},
    {"Space", "Pause", "pause, and go on", ' ', 0, 5, BOTH},
    {"[ ]", "Time", "back, forth in time; { } 30 s", '[', ']', 6, BOTH},
    {"End", NULL, "to the newest moment", 0, 0, 9, 0},
    {"r", "Record", "record to a file, and stop", 'r', 0, 12, BOTH},
    {"+ -", "Rate", "refresh faster, slower", '+', '-', 7, BOTH},
    {"e", "Events", "events of all, of selected", 'e', 0, 8, PANES},
    {"g", "fps/ms", "frames in ms, or per second", 'g', 0, 9, PANES},
    {"1-6", "Panes", "hide and show panes", 0, 0, 10, PANES},
    {"w", "Write", "write the setup to a file", 'w', 0, 11, PANES},
    {"q", "Quit", "quit", 'q', 0, 0, BOTH},
};

enum { COUNT = sizeof entries / sizeof *entries, GAP = 2, FIRST_COLUMN = 1 };

const struct key_entry *key_table(size_t *out_count) {
    *out_count = COUNT;
    return entries;
}

static int width_of(const struct key_entry *entry) {
    return (int)strlen(entry->keys) + 1 + (int)strlen(entry->word);
}

static void choose(int columns, enum view_page page, bool shown[COUNT]) {
    int left = columns - FIRST_COLUMN;
    memset(shown, 0, COUNT * sizeof *shown);
    for (int priority = 0; priority < 16; ++priority) {
        for (int i = 0; i < COUNT; ++i) {
            const bool asked =
                entries[i].word != NULL && entries[i].priority == priority && (entries[i].pages & 1U << page) != 0;
            if (asked && width_of(&entries[i]) <= left) {
                shown[i] = true;
                left -= width_of(&entries[i]) + GAP;
            }
        }
    }
}

int key_table_place(int columns, enum view_page page, struct key_place out[KEY_PLACES_MAX]) {
    bool shown[COUNT];
    int count = 0;
    int column = FIRST_COLUMN;
    choose(columns, page, shown);
    for (int i = 0; i < COUNT && count < KEY_PLACES_MAX; ++i) {
        if (shown[i]) {
            out[count++] = (struct key_place){&entries[i], column, width_of(&entries[i])};
            column += width_of(&entries[i]) + GAP;
        }
    }
    return count;
}

int key_table_at(int columns, enum view_page page, int column) {
    struct key_place places[KEY_PLACES_MAX];
    const int count = key_table_place(columns, page, places);
    for (int i = 0; i < count; ++i) {
        const struct key_place *place = &places[i];
        const int within = column - place->column;
        if (within >= 0 && within < place->width) {
            const bool right = place->entry->code_right != 0 && within >= (int)strlen(place->entry->keys) - 1;
            return right ? place->entry->code_right : place->entry->code;
        }
    }
    return 0;
}
