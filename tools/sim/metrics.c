/* SPDX-License-Identifier: MIT */
#include "sim/metrics.h"

#include <math.h>
#include <string.h>

static const double bins_per_s = 1e5;
static const double flip_within_s = 30.0;
static const double stutter_ratio = 0.5;

void sim_metrics_init(struct sim_metrics *metrics, const struct perfadapt__ladder *ladder, const double *true_cost,
                      const struct sim_scene *scene) {
    memset(metrics, 0, sizeof *metrics);
    metrics->ladder = ladder;
    metrics->settle_from_s = scene->settle_from_s;
    metrics->settle_to_s = scene->settle_to_s;
    metrics->settled_s = scene->settle_from_s;
    metrics->temperature_max_c = -INFINITY;
    for (uint32_t rung = 0; rung < ladder->count; rung++) {
        const double rate = (double)ladder->rungs[0].frame_ns / (double)ladder->rungs[rung].frame_ns;
        metrics->rung_quality[rung] = sqrt(true_cost[rung]) * rate;
        metrics->late_s[rung] = PERFADAPT__LATE_RATIO * (double)ladder->rungs[rung].frame_ns * 1e-9;
    }
}

void sim_metrics_rung(struct sim_metrics *metrics, uint32_t rung, double now_s) {
    if (metrics->has_rung && rung == metrics->rung)
        return;
    if (metrics->has_rung) {
        const int direction = rung > metrics->rung ? 1 : -1;
        const bool soon = now_s - metrics->switched_s < flip_within_s;
        if (metrics->switches > 0 && direction != metrics->direction && soon)
            metrics->flips++;
        metrics->switches++;
        metrics->direction = direction;
        metrics->switched_s = now_s;
        if (now_s >= metrics->settle_from_s && now_s < metrics->settle_to_s)
            metrics->settled_s = now_s;
    }
    metrics->rung = rung;
    metrics->has_rung = true;
}

void sim_metrics_frame(struct sim_metrics *metrics, const struct sim_metrics_frame *frame) {
    const double seconds = frame->frame_s;
    const double nominal_s = (double)metrics->ladder->rungs[frame->rung].frame_ns * 1e-9;
    const double bin = seconds * bins_per_s;
    metrics->bins[bin < SIM_FRAME_BINS - 1 ? (uint32_t)bin : SIM_FRAME_BINS - 1]++;
    if (metrics->frames > 0 && fabs(seconds - metrics->frame_before_s) > stutter_ratio * nominal_s)
        metrics->stutters++;
    metrics->frame_before_s = seconds;
    metrics->frames++;
    metrics->time_s += seconds;
    metrics->energy_j += frame->power_w * seconds;
    metrics->heat_cs += frame->die_c * seconds;
    if (seconds > metrics->late_s[frame->rung])
        metrics->late++;
    else
        metrics->quality_s += metrics->rung_quality[frame->rung] * seconds;
    if (frame->clock < 1.0)
        metrics->throttled_s += seconds;
    if (frame->die_c > metrics->temperature_max_c)
        metrics->temperature_max_c = frame->die_c;
}

/* The time of the n-th slowest frame, from 0; with `out_mean_s`, also the mean of those slower and itself. */
static double slowest_s(const struct sim_metrics *metrics, uint64_t n, double *out_mean_s) {
    uint64_t seen = 0;
    double sum_s = 0;
    for (uint32_t bin = SIM_FRAME_BINS; bin-- > 0;) {
        const double seconds = ((double)bin + 0.5) / bins_per_s;
        const uint64_t missing = n + 1 - seen;
        const uint64_t count = metrics->bins[bin] < missing ? metrics->bins[bin] : missing;
        sum_s += (double)count * seconds;
        seen += count;
        if (seen == n + 1) {
            if (out_mean_s)
                *out_mean_s = sum_s / (double)seen;
            return seconds;
        }
    }
    return (double)NAN;
}

static void finish_frame_times(const struct sim_metrics *metrics, struct sim_result *result) {
    const uint64_t hundredth = metrics->frames / 100;
    double mean_s = (double)NAN;
    result->p50_ms = slowest_s(metrics, metrics->frames / 2, NULL) * 1e3;
    const double low_s = slowest_s(metrics, hundredth, NULL);
    slowest_s(metrics, hundredth > 0 ? hundredth - 1 : 0, &mean_s);
    result->p99_ms = low_s * 1e3;
    result->low_percentile_fps = 1.0 / low_s;
    result->low_mean_fps = 1.0 / mean_s;
}

void sim_metrics_finish(const struct sim_metrics *metrics, double target_c, struct sim_result *out_result) {
    const double time_s = metrics->time_s;
    const double frames = (double)metrics->frames;
    *out_result = (struct sim_result){
        .frames = metrics->frames,
        .throttled_percent = 100.0 * metrics->throttled_s / time_s,
        .overshoot_c = metrics->temperature_max_c - target_c,
        .late_percent = 100.0 * (double)metrics->late / frames,
        .quality = metrics->quality_s / time_s,
        .quality_share = (double)NAN,
        .late_clairvoyant_percent = (double)NAN,
        .overshoot_clairvoyant_c = (double)NAN,
        .switches_per_min = (double)metrics->switches * 60.0 / time_s,
        .switches = metrics->switches,
        .flips = metrics->flips,
        .settling_s = metrics->settled_s - metrics->settle_from_s,
        .stutter_percent = 100.0 * (double)metrics->stutters / frames,
        .power_w = metrics->energy_j / time_s,
        .temperature_c = metrics->heat_cs / time_s,
        .temperature_max_c = metrics->temperature_max_c,
    };
    finish_frame_times(metrics, out_result);
}
