/* The terminal: taken and given back, colours and glyphs. SPDX-License-Identifier: MIT */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include <stdbool.h>

#include "options.h"

enum screen_style {
    STYLE_NORMAL,
    STYLE_DIM,
    STYLE_STRONG,
    STYLE_BORDER,
    STYLE_COOL,
    STYLE_WARM,
    STYLE_HOT,
    STYLE_CRITICAL,
    STYLE_SELECTED,
    STYLE_LIMIT,
    STYLE_SERIES_1,
    STYLE_SERIES_2,
    STYLE_SERIES_3,
    STYLE_COUNT
};

/* True where the locale cannot show more than ASCII, or the options ask for no more. setlocale() comes before. */
bool screen_is_ascii(const struct options *options);

/* Whether a screen can be drawn where TERM says. Returns -1, else the exit code, after a line on standard error. */
int screen_check(void);

/* Takes the terminal that screen_check() found fit. Returns -1 when that worked, else the exit code, after a line on
 * standard error. */
int screen_start(const struct options *options);

/* Gives the terminal back as it was. Does nothing where it is not taken. */
void screen_stop(void);

/* The next key as getch() gives it, ERR where there is none. */
int screen_key(void);

/* Takes over the size the terminal has now. */
void screen_resize(void);

void screen_style(enum screen_style style);

#endif
