/* Graphs made of characters. SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>
#include <string.h>

void plot_init(struct plot *plot, int columns, int rows, bool ascii) {
    plot->columns = columns < 0 ? 0 : columns > PLOT_COLUMNS_MAX ? PLOT_COLUMNS_MAX : columns;
    plot->rows = rows < 0 ? 0 : rows > PLOT_ROWS_MAX ? PLOT_ROWS_MAX : rows;
    plot->ascii = ascii;
    memset(plot->cells, 0, sizeof plot->cells);
}

int plot_width(const struct plot *plot) {
    return plot->ascii ? plot->columns : plot->columns * 2;
}

int plot_height(const struct plot *plot) {
    return plot->ascii ? plot->rows : plot->rows * 4;
}

static void set_dot(struct plot *plot, int x, int y) {
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (plot->ascii) {
        plot->cells[y][x] = 1;
    } else {
        plot->cells[y / 4][x / 2] |= bits[y % 4][x % 2];
    }
}

void plot_column(struct plot *plot, int x, int y_from, int y_to) {
    const int low = y_from < y_to ? y_from : y_to;
    const int high = y_from < y_to ? y_to : y_from;
    if (x < 0 || x >= plot_width(plot)) {
        return;
    }
    for (int y = low < 0 ? 0 : low; y <= high && y < plot_height(plot); ++y) {
        set_dot(plot, x, y);
    }
}

wchar_t plot_character(const struct plot *plot, int row, int column, char ascii_mark) {
    const uint8_t cell = plot->cells[row][column];
    if (cell == 0) {
        return 0;
    }
    return plot->ascii ? (wchar_t)ascii_mark : (wchar_t)(0x2800 + cell);
}

int plot_scale(const struct plot *plot, double value, double low, double high) {
    const int last = plot_height(plot) - 1;
    if (!(high > low) || isnan(value)) {
        return last;
    }
    const double share = fmin(fmax((value - low) / (high - low), 0), 1);
    return last - (int)lround(share * last);
}

int plot_row(const struct plot *plot, double value, double low, double high) {
    const int dot = plot_scale(plot, value, low, high);
    return plot->ascii ? dot : dot / 4;
}

double plot_row_value(const struct plot *plot, int row, double low, double high) {
    const double dot = plot->ascii ? row : row * 4 + 1.5;
    const int last = plot_height(plot) - 1;
    return last > 0 ? high - (high - low) * dot / last : low;
}

bool plot_is_dash(const struct plot *plot, int x) {
    const int dash = plot->ascii ? 1 : 2;
    return x % (2 * dash) < dash;
}

void plot_dashes(struct plot *plot, int y) {
    for (int x = 0; x < plot_width(plot); ++x) {
        if (plot_is_dash(plot, x)) {
            plot_column(plot, x, y, y);
        }
    }
}

wchar_t plot_bar(double share, bool ascii) {
    static const wchar_t ascii_bars[] = L"__..--=#";
    if (isnan(share)) {
        return L' ';
    }
    const int step = (int)lround(fmin(fmax(share, 0), 1) * 7);
    return ascii ? ascii_bars[step] : (wchar_t)(0x2581 + step);
}
