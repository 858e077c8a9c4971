/* Temperatures: a line for each sensor, a graph of the last minutes above. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pane.h"
#include "plot.h"
#include "sensors.h"
#include "text.h"

enum { SERIES_MAX = 3, GRAPH_ROWS_MIN = 5, SCALE_WIDTH = 5, LABEL_WIDTH = 10, NAME_MAX_WIDTH = 38 };

/* Widths of the table's columns, with the blank before each; 0 = no room for it. */
struct columns {
    int role, name, now, low, high, slope, left;
};

static const char ascii_marks[SERIES_MAX] = {'*', 'o', '+'};

struct graph {
    struct rect area; /* in the pane: without scale, labels and axis */
    double low, high; /* °C at the bottom and the top */
    double limit;     /* of the series nearest to its own; NAN none */
    int count;
    const struct model_sensor *series[SERIES_MAX];
};

/* By what is wanted most: name and value, what is left, the slope, what was, the role. */
static struct columns choose_columns(int width) {
    struct columns columns = {.now = 6, .left = 11};
    int room = width - 2 - columns.now - columns.left;
    if (room >= 16 + 7) {
        columns.slope = 7;
        room -= columns.slope;
    }
    if (room >= 16 + 8) {
        columns.low = columns.high = 4;
        room -= columns.low + columns.high;
    }
    if (room >= 16 + 8) {
        columns.role = 8;
        room -= columns.role;
    }
    columns.name = room < 0 ? 0 : room > NAME_MAX_WIDTH ? NAME_MAX_WIDTH : room;
    return columns;
}

/* A name that is too long loses its middle: chip and end of the label tell sensors apart. */
static void shorten(char *name, int width) {
    const int length = (int)strlen(name);
    if (width < 6 || length <= width) {
        return;
    }
    const int head = (width - 1) / 2;
    const int tail = width - 1 - head;
    name[head] = '~';
    memmove(name + head + 1, name + length - tail, (size_t)tail + 1);
}

static int draw_name(const struct pane *pane, int row, const struct columns *columns,
                     const struct model_sensor *shown) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    const enum screen_style style = sensor->steers ? STYLE_NORMAL : STYLE_DIM;
    const int whole = columns->role + columns->name;
    char name[128];
    if (shown->simulated) { /* whose it is is told before what it is called */
        snprintf(name, sizeof name, "simulated (%" PRId32 ") %s", shown->pid, sensors_role(sensor));
        return pane_field(pane, row, 2, whole, false, style, name);
    }
    int column = 2;
    if (columns->role > 0) {
        column = pane_field(pane, row, column, columns->role, false, style, sensors_role(sensor));
    }
    sensors_name(sensor, name, sizeof name);
    shorten(name, columns->name);
    return pane_field(pane, row, column, columns->name, false, style, name);
}

static int draw_range(const struct pane *pane, int row, int column, const struct columns *columns,
                      const struct history *history) {
    char text[24];
    double low = NAN;
    double high = NAN;
    if (columns->low == 0) {
        return column;
    }
    history_range(history, pane->model->now_ns, HISTORY_SECONDS, &low, &high);
    snprintf(text, sizeof text, isnan(low) ? "-" : "%.0f", low);
    column = pane_field(pane, row, column, columns->low, true, STYLE_DIM, text);
    snprintf(text, sizeof text, isnan(high) ? "-" : "%.0f", high);
    return pane_field(pane, row, column, columns->high, true, STYLE_DIM, text);
}

static int draw_slope(const struct pane *pane, int row, int column, const struct columns *columns,
                      const struct perfadapt_sensor *sensor) {
    const double per_minute = sensor->slope_c_per_s * 60;
    char text[24] = "-";
    if (columns->slope == 0) {
        return column;
    }
    if (!isnan(per_minute)) {
        snprintf(text, sizeof text, fabs(per_minute) < 0.1 ? "0" : "%+.1f", per_minute); /* less is the sensor's step */
    }
    return pane_field(pane, row, column, columns->slope, true, STYLE_NORMAL, text);
}

