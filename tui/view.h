/* What the user has set on the screen, and is told there. SPDX-License-Identifier: MIT */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#define VIEW_FILTER_MAX 40

enum view_page {
    VIEW_PANES,  /* all panes */
    VIEW_DETAILS /* one app, with the evidence of its decisions */
};

/* By what apps are sorted; the order in which they came where values are equal. */
enum view_sort { VIEW_SORT_AGE, VIEW_SORT_NAME, VIEW_SORT_FPS, VIEW_SORT_P99, VIEW_SORT_USED, VIEW_SORT_QUALITY };
#define VIEW_SORT_COUNT 6

struct view {
    uint64_t selected; /* key of the session; 0 = the first */
    double period_s;
    bool paused;
    bool help;
    int help_top; /* lines of the help before */
    bool ascii;
    bool mouse;
    enum view_page page;
    enum view_sort sort;
    bool sort_reversed;
    bool filtering;               /* the filter is being typed */
    char filter[VIEW_FILTER_MAX]; /* part of a name or a pid; "" = all apps */
    bool events_of_selected;      /* events of the selected app alone */
    bool frames_as_fps;           /* frames per second in place of milliseconds */
    int details_top;              /* lines of the details scrolled away */
    uint32_t hidden;              /* panes switched off: bit of enum layout_pane */
    char message[256];            /* what the last key did or could not do; "" = nothing to say */
    int64_t message_until_ns;     /* CLOCK_MONOTONIC */
};

/* Says something for a few seconds in place of the line of keys. */
void view_say(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
