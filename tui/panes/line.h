/* A line of pieces, of which as many are drawn whole as have room. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_LINE_H
#define TUI_PANES_LINE_H

#include "pane.h"

enum { LINE_PIECES_MAX = 24, LINE_TEXT_MAX = 128, LINE_GAP = 2 };

struct line_piece {
    int priority; /* 0 is the last to be left out */
    bool glued;   /* follows the piece before without a gap, and is left out with it */
    bool follows; /* a piece of its own that says nothing without the one before */
    bool shown;
    enum screen_style style;
    char text[LINE_TEXT_MAX];
};

struct line {
    const struct pane *pane;
    int count;
    struct line_piece pieces[LINE_PIECES_MAX];
};

void line_begin(struct line *line, const struct pane *pane);

/* A piece of its own; an empty text adds none. */
void line_add(struct line *line, int priority, enum screen_style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As line_add(), left out where the piece before it is. */
void line_follow(struct line *line, int priority, enum screen_style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* More of the piece before, in another style. */
void line_glue(struct line *line, enum screen_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Draws in the columns from `left` on and before `right`. Returns the column behind the last piece. The first piece is
 * cut where not even it has room. */
int line_draw(struct line *line, int row, int left, int right);

#endif
