/* SPDX-License-Identifier: MIT */
#include "drive/policy.h"

#include "core/clock.h"

#include <math.h> /* isnan only */
#include <perfadapt/perfadapt.h>

/* As perfadapt_open() has them; worker threads are not asked from the machine: same input, same bytes. */
static const double cost_step = 0.86;
static const double scale_least = 0.5;
static const double margin_c = 1.5;
static const double frames_in_flight = 3;
static const double worker_threads = 4;
static const double reserve_bytes = 256.0 * 1024 * 1024;

static double given_or(double value, double otherwise) {
    return isnan(value) ? otherwise : value;
}

static double default_target_ns(uint32_t role) {
    switch (role) {
    case PERFADAPT_ROLE_EXPORT:
        return 0;
    case PERFADAPT_ROLE_BACKGROUND:
        return (double)PERFADAPT__NS_PER_S / 30;
    default:
        return (double)PERFADAPT__NS_PER_S / 60;
    }
}

static void set_costs(const struct drive_settings *settings, struct perfadapt__policy *policy) {
    double cost = 1;
    for (uint32_t i = 0; i < policy->quality_levels; i++, cost *= cost_step)
        policy->cost[i] = settings->cost_count ? settings->cost[i] / settings->cost[0] : cost;
}

static bool check_levels(const struct perfadapt__policy *policy, char out_reason[DRIVE_REASON_MAX]) {
    if (policy->quality_max >= policy->quality_levels || policy->quality_min >= policy->quality_levels)
        return drive_refuse("policy.quality_min and quality_max must be below the number of levels", out_reason);
    return policy->quality_min <= policy->quality_max ||
           drive_refuse("policy.quality_min must not be above policy.quality_max", out_reason);
}

static bool set_levels(const struct drive_settings *settings, struct perfadapt__policy *policy,
                       char out_reason[DRIVE_REASON_MAX]) {
    const uint32_t by_cost = settings->cost_count ? settings->cost_count : 1;
    policy->quality_levels = settings->levels ? settings->levels : by_cost;
    if (settings->cost_count && settings->cost_count != policy->quality_levels)
        return drive_refuse("--cost wants as many costs as there are levels", out_reason);
    policy->quality_min = (uint32_t)given_or(settings->quality_min, 0);
    policy->quality_max = (uint32_t)given_or(settings->quality_max, policy->quality_levels - 1);
    set_costs(settings, policy);
    return check_levels(policy, out_reason);
}

static bool set_scales(const struct drive_settings *settings, struct perfadapt__policy *policy,
                       char out_reason[DRIVE_REASON_MAX]) {
    policy->render_scale_max = given_or(settings->scale_max, 1);
    policy->render_scale_min = given_or(settings->scale_min, scale_least);
    if (!(policy->outputs & PERFADAPT_OUTPUT_RENDER_SCALE))
        policy->render_scale_max = 1;
    return policy->render_scale_min <= policy->render_scale_max ||
           drive_refuse("the lowest render scale is above the highest", out_reason);
}

/* Cut, not rounded, as the library does: 60 per second are 16666666 ns. */
static bool set_times(const struct drive_settings *settings, struct perfadapt__policy *policy,
                      char out_reason[DRIVE_REASON_MAX]) {
    const double target_ns = given_or(settings->target_ns, default_target_ns(policy->role));
    const double fastest_ns = given_or(settings->fastest_ns, 0); /* the range of --fps holds for any target */
    policy->target_frame_ns = (int64_t)(target_ns >= 1 && target_ns < fastest_ns ? fastest_ns : target_ns);
    policy->slowest_frame_ns = (int64_t)given_or(settings->slowest_ns, 0);
    policy->refresh_ns = (int64_t)given_or(settings->refresh_ns, 0);
    if (!(policy->outputs & PERFADAPT_OUTPUT_FRAME_NS))
        return true;
    if (policy->target_frame_ns == 0)
        return drive_refuse("--fps needs a target", out_reason);
    return policy->slowest_frame_ns == 0 || policy->slowest_frame_ns >= policy->target_frame_ns ||
           drive_refuse("the lowest frame rate is above the target", out_reason);
}

bool drive_policy_make(const struct drive_settings *settings, struct perfadapt__policy *out_policy,
                       char out_reason[DRIVE_REASON_MAX]) {
    *out_policy = (struct perfadapt__policy){
        .mode = (uint32_t)given_or(settings->mode, PERFADAPT__MODE_AUTO),
        .prefer = (uint32_t)given_or(settings->prefer, PERFADAPT__PREFER_FRAMERATE),
        .role = (uint32_t)given_or(settings->role, PERFADAPT_ROLE_INTERACTIVE),
        .outputs = settings->outputs,
        .thermal_limit_c = settings->limit_c, /* NAN where there is none */
        .thermal_margin_c = given_or(settings->margin_c, margin_c),
        .battery_busy = given_or(settings->battery_busy, 1),
        .frames_in_flight = (uint32_t)given_or(settings->frames_in_flight, frames_in_flight),
        .worker_threads = (uint32_t)given_or(settings->worker_threads, worker_threads),
        .dispatch_ns = (int64_t)given_or(settings->dispatch_ns, 0),
        .memory_reserve_bytes = (int64_t)given_or(settings->reserve_bytes, reserve_bytes),
    };
    return set_levels(settings, out_policy, out_reason) && set_scales(settings, out_policy, out_reason) &&
           set_times(settings, out_policy, out_reason);
}
