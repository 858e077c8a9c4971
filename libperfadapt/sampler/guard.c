/* SPDX-License-Identifier: MIT */
#include "sampler/guard.h"

#include "core/clock.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double lowest_c = -20;
static const double highest_c = 125;
static const double spike_c = 15;
static const double headroom_range_c = 30;
static const int64_t too_old_ns = 10 * PERFADAPT__NS_PER_S;

/* Sensors move in steps of 0.5 or 1 °C: over less time, or fewer samples, one step looks like a fire. */
static const uint32_t fewest_for_slope = 3;
static const int64_t shortest_for_slope_ns = 3 * PERFADAPT__NS_PER_S;
static const int64_t sample_gap_ns = 700 * PERFADAPT__NS_PER_MS; /* eight of them cover four seconds at any rate */

void perfadapt__guard_init(struct perfadapt__guard *guard) {
    memset(guard, 0, sizeof *guard);
}

/* ---- samples ---- */

static void push(struct perfadapt__guard_slot *slot, int64_t time_ns, double celsius) {
    /* What lies before a pause (suspend, a lost device) says nothing of the slope after it. */
    if (slot->count > 0) {
        const int64_t gap_ns = time_ns - slot->samples[slot->count - 1].time_ns;
        if (gap_ns <= 0 || gap_ns > too_old_ns)
            slot->count = 0;
    }
    /* Near a limit reads come ten times a second; the newest then stands in until it is old enough to keep. */
    if (slot->count >= 2 && time_ns - slot->samples[slot->count - 2].time_ns < sample_gap_ns)
        slot->count--;
    if (slot->count == PERFADAPT__GUARD_SAMPLES) {
        memmove(&slot->samples[0], &slot->samples[1], sizeof slot->samples - sizeof slot->samples[0]);
        slot->count--;
    }
    slot->samples[slot->count++] = (struct perfadapt__guard_sample){.time_ns = time_ns, .celsius = celsius};
}

static double median_of_3(double a, double b, double c) {
    const double low = a < b ? a : b;
    const double high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/* The median of the newest three, so that a single wrong reading moves nothing; with fewer, the newest. */
static double steering_of(const struct perfadapt__guard_slot *slot) {
    const struct perfadapt__guard_sample *samples = slot->samples;
    const uint32_t count = slot->count;
    if (count == 0)
        return (double)NAN;
    if (count < 3)
        return samples[count - 1].celsius;
    return median_of_3(samples[count - 3].celsius, samples[count - 2].celsius, samples[count - 1].celsius);
}

static bool jumps(double from, double to) {
    return to - from > spike_c || from - to > spike_c;
}

/* Off by more than a die does between two reads, against all its neighbours; the newest waits for its next one. */
static bool is_spike(const struct perfadapt__guard_slot *slot, uint32_t index) {
    const struct perfadapt__guard_sample *samples = slot->samples;
    const bool after_jump = index == 0 || jumps(samples[index - 1].celsius, samples[index].celsius);
    const bool before_jump = index + 1 == slot->count || jumps(samples[index].celsius, samples[index + 1].celsius);
    return after_jump && before_jump;
}

/* Least squares over the real times of the samples: reads come at uneven intervals. */
static double slope_of(const struct perfadapt__guard_slot *slot) {
    double n = 0, sum_t = 0, sum_c = 0, sum_tt = 0, sum_tc = 0;
    if (slot->count < fewest_for_slope)
        return (double)NAN;
    const struct perfadapt__guard_sample *newest = &slot->samples[slot->count - 1];
    if (newest->time_ns - slot->samples[0].time_ns < shortest_for_slope_ns)
        return (double)NAN;
    for (uint32_t i = 0; i < slot->count; i++) {
        if (is_spike(slot, i))
            continue;
        const double t = (double)(slot->samples[i].time_ns - newest->time_ns) / 1e9;
        const double c = slot->samples[i].celsius;
        n += 1;
        sum_t += t;
        sum_c += c;
        sum_tt += t * t;
        sum_tc += t * c;
    }
    const double spread = n * sum_tt - sum_t * sum_t;
    return n >= fewest_for_slope && spread > 0 ? (n * sum_tc - sum_t * sum_c) / spread : (double)NAN;
}

/* ---- judgement ---- */

static bool is_fresh(const struct perfadapt__guard_slot *slot, const struct perfadapt_sensor *sensor) {
    return sensor->temperature.state == PERFADAPT_STATE_OK && sensor->temperature.timestamp_ns != slot->seen_ns;
}

/* Comparisons with NAN are false: it is implausible too. */
static bool is_plausible(double celsius) {
    return celsius >= lowest_c && celsius <= highest_c;
}

static void take(struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor) {
    struct perfadapt_metric *temperature = &sensor->temperature;
    slot->seen_ns = temperature->timestamp_ns;
    if (!is_plausible(temperature->value)) {
        temperature->value = (double)NAN;
        temperature->state = PERFADAPT_STATE_ERROR;
        sensor->why = PERFADAPT_WHY_IMPLAUSIBLE;
        return;
    }
    push(slot, temperature->timestamp_ns, temperature->value);
    slot->was_good = 1;
    slot->good_since_ns = temperature->timestamp_ns;
    sensor->why = PERFADAPT_WHY_NONE;
}

static void age(struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor, int64_t now_ns) {
    if (now_ns - slot->good_since_ns <= too_old_ns)
        return;
    if (sensor->why == PERFADAPT_WHY_NONE)
        sensor->why = PERFADAPT_WHY_TOO_OLD;
    const bool has_value = slot->was_good && is_plausible(sensor->temperature.value);
    sensor->temperature.state = has_value ? PERFADAPT_STATE_STALE : PERFADAPT_STATE_ERROR;
    if (!has_value)
        sensor->temperature.value = (double)NAN;
    slot->count = 0;
}

static float headroom_of(const struct perfadapt_sensor *sensor) {
    if (sensor->temperature.state != PERFADAPT_STATE_OK || sensor->limit.state != PERFADAPT_STATE_OK)
        return NAN;
    const double headroom = 1 - (sensor->limit.value - sensor->temperature.value) / headroom_range_c;
    return headroom > 0 ? (float)headroom : 0;
}

static void judge_sensor(struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor, int64_t now_ns) {
    if (slot->good_since_ns == 0)
        slot->good_since_ns = now_ns;
    const uint32_t state = sensor->temperature.state;
    if (state == PERFADAPT_STATE_ASLEEP || state == PERFADAPT_STATE_UNSUPPORTED) {
        slot->count = 0;
        slot->good_since_ns = now_ns;
    } else if (is_fresh(slot, sensor)) {
        take(slot, sensor);
    } else {
        age(slot, sensor, now_ns);
    }
    sensor->slope_c_per_s = sensor->temperature.state == PERFADAPT_STATE_OK ? slope_of(slot) : (double)NAN;
    sensor->headroom = headroom_of(sensor);
    sensor->steering_c = sensor->temperature.state == PERFADAPT_STATE_OK ? steering_of(slot) : (double)NAN;
}

void perfadapt__guard_judge(struct perfadapt__guard *guard, struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    for (uint32_t i = 0; i < snapshot->sensor_count && i < PERFADAPT_SENSORS_MAX; i++)
        judge_sensor(&guard->slots[i], &snapshot->sensors[i], now_ns);
}
