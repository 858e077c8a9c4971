/* SPDX-License-Identifier: MIT */
#include "control/reading.h"

#include <math.h> /* NAN and isfinite only: no libm is linked */
#include <stdbool.h>

static const double largest = 1e18; /* bytes and microseconds; what is beyond is no limit, or no figure */

static const struct perfadapt__stall_reading unknown_stall = {
    .some_us = (double)NAN, .full_us = (double)NAN, .some_avg10 = (double)NAN, .some_avg60 = (double)NAN};

void perfadapt__reading_init(struct perfadapt__reading *reading, int64_t now_ns) {
    *reading = (struct perfadapt__reading){
        .now_ns = now_ns,
        .throttle = PERFADAPT_THROTTLING_UNKNOWN,
        .busy = (double)NAN,
        .power_w = (double)NAN,
        .clock_mhz = (double)NAN,
        .clock_max_mhz = (double)NAN,
        .machine_memory = unknown_stall,
        .cgroup_memory = unknown_stall,
        .cpu_some_us = (double)NAN,
        .memory_total = (double)NAN,
        .memory_available = (double)NAN,
        .cgroup_limit = (double)NAN,
        .cgroup_current = (double)NAN,
        .resident = (double)NAN,
        .resident_shared = (double)NAN,
        .gpu_memory_used = (double)NAN,
        .gpu_memory_budget = (double)NAN,
        .cpu_quota = (double)NAN,
        .on_ac = (double)NAN,
    };
}

static double amount(const struct perfadapt_metric *metric) {
    const bool plausible = metric->value >= 0 && metric->value <= largest;
    return metric->state == PERFADAPT_STATE_OK && plausible ? metric->value : (double)NAN;
}

static struct perfadapt__stall_reading read_stall(const struct perfadapt_pressure *pressure) {
    return (struct perfadapt__stall_reading){
        .some_us = amount(&pressure->some.total),
        .full_us = amount(&pressure->full.total),
        .some_avg10 = amount(&pressure->some.avg10),
        .some_avg60 = amount(&pressure->some.avg60),
    };
}

/* --- Which sensors --- */

/* The nearest to its limit first, then those that were lost: one that goes unheard must not fall out of sight as well. */
enum importance { UNIMPORTANT, ASLEEP, KNOWN, LOST, NEAREST };

static bool has_limit(const struct perfadapt_sensor *sensor) {
    return sensor->steers && sensor->limit.state == PERFADAPT_STATE_OK && isfinite(sensor->limit.value);
}

/* Lost is only what has been read before: it has a time. One that never spoke is as good as not there. */
static enum importance importance_of(const struct perfadapt_sensor *sensor) {
    const struct perfadapt_metric *temperature = &sensor->temperature;
    if (!has_limit(sensor))
        return UNIMPORTANT;
    switch (temperature->state) {
    case PERFADAPT_STATE_OK:
        return KNOWN;
    case PERFADAPT_STATE_STALE:
        return LOST;
    case PERFADAPT_STATE_ERROR:
        return temperature->timestamp_ns != 0 ? LOST : UNIMPORTANT;
    case PERFADAPT_STATE_ASLEEP:
    case PERFADAPT_STATE_UNSUPPORTED:
        return ASLEEP;
    default: /* not read yet */
        return UNIMPORTANT;
    }
}

/* The larger the nearer; a temperature that makes no sense comes last, and is thermal's to judge. */
static double nearness(const struct perfadapt_sensor *sensor) {
    const double nearness = sensor->temperature.value - sensor->limit.value;
    return isfinite(nearness) ? nearness : -largest;
}

static uint32_t nearest_known(const struct perfadapt_snapshot *snapshot, uint32_t count) {
    uint32_t nearest = count;
    for (uint32_t i = 0; i < count; i++)
        if (importance_of(&snapshot->sensors[i]) == KNOWN &&
            (nearest == count || nearness(&snapshot->sensors[i]) > nearness(&snapshot->sensors[nearest])))
            nearest = i;
    return nearest;
}

/* Bit i: sensor i is one of the four. */
static uint64_t choose(const struct perfadapt_snapshot *snapshot, uint32_t count) {
    const uint32_t nearest = nearest_known(snapshot, count);
    uint64_t chosen = 0;
    for (uint32_t n = 0; n < PERFADAPT__HEAT_SENSORS; n++) {
        uint32_t best = count;
        enum importance most = UNIMPORTANT;
        for (uint32_t i = 0; i < count; i++) {
            const struct perfadapt_sensor *sensor = &snapshot->sensors[i];
            const enum importance importance = i == nearest ? NEAREST : importance_of(sensor);
            if (chosen >> i & 1 || importance < most || importance == UNIMPORTANT)
                continue;
            if (importance > most || (importance == KNOWN && nearness(sensor) > nearness(&snapshot->sensors[best]))) {
                best = i;
                most = importance;
            }
        }
        if (best < count)
            chosen |= UINT64_C(1) << best;
    }
    return chosen;
}

