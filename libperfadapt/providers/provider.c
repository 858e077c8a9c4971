/* Metrics and sensors as providers write them. SPDX-License-Identifier: MIT */
#include "providers/provider.h"

#include <math.h>
#include <string.h>

struct perfadapt_metric perfadapt__metric_ok(double value, enum perfadapt_unit unit, int64_t now_ns) {
    return (struct perfadapt_metric){
        .value = value, .timestamp_ns = now_ns, .unit = (uint32_t)unit, .state = PERFADAPT_STATE_OK};
}

struct perfadapt_metric perfadapt__metric_none(enum perfadapt_unit unit, enum perfadapt_state state) {
    return (struct perfadapt_metric){.value = (double)NAN, .unit = (uint32_t)unit, .state = (uint32_t)state};
}

void perfadapt__metric_fail(struct perfadapt_metric *metric, enum perfadapt_state state_without_value) {
    if (metric->state == PERFADAPT_STATE_OK || metric->state == PERFADAPT_STATE_STALE) {
        metric->state = PERFADAPT_STATE_STALE;
        return;
    }
    metric->value = (double)NAN;
    metric->state = (uint32_t)state_without_value;
}

/* Labels come from firmware (ACPI, device trees, EEPROMs): a control sequence in one must not reach a terminal. */
static void copy_printable(char *to, size_t capacity, const char *from) {
    size_t length = 0;
    for (; length + 1 < capacity && from[length]; length++)
        to[length] = from[length] >= ' ' && from[length] <= '~' ? from[length] : '?';
    memset(to + length, 0, capacity - length);
}

struct perfadapt_sensor *perfadapt__sensor_add(struct perfadapt_snapshot *snapshot, const char *id, const char *chip,
                                               const char *label) {
    if (snapshot->sensor_count >= PERFADAPT_SENSORS_MAX) {
        snapshot->sensors_left_out++;
        return NULL;
    }
    struct perfadapt_sensor *sensor = &snapshot->sensors[snapshot->sensor_count++];
    *sensor = (struct perfadapt_sensor){
        .role = PERFADAPT_SENSOR_OTHER,
        .temperature = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_INIT),
        .limit = perfadapt__metric_none(PERFADAPT_UNIT_CELSIUS, PERFADAPT_STATE_UNSUPPORTED),
        .headroom = NAN,
        .steering_c = (double)NAN,
        .slope_c_per_s = (double)NAN,
    };
    copy_printable(sensor->id, sizeof sensor->id, id);
    copy_printable(sensor->chip, sizeof sensor->chip, chip);
    copy_printable(sensor->label, sizeof sensor->label, label);
    return sensor;
}
