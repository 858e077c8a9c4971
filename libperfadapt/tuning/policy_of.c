/* SPDX-License-Identifier: MIT */
#include "tuning/policy_of.h"

#include "config/schema.h"
#include "core/clock.h"

#include <math.h> /* isnan only: no libm is linked */
#include <perfadapt/perfadapt.h>
#include <stdio.h>

static const double cost_step = 0.86; /* of a quality level, relative to the one above */
static const double scale_least = 0.5;
static const double margin_c = 1.5;
static const uint32_t frames_in_flight = 3;
static const uint32_t worker_threads = 4;
static const double reserve_bytes = 256.0 * 1024 * 1024;
static const double background_ns = (double)PERFADAPT__NS_PER_S / 30;
static const double interactive_ns = (double)PERFADAPT__NS_PER_S / 60;

struct merger {
    const struct perfadapt__settings *preset, *settings;
    struct perfadapt__settings both; /* the preset's, where the settings say nothing */
    const struct perfadapt__wishes *wishes;
    struct perfadapt__policy *policy;
    bool lenient;
    char *reason;
};

static double given_or(double value, double otherwise) {
    return isnan(value) ? otherwise : value;
}

/* Of a contradiction: false where it is to be refused. Said either way: whoever wrote it does not get what it says. */
static bool may_resolve(const struct merger *merger, const char *text) {
    if (merger->reason)
        snprintf(merger->reason, PERFADAPT__SCHEMA_REASON_MAX, "%s", text);
    return merger->lenient;
}

/* ---- quality ---- */

/* What one layer says of a bound: a level counts before a share. NAN = nothing. A share is of levels that may move. */
static double bound_of(const struct merger *merger, double level, double share) {
    if (!isnan(level))
        return level;
    if (isnan(share) || !(merger->wishes->outputs & PERFADAPT_OUTPUT_QUALITY))
        return (double)NAN;
    return (double)(uint32_t)(share * (merger->policy->quality_levels - 1) + 0.5);
}

static void set_costs(const struct merger *merger) {
    struct perfadapt__policy *policy = merger->policy;
    const double *given = merger->wishes->quality_levels ? merger->wishes->cost : NULL;
    double cost = 1;
    for (uint32_t i = 0; i < policy->quality_levels; i++, cost *= cost_step)
        policy->cost[i] = given ? given[i] / given[0] : cost;
}

/* Of two bounds that cross, the lower quality is the safe one. */
static bool bound_levels(struct perfadapt__policy *policy, const struct merger *merger) {
    const uint32_t best = policy->quality_levels - 1;
    if (policy->quality_max > best || policy->quality_min > best) {
        /* One file is for many apps, with more levels and fewer. */
        if (!merger->lenient)
            return may_resolve(merger, "policy.quality_min and quality_max must be below the number of levels");
        policy->quality_max = policy->quality_max < best ? policy->quality_max : best;
        policy->quality_min = policy->quality_min < best ? policy->quality_min : best;
    }
    if (policy->quality_min > policy->quality_max) {
        if (!may_resolve(merger, "policy.quality_min must not be above policy.quality_max"))
            return false;
        policy->quality_min = policy->quality_max;
    }
    return true;
}

static bool set_levels(const struct merger *merger) {
    struct perfadapt__policy *policy = merger->policy;
    const struct perfadapt__settings *preset = merger->preset;
    const struct perfadapt__settings *settings = merger->settings;
    const uint32_t levels = merger->wishes->quality_levels ? merger->wishes->quality_levels : 1;
    policy->quality_levels = levels < PERFADAPT__QUALITY_LEVELS_MAX ? levels : PERFADAPT__QUALITY_LEVELS_MAX;
    const double preset_min = bound_of(merger, preset->quality_min, preset->quality_share_min);
    const double preset_max = bound_of(merger, preset->quality_max, preset->quality_share_max);
    const double least = bound_of(merger, settings->quality_min, settings->quality_share_min);
    const double most = bound_of(merger, settings->quality_max, settings->quality_share_max);
    policy->quality_min = (uint32_t)given_or(least, given_or(preset_min, 0));
    policy->quality_max = (uint32_t)given_or(most, given_or(preset_max, policy->quality_levels - 1));
    if (policy->quality_min > policy->quality_max && isnan(least) && isnan(most)) {
        policy->quality_min = policy->quality_max;
        if (!may_resolve(merger, "preset.quality_min must not be above preset.quality_max"))
            return false;
    }
    /* A preset's bound gives way to one that was set. */
    if (policy->quality_min > policy->quality_max && isnan(most))
        policy->quality_max = policy->quality_min;
    if (policy->quality_min > policy->quality_max && isnan(least))
        policy->quality_min = policy->quality_max;
    set_costs(merger);
    return bound_levels(policy, merger);
}

