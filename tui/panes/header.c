/* The lines on top: who, when, how warm. SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "pane.h"
#include "sensors.h"
#include "text.h"

static enum perfadapt_thermal_state machine_state(const struct model *model) {
    const struct perfadapt_sensor *nearest = sensors_nearest(model, false);
    return nearest == NULL ? PERFADAPT_THERMAL_UNKNOWN : sensors_state(nearest);
}

static void describe_nearest(const struct perfadapt_sensor *nearest, char *out, size_t capacity) {
    char name[80];
    char duration[24];
    sensors_name(nearest, name, sizeof name);
    const int length =
        snprintf(out, capacity, "nearest limit %s%s %.0f°C: %.1f°C left", nearest->simulated ? "simulated " : "", name,
                 nearest->limit.value, sensors_left_c(nearest));
    const double seconds = sensors_seconds_left(nearest);
    if (seconds < 3600 && length > 0 && (size_t)length < capacity) {
        text_duration(duration, sizeof duration, seconds);
        snprintf(out + length, capacity - (size_t)length, ", ~%s at %+.1f/m", duration, nearest->slope_c_per_s * 60);
    }
}

/* The reason why the machine's state is not known, "" before the first sample. */
static const char *unknown_reason(const struct model *model) {
    if (model->snapshot_result == PERFADAPT_ERROR_UNSUPPORTED) {
        return "this machine is not read (--no-sampler)";
    }
    return model_has_snapshot(model) ? "no temperature with a known limit can be read" : "";
}

static void draw_state(const struct pane *pane, int row) {
    const struct model *model = pane->model;
    const enum perfadapt_thermal_state state = machine_state(model);
    const struct perfadapt_sensor *nearest = sensors_nearest(model, false);
    int column = pane_text(pane, row, 1, STYLE_NORMAL, "State ");
    if (!model_has_snapshot(model) && model->snapshot_result != PERFADAPT_ERROR_UNSUPPORTED) {
        return;
    }
    column = nearest == NULL ? pane_text(pane, row, column, STYLE_STRONG, "n/a")
                             : pane_format(pane, row, column, pane_state_style(state), "%c %s", sensors_letter(state),
                                           perfadapt_thermal_state_name(state));
    if (nearest == NULL) {
        nearest = sensors_nearest(model, true);
    }
    if (nearest == NULL) {
        pane_format(pane, row, column, STYLE_NORMAL, "  (%s)", unknown_reason(model));
        return;
    }
    char text[200];
    describe_nearest(nearest, text, sizeof text);
    pane_text(pane, row, column + 3, STYLE_NORMAL, text);
}

static void draw_small(const struct pane *pane) {
    const struct model *model = pane->model;
    const struct perfadapt_sensor *nearest = sensors_nearest(model, false);
    const enum perfadapt_thermal_state state = machine_state(model);
    char memory[24];
    text_percent(memory, sizeof memory, sensors_value(&model->snapshot.pressure[PERFADAPT_RESOURCE_MEMORY].some.avg10));
    int column = 0;
    if (pane->view->paused) {
        column = pane_text(pane, 0, 0, STYLE_SELECTED, "PAUSED") + 1;
    }
    if (!model_has_snapshot(model)) {
        pane_text(pane, 0, column, STYLE_STRONG, "perfadapt-top");
        return;
    }
    column = pane_format(pane, 0, column, nearest == NULL ? STYLE_STRONG : pane_state_style(state), "%c %s",
                         sensors_letter(state), nearest == NULL ? "n/a" : perfadapt_thermal_state_name(state));
    if (nearest != NULL) {
        column = pane_format(pane, 0, column + 1, STYLE_NORMAL, "%.0f/%.0f°C", sensors_value(&nearest->temperature),
                             nearest->limit.value);
    }
    pane_format(pane, 0, column + 2, STYLE_NORMAL, "mem %s  apps %zu", memory, model->apps.count);
}

void header_draw(const struct pane *pane) {
    const struct model *model = pane->model;
    char clock[16];
    char self[24];
    if (pane->mode == LAYOUT_SMALL) {
        draw_small(pane);
        return;
    }
    text_clock(clock, sizeof clock, model->realtime_ns);
    text_percent(self, sizeof self, model->self_percent);
    const int column = pane_text(pane, 0, 1, STYLE_STRONG, "perfadapt-top " PERFADAPT_VERSION_STRING);
    const int end = pane_format(pane, 0, column + 2, STYLE_NORMAL, "host %s   every %.3gs   self %s cpu", model->host,
                                pane->view->period_s, isnan(model->self_percent) ? "-" : self);
    pane_text(pane, 0, end + 3, pane->view->paused ? STYLE_SELECTED : STYLE_DIM,
              pane->view->paused ? " PAUSED " : "live");
    pane_text(pane, 0, pane->area.columns - 9, STYLE_NORMAL, clock);
    draw_state(pane, 1);
}
