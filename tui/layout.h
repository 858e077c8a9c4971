/* Where each pane goes: a pure function of the screen's size and of counts. SPDX-License-Identifier: MIT */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

struct rect {
    int top, left, rows, columns;
};

enum layout_mode {
    LAYOUT_SMALL,  /* a status line and the apps */
    LAYOUT_NARROW, /* one column of panes, each under a title line */
    LAYOUT_WIDE    /* two columns on top, panes in boxes */
};

enum layout_pane {
    PANE_HEADER,
    PANE_TEMPERATURES,
    PANE_PRESSURE,
    PANE_APPS,
    PANE_FRAMES,
    PANE_EVENTS,
    PANE_KEYS,
    PANE_COUNT
};

struct layout_counts {
    int sensors, apps, events;
};

struct layout {
    enum layout_mode mode;
    struct rect panes[PANE_COUNT]; /* rows 0 = no room for it */
};

/* Any size is accepted: no rectangle reaches over the screen or into another one. */
void layout_compute(int columns, int rows, const struct layout_counts *counts, struct layout *out);

/* The part of a pane inside its box or below its title line. */
struct rect layout_content(const struct layout *layout, enum layout_pane pane);

#endif