static void read_heat(struct perfadapt__reading *reading, const struct perfadapt_snapshot *snapshot) {
    _Static_assert(PERFADAPT_SENSORS_MAX <= 64, "a bit for each");
    const uint32_t count =
        snapshot->sensor_count < PERFADAPT_SENSORS_MAX ? snapshot->sensor_count : PERFADAPT_SENSORS_MAX;
    const uint64_t chosen = choose(snapshot, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        if (!sensor->steers)
            reading->withdrawn |= UINT64_C(1) << i;
        if (!(chosen >> i & 1))
            continue;
        const double celsius = sensor->temperature.value;
        reading->heat[reading->heat_count++] = (struct perfadapt__heat_reading){
            .key = i + 1,
            .state = sensor->temperature.state,
            .timestamp_ns = sensor->temperature.timestamp_ns,
            .temperature_c = isfinite(celsius) ? celsius : (double)NAN,
            .limit_c = sensor->limit.value,
            .remembered_c = (double)NAN,
        };
    }
}

/* --- Which GPU --- */

/* The one that this process draws with, or else the busiest of those that are awake. */
static const struct perfadapt_gpu *choose_gpu(const struct perfadapt_snapshot *snapshot) {
    const struct perfadapt_gpu *best = NULL;
    double most = -1.0;
    for (uint32_t i = 0; i < snapshot->gpu_count && i < PERFADAPT_GPUS_MAX; i++) {
        const struct perfadapt_gpu *gpu = &snapshot->gpus[i];
        if (gpu->state != PERFADAPT_STATE_OK)
            continue;
        const double own = amount(&gpu->own_busy);
        const double busy = amount(&gpu->busy);
        const double weight = own > 0 ? 2.0 + own : busy >= 0 ? busy : 0.0;
        if (weight > most) {
            most = weight;
            best = gpu;
        }
    }
    return best;
}

/* What holds another device down does not slow this one, but heat is everybody's. */
static uint32_t throttle_of(const struct perfadapt_snapshot *snapshot, const struct perfadapt_gpu *gpu) {
    const uint32_t own = gpu ? gpu->throttle.verdict : (uint32_t)PERFADAPT_THROTTLING_UNKNOWN;
    const bool heat = snapshot->throttle.verdict == PERFADAPT_THROTTLING_THERMAL;
    return heat ? (uint32_t)PERFADAPT_THROTTLING_THERMAL : own;
}

static void read_gpu(struct perfadapt__reading *reading, const struct perfadapt_snapshot *snapshot) {
    const struct perfadapt_gpu *gpu = choose_gpu(snapshot);
    reading->throttle = throttle_of(snapshot, gpu);
    if (!gpu)
        return;
    reading->busy = amount(&gpu->busy);
    reading->power_w = amount(&gpu->power);
    reading->clock_mhz = amount(&gpu->clock);
    reading->clock_max_mhz = amount(&gpu->clock_max);
}

void perfadapt__reading_from_snapshot(struct perfadapt__reading *reading, const struct perfadapt_snapshot *snapshot,
                                      int64_t now_ns) {
    const struct perfadapt_memory *memory = &snapshot->memory;
    perfadapt__reading_init(reading, now_ns);
    read_heat(reading, snapshot);
    read_gpu(reading, snapshot);
    reading->cpu_quota = amount(&snapshot->processor.quota);
    reading->on_ac = amount(&snapshot->power.on_ac);
    reading->machine_memory = read_stall(&snapshot->pressure[PERFADAPT_RESOURCE_MEMORY]);
    reading->cgroup_memory = read_stall(&snapshot->pressure[PERFADAPT_RESOURCE_CGROUP_MEMORY]);
    reading->cpu_some_us = amount(&snapshot->pressure[PERFADAPT_RESOURCE_CPU].some.total);
    reading->memory_total = amount(&memory->total);
    reading->memory_available = amount(&memory->available);
    reading->cgroup_limit = amount(&memory->cgroup_limit);
    reading->cgroup_current = amount(&memory->cgroup_current);
    reading->resident = amount(&memory->process_resident);
    reading->resident_shared = amount(&memory->process_shared);
}
