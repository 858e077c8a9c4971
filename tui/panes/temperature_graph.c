/* The graph of the last minutes' temperatures. SPDX-License-Identifier: MIT */
#include "temperature_graph.h"

#include <math.h>
#include <stdlib.h>

#include "plot.h"
#include "sensors.h"

enum { SCALE_WIDTH = 5, LABEL_WIDTH = 10 };

static const double scale_step_c = 5;

static const char ascii_marks[TEMPERATURE_SERIES_MAX] = {'*', 'o', '+'};

static bool has_role(const struct temperature_graph *graph, const struct model_sensor *shown) {
    for (int i = 0; i < graph->count; ++i) {
        if (graph->series[i]->sensor->role == shown->sensor->role && graph->series[i]->simulated == shown->simulated) {
            return true;
        }
    }
    return false;
}

static bool has_series(const struct temperature_graph *graph, const struct model_sensor *shown) {
    for (int i = 0; i < graph->count; ++i) {
        if (graph->series[i] == shown) {
            return true;
        }
    }
    return false;
}

static void add_series(const struct model *model, struct temperature_graph *graph, bool new_roles) {
    for (size_t i = 0; i < model->sensor_count && graph->count < TEMPERATURE_SERIES_MAX; ++i) {
        const struct model_sensor *shown = &model->sensors[i];
        double low = NAN;
        double high = NAN;
        if (has_series(graph, shown) || (new_roles && (has_role(graph, shown) || !shown->sensor->steers))) {
            continue;
        }
        if (history_range(shown->history, model->now_ns, HISTORY_SECONDS, &low, &high)) {
            graph->series[graph->count++] = shown;
            graph->low = fmin(graph->low, low);
            graph->high = fmax(graph->high, high);
        }
    }
}

/* As far back as there is something to see: a graph of five minutes would stay empty for most of the first one. */
static int span_of(const struct model *model, const struct temperature_graph *graph) {
    static const int spans[] = {60, 120};
    int age_s = 0;
    for (int i = 0; i < graph->count; ++i) {
        const int of_series = history_age_s(graph->series[i]->history, model->now_ns);
        age_s = of_series > age_s ? of_series : age_s;
    }
    for (size_t i = 0; i < sizeof spans / sizeof *spans; ++i) {
        if (age_s < spans[i]) {
            return spans[i];
        }
    }
    return HISTORY_SECONDS;
}

/* Sensors that steer come first in the model: of these the first of each role, then the others in their order. */
void temperature_graph_choose(const struct model *model, struct temperature_graph *graph) {
    *graph = (struct temperature_graph){.low = NAN, .high = NAN, .limit = NAN};
    add_series(model, graph, true);
    add_series(model, graph, false);
    double left = NAN;
    for (int i = 0; i < graph->count; ++i) {
        const struct perfadapt_sensor *sensor = graph->series[i]->sensor;
        if (sensors_left_c(sensor) < left || (isnan(left) && !isnan(sensors_left_c(sensor)))) {
            left = sensors_left_c(sensor);
            graph->limit = sensors_value(&sensor->limit);
        }
    }
    graph->high = fmax(graph->high, graph->limit);
    graph->span_s = span_of(model, graph);
    /* In steps, or every tenth of a degree would draw all of it anew. */
    graph->low = scale_step_c * floor((graph->low - 1) / scale_step_c);
    graph->high = scale_step_c * ceil((graph->high + 1) / scale_step_c);
}

/* Times stand under their dots: four, or five of them where each is a minute. */
static void draw_times(const struct pane *pane, const struct temperature_graph *graph) {
    const int last = SCALE_WIDTH + graph->area.columns - 1;
    const int count = graph->span_s == HISTORY_SECONDS ? 5 : 4;
    const int step = graph->area.columns / count < 5 ? 2 : 1;
    for (int i = count; i > 0; i -= step) {
        const int ago_s = graph->span_s * i / count;
        const int column = last - (graph->area.columns - 1) * i / count;
        const bool minutes = ago_s % 60 == 0;
        pane_format(pane, graph->area.rows, column, STYLE_DIM, "-%d%c", minutes ? ago_s / 60 : ago_s,
                    minutes ? 'm' : 's');
    }
    pane_text(pane, graph->area.rows, last - 2, STYLE_DIM, "now");
}

static void draw_scale(const struct pane *pane, const struct temperature_graph *graph) {
    const struct plot plot = {.columns = graph->area.columns, .rows = graph->area.rows, .ascii = pane->view->ascii};
    for (int row = 0; row < graph->area.rows; ++row) {
        const double value = plot_row_value(&plot, row, graph->low, graph->high);
        const int column = pane_format(pane, row, 0, STYLE_DIM, "%4.0f", value);
        pane_glyph(pane, row, column, STYLE_BORDER, pane->view->ascii ? L'|' : L'┊');
    }
    draw_times(pane, graph);
}

