/* Pressure: the share of time lost waiting for cpu, memory and io. SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "pane.h"
#include "plot.h"
#include "sensors.h"
#include "text.h"

enum { NAME_WIDTH = 8, VALUE_WIDTH = 6, AVERAGES_WIDTH = 16, SPARK_SECONDS = 60 };

#define SHOWN_COUNT 4 /* the machine's three and the own cgroup's memory */

static int spark_width(const struct pane *pane) {
    const int width = pane->area.columns - NAME_WIDTH - 2 * VALUE_WIDTH - AVERAGES_WIDTH - 5;
    return width < 0 ? 0 : width > SPARK_SECONDS ? SPARK_SECONDS : width;
}

/* Small stalls are what one looks for, so the scale is that of the square root. */
static void draw_spark(const struct pane *pane, int row, int column, const struct history *history) {
    const int width = spark_width(pane);
    for (int i = 0; history != NULL && i < width; ++i) {
        const int ago = (width - 1 - i) * SPARK_SECONDS / width;
        const int until = (width - i) * SPARK_SECONDS / width;
        const double percent = history_at(history, pane->model->now_ns, ago, until - ago < 1 ? 1 : until - ago);
        pane_glyph(pane, row, column + i, percent >= 10 ? STYLE_HOT : STYLE_COOL,
                   plot_bar(sqrt(percent / 100), pane->view->ascii));
    }
}

static enum screen_style percent_style(double percent) {
    return percent >= 10 ? STYLE_HOT : STYLE_NORMAL;
}

static void draw_averages(const struct pane *pane, int row, int column, const struct perfadapt_stall *stall) {
    char parts[3][24];
    char text[80];
    text_number(parts[0], sizeof parts[0], sensors_value(&stall->avg10), 1);
    text_number(parts[1], sizeof parts[1], sensors_value(&stall->avg60), 1);
    text_number(parts[2], sizeof parts[2], sensors_value(&stall->avg300), 1);
    snprintf(text, sizeof text, "%s/%s/%s", parts[0], parts[1], parts[2]);
    pane_field(pane, row, column, AVERAGES_WIDTH, true, STYLE_NORMAL, text);
}

static void draw_resource(const struct pane *pane, int row, int resource) {
    static const char *const names[SHOWN_COUNT] = {"cpu", "memory", "io", "cgroup"};
    const struct perfadapt_pressure *pressure = &pane->model->snapshot.pressure[resource];
    const double some = sensors_value(&pressure->some.avg10);
    const double full = sensors_value(&pressure->full.avg10);
    char text[24];
    int column = pane_field(pane, row, 0, NAME_WIDTH, false, STYLE_NORMAL, names[resource]);
    text_percent(text, sizeof text, some);
    column = pane_field(pane, row, column, VALUE_WIDTH, true, percent_style(some), text) + 2;
    if (pressure->some.avg10.state != PERFADAPT_STATE_OK) {
        pane_format(pane, row, column, STYLE_NORMAL, "(%s)", perfadapt_state_name(pressure->some.avg10.state));
        return;
    }
    draw_spark(pane, row, column, pane->model->stalls[resource][0]);
    column += spark_width(pane) + 1;
    text_percent(text, sizeof text, full);
    column = pane_field(pane, row, column, VALUE_WIDTH, true, percent_style(full),
                        resource == PERFADAPT_RESOURCE_CPU ? "-" : text) +
             2;
    draw_averages(pane, row, column, &pressure->some);
}

static void draw_head(const struct pane *pane) {
    const int spark = spark_width(pane);
    pane_field(pane, 0, NAME_WIDTH, VALUE_WIDTH, true, STYLE_DIM, "some");
    if (spark >= 9) {
        pane_text(pane, 0, NAME_WIDTH + VALUE_WIDTH + 2, STYLE_DIM, "last 60 s");
    }
    const int column = NAME_WIDTH + VALUE_WIDTH + 2 + spark + 1;
    pane_field(pane, 0, column, VALUE_WIDTH, true, STYLE_DIM, "full");
    pane_field(pane, 0, column + VALUE_WIDTH + 2, AVERAGES_WIDTH, true, STYLE_DIM, "some 10/60/300 s");
}

static void draw_memory(const struct pane *pane, int row) {
    const struct perfadapt_memory *memory = &pane->model->snapshot.memory;
    char available[24];
    char total[24];
    text_bytes(available, sizeof available, sensors_value(&memory->available));
    text_bytes(total, sizeof total, sensors_value(&memory->total));
    pane_format(pane, row, 0, STYLE_NORMAL, "memory  %s of %s available", available, total);
    if (memory->cgroup_limit.state == PERFADAPT_STATE_OK) {
        text_bytes(available, sizeof available, sensors_value(&memory->cgroup_current));
        text_bytes(total, sizeof total, sensors_value(&memory->cgroup_limit));
        pane_format(pane, row + 1, 0, STYLE_NORMAL, "cgroup  %s of %s used", available, total);
    } else {
        const bool none = memory->cgroup_limit.state == PERFADAPT_STATE_UNSUPPORTED;
        pane_format(pane, row + 1, 0, STYLE_NORMAL, "cgroup  %s",
                    none ? "no memory limit" : perfadapt_state_name(memory->cgroup_limit.state));
    }
}

void pressure_draw(const struct pane *pane) {
    const struct model *model = pane->model;
    if (!model_has_snapshot(model)) {
        const bool never = model->snapshot_result == PERFADAPT_ERROR_UNSUPPORTED;
        pane_text(pane, 0, 0, STYLE_NORMAL, never ? "n/a (this machine is not read)" : "");
        return;
    }
    draw_head(pane);
    for (int i = 0; i < SHOWN_COUNT; ++i) {
        draw_resource(pane, 1 + i, i);
    }
    const bool woken = model->snapshot.psi_trigger == PERFADAPT_STATE_OK;
    pane_format(pane, 6, 0, STYLE_NORMAL, "trigger memory: %s",
                woken ? "the kernel reports stalls at once" : perfadapt_state_name(model->snapshot.psi_trigger));
    draw_memory(pane, 7);
}
