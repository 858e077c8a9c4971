/* What a session's recording has of the machine. SPDX-License-Identifier: MIT */
#include "session_snapshot.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <perfadapt/budget.h>

#include "control/reading.h"
#include "core/metrics.h"

static const double headroom_span_c = 30; /* as perfadapt_sensor.headroom has it */

static void set_unsupported(struct perfadapt_metric *metric, enum perfadapt_unit unit) {
    *metric =
        (struct perfadapt_metric){.value = (double)NAN, .unit = (uint32_t)unit, .state = PERFADAPT_STATE_UNSUPPORTED};
}

/* Of one that was not recorded nothing tells whether the machine lacks it. */
static void set(struct perfadapt_metric *metric, double value, int64_t timestamp_ns) {
    if (!isnan(value)) {
        metric->value = value;
        metric->timestamp_ns = timestamp_ns;
        metric->state = PERFADAPT_STATE_OK;
    }
}

static void fill_pressure(struct perfadapt_pressure *pressure, const struct perfadapt__stall_reading *stall,
                          int64_t now_ns) {
    set(&pressure->some.total, stall->some_us, now_ns);
    set(&pressure->some.avg10, stall->some_avg10, now_ns);
    set(&pressure->some.avg60, stall->some_avg60, now_ns);
    set(&pressure->full.total, stall->full_us, now_ns);
}

static void fill_memory(struct perfadapt_memory *memory, const struct perfadapt__reading *reading) {
    set(&memory->total, reading->memory_total, reading->now_ns);
    set(&memory->available, reading->memory_available, reading->now_ns);
    set(&memory->cgroup_limit, reading->cgroup_limit, reading->now_ns);
    set(&memory->cgroup_current, reading->cgroup_current, reading->now_ns);
    set(&memory->process_resident, reading->resident, reading->now_ns);
    set(&memory->process_shared, reading->resident_shared, reading->now_ns);
}

static bool has_gpu(const struct perfadapt__reading *reading) {
    return !isnan(reading->busy) || !isnan(reading->power_w) || !isnan(reading->clock_mhz);
}

/* The one that the session drew with. */
static void fill_gpu(struct perfadapt_snapshot *snapshot, const struct perfadapt__reading *reading) {
    struct perfadapt_gpu *gpu = &snapshot->gpus[0];
    snapshot->gpu_count = has_gpu(reading) ? 1 : 0;
    if (snapshot->gpu_count == 0) {
        return;
    }
    perfadapt__metrics_of_gpu(gpu, set_unsupported);
    gpu->state = PERFADAPT_STATE_OK;
    set(&gpu->busy, reading->busy, reading->now_ns);
    set(&gpu->power, reading->power_w, reading->now_ns);
    set(&gpu->clock, reading->clock_mhz, reading->now_ns);
    set(&gpu->clock_max, reading->clock_max_mhz, reading->now_ns);
    set(&gpu->own_memory, reading->gpu_memory_used, reading->now_ns);
    /* Heat may be another device's. */
    const bool own = reading->throttle != PERFADAPT_THROTTLING_THERMAL;
    gpu->throttle.verdict = own ? reading->throttle : (uint32_t)PERFADAPT_THROTTLING_UNKNOWN;
}

static void fill_sensor(struct perfadapt_sensor *sensor, const struct perfadapt__heat_reading *heat) {
    snprintf(sensor->id, sizeof sensor->id, "recorded/sensor%u", (unsigned)heat->key);
    snprintf(sensor->chip, sizeof sensor->chip, "recorded");
    snprintf(sensor->label, sizeof sensor->label, "sensor%u", (unsigned)heat->key);
    sensor->steers = 1;
    sensor->temperature = (struct perfadapt_metric){.value = heat->temperature_c,
                                                    .timestamp_ns = heat->timestamp_ns,
                                                    .unit = PERFADAPT_UNIT_CELSIUS,
                                                    .state = heat->state};
    set_unsupported(&sensor->limit, PERFADAPT_UNIT_CELSIUS);
    set(&sensor->limit, heat->limit_c, heat->timestamp_ns);
    const double left_c = heat->limit_c - heat->temperature_c;
    sensor->headroom = isnan(left_c) ? NAN : (float)fmax(0, 1 - left_c / headroom_span_c);
    sensor->slope_c_per_s = (double)NAN;
    sensor->steering_c = (double)NAN;
    sensor->time_to_limit_ns = PERFADAPT_THROTTLE_UNKNOWN;
}

void session_snapshot_fill(struct perfadapt_snapshot *snapshot, const struct perfadapt__reading *reading) {
    const uint64_t generation = snapshot->generation + 1;
    memset(snapshot, 0, sizeof *snapshot);
    snapshot->size = sizeof *snapshot;
    snapshot->generation = generation;
    snapshot->timestamp_ns = reading->now_ns;
    snapshot->psi_trigger = PERFADAPT_STATE_UNSUPPORTED;
    snapshot->power.profile_state = PERFADAPT_STATE_UNSUPPORTED;
    perfadapt__metrics_of_snapshot(snapshot, set_unsupported);
    fill_pressure(&snapshot->pressure[PERFADAPT_RESOURCE_MEMORY], &reading->machine_memory, reading->now_ns);
    fill_pressure(&snapshot->pressure[PERFADAPT_RESOURCE_CGROUP_MEMORY], &reading->cgroup_memory, reading->now_ns);
    set(&snapshot->pressure[PERFADAPT_RESOURCE_CPU].some.total, reading->cpu_some_us, reading->now_ns);
    fill_memory(&snapshot->memory, reading);
    set(&snapshot->power.on_ac, reading->on_ac, reading->now_ns);
    set(&snapshot->processor.quota, reading->cpu_quota, reading->now_ns);
    snapshot->throttle.verdict = reading->throttle;
    fill_gpu(snapshot, reading);
    for (uint32_t i = 0; i < reading->heat_count; ++i) {
        fill_sensor(&snapshot->sensors[i], &reading->heat[i]);
    }
    snapshot->sensor_count = reading->heat_count;
}
