/* A temperature sensor as a JSON object. SPDX-License-Identifier: MIT */
#include "document_sensor.h"

#include "sensors.h"

void document_sensor(struct json *json, const struct perfadapt_sensor *sensor) {
    json_object_begin(json, NULL);
    json_string(json, "id", sensor->id);
    json_string(json, "chip", sensor->chip);
    json_string(json, "label", sensor->label);
    json_string(json, "role", perfadapt_sensor_role_name(sensor->role));
    json_double(json, "temp_c", sensors_value(&sensor->temperature));
    json_double(json, "limit_c", sensors_value(&sensor->limit));
    json_string(json, "limit_source", perfadapt_limit_source_name(sensor->limit_source));
    json_double(json, "headroom", (double)sensor->headroom);
    json_double(json, "slope_c_per_min", sensor->slope_c_per_s * 60);
    json_string(json, "state", perfadapt_state_name(sensor->temperature.state));
    json_string(json, "why", sensor->why == PERFADAPT_WHY_NONE ? NULL : perfadapt_why_text(sensor->why));
    json_bool(json, "steers", sensor->steers != 0);
    json_bool(json, "simulated", sensor->simulated != 0);
    json_object_end(json);
}

void document_bytes(struct json *json, const char *key, double bytes) {
    if (bytes >= 0 && bytes < 0x1p63) {
        json_integer(json, key, (int64_t)bytes);
    } else {
        json_null(json, key);
    }
}
