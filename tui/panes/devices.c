/* Power and clocks: the processors, each GPU, and who says that something is held back. SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "evidence.h"
#include "line.h"
#include "pane.h"
#include "sensors.h"
#include "text.h"

enum { NAME_COLUMNS = EVIDENCE_NAME_COLUMNS };

static const int64_t minute_ns = INT64_C(60000000000);

/* "12" of "12/28 W": watts and gigahertz in as few digits as tell something, so that noise is not drawn. */
static void format_short(char *out, size_t capacity, double value) {
    text_number(out, capacity, value, value >= 0.05 && value < 9.95 ? 1 : 0);
}

static void format_pair(char *out, size_t capacity, double value, double most, const char *unit) {
    char texts[2][24];
    format_short(texts[0], sizeof texts[0], value);
    format_short(texts[1], sizeof texts[1], most);
    if (isnan(value) && isnan(most)) {
        out[0] = '\0';
    } else if (isnan(most)) {
        snprintf(out, capacity, "%s %s", texts[0], unit);
    } else {
        snprintf(out, capacity, "%s%s%s %s", texts[0], isnan(value) ? " of " : "/", texts[1], unit);
    }
}

static void add_pair(struct line *line, int priority, const struct perfadapt_metric *value,
                     const struct perfadapt_metric *most, double scale, const char *unit) {
    char text[64];
    format_pair(text, sizeof text, sensors_value(value) * scale, sensors_value(most) * scale, unit);
    line_add(line, priority, STYLE_NORMAL, "%s", text);
}

/* Since when in whole minutes: seconds would be drawn anew each time. */
static void add_verdict(struct line *line, int priority, const struct perfadapt_throttle *throttle) {
    const int64_t minutes = (line->pane->model->now_ns - throttle->since_ns) / minute_ns;
    if (throttle->verdict <= PERFADAPT_THROTTLING_NONE) {
        return;
    }
    line_add(line, priority, STYLE_HOT, "held back: %s", perfadapt_throttling_name(throttle->verdict));
    if (throttle->since_ns > 0 && minutes > 0) {
        line_glue(line, STYLE_HOT, " for %" PRId64 " min", minutes);
    }
}

static void add_cpu(struct line *line, const struct perfadapt_snapshot *snapshot) {
    const struct perfadapt_processor *cpu = &snapshot->processor;
    const double held = sensors_value(&cpu->clock_limit);
    if (isnan(sensors_value(&cpu->clock)) && isnan(sensors_value(&cpu->clock_max))) {
        line_add(line, 5, STYLE_NORMAL, "clock n/a (%s)", perfadapt_state_name(cpu->clock.state));
    }
    add_pair(line, 1, &cpu->clock, &cpu->clock_max, 1e-3, "GHz");
    if (held < 0.995 * sensors_value(&cpu->clock_max)) {
        line_add(line, 4, STYLE_NORMAL, "held to %.1f", held / 1e3);
    }
    if (!isnan(sensors_value(&cpu->busy))) {
        line_add(line, 2, STYLE_NORMAL, "busy %.0f%%", 100 * cpu->busy.value);
    }
    if (!isnan(sensors_value(&cpu->busy)) && !isnan(sensors_value(&cpu->online))) {
        line_glue(line, STYLE_NORMAL, " of %.0f cpus", cpu->online.value);
    }
    if (!isnan(sensors_value(&snapshot->power.package_power))) {
        char watts[24];
        format_short(watts, sizeof watts, snapshot->power.package_power.value);
        line_add(line, 3, STYLE_NORMAL, "%s W", watts);
    }
    if (!isnan(sensors_value(&cpu->quota))) {
        line_add(line, 2, STYLE_NORMAL, "quota %.3g cpus", cpu->quota.value);
    }
    add_verdict(line, 1, &cpu->throttle);
}

static const char *state_word(const struct perfadapt_gpu *gpu) {
    return gpu->state == PERFADAPT_STATE_OK ? "awake" : perfadapt_state_name(gpu->state);
}

static void add_load(struct line *line, const struct perfadapt_gpu *gpu) {
    if (!isnan(sensors_value(&gpu->busy))) {
        line_add(line, 1, STYLE_NORMAL, "%.0f%%", 100 * gpu->busy.value);
    }
    add_verdict(line, 2, &gpu->throttle);
}

