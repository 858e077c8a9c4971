/* Temperatures: a line for each sensor, a graph of the last minutes above. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "pane.h"
#include "plot.h"
#include "sensors.h"
#include "text.h"

enum { SERIES_MAX = 3, GRAPH_ROWS_MIN = 5, SCALE_WIDTH = 5, LABEL_WIDTH = 8 };

static const char ascii_marks[SERIES_MAX] = {'*', 'o', '+'};

struct graph {
    struct rect area; /* in the pane: without scale, labels and axis */
    double low, high; /* °C at the bottom and the top */
    int count;
    const struct model_sensor *series[SERIES_MAX];
};

static void describe(const struct model *model, const struct model_sensor *shown, char *out, size_t capacity) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    double low = NAN;
    double high = NAN;
    char left[32] = "no limit known";
    char slope[24] = "";
    history_range(shown->history, model->now_ns, HISTORY_SECONDS, &low, &high);
    if (!isnan(sensors_left_c(sensor))) {
        snprintf(left, sizeof left, "%5.1f left", sensors_left_c(sensor));
    } else if (!isnan(sensors_value(&sensor->limit))) {
        snprintf(left, sizeof left, "limit %.0f", sensor->limit.value);
    }
    if (!isnan(sensor->slope_c_per_s)) {
        snprintf(slope, sizeof slope, "%+.1f/m", sensor->slope_c_per_s * 60);
    }
    if (isnan(low)) {
        snprintf(out, capacity, "%s  %s", left, slope);
    } else {
        snprintf(out, capacity, "%.0f-%.0f  %s  %s", low, high, left, slope);
    }
}

static void draw_sensor(const struct pane *pane, int row, const struct model_sensor *shown) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    const enum perfadapt_thermal_state state = sensors_state(sensor);
    char name[112];
    char value[24];
    char rest[96];
    const int name_width = pane->area.columns >= 70 ? 34 : 26;
    sensors_name(sensor, name, sizeof name);
    if (shown->simulated) {
        snprintf(name, sizeof name, "%s/%s simulated (%" PRId32 ")", sensor->chip, sensor->label, shown->pid);
    }
    text_number(value, sizeof value, sensors_value(&sensor->temperature), 1);
    pane_format(pane, row, 0, pane_state_style(state), "%c", sensors_letter(state));
    const int column = pane_field(pane, row, 2, name_width, false, sensor->steers ? STYLE_NORMAL : STYLE_DIM, name);
    const int end = pane_field(pane, row, column, 6, true, pane_state_style(state), value);
    if (sensor->temperature.state == PERFADAPT_STATE_OK) {
        describe(pane->model, shown, rest, sizeof rest);
    } else {
        snprintf(rest, sizeof rest, "(%s)", sensors_why(sensor));
    }
    pane_text(pane, row, end + 2, STYLE_NORMAL, rest);
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
    const double limit = graph->count > 0 ? sensors_value(&graph->series[0]->sensor->limit) : (double)NAN;
    graph->high = fmax(graph->high, limit);
    const double pad = fmax(2, (graph->high - graph->low) * 0.08);
    graph->low = floor(graph->low - pad);
    graph->high = ceil(graph->high + pad);
}

static void draw_scale(const struct pane *pane, const struct graph *graph) {
    for (int row = 0; row < graph->area.rows; ++row) {
        const double share = graph->area.rows < 2 ? 0 : (double)row / (graph->area.rows - 1);
        const int column =
            pane_format(pane, row, 0, STYLE_DIM, "%4.0f", graph->high - share * (graph->high - graph->low));
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
    const double limit = sensors_value(&graph->series[0]->sensor->limit);
    if (isnan(limit)) {
        return;
    }
    const int row = (int)lround((graph->high - limit) / (graph->high - graph->low) * (graph->area.rows - 1));
    for (int column = 0; column < graph->area.columns; column += 2) {
        pane_glyph(pane, row, SCALE_WIDTH + column, STYLE_LIMIT, pane->view->ascii ? L'-' : L'╌');
    }
    pane_text(pane, row, SCALE_WIDTH + graph->area.columns + 1, STYLE_LIMIT, "limit");
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
    for (int row = 0; row < plot.rows; ++row) {
        for (int column = 0; column < plot.columns; ++column) {
            const wchar_t glyph = plot_character(&plot, row, column, ascii_marks[index]);
            if (glyph != 0) {
                pane_glyph(pane, row, SCALE_WIDTH + column, style, glyph);
            }
        }
    }
}

/* Labels that would cover an earlier one move down, the last one up where there is no room. */
static void draw_labels(const struct pane *pane, const struct graph *graph) {
    bool used[PLOT_ROWS_MAX] = {false};
    const double limit = sensors_value(&graph->series[0]->sensor->limit);
    if (!isnan(limit)) {
        used[(int)lround((graph->high - limit) / (graph->high - graph->low) * (graph->area.rows - 1))] = true;
    }
    for (int i = 0; i < graph->count; ++i) {
        const struct perfadapt_sensor *sensor = graph->series[i]->sensor;
        const double value = sensors_value(&sensor->temperature);
        int row = (int)lround((graph->high - value) / (graph->high - graph->low) * (graph->area.rows - 1));
        for (int tried = 0; tried < graph->area.rows && row >= 0 && row < graph->area.rows && used[row]; ++tried) {
            row = (row + 1) % graph->area.rows;
        }
        if (isnan(value) || row < 0 || row >= graph->area.rows) {
            continue;
        }
        used[row] = true;
        pane_format(pane, row, SCALE_WIDTH + graph->area.columns + 1, (enum screen_style)(STYLE_SERIES_1 + i), "%s%s",
                    graph->series[i]->simulated ? "sim " : "", perfadapt_sensor_role_name(sensor->role));
    }
}

static void draw_graph(const struct pane *pane, int rows) {
    struct graph graph = {.low = NAN, .high = NAN};
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
