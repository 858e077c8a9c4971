/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include "control/reading.h"
#include "core/metrics.h"
#include "providers/provider.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- metrics by number ---- */

/* The visit has no argument of its own: where each metric lies is found out once. */
static struct {
    struct perfadapt_snapshot snapshot;
    size_t count;
    size_t offsets[JUDGE_METRICS_MAX];
    uint32_t units[JUDGE_METRICS_MAX];
} layout;

static void note_metric(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    if (layout.count == JUDGE_METRICS_MAX)
        return;
    layout.offsets[layout.count] = (size_t)((char *)metric - (char *)&layout.snapshot);
    layout.units[layout.count++] = (uint32_t)unit;
}

static size_t metric_count(void) {
    if (layout.count == 0)
        perfadapt__metrics_of_snapshot(&layout.snapshot, note_metric);
    return layout.count;
}

static const struct perfadapt_metric *metric_of(const struct perfadapt_snapshot *snapshot, size_t index) {
    return (const struct perfadapt_metric *)(const void *)((const char *)snapshot + layout.offsets[index]);
}

static const struct {
    const char *name;
    size_t offset;
    size_t stride;
} parts[] = {
    {"pressure", offsetof(struct perfadapt_snapshot, pressure), sizeof(struct perfadapt_pressure)},
    {"memory", offsetof(struct perfadapt_snapshot, memory), sizeof(struct perfadapt_memory)},
    {"power", offsetof(struct perfadapt_snapshot, power), sizeof(struct perfadapt_power)},
    {"processor", offsetof(struct perfadapt_snapshot, processor), sizeof(struct perfadapt_processor)},
    {"gpus", offsetof(struct perfadapt_snapshot, gpus), sizeof(struct perfadapt_gpu)},
};

/* "gpus[0], metric 2": the order is that of core/metrics.c. */
static void name_metric(size_t index, char *out, size_t capacity) {
    size_t part = 0;
    for (size_t i = 1; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].offset <= layout.offsets[index] && parts[i].offset > parts[part].offset)
            part = i;
    const size_t entry = (layout.offsets[index] - parts[part].offset) / parts[part].stride;
    const size_t start = parts[part].offset + entry * parts[part].stride;
    size_t number = 0;
    for (size_t i = 0; i < index; i++)
        number += layout.offsets[i] >= start;
    snprintf(out, capacity, "%s[%zu], metric %zu", parts[part].name, entry, number);
}

/* ---- plausible ---- */

static double largest_of(uint32_t unit) {
    switch (unit) {
    case PERFADAPT_UNIT_CELSIUS:
        return 125;
    case PERFADAPT_UNIT_NONE: /* on_ac */
    case PERFADAPT_UNIT_RATIO:
        return 1;
    case PERFADAPT_UNIT_PERCENT:
        return 100;
    default: /* a counter, or an amount that anything may have */
        return 1e20;
    }
}

static bool is_plausible_metric(const struct perfadapt_metric *metric, uint32_t unit, int64_t now_ns) {
    const bool has_value = metric->state == PERFADAPT_STATE_OK || metric->state == PERFADAPT_STATE_STALE;
    if (metric->unit != unit || metric->state > PERFADAPT_STATE_ERROR)
        return false;
    if (!has_value)
        return isnan(metric->value);
    const double smallest = unit == PERFADAPT_UNIT_CELSIUS ? -20 : 0;
    return metric->value >= smallest && metric->value <= largest_of(unit) && metric->timestamp_ns <= now_ns;
}

static bool complain_of_metric(struct judge_complaint *out, const char *name, const struct perfadapt_metric *metric) {
    snprintf(out->text, sizeof out->text, "%s: %.6g, %s, unit %s", name, metric->value,
             perfadapt_state_name(metric->state), perfadapt_unit_name(metric->unit));
    return false;
}

static bool are_metrics_plausible(const struct perfadapt_snapshot *snapshot, int64_t now_ns,
                                  struct judge_complaint *out) {
    char name[64];
    for (size_t i = 0; i < metric_count(); i++) {
        if (is_plausible_metric(metric_of(snapshot, i), layout.units[i], now_ns))
            continue;
        name_metric(i, name, sizeof name);
        return complain_of_metric(out, name, metric_of(snapshot, i));
    }
    return true;
}