static void add_figures(struct line *line, const struct perfadapt_gpu *gpu) {
    const bool own = !isnan(sensors_value(&gpu->memory_total));
    add_pair(line, 2, &gpu->clock, &gpu->clock_max, 1e-3, "GHz");
    add_pair(line, 1, &gpu->power, &gpu->power_limit, 1, "W");
    add_pair(line, 3, own ? &gpu->memory_used : &gpu->shared_used, own ? &gpu->memory_total : &gpu->shared_total,
             1.0 / 1073741824, own ? "GiB" : "GiB shared");
}

static bool has_figures(const struct perfadapt_gpu *gpu) {
    return gpu->state != PERFADAPT_STATE_ASLEEP &&
           !(isnan(sensors_value(&gpu->clock)) && isnan(sensors_value(&gpu->power)) &&
             isnan(sensors_value(&gpu->memory_total)) && isnan(sensors_value(&gpu->shared_total)));
}

static void draw_name(const struct pane *pane, int row, const struct perfadapt_snapshot *snapshot, uint32_t index) {
    if (snapshot->gpu_count > 1) {
        pane_format(pane, row, 0, STYLE_NORMAL, "gpu %" PRIu32, index);
    } else {
        pane_text(pane, row, 0, STYLE_NORMAL, "gpu");
    }
}

/* A GPU in one line, or in two where its name has room. Returns how many were taken. */
static int draw_gpu(const struct pane *pane, int row, uint32_t index, bool tall) {
    const struct perfadapt_snapshot *snapshot = &pane->model->snapshot;
    const struct perfadapt_gpu *gpu = &snapshot->gpus[index];
    const bool second = tall && has_figures(gpu);
    struct line line;
    draw_name(pane, row, snapshot, index);
    line_begin(&line, pane);
    line_add(&line, 0, gpu->state == PERFADAPT_STATE_OK ? STYLE_NORMAL : STYLE_DIM, "%s", state_word(gpu));
    if (gpu->why != PERFADAPT_WHY_NONE && gpu->state != PERFADAPT_STATE_ASLEEP) {
        line_glue(&line, STYLE_NORMAL, " (%s)", perfadapt_why_text(gpu->why));
    }
    add_load(&line, gpu);
    if (!second) {
        add_figures(&line, gpu);
    }
    line_add(&line, 4, STYLE_DIM, "%s", gpu->name[0] != '\0' ? gpu->name : gpu->driver);
    if (gpu->name[0] == '\0') {
        line_add(&line, 5, STYLE_DIM, "%s", gpu->id);
    }
    line_draw(&line, row, NAME_COLUMNS, pane->area.columns);
    if (second) {
        line_begin(&line, pane);
        add_figures(&line, gpu);
        line_draw(&line, row + 1, NAME_COLUMNS, pane->area.columns);
    }
    return second ? 2 : 1;
}

static int gpu_lines(const struct perfadapt_snapshot *snapshot) {
    int lines = 0;
    for (uint32_t i = 0; i < sensors_gpu_count(snapshot); ++i) {
        lines += has_figures(&snapshot->gpus[i]) ? 2 : 1;
    }
    return lines > 0 ? lines : 1;
}

int devices_lines(const struct model *model) {
    return model_has_snapshot(model) ? 1 + gpu_lines(&model->snapshot) + evidence_lines(&model->snapshot) : 1;
}

static void draw_cpu(const struct pane *pane, int row) {
    struct line line;
    pane_text(pane, row, 0, STYLE_NORMAL, "cpu");
    line_begin(&line, pane);
    add_cpu(&line, &pane->model->snapshot);
    line_draw(&line, row, NAME_COLUMNS, pane->area.columns);
}

/* Of several in one line: which is awake, and its load. */
static void add_gpus(struct line *line, const struct perfadapt_snapshot *snapshot) {
    line_add(line, 1, STYLE_DIM, "%" PRIu32 " gpus", sensors_gpu_count(snapshot));
    for (uint32_t i = 0; i < sensors_gpu_count(snapshot); ++i) {
        const struct perfadapt_gpu *gpu = &snapshot->gpus[i];
        const double busy = 100 * sensors_value(&gpu->busy);
        line_follow(line, 2, STYLE_NORMAL, isnan(busy) ? "%" PRIu32 ": %s" : "%" PRIu32 ": %s %.0f%%", i,
                    state_word(gpu), busy);
    }
}

