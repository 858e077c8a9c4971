/* Temperatures: a line for each sensor, a graph of the last minutes above. SPDX-License-Identifier: MIT */
#include "pane.h"
#include "temperature_graph.h"
#include "temperature_table.h"

enum { GRAPH_ROWS_MIN = 5 };

static void draw_none(const struct pane *pane) {
    if (pane->model->snapshot_result == PERFADAPT_ERROR_UNSUPPORTED) {
        pane_text(pane, 0, 0, STYLE_NORMAL, "n/a (this machine is not read)");
    } else if (model_has_snapshot(pane->model)) {
        pane_text(pane, 0, 0, STYLE_NORMAL, "n/a (no temperature sensor found)");
        pane_text(pane, 1, 0, STYLE_DIM, "Nothing is known of heat here: no app is held back by it.");
    }
}

/* The rows of the list where a graph stands above it: all sensors, or what the graph leaves. */
static int list_rows(const struct pane *pane) {
    const int rows = pane->area.rows;
    const int wanted = (int)pane->model->sensor_count + 1;
    const int graph = rows / 3 > GRAPH_ROWS_MIN ? rows / 3 : GRAPH_ROWS_MIN;
    const int most = rows - graph - 1;
    return wanted < most ? wanted : most;
}

void temperatures_draw(const struct pane *pane) {
    struct temperature_graph graph;
    if (pane->model->sensor_count == 0) {
        draw_none(pane);
        return;
    }
    temperature_graph_choose(pane->model, &graph);
    const int list = list_rows(pane);
    if (graph.count == 0 || list < 1) {
        temperature_table_draw(pane, &graph, 0, pane->area.rows);
        return;
    }
    temperature_graph_draw(pane, &graph, pane->area.rows - list);
    temperature_table_draw(pane, &graph, pane->area.rows - list, list);
}