/* A limit carries the time of the real clock. */
static bool is_sensor_plausible(const struct perfadapt_sensor *sensor, int64_t now_ns, struct judge_complaint *out) {
    if (!is_plausible_metric(&sensor->temperature, PERFADAPT_UNIT_CELSIUS, now_ns))
        return complain_of_metric(out, sensor->id, &sensor->temperature);
    if (sensor->limit.state == PERFADAPT_STATE_OK && !(sensor->limit.value >= 30 && sensor->limit.value <= 130))
        return complain_of_metric(out, "limit", &sensor->limit);
    if (sensor->headroom > 0 || (sensor->steers && sensor->slope_c_per_s > 10)) {
        snprintf(out->text, sizeof out->text, "%s: heat: headroom %.3f, slope %.3f", sensor->id,
                 (double)sensor->headroom, sensor->slope_c_per_s);
        return false;
    }
    if (isinf(sensor->steering_c) || isinf(sensor->slope_c_per_s) || sensor->steering_c > 60 ||
        (sensor->confidence < 0 || sensor->confidence > 1) || sensor->time_to_limit_ns == 0) {
        snprintf(out->text, sizeof out->text, "%s: steering %.3f, slope %.3f, confidence %.3f, time to limit %lld",
                 sensor->id, sensor->steering_c, sensor->slope_c_per_s, (double)sensor->confidence,
                 (long long)sensor->time_to_limit_ns);
        return false;
    }
    return true;
}

static bool complain_of_heat(struct judge_complaint *out, const char *where, const char *words) {
    snprintf(out->text, sizeof out->text, "%s: thermal throttling: %s", where, words);
    return false;
}

static bool is_throttling_plausible(const struct perfadapt_snapshot *snapshot, struct judge_complaint *out) {
    for (uint32_t i = 0; i < snapshot->evidence_count; i++)
        if (snapshot->evidence[i].believed & PERFADAPT__CLAIM(THERMAL))
            return complain_of_heat(out, snapshot->evidence[i].source, snapshot->evidence[i].text);
    if (snapshot->throttle.verdict == PERFADAPT_THROTTLING_THERMAL)
        return complain_of_heat(out, "machine", snapshot->throttle.proof);
    if (snapshot->processor.throttle.verdict == PERFADAPT_THROTTLING_THERMAL)
        return complain_of_heat(out, "processor", snapshot->processor.throttle.proof);
    for (uint32_t i = 0; i < snapshot->gpu_count; i++)
        if (snapshot->gpus[i].throttle.verdict == PERFADAPT_THROTTLING_THERMAL)
            return complain_of_heat(out, snapshot->gpus[i].id, snapshot->gpus[i].throttle.proof);
    return true;
}

static bool is_reading_finite(const struct perfadapt_snapshot *snapshot, int64_t now_ns, struct judge_complaint *out) {
    struct perfadapt__reading reading;
    perfadapt__reading_from_snapshot(&reading, snapshot, now_ns);
    const double figures[] = {
        reading.busy,
        reading.power_w,
        reading.clock_mhz,
        reading.clock_max_mhz,
        reading.cpu_some_us,
        reading.memory_total,
        reading.memory_available,
        reading.cgroup_limit,
        reading.cgroup_current,
        reading.resident,
        reading.resident_shared,
        reading.gpu_memory_used,
        reading.cpu_quota,
        reading.on_ac,
        reading.gpu_memory_budget,
        reading.machine_memory.some_us,
        reading.machine_memory.full_us,
        reading.machine_memory.some_avg10,
        reading.machine_memory.some_avg60,
        reading.cgroup_memory.some_us,
        reading.cgroup_memory.full_us,
        reading.cgroup_memory.some_avg10,
        reading.cgroup_memory.some_avg60,
    };
    bool finite = reading.heat_count <= PERFADAPT__HEAT_SENSORS && reading.throttle != PERFADAPT_THROTTLING_THERMAL;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        finite &= isnan(figures[i]) || (figures[i] >= 0 && figures[i] <= 1e18);
    for (uint32_t i = 0; finite && i < reading.heat_count; i++)
        finite = !isinf(reading.heat[i].temperature_c) && !isinf(reading.heat[i].limit_c);
    if (!finite)
        snprintf(out->text, sizeof out->text, "the reading for the controller has a wrong figure");
    return finite;
}

bool judge_is_plausible(const struct perfadapt_snapshot *snapshot, int64_t now_ns, struct judge_complaint *out) {
    if (!are_metrics_plausible(snapshot, now_ns, out))
        return false;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        if (!is_sensor_plausible(&snapshot->sensors[i], now_ns, out))
            return false;
    return is_throttling_plausible(snapshot, out) && is_reading_finite(snapshot, now_ns, out);
}

/* ---- whole ---- */

static bool is_close(double value, double wanted) {
    return fabs(value - wanted) <= 0.02 * fabs(wanted) + 1e-9;
}

void judge_compare_looks(struct judge_reference *reference, const struct perfadapt_snapshot *again, unsigned level) {
    for (size_t i = 0; i < metric_count(); i++) {
        const struct perfadapt_metric *one = metric_of(&reference->snapshots[level], i);
        const struct perfadapt_metric *other = metric_of(again, i);
        if (one->state != other->state || !is_close(other->value, one->value))
            reference->steady[i] = false;
    }
}

