/* What keys do to what is shown. SPDX-License-Identifier: MIT */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"
#include "model.h"
#include "travel.h"
#include "view.h"

struct dashboard {
    struct model *model; /* what is shown: travel_model() */
    struct travel travel;
    struct view view;
    struct layout layout; /* as last drawn: what the mouse points at */
    uint64_t shown;       /* key of the app whose frames are shown; 0 = none */
    int help_next;        /* line of the help to go on with; 0 = all was shown */
    int64_t due_ns;       /* of the next refresh */
    bool leaving;
};

/* A key as getch() gives it, of which KEY_MOUSE is none. */
void keys_take(struct dashboard *dashboard, int key);

/* After a refresh and whatever moves the selection: its frames, and its details where they are shown, are read. */
void keys_settle(struct dashboard *dashboard);

#endif
