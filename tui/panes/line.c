/* A line of pieces. SPDX-License-Identifier: MIT */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>

void line_begin(struct line *line, const struct pane *pane) {
    line->pane = pane;
    line->count = 0;
}

static void add(struct line *line, const struct line_piece *kind, const char *format, va_list arguments) {
    if (line->count == LINE_PIECES_MAX) {
        return;
    }
    struct line_piece *piece = &line->pieces[line->count];
    *piece = *kind;
    vsnprintf(piece->text, sizeof piece->text, format, arguments);
    line->count += piece->text[0] != '\0';
}

void line_add(struct line *line, int priority, enum screen_style style, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(line, &(struct line_piece){.priority = priority, .style = style}, format, arguments);
    va_end(arguments);
}

void line_follow(struct line *line, int priority, enum screen_style style, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(line, &(struct line_piece){.priority = priority, .follows = line->count > 0, .style = style}, format,
        arguments);
    va_end(arguments);
}

void line_glue(struct line *line, enum screen_style style, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(line, &(struct line_piece){.glued = line->count > 0, .style = style}, format, arguments);
    va_end(arguments);
}

/* The first piece behind the one at `first` that is not glued to it; *out_width gets what is between, with its gap. */
static int group_end(const struct line *line, int first, int *out_width) {
    int end = first + 1;
    *out_width = LINE_GAP + pane_width(line->pane, line->pieces[first].text);
    for (; end < line->count && line->pieces[end].glued; ++end) {
        *out_width += pane_width(line->pane, line->pieces[end].text);
    }
    return end;
}

static void show(struct line *line, int first, int end) {
    for (int i = first; i < end; ++i) {
        line->pieces[i].shown = true;
    }
}

/* By priority; what does not fit is left out, and something smaller behind it may still be taken. */
static void choose(struct line *line, int room) {
    room += LINE_GAP; /* none behind the last */
    for (int priority = 0; priority < LINE_PIECES_MAX; ++priority) {
        int width = 0;
        for (int first = 0, end = 0; first < line->count; first = end) {
            end = group_end(line, first, &width);
            const struct line_piece *piece = &line->pieces[first];
            const bool allowed = !piece->follows || piece[-1].shown;
            if (piece->priority == priority && allowed && (width <= room || priority == 0)) {
                show(line, first, end);
                room -= width;
            }
        }
    }
}

int line_draw(struct line *line, int row, int left, int right) {
    struct pane within = *line->pane;
    within.area.columns = right < within.area.columns ? right : within.area.columns;
    choose(line, right - left);
    int column = left;
    for (int i = 0; i < line->count; ++i) {
        const struct line_piece *piece = &line->pieces[i];
        if (piece->shown) {
            column += column > left && !piece->glued ? LINE_GAP : 0;
            column = pane_text(&within, row, column, piece->style, piece->text);
        }
    }
    return column;
}
