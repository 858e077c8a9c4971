/* SPDX-License-Identifier: MIT */
#include "sensors/document.h"

#include "json_maker.h"
#include "sensors/figure.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_OF_FLOAT 6

/* ---- single values ---- */

/* A float's own digits, not those that a double adds to it. */
static json_t *number_of_float(float value) {
    char digits[32];
    if (!isfinite(value))
        return json_null();
    snprintf(digits, sizeof digits, "%.*g", DIGITS_OF_FLOAT, (double)value);
    return json_real(strtod(digits, NULL));
}

static json_t *metric(const struct perfadapt_metric *metric) {
    if (!sensors_figure_known(metric))
        return json_null();
    return metric->unit == PERFADAPT_UNIT_BYTES || metric->unit == PERFADAPT_UNIT_MICROSECONDS
               ? json_maker_whole(metric->value)
               : json_maker_number(metric->value);
}

static json_t *count(const struct perfadapt_metric *metric) {
    return sensors_figure_known(metric) ? json_maker_whole(metric->value) : json_null();
}

static json_t *answer(const struct perfadapt_metric *metric) {
    return sensors_figure_known(metric) ? json_boolean(metric->value != 0) : json_null();
}

static json_t *why(uint32_t why) {
    return why == PERFADAPT_WHY_NONE ? json_null() : json_string(perfadapt_why_text(why));
}

/* ---- sensors ---- */

static void add_sensor(struct json_maker *maker, json_t *array, const struct perfadapt_sensor *sensor) {
    json_t *object = json_maker_append_object(maker, array);
    const struct perfadapt_metric *temperature = &sensor->temperature;
    const bool has_value = temperature->state == PERFADAPT_STATE_OK || temperature->state == PERFADAPT_STATE_STALE;
    json_maker_put(maker, object, "id", json_maker_text(sensor->id));
    json_maker_put(maker, object, "chip", json_maker_text(sensor->chip));
    json_maker_put(maker, object, "label", json_maker_text(sensor->label));
    json_maker_put(maker, object, "role", json_string(perfadapt_sensor_role_name(sensor->role)));
    json_maker_put(maker, object, "steers", json_boolean(sensor->steers != 0));
    json_maker_put(maker, object, "temp_c", has_value ? json_maker_number(temperature->value) : json_null());
    json_maker_put(maker, object, "limit_c", metric(&sensor->limit));
    json_maker_put(maker, object, "limit_source",
                   json_string(perfadapt_limit_source_name(
                       sensors_figure_known(&sensor->limit) ? sensor->limit_source : PERFADAPT_LIMIT_NONE)));
    json_maker_put(maker, object, "limit_why", why(sensor->limit_why));
    json_maker_put(maker, object, "headroom", number_of_float(sensor->headroom));
    json_maker_put(maker, object, "slope_c_per_s", json_maker_number(sensor->slope_c_per_s));
    json_maker_put(maker, object, "time_to_limit_ns",
                   sensor->time_to_limit_ns >= -1 ? json_integer(sensor->time_to_limit_ns) : json_null());
    json_maker_put(maker, object, "confidence", number_of_float(sensor->confidence));
    json_maker_put(maker, object, "state", json_string(perfadapt_state_name(temperature->state)));
    json_maker_put(maker, object, "why", why(sensor->why));
}

static void add_sensors(struct json_maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    json_t *array = json_maker_put_array(maker, document, "sensors");
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; i++)
        add_sensor(maker, array, &snapshot->sensors[i]);
    json_maker_put(maker, document, "sensors_left_out", json_integer(snapshot->sensors_left_out));
}

/* ---- throttling ---- */

static void put_claims(struct json_maker *maker, json_t *object, const char *key, uint32_t bits) {
    json_t *array = json_maker_put_array(maker, object, key);
    for (uint32_t kind = 0; kind < 32; kind++)
        if (bits & UINT32_C(1) << kind)
            json_maker_append(maker, array, json_string(perfadapt_throttling_name(kind)));
}

