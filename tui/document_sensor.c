/* Temperature sensors as JSON. SPDX-License-Identifier: MIT */
#include "document_sensor.h"

#include <math.h>

#include "sensors.h"

void document_metric(struct json *json, const char *key, const struct perfadapt_metric *metric) {
    const bool whole = metric->unit == PERFADAPT_UNIT_BYTES || metric->unit == PERFADAPT_UNIT_MICROSECONDS;
    if (metric->state != PERFADAPT_STATE_OK || !isfinite(metric->value)) {
        json_null(json, key);
    } else if (whole && fabs(metric->value) < 0x1p63) {
        json_integer(json, key, (int64_t)metric->value);
    } else {
        json_double(json, key, metric->value);
    }
}

void document_why(struct json *json, const char *key, uint32_t why) {
    json_string(json, key, why == PERFADAPT_WHY_NONE ? NULL : perfadapt_why_text(why));
}

static void write_sensor(struct json *json, const struct perfadapt_sensor *sensor) {
    const bool limited = sensor->limit.state == PERFADAPT_STATE_OK;
    json_object_begin(json, NULL);
    json_string(json, "id", sensor->id);
    json_string(json, "chip", sensor->chip);
    json_string(json, "label", sensor->label);
    json_string(json, "role", perfadapt_sensor_role_name(sensor->role));
    json_bool(json, "steers", sensor->steers != 0);
    json_double(json, "temp_c", sensors_value(&sensor->temperature));
    document_metric(json, "limit_c", &sensor->limit);
    json_string(json, "limit_source",
                perfadapt_limit_source_name(limited ? sensor->limit_source : (uint32_t)PERFADAPT_LIMIT_NONE));
    document_why(json, "limit_why", sensor->limit_why);
    json_double(json, "headroom", (double)sensor->headroom);
    json_double(json, "slope_c_per_s", sensor->slope_c_per_s);
    if (sensor->time_to_limit_ns >= -1) {
        json_integer(json, "time_to_limit_ns", sensor->time_to_limit_ns);
    } else {
        json_null(json, "time_to_limit_ns");
    }
    json_double(json, "confidence", (double)sensor->confidence);
    json_string(json, "state", perfadapt_state_name(sensor->temperature.state));
    document_why(json, "why", sensor->why);
    json_bool(json, "simulated", sensor->simulated != 0);
    json_object_end(json);
}

void document_sensors(struct json *json, const struct perfadapt_snapshot *snapshot) {
    json_array_begin(json, "sensors");
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; ++i) {
        write_sensor(json, &snapshot->sensors[i]);
    }
    json_array_end(json);
}
