/* Lines of text made before they are placed: what the page of details is composed of. SPDX-License-Identifier: MIT */
#ifndef TUI_SHEET_H
#define TUI_SHEET_H

#include <stddef.h>

#include "screen.h"

#define SHEET_LINES_MAX 120
#define SHEET_TEXT_MAX 200

struct sheet_line {
    char label[20]; /* "" = the text begins at the left */
    char text[SHEET_TEXT_MAX];
    enum screen_style style;
    bool heading;
};

/* Lines beyond the maximum are dropped. */
struct sheet {
    int count;
    struct sheet_line lines[SHEET_LINES_MAX];
};

/* A heading, with a blank line above where it is not the first. */
void sheet_heading(struct sheet *sheet, const char *text);
void sheet_add(struct sheet *sheet, const char *label, enum screen_style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* More of the line added last. */
void sheet_append(struct sheet *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Breaks lines whose text is wider than that many columns between words; what follows stands below it. */
void sheet_fold(struct sheet *sheet, size_t columns);

#endif
