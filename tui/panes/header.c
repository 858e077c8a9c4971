/* The lines on top: who, when, how warm, what limits. SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "line.h"
#include "pane.h"
#include "sensors.h"
#include "text.h"

enum { CLOCK_WIDTH = 8, NARROW_COLUMNS = 80 };

/* Where less than this rises, the time to the limit is noise. */
static const double rising_c_per_min = 0.2;

static bool is_read(const struct model *model) {
    return model->snapshot_result != PERFADAPT_ERROR_UNSUPPORTED;
}

/* "02:11", "1:02:11" */
static void format_span(int64_t span_ns, char *out, size_t capacity) {
    const int64_t seconds = span_ns / 1000000000;
    if (seconds >= 3600) {
        snprintf(out, capacity, "%" PRId64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60), (int)(seconds % 60));
    } else {
        snprintf(out, capacity, "%02d:%02d", (int)(seconds / 60), (int)(seconds % 60));
    }
}

static void add_source(struct line *line, const struct pane *pane) {
    const struct model_source *source = &pane->model->source;
    char span[24];
    if (source->recorder != NULL) {
        format_span(source->recorded_ns, span, sizeof span);
        line_add(line, 2, STYLE_HOT, "REC %s", span);
    }
    if (pane->view->paused) {
        line_add(line, 1, STYLE_SELECTED, " PAUSED ");
    }
    if (source->file != NULL) {
        const char *slash = strrchr(source->file, '/');
        line_add(line, 3, STYLE_NORMAL, "replay %.60s", slash != NULL ? slash + 1 : source->file);
    }
    if (source->ago_ns > 0) {
        format_span(source->ago_ns, span, sizeof span);
        line_add(line, 1, STYLE_SELECTED, source->file != NULL ? " %s before the end " : " %s ago ", span);
    } else if (source->file != NULL) {
        line_add(line, 1, STYLE_SELECTED, " END%s%s ", source->end != NULL ? ": " : "",
                 source->end != NULL ? source->end : "");
    } else if (!pane->view->paused) {
        line_add(line, 1, STYLE_DIM, "live");
    }
}

/* "mains", "battery 71% 12 W": what steers how long it lasts; nothing where it is not known. */
static void add_power(struct line *line, const struct model *model) {
    const struct perfadapt_power *power = &model->snapshot.power;
    const double mains = sensors_value(&power->on_ac);
    const double charge = sensors_value(&power->battery);
    const double drawn = sensors_value(&power->battery_power);
    if (!model_has_snapshot(model)) {
        return;
    }
    if (power->profile_state == PERFADAPT_STATE_OK) {
        line_add(line, 7, STYLE_NORMAL, "profile %s", power->profile);
    }
    if (!isnan(mains)) {
        line_add(line, 5, STYLE_NORMAL, "%s", mains > 0 ? "mains" : "battery");
    }
    if (!isnan(charge) && mains > 0) {
        line_glue(line, STYLE_NORMAL, " (battery %.0f%%)", 100 * charge);
    } else if (!isnan(charge)) {
        line_glue(line, STYLE_NORMAL, " %.0f%%", 100 * charge);
    }
    if (mains <= 0 && drawn > 0) {
        line_glue(line, STYLE_NORMAL, " %.0f W", drawn);
    }
}

/* What is kept longest, and whether anything is decided at all. */
static void add_policy(struct line *line, const struct model *model) {
    const struct policy *policy = &model->policy;
    if (policy->prefer[0] == '\0') {
        return;
    }
    line_add(line, 6, STYLE_NORMAL, "prefer %s", policy->prefer);
    if (strcmp(policy->mode, "auto") != 0) {
        line_glue(line, STYLE_HOT, " (mode %s)", policy->mode);
    }
}

