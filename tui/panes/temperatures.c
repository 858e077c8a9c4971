/* Temperatures: a line for each sensor, a graph of the last minutes above. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "pane.h"
#include "plot.h"
#include "sensors.h"
#include "text.h"

enum { SERIES_MAX = 3, GRAPH_ROWS_MIN = 5, SCALE_WIDTH = 5, LABEL_WIDTH = 10 };

static const char ascii_marks[SERIES_MAX] = {'*', 'o', '+'};

struct graph {
    struct rect area; /* in the pane: without scale, labels and axis */
    double low, high; /* °C at the bottom and the top */
    double limit;     /* of the series nearest to its own; NAN none */
    int count;
    const struct model_sensor *series[SERIES_MAX];
};

static void describe(const struct model *model, const struct model_sensor *shown, size_t width, char *out,
                     size_t capacity) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    double low = NAN;
    double high = NAN;
    char left[32] = "no limit known";
    char slope[24] = "";
    char range[48] = "";
    if (!isnan(sensors_left_c(sensor))) {
        snprintf(left, sizeof left, "%5.1f left", sensors_left_c(sensor));
    }
    if (!isnan(sensor->slope_c_per_s)) {
        const double per_minute = sensor->slope_c_per_s * 60;
        snprintf(slope, sizeof slope, "%+.1f/min", fabs(per_minute) < 0.05 ? 0 : per_minute); /* no -0.0 */
    }
    if (history_range(shown->history, model->now_ns, HISTORY_SECONDS, &low, &high)) {
        snprintf(range, sizeof range, "min %.0f  max %.0f", low, high);
    }
    const int length = snprintf(out, capacity, "%s  %9s  %s", left, slope, range);
    if (length > 0 && (size_t)length > width) {
        snprintf(out, capacity, "%s  %9s", left, slope);
    }
}

static void name_of(const struct model_sensor *shown, bool wide, char *out, size_t capacity) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    char name[80];
    sensors_name(sensor, name, sizeof name);
    if (shown->simulated) {
        snprintf(out, capacity, "simulated (%" PRId32 ") %s", shown->pid,
                 wide ? name : perfadapt_sensor_role_name(sensor->role));
    } else {
        snprintf(out, capacity, "%s", name);
    }
}

static void draw_sensor(const struct pane *pane, int row, const struct model_sensor *shown) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    const enum perfadapt_thermal_state state = sensors_state(sensor);
    char name[128];
    char value[24];
    char rest[112];
    const bool wide = pane->area.columns >= 72;
    name_of(shown, wide, name, sizeof name);
    text_number(value, sizeof value, sensors_value(&sensor->temperature), 1);
    pane_format(pane, row, 0, pane_state_style(state), "%c", sensors_letter(state));
    int column = pane_field(pane, row, 2, wide ? 36 : 25, false, sensor->steers ? STYLE_NORMAL : STYLE_DIM, name);
    column = pane_field(pane, row, column, 6, true, pane_state_style(state), value) + 1;
    if (sensor->temperature.state == PERFADAPT_STATE_OK) {
        describe(pane->model, shown, (size_t)(pane->area.columns - column), rest, sizeof rest);
    } else {
        snprintf(rest, sizeof rest, "(%s)", sensors_why(sensor));
    }
    pane_text(pane, row, column, STYLE_NORMAL, rest);
}

static void draw_list(const struct pane *pane, int top, int rows) {
    const struct model *model = pane->model;
    const int count = (int)model->sensor_count;
    const int shown = count > rows ? rows - 1 : count;
    for (int i = 0; i < shown; ++i) {
        draw_sensor(pane, top + i, &model->sensors[i]);
    }
    if (count > shown) {
        pane_format(pane, top + shown, 2, STYLE_DIM, "and %d more", count - shown);
    }
}

/* Sensors that steer come first in the model, so the first ones known are those that matter. */
static void choose_series(const struct model *model, struct graph *graph) {
    for (size_t i = 0; i < model->sensor_count && graph->count < SERIES_MAX; ++i) {
        double low = NAN;
        double high = NAN;
        if (history_range(model->sensors[i].history, model->now_ns, HISTORY_SECONDS, &low, &high)) {
            graph->series[graph->count++] = &model->sensors[i];
            graph->low = fmin(graph->low, low);
            graph->high = fmax(graph->high, high);
        }
    }
    double left = NAN;
    for (int i = 0; i < graph->count; ++i) {
        const struct perfadapt_sensor *sensor = graph->series[i]->sensor;
        if (sensors_left_c(sensor) < left || (isnan(left) && !isnan(sensors_left_c(sensor)))) {
            left = sensors_left_c(sensor);
            graph->limit = sensors_value(&sensor->limit);
        }
    }
    graph->high = fmax(graph->high, graph->limit);
    const double pad = fmax(2, (graph->high - graph->low) * 0.08);
    graph->low = floor(graph->low - pad);
    graph->high = ceil(graph->high + pad);
}

