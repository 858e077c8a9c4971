/* SPDX-License-Identifier: MIT */
#include "sampler/throttle.h"

#include "sampler/guard.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Dies throttle for heat within a few degrees of their limit; sensors beside the hot spot show up to 20 less. */
static const double heat_band_c = 25;
static const double heat_least_c = 60; /* where no limit is known */

/* A clock that is down while the device is busy and at its limit: heat, though no source says so. */
static const double at_limit_c = 2;
static const double busy_least = 0.7;
static const double clock_least = 0.9; /* of the clock that policy allows */

/* Worst first: heat is what the controller can do something about. */
static const uint32_t by_weight[] = {PERFADAPT_THROTTLING_THERMAL, PERFADAPT_THROTTLING_POWER,
                                     PERFADAPT_THROTTLING_CURRENT, PERFADAPT_THROTTLING_POLICY,
                                     PERFADAPT_THROTTLING_UNKNOWN, PERFADAPT_THROTTLING_NONE};
#define KINDS (sizeof by_weight / sizeof by_weight[0])

#define BIT(kind) (UINT32_C(1) << (kind))
#define CLAIMED(claims, name) (((claims)&BIT(PERFADAPT_THROTTLING_##name)) != 0)

/* What is judged: the processor, or one GPU. */
struct subject {
    uint32_t role;
    const char *device; /* of the GPU; NULL = whichever has the role */
    const struct perfadapt_metric *busy, *clock, *clock_max;
    const struct perfadapt_sensor *hottest; /* nearest to its limit; NULL = none is known */
};

/* ---- the temperature beside a claim ---- */

static bool is_of(const struct perfadapt_sensor *sensor, const struct subject *subject, const char *device) {
    if (sensor->temperature.state != PERFADAPT_STATE_OK)
        return false;
    const bool memory = sensor->role == PERFADAPT_SENSOR_GPU_MEMORY && subject->role == PERFADAPT_SENSOR_GPU;
    return (sensor->role == subject->role || memory) && (!device || strstr(sensor->id, device));
}

static double room_c(const struct perfadapt_sensor *sensor) {
    return sensor->limit.state == PERFADAPT_STATE_OK ? sensor->limit.value - sensor->temperature.value : (double)NAN;
}

static bool is_nearer(const struct perfadapt_sensor *one, const struct perfadapt_sensor *other) {
    if (isnan(room_c(one)) || isnan(room_c(other)))
        return isnan(room_c(other)) && (!isnan(room_c(one)) || one->temperature.value > other->temperature.value);
    return room_c(one) < room_c(other);
}

static const struct perfadapt_sensor *hottest_of(const struct perfadapt_snapshot *snapshot,
                                                 const struct subject *subject, const char *device) {
    const struct perfadapt_sensor *hottest = NULL;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        const struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        if (is_of(sensor, subject, device) && (!hottest || is_nearer(sensor, hottest)))
            hottest = sensor;
    }
    return hottest;
}

/* Zones, and trees that were recorded, do not say on which device they sit. */
static void find_hottest(const struct perfadapt_snapshot *snapshot, struct subject *subject) {
    subject->hottest = hottest_of(snapshot, subject, subject->device);
    if (!subject->hottest)
        subject->hottest = hottest_of(snapshot, subject, NULL);
}

static bool can_be_heat(const struct subject *subject) {
    if (!subject->hottest)
        return true;
    const double room = room_c(subject->hottest);
    return isnan(room) ? subject->hottest->temperature.value >= heat_least_c : room <= heat_band_c;
}

/* ---- words ---- */

/* Tenths: no printf of floating point, whose point is the locale's. */
static void append_tenths(char *text, size_t capacity, const char *before, double value, const char *after) {
    const size_t used = strlen(text);
    const long tenths = (long)(value * 10 + (value < 0 ? -0.5 : 0.5));
    snprintf(text + used, capacity - used, "%s%s%ld.%ld%s", before, tenths < 0 ? "-" : "", labs(tenths) / 10,
             labs(tenths) % 10, after);
}

static void append_temperature(char *text, size_t capacity, const struct subject *subject) {
    if (!subject->hottest)
        return;
    append_tenths(text, capacity, "; at ", subject->hottest->temperature.value, " C");
    if (subject->hottest->limit.state == PERFADAPT_STATE_OK)
        append_tenths(text, capacity, " of ", subject->hottest->limit.value, "");
}

static void prove(struct perfadapt_throttle *throttle, const struct perfadapt_evidence *evidence,
                  const struct subject *subject) {
    const bool doubted = CLAIMED(evidence->claims, THERMAL) && !CLAIMED(evidence->believed, THERMAL);
    snprintf(throttle->proof, sizeof throttle->proof, "%s %s: %s", evidence->source, evidence->device, evidence->text);
    if (CLAIMED(evidence->claims, THERMAL))
        append_temperature(throttle->proof, sizeof throttle->proof, subject);
    const size_t used = strlen(throttle->proof);
    if (doubted)
        snprintf(throttle->proof + used, sizeof throttle->proof - used, ": too cool to be heat");
}

