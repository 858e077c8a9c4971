/* What keys and the mouse do to what is shown. SPDX-License-Identifier: MIT */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "travel.h"
#include "view.h"

struct dashboard {
    struct model *model; /* what is shown: travel_model() */
    struct travel travel;
    struct view view;
    int64_t due_ns; /* of the next refresh */
    bool leaving;
};

/* A key as getch() gives it. */
void keys_take(struct dashboard *dashboard, int key);

#endif
