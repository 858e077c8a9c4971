/* SPDX-License-Identifier: MIT */
#include "sensors/document.h"

#include "sensors/figure.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Digits that every decimal keeps through a double and back: 0.18 stays 0.18. */
#define DIGITS 15
#define DIGITS_OF_FLOAT 6

/* Values that could not be made are NULL, which Jansson's setters take and refuse: looked at once, at the end. */
struct maker {
    bool failed;
};

static void put(struct maker *maker, json_t *object, const char *key, json_t *value) {
    maker->failed |= json_object_set_new(object, key, value) != 0;
}

static json_t *put_object(struct maker *maker, json_t *object, const char *key) {
    json_t *inner = json_object();
    put(maker, object, key, inner);
    return inner;
}

static json_t *put_array(struct maker *maker, json_t *object, const char *key) {
    json_t *inner = json_array();
    put(maker, object, key, inner);
    return inner;
}

static json_t *append_object(struct maker *maker, json_t *array) {
    json_t *inner = json_object();
    maker->failed |= json_array_append_new(array, inner) != 0;
    return inner;
}

/* ---- single values ---- */

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/* A float's own digits, not those that a double adds to it. */
static json_t *number_of_float(float value) {
    char digits[32];
    if (!isfinite(value))
        return json_null();
    snprintf(digits, sizeof digits, "%.*g", DIGITS_OF_FLOAT, (double)value);
    return json_real(strtod(digits, NULL));
}

static json_t *whole(double value) {
    return value >= -9.2e18 && value <= 9.2e18 ? json_integer((json_int_t)value) : json_null();
}

static json_t *metric(const struct perfadapt_metric *metric) {
    if (!sensors_figure_known(metric))
        return json_null();
    return metric->unit == PERFADAPT_UNIT_BYTES || metric->unit == PERFADAPT_UNIT_MICROSECONDS ? whole(metric->value)
                                                                                               : number(metric->value);
}

static json_t *count(const struct perfadapt_metric *metric) {
    return sensors_figure_known(metric) ? whole(metric->value) : json_null();
}

static json_t *answer(const struct perfadapt_metric *metric) {
    return sensors_figure_known(metric) ? json_boolean(metric->value != 0) : json_null();
}

/* Texts of drivers need not be UTF-8: what is not is replaced. */
static json_t *text(const char *given) {
    char copy[256];
    size_t length = 0;
    json_t *string = json_string(given);
    if (string)
        return string;
    for (; given[length] && length + 1 < sizeof copy; length++)
        copy[length] = given[length];
    copy[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (copy[i] < ' ' || copy[i] > '~')
            copy[i] = '?';
    return json_string(copy);
}

static json_t *text_or_null(const char *given) {
    return *given ? text(given) : json_null();
}

static json_t *why(uint32_t why) {
    return why == PERFADAPT_WHY_NONE ? json_null() : json_string(perfadapt_why_text(why));
}

/* ---- sensors ---- */

static void add_sensor(struct maker *maker, json_t *array, const struct perfadapt_sensor *sensor) {
    json_t *object = append_object(maker, array);
    const struct perfadapt_metric *temperature = &sensor->temperature;
    const bool has_value = temperature->state == PERFADAPT_STATE_OK || temperature->state == PERFADAPT_STATE_STALE;
    put(maker, object, "id", text(sensor->id));
    put(maker, object, "chip", text(sensor->chip));
    put(maker, object, "label", text(sensor->label));
    put(maker, object, "role", json_string(perfadapt_sensor_role_name(sensor->role)));
    put(maker, object, "steers", json_boolean(sensor->steers != 0));
    put(maker, object, "temp_c", has_value ? number(temperature->value) : json_null());
    put(maker, object, "limit_c", metric(&sensor->limit));
    put(maker, object, "limit_source",
        json_string(perfadapt_limit_source_name(sensors_figure_known(&sensor->limit) ? sensor->limit_source
                                                                                     : PERFADAPT_LIMIT_NONE)));
    put(maker, object, "limit_why", why(sensor->limit_why));
    put(maker, object, "headroom", number_of_float(sensor->headroom));
    put(maker, object, "slope_c_per_s", number(sensor->slope_c_per_s));
    put(maker, object, "time_to_limit_ns",
        sensor->time_to_limit_ns >= -1 ? json_integer(sensor->time_to_limit_ns) : json_null());
    put(maker, object, "confidence", number_of_float(sensor->confidence));
    put(maker, object, "state", json_string(perfadapt_state_name(temperature->state)));
    put(maker, object, "why", why(sensor->why));
}

static void add_sensors(struct maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    json_t *array = put_array(maker, document, "sensors");
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; i++)
        add_sensor(maker, array, &snapshot->sensors[i]);
    put(maker, document, "sensors_left_out", json_integer(snapshot->sensors_left_out));
}

