/* SPDX-License-Identifier: MIT */
#include "sampler/guard.h"

#include "core/clock.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <perfadapt/budget.h>
#include <stdbool.h>
#include <string.h>

static const double lowest_c = -20;
static const double highest_c = 125;
static const double spike_c = 15;
static const double impossible_jump_c = 40; /* from one read to the next: dies do 25 */
static const double headroom_range_c = 30;
static const int64_t given_up_ns = 300 * PERFADAPT__NS_PER_S;

/* Sensors move in steps of 0.5 or 1 °C: over less time, or fewer samples, one step looks like a fire. */
static const uint32_t fewest_for_slope = 3;
static const int64_t shortest_for_slope_ns = 3 * PERFADAPT__NS_PER_S;
static const int64_t sample_gap_ns = 700 * PERFADAPT__NS_PER_MS; /* eight of them cover four seconds at any rate */

/* Drivers that answer for a memory or chipset that is not there say 0. */
static const double warm_c = 20;

static const int64_t stuck_after_ns = 600 * PERFADAPT__NS_PER_S;
static const double stuck_load_range = 0.3;
static const double load_seconds = 30;

static const double table_confidence = 0.6; /* a limit that nobody has stated for this very device */
static const double farthest_s = 600;       /* a line is no forecast beyond */
static const double flat_c_per_s = 0.005;

void perfadapt__guard_init(struct perfadapt__guard *guard) {
    guard->load = (double)NAN;
    guard->load_ns = 0;
    guard->slot_count = 0;
}

static void forget(struct perfadapt__guard_slot *slot) {
    slot->count = 0;
    slot->jumped_to_c = slot->same_c = (double)NAN;
}

void perfadapt__guard_resume(struct perfadapt__guard *guard) {
    guard->load = (double)NAN;
    for (size_t i = 0; i < guard->slot_count; i++)
        forget(&guard->slots[i]);
}

static void make_slots(struct perfadapt__guard *guard, uint32_t count) {
    while (guard->slot_count < count) {
        struct perfadapt__guard_slot *slot = &guard->slots[guard->slot_count++];
        memset(slot, 0, sizeof *slot);
        forget(slot);
    }
}

/* ---- samples ---- */

