/* SPDX-License-Identifier: MIT */
#include "publish/sanitize.h"

#include "core/metrics.h"
#include "core/snapshot_copy.h"
#include "core/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* No value, time or amount of ours comes near: eleven days, thirty years, an exbibyte. */
#define LONGEST_NS INT64_C(1000000000000000)
#define LATEST_NS INT64_C(1000000000000000000)
#define LARGEST 1e18

#define QUALITY_MAX 31u
#define COUNT_MAX 65536u

#define ALL_REASONS_OF(name, bit, word) | (1u << (bit))
#define ALL_REASONS (0u PERFADAPT_REASON_MAP(ALL_REASONS_OF))
#define COUNT_ENTRY(name, number, word) +1u
#define SIGNAL_COUNT (0u PERFADAPT_SIGNAL_MAP(COUNT_ENTRY))
#define WHY_COUNT (0u PERFADAPT_WHY_MAP(COUNT_ENTRY))
#define THROTTLING_COUNT (0u PERFADAPT_THROTTLING_MAP(COUNT_ENTRY))

static uint32_t known(uint32_t value, uint32_t last, uint32_t otherwise) {
    return value <= last ? value : otherwise;
}

static uint32_t between(uint32_t value, uint32_t least, uint32_t most) {
    return value < least ? least : value > most ? most : value;
}

static double number_or_nan(double value) {
    return isfinite(value) && value >= -LARGEST && value <= LARGEST ? value : (double)NAN;
}

static float scale_or_nan(float value) {
    return value >= 0 && value <= 1 ? value : NAN;
}

static float headroom_or_nan(float value) {
    return value >= 0 && value <= 100 ? value : NAN;
}

static int64_t duration_or(int64_t value, int64_t otherwise) {
    return value >= 0 && value <= LONGEST_NS ? value : otherwise;
}

static int64_t time_or_zero(int64_t value) {
    return value >= 0 && value <= LATEST_NS ? value : 0;
}

void perfadapt__sanitize_budget(struct perfadapt_budget *budget) {
    budget->size = sizeof *budget;
    budget->timestamp_ns = time_or_zero(budget->timestamp_ns);
    budget->frame_ns = duration_or(budget->frame_ns, 0);
    budget->cpu_ns = duration_or(budget->cpu_ns, 0);
    budget->gpu_ns = duration_or(budget->gpu_ns, 0);
    budget->quality_levels = between(budget->quality_levels, 1, QUALITY_MAX + 1);
    budget->quality = between(budget->quality, 0, budget->quality_levels - 1);
    budget->render_scale = scale_or_nan(budget->render_scale);
    budget->frames_in_flight = between(budget->frames_in_flight, 1, COUNT_MAX);
    budget->dispatch_ns = duration_or(budget->dispatch_ns, 0);
    budget->worker_threads = between(budget->worker_threads, 1, COUNT_MAX);
    budget->thermal_headroom = headroom_or_nan(budget->thermal_headroom);
    if (budget->time_to_throttle_ns != PERFADAPT_THROTTLE_NOT_FORESEEN)
        budget->time_to_throttle_ns = duration_or(budget->time_to_throttle_ns, PERFADAPT_THROTTLE_UNKNOWN);
    budget->thermal_state = known(budget->thermal_state, PERFADAPT_THERMAL_CRITICAL, PERFADAPT_THERMAL_UNKNOWN);
    budget->memory_state = known(budget->memory_state, PERFADAPT_MEMORY_CRITICAL, PERFADAPT_MEMORY_UNKNOWN);
    budget->bottleneck = known(budget->bottleneck, PERFADAPT_BOTTLENECK_MEMORY, PERFADAPT_BOTTLENECK_UNKNOWN);
    budget->reasons &= ALL_REASONS;
    budget->confidence = budget->confidence >= 0 && budget->confidence <= 1 ? budget->confidence : 0;
    budget->reserved = 0;
}

