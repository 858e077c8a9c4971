/* Lines of text made before they are placed. SPDX-License-Identifier: MIT */
#include "sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct sheet_line *next_line(struct sheet *sheet) {
    if (sheet->count == SHEET_LINES_MAX) {
        return NULL;
    }
    struct sheet_line *line = &sheet->lines[sheet->count++];
    memset(line, 0, sizeof *line);
    return line;
}

void sheet_heading(struct sheet *sheet, const char *text) {
    if (sheet->count > 0) {
        next_line(sheet);
    }
    struct sheet_line *line = next_line(sheet);
    if (line != NULL) {
        line->heading = true;
        line->style = STYLE_STRONG;
        snprintf(line->text, sizeof line->text, "%s", text);
    }
}

void sheet_add(struct sheet *sheet, const char *label, enum screen_style style, const char *format, ...) {
    struct sheet_line *line = next_line(sheet);
    if (line == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text, sizeof line->text, format, arguments);
    va_end(arguments);
    snprintf(line->label, sizeof line->label, "%s", label);
    line->style = style;
}
