/* Pressure: the share of time lost waiting for cpu, memory and io. SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "limiter.h"
#include "pane.h"
#include "plot.h"
#include "sensors.h"
#include "text.h"

enum {
    NAME_WIDTH = 11,
    KIND_WIDTH = 5,
    VALUE_WIDTH = 6,
    AVERAGES_WIDTH = 18,
    SPARK_SECONDS = 60,
    TWO_SPARKS_COLUMNS = 70,
    FIGURES_COLUMNS = 46,  /* below it averages alone */
    MACHINE_RESOURCES = 3, /* cpu, memory, io: shown in any case, with the reason where they are not known */
    TAIL_LINES = 4         /* memory, swap, the cgroup's limit, the trigger */
};

#define LINES_MAX (2 * PERFADAPT_RESOURCE_COUNT)

static const char *const names[PERFADAPT_RESOURCE_COUNT] = {"cpu",        "memory",    "io", "cgroup mem",
                                                            "cgroup cpu", "cgroup io", "irq"};

/* One of the two lines of a pressure file. */
struct stall_line {
    int resource;
    int full;
};

static const struct perfadapt_stall *stall_of(const struct model *model, struct stall_line line) {
    const struct perfadapt_pressure *pressure = &model->snapshot.pressure[line.resource];
    return line.full ? &pressure->full : &pressure->some;
}

/* What there is; of the machine's three one line each in any case. */
static int list_lines(const struct model *model, struct stall_line lines[LINES_MAX], bool with_full) {
    int count = 0;
    for (int resource = 0; resource < PERFADAPT_RESOURCE_COUNT; ++resource) {
        for (int full = 0; full < 2; ++full) {
            const struct stall_line line = {resource, full};
            const bool there = stall_of(model, line)->avg10.state != PERFADAPT_STATE_UNSUPPORTED;
            const bool wanted = !full || with_full || resource == PERFADAPT_RESOURCE_IRQ;
            if ((there && wanted) || (!full && resource < MACHINE_RESOURCES)) {
                lines[count++] = line;
            }
        }
    }
    return count;
}

int pressure_lines(const struct model *model) {
    struct stall_line lines[LINES_MAX];
    return model_has_snapshot(model) ? 1 + list_lines(model, lines, true) + TAIL_LINES : 1;
}

static bool is_stalled(int resource, double percent) {
    return percent >= limiter_stalled_percent((enum perfadapt_resource)resource);
}

/* Small stalls are what one looks for, so the scale is that of the square root. Returns the column behind. */
static int draw_spark(const struct pane *pane, int row, int column, int width, struct stall_line line) {
    const struct history *history = pane->model->stalls[line.resource][line.full];
    if (width < 1 || history == NULL) {
        return column + width;
    }
    const double slot_s = (double)SPARK_SECONDS / width;
    for (int i = 0; i < width; ++i) {
        const double percent = sensors_slot(history, pane->model->now_ns, slot_s, width - 1 - i);
        pane_glyph(pane, row, column + i, is_stalled(line.resource, percent) ? STYLE_HOT : STYLE_COOL,
                   plot_bar(sqrt(percent / 100), pane->view->ascii));
    }
    return column + width;
}

static enum screen_style percent_style(int resource, double percent) {
    return is_stalled(resource, percent) ? STYLE_HOT : STYLE_NORMAL;
}

static int draw_percent(const struct pane *pane, int row, int column, struct stall_line line) {
    const struct perfadapt_stall *stall = stall_of(pane->model, line);
    char text[24];
    const double percent = sensors_value(&stall->avg10);
    text_percent(text, sizeof text, percent);
    return pane_field(pane, row, column, VALUE_WIDTH, true, percent_style(line.resource, percent),
                      stall->avg10.state == PERFADAPT_STATE_UNSUPPORTED ? "-" : text);
}

static void draw_averages(const struct pane *pane, int row, int column, struct stall_line line) {
    const struct perfadapt_stall *stall = stall_of(pane->model, line);
    const struct perfadapt_metric *averages[] = {&stall->avg10, &stall->avg60, &stall->avg300};
    for (int i = 0; i < 3; ++i) {
        char text[24];
        const double percent = sensors_value(averages[i]);
        text_number(text, sizeof text, percent, percent >= 99.95 ? 0 : 1);
        column = pane_field(pane, row, column, AVERAGES_WIDTH / 3, true, percent_style(line.resource, percent), text);
    }
}

