/* SPDX-License-Identifier: MIT */
#include "control/power.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/monitor.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const double saving_busy = 0.5; /* where battery is preferred, with the charger plugged in or not */
static const double rise_room = 0.9;
static const int64_t step_gap_ns = 5 * SECOND;

void perfadapt__power_init(struct perfadapt__power *power) {
    memset(power, 0, sizeof *power);
    power->busy_most = 1.0;
}

static double share_allowed(const struct perfadapt__policy *policy, const struct perfadapt__reading *reading) {
    const bool on_battery = reading->on_ac >= 0 && reading->on_ac < 0.5;
    double share = 1.0;
    if (policy->prefer == PERFADAPT__PREFER_BATTERY)
        share = saving_busy;
    if (on_battery && policy->battery_busy < share)
        share = policy->battery_busy;
    const bool by_rungs = policy->target_frame_ns > 0; /* otherwise the GPU is busy at any rung */
    return share > 0 && by_rungs ? share : 1.0;
}

static double busy_at(const struct perfadapt__policy *policy, const struct perfadapt__ladder *ladder,
                      const struct perfadapt__frame_statistics *frames, const struct perfadapt__load *load,
                      uint32_t rung) {
    const struct perfadapt__rung *at = &ladder->rungs[rung];
    const double busy = load->mean_ns * perfadapt__cost_of_rung(&frames->cost, policy, at) * at->per_frame_ns;
    return at->per_frame_ns > 0 && busy < 1.0 ? busy : 1.0;
}

void perfadapt__power_step(struct perfadapt__power *power, const struct perfadapt__policy *policy,
                           const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                           const struct perfadapt__frame_statistics *frames, const struct perfadapt__load *load,
                           struct perfadapt__caps *caps) {
    const double share = share_allowed(policy, reading);
    const bool changed = share < power->busy_most || share > power->busy_most;
    power->busy_most = share;
    if (share >= 1.0)
        power->rung = 0;
    else if (load->known && (changed || reading->now_ns - power->stepped_ns >= step_gap_ns)) {
        uint32_t rung = 0;
        while (rung + 1 < ladder->count &&
               busy_at(policy, ladder, frames, load, rung) > share * (rung < power->rung ? rise_room : 1.0))
            rung++;
        power->rung = rung;
        power->stepped_ns = reading->now_ns;
    }
    const double busy_then = load->known ? busy_at(policy, ladder, frames, load, power->rung) : (double)NAN;
    caps->power_rung = power->rung;
    caps->power = (struct perfadapt__evidence){.signal = PERFADAPT_SIGNAL_GPU_BUSY,
                                               .value = load->known ? 100.0 * busy_at(policy, ladder, frames, load, 0)
                                                                    : (double)NAN,
                                               .limit = 100.0 * share,
                                               .forecast = 100.0 * busy_then};
}
