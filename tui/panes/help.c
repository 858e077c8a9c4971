/* The help that lies over the panes, and the line of keys at the bottom. SPDX-License-Identifier: MIT */
#include <string.h>

#include "key_table.h"
#include "pane.h"

static const char *const words[][2] = {
    {"C W H !", "cool, warm, hot, critical"}, {"? n/a", "not known, with the reason"},
    {"LIMIT", "ms that a frame may take"},    {"1%LOW", "fps of the slowest 1 %"},
    {"USED", "work, as share of its time"},   {"QUALITY", "level now / best level"},
    {"WHY", "what keeps the budget low"},     {"some full", "time some or all tasks wait"},
};

enum { WORD_COUNT = sizeof words / sizeof *words, NAME_WIDTH = 10, LINE_WIDTH = 37, BORDER = 4, MARGIN = 2 };

struct line {
    const char *name, *text;
};

static int collect(struct line *out, int capacity) {
    size_t keys = 0;
    int count = 0;
    const struct key_entry *entries = key_table(&keys);
    for (size_t i = 0; i < keys && count < capacity; ++i) {
        out[count++] = (struct line){entries[i].keys, entries[i].help};
    }
    for (int i = 0; i < WORD_COUNT && count < capacity; ++i) {
        out[count++] = (struct line){words[i][0], words[i][1]};
    }
    return count;
}

static struct rect centred(struct rect within, int columns, int rows) {
    struct rect box = {.columns = within.columns < columns ? within.columns : columns,
                       .rows = within.rows < rows ? within.rows : rows};
    box.left = within.left + (within.columns - box.columns) / 2;
    box.top = within.top + (within.rows - box.rows) / 2;
    return box;
}

/* The box, with what was below it wiped; returns the part inside. */
static struct pane open_box(const struct pane *pane, int columns, int rows, const char *title) {
    struct pane box = *pane;
    box.mode = LAYOUT_WIDE;
    box.area = centred(pane->area, columns + BORDER, rows + 2);
    for (int row = 0; row < box.area.rows; ++row) {
        pane_fill(&box, row, 0, box.area.columns, STYLE_NORMAL, L' ');
    }
    if (box.area.rows > 4 && box.area.columns > 8) {
        pane_frame(&box, box.area, title);
        box.area.left += BORDER / 2;
        box.area.columns -= BORDER;
        ++box.area.top;
        box.area.rows -= 2;
    }
    return box;
}

static void draw_line(const struct pane *box, int row, int left, const struct line *line) {
    struct pane column = *box;
    column.area.left += left;
    column.area.columns = column.area.columns - left < LINE_WIDTH ? column.area.columns - left : LINE_WIDTH;
    pane_text(&column, row, 0, STYLE_STRONG, line->name);
    pane_text(&column, row, NAME_WIDTH, STYLE_NORMAL, line->text);
}

/* In two columns where one is too high and both fit; where they do not, a part at a time. */
int help_draw(const struct pane *pane) {
    struct line lines[64];
    const int count = collect(lines, (int)(sizeof lines / sizeof *lines));
    const bool halved = count + 2 > pane->area.rows && pane->area.columns >= 2 * LINE_WIDTH + MARGIN + BORDER;
    const int high = halved ? (count + 1) / 2 : count;
    const int first = pane->view->help_top;
    const bool cut = !halved && count - first + 2 > pane->area.rows;
    const struct pane box = open_box(pane, halved ? 2 * LINE_WIDTH + MARGIN : LINE_WIDTH, high,
                                     cut ? "Help: any key for more" : "Help: any key closes it");
    for (int i = first; i < count; ++i) {
        const int row = halved ? i % high : i - first;
        draw_line(&box, row, i >= high ? LINE_WIDTH + MARGIN : 0, &lines[i]);
    }
    return !halved && first + box.area.rows < count ? first + box.area.rows : 0;
}

static void draw_filter(const struct pane *pane) {
    const int column = pane_format(pane, 0, 1, STYLE_STRONG, "/%s", pane->view->filter);
    pane_glyph(pane, 0, column, STYLE_SELECTED, L' ');
    pane_text(pane, 0, column + 3, STYLE_DIM, "part of a name or pid; Enter keeps, Esc clears");
}

void keys_draw(const struct pane *pane) {
    struct key_place places[KEY_PLACES_MAX];
    const struct view *view = pane->view;
    if (view->filtering) {
        draw_filter(pane);
        return;
    }
    if (view->message[0] != '\0') {
        pane_text(pane, 0, 1, STYLE_WARM, view->message);
        return;
    }
    const int count = key_table_place(pane->area.columns, view->page, places);
    for (int i = 0; i < count; ++i) {
        const int column = pane_text(pane, 0, places[i].column, STYLE_STRONG, places[i].entry->keys) + 1;
        pane_text(pane, 0, column, STYLE_DIM, places[i].entry->word);
    }
}