static void push(struct perfadapt__guard_slot *slot, int64_t time_ns, double celsius) {
    /* What lies before a pause (a device that was lost) says nothing of the slope after it. */
    if (slot->count > 0) {
        const int64_t gap_ns = time_ns - slot->samples[slot->count - 1].time_ns;
        if (gap_ns <= 0 || gap_ns > PERFADAPT__TOO_OLD_NS)
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

struct line {
    double slope_c_per_s; /* NAN unknown */
    double scatter_c2;    /* mean square of what the line leaves */
};

/* Least squares over the real times of the samples: reads come at uneven intervals. */
static struct line line_of(const struct perfadapt__guard_slot *slot) {
    const struct line unknown = {.slope_c_per_s = (double)NAN};
    double n = 0, sum_t = 0, sum_c = 0, sum_tt = 0, sum_tc = 0, sum_cc = 0;
    if (slot->count < fewest_for_slope)
        return unknown;
    const struct perfadapt__guard_sample *newest = &slot->samples[slot->count - 1];
    if (newest->time_ns - slot->samples[0].time_ns < shortest_for_slope_ns)
        return unknown;
    for (uint32_t i = 0; i < slot->count; i++) {
        if (is_spike(slot, i))
            continue;
        const double t = (double)(slot->samples[i].time_ns - newest->time_ns) / 1e9;
        const double c = slot->samples[i].celsius - newest->celsius;
        n += 1;
        sum_t += t;
        sum_c += c;
        sum_tt += t * t;
        sum_tc += t * c;
        sum_cc += c * c;
    }
    const double spread = n * sum_tt - sum_t * sum_t;
    if (n < fewest_for_slope || !(spread > 0))
        return unknown;
    const double slope = (n * sum_tc - sum_t * sum_c) / spread;
    const double left = (n * sum_cc - sum_c * sum_c - slope * (n * sum_tc - sum_t * sum_c)) / (n * n);
    return (struct line){.slope_c_per_s = slope, .scatter_c2 = left > 0 ? left : 0};
}

/* ---- judgement ---- */

static bool is_fresh(const struct perfadapt__guard_slot *slot, const struct perfadapt_sensor *sensor) {
    return sensor->temperature.state == PERFADAPT_STATE_OK && sensor->temperature.timestamp_ns != slot->seen_ns;
}

/* Comparisons with NAN are false: it is implausible too. */
static bool is_plausible(double celsius) {
    return celsius >= lowest_c && celsius <= highest_c;
}

/* A reading that was never believed has no time: it is as good as not there, not lost. */
static void reject(const struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor, enum perfadapt_why why) {
    sensor->temperature.value = (double)NAN;
    sensor->temperature.state = PERFADAPT_STATE_ERROR;
    sensor->why = (uint32_t)why;
    if (!slot->was_good)
        sensor->temperature.timestamp_ns = 0;
}

/* What no die does between two reads is not taken before the next one agrees. */
static bool is_impossible(struct perfadapt__guard_slot *slot, double celsius) {
    const double before = slot->count > 0 ? slot->samples[slot->count - 1].celsius : celsius;
    const bool far = celsius - before > impossible_jump_c || before - celsius > impossible_jump_c;
    const bool agreed = !isnan(slot->jumped_to_c) && !jumps(slot->jumped_to_c, celsius);
    slot->jumped_to_c = far && !agreed ? celsius : (double)NAN;
    if (far && agreed)
        slot->count = 0;
    return far && !agreed;
}

static void keep_last(const struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor) {
    const struct perfadapt__guard_sample *last = &slot->samples[slot->count - 1];
    sensor->temperature.value = last->celsius;
    sensor->temperature.timestamp_ns = last->time_ns;
    sensor->temperature.state = PERFADAPT_STATE_STALE;
    sensor->why = PERFADAPT_WHY_SPIKE;
}

static void take(struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor) {
    struct perfadapt_metric *temperature = &sensor->temperature;
    slot->seen_ns = temperature->timestamp_ns;
    if (!is_plausible(temperature->value)) {
        reject(slot, sensor, PERFADAPT_WHY_IMPLAUSIBLE);
        return;
    }
    if (is_impossible(slot, temperature->value)) {
        keep_last(slot, sensor);
        return;
    }
    push(slot, temperature->timestamp_ns, temperature->value);
    slot->was_good = 1;
    slot->good_since_ns = temperature->timestamp_ns;
    sensor->why = slot->count > 1 && is_spike(slot, slot->count - 1) ? PERFADAPT_WHY_SPIKE : PERFADAPT_WHY_NONE;
}

/* Unplugged, or switched off, and for so long that it is no disturbance: there is none any more. */
static bool is_given_up(const struct perfadapt__guard_slot *slot, const struct perfadapt_sensor *sensor,
                        int64_t now_ns) {
    return (sensor->why == PERFADAPT_WHY_VANISHED || sensor->why == PERFADAPT_WHY_DISABLED) &&
           now_ns - slot->good_since_ns > given_up_ns;
}

static void age(struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor, int64_t now_ns) {
    if (now_ns - slot->good_since_ns <= PERFADAPT__TOO_OLD_NS)
        return;
    if (is_given_up(slot, sensor, now_ns)) {
        slot->was_good = 0;
        sensor->temperature = (struct perfadapt_metric){
            .value = (double)NAN, .unit = PERFADAPT_UNIT_CELSIUS, .state = PERFADAPT_STATE_ERROR};
        return;
    }
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

/* ---- outlook ---- */

static int64_t time_to_limit_ns(const struct perfadapt_sensor *sensor) {
    if (sensor->temperature.state != PERFADAPT_STATE_OK || sensor->limit.state != PERFADAPT_STATE_OK)
        return PERFADAPT_THROTTLE_UNKNOWN;
    const double room_c = sensor->limit.value - sensor->temperature.value;
    if (room_c <= 0)
        return 0;
    if (isnan(sensor->slope_c_per_s))
        return PERFADAPT_THROTTLE_UNKNOWN;
    if (sensor->slope_c_per_s < flat_c_per_s || room_c > farthest_s * sensor->slope_c_per_s)
        return PERFADAPT_THROTTLE_NOT_FORESEEN;
    return (int64_t)(room_c / sensor->slope_c_per_s * 1e9);
}

/* How many samples there are, how well they fit a line, and who stated the limit. */
static float confidence_of(const struct perfadapt__guard_slot *slot, const struct perfadapt_sensor *sensor,
                           const struct line *line) {
    if (sensor->temperature.state != PERFADAPT_STATE_OK || sensor->limit.state != PERFADAPT_STATE_OK)
        return 0;
    const double of_limit = sensor->limit_source == PERFADAPT_LIMIT_TABLE ? table_confidence : 1.0;
    const double of_samples = 0.5 + 0.5 * (double)slot->count / PERFADAPT__GUARD_SAMPLES;
    const double of_fit = isnan(line->slope_c_per_s) ? 0.5 : 1.0 / (1.0 + line->scatter_c2);
    return (float)(of_limit * of_samples * of_fit);
}

static void look_ahead(const struct perfadapt__guard_slot *slot, struct perfadapt_sensor *sensor) {
    const bool known = sensor->temperature.state == PERFADAPT_STATE_OK;
    const struct line line = known ? line_of(slot) : (struct line){.slope_c_per_s = (double)NAN};
    sensor->slope_c_per_s = line.slope_c_per_s;
    sensor->headroom = headroom_of(sensor);
    sensor->steering_c = known ? steering_of(slot) : (double)NAN;
    sensor->time_to_limit_ns = time_to_limit_ns(sensor);
    sensor->confidence = confidence_of(slot, sensor, &line);
}

/* ---- what cannot be what it seems ---- */

static double load_of(const struct perfadapt_snapshot *snapshot) {
    double most = (double)NAN;
    const struct perfadapt_metric *processor = &snapshot->processor.busy;
    if (processor->state == PERFADAPT_STATE_OK)
        most = processor->value;
    for (uint32_t i = 0; i < snapshot->gpu_count && i < PERFADAPT_GPUS_MAX; i++) {
        const struct perfadapt_metric *busy = &snapshot->gpus[i].busy;
        if (busy->state == PERFADAPT_STATE_OK && !(busy->value <= most))
            most = busy->value;
    }
    return most;
}

static void follow_load(struct perfadapt__guard *guard, const struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    const double load = load_of(snapshot);
    const double seconds = (double)(now_ns - guard->load_ns) / 1e9;
    guard->load_ns = now_ns;
    if (isnan(load) || isnan(guard->load) || seconds < 0)
        guard->load = load;
    else
        guard->load += seconds / (seconds + load_seconds) * (load - guard->load);
}

static void start_same(struct perfadapt__guard_slot *slot, double celsius, double load, int64_t now_ns) {
    slot->same_c = celsius;
    slot->same_since_ns = now_ns;
    slot->load_low = slot->load_high = load;
}

static bool is_stuck(struct perfadapt__guard_slot *slot, double celsius, double load, int64_t now_ns) {
    const bool same = celsius <= slot->same_c && celsius >= slot->same_c;
    if (!same || isnan(slot->load_low)) {
        start_same(slot, celsius, load, now_ns);
        return false;
    }
    slot->load_low = load < slot->load_low ? load : slot->load_low;
    slot->load_high = load > slot->load_high ? load : slot->load_high;
    return now_ns - slot->same_since_ns >= stuck_after_ns && slot->load_high - slot->load_low >= stuck_load_range;
}

static const char *device_of(const struct perfadapt_sensor *sensor) {
    const char *at = strchr(sensor->id, '@');
    return at ? at : sensor->id;
}

static bool is_zero_beside_warmer(const struct perfadapt_snapshot *snapshot, const struct perfadapt_sensor *sensor) {
    if (sensor->temperature.value < 0 || sensor->temperature.value > 0)
        return false;
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        const struct perfadapt_sensor *other = &snapshot->sensors[i];
        if (other != sensor && other->temperature.state == PERFADAPT_STATE_OK && other->temperature.value >= warm_c &&
            strcmp(device_of(other), device_of(sensor)) == 0)
            return true;
    }
    return false;
}

/* Without a time: it is not a sensor that was lost, but none. */
static void disbelieve(struct perfadapt_sensor *sensor, enum perfadapt_why why) {
    sensor->temperature =
        (struct perfadapt_metric){.value = (double)NAN, .unit = PERFADAPT_UNIT_CELSIUS, .state = PERFADAPT_STATE_ERROR};
    sensor->why = (uint32_t)why;
}

/* Sensors that are read and shown as they are must not steer as something they are not. */
static void doubt(struct perfadapt__guard *guard, uint32_t index, struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    struct perfadapt_sensor *sensor = &snapshot->sensors[index];
    if (sensor->temperature.state != PERFADAPT_STATE_OK)
        return;
    const bool stuck = is_stuck(&guard->slots[index], sensor->temperature.value, guard->load, now_ns);
    if (is_zero_beside_warmer(snapshot, sensor))
        disbelieve(sensor, PERFADAPT_WHY_ZERO);
    else if (stuck)
        disbelieve(sensor, PERFADAPT_WHY_STUCK);
    else
        return;
    guard->slots[index].count = 0; /* what it seemed to be is nothing to compare with */
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
}

void perfadapt__guard_judge(struct perfadapt__guard *guard, struct perfadapt_snapshot *snapshot, int64_t now_ns) {
    follow_load(guard, snapshot, now_ns);
    make_slots(guard, snapshot->sensor_count);
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        judge_sensor(&guard->slots[i], &snapshot->sensors[i], now_ns);
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        doubt(guard, i, snapshot, now_ns);
    for (uint32_t i = 0; i < snapshot->sensor_count; i++)
        look_ahead(&guard->slots[i], &snapshot->sensors[i]);
}
