/* Who says that something is held back, and what of it is believed. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_EVIDENCE_H
#define TUI_PANES_EVIDENCE_H

#include "pane.h"

enum { EVIDENCE_NAME_COLUMNS = 9 };

/* Lines that it can fill: one for each claim, at least one. */
int evidence_lines(const struct perfadapt_snapshot *snapshot);

/* Draws from the row on, down to the end of the pane. */
void evidence_draw(const struct pane *pane, int row);

#endif