/* All of it where there is one line: what is busiest of what matters most. */
static void draw_one_line(const struct pane *pane) {
    const struct perfadapt_snapshot *snapshot = &pane->model->snapshot;
    struct line line;
    line_begin(&line, pane);
    line_add(&line, 0, STYLE_DIM, "cpu");
    add_cpu(&line, snapshot);
    if (sensors_gpu_count(snapshot) == 1) {
        line_add(&line, 1, STYLE_DIM, "gpu ");
        line_glue(&line, STYLE_NORMAL, "%s", state_word(&snapshot->gpus[0]));
        add_load(&line, &snapshot->gpus[0]);
        add_figures(&line, &snapshot->gpus[0]);
    } else if (sensors_gpu_count(snapshot) > 1) {
        add_gpus(&line, snapshot);
    }
    line_draw(&line, 0, 0, pane->area.columns);
}

/* What has no line of its own: those that sleep, and those that came too late. */
static void draw_other_gpus(const struct pane *pane, int row, bool first, uint32_t awake, uint32_t asleep) {
    struct line line;
    line_begin(&line, pane);
    if (awake > 0) {
        line_add(&line, 0, STYLE_NORMAL, first ? "%" PRIu32 " awake" : "+%" PRIu32 " awake", awake);
    }
    if (asleep > 0) {
        line_add(&line, 1, STYLE_NORMAL, "%" PRIu32 " asleep", asleep);
    }
    line_draw(&line, row, NAME_COLUMNS, pane->area.columns);
}

/* One line each for as many as are awake and fit, one for the others. Returns the lines taken. */
static int draw_gpus_short(const struct pane *pane, int row, int rows) {
    const struct perfadapt_snapshot *snapshot = &pane->model->snapshot;
    const uint32_t count = sensors_gpu_count(snapshot);
    uint32_t asleep = 0;
    uint32_t awake = 0;
    int used = 0;
    for (uint32_t i = 0; i < count; ++i) {
        asleep += snapshot->gpus[i].state == PERFADAPT_STATE_ASLEEP;
    }
    const int own = (int)count <= rows ? rows : rows - 1;
    for (uint32_t i = 0; i < count; ++i) {
        const bool sleeps = snapshot->gpus[i].state == PERFADAPT_STATE_ASLEEP;
        if (used < own && (!sleeps || (int)count <= rows)) {
            used += draw_gpu(pane, row + used, i, false);
        } else {
            awake += !sleeps;
        }
    }
    if ((int)count > rows && rows > 0) {
        if (used == 0) {
            pane_text(pane, row, 0, STYLE_NORMAL, "gpus");
        }
        draw_other_gpus(pane, row + used, used == 0, awake, asleep);
        ++used;
    }
    return used;
}

static int draw_gpus(const struct pane *pane, int row, int rows, bool tall) {
    const uint32_t count = sensors_gpu_count(&pane->model->snapshot);
    int used = 0;
    if (count == 0) {
        pane_text(pane, row, 0, STYLE_NORMAL, "gpu");
        pane_text(pane, row, NAME_COLUMNS, STYLE_NORMAL, "none found");
        return 1;
    }
    if (!tall) {
        return draw_gpus_short(pane, row, rows);
    }
    for (uint32_t i = 0; i < count; ++i) {
        used += draw_gpu(pane, row + used, i, true);
    }
    return used;
}

void devices_draw(const struct pane *pane) {
    const struct model *model = pane->model;
    const int rows = pane->area.rows;
    if (!model_has_snapshot(model)) {
        const bool never = model->snapshot_result == PERFADAPT_ERROR_UNSUPPORTED;
        pane_text(pane, 0, 0, STYLE_NORMAL, never ? "n/a (this machine is not read)" : "");
        return;
    }
    if (rows == 1) {
        draw_one_line(pane);
        return;
    }
    draw_cpu(pane, 0);
    const bool tall = devices_lines(model) <= rows;
    const int evidence = rows > 2 ? 1 : 0;
    const int used = draw_gpus(pane, 1, rows - 1 - evidence, tall);
    evidence_draw(pane, 1 + used);
}