/* ---- throttling ---- */

static void put_claims(struct maker *maker, json_t *object, const char *key, uint32_t bits) {
    json_t *array = put_array(maker, object, key);
    for (uint32_t kind = 0; kind < 32; kind++)
        if (bits & UINT32_C(1) << kind)
            maker->failed |= json_array_append_new(array, json_string(perfadapt_throttling_name(kind))) != 0;
}

static json_t *put_throttle(struct maker *maker, json_t *object, const struct perfadapt_throttle *throttle) {
    json_t *inner = put_object(maker, object, "throttle");
    put(maker, inner, "verdict", json_string(perfadapt_throttling_name(throttle->verdict)));
    put(maker, inner, "subject", json_string(perfadapt_sensor_role_name(throttle->subject)));
    put(maker, inner, "since_ns", throttle->since_ns > 0 ? json_integer(throttle->since_ns) : json_null());
    put(maker, inner, "proof", text_or_null(throttle->proof));
    return inner;
}

static void add_evidence(struct maker *maker, json_t *array, const struct perfadapt_evidence *evidence) {
    json_t *object = append_object(maker, array);
    put(maker, object, "source", text(evidence->source));
    put(maker, object, "device", text_or_null(evidence->device));
    put(maker, object, "text", text_or_null(evidence->text));
    put(maker, object, "subject", json_string(perfadapt_sensor_role_name(evidence->subject)));
    put(maker, object, "state", json_string(perfadapt_state_name(evidence->state)));
    put_claims(maker, object, "claims", evidence->claims);
    put_claims(maker, object, "believed", evidence->believed);
}

static void add_throttle(struct maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    json_t *array = put_array(maker, put_throttle(maker, document, &snapshot->throttle), "evidence");
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; i++)
        add_evidence(maker, array, &snapshot->evidence[i]);
}

/* ---- devices ---- */

static void add_gpu(struct maker *maker, json_t *array, const struct perfadapt_gpu *gpu) {
    json_t *object = append_object(maker, array);
    put(maker, object, "id", text(gpu->id));
    put(maker, object, "driver", text_or_null(gpu->driver));
    put(maker, object, "name", text_or_null(gpu->name));
    put(maker, object, "state", json_string(perfadapt_state_name(gpu->state)));
    put(maker, object, "why", why(gpu->why));
    put(maker, object, "busy", metric(&gpu->busy));
    put(maker, object, "power_w", metric(&gpu->power));
    put(maker, object, "power_limit_w", metric(&gpu->power_limit));
    put(maker, object, "clock_mhz", metric(&gpu->clock));
    put(maker, object, "clock_max_mhz", metric(&gpu->clock_max));
    put(maker, object, "memory_used_bytes", metric(&gpu->memory_used));
    put(maker, object, "memory_total_bytes", metric(&gpu->memory_total));
    put(maker, object, "shared_used_bytes", metric(&gpu->shared_used));
    put(maker, object, "shared_total_bytes", metric(&gpu->shared_total));
    put_throttle(maker, object, &gpu->throttle);
}

static void add_gpus(struct maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    json_t *array = put_array(maker, document, "gpus");
    for (uint32_t i = 0; i < snapshot->gpu_count && i < PERFADAPT_GPUS_MAX; i++)
        add_gpu(maker, array, &snapshot->gpus[i]);
}

static void add_cpu(struct maker *maker, json_t *document, const struct perfadapt_processor *processor) {
    json_t *object = put_object(maker, document, "cpu");
    put(maker, object, "busy", metric(&processor->busy));
    put(maker, object, "clock_mhz", metric(&processor->clock));
    put(maker, object, "clock_limit_mhz", metric(&processor->clock_limit));
    put(maker, object, "clock_max_mhz", metric(&processor->clock_max));
    put(maker, object, "online", count(&processor->online));
    put(maker, object, "quota", metric(&processor->quota));
    put(maker, object, "throttled_us", metric(&processor->throttled));
    put_throttle(maker, object, &processor->throttle);
}

