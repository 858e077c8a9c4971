/* A line for each temperature, as many as fit. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_TEMPERATURE_TABLE_H
#define TUI_PANES_TEMPERATURE_TABLE_H

#include "temperature_graph.h"

/* Draws from row `top` on; the last of `rows` tells of the sensors that have no line. Roles have the colours of the
 * lines that the graph has of them. */
void temperature_table_draw(const struct pane *pane, const struct temperature_graph *graph, int top, int rows);

#endif
