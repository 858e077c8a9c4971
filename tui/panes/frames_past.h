/* The pane of frame times where a moment has no frames of the selected app. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_FRAMES_PAST_H
#define TUI_PANES_FRAMES_PAST_H

#include "pane.h"

/* A moment has the frames of one app, and of the others what their row says of the last 10 s. */
void frames_past_draw(const struct pane *pane, const struct model_app *of);

#endif