/* False where there is a reason to draw in place of figures. */
static bool draw_reason(const struct pane *pane, int row, int column, const struct perfadapt_stall *stall) {
    const uint32_t state = stall->avg10.state;
    if (state != PERFADAPT_STATE_OK) {
        pane_format(pane, row, column, STYLE_NORMAL, "n/a (%s)", perfadapt_state_name(state));
    }
    return state != PERFADAPT_STATE_OK;
}

/* A line of its own for some and for full. */
static void draw_single(const struct pane *pane, int row, struct stall_line line) {
    const struct perfadapt_stall *stall = stall_of(pane->model, line);
    int column = pane_field(pane, row, 0, NAME_WIDTH, false, STYLE_NORMAL, names[line.resource]);
    column = pane_field(pane, row, column, KIND_WIDTH, false, STYLE_DIM, line.full ? "full" : "some");
    if (!draw_reason(pane, row, column, stall)) {
        const int averages = pane->area.columns - AVERAGES_WIDTH;
        const int room = averages - column;
        draw_spark(pane, row, column, room < SPARK_SECONDS ? room : SPARK_SECONDS, line);
        draw_averages(pane, row, averages, line);
    }
}

/* The room of one of `count` sparks beside the figures of a line for both. */
static int spark_width(const struct pane *pane, int *out_count) {
    *out_count = pane->area.columns >= TWO_SPARKS_COLUMNS ? 2 : 1;
    const int width = (pane->area.columns - NAME_WIDTH - 2 * VALUE_WIDTH - AVERAGES_WIDTH - 3) / *out_count - 1;
    return width < 0 ? 0 : width > SPARK_SECONDS ? SPARK_SECONDS : width;
}

/* Some and full in one line, the averages being those of some, or of full where there is no other. */
static void draw_both(const struct pane *pane, int row, struct stall_line line) {
    const struct stall_line full = {line.resource, 1};
    int sparks = 0;
    const int width = spark_width(pane, &sparks);
    int column = pane_field(pane, row, 0, NAME_WIDTH, false, STYLE_NORMAL, names[line.resource]);
    if (draw_reason(pane, row, column, stall_of(pane->model, line))) {
        return;
    }
    draw_averages(pane, row, pane->area.columns - AVERAGES_WIDTH, line);
    if (pane->area.columns < FIGURES_COLUMNS) {
        return;
    }
    column = draw_percent(pane, row, column, (struct stall_line){line.resource, 0}) + 1;
    column = draw_spark(pane, row, column, width, (struct stall_line){line.resource, 0});
    column = draw_percent(pane, row, column, full) + 1;
    if (sparks == 2) {
        draw_spark(pane, row, column, width, full);
    }
}

static void draw_head(const struct pane *pane, bool single) {
    static const char *const spans[] = {"10 s", "60 s", "300 s"};
    int sparks = 0;
    int column = pane->area.columns - AVERAGES_WIDTH;
    for (int i = 0; i < 3; ++i) {
        column = pane_field(pane, 0, column, AVERAGES_WIDTH / 3, true, STYLE_DIM, spans[i]);
    }
    if (single) {
        pane_text(pane, 0, NAME_WIDTH + KIND_WIDTH, STYLE_DIM, "last 60 s, in %");
        return;
    }
    if (pane->area.columns < FIGURES_COLUMNS) {
        pane_text(pane, 0, 0, STYLE_DIM, "% stalled");
        return;
    }
    const int width = spark_width(pane, &sparks);
    pane_field(pane, 0, NAME_WIDTH, VALUE_WIDTH, true, STYLE_DIM, "some");
    pane_field(pane, 0, NAME_WIDTH + VALUE_WIDTH + 1 + width, VALUE_WIDTH, true, STYLE_DIM, "full");
    if (width >= 9) {
        pane_text(pane, 0, NAME_WIDTH + VALUE_WIDTH + 1, STYLE_DIM, "last 60 s");
    }
}

