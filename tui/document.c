/* One sample as a JSON object. SPDX-License-Identifier: MIT */
#include "document.h"

#include "document_app.h"
#include "document_sensor.h"
#include "sensors.h"

static void write_stall(struct json *json, const char *key, const struct perfadapt_stall *stall) {
    json_object_begin(json, key);
    json_double(json, "avg10_percent", sensors_value(&stall->avg10));
    json_double(json, "avg60_percent", sensors_value(&stall->avg60));
    json_double(json, "avg300_percent", sensors_value(&stall->avg300));
    document_bytes(json, "total_us", sensors_value(&stall->total));
    json_string(json, "state", perfadapt_state_name(stall->avg10.state));
    json_object_end(json);
}

static void write_pressure(struct json *json, const struct perfadapt_snapshot *snapshot) {
    static const char *const names[PERFADAPT_RESOURCE_COUNT] = {"cpu",        "memory",    "io", "cgroup_memory",
                                                                "cgroup_cpu", "cgroup_io", "irq"};
    json_object_begin(json, "pressure");
    for (int i = 0; i < PERFADAPT_RESOURCE_COUNT; ++i) {
        json_object_begin(json, names[i]);
        write_stall(json, "some", &snapshot->pressure[i].some);
        write_stall(json, "full", &snapshot->pressure[i].full);
        json_object_end(json);
    }
    json_object_end(json);
}

static void write_memory(struct json *json, const struct perfadapt_memory *memory) {
    json_object_begin(json, "memory");
    document_bytes(json, "total_bytes", sensors_value(&memory->total));
    document_bytes(json, "available_bytes", sensors_value(&memory->available));
    document_bytes(json, "swap_total_bytes", sensors_value(&memory->swap_total));
    document_bytes(json, "swap_free_bytes", sensors_value(&memory->swap_free));
    document_bytes(json, "cgroup_limit_bytes", sensors_value(&memory->cgroup_limit));
    document_bytes(json, "cgroup_current_bytes", sensors_value(&memory->cgroup_current));
    document_bytes(json, "process_resident_bytes", sensors_value(&memory->process_resident));
    document_bytes(json, "process_shared_bytes", sensors_value(&memory->process_shared));
    json_object_end(json);
}

static void write_machine(const struct model *model, struct json *json) {
    const struct perfadapt_snapshot *snapshot = &model->snapshot;
    const bool known = model_has_snapshot(model);
    json_array_begin(json, "sensors");
    for (uint32_t i = 0; known && i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; ++i) {
        document_sensor(json, &snapshot->sensors[i]);
    }
    json_array_end(json);
    if (!known) {
        json_null(json, "pressure");
        json_null(json, "memory");
        json_null(json, "psi_trigger");
        return;
    }
    write_pressure(json, snapshot);
    write_memory(json, &snapshot->memory);
    json_string(json, "psi_trigger", perfadapt_state_name(snapshot->psi_trigger));
}

void document_write(const struct model *model, struct json *json) {
    const struct perfadapt_sensor *nearest = sensors_nearest(model, false);
    const enum perfadapt_thermal_state state = nearest == NULL ? PERFADAPT_THERMAL_UNKNOWN : sensors_state(nearest);
    json_object_begin(json, NULL);
    json_string(json, "schema", "perfadapt-top/1");
    json_integer(json, "timestamp_ns", model->now_ns);
    json_integer(json, "realtime_ns", model->realtime_ns);
    json_string(json, "host", model->host);
    json_string(json, "state", perfadapt_thermal_state_name(state));
    write_machine(model, json);
    json_string(json, "sessions_error", model_sessions_error(model));
    json_array_begin(json, "apps");
    for (size_t i = 0; i < model->apps.count; ++i) {
        document_app(json, &model->apps.items[i]);
    }
    json_array_end(json);
    json_object_end(json);
    json_newline(json);
}