static void draw_scale(const struct pane *pane, const struct graph *graph) {
    const struct plot plot = {.columns = graph->area.columns, .rows = graph->area.rows, .ascii = pane->view->ascii};
    for (int row = 0; row < graph->area.rows; ++row) {
        const double value = plot_row_value(&plot, row, graph->low, graph->high);
        const int column = pane_format(pane, row, 0, STYLE_DIM, "%4.0f", value);
        pane_glyph(pane, row, column, STYLE_BORDER, pane->view->ascii ? L'|' : L'┊');
    }
    for (int minute = 5; minute >= 0; --minute) {
        const int column = SCALE_WIDTH + (graph->area.columns - 1) * (5 - minute) / 5;
        if (minute == 0) {
            pane_text(pane, graph->area.rows, column - 2, STYLE_DIM, "now");
        } else {
            pane_format(pane, graph->area.rows, column, STYLE_DIM, "-%dm", minute);
        }
    }
}

static void draw_limit(const struct pane *pane, const struct graph *graph) {
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

static void draw_series(const struct pane *pane, const struct graph *graph, int index) {
    const struct history *history = graph->series[index]->history;
    const enum screen_style style = (enum screen_style)(STYLE_SERIES_1 + index);
    struct plot plot;
    plot_init(&plot, graph->area.columns, graph->area.rows, pane->view->ascii);
    const int width = plot_width(&plot);
    int before = -1;
    for (int x = 0; x < width; ++x) {
        const int ago = (width - 1 - x) * HISTORY_SECONDS / width;
        const double value = history_at(history, pane->model->now_ns, ago, 1 + HISTORY_SECONDS / width);
        const int y = isnan(value) ? -1 : plot_scale(&plot, value, graph->low, graph->high);
        if (y >= 0) {
            plot_column(&plot, x, before >= 0 ? before : y, y);
        }
        before = y;
    }
    pane_plot(pane, 0, SCALE_WIDTH, style, &plot, ascii_marks[index]);
}

/* A label that would cover an earlier one moves down, from the bottom on to the top. */
static void draw_labels(const struct pane *pane, const struct graph *graph) {
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
        int row = plot_row(&plot, value, graph->low, graph->high);
        for (int tried = 0; tried < graph->area.rows && used[row]; ++tried) {
            row = (row + 1) % graph->area.rows;
        }
        used[row] = true;
        pane_format(pane, row, SCALE_WIDTH + graph->area.columns + 1, (enum screen_style)(STYLE_SERIES_1 + i), "%s%s",
                    graph->series[i]->simulated ? "sim " : "", perfadapt_sensor_role_name(sensor->role));
    }
}

static void draw_graph(const struct pane *pane, int rows) {
    struct graph graph = {.low = NAN, .high = NAN, .limit = NAN};
    choose_series(pane->model, &graph);
    graph.area.rows = rows - 1 < PLOT_ROWS_MAX ? rows - 1 : PLOT_ROWS_MAX;
    graph.area.columns = pane->area.columns - SCALE_WIDTH - LABEL_WIDTH;
    graph.area.columns = graph.area.columns < PLOT_COLUMNS_MAX ? graph.area.columns : PLOT_COLUMNS_MAX;
    if (graph.count == 0) {
        return;
    }
    draw_scale(pane, &graph);
    draw_limit(pane, &graph);
    for (int i = graph.count - 1; i >= 0; --i) {
        draw_series(pane, &graph, i);
    }
    draw_labels(pane, &graph);
}

void temperatures_draw(const struct pane *pane) {
    const struct model *model = pane->model;
    const int rows = pane->area.rows;
    if (model->sensor_count == 0) {
        const char *reason = model->snapshot_result == PERFADAPT_ERROR_UNSUPPORTED ? "n/a (this machine is not read)"
                             : model_has_snapshot(model)                           ? "n/a (no temperature sensor found)"
                                                                                   : "";
        pane_text(pane, 0, 0, STYLE_NORMAL, reason);
        return;
    }
    int list = (int)model->sensor_count < rows ? (int)model->sensor_count : rows;
    if (rows >= GRAPH_ROWS_MIN + 2 && rows - list < GRAPH_ROWS_MIN + 1) {
        list = rows - GRAPH_ROWS_MIN - 1 < 2 ? 2 : rows - GRAPH_ROWS_MIN - 1;
    }
    if (rows - list >= GRAPH_ROWS_MIN) {
        draw_graph(pane, rows - list);
    }
    draw_list(pane, rows - list >= GRAPH_ROWS_MIN ? rows - list : 0, list);
}
