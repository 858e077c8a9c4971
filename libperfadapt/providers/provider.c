/* Metrics and sensors as providers write them. SPDX-License-Identifier: MIT */
#include "providers/provider.h"

#include "core/metrics.h"

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
        .time_to_limit_ns = PERFADAPT_THROTTLE_UNKNOWN,
    };
    copy_printable(sensor->id, sizeof sensor->id, id);
    copy_printable(sensor->chip, sizeof sensor->chip, chip);
    copy_printable(sensor->label, sizeof sensor->label, label);
    return sensor;
}

static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool perfadapt__has_word(const char *name, const char *word) {
    for (; *name; name++) {
        size_t at = 0;
        while (word[at] && lower(name[at]) == word[at])
            at++;
        if (!word[at])
            return true;
    }
    return false;
}

bool perfadapt__sensor_is_skin(const struct perfadapt_sensor *sensor) {
    /* TSKN: what Intel's platform framework calls it in firmware tables. */
    return perfadapt__has_word(sensor->chip, "skin") || perfadapt__has_word(sensor->label, "skin") ||
           strcmp(sensor->chip, "TSKN") == 0;
}

static void mark_unsupported(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    *metric = perfadapt__metric_none(unit, PERFADAPT_STATE_UNSUPPORTED);
}

static void mark_asleep(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    if (metric->state != PERFADAPT_STATE_UNSUPPORTED)
        *metric = perfadapt__metric_none(unit, PERFADAPT_STATE_ASLEEP);
}

static void mark_failed(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    (void)unit;
    if (metric->state != PERFADAPT_STATE_UNSUPPORTED)
        perfadapt__metric_fail(metric, PERFADAPT_STATE_ERROR);
}

struct perfadapt_gpu *perfadapt__gpu_find_or_add(struct perfadapt_snapshot *snapshot, const char *id,
                                                 const char *driver) {
    for (uint32_t i = 0; i < snapshot->gpu_count; i++)
        if (strcmp(snapshot->gpus[i].id, id) == 0)
            return &snapshot->gpus[i];
    if (snapshot->gpu_count >= PERFADAPT_GPUS_MAX)
        return NULL;
    struct perfadapt_gpu *gpu = &snapshot->gpus[snapshot->gpu_count++];
    *gpu = (struct perfadapt_gpu){.state = PERFADAPT_STATE_INIT};
    perfadapt__metrics_of_gpu(gpu, mark_unsupported);
    copy_printable(gpu->id, sizeof gpu->id, id);
    copy_printable(gpu->driver, sizeof gpu->driver, driver);
    return gpu;
}

void perfadapt__gpu_state(struct perfadapt_gpu *gpu, enum perfadapt_state state, enum perfadapt_why why) {
    gpu->state = (uint32_t)state;
    gpu->why = (uint32_t)why;
    if (state == PERFADAPT_STATE_ASLEEP)
        perfadapt__metrics_of_gpu(gpu, mark_asleep);
    else if (state == PERFADAPT_STATE_ERROR)
        perfadapt__metrics_of_gpu(gpu, mark_failed);
}

int perfadapt__evidence_add(struct perfadapt_snapshot *snapshot, enum perfadapt_sensor_role subject, const char *source,
                            const char *device) {
    if (snapshot->evidence_count >= PERFADAPT_EVIDENCE_MAX)
        return -1;
    struct perfadapt_evidence *evidence = &snapshot->evidence[snapshot->evidence_count];
    *evidence = (struct perfadapt_evidence){.subject = (uint32_t)subject, .state = PERFADAPT_STATE_INIT};
    copy_printable(evidence->source, sizeof evidence->source, source);
    copy_printable(evidence->device, sizeof evidence->device, device);
    return (int)snapshot->evidence_count++;
}

void perfadapt__evidence_set(struct perfadapt_snapshot *snapshot, int index, uint32_t claims, const char *text,
                             int64_t now_ns) {
    if (index < 0)
        return;
    struct perfadapt_evidence *evidence = &snapshot->evidence[index];
    evidence->state = PERFADAPT_STATE_OK;
    evidence->claims = claims;
    evidence->timestamp_ns = now_ns;
    copy_printable(evidence->text, sizeof evidence->text, text);
}

void perfadapt__evidence_none(struct perfadapt_snapshot *snapshot, int index, enum perfadapt_state state) {
    if (index < 0)
        return;
    struct perfadapt_evidence *evidence = &snapshot->evidence[index];
    evidence->state = (uint32_t)state;
    evidence->claims = evidence->believed = 0;
    evidence->text[0] = '\0';
}