static void draw_figures(const struct pane *pane, int row, int column, const struct columns *columns,
                         const struct model_sensor *shown) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    const enum screen_style style = pane_state_style(sensors_state(sensor));
    char text[32];
    text_number(text, sizeof text, sensors_value(&sensor->temperature), 1);
    column = pane_field(pane, row, column, columns->now, true, style, text);
    column = draw_range(pane, row, column, columns, shown->history);
    column = draw_slope(pane, row, column, columns, sensor);
    if (isnan(sensors_left_c(sensor))) {
        pane_field(pane, row, column, columns->left, true, STYLE_DIM, "no limit");
    } else {
        snprintf(text, sizeof text, "%.1f left", sensors_left_c(sensor));
        pane_field(pane, row, column, columns->left, true, style, text);
    }
}

static void draw_sensor(const struct pane *pane, int row, const struct columns *columns,
                        const struct model_sensor *shown) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    const enum perfadapt_thermal_state state = sensors_state(sensor);
    const uint32_t read = sensor->temperature.state;
    pane_format(pane, row, 0, pane_state_style(state), "%c", sensors_letter(state));
    const int column = draw_name(pane, row, columns, shown);
    if (read == PERFADAPT_STATE_OK) {
        draw_figures(pane, row, column, columns, shown);
    } else if (read == PERFADAPT_STATE_STALE) {
        pane_format(pane, row, column + 1, STYLE_DIM, "%5.1f stale (%s)", sensor->temperature.value,
                    sensors_why(sensor));
    } else {
        pane_format(pane, row, column + 1, STYLE_DIM, "  n/a (%s)", sensors_why(sensor));
    }
}

static void draw_head(const struct pane *pane, int row, const struct columns *columns) {
    const struct {
        int width;
        bool right;
        const char *title;
    } heads[] = {{columns->role, false, "ROLE"},   {columns->name, false, "SENSOR"}, {columns->now, true, "NOW"},
                 {columns->low, true, "MIN"},      {columns->high, true, "MAX"},     {columns->slope, true, "/MIN"},
                 {columns->left, true, "TO LIMIT"}};
    int column = 2;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; ++i) {
        if (heads[i].width > 0) {
            column = pane_field(pane, row, column, heads[i].width, heads[i].right, STYLE_DIM, heads[i].title);
        }
    }
}

enum { OTHER_WITHOUT_LIMIT = PERFADAPT_THERMAL_CRITICAL + 1, OTHER_KINDS };

static int kind_of(const struct perfadapt_sensor *sensor) {
    const bool read = sensor->temperature.state == PERFADAPT_STATE_OK;
    const enum perfadapt_thermal_state state = sensors_state(sensor);
    return state == PERFADAPT_THERMAL_UNKNOWN && read ? OTHER_WITHOUT_LIMIT : (int)state;
}

/* What those without a line of their own are like: "+12 more: 9 cool, 2 without limit, 1 n/a". */
static void draw_others(const struct pane *pane, int row, int first) {
    static const char *const words[OTHER_KINDS] = {"n/a", "cool", "warm", "hot", "critical", "without limit"};
    const struct model *model = pane->model;
    const int left_out = (int)model->snapshot.sensors_left_out;
    int counts[OTHER_KINDS] = {0};
    for (size_t i = (size_t)first; i < model->sensor_count; ++i) {
        ++counts[kind_of(model->sensors[i].sensor)];
    }
    int column = pane_format(pane, row, 2, STYLE_DIM, "+%d more:", (int)model->sensor_count - first + left_out);
    const char *comma = "";
    for (int i = 0; i < OTHER_KINDS; ++i) {
        const int kind = (PERFADAPT_THERMAL_CRITICAL + OTHER_KINDS - i) % OTHER_KINDS; /* the hottest first */
        if (counts[kind] > 0) {
            const bool hot = kind == PERFADAPT_THERMAL_HOT || kind == PERFADAPT_THERMAL_CRITICAL;
            column = pane_format(pane, row, column, hot ? STYLE_HOT : STYLE_DIM, "%s %d %s", comma, counts[kind],
                                 words[kind]);
            comma = ",";
        }
    }
    if (left_out > 0) {
        pane_format(pane, row, column, STYLE_DIM, "%s %d not read", comma, left_out);
    }
}

