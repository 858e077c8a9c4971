/* Temperatures and pressure in the order they are shown. SPDX-License-Identifier: MIT */
#include "sensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Below the limit by this much a controller at its defaults holds a temperature: from there on it is hot. */
static const double target_margin_c = 1.5;

double sensors_value(const struct perfadapt_metric *metric) {
    const bool known = metric->state == PERFADAPT_STATE_OK || metric->state == PERFADAPT_STATE_STALE;
    return known ? metric->value : (double)NAN;
}

double sensors_left_c(const struct perfadapt_sensor *sensor) {
    return sensors_value(&sensor->limit) - sensors_value(&sensor->temperature);
}

enum perfadapt_thermal_state sensors_state(const struct perfadapt_sensor *sensor) {
    const double left = sensors_left_c(sensor);
    if (isnan(left) || sensor->temperature.state != PERFADAPT_STATE_OK) {
        return PERFADAPT_THERMAL_UNKNOWN;
    }
    if (left <= target_margin_c) {
        return left <= 0 ? PERFADAPT_THERMAL_CRITICAL : PERFADAPT_THERMAL_HOT;
    }
    return sensor->headroom >= 0.5F ? PERFADAPT_THERMAL_WARM : PERFADAPT_THERMAL_COOL;
}

char sensors_letter(enum perfadapt_thermal_state state) {
    switch (state) {
    case PERFADAPT_THERMAL_COOL:
        return 'C';
    case PERFADAPT_THERMAL_WARM:
        return 'W';
    case PERFADAPT_THERMAL_HOT:
        return 'H';
    case PERFADAPT_THERMAL_CRITICAL:
        return '!';
    case PERFADAPT_THERMAL_UNKNOWN:
        break;
    }
    return '?';
}

const char *sensors_why(const struct perfadapt_sensor *sensor) {
    return sensor->why != PERFADAPT_WHY_NONE ? perfadapt_why_text(sensor->why)
                                             : perfadapt_state_name(sensor->temperature.state);
}

double sensors_seconds_left(const struct perfadapt_sensor *sensor) {
    const double left = sensors_left_c(sensor);
    return left > 0 && sensor->slope_c_per_s > 0 ? left / sensor->slope_c_per_s : (double)NAN;
}

void sensors_name(const struct perfadapt_sensor *sensor, char *out, size_t capacity) {
    static const char prefix[] = "simulated "; /* said elsewhere in the line */
    const bool prefixed = strncmp(sensor->chip, prefix, sizeof prefix - 1) == 0;
    snprintf(out, capacity, "%s/%s", sensor->chip + (prefixed ? sizeof prefix - 1 : 0), sensor->label);
}

const struct perfadapt_sensor *sensors_nearer(const struct perfadapt_sensor *nearest,
                                              const struct perfadapt_sensor *other) {
    if (!other->steers || isnan(sensors_left_c(other))) {
        return nearest;
    }
    return nearest == NULL || sensors_left_c(other) < sensors_left_c(nearest) ? other : nearest;
}

const struct perfadapt_sensor *sensors_nearest(const struct model *model, bool simulated) {
    const struct perfadapt_sensor *nearest = NULL;
    for (size_t i = 0; i < model->sensor_count; ++i) {
        if (model->sensors[i].simulated == simulated) {
            nearest = sensors_nearer(nearest, model->sensors[i].sensor);
        }
    }
    return nearest;
}

const struct perfadapt_sensor *sensors_nearest_or_simulated(const struct model *model, bool *out_simulated) {
    const struct perfadapt_sensor *nearest = sensors_nearest(model, false);
    *out_simulated = nearest == NULL;
    return nearest != NULL ? nearest : sensors_nearest(model, true);
}

const char *sensors_role(const struct perfadapt_sensor *sensor) {
    return sensor->role == PERFADAPT_SENSOR_GPU_MEMORY ? "gpu mem" : perfadapt_sensor_role_name(sensor->role);
}

uint32_t sensors_gpu_count(const struct perfadapt_snapshot *snapshot) {
    return snapshot->gpu_count < PERFADAPT_GPUS_MAX ? snapshot->gpu_count : PERFADAPT_GPUS_MAX;
}

/* The GPU whose place is in the sensor's own; the count of GPUs where none is. */
static uint32_t gpu_of(const struct perfadapt_snapshot *snapshot, const struct perfadapt_sensor *sensor) {
    const uint32_t count = sensors_gpu_count(snapshot);
    uint32_t i = 0;
    while (i < count && (snapshot->gpus[i].id[0] == '\0' || strstr(sensor->id, snapshot->gpus[i].id) == NULL)) {
        ++i;
    }
    return i;
}

