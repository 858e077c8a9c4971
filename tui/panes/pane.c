/* Ways to put text into a pane. SPDX-License-Identifier: MIT */
#include "pane.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <curses.h>

#include "app_order.h"
#include "text.h"

enum { TEXT_MAX = 512 };

static bool inside(const struct pane *pane, int row, int column) {
    return row >= 0 && row < pane->area.rows && column >= 0 && column < pane->area.columns;
}

/* The character to draw for a code point: one that takes exactly its columns and no control of the terminal. */
static wchar_t drawable(uint32_t code, bool ascii) {
    if (code >= 0x20 && code < 0x7f) {
        return (wchar_t)code;
    }
    const wchar_t character = (wchar_t)code;
    return ascii || wcwidth(character) < 1 ? L'?' : character;
}

/* The columns that a code point takes, 0 where it is left out; *out_character is what is drawn. */
static int place(const struct pane *pane, uint32_t code, wchar_t *out_character) {
    if (code == 0xb0 && pane->view->ascii) {
        return 0;
    }
    *out_character = drawable(code, pane->view->ascii);
    return *out_character < 0x7f ? 1 : wcwidth(*out_character);
}

int pane_text(const struct pane *pane, int row, int column, enum screen_style style, const char *text) {
    wchar_t wide[TEXT_MAX];
    int count = 0;
    int end = column;
    if (!inside(pane, row, column)) {
        return column;
    }
    for (const char *cursor = text; *cursor != '\0' && count < TEXT_MAX - 1;) {
        const int width = place(pane, text_decode(&cursor), &wide[count]);
        if (end + width > pane->area.columns) {
            break;
        }
        count += width > 0;
        end += width;
    }
    screen_style(style);
    mvaddnwstr(pane->area.top + row, pane->area.left + column, wide, count);
    return end;
}

int pane_format(const struct pane *pane, int row, int column, enum screen_style style, const char *format, ...) {
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return pane_text(pane, row, column, style, text);
}

int pane_width(const struct pane *pane, const char *text) {
    wchar_t character = 0;
    int width = 0;
    while (*text != '\0') {
        width += place(pane, text_decode(&text), &character);
    }
    return width;
}

int pane_field(const struct pane *pane, int row, int column, int width, bool right, enum screen_style style,
               const char *text) {
    const int length = pane_width(pane, text);
    struct pane field = *pane;
    field.area.left += column;
    field.area.columns = width < pane->area.columns - column ? width : pane->area.columns - column;
    pane_fill(&field, row, 0, width, style, L' ');
    pane_text(&field, row, right && length < width ? width - length : 0, style, text);
    return column + width;
}

void pane_glyph(const struct pane *pane, int row, int column, enum screen_style style, wchar_t glyph) {
    if (inside(pane, row, column)) {
        screen_style(style);
        mvaddnwstr(pane->area.top + row, pane->area.left + column, &glyph, 1);
    }
}

void pane_fill(const struct pane *pane, int row, int column, int count, enum screen_style style, wchar_t glyph) {
    for (int i = 0; i < count; ++i) {
        pane_glyph(pane, row, column + i, style, glyph);
    }
}

void pane_plot(const struct pane *pane, int row, int column, enum screen_style style, const struct plot *plot,
               char ascii_mark) {
    for (int y = 0; y < plot->rows; ++y) {
        for (int x = 0; x < plot->columns; ++x) {
            const wchar_t glyph = plot_character(plot, y, x, ascii_mark);
            if (glyph != 0) {
                pane_glyph(pane, row + y, column + x, style, glyph);
            }
        }
    }
}

static void draw_box(const struct pane *outer) {
    const bool ascii = outer->view->ascii;
    const int bottom = outer->area.rows - 1;
    const int right = outer->area.columns - 1;
    pane_fill(outer, 0, 1, right - 1, STYLE_BORDER, ascii ? L'-' : L'─');
    pane_fill(outer, bottom, 1, right - 1, STYLE_BORDER, ascii ? L'-' : L'─');
    for (int row = 1; row < bottom; ++row) {
        pane_glyph(outer, row, 0, STYLE_BORDER, ascii ? L'|' : L'│');
        pane_glyph(outer, row, right, STYLE_BORDER, ascii ? L'|' : L'│');
    }
    pane_glyph(outer, 0, 0, STYLE_BORDER, ascii ? L'+' : L'┌');
    pane_glyph(outer, 0, right, STYLE_BORDER, ascii ? L'+' : L'┐');
    pane_glyph(outer, bottom, 0, STYLE_BORDER, ascii ? L'+' : L'└');
    pane_glyph(outer, bottom, right, STYLE_BORDER, ascii ? L'+' : L'┘');
}

void pane_frame(const struct pane *pane, struct rect outer, const char *title) {
    struct pane frame = *pane;
    frame.area = outer;
    if (pane->mode == LAYOUT_SMALL) {
        return;
    }
    if (pane->mode == LAYOUT_WIDE) {
        draw_box(&frame);
    } else {
        pane_fill(&frame, 0, 0, outer.columns, STYLE_BORDER, pane->view->ascii ? L'-' : L'─');
    }
    frame.area.columns -= 2; /* a long title leaves the corner */
    pane_format(&frame, 0, 2, STYLE_STRONG, " %s ", title);
}

const struct model_app *pane_selected(const struct pane *pane) {
    return app_order_selected(&pane->model->apps, pane->view);
}

enum screen_style pane_state_style(enum perfadapt_thermal_state state) {
    switch (state) {
    case PERFADAPT_THERMAL_COOL:
        return STYLE_COOL;
    case PERFADAPT_THERMAL_WARM:
        return STYLE_WARM;
    case PERFADAPT_THERMAL_HOT:
        return STYLE_HOT;
    case PERFADAPT_THERMAL_CRITICAL:
        return STYLE_CRITICAL;
    case PERFADAPT_THERMAL_UNKNOWN:
        break;
    }
    return STYLE_NORMAL;
}
