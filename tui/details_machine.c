/* What the page of details says of the machine an app is on, and of its memory. SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "details_text.h"
#include "plot.h"
#include "residents.h"
#include "sensors.h"
#include "text.h"
#include "trend.h"

enum { TREND_SECONDS = 240, SPARK_SECONDS = 5, SPARK_MAX = 48, LABEL_WIDTH = 15 };

static const struct perfadapt_sensor *nearest_of(const struct perfadapt_snapshot *snapshot) {
    const struct perfadapt_sensor *nearest = NULL;
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; ++i) {
        nearest = sensors_nearer(nearest, &snapshot->sensors[i]);
    }
    return nearest;
}

static void format_reach(const struct perfadapt_sensor *sensor, char *out, size_t capacity) {
    char duration[24];
    if (sensor->time_to_limit_ns == 0) {
        snprintf(out, capacity, "reached");
    } else if (sensor->time_to_limit_ns == -1) {
        snprintf(out, capacity, "not foreseen");
    } else if (sensor->time_to_limit_ns < 0) {
        snprintf(out, capacity, "n/a");
    } else {
        text_duration(duration, sizeof duration, (double)sensor->time_to_limit_ns / 1e9);
        snprintf(out, capacity, "in %s at the slope of now", duration);
    }
}

static void add_sensor(const struct perfadapt_sensor *sensor, struct sheet *out) {
    char name[80];
    char slope[24] = "n/a";
    char reach[64];
    sensors_name(sensor, name, sizeof name);
    format_reach(sensor, reach, sizeof reach);
    if (!isnan(sensor->slope_c_per_s)) {
        snprintf(slope, sizeof slope, "%+.1f/min", sensor->slope_c_per_s * 60);
    }
    sheet_add(out, "sensor", STYLE_STRONG, "%s%s", name, sensor->simulated ? " (simulated)" : "");
    sheet_add(out, "temperature", STYLE_NORMAL, "%.1f °C, %s", sensors_value(&sensor->temperature), slope);
    sheet_add(out, "limit", STYLE_NORMAL, "%.1f °C (%s), %.1f left", sensor->limit.value,
              perfadapt_limit_source_name(sensor->limit_source), sensors_left_c(sensor));
    sheet_add(out, "limit reached", STYLE_NORMAL, "%s", strcmp(reach, "reached") == 0 ? "already" : reach);
}

/* A character for every few seconds, low to high of what is shown. */
static void draw_spark(const struct history *history, int64_t now_ns, int columns, bool ascii, char *out,
                       size_t capacity) {
    const int count = columns < SPARK_MAX ? columns : SPARK_MAX;
    double low = 0;
    double high = 0;
    size_t length = 0;
    out[0] = '\0';
    if (!history_range(history, now_ns, count * SPARK_SECONDS, &low, &high)) {
        return;
    }
    const double reach = fmax(high - low, fmax(high * 0.01, 1)); /* a change of less than 1 % is none to look at */
    for (int i = count - 1; i >= 0 && length + 4 < capacity; --i) {
        const double value = history_at(history, now_ns, i * SPARK_SECONDS, SPARK_SECONDS);
        if (isnan(value) && length == 0) {
            continue;
        }
        const wchar_t bar = plot_bar((value - low) / reach, ascii);
        if (bar < 0x80) {
            out[length++] = (char)bar;
        } else {
            length += (size_t)snprintf(out + length, capacity - length, "\xe2\x96%c", (int)(0x80 + (bar & 0x3f)));
        }
        out[length] = '\0';
    }
}

static void add_trend(const struct model *model, bool ascii, int columns, struct sheet *out) {
    const struct history *history = residents_find(model, model->details.key);
    char spark[SPARK_MAX * 3 + 8];
    char change[32];
    if (history == NULL) {
        sheet_add(out, "trend", STYLE_NORMAL, "n/a (no memory to watch it)");
        return;
    }
    const struct trend trend = trend_compute(history, model->now_ns, TREND_SECONDS);
    if (history->last_ns == 0) {
        sheet_add(out, "trend", STYLE_NORMAL, "n/a (no value yet)");
    } else if (isnan(trend.per_minute)) {
        sheet_add(out, "trend", STYLE_NORMAL, "n/a (watched for %d s)", trend.span_s);
    } else {
        text_bytes(change, sizeof change, fabs(trend.per_minute));
        sheet_add(out, "trend", STYLE_NORMAL, "%c%s/min over %d s", trend.per_minute < 0 ? '-' : '+', change,
                  trend.span_s);
    }
    draw_spark(history, model->now_ns, columns - LABEL_WIDTH, ascii, spark, sizeof spark);
    sheet_add(out, "last 4 min", STYLE_SERIES_1, "%s", spark);
}

static void add_metric(const char *label, const struct perfadapt_metric *metric, struct sheet *out) {
    char text[32];
    if (isnan(sensors_value(metric))) {
        sheet_add(out, label, STYLE_NORMAL, "n/a (%s)", perfadapt_state_name(metric->state));
        return;
    }
    text_bytes(text, sizeof text, sensors_value(metric));
    sheet_add(out, label, STYLE_NORMAL, "%s", text);
}

static void add_memory(const struct model *model, const struct model_app *of, bool ascii, int columns,
                       struct sheet *out) {
    const struct perfadapt_snapshot *snapshot = &model->details.snapshot;
    char allowed[32] = "no limit known";
    if (of->app.budget.size != 0 && of->app.budget.memory_bytes != PERFADAPT_NO_LIMIT) {
        text_bytes(allowed, sizeof allowed, (double)of->app.budget.memory_bytes);
    }
    sheet_heading(out, "Its memory");
    add_metric("resident", &snapshot->memory.process_resident, out);
    sheet_add(out, "allowed", STYLE_NORMAL, "%s", of->app.budget.size != 0 ? allowed : "n/a");
    add_metric("swapped out", &snapshot->memory.process_swap, out);
    for (uint32_t i = 0; i < sensors_gpu_count(snapshot); ++i) {
        add_metric("on GPU", &snapshot->gpus[i].own_memory, out);
    }
    add_trend(model, ascii, columns, out);
}

void details_text_machine(const struct model *model, const struct model_app *of, bool ascii, int columns,
                          struct sheet *out) {
    const struct model_details *details = &model->details;
    if (of->app.state > PERFADAPT_APP_IDLE) {
        return;
    }
    sheet_heading(out, "What steers it");
    if (details->key != of->app.key || details->snapshot.generation == 0) {
        sheet_add(out, "", STYLE_NORMAL, "n/a (%s)",
                  model->monitor != NULL ? perfadapt_strerror(details->result) : "not recorded");
        return;
    }
    const struct perfadapt_sensor *nearest = nearest_of(&details->snapshot);
    if (nearest == NULL) {
        sheet_add(out, "", STYLE_NORMAL, "n/a (no temperature with a known limit)");
    } else {
        add_sensor(nearest, out);
    }
    add_memory(model, of, ascii, columns, out);
}
