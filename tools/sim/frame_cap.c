/* SPDX-License-Identifier: MIT */
#include "sim/frame_cap.h"

#include <math.h>
#include <string.h>

static const double lateness_most_per_frame = 0.15; /* one hitch alone never counts */
static const double lateness_most = 0.3;
static const double down_deviations = 2.0, up_deviations = 2.5;
static const double ninth_deviations = 1.28;
static const double peak_fade_per_s = 0.85;

void sim_frame_cap_init(struct sim_frame_cap *cap, const struct sim_rules *rules) {
    memset(cap, 0, sizeof *cap);
    cap->ladder = rules->ladder;
    cap->peak_fade = pow(peak_fade_per_s, rules->tick_s);
}

bool sim_lateness_add(double *lateness, double ratio) {
    const double excess = ratio - 1.0;
    *lateness += excess < lateness_most_per_frame ? excess : lateness_most_per_frame;
    if (!(*lateness > 0))
        *lateness = 0;
    if (*lateness <= lateness_most)
        return false;
    *lateness = 0;
    return true;
}

bool sim_frame_cap_gpu(struct sim_frame_cap *cap, const struct sim_gpu *gpu) {
    const struct perfadapt__rung *rung = &cap->ladder->rungs[gpu->rung];
    sim_load_window_add(&cap->window, (double)gpu->gpu_ns / rung->cost);
    if (!sim_lateness_add(&cap->lateness, (double)gpu->gpu_ns * rung->per_frame_ns))
        return false;
    const double work_ns = sim_load_window_recent_ns(&cap->window) * (1.0 + down_deviations * cap->window.deviation);
    const uint32_t fitting = sim_rung_fitting(cap->ladder, gpu->rung, work_ns, PERFADAPT__LATE_RATIO);
    if (fitting <= cap->rung)
        return false;
    cap->rung = fitting;
    return true;
}

void sim_frame_cap_tick(struct sim_frame_cap *cap, uint32_t rung_now) {
    struct sim_load_window *window = &cap->window;
    sim_load_window_close(window);
    const double ninth_ns = window->ninth_ns / (1.0 + ninth_deviations * window->deviation);
    cap->peak_ns = fmax(fmax(window->median_ns, ninth_ns), cap->peak_ns * cap->peak_fade);
    const double down_ns = window->median_ns * (1.0 + down_deviations * window->deviation);
    const double up_ns = cap->peak_ns * (1.0 + up_deviations * window->deviation);
    const uint32_t needed = sim_rung_fitting(cap->ladder, 0, down_ns, PERFADAPT__LATE_RATIO);
    const uint32_t allowed = sim_rung_fitting(cap->ladder, 0, up_ns, PERFADAPT__LATE_RATIO);
    if (needed > rung_now && needed > cap->rung)
        cap->rung = needed;
    else if (allowed < cap->rung)
        cap->rung = allowed;
}
