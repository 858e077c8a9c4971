/* The graph of the last minutes' temperatures. SPDX-License-Identifier: MIT */
#ifndef TUI_PANES_TEMPERATURE_GRAPH_H
#define TUI_PANES_TEMPERATURE_GRAPH_H

#include "pane.h"

enum { TEMPERATURE_SERIES_MAX = 3 };

struct temperature_graph {
    struct rect area; /* in the pane: without scale, labels and axis */
    double low, high; /* °C at the bottom and the top */
    double limit;     /* of the series nearest to its own; NAN none */
    int span_s;       /* from its left to its right */
    int count;
    const struct model_sensor *series[TEMPERATURE_SERIES_MAX];
};

/* Which sensors it has lines of; none where nothing is known of any. */
void temperature_graph_choose(const struct model *model, struct temperature_graph *out);

/* Draws in the first `rows` rows of the pane, the time axis being the last of them. */
void temperature_graph_draw(const struct pane *pane, struct temperature_graph *graph, int rows);

/* The style of the sensor's line, `other` where it has none. */
enum screen_style temperature_graph_style(const struct temperature_graph *graph, const struct model_sensor *shown,
                                          enum screen_style other);

#endif
