/* A line for each temperature. SPDX-License-Identifier: MIT */
#include "temperature_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors.h"
#include "text.h"

enum { NAME_MAX_WIDTH = 38 };

/* Widths of the table's columns, with the blank before each; 0 = no room for it. */
struct columns {
    int role, name, now, low, high, slope, left;
};

/* By what is wanted most: name and value, what is left, the slope, what was, the role. */
static struct columns choose_columns(int width) {
    struct columns columns = {.now = 6, .left = 10};
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

/* "sim" says that it is no sensor of this machine, and whose it is where several apps simulate one. */
static void format_name(const struct model *model, const struct model_sensor *shown, char *out, size_t capacity) {
    bool several = false;
    char pid[16] = "";
    char name[80];
    sensors_name(shown->sensor, name, sizeof name);
    for (size_t i = 0; i < model->sensor_count; ++i) {
        several = several || (model->sensors[i].simulated && model->sensors[i].pid != shown->pid);
    }
    if (several) {
        snprintf(pid, sizeof pid, "%" PRId32 " ", shown->pid);
    }
    snprintf(out, capacity, "%s%s%s", shown->simulated ? "sim " : "", shown->simulated ? pid : "", name);
}

static int draw_name(const struct pane *pane, int row, const struct columns *columns,
                     const struct temperature_graph *graph, const struct model_sensor *shown) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    const enum screen_style style = sensor->steers ? STYLE_NORMAL : STYLE_DIM;
    const enum screen_style role = temperature_graph_style(graph, shown, style);
    char name[128];
    int column = 2;
    if (columns->role > 0) {
        char word[16];
        sensors_role_of(&pane->model->snapshot, sensor, word, sizeof word);
        column = pane_field(pane, row, column, columns->role, false, role, word);
    }
    format_name(pane->model, shown, name, sizeof name);
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
    snprintf(text, sizeof text, isnan(low) ? "-" : "%.0f", floor(low));
    column = pane_field(pane, row, column, columns->low, true, STYLE_DIM, text);
    snprintf(text, sizeof text, isnan(high) ? "-" : "%.0f", ceil(high));
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
                        const struct temperature_graph *graph, const struct model_sensor *shown) {
    const struct perfadapt_sensor *sensor = shown->sensor;
    const enum perfadapt_thermal_state state = sensors_state(sensor);
    const uint32_t read = sensor->temperature.state;
    pane_format(pane, row, 0, pane_state_style(state), "%c", sensors_letter(state));
    const int column = draw_name(pane, row, columns, graph, shown);
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

/* The place of the one that the header tells of; 0 where it tells of none. */
static size_t find_nearest(const struct model *model) {
    bool simulated = false;
    const struct perfadapt_sensor *nearest = sensors_nearest_or_simulated(model, &simulated);
    for (size_t i = 0; i < model->sensor_count; ++i) {
        if (model->sensors[i].sensor == nearest) {
            return i;
        }
    }
    return 0;
}

/* The sensors in their order, with the one whose place is `nearest` before the others. */
static const struct model_sensor *sensor_at(const struct model *model, size_t nearest, int row) {
    const size_t at = (size_t)row;
    return &model->sensors[at == 0 ? nearest : at <= nearest ? at - 1 : at];
}

enum { OTHER_WITHOUT_LIMIT = PERFADAPT_THERMAL_CRITICAL + 1, OTHER_KINDS };

static int kind_of(const struct perfadapt_sensor *sensor) {
    const bool read = sensor->temperature.state == PERFADAPT_STATE_OK;
    const enum perfadapt_thermal_state state = sensors_state(sensor);
    return state == PERFADAPT_THERMAL_UNKNOWN && read ? OTHER_WITHOUT_LIMIT : (int)state;
}

/* What those without a line of their own are like: "+12 more: 9 cool, 2 without limit, 1 n/a". */
static void draw_others(const struct pane *pane, int row, int first, size_t nearest) {
    static const char *const words[OTHER_KINDS] = {"n/a", "cool", "warm", "hot", "critical", "without limit"};
    const struct model *model = pane->model;
    const int left_out = (int)model->snapshot.sensors_left_out;
    int counts[OTHER_KINDS] = {0};
    for (int i = first; i < (int)model->sensor_count; ++i) {
        ++counts[kind_of(sensor_at(model, nearest, i)->sensor)];
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

void temperature_table_draw(const struct pane *pane, const struct temperature_graph *graph, int top, int rows) {
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
    /* One line tells more of the first than of the others. */
    const bool cut = rows > 1 && (count > rows || (more && count == rows));
    const int shown = cut ? rows - 1 : count < rows ? count : rows;
    const size_t nearest = shown < count ? find_nearest(model) : 0;
    for (int i = 0; i < shown; ++i) {
        draw_sensor(pane, top + i, &columns, graph, sensor_at(model, nearest, i));
    }
    if (rows > shown && (count > shown || more)) {
        draw_others(pane, top + shown, shown, nearest);
    }
}
