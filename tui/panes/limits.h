/* What holds the machine and its apps back, as pieces of a line. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_LIMITS_H
#define TUI_PANES_LIMITS_H

#include "line.h"

/* The worst first, from that priority on; that nothing does where that is so. The machine has been read. */
void limits_add(struct line *line, int priority, const struct model *model);

#endif