static void add_power(struct maker *maker, json_t *document, const struct perfadapt_power *power) {
    json_t *object = put_object(maker, document, "power");
    const bool profile_known = power->profile_state == PERFADAPT_STATE_OK;
    put(maker, object, "on_ac", answer(&power->on_ac));
    put(maker, object, "battery", metric(&power->battery));
    put(maker, object, "battery_power_w", metric(&power->battery_power));
    put(maker, object, "package_power_w", metric(&power->package_power));
    put(maker, object, "profile", profile_known ? text_or_null(power->profile) : json_null());
}

/* ---- pressure and memory ---- */

static void put_stall(struct maker *maker, json_t *object, const char *key, const struct perfadapt_stall *stall) {
    json_t *inner = put_object(maker, object, key);
    put(maker, inner, "avg10_percent", metric(&stall->avg10));
    put(maker, inner, "avg60_percent", metric(&stall->avg60));
    put(maker, inner, "avg300_percent", metric(&stall->avg300));
    put(maker, inner, "total_us", metric(&stall->total));
}

static void add_pressure(struct maker *maker, json_t *document, const struct perfadapt_snapshot *snapshot) {
    static const char *const names[PERFADAPT_RESOURCE_COUNT] = {
        [PERFADAPT_RESOURCE_CPU] = "cpu",
        [PERFADAPT_RESOURCE_MEMORY] = "memory",
        [PERFADAPT_RESOURCE_IO] = "io",
        [PERFADAPT_RESOURCE_CGROUP_MEMORY] = "cgroup_memory",
        [PERFADAPT_RESOURCE_CGROUP_CPU] = "cgroup_cpu",
        [PERFADAPT_RESOURCE_CGROUP_IO] = "cgroup_io",
        [PERFADAPT_RESOURCE_IRQ] = "irq",
    };
    json_t *object = put_object(maker, document, "psi");
    for (int i = 0; i < PERFADAPT_RESOURCE_COUNT; i++) {
        json_t *resource = put_object(maker, object, names[i]);
        put_stall(maker, resource, "some", &snapshot->pressure[i].some);
        put_stall(maker, resource, "full", &snapshot->pressure[i].full);
    }
}

static void add_memory(struct maker *maker, json_t *document, const struct perfadapt_memory *memory) {
    json_t *object = put_object(maker, document, "memory");
    put(maker, object, "total_bytes", metric(&memory->total));
    put(maker, object, "available_bytes", metric(&memory->available));
    put(maker, object, "swap_total_bytes", metric(&memory->swap_total));
    put(maker, object, "swap_free_bytes", metric(&memory->swap_free));
    put(maker, object, "cgroup_limit_bytes", metric(&memory->cgroup_limit));
    put(maker, object, "cgroup_current_bytes", metric(&memory->cgroup_current));
    put(maker, object, "cgroup_swap_limit_bytes", metric(&memory->cgroup_swap_limit));
    put(maker, object, "cgroup_swap_bytes", metric(&memory->cgroup_swap));
    put(maker, object, "cgroup_high_events", count(&memory->cgroup_high_events));
    put(maker, object, "cgroup_max_events", count(&memory->cgroup_max_events));
    put(maker, object, "cgroup_oom_kills", count(&memory->cgroup_oom_kills));
}

/* ---- the whole ---- */

static char *make_line(const struct perfadapt_snapshot *snapshot) {
    struct maker maker = {0};
    json_t *document = json_object();
    put(&maker, document, "schema", json_string("perfadapt.sensors/1"));
    put(&maker, document, "timestamp_ns", json_integer(snapshot->timestamp_ns));
    add_sensors(&maker, document, snapshot);
    add_gpus(&maker, document, snapshot);
    add_cpu(&maker, document, &snapshot->processor);
    add_throttle(&maker, document, snapshot);
    add_power(&maker, document, &snapshot->power);
    add_pressure(&maker, document, snapshot);
    add_memory(&maker, document, &snapshot->memory);
    char *line = maker.failed ? NULL : json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(document);
    return line;
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