static json_t *put_throttle(struct json_maker *maker, json_t *object, const struct perfadapt_throttle *throttle) {
    json_t *inner = json_maker_put_object(maker, object, "throttle");
    json_maker_put(maker, inner, "verdict", json_string(perfadapt_throttling_name(throttle->verdict)));
    json_maker_put(maker, inner, "subject", json_string(perfadapt_sensor_role_name(throttle->subject)));
    json_maker_put(maker, inner, "since_ns", throttle->since_ns > 0 ? json_integer(throttle->since_ns) : json_null());
    json_maker_put(maker, inner, "proof", json_maker_text_or_null(throttle->proof));
    return inner;
}

static void add_evidence(struct json_maker *maker, json_t *array, const struct perfadapt_evidence *evidence) {
    json_t *object = json_maker_append_object(maker, array);
    json_maker_put(maker, object, "source", json_maker_text(evidence->source));
    json_maker_put(maker, object, "device", json_maker_text_or_null(evidence->device));
    json_maker_put(maker, object, "text", json_maker_text_or_null(evidence->text));
    json_maker_put(maker, object, "subject", json_string(perfadapt_sensor_role_name(evidence->subject)));
    json_maker_put(maker, object, "state", json_string(perfadapt_state_name(evidence->state)));
    put_claims(maker, object, "claims", evidence->claims);
    put_claims(maker, object, "believed", evidence->believed);
}

static void add_throttle(struct json_maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    json_t *array = json_maker_put_array(maker, put_throttle(maker, document, &snapshot->throttle), "evidence");
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; i++)
        add_evidence(maker, array, &snapshot->evidence[i]);
}

/* ---- devices ---- */

static void add_gpu(struct json_maker *maker, json_t *array, const struct perfadapt_gpu *gpu) {
    json_t *object = json_maker_append_object(maker, array);
    json_maker_put(maker, object, "id", json_maker_text(gpu->id));
    json_maker_put(maker, object, "driver", json_maker_text_or_null(gpu->driver));
    json_maker_put(maker, object, "name", json_maker_text_or_null(gpu->name));
    json_maker_put(maker, object, "state", json_string(perfadapt_state_name(gpu->state)));
    json_maker_put(maker, object, "why", why(gpu->why));
    json_maker_put(maker, object, "busy", metric(&gpu->busy));
    json_maker_put(maker, object, "power_w", metric(&gpu->power));
    json_maker_put(maker, object, "power_limit_w", metric(&gpu->power_limit));
    json_maker_put(maker, object, "clock_mhz", metric(&gpu->clock));
    json_maker_put(maker, object, "clock_max_mhz", metric(&gpu->clock_max));
    json_maker_put(maker, object, "memory_used_bytes", metric(&gpu->memory_used));
    json_maker_put(maker, object, "memory_total_bytes", metric(&gpu->memory_total));
    json_maker_put(maker, object, "shared_used_bytes", metric(&gpu->shared_used));
    json_maker_put(maker, object, "shared_total_bytes", metric(&gpu->shared_total));
    put_throttle(maker, object, &gpu->throttle);
}

static void add_gpus(struct json_maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    json_t *array = json_maker_put_array(maker, document, "gpus");
    for (uint32_t i = 0; i < snapshot->gpu_count && i < PERFADAPT_GPUS_MAX; i++)
        add_gpu(maker, array, &snapshot->gpus[i]);
}

static void add_cpu(struct json_maker *maker, json_t *document, const struct perfadapt_processor *processor) {
    json_t *object = json_maker_put_object(maker, document, "cpu");
    json_maker_put(maker, object, "busy", metric(&processor->busy));
    json_maker_put(maker, object, "clock_mhz", metric(&processor->clock));
    json_maker_put(maker, object, "clock_limit_mhz", metric(&processor->clock_limit));
    json_maker_put(maker, object, "clock_max_mhz", metric(&processor->clock_max));
    json_maker_put(maker, object, "online", count(&processor->online));
    json_maker_put(maker, object, "quota", metric(&processor->quota));
    json_maker_put(maker, object, "throttled_us", metric(&processor->throttled));
    put_throttle(maker, object, &processor->throttle);
}

static void add_power(struct json_maker *maker, json_t *document, const struct perfadapt_power *power) {
    json_t *object = json_maker_put_object(maker, document, "power");
    const bool profile_known = power->profile_state == PERFADAPT_STATE_OK;
    json_maker_put(maker, object, "on_ac", answer(&power->on_ac));
    json_maker_put(maker, object, "battery", metric(&power->battery));
    json_maker_put(maker, object, "battery_power_w", metric(&power->battery_power));
    json_maker_put(maker, object, "package_power_w", metric(&power->package_power));
    json_maker_put(maker, object, "profile", profile_known ? json_maker_text_or_null(power->profile) : json_null());
}