static void draw_list(const struct pane *pane, int top, int rows) {
    const struct model *model = pane->model;
    const struct columns columns = choose_columns(pane->area.columns);
    const int count = (int)model->sensor_count;
    const bool more = model->snapshot.sensors_left_out > 0;
    const bool headed = rows >= 4 || rows > count;
    if (headed) {
        draw_head(pane, top, &columns);
        ++top;
        --rows;
    }
    const int shown = count > rows || (more && count == rows) ? rows - 1 : count;
    for (int i = 0; i < shown; ++i) {
        draw_sensor(pane, top + i, &columns, &model->sensors[i]);
    }
    if (count > shown || more) {
        draw_others(pane, top + shown, shown);
    }
}

static bool has_role(const struct graph *graph, const struct model_sensor *shown) {
    for (int i = 0; i < graph->count; ++i) {
        if (graph->series[i]->sensor->role == shown->sensor->role && graph->series[i]->simulated == shown->simulated) {
            return true;
        }
    }
    return false;
}

static bool has_series(const struct graph *graph, const struct model_sensor *shown) {
    for (int i = 0; i < graph->count; ++i) {
        if (graph->series[i] == shown) {
            return true;
        }
    }
    return false;
}

static void add_series(const struct model *model, struct graph *graph, bool new_roles) {
    for (size_t i = 0; i < model->sensor_count && graph->count < SERIES_MAX; ++i) {
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

/* Sensors that steer come first in the model: of these the first of each role, then the others in their order. */
static void choose_series(const struct model *model, struct graph *graph) {
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
    const double pad = fmax(2, (graph->high - graph->low) * 0.08);
    graph->low = floor(graph->low - pad);
    graph->high = ceil(graph->high + pad);
}

/* Minutes stand under their dots. */
static void draw_minutes(const struct pane *pane, const struct graph *graph) {
    const int last = SCALE_WIDTH + graph->area.columns - 1;
    const int minutes = HISTORY_SECONDS / 60;
    const int step = graph->area.columns / minutes < 5 ? 2 : 1;
    for (int minute = minutes; minute > 0; minute -= step) {
        const int column = last - (graph->area.columns - 1) * minute / minutes;
        pane_format(pane, graph->area.rows, column, STYLE_DIM, "-%dm", minute);
    }
    pane_text(pane, graph->area.rows, last - 2, STYLE_DIM, "now");
}

static void draw_scale(const struct pane *pane, const struct graph *graph) {
    const struct plot plot = {.columns = graph->area.columns, .rows = graph->area.rows, .ascii = pane->view->ascii};
    for (int row = 0; row < graph->area.rows; ++row) {
        const double value = plot_row_value(&plot, row, graph->low, graph->high);
        const int column = pane_format(pane, row, 0, STYLE_DIM, "%4.0f", value);
        pane_glyph(pane, row, column, STYLE_BORDER, pane->view->ascii ? L'|' : L'┊');
    }
    draw_minutes(pane, graph);
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
    const double slot_s = (double)HISTORY_SECONDS / width;
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
                    graph->series[i]->simulated ? "sim " : "", sensors_role(sensor));
    }
}

static void draw_graph(const struct pane *pane, struct graph *graph, int rows) {
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
    const int most = rows - GRAPH_ROWS_MIN - 1;
    return wanted < most ? wanted : most;
}

void temperatures_draw(const struct pane *pane) {
    struct graph graph = {.low = NAN, .high = NAN, .limit = NAN};
    if (pane->model->sensor_count == 0) {
        draw_none(pane);
        return;
    }
    choose_series(pane->model, &graph);
    const int list = list_rows(pane);
    if (graph.count == 0 || list < 1) {
        draw_list(pane, 0, pane->area.rows);
        return;
    }
    draw_graph(pane, &graph, pane->area.rows - list);
    draw_list(pane, pane->area.rows - list, list);
}
