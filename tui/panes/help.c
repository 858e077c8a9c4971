/* The help that lies over the panes. SPDX-License-Identifier: MIT */
#include "pane.h"

static const char *const lines[] = {
    "q          quit",
    "? h F1     this help; any key closes it",
    "up down    select an app (also k and j)",
    "Space      pause, and go on",
    "+ -        refresh faster, slower",
    "",
    "C cool  W warm  H hot  ! critical  ? unknown",
    "n/a        not known; the reason stands beside it",
    "USED       work per frame as a share of its time",
    "LEVEL      quality now / best quality",
    "WHY        what keeps the budget from being higher",
    "some full  time in which some, or all, tasks waited",
};

enum { LINE_COUNT = sizeof lines / sizeof *lines, BOX_COLUMNS = 58 };

void help_draw(const struct pane *pane) {
    struct pane box = *pane;
    box.mode = LAYOUT_WIDE;
    box.area.columns = pane->area.columns < BOX_COLUMNS ? pane->area.columns : BOX_COLUMNS;
    box.area.rows = pane->area.rows < LINE_COUNT + 2 ? pane->area.rows : LINE_COUNT + 2;
    box.area.left += (pane->area.columns - box.area.columns) / 2;
    box.area.top += (pane->area.rows - box.area.rows) / 2;
    for (int row = 0; row < box.area.rows; ++row) {
        pane_fill(&box, row, 0, box.area.columns, STYLE_NORMAL, L' ');
    }
    const bool framed = box.area.rows > 4 && box.area.columns > 8;
    if (framed) {
        pane_frame(&box, box.area, "Help");
        box.area.left += 2;
        box.area.columns -= 4;
        ++box.area.top;
        box.area.rows -= 2;
    }
    for (int i = 0; i < LINE_COUNT; ++i) {
        pane_text(&box, i, 0, STYLE_NORMAL, lines[i]);
    }
}