static void draw_limit(const struct pane *pane, const struct temperature_graph *graph) {
    if (isnan(graph->limit)) {
        return;
    }
    struct plot plot;
    plot_init(&plot, graph->area.columns, graph->area.rows, pane->view->ascii);
    plot_dashes(&plot, plot_scale(&plot, graph->limit, graph->low, graph->high));
    pane_plot(pane, 0, SCALE_WIDTH, STYLE_LIMIT, &plot, '-');
    pane_format(pane, plot_row(&plot, graph->limit, graph->low, graph->high), SCALE_WIDTH + graph->area.columns + 1,
                STYLE_LIMIT, "limit %.0f", graph->limit);
}

static void draw_series(const struct pane *pane, const struct temperature_graph *graph, int index) {
    const struct history *history = graph->series[index]->history;
    const enum screen_style style = (enum screen_style)(STYLE_SERIES_1 + index);
    struct plot plot;
    plot_init(&plot, graph->area.columns, graph->area.rows, pane->view->ascii);
    const int width = plot_width(&plot);
    const double slot_s = (double)graph->span_s / width;
    int before = -1;
    for (int x = 0; x < width; ++x) {
        const double value = sensors_slot(history, pane->model->now_ns, slot_s, width - 1 - x);
        const int y = isnan(value) ? -1 : plot_scale(&plot, value, graph->low, graph->high);
        if (y >= 0) {
            plot_column(&plot, x, before >= 0 ? before : y, y);
        }
        before = y;
    }
    pane_plot(pane, 0, SCALE_WIDTH, style, &plot, ascii_marks[index]);
}

/* The free row nearest to the one wanted. */
static int free_row(const bool used[PLOT_ROWS_MAX], int rows, int wanted) {
    for (int distance = 0; distance < rows; ++distance) {
        const int below = wanted + distance;
        const int above = wanted - distance;
        if (below < rows && !used[below]) {
            return below;
        }
        if (above >= 0 && !used[above]) {
            return above;
        }
    }
    return wanted;
}

/* The role, and where two lines have the same one what the chip calls it. */
static const char *label_of(const struct temperature_graph *graph, int index) {
    const struct perfadapt_sensor *sensor = graph->series[index]->sensor;
    for (int i = 0; i < graph->count; ++i) {
        if (i != index && graph->series[i]->sensor->role == sensor->role) {
            return sensor->label;
        }
    }
    return sensors_role(sensor);
}

/* A label that would cover an earlier one stands beside it. */
static void draw_labels(const struct pane *pane, const struct temperature_graph *graph) {
    const struct plot plot = {.columns = graph->area.columns, .rows = graph->area.rows, .ascii = pane->view->ascii};
    bool used[PLOT_ROWS_MAX] = {false};
    if (!isnan(graph->limit)) {
        used[plot_row(&plot, graph->limit, graph->low, graph->high)] = true;
    }
    for (int i = 0; i < graph->count; ++i) {
        const struct perfadapt_sensor *sensor = graph->series[i]->sensor;
        const double value = sensors_value(&sensor->temperature);
        if (isnan(value)) {
            continue;
        }
        const int wanted = plot_row(&plot, value, graph->low, graph->high);
        const int row = free_row(used, graph->area.rows, wanted);
        if (abs(row - wanted) > 1) { /* it would name another line; the list below has its colour */
            continue;
        }
        used[row] = true;
        pane_format(pane, row, SCALE_WIDTH + graph->area.columns + 1, (enum screen_style)(STYLE_SERIES_1 + i), "%s%s",
                    graph->series[i]->simulated ? "sim " : "", label_of(graph, i));
    }
}

void temperature_graph_draw(const struct pane *pane, struct temperature_graph *graph, int rows) {
    graph->area.rows = rows - 1 < PLOT_ROWS_MAX ? rows - 1 : PLOT_ROWS_MAX;
    graph->area.columns = pane->area.columns - SCALE_WIDTH - LABEL_WIDTH;
    graph->area.columns = graph->area.columns < PLOT_COLUMNS_MAX ? graph->area.columns : PLOT_COLUMNS_MAX;
    if (graph->area.columns < 1) {
        return;
    }
    draw_scale(pane, graph);
    draw_limit(pane, graph);
    for (int i = graph->count - 1; i >= 0; --i) {
        draw_series(pane, graph, i);
    }
    draw_labels(pane, graph);
}

enum screen_style temperature_graph_style(const struct temperature_graph *graph, const struct model_sensor *shown,
                                          enum screen_style other) {
    for (int i = 0; i < graph->count; ++i) {
        if (graph->series[i] == shown) {
            return (enum screen_style)(STYLE_SERIES_1 + i);
        }
    }
    return other;
}