void perfadapt__sanitize_frame(struct perfadapt_frame *frame) {
    frame->end_ns = time_or_zero(frame->end_ns);
    frame->period_ns = duration_or(frame->period_ns, -1);
    frame->cpu_ns = duration_or(frame->cpu_ns, -1);
    frame->gpu_ns = duration_or(frame->gpu_ns, -1);
    frame->quality = between(frame->quality, 0, QUALITY_MAX);
    frame->render_scale = scale_or_nan(frame->render_scale);
}

void perfadapt__sanitize_decision(struct perfadapt_decision *decision) {
    decision->timestamp_ns = time_or_zero(decision->timestamp_ns);
    decision->quality_from = between(decision->quality_from, 0, QUALITY_MAX);
    decision->quality_to = between(decision->quality_to, 0, QUALITY_MAX);
    decision->render_scale_from = scale_or_nan(decision->render_scale_from);
    decision->render_scale_to = scale_or_nan(decision->render_scale_to);
    decision->frame_ns_from = duration_or(decision->frame_ns_from, 0);
    decision->frame_ns_to = duration_or(decision->frame_ns_to, 0);
    decision->frames_in_flight_from = between(decision->frames_in_flight_from, 1, COUNT_MAX);
    decision->frames_in_flight_to = between(decision->frames_in_flight_to, 1, COUNT_MAX);
    decision->worker_threads_from = between(decision->worker_threads_from, 1, COUNT_MAX);
    decision->worker_threads_to = between(decision->worker_threads_to, 1, COUNT_MAX);
    decision->dispatch_ns_from = duration_or(decision->dispatch_ns_from, 0);
    decision->dispatch_ns_to = duration_or(decision->dispatch_ns_to, 0);
    decision->reasons &= ALL_REASONS;
    decision->signal = known(decision->signal, SIGNAL_COUNT - 1, PERFADAPT_SIGNAL_NONE);
    decision->value = number_or_nan(decision->value);
    decision->limit = number_or_nan(decision->limit);
    decision->forecast = number_or_nan(decision->forecast);
}

static void sanitize_metric(struct perfadapt_metric *metric) {
    metric->unit = known(metric->unit, PERFADAPT_UNIT_COUNT, PERFADAPT_UNIT_NONE);
    metric->state = known(metric->state, PERFADAPT_STATE_ERROR, PERFADAPT_STATE_ERROR);
    metric->timestamp_ns = time_or_zero(metric->timestamp_ns);
    metric->value = number_or_nan(metric->value);
    const bool has_value = metric->state == PERFADAPT_STATE_OK || metric->state == PERFADAPT_STATE_STALE;
    const bool impossible = isnan(metric->value) || (metric->unit != PERFADAPT_UNIT_CELSIUS && metric->value < 0);
    if (has_value && impossible)
        metric->state = PERFADAPT_STATE_ERROR;
    if (!has_value || impossible)
        metric->value = (double)NAN;
}

static void sanitize_sensor(struct perfadapt_sensor *sensor) {
    perfadapt__text_clean(sensor->id, sizeof sensor->id);
    perfadapt__text_clean(sensor->chip, sizeof sensor->chip);
    perfadapt__text_clean(sensor->label, sizeof sensor->label);
    sensor->role = known(sensor->role, PERFADAPT_SENSOR_SKIN, PERFADAPT_SENSOR_OTHER);
    sensor->steers = sensor->steers != 0;
    sensor->simulated = sensor->simulated != 0;
    sensor->why = known(sensor->why, WHY_COUNT - 1, PERFADAPT_WHY_NONE);
    sanitize_metric(&sensor->temperature);
    sanitize_metric(&sensor->limit);
    sensor->limit_source = known(sensor->limit_source, PERFADAPT_LIMIT_USER, PERFADAPT_LIMIT_NONE);
    sensor->headroom = headroom_or_nan(sensor->headroom);
    sensor->slope_c_per_s = number_or_nan(sensor->slope_c_per_s);
    sensor->steering_c = number_or_nan(sensor->steering_c);
    if (sensor->time_to_limit_ns != PERFADAPT_THROTTLE_NOT_FORESEEN)
        sensor->time_to_limit_ns = duration_or(sensor->time_to_limit_ns, PERFADAPT_THROTTLE_UNKNOWN);
    sensor->confidence = sensor->confidence >= 0 && sensor->confidence <= 1 ? sensor->confidence : 0;
    sensor->limit_why = known(sensor->limit_why, WHY_COUNT - 1, PERFADAPT_WHY_NONE);
}

