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

void sheet_append(struct sheet *sheet, const char *format, ...) {
    if (sheet->count == 0) {
        return;
    }
    struct sheet_line *line = &sheet->lines[sheet->count - 1];
    const size_t length = strlen(line->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text + length, sizeof line->text - length, format, arguments);
    va_end(arguments);
}

/* The last blank that leaves no more than that many columns before it; 0 = there is none. A byte that continues a
 * character of UTF-8 takes no column of its own. */
static size_t fold_at(const char *text, size_t columns) {
    size_t used = 0;
    size_t blank = 0;
    for (size_t i = 0; text[i] != '\0'; ++i) {
        if (text[i] == ' ' && used <= columns) {
            blank = i;
        }
        used += ((unsigned char)text[i] & 0xc0U) != 0x80U;
    }
    return used > columns ? blank : 0;
}

void sheet_fold(struct sheet *sheet, size_t columns) {
    for (int i = 0; i < sheet->count && sheet->count < SHEET_LINES_MAX; ++i) {
        struct sheet_line *line = &sheet->lines[i];
        const size_t at = line->label[0] != '\0' ? fold_at(line->text, columns) : 0;
        if (at == 0) {
            continue;
        }
        memmove(line + 1, line, (size_t)(sheet->count - i) * sizeof *line);
        ++sheet->count;
        line->text[at] = '\0';
        struct sheet_line *rest = line + 1;
        snprintf(rest->label, sizeof rest->label, " "); /* stands under the text, not at the left */
        memmove(rest->text, rest->text + at + 1, strlen(rest->text + at + 1) + 1);
    }
}
