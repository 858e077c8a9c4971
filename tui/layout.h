/* Where each pane goes: a pure function of the screen's size, of counts and of what is switched off.
 * SPDX-License-Identifier: MIT */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdint.h>

struct rect {
    int top, left, rows, columns;
};

enum layout_mode {
    LAYOUT_SMALL,  /* status lines, the apps, and what else has room; no titles */
    LAYOUT_NARROW, /* one column of panes, each under a title line */
    LAYOUT_WIDE    /* two columns on top, panes in boxes */
};

/* The keys 1 to 6 switch the panes behind the header, in this order. */
enum layout_pane {
    PANE_HEADER,
    PANE_TEMPERATURES,
    PANE_PRESSURE,
    PANE_APPS,
    PANE_FRAMES,
    PANE_EVENTS,
    PANE_DEVICES,
    PANE_KEYS,
    PANE_COUNT
};

struct layout_counts {
    int sensors, apps, events;
    int pressure, devices; /* lines that these panes can fill */
};

struct layout {
    enum layout_mode mode;
    struct rect panes[PANE_COUNT]; /* rows 0 = no room for it, or switched off */
};

/* Any size is accepted: no rectangle reaches over the screen or into another one. `hidden` has the bit 1 << pane of
 * each pane that is switched off, whose rows the others get; header and keys stay. */
void layout_compute(int columns, int rows, const struct layout_counts *counts, uint32_t hidden, struct layout *out);

/* The part of a pane inside its box or below its title line. */
struct rect layout_content(const struct layout *layout, enum layout_pane pane);

/* The pane at a place of the screen, its box and title included; PANE_COUNT where there is none. */
enum layout_pane layout_pane_at(const struct layout *layout, int row, int column);

/* A pane that is shown has at least this many rows, its box or title included. */
int layout_minimum(enum layout_mode mode, enum layout_pane pane);

#endif
