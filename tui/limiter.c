/* What a machine is limited by, in words. SPDX-License-Identifier: MIT */
#include "limiter.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sensors.h"

static const double stalled_percent = 10; /* from here on it is seen in frames */
static const double crowded_percent = 25; /* processors are shared before it hurts */

enum weight { HEAT, POWER, CURRENT, UNNAMED, MEMORY, QUOTA, PROCESSORS, DRIVES, POLICY };

static void add(struct limiter *out, enum weight weight, const char *proof, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Those of more weight stay before it; where all places are taken the last one goes. */
static void add(struct limiter *out, enum weight weight, const char *proof, const char *format, ...) {
    int at = out->count;
    for (; at > 0 && out->reasons[at - 1].weight > (int)weight; --at) {
        if (at < LIMITER_MAX) {
            out->reasons[at] = out->reasons[at - 1];
        }
    }
    if (at == LIMITER_MAX) {
        return;
    }
    out->count += out->count < LIMITER_MAX;
    struct limiter_reason *reason = &out->reasons[at];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
    snprintf(reason->proof, sizeof reason->proof, "%.*s", LIMITER_TEXT_MAX - 1, proof);
    reason->weight = (int)weight;
}

static void add_throttle(struct limiter *out, const struct perfadapt_throttle *throttle, const char *device) {
    switch (throttle->verdict) {
    case PERFADAPT_THROTTLING_THERMAL:
        add(out, HEAT, throttle->proof, "heat (%s)", device);
        break;
    case PERFADAPT_THROTTLING_POWER:
        add(out, POWER, throttle->proof, "power cap (%s)", device);
        break;
    case PERFADAPT_THROTTLING_CURRENT:
        add(out, CURRENT, throttle->proof, "current limit (%s)", device);
        break;
    case PERFADAPT_THROTTLING_POLICY:
        add(out, POLICY, throttle->proof, "policy (%s)", device);
        break;
    default:
        break;
    }
}

/* GPUs of the same verdict are counted, not listed. */
static void add_gpus(const struct perfadapt_snapshot *snapshot, uint32_t verdict, struct limiter *out) {
    const uint32_t count = sensors_gpu_count(snapshot);
    uint32_t held = 0;
    uint32_t first = 0;
    for (uint32_t i = count; i-- > 0;) {
        if (snapshot->gpus[i].throttle.verdict == verdict) {
            ++held;
            first = i;
        }
    }
    char device[24] = "gpu";
    if (held > 1) {
        snprintf(device, sizeof device, "%u gpus", (unsigned)held);
    } else if (count > 1) {
        snprintf(device, sizeof device, "gpu %u", (unsigned)first);
    }
    if (held > 0) {
        add_throttle(out, &snapshot->gpus[first].throttle, device);
    }
}

static void add_throttles(const struct perfadapt_snapshot *snapshot, struct limiter *out) {
    add_throttle(out, &snapshot->processor.throttle, "cpu");
    for (uint32_t verdict = PERFADAPT_THROTTLING_THERMAL; verdict <= PERFADAPT_THROTTLING_POLICY; ++verdict) {
        add_gpus(snapshot, verdict, out);
    }
}

/* A claim that the temperature contradicts: something holds the device down, and nobody says what. */
static void add_doubted(const struct perfadapt_snapshot *snapshot, struct limiter *out) {
    for (uint32_t i = 0; i < snapshot->evidence_count && i < PERFADAPT_EVIDENCE_MAX; ++i) {
        const struct perfadapt_evidence *evidence = &snapshot->evidence[i];
        if (evidence->state == PERFADAPT_STATE_OK && (evidence->believed >> PERFADAPT_THROTTLING_UNKNOWN & 1U) != 0) {
            add(out, UNNAMED, evidence->text, "something unnamed (%s)", perfadapt_sensor_role_name(evidence->subject));
            return;
        }
    }
}

/* Where no source tells of throttling the temperatures still do. */
static void add_hottest(const struct perfadapt_snapshot *snapshot, struct limiter *out) {
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; ++i) {
        const struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        if (sensor->steers && sensors_state(sensor) >= PERFADAPT_THERMAL_HOT) {
            add(out, HEAT, "", "heat (%s at its limit)", perfadapt_sensor_role_name(sensor->role));
            return;
        }
    }
}

double limiter_stalled_percent(enum perfadapt_resource resource) {
    const bool processors = resource == PERFADAPT_RESOURCE_CPU || resource == PERFADAPT_RESOURCE_CGROUP_CPU;
    return processors ? crowded_percent : stalled_percent;
}

static double stalled(const struct perfadapt_snapshot *snapshot, enum perfadapt_resource resource) {
    return sensors_value(&snapshot->pressure[resource].some.avg10);
}

static void add_pressure(const struct perfadapt_snapshot *snapshot, struct limiter *out) {
    const double memory = stalled(snapshot, PERFADAPT_RESOURCE_MEMORY);
    const double own = stalled(snapshot, PERFADAPT_RESOURCE_CGROUP_MEMORY);
    const double quota = sensors_value(&snapshot->processor.quota);
    const double kept = sensors_value(&snapshot->pressure[PERFADAPT_RESOURCE_CGROUP_CPU].full.avg10);
    if (fmax(memory, own) >= stalled_percent) {
        add(out, MEMORY, "", "%smemory pressure %.0f%%", memory >= stalled_percent ? "" : "cgroup ",
            memory >= stalled_percent ? memory : own);
    }
    if (!isnan(quota) && kept >= stalled_percent) {
        add(out, QUOTA, "", "cgroup quota of %.3g cpus (%.0f%%)", quota, kept);
    }
    if (stalled(snapshot, PERFADAPT_RESOURCE_CPU) >= crowded_percent) {
        add(out, PROCESSORS, "", "cpu pressure %.0f%%", stalled(snapshot, PERFADAPT_RESOURCE_CPU));
    }
    if (stalled(snapshot, PERFADAPT_RESOURCE_IO) >= stalled_percent) {
        add(out, DRIVES, "", "io pressure %.0f%%", stalled(snapshot, PERFADAPT_RESOURCE_IO));
    }
}

static const char *describe_nothing(const struct perfadapt_snapshot *snapshot) {
    const bool throttling = snapshot->throttle.verdict != PERFADAPT_THROTTLING_UNKNOWN;
    const bool pressure = !isnan(stalled(snapshot, PERFADAPT_RESOURCE_MEMORY));
    if (throttling && pressure) {
        return "Nothing limits";
    }
    if (!throttling && !pressure) {
        return "What limits is not known (no source tells)";
    }
    return pressure ? "Nothing seen to limit (throttling n/a)" : "Nothing seen to limit (pressure n/a)";
}

void limiter_find(const struct perfadapt_snapshot *snapshot, struct limiter *out) {
    memset(out, 0, sizeof *out);
    add_throttles(snapshot, out);
    if (snapshot->throttle.verdict != PERFADAPT_THROTTLING_THERMAL) {
        add_hottest(snapshot, out);
    }
    if (out->count == 0) {
        add_doubted(snapshot, out);
    }
    add_pressure(snapshot, out);
    out->nothing = describe_nothing(snapshot);
}

void limiter_text(const struct limiter *limiter, char *out, size_t capacity) {
    size_t length = 0;
    snprintf(out, capacity, "%s", limiter->count == 0 ? limiter->nothing : "");
    for (int i = 0; i < limiter->count && length < capacity; ++i) {
        const int added =
            snprintf(out + length, capacity - length, "%s%s", i > 0 ? ", " : "", limiter->reasons[i].text);
        length += added > 0 ? (size_t)added : 0;
    }
}