void sensors_role_of(const struct perfadapt_snapshot *snapshot, const struct perfadapt_sensor *sensor, char *out,
                     size_t capacity) {
    const bool memory = sensor->role == PERFADAPT_SENSOR_GPU_MEMORY;
    const uint32_t gpu = gpu_of(snapshot, sensor);
    if (snapshot->gpu_count < 2 || gpu >= snapshot->gpu_count || (!memory && sensor->role != PERFADAPT_SENSOR_GPU)) {
        snprintf(out, capacity, "%s", sensors_role(sensor));
    } else {
        snprintf(out, capacity, memory ? "gpu%umem" : "gpu %u", (unsigned)gpu);
    }
}

double sensors_slot(const struct history *history, int64_t now_ns, double slot_s, int back) {
    const int64_t now_s = now_ns / 1000000000;
    const double slot = floor((double)now_s / slot_s) - back;
    const int64_t behind_s = (int64_t)ceil((slot + 1) * slot_s) - 1;
    const int64_t end_s = behind_s < now_s ? behind_s : now_s;
    const int64_t begin_s = (int64_t)ceil(slot * slot_s);
    /* Values come in seconds apart: the present slot may have none yet, and looks back for it. */
    const int64_t span_s = (begin_s <= end_s ? end_s - begin_s + 1 : 1) + (back == 0 ? 2 : 0);
    return history_at(history, now_ns, (int)(now_s - end_s), (int)span_s);
}

static void add_sensor(struct model *model, const struct perfadapt_sensor *sensor, uint64_t owner, int32_t pid) {
    if (model->sensor_count == MODEL_SENSORS_MAX) {
        return;
    }
    struct history *history = history_find(&model->histories, owner, sensor->id);
    if (sensor->temperature.state == PERFADAPT_STATE_OK) {
        history_add(history, sensor->temperature.timestamp_ns, sensor->temperature.value);
    }
    model->sensors[model->sensor_count++] =
        (struct model_sensor){.sensor = sensor, .history = history, .simulated = sensor->simulated != 0, .pid = pid};
}

static void add_snapshot(struct model *model, const struct perfadapt_snapshot *snapshot, uint64_t owner, int32_t pid) {
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; ++i) {
        if (owner == 0 || snapshot->sensors[i].simulated) {
            add_sensor(model, &snapshot->sensors[i], owner, pid);
        }
    }
}

/* Higher is shown first: what steers before what is only shown, then by how near the limit is, in coarse steps. */
static int rank(const struct model_sensor *shown) {
    return (shown->sensor->steers ? 8 : 0) + (int)sensors_state(shown->sensor);
}

static void sort_sensors(struct model *model) {
    for (size_t i = 1; i < model->sensor_count; ++i) {
        const struct model_sensor moving = model->sensors[i];
        size_t at = i;
        for (; at > 0 && rank(&model->sensors[at - 1]) < rank(&moving); --at) {
            model->sensors[at] = model->sensors[at - 1];
        }
        model->sensors[at] = moving;
    }
}

static void add_stall(struct model *model, int resource, int full) {
    static const char *const names[PERFADAPT_RESOURCE_COUNT][2] = {
        {"cpu some", "cpu full"},       {"memory some", "memory full"},         {"io some", "io full"},
        {"cgroup some", "cgroup full"}, {"cgroup cpu some", "cgroup cpu full"}, {"cgroup io some", "cgroup io full"},
        {"irq some", "irq full"}};
    const struct perfadapt_pressure *pressure = &model->snapshot.pressure[resource];
    const struct perfadapt_metric *total = full ? &pressure->full.total : &pressure->some.total;
    struct perfadapt_metric *before = &model->stall_total[resource][full];
    struct history *history = history_find(&model->histories, 0, names[resource][full]);
    model->stalls[resource][full] = history;
    if (total->state != PERFADAPT_STATE_OK || total->timestamp_ns <= before->timestamp_ns) {
        return;
    }
    if (before->timestamp_ns != 0) {
        const double elapsed_us = (double)(total->timestamp_ns - before->timestamp_ns) / 1e3;
        const double percent = 100 * (total->value - before->value) / elapsed_us;
        history_add(history, total->timestamp_ns, fmin(fmax(percent, 0), 100));
    }
    *before = *total;
}

static void collect_stalls(struct model *model) {
    if (!model_has_snapshot(model)) {
        return;
    }
    for (int resource = 0; resource < PERFADAPT_RESOURCE_COUNT; ++resource) {
        add_stall(model, resource, 0);
        add_stall(model, resource, 1);
    }
}

void sensors_collect(struct model *model) {
    model->sensor_count = 0;
    if (model_has_snapshot(model)) {
        add_snapshot(model, &model->snapshot, 0, 0);
    }
    for (size_t i = 0; i < model->apps.count; ++i) {
        const struct model_app *of = &model->apps.items[i];
        if (of->simulated != NULL) {
            add_snapshot(model, of->simulated, of->app.key, of->app.pid);
        }
    }
    sort_sensors(model);
    collect_stalls(model);
}
