/* What the mouse does. SPDX-License-Identifier: MIT */
#ifndef TUI_MOUSE_H
#define TUI_MOUSE_H

#include "keys.h"

/* Asks the terminal for clicks and turns of the wheel; after it has been taken. */
void mouse_start(void);

/* What getch() announced with KEY_MOUSE. */
void mouse_take(struct dashboard *dashboard);

#endif
