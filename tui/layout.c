/* Where each pane goes. SPDX-License-Identifier: MIT */
#include "layout.h"

#include <string.h>

enum {
    WIDE_COLUMNS = 100,
    WIDE_ROWS = 28,
    NARROW_COLUMNS = 60,
    NARROW_ROWS = 12,
    TALL_ROWS = 20,
    HIGH_ROWS = 30,
    SMALL_TALL_ROWS = 6
};

/* A horizontal strip that shares the rows with others. */
struct band {
    enum layout_pane pane;
    int minimum;  /* below it the band is left out */
    int wanted;   /* what it can fill with text */
    int growing;  /* takes what is left over */
    int priority; /* 0 first */
    int rows;
};

struct request {
    int columns, rows;
    const struct layout_counts *counts;
    uint32_t hidden;
};

static int clamp(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int is_shown(const struct request *request, enum layout_pane pane) {
    return (request->hidden >> pane & 1U) == 0;
}

int layout_minimum(enum layout_mode mode, enum layout_pane pane) {
    static const unsigned char minimum[][PANE_COUNT] = {
        [LAYOUT_SMALL] = {[PANE_HEADER] = 1,
                          [PANE_TEMPERATURES] = 1,
                          [PANE_PRESSURE] = 4,
                          [PANE_APPS] = 1,
                          [PANE_FRAMES] = 3,
                          [PANE_EVENTS] = 1,
                          [PANE_DEVICES] = 1},
        [LAYOUT_NARROW] = {[PANE_HEADER] = 2,
                           [PANE_TEMPERATURES] = 2,
                           [PANE_PRESSURE] = 4,
                           [PANE_APPS] = 3,
                           [PANE_FRAMES] = 4,
                           [PANE_EVENTS] = 2,
                           [PANE_DEVICES] = 2,
                           [PANE_KEYS] = 1},
        [LAYOUT_WIDE] = {[PANE_HEADER] = 3,
                         [PANE_TEMPERATURES] = 10,
                         [PANE_PRESSURE] = 6,
                         [PANE_APPS] = 4,
                         [PANE_FRAMES] = 6,
                         [PANE_EVENTS] = 4,
                         [PANE_DEVICES] = 4,
                         [PANE_KEYS] = 1},
    };
    return minimum[mode][pane];
}

static struct band make_band(enum layout_mode mode, enum layout_pane pane, int wanted, int growing, int priority) {
    return (struct band){pane, layout_minimum(mode, pane), wanted, growing, priority, 0};
}

static void drop_hidden(const struct request *request, struct band *bands, int *count) {
    int kept = 0;
    for (int i = 0; i < *count; ++i) {
        if (is_shown(request, bands[i].pane)) {
            bands[kept++] = bands[i];
        }
    }
    *count = kept;
}

static int give_minimum(struct band *bands, int count, int left) {
    for (int priority = 0; priority < PANE_COUNT; ++priority) {
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

/* Where none of those that grow is there, the last one does. */
static void give_rest(struct band *bands, int count, int left) {
    int growing = 0;
    struct band *last = NULL;
    for (int i = 0; i < count; ++i) {
        growing += bands[i].rows > 0 && bands[i].growing;
        last = bands[i].rows > 0 ? &bands[i] : last;
    }
    if (growing == 0 && last != NULL) {
        last->rows += left;
    }
    for (int i = 0; i < count && growing > 0; ++i) {
        if (bands[i].rows > 0 && bands[i].growing) {
            const int part = left / growing;
            bands[i].rows += part;
            left -= part;
            --growing;
        }
    }
}

/* Places the bands below each other in the area. */
static void share(struct band *bands, int count, struct rect area, struct layout *out) {
    const int left = give_minimum(bands, count, area.rows);
    give_rest(bands, count, give_wanted(bands, count, left));
    for (int i = 0; i < count; ++i) {
        if (bands[i].rows > 0) {
            out->panes[bands[i].pane] = (struct rect){area.top, area.left, bands[i].rows, area.columns};
            area.top += bands[i].rows;
        }
    }
}

/* Header and keys; returns what is between them. */
static struct rect ends(const struct request *request, int header_rows, struct layout *out) {
    out->panes[PANE_HEADER] = (struct rect){0, 0, header_rows, request->columns};
    out->panes[PANE_KEYS] = (struct rect){request->rows - 1, 0, 1, request->columns};
    return (struct rect){header_rows, 0, request->rows - header_rows - 1, request->columns};
}

static int pressure_wanted(const struct request *request, int most) {
    return 2 + clamp(request->counts->pressure, 4, most);
}

static int devices_wanted(const struct request *request, int most) {
    return 2 + clamp(request->counts->devices, 2, most);
}

/* Pressure and devices: below each other beside the temperatures, else beside each other. */
static void place_right(const struct request *request, struct rect area, struct layout *out) {
    const int both = is_shown(request, PANE_PRESSURE) && is_shown(request, PANE_DEVICES);
    if (both && !is_shown(request, PANE_TEMPERATURES)) {
        const int half = area.columns / 2;
        out->panes[PANE_PRESSURE] = (struct rect){area.top, area.left, area.rows, half};
        out->panes[PANE_DEVICES] = (struct rect){area.top, area.left + half, area.rows, area.columns - half};
        return;
    }
    struct band bands[] = {make_band(LAYOUT_WIDE, PANE_PRESSURE, pressure_wanted(request, 18), 1, 0),
                           make_band(LAYOUT_WIDE, PANE_DEVICES, devices_wanted(request, 14), 0, 1)};
    int count = 2;
    drop_hidden(request, bands, &count);
    share(bands, count, area, out);
}

static void split_top(const struct request *request, struct layout *out) {
    struct rect left = out->panes[PANE_TEMPERATURES];
    struct rect right = left;
    out->panes[PANE_TEMPERATURES] = (struct rect){0};
    if (left.rows == 0) {
        return;
    }
    const int has_right = is_shown(request, PANE_PRESSURE) || is_shown(request, PANE_DEVICES);
    if (is_shown(request, PANE_TEMPERATURES)) {
        /* A name and its figures take more than pressure does, once that has its own. */
        const int most = left.columns / 2 + (left.columns - WIDE_COLUMNS) * 3 / 10;
        left.columns = has_right ? clamp(most, 0, left.columns * 29 / 50) : left.columns;
        out->panes[PANE_TEMPERATURES] = left;
        right.left = left.columns;
        right.columns -= left.columns;
    }
    if (has_right) {
        place_right(request, right, out);
    }
}

/* The strip that temperatures, pressure and devices share; it stands under the name of the first. */
static struct band make_top(const struct request *request) {
    const int sensors = request->counts->sensors;
    const int left = !is_shown(request, PANE_TEMPERATURES) ? 0 : sensors > 0 ? clamp(sensors, 1, 12) + 11 : 4;
    const int pressure = is_shown(request, PANE_PRESSURE) ? pressure_wanted(request, 14) : 0;
    const int devices = is_shown(request, PANE_DEVICES) ? devices_wanted(request, 10) : 0;
    const int right = left > 0 ? pressure + devices : larger(pressure, devices);
    struct band band = make_band(LAYOUT_WIDE, PANE_TEMPERATURES, larger(left, right), left > 0, 1);
    if (left == 0) {
        band.minimum = layout_minimum(LAYOUT_WIDE, pressure > 0 ? PANE_PRESSURE : PANE_DEVICES);
        band.minimum = right > 0 ? band.minimum : request->rows; /* nothing to show in it: it never fits */
    }
    return band;
}

static void compute_wide(const struct request *request, struct layout *out) {
    const struct layout_counts *counts = request->counts;
    const int minimum = layout_minimum(LAYOUT_WIDE, PANE_APPS);
    const int apps = counts->apps > 0; /* without, nothing is to come of frames and events */
    struct band bands[4] = {
        make_band(LAYOUT_WIDE, PANE_APPS, 3 + clamp(counts->apps, 2, 10), 0, 0),
        make_band(LAYOUT_WIDE, PANE_FRAMES, apps ? 9 : 0, apps, 2),
        make_band(LAYOUT_WIDE, PANE_EVENTS, apps ? 2 + clamp(counts->events, 3, 8) : 0, apps, 3),
    };
    /* Apps are shown before anything else grows. */
    bands[0].minimum = clamp(3 + counts->apps, minimum, larger(request->rows / 4, minimum));
    int count = 3;
    drop_hidden(request, bands, &count);
    memmove(bands + 1, bands, (size_t)count * sizeof *bands);
    bands[0] = make_top(request);
    share(bands, count + 1, ends(request, layout_minimum(LAYOUT_WIDE, PANE_HEADER), out), out);
    split_top(request, out);
}

static void compute_narrow(const struct request *request, struct layout *out) {
    const struct layout_counts *counts = request->counts;
    const int apps = counts->apps > 0;                      /* without, nothing is to come of frames and events */
    const int devices = request->rows >= HIGH_ROWS ? 5 : 2; /* where rows are few, events tell more */
    struct band bands[] = {
        make_band(LAYOUT_NARROW, PANE_APPS, 2 + clamp(counts->apps, 1, 6), 0, 0),
        make_band(LAYOUT_NARROW, PANE_TEMPERATURES, 2 + clamp(counts->sensors, 1, 3), 1, 1),
        make_band(LAYOUT_NARROW, PANE_PRESSURE, clamp(1 + counts->pressure, 4, 10), 0, 2),
        make_band(LAYOUT_NARROW, PANE_DEVICES, clamp(1 + counts->devices, 2, devices), 0, 5),
        make_band(LAYOUT_NARROW, PANE_FRAMES, apps ? 6 : 0, apps, 3),
        make_band(LAYOUT_NARROW, PANE_EVENTS, apps ? 1 + clamp(counts->events, 1, 6) : 0, 0, 4),
    };
    bands[0].minimum = 2 + clamp(counts->apps, 1, 3);
    int count = (int)(sizeof bands / sizeof *bands);
    drop_hidden(request, bands, &count);
    share(bands, count, ends(request, request->rows >= TALL_ROWS ? 3 : 2, out), out);
}

static void compute_small(const struct request *request, struct layout *out) {
    const struct layout_counts *counts = request->counts;
    const int header_rows = request->rows >= SMALL_TALL_ROWS ? 2 : 1;
    const struct rect area = {header_rows, 0, request->rows - header_rows, request->columns};
    out->panes[PANE_HEADER] = (struct rect){0, 0, header_rows, request->columns};
    struct band bands[] = {
        make_band(LAYOUT_SMALL, PANE_APPS, 0, 0, 0),
        make_band(LAYOUT_SMALL, PANE_TEMPERATURES, clamp(counts->sensors, 1, 8), 0, 1),
        make_band(LAYOUT_SMALL, PANE_EVENTS, clamp(counts->events, 1, 6), 1, 2),
        make_band(LAYOUT_SMALL, PANE_PRESSURE, 4, 0, 3),
        make_band(LAYOUT_SMALL, PANE_DEVICES, clamp(counts->devices, 1, 4), 0, 4),
        make_band(LAYOUT_SMALL, PANE_FRAMES, 6, 1, 5),
    };
    /* Apps come first, all of them, and why they changed; the others have what these leave, the last ones only the
     * place of the apps where these are hidden. */
    bands[0].minimum = clamp(1 + larger(counts->apps, 1), 1, larger(area.rows, 1));
    /* That nothing happened yet is not worth a line. */
    bands[2].minimum = counts->events > 0 ? bands[2].minimum : area.rows + 1;
    int count = is_shown(request, PANE_APPS) ? 4 : (int)(sizeof bands / sizeof *bands);
    drop_hidden(request, bands, &count);
    share(bands, count, area, out);
}

void layout_compute(int columns, int rows, const struct layout_counts *counts, uint32_t hidden, struct layout *out) {
    const struct request request = {columns, rows, counts, hidden};
    memset(out, 0, sizeof *out);
    if (columns < 1 || rows < 1) {
        return;
    }
    if (columns >= WIDE_COLUMNS && rows >= WIDE_ROWS) {
        out->mode = LAYOUT_WIDE;
        compute_wide(&request, out);
    } else if (columns >= NARROW_COLUMNS && rows >= NARROW_ROWS) {
        out->mode = LAYOUT_NARROW;
        compute_narrow(&request, out);
    } else {
        compute_small(&request, out);
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

enum layout_pane layout_pane_at(const struct layout *layout, int row, int column) {
    for (int i = 0; i < PANE_COUNT; ++i) {
        const struct rect *rect = &layout->panes[i];
        if (row >= rect->top && row < rect->top + rect->rows && column >= rect->left &&
            column < rect->left + rect->columns) {
            return (enum layout_pane)i;
        }
    }
    return PANE_COUNT;
}