/* ---- pressure and memory ---- */

static void put_stall(struct json_maker *maker, json_t *object, const char *key, const struct perfadapt_stall *stall) {
    json_t *inner = json_maker_put_object(maker, object, key);
    json_maker_put(maker, inner, "avg10_percent", metric(&stall->avg10));
    json_maker_put(maker, inner, "avg60_percent", metric(&stall->avg60));
    json_maker_put(maker, inner, "avg300_percent", metric(&stall->avg300));
    json_maker_put(maker, inner, "total_us", metric(&stall->total));
}

static void add_pressure(struct json_maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    static const char *const names[PERFADAPT_RESOURCE_COUNT] = {
        [PERFADAPT_RESOURCE_CPU] = "cpu",
        [PERFADAPT_RESOURCE_MEMORY] = "memory",
        [PERFADAPT_RESOURCE_IO] = "io",
        [PERFADAPT_RESOURCE_CGROUP_MEMORY] = "cgroup_memory",
        [PERFADAPT_RESOURCE_CGROUP_CPU] = "cgroup_cpu",
        [PERFADAPT_RESOURCE_CGROUP_IO] = "cgroup_io",
        [PERFADAPT_RESOURCE_IRQ] = "irq",
    };
    json_t *object = json_maker_put_object(maker, document, "psi");
    for (int i = 0; i < PERFADAPT_RESOURCE_COUNT; i++) {
        json_t *resource = json_maker_put_object(maker, object, names[i]);
        put_stall(maker, resource, "some", &snapshot->pressure[i].some);
        put_stall(maker, resource, "full", &snapshot->pressure[i].full);
    }
}

static void add_memory(struct json_maker *maker, json_t *document, const struct perfadapt_memory *memory) {
    json_t *object = json_maker_put_object(maker, document, "memory");
    json_maker_put(maker, object, "total_bytes", metric(&memory->total));
    json_maker_put(maker, object, "available_bytes", metric(&memory->available));
    json_maker_put(maker, object, "swap_total_bytes", metric(&memory->swap_total));
    json_maker_put(maker, object, "swap_free_bytes", metric(&memory->swap_free));
    json_maker_put(maker, object, "cgroup_limit_bytes", metric(&memory->cgroup_limit));
    json_maker_put(maker, object, "cgroup_current_bytes", metric(&memory->cgroup_current));
    json_maker_put(maker, object, "cgroup_swap_limit_bytes", metric(&memory->cgroup_swap_limit));
    json_maker_put(maker, object, "cgroup_swap_bytes", metric(&memory->cgroup_swap));
    json_maker_put(maker, object, "cgroup_high_events", count(&memory->cgroup_high_events));
    json_maker_put(maker, object, "cgroup_max_events", count(&memory->cgroup_max_events));
    json_maker_put(maker, object, "cgroup_oom_kills", count(&memory->cgroup_oom_kills));
}

/* ---- the whole ---- */

static char *make_line(const struct perfadapt_snapshot *snapshot) {
    struct json_maker maker = {0};
    json_t *document = json_object();
    json_maker_put(&maker, document, "schema", json_string("perfadapt.sensors/1"));
    json_maker_put(&maker, document, "timestamp_ns", json_integer(snapshot->timestamp_ns));
    add_sensors(&maker, document, snapshot);
    add_gpus(&maker, document, snapshot);
    add_cpu(&maker, document, &snapshot->processor);
    add_throttle(&maker, document, snapshot);
    add_power(&maker, document, &snapshot->power);
    add_pressure(&maker, document, snapshot);
    add_memory(&maker, document, &snapshot->memory);
    return json_maker_line(&maker, document);
}

bool sensors_document_print(const struct perfadapt_snapshot *snapshot, FILE *stream) {
    char *line = make_line(snapshot);
    if (!line) {
        fputs("perfadapt sensors: no memory for the document\n", stderr);
        return false;
    }
    fprintf(stream, "%s\n", line);
    free(line);
    return true;
}