/* "8.6 of 15.3 GiB": the unit of the part is told only where it is another. */
static void draw_share(const struct pane *pane, int row, const char *name, double part,
                       const struct perfadapt_metric *of, const char *what) {
    const double whole = sensors_value(of);
    char texts[2][24];
    pane_text(pane, row, 0, STYLE_NORMAL, name);
    if (isnan(part) && isnan(whole)) {
        pane_format(pane, row, NAME_WIDTH, STYLE_NORMAL, "n/a (%s)", perfadapt_state_name(of->state));
        return;
    }
    text_bytes(texts[0], sizeof texts[0], part);
    text_bytes(texts[1], sizeof texts[1], whole);
    char *unit = strchr(texts[0], ' ');
    const char *other = strchr(texts[1], ' ');
    if (unit != NULL && other != NULL && strcmp(unit, other) == 0) {
        *unit = '\0';
    }
    pane_format(pane, row, NAME_WIDTH, STYLE_NORMAL, "%s of %s %s", texts[0], texts[1], what);
}

static void draw_swap(const struct pane *pane, int row) {
    const struct perfadapt_memory *memory = &pane->model->snapshot.memory;
    const double total = sensors_value(&memory->swap_total);
    if (total > 0 || isnan(total)) {
        draw_share(pane, row, "swap", total - sensors_value(&memory->swap_free), &memory->swap_total, "used");
    } else {
        pane_text(pane, row, 0, STYLE_NORMAL, "swap");
        pane_text(pane, row, NAME_WIDTH, STYLE_NORMAL, "none");
    }
}

static void draw_cgroup(const struct pane *pane, int row) {
    const struct perfadapt_memory *memory = &pane->model->snapshot.memory;
    const uint32_t state = memory->cgroup_limit.state;
    if (state == PERFADAPT_STATE_OK) {
        draw_share(pane, row, "cgroup", sensors_value(&memory->cgroup_current), &memory->cgroup_limit, "used");
        return;
    }
    pane_text(pane, row, 0, STYLE_NORMAL, "cgroup");
    if (state == PERFADAPT_STATE_UNSUPPORTED) {
        pane_text(pane, row, NAME_WIDTH, STYLE_NORMAL, "no memory limit");
    } else {
        pane_format(pane, row, NAME_WIDTH, STYLE_NORMAL, "n/a (%s)", perfadapt_state_name(state));
    }
}

static void draw_tail(const struct pane *pane, int row) {
    const struct perfadapt_snapshot *snapshot = &pane->model->snapshot;
    const uint32_t trigger = snapshot->psi_trigger;
    draw_share(pane, row, "RAM", sensors_value(&snapshot->memory.available), &snapshot->memory.total, "available");
    draw_cgroup(pane, row + 1);
    draw_swap(pane, row + 2);
    pane_text(pane, row + 3, 0, STYLE_NORMAL, "trigger");
    if (trigger == PERFADAPT_STATE_OK) {
        pane_text(pane, row + 3, NAME_WIDTH, STYLE_NORMAL, "the kernel tells of memory stalls at once");
    } else {
        pane_format(pane, row + 3, NAME_WIDTH, STYLE_NORMAL, "n/a (%s)", perfadapt_state_name(trigger));
    }
}

void pressure_draw(const struct pane *pane) {
    const struct model *model = pane->model;
    struct stall_line lines[LINES_MAX];
    if (!model_has_snapshot(model)) {
        const bool never = model->snapshot_result == PERFADAPT_ERROR_UNSUPPORTED;
        pane_text(pane, 0, 0, STYLE_NORMAL, never ? "n/a (this machine is not read)" : "");
        return;
    }
    int count = list_lines(model, lines, true);
    const bool single = 1 + count + 1 <= pane->area.rows;
    count = single ? count : list_lines(model, lines, false);
    const int top = pane->area.rows > MACHINE_RESOURCES;
    if (top > 0) {
        draw_head(pane, single);
    }
    for (int i = 0; i < count; ++i) {
        if (single) {
            draw_single(pane, top + i, lines[i]);
        } else {
            draw_both(pane, top + i, lines[i]);
        }
    }
    draw_tail(pane, top + count);
}
