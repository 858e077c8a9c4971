/* Graphs made of characters: eight braille dots each, or one ASCII mark. SPDX-License-Identifier: MIT */
#ifndef TUI_PLOT_H
#define TUI_PLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#define PLOT_COLUMNS_MAX 320
#define PLOT_ROWS_MAX 96

struct plot {
    int columns, rows; /* in characters */
    bool ascii;
    uint8_t cells[PLOT_ROWS_MAX][PLOT_COLUMNS_MAX];
};

/* A size beyond the maximum is cut. */
void plot_init(struct plot *plot, int columns, int rows, bool ascii);

/* The canvas in dots. */
int plot_width(const struct plot *plot);
int plot_height(const struct plot *plot);

/* Sets the dots from y_from to y_to at x, counted from the top left; what is outside is left out. */
void plot_column(struct plot *plot, int x, int y_from, int y_to);

/* The character of a cell, 0 where no dot is set. */
wchar_t plot_character(const struct plot *plot, int row, int column, char ascii_mark);

/* The dot for a value between low (bottom) and high (top). */
int plot_scale(const struct plot *plot, double value, double low, double high);

/* The row of characters that dot is in, and the value in the middle of a row. */
int plot_row(const struct plot *plot, double value, double low, double high);
double plot_row_value(const struct plot *plot, int row, double low, double high);

/* Whether a broken line has a dot at x. */
bool plot_is_dash(const struct plot *plot, int x);

/* A broken horizontal line at the dot y. */
void plot_dashes(struct plot *plot, int y);

/* One character as high as the share, 0 to 1; a blank for NAN. */
wchar_t plot_bar(double share, bool ascii);

#endif