static void prove_by_clock(struct perfadapt_throttle *throttle, const struct subject *subject) {
    char *proof = throttle->proof;
    snprintf(proof, sizeof throttle->proof, "clock: %ld of %ld MHz while busy", (long)subject->clock->value,
             (long)subject->clock_max->value);
    append_temperature(proof, sizeof throttle->proof, subject);
}

/* ---- verdicts ---- */

static bool is_about(const struct perfadapt_evidence *evidence, const struct subject *subject) {
    if (evidence->subject != subject->role)
        return false;
    /* Sources that do not know which GPU they speak of speak of each. */
    return !subject->device || strcmp(evidence->device, subject->device) == 0 || !strchr(evidence->device, ':');
}

static bool is_current(const struct perfadapt_evidence *evidence, int64_t now_ns) {
    return evidence->state == PERFADAPT_STATE_OK && now_ns - evidence->timestamp_ns <= PERFADAPT__TOO_OLD_NS;
}

/* A claim of heat that no temperature supports says that something holds the device down, and not what. */
static uint32_t believe(const struct perfadapt_evidence *evidence, const struct subject *subject) {
    if (!CLAIMED(evidence->claims, THERMAL) || can_be_heat(subject))
        return evidence->claims;
    return (evidence->claims & ~BIT(PERFADAPT_THROTTLING_THERMAL)) | BIT(PERFADAPT_THROTTLING_UNKNOWN);
}

static uint32_t worst_of(uint32_t claims) {
    for (size_t i = 0; i < KINDS; i++)
        if (claims & BIT(by_weight[i]))
            return (uint32_t)i;
    return KINDS;
}

static void settle(struct perfadapt_throttle *throttle, uint32_t verdict, uint32_t role, int64_t now_ns) {
    if (throttle->since_ns == 0 || throttle->verdict != verdict)
        throttle->since_ns = now_ns;
    throttle->verdict = verdict;
    throttle->subject = role;
}

static bool is_slowed_at_limit(const struct subject *subject) {
    if (!subject->hottest || !(room_c(subject->hottest) <= at_limit_c))
        return false;
    const bool known = subject->busy->state == PERFADAPT_STATE_OK && subject->clock->state == PERFADAPT_STATE_OK &&
                       subject->clock_max->state == PERFADAPT_STATE_OK;
    return known && subject->busy->value >= busy_least && subject->clock->value > 0 &&
           subject->clock->value < clock_least * subject->clock_max->value;
}

/* False where no source told anything. */
static bool judge(struct perfadapt_snapshot *snapshot, struct subject *subject, struct perfadapt_throttle *throttle,
                  int64_t now_ns) {
    size_t worst = KINDS;
    find_hottest(snapshot, subject);
    for (uint32_t i = 0; i < snapshot->evidence_count; i++) {
        struct perfadapt_evidence *evidence = &snapshot->evidence[i];
        if (!is_about(evidence, subject))
            continue;
        evidence->believed = is_current(evidence, now_ns) ? believe(evidence, subject) : 0;
        const uint32_t kind = worst_of(evidence->believed);
        if (kind >= worst)
            continue;
        worst = kind;
        prove(throttle, evidence, subject);
    }
    if (is_slowed_at_limit(subject) && worst > 0) {
        worst = 0;
        prove_by_clock(throttle, subject);
    }
    if (worst == KINDS)
        snprintf(throttle->proof, sizeof throttle->proof, "no source tells");
    settle(throttle, worst < KINDS ? by_weight[worst] : PERFADAPT_THROTTLING_UNKNOWN, subject->role, now_ns);
    return worst < KINDS;
}

/* The machine's is the worst of those that something is known of. */
static void join(struct perfadapt_throttle *machine, const struct perfadapt_throttle *throttle, bool told,
                 size_t *weight) {
    const size_t own = told ? worst_of(BIT(throttle->verdict)) : KINDS;
    if (own > *weight || (own == *weight && own < KINDS))
        return;
    *weight = own;
    *machine = *throttle;
}

void perfadapt__throttle_judge(struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    struct perfadapt_processor *processor = &snapshot->processor;
    struct subject subject = {.role = PERFADAPT_SENSOR_CPU,
                              .busy = &processor->busy,
                              .clock = &processor->clock,
                              .clock_max = &processor->clock_limit};
    size_t weight = KINDS;
    bool told = judge(snapshot, &subject, &processor->throttle, now_ns);
    join(&snapshot->throttle, &processor->throttle, told, &weight);
    for (uint32_t i = 0; i < snapshot->gpu_count; i++) {
        struct perfadapt_gpu *gpu = &snapshot->gpus[i];
        subject = (struct subject){.role = PERFADAPT_SENSOR_GPU,
                                   .device = gpu->id,
                                   .busy = &gpu->busy,
                                   .clock = &gpu->clock,
                                   .clock_max = &gpu->clock_max};
        told = judge(snapshot, &subject, &gpu->throttle, now_ns);
        join(&snapshot->throttle, &gpu->throttle, told, &weight);
    }
}
