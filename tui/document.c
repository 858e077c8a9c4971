/* One sample as a JSON object. SPDX-License-Identifier: MIT */
#include "document.h"

#include "document_app.h"
#include "document_machine.h"
#include "sensors.h"

static void write_policy(struct json *json, const struct policy *policy) {
    if (policy->prefer[0] == '\0') {
        json_null(json, "policy");
        return;
    }
    json_object_begin(json, "policy");
    json_string(json, "prefer", policy->prefer);
    json_string(json, "mode", policy->mode);
    json_object_end(json);
}

void document_write(const struct model *model, struct json *json) {
    const struct perfadapt_sensor *nearest = sensors_nearest(model, false);
    const enum perfadapt_thermal_state state = nearest == NULL ? PERFADAPT_THERMAL_UNKNOWN : sensors_state(nearest);
    const char *error = model_sessions_error(model);
    json_object_begin(json, NULL);
    json_string(json, "schema", "perfadapt.top/1");
    json_integer(json, "timestamp_ns", model->now_ns);
    if (model->realtime_ns > 0) {
        json_integer(json, "realtime_ns", model->realtime_ns);
    } else {
        json_null(json, "realtime_ns");
    }
    json_string(json, "host", model->host);
    json_string(json, "replay", model->source.file);
    json_string(json, "state", perfadapt_thermal_state_name(state));
    write_policy(json, &model->policy);
    document_machine(json, model);
    json_string(json, "sessions_error", error);
    if (error != NULL) {
        json_null(json, "apps_left_out");
    } else {
        json_unsigned(json, "apps_left_out", model->apps_left_out);
    }
    json_array_begin(json, "apps");
    for (size_t i = 0; i < model->apps.count; ++i) {
        document_app(json, &model->apps.items[i]);
    }
    json_array_end(json);
    json_object_end(json);
    json_newline(json);
}