static void draw_who(const struct pane *pane) {
    const struct model *model = pane->model;
    struct line line;
    char clock[16];
    char self[24];
    text_clock(clock, sizeof clock, model->realtime_ns);
    text_percent(self, sizeof self, model->self_percent);
    line_begin(&line, pane);
    line_add(&line, 0, STYLE_STRONG, "perfadapt-top " PERFADAPT_VERSION_STRING);
    line_add(&line, 4, STYLE_NORMAL, "host %s", model->host);
    add_policy(&line, model);
    add_power(&line, model);
    add_source(&line, pane);
    line_add(&line, 3, STYLE_NORMAL, "every %.3gs", pane->view->period_s);
    line_add(&line, 8, STYLE_DIM, "self %s cpu", isnan(model->self_percent) ? "-" : self);
    line_draw(&line, 0, 1, pane->area.columns - CLOCK_WIDTH - 3);
    pane_text(pane, 0, pane->area.columns - CLOCK_WIDTH - 1, STYLE_NORMAL, clock);
}

/* All four words, so that one sees what the present one stands between, where these have room. */
static void glue_states(struct line *line, enum perfadapt_thermal_state state, bool all) {
    static const char *const words[] = {"cool", "warm", "hot", "crit"};
    for (int i = 0; i < 4; ++i) {
        const bool present = (int)state == i + PERFADAPT_THERMAL_COOL;
        char word[8] = "";
        for (size_t at = 0; words[i][at] != '\0'; ++at) {
            word[at] = (char)(present ? toupper((unsigned char)words[i][at]) : words[i][at]);
        }
        line_glue(line, STYLE_DIM, !all ? "" : i == 0 ? "[" : "|");
        line_glue(line, present ? pane_state_style(state) : STYLE_DIM, "%s", all || present ? word : "");
    }
    line_glue(line, STYLE_DIM, all ? "]" : "");
}

static void add_nearest(struct line *line, int priority, const struct perfadapt_sensor *nearest) {
    const bool narrow = line->pane->area.columns < 100;
    char name[80];
    char duration[24];
    const double left = sensors_left_c(nearest);
    const double seconds = sensors_seconds_left(nearest);
    const double rising = nearest->slope_c_per_s * 60;
    sensors_name(nearest, name, sizeof name);
    line_add(line, priority, STYLE_NORMAL, "%s %s %.0f°C: %.*f°C left", narrow ? "limit" : "nearest limit",
             narrow ? sensors_role(nearest) : name, nearest->limit.value, left < 10 ? 1 : 0,
             left < 10 ? left : floor(left));
    if (seconds < 3600 && rising >= rising_c_per_min) {
        text_duration(duration, sizeof duration, seconds);
        line_follow(line, priority + 2, STYLE_NORMAL, "~%s at %+.1f/min", duration, rising);
    }
}

/* How many are awake, and how busy the busiest is. None is woken to tell. */
static void add_gpus(struct line *line, int priority, const struct perfadapt_snapshot *snapshot) {
    const uint32_t count = sensors_gpu_count(snapshot);
    uint32_t asleep = 0;
    double busy = NAN;
    for (uint32_t i = 0; i < count; ++i) {
        asleep += snapshot->gpus[i].state == PERFADAPT_STATE_ASLEEP;
        busy = fmax(busy, sensors_value(&snapshot->gpus[i].busy));
    }
    if (count == 0) {
        return;
    }
    if (count > 1) {
        line_add(line, priority, STYLE_NORMAL, "%u GPUs: ", (unsigned)count);
        line_glue(line, STYLE_NORMAL,
                  asleep == 0       ? "awake"
                  : asleep == count ? "asleep"
                                    : "%u asleep",
                  (unsigned)asleep);
    } else {
        const uint32_t state = snapshot->gpus[0].state;
        line_add(line, priority, STYLE_NORMAL, "GPU %s",
                 state == PERFADAPT_STATE_OK ? "awake" : perfadapt_state_name(state));
    }
    if (!isnan(busy)) {
        line_glue(line, STYLE_NORMAL, "%s %.0f%%", count > 1 ? ", busiest" : "", 100 * busy);
    }
}

/* The reason why the machine's state is not known, "" before the first sample. */
static const char *unknown_reason(const struct model *model) {
    if (!is_read(model)) {
        return "this machine is not read (--no-sampler)";
    }
    return model_has_snapshot(model) ? "no temperature that steers apps can be read" : "";
}