/* ---- scale ---- */

static bool set_scales(const struct merger *merger) {
    struct perfadapt__policy *policy = merger->policy;
    policy->render_scale_max = given_or(merger->both.scale_max, 1);
    policy->render_scale_min = given_or(merger->both.scale_min, scale_least);
    if (!(policy->outputs & PERFADAPT_OUTPUT_RENDER_SCALE))
        policy->render_scale_max = 1;
    if (policy->render_scale_min <= policy->render_scale_max)
        return true;
    policy->render_scale_min = policy->render_scale_max;
    if (merger->lenient && isnan(merger->settings->scale_min) && !isnan(merger->settings->scale_max))
        return true; /* a preset's gives way to a highest that was set */
    return may_resolve(merger, "the lowest render scale is above the highest");
}

/* ---- times ---- */

/* A preset is of a device that someone looks at: it makes no background work faster, and holds no export back. */
static double default_target_ns(uint32_t role, double preset_ns) {
    if (role == PERFADAPT_ROLE_EXPORT)
        return 0;
    if (role != PERFADAPT_ROLE_BACKGROUND)
        return given_or(preset_ns, interactive_ns);
    return preset_ns > background_ns ? preset_ns : background_ns;
}

/* Cut, not rounded: 60 per second are 16666666 ns. */
static bool set_times(const struct merger *merger) {
    struct perfadapt__policy *policy = merger->policy;
    const double asked_ns = given_or(merger->settings->target_ns, merger->wishes->target_ns);
    const double target_ns = given_or(asked_ns, default_target_ns(policy->role, merger->preset->target_ns));
    const double fastest_ns = given_or(merger->wishes->fastest_ns, 0);
    policy->target_frame_ns = (int64_t)(target_ns >= 1 && target_ns < fastest_ns ? fastest_ns : target_ns);
    policy->slowest_frame_ns = (int64_t)given_or(merger->both.slowest_ns, 0);
    policy->refresh_ns = (int64_t)given_or(merger->both.refresh_ns, 0);
    if (!(policy->outputs & PERFADAPT_OUTPUT_FRAME_NS))
        return true;
    if (policy->target_frame_ns == 0)
        return merger->lenient || may_resolve(merger, "a frame rate that may move needs a target");
    if (policy->slowest_frame_ns == 0 || policy->slowest_frame_ns >= policy->target_frame_ns)
        return true;
    policy->slowest_frame_ns = policy->target_frame_ns;
    return may_resolve(merger, "the lowest frame rate is above the target");
}

/* ---- whole ---- */

static uint32_t count_or(double value, uint32_t otherwise) {
    return isnan(value) ? otherwise : (uint32_t)value;
}

/* What the machine has bounds what a preset says, which is of many machines. */
static uint32_t workers_of(const struct merger *merger) {
    const uint32_t spare = merger->wishes->worker_threads;
    const uint32_t preset = count_or(merger->preset->worker_threads, spare ? spare : worker_threads);
    return count_or(merger->settings->worker_threads, spare && spare < preset ? spare : preset);
}

bool perfadapt__policy_of(const struct perfadapt__settings *preset, const struct perfadapt__wishes *wishes,
                          const struct perfadapt__settings *settings, bool lenient,
                          struct perfadapt__policy *out_policy, char *out_reason) {
    struct merger merger = {.preset = preset,
                            .settings = settings,
                            .both = *preset,
                            .wishes = wishes,
                            .policy = out_policy,
                            .lenient = lenient,
                            .reason = out_reason};
    const struct perfadapt__settings *both = &merger.both;
    perfadapt__settings_merge(&merger.both, settings);
    *out_policy = (struct perfadapt__policy){
        .mode = count_or(both->mode, PERFADAPT__MODE_AUTO),
        .prefer = count_or(both->prefer, PERFADAPT__PREFER_FRAMERATE),
        .role = count_or(settings->role, wishes->role),
        .yields = count_or(both->yield, 0) == 0,
        .outputs = wishes->outputs,
        .thermal_limit_c = both->limit_c, /* NAN where there is none */
        .thermal_margin_c = given_or(both->margin_c, margin_c),
        .battery_busy = given_or(both->battery_busy, 1),
        .frames_in_flight = count_or(both->frames_in_flight, frames_in_flight),
        .worker_threads = workers_of(&merger),
        .dispatch_ns = (int64_t)given_or(both->dispatch_ns, 0),
        .memory_reserve_bytes = (int64_t)given_or(both->reserve_bytes, reserve_bytes),
        .memory_share = given_or(both->memory_share, 1),
    };
    return set_levels(&merger) && set_scales(&merger) && set_times(&merger);
}
