/* The machine as JSON. SPDX-License-Identifier: MIT */
#include "document_machine.h"

#include <math.h>

#include "document_sensor.h"
#include "sensors.h"

static void write_answer(struct json *json, const char *key, const struct perfadapt_metric *metric) {
    if (metric->state == PERFADAPT_STATE_OK) {
        json_bool(json, key, metric->value != 0);
    } else {
        json_null(json, key);
    }
}

static const char *text_or_null(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

static void write_claims(struct json *json, const char *key, uint32_t bits) {
    json_array_begin(json, key);
    for (uint32_t kind = 0; kind < 32; ++kind) {
        if ((bits & UINT32_C(1) << kind) != 0) {
            json_string(json, NULL, perfadapt_throttling_name(kind));
        }
    }
    json_array_end(json);
}

/* The object stays open. */
static void begin_throttle(struct json *json, const struct perfadapt_throttle *throttle) {
    json_object_begin(json, "throttle");
    json_string(json, "verdict", perfadapt_throttling_name(throttle->verdict));
    json_string(json, "subject", perfadapt_sensor_role_name(throttle->subject));
    if (throttle->since_ns > 0) {
        json_integer(json, "since_ns", throttle->since_ns);
    } else {
        json_null(json, "since_ns");
    }
    json_string(json, "proof", text_or_null(throttle->proof));
}

static void write_evidence(struct json *json, const struct perfadapt_evidence *evidence) {
    json_object_begin(json, NULL);
    json_string(json, "source", evidence->source);
    json_string(json, "device", text_or_null(evidence->device));
    json_string(json, "text", text_or_null(evidence->text));
    json_string(json, "subject", perfadapt_sensor_role_name(evidence->subject));
    json_string(json, "state", perfadapt_state_name(evidence->state));
    write_claims(json, "claims", evidence->claims);
    write_claims(json, "believed", evidence->believed);
    json_object_end(json);
}

static void write_throttle(struct json *json, const struct perfadapt_snapshot *snapshot) {
    begin_throttle(json, &snapshot->throttle);
    json_array_begin(json, "evidence");
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; ++i) {
        write_evidence(json, &snapshot->evidence[i]);
    }
    json_array_end(json);
    json_object_end(json);
}

static void write_gpu(struct json *json, const struct perfadapt_gpu *gpu) {
    json_object_begin(json, NULL);
    json_string(json, "id", gpu->id);
    json_string(json, "driver", text_or_null(gpu->driver));
    json_string(json, "name", text_or_null(gpu->name));
    json_string(json, "state", perfadapt_state_name(gpu->state));
    document_why(json, "why", gpu->why);
    document_metric(json, "busy", &gpu->busy);
    document_metric(json, "power_w", &gpu->power);
    document_metric(json, "power_limit_w", &gpu->power_limit);
    document_metric(json, "clock_mhz", &gpu->clock);
    document_metric(json, "clock_max_mhz", &gpu->clock_max);
    document_metric(json, "memory_used_bytes", &gpu->memory_used);
    document_metric(json, "memory_total_bytes", &gpu->memory_total);
    document_metric(json, "shared_used_bytes", &gpu->shared_used);
    document_metric(json, "shared_total_bytes", &gpu->shared_total);
    begin_throttle(json, &gpu->throttle);
    json_object_end(json);
    json_object_end(json);
}

static void write_cpu(struct json *json, const struct perfadapt_processor *processor) {
    json_object_begin(json, "cpu");
    document_metric(json, "busy", &processor->busy);
    document_metric(json, "clock_mhz", &processor->clock);
    document_metric(json, "clock_limit_mhz", &processor->clock_limit);
    document_metric(json, "clock_max_mhz", &processor->clock_max);
    document_metric(json, "online", &processor->online);
    document_metric(json, "quota", &processor->quota);
    document_metric(json, "throttled_us", &processor->throttled);
    begin_throttle(json, &processor->throttle);
    json_object_end(json);
    json_object_end(json);
}

static void write_power(struct json *json, const struct perfadapt_power *power) {
    json_object_begin(json, "power");
    write_answer(json, "on_ac", &power->on_ac);
    document_metric(json, "battery", &power->battery);
    document_metric(json, "battery_power_w", &power->battery_power);
    document_metric(json, "package_power_w", &power->package_power);
    json_string(json, "profile", power->profile_state == PERFADAPT_STATE_OK ? text_or_null(power->profile) : NULL);
    json_object_end(json);
}

static void write_stall(struct json *json, const char *key, const struct perfadapt_stall *stall) {
    json_object_begin(json, key);
    document_metric(json, "avg10_percent", &stall->avg10);
    document_metric(json, "avg60_percent", &stall->avg60);
    document_metric(json, "avg300_percent", &stall->avg300);
    document_metric(json, "total_us", &stall->total);
    json_string(json, "state", perfadapt_state_name(stall->avg10.state));
    json_object_end(json);
}

static void write_pressure(struct json *json, const struct perfadapt_snapshot *snapshot) {
    static const char *const names[PERFADAPT_RESOURCE_COUNT] = {"cpu",        "memory",    "io", "cgroup_memory",
                                                                "cgroup_cpu", "cgroup_io", "irq"};
    json_object_begin(json, "psi");
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
    document_metric(json, "total_bytes", &memory->total);
    document_metric(json, "available_bytes", &memory->available);
    document_metric(json, "swap_total_bytes", &memory->swap_total);
    document_metric(json, "swap_free_bytes", &memory->swap_free);
    document_metric(json, "cgroup_limit_bytes", &memory->cgroup_limit);
    document_metric(json, "cgroup_current_bytes", &memory->cgroup_current);
    document_metric(json, "cgroup_swap_limit_bytes", &memory->cgroup_swap_limit);
    document_metric(json, "cgroup_swap_bytes", &memory->cgroup_swap);
    document_metric(json, "cgroup_high_events", &memory->cgroup_high_events);
    document_metric(json, "cgroup_max_events", &memory->cgroup_max_events);
    document_metric(json, "cgroup_oom_kills", &memory->cgroup_oom_kills);
    json_object_end(json);
}

static void write_gpus(struct json *json, const struct perfadapt_snapshot *snapshot) {
    json_array_begin(json, "gpus");
    for (uint32_t i = 0; i < sensors_gpu_count(snapshot); ++i) {
        write_gpu(json, &snapshot->gpus[i]);
    }
    json_array_end(json);
}

static void write_nothing(struct json *json) {
    static const char *const keys[] = {"cpu", "throttle", "power", "psi", "psi_trigger", "memory"};
    json_array_begin(json, "sensors");
    json_array_end(json);
    json_null(json, "sensors_left_out");
    json_array_begin(json, "gpus");
    json_array_end(json);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i) {
        json_null(json, keys[i]);
    }
}

void document_machine(struct json *json, const struct model *model) {
    const struct perfadapt_snapshot *snapshot = &model->snapshot;
    if (!model_has_snapshot(model)) {
        write_nothing(json);
        return;
    }
    document_sensors(json, snapshot);
    json_unsigned(json, "sensors_left_out", snapshot->sensors_left_out);
    write_gpus(json, snapshot);
    write_cpu(json, &snapshot->processor);
    write_throttle(json, snapshot);
    write_power(json, &snapshot->power);
    write_pressure(json, snapshot);
    json_string(json, "psi_trigger", perfadapt_state_name(snapshot->psi_trigger));
    write_memory(json, &snapshot->memory);
}