static void draw_state(const struct pane *pane, int row, bool with_limiter) {
    const struct model *model = pane->model;
    bool simulated = false;
    const struct perfadapt_sensor *nearest = sensors_nearest_or_simulated(model, &simulated);
    struct line line;
    line_begin(&line, pane);
    line_add(&line, 0, STYLE_NORMAL, "State ");
    if (nearest != NULL) {
        line_glue(&line, STYLE_NORMAL, simulated ? "(simulated) " : "");
        glue_states(&line, sensors_state(nearest), pane->area.columns >= NARROW_COLUMNS);
    } else if (is_read(model) && !model_has_snapshot(model)) {
        line_glue(&line, STYLE_DIM, "not read yet");
    } else {
        line_glue(&line, STYLE_STRONG, "n/a");
        line_add(&line, model_has_snapshot(model) ? 4 : 0, STYLE_NORMAL, "(%s)", unknown_reason(model));
    }
    if (with_limiter && model_has_snapshot(model)) {
        limits_add(&line, 1, model);
    }
    if (nearest != NULL) {
        add_nearest(&line, with_limiter ? 2 : 1, nearest);
    }
    if (model_has_snapshot(model)) {
        add_gpus(&line, 3, &model->snapshot);
    }
    line_draw(&line, row, 1, pane->area.columns - 1);
}

static void draw_limiter(const struct pane *pane, int row) {
    struct line line;
    line_begin(&line, pane);
    if (model_has_snapshot(pane->model)) {
        limits_add(&line, 0, pane->model);
    }
    line_draw(&line, row, 1, pane->area.columns - 1);
}

static void add_small_state(struct line *line, const struct model *model) {
    bool simulated = false;
    const struct perfadapt_sensor *nearest = sensors_nearest_or_simulated(model, &simulated);
    const enum perfadapt_thermal_state state = nearest != NULL ? sensors_state(nearest) : PERFADAPT_THERMAL_UNKNOWN;
    char memory[24];
    text_percent(memory, sizeof memory, sensors_value(&model->snapshot.pressure[PERFADAPT_RESOURCE_MEMORY].some.avg10));
    line_add(line, 0, nearest == NULL ? STYLE_STRONG : pane_state_style(state), "%c %s", sensors_letter(state),
             nearest == NULL ? "n/a" : perfadapt_thermal_state_name(state));
    if (nearest != NULL) {
        line_glue(line, STYLE_DIM, simulated ? " sim" : "");
        line_add(line, 2, STYLE_NORMAL, "%.0f/%.0f°C", sensors_value(&nearest->temperature), nearest->limit.value);
    }
    line_add(line, 5, STYLE_NORMAL, "mem %s", memory);
    line_add(line, 4, STYLE_NORMAL, "apps %zu", model->apps.count);
}

static void draw_small(const struct pane *pane) {
    const struct model *model = pane->model;
    struct line line;
    char span[24];
    line_begin(&line, pane);
    if (pane->view->paused) {
        line_add(&line, 0, STYLE_SELECTED, "PAUSED");
    }
    if (model->source.ago_ns > 0) {
        format_span(model->source.ago_ns, span, sizeof span);
        line_add(&line, 1, STYLE_SELECTED, "-%s", span);
    } else if (model->source.file != NULL) {
        line_add(&line, 1, STYLE_SELECTED, "END");
    }
    if (model->source.recorder != NULL) {
        line_add(&line, 3, STYLE_HOT, "REC");
    }
    if (model_has_snapshot(model)) {
        add_small_state(&line, model);
    } else {
        line_add(&line, 0, STYLE_STRONG, "perfadapt-top");
        line_add(&line, 4, STYLE_NORMAL, "apps %zu", model->apps.count);
    }
    line_draw(&line, 0, 0, pane->area.columns);
    if (pane->area.rows > 1 && model_has_snapshot(model)) {
        line_begin(&line, pane);
        limits_add(&line, 0, model);
        line_draw(&line, 1, 0, pane->area.columns);
    }
}

void header_draw(const struct pane *pane) {
    if (pane->mode == LAYOUT_SMALL) {
        draw_small(pane);
        return;
    }
    draw_who(pane);
    draw_state(pane, 1, pane->area.rows < 3);
    if (pane->area.rows > 2) {
        draw_limiter(pane, 2);
    }
}