static bool is_back(const struct perfadapt_metric *metric, const struct perfadapt_metric *wanted, bool steady) {
    if (wanted->state != PERFADAPT_STATE_OK)
        return true;
    return metric->state == PERFADAPT_STATE_OK && (!steady || is_close(metric->value, wanted->value));
}

static bool complain_of_loss(struct judge_complaint *out, const char *name, const struct perfadapt_metric *metric,
                             const struct perfadapt_metric *wanted) {
    snprintf(out->text, sizeof out->text, "%s: %.6g, %s; was to be %.6g", name, metric->value,
             perfadapt_state_name(metric->state), wanted->value);
    return false;
}

static const struct perfadapt_sensor *find_sensor(const struct perfadapt_snapshot *snapshot, const char *id) {
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        if (strcmp(snapshot->sensors[i].id, id) == 0)
            return &snapshot->sensors[i];
    return NULL;
}

static bool are_sensors_back(const struct perfadapt_snapshot *snapshot, const struct perfadapt_snapshot *wanted,
                             struct judge_complaint *out) {
    for (uint32_t i = 0; i < wanted->sensor_count; i++) {
        const struct perfadapt_sensor *model = &wanted->sensors[i];
        const struct perfadapt_sensor *sensor = find_sensor(snapshot, model->id);
        if (!sensor) {
            snprintf(out->text, sizeof out->text, "no sensor %s", model->id);
            return false;
        }
        if (!is_back(&sensor->temperature, &model->temperature, true))
            return complain_of_loss(out, model->id, &sensor->temperature, &model->temperature);
        if (!is_back(&sensor->limit, &model->limit, true))
            return complain_of_loss(out, "limit", &sensor->limit, &model->limit);
        if (sensor->role != model->role || sensor->steers != model->steers) {
            snprintf(out->text, sizeof out->text, "%s: role %u, steers %u", model->id, (unsigned)sensor->role,
                     (unsigned)sensor->steers);
            return false;
        }
    }
    return true;
}

/* Evidence is told by source and device: the order is that of discovery. */
static bool is_evidence_back(const struct perfadapt_snapshot *snapshot, const struct perfadapt_evidence *wanted) {
    for (uint32_t i = 0; i < snapshot->evidence_count; i++) {
        const struct perfadapt_evidence *evidence = &snapshot->evidence[i];
        if (strcmp(evidence->source, wanted->source) == 0 && strcmp(evidence->device, wanted->device) == 0 &&
            evidence->state == PERFADAPT_STATE_OK)
            return true;
    }
    return wanted->state != PERFADAPT_STATE_OK;
}

static bool is_the_rest_back(const struct perfadapt_snapshot *snapshot, const struct perfadapt_snapshot *wanted,
                             struct judge_complaint *out) {
    for (uint32_t i = 0; i < wanted->evidence_count; i++)
        if (!is_evidence_back(snapshot, &wanted->evidence[i])) {
            snprintf(out->text, sizeof out->text, "evidence of %s, %s", wanted->evidence[i].source,
                     wanted->evidence[i].device);
            return false;
        }
    for (uint32_t i = 0; i < wanted->gpu_count; i++)
        if (strcmp(snapshot->gpus[i].id, wanted->gpus[i].id) != 0 || snapshot->gpus[i].state != wanted->gpus[i].state) {
            snprintf(out->text, sizeof out->text, "gpu %s: %s", wanted->gpus[i].id,
                     perfadapt_state_name(snapshot->gpus[i].state));
            return false;
        }
    if (snapshot->power.profile_state != wanted->power.profile_state ||
        strcmp(snapshot->power.profile, wanted->power.profile) != 0) {
        snprintf(out->text, sizeof out->text, "platform profile \"%s\"", snapshot->power.profile);
        return false;
    }
    return true;
}

bool judge_is_whole(const struct perfadapt_snapshot *snapshot, const struct judge_reference *reference, unsigned level,
                    struct judge_complaint *out) {
    const struct perfadapt_snapshot *wanted = &reference->snapshots[level];
    char name[64];
    for (size_t i = 0; i < metric_count(); i++) {
        const struct perfadapt_metric *metric = metric_of(snapshot, i);
        if (is_back(metric, metric_of(wanted, i), reference->steady[i]))
            continue;
        name_metric(i, name, sizeof name);
        return complain_of_loss(out, name, metric, metric_of(wanted, i));
    }
    return are_sensors_back(snapshot, wanted, out) && is_the_rest_back(snapshot, wanted, out);
}