static void sanitize_metric_of(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    metric->unit = (uint32_t)unit;
    sanitize_metric(metric);
}

static void sanitize_throttle(struct perfadapt_throttle *throttle) {
    throttle->verdict = known(throttle->verdict, THROTTLING_COUNT - 1, PERFADAPT_THROTTLING_UNKNOWN);
    throttle->subject = known(throttle->subject, PERFADAPT_SENSOR_SKIN, PERFADAPT_SENSOR_OTHER);
    throttle->since_ns = time_or_zero(throttle->since_ns);
    perfadapt__text_clean(throttle->proof, sizeof throttle->proof);
}

static void sanitize_evidence(struct perfadapt_evidence *evidence) {
    perfadapt__text_clean(evidence->source, sizeof evidence->source);
    perfadapt__text_clean(evidence->device, sizeof evidence->device);
    perfadapt__text_clean(evidence->text, sizeof evidence->text);
    evidence->subject = known(evidence->subject, PERFADAPT_SENSOR_SKIN, PERFADAPT_SENSOR_OTHER);
    evidence->state = known(evidence->state, PERFADAPT_STATE_ERROR, PERFADAPT_STATE_ERROR);
    evidence->claims &= (1u << THROTTLING_COUNT) - 1;
    evidence->believed &= (1u << THROTTLING_COUNT) - 1;
    evidence->timestamp_ns = time_or_zero(evidence->timestamp_ns);
}

static void sanitize_gpu(struct perfadapt_gpu *gpu) {
    perfadapt__text_clean(gpu->id, sizeof gpu->id);
    perfadapt__text_clean(gpu->driver, sizeof gpu->driver);
    perfadapt__text_clean(gpu->name, sizeof gpu->name);
    gpu->state = known(gpu->state, PERFADAPT_STATE_ERROR, PERFADAPT_STATE_ERROR);
    gpu->why = known(gpu->why, WHY_COUNT - 1, PERFADAPT_WHY_NONE);
    sanitize_throttle(&gpu->throttle);
}

static void sanitize_devices(struct perfadapt_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->gpu_count; i++)
        sanitize_gpu(&snapshot->gpus[i]);
    for (size_t i = 0; i < snapshot->evidence_count; i++)
        sanitize_evidence(&snapshot->evidence[i]);
    snapshot->power.profile_state = known(snapshot->power.profile_state, PERFADAPT_STATE_ERROR, PERFADAPT_STATE_ERROR);
    snapshot->power.reserved = 0;
    perfadapt__text_clean(snapshot->power.profile, sizeof snapshot->power.profile);
    sanitize_throttle(&snapshot->processor.throttle);
    sanitize_throttle(&snapshot->throttle);
}

void perfadapt__sanitize_snapshot(struct perfadapt_snapshot *snapshot) {
    snapshot->size = sizeof *snapshot;
    snapshot->timestamp_ns = time_or_zero(snapshot->timestamp_ns);
    snapshot->simulated = snapshot->simulated != 0;
    snapshot->psi_trigger = known(snapshot->psi_trigger, PERFADAPT_STATE_ERROR, PERFADAPT_STATE_ERROR);
    perfadapt__snapshot_trim(snapshot);
    perfadapt__metrics_of_snapshot(snapshot, sanitize_metric_of);
    sanitize_devices(snapshot);
    for (size_t i = 0; i < snapshot->sensor_count; i++)
        sanitize_sensor(&snapshot->sensors[i]);
}
