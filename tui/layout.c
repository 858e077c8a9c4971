/* Where each pane goes. SPDX-License-Identifier: MIT */
#include "layout.h"

#include <string.h>

enum { WIDE_COLUMNS = 100, WIDE_ROWS = 28, NARROW_COLUMNS = 60, NARROW_ROWS = 12, BANDS_MAX = 5 };

/* A horizontal strip that shares the rows with others. */
struct band {
    enum layout_pane pane;
    int minimum;  /* below it the band is left out */
    int wanted;   /* what it can fill with text */
    int growing;  /* takes what is left over */
    int priority; /* 0 first */
    int rows;
};

static int clamp(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

static int give_minimum(struct band *bands, int count, int left) {
    for (int priority = 0; priority < count; ++priority) {
        for (int i = 0; i < count; ++i) {
            if (bands[i].priority == priority && bands[i].minimum <= left) {
                bands[i].rows = bands[i].minimum;
                left -= bands[i].minimum;
            }
        }
    }
    return left;
}

static int give_wanted(struct band *bands, int count, int left) {
    for (int given = 1; given > 0 && left > 0;) {
        given = 0;
        for (int i = 0; i < count && left > 0; ++i) {
            if (bands[i].rows > 0 && bands[i].rows < bands[i].wanted) {
                ++bands[i].rows;
                --left;
                ++given;
            }
        }
    }
    return left;
}

static void give_rest(struct band *bands, int count, int left) {
    int growing = 0;
    for (int i = 0; i < count; ++i) {
        growing += bands[i].rows > 0 && bands[i].growing;
    }
    for (int i = 0; i < count && growing > 0; ++i) {
        if (bands[i].rows > 0 && bands[i].growing) {
            const int share = left / growing;
            bands[i].rows += share;
            left -= share;
            --growing;
        }
    }
}

static void share_rows(struct band *bands, int count, int rows) {
    const int left = give_minimum(bands, count, rows);
    give_rest(bands, count, give_wanted(bands, count, left));
}

static int place(const struct band *bands, int count, int columns, int top, struct layout *out) {
    for (int i = 0; i < count; ++i) {
        if (bands[i].rows > 0) {
            out->panes[bands[i].pane] = (struct rect){top, 0, bands[i].rows, columns};
            top += bands[i].rows;
        }
    }
    return top;
}

static void ends(int columns, int rows, struct layout *out) {
    out->panes[PANE_HEADER] = (struct rect){0, 0, 2, columns};
    out->panes[PANE_KEYS] = (struct rect){rows - 1, 0, 1, columns};
}

static void compute_wide(int columns, int rows, const struct layout_counts *counts, struct layout *out) {
    struct band bands[] = {
        {PANE_TEMPERATURES, 10, clamp(counts->sensors, 1, 12) + 10, 1, 1, 0},
        {PANE_APPS, 4, 3 + clamp(counts->apps, 2, 10), 0, 0, 0},
        {PANE_FRAMES, 6, 9, 1, 2, 0},
        {PANE_EVENTS, 4, 2 + clamp(counts->events, 3, 8), 1, 3, 0},
    };
    const int count = (int)(sizeof bands / sizeof *bands);
    share_rows(bands, count, rows - 3);
    place(bands, count, columns, 2, out);
    struct rect *left = &out->panes[PANE_TEMPERATURES];
    struct rect *right = &out->panes[PANE_PRESSURE];
    *right = *left;
    left->columns = columns / 2;
    right->left = left->columns;
    right->columns = columns - left->columns;
    ends(columns, rows, out);
}

static void compute_narrow(int columns, int rows, const struct layout_counts *counts, struct layout *out) {
    struct band bands[BANDS_MAX] = {
        {PANE_TEMPERATURES, 2, 1 + clamp(counts->sensors, 1, 3), 1, 1, 0},
        {PANE_PRESSURE, 4, 6, 0, 2, 0},
        {PANE_APPS, 3, 2 + clamp(counts->apps, 1, 6), 0, 0, 0},
        {PANE_FRAMES, 4, 6, 1, 3, 0},
        {PANE_EVENTS, 2, 1 + clamp(counts->events, 1, 6), 0, 4, 0},
    };
    share_rows(bands, BANDS_MAX, rows - 3);
    place(bands, BANDS_MAX, columns, 2, out);
    ends(columns, rows, out);
}

static void compute_small(int columns, int rows, struct layout *out) {
    out->panes[PANE_HEADER] = (struct rect){0, 0, 1, columns};
    if (rows > 1) {
        out->panes[PANE_APPS] = (struct rect){1, 0, rows - 1, columns};
    }
}

void layout_compute(int columns, int rows, const struct layout_counts *counts, struct layout *out) {
    memset(out, 0, sizeof *out);
    if (columns < 1 || rows < 1) {
        return;
    }
    if (columns >= WIDE_COLUMNS && rows >= WIDE_ROWS) {
        out->mode = LAYOUT_WIDE;
        compute_wide(columns, rows, counts, out);
    } else if (columns >= NARROW_COLUMNS && rows >= NARROW_ROWS) {
        out->mode = LAYOUT_NARROW;
        compute_narrow(columns, rows, counts, out);
    } else {
        compute_small(columns, rows, out);
    }
}

struct rect layout_content(const struct layout *layout, enum layout_pane pane) {
    struct rect rect = layout->panes[pane];
    if (pane == PANE_HEADER || pane == PANE_KEYS || layout->mode == LAYOUT_SMALL || rect.rows == 0) {
        return rect;
    }
    ++rect.top;
    --rect.rows;
    if (layout->mode == LAYOUT_WIDE) {
        --rect.rows;
        rect.left += 2;
        rect.columns -= 4;
    }
    return rect;
}
