/* What is on the live screen: the header, the panes or the page of one app, the keys. SPDX-License-Identifier: MIT */
#ifndef TUI_DASHBOARD_DRAW_H
#define TUI_DASHBOARD_DRAW_H

#include "keys.h"

/* Draws all of it anew; what is the same on the terminal is not written. */
void dashboard_draw(struct dashboard *dashboard);

#endif
