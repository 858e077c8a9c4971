/* SPDX-License-Identifier: MIT */
#include "control/heat_channel.h"

#include "control/clamp.h"
#include "control/median.h"

#include <math.h> /* NAN, INFINITY and isnan only: no libm is linked */
#include <perfadapt/monitor.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const double plausible_least_c = -40, plausible_most_c = 150;
static const double limit_least_c = 30, limit_most_c = 125;
static const double quiet_c = 8.0;         /* where quiet is preferred, the target is this much cooler */
static const double reserve_share = 0.005; /* of a fast die's gain, kept free below the target for the same */
static const double reserve_step_c = 0.02; /* a target that moves with every sample would be told with every sample */
static const double reserve_steps_most = 250;    /* a state read from a file may claim any gain */
static const double learn_gap_s = 0.75;          /* samples closer together than this teach nothing new */
static const uint32_t throttled_enough = 2;      /* samples in a row: one may be of the moment before */
static const double below_limit_c = 1.0;         /* throttling this near its limit is as stated */
static const double heat_least_c = 45.0;         /* what throttles for heat below this does not tell of heat … */
static const double heat_band_c = 30.0;          /* … nor what does this far below its limit */
static const double relearn_c_per_s = 1.0 / 600; /* the learned limit rises again: a fan may have been blocked */
static const uint32_t whole_enough = 16;         /* samples in a row: a finer sensor shows so many seldom */
static const double part_least_c = 0.01;
static const int64_t stale_ns = 30 * SECOND; /* a sample this old says nothing any more */

bool perfadapt__heat_channel_believes(const struct perfadapt__heat_reading *sensor) {
    return sensor->state == PERFADAPT_STATE_OK && sensor->temperature_c > plausible_least_c &&
           sensor->temperature_c < plausible_most_c;
}

void perfadapt__heat_channel_init(struct perfadapt__heat_channel *channel,
                                  const struct perfadapt__heat_reading *sensor) {
    memset(channel, 0, sizeof *channel);
    channel->key = sensor->key;
    channel->learned_limit_c = channel->stated_c = (double)NAN;
    perfadapt__heat_init(&channel->heat, sensor->temperature_c);
}

static bool is_a_limit(double stated_c) {
    return stated_c > limit_least_c && stated_c <= plausible_most_c;
}

static double limit_of(const struct perfadapt__policy *policy, const struct perfadapt__heat_channel *channel) {
    double limit = is_a_limit(channel->stated_c) ? channel->stated_c : (double)INFINITY;
    if (policy->thermal_limit_c < limit)
        limit = policy->thermal_limit_c;
    if (channel->learned_limit_c < limit)
        limit = channel->learned_limit_c;
    return limit < (double)INFINITY ? perfadapt__clamp(limit, limit_least_c, limit_most_c) : (double)NAN;
}

/* Where a device can have throttled for heat, below the limit in force. */
static bool may_be_limit(const struct perfadapt__heat_channel *channel, double celsius) {
    return celsius > heat_least_c && !(celsius < channel->limit_c - heat_band_c) &&
           !(celsius > channel->limit_c - below_limit_c);
}

/* What an earlier session has learned holds until this one has learned something itself. It may come late. */
static void recall_limit(struct perfadapt__heat_channel *channel, double remembered_c) {
    if (isnan(channel->learned_limit_c) && may_be_limit(channel, remembered_c))
        channel->learned_limit_c = remembered_c;
}

/* A device that throttles for heat below the limit it states has another one. Power caps and drivers that cry at 34 °C
 * are not heat. */
static void learn_limit(struct perfadapt__heat_channel *channel, uint32_t throttling, double seconds) {
    const bool hot = may_be_limit(channel, channel->temperature_c);
    channel->throttled = throttling == PERFADAPT_THROTTLING_THERMAL && hot ? channel->throttled + 1 : 0;
    if (channel->throttled >= throttled_enough && !(channel->temperature_c > channel->learned_limit_c))
        channel->learned_limit_c = channel->temperature_c;
    else if (throttling != PERFADAPT_THROTTLING_THERMAL)
        channel->learned_limit_c += relearn_c_per_s * seconds; /* NAN stays NAN */
}

static bool is_whole(double celsius) {
    const double part = celsius - (double)(int)celsius; /* plausible ones fit */
    return part < part_least_c && part > -part_least_c;
}

static void take_sample(struct perfadapt__heat_channel *channel, const struct perfadapt__heat_reading *sensor,
                        const struct perfadapt__busy *busy, uint32_t throttling) {
    channel->fresh = true;
    for (int i = 2; i > 0; i--)
        channel->samples_c[i] = channel->samples_c[channel->sample_count ? i - 1 : 0];
    channel->samples_c[0] = sensor->temperature_c;
    channel->sample_count = channel->sample_count < 3 ? channel->sample_count + 1 : 3;
    channel->temperature_c =
        channel->sample_count < 3 ? sensor->temperature_c : perfadapt__median_of_3(channel->samples_c);
    channel->read_ns = sensor->timestamp_ns;
    channel->whole = is_whole(sensor->temperature_c) ? channel->whole + 1 : 0;
    const bool first = channel->heat.learned == 0 && channel->sample_count == 1;
    const double since_s = (double)(sensor->timestamp_ns - channel->learned_ns) * 1e-9;
    const double seconds = first ? 1.0 : perfadapt__clamp(since_s, 0, PERFADAPT__HEAT_GAP_MOST_S);
    if (seconds < learn_gap_s)
        return;
    channel->learned_ns = sensor->timestamp_ns;
    learn_limit(channel, throttling, seconds);
    /* At a limit of its own the device slows down; at one that was set it goes on heating as ever. */
    const bool at_own_limit =
        channel->temperature_c >= channel->stated_c || channel->temperature_c >= channel->learned_limit_c;
    const bool frozen = throttling == PERFADAPT_THROTTLING_THERMAL || at_own_limit;
    perfadapt__heat_learn(&channel->heat, busy, sensor->temperature_c, seconds, frozen);
}

static double target_of(const struct perfadapt__policy *policy, const struct perfadapt__heat_channel *channel) {
    const double quiet = policy->prefer == PERFADAPT__PREFER_QUIET ? quiet_c : 0.0;
    const double reserve_steps = reserve_share / reserve_step_c * channel->heat.unknowns[1 + PERFADAPT__POLE_FAST];
    const double reserve = reserve_step_c * (int)perfadapt__clamp(reserve_steps, 0, reserve_steps_most);
    return channel->limit_c - policy->thermal_margin_c - quiet - reserve;
}

void perfadapt__heat_channel_take(struct perfadapt__heat_channel *channel, const struct perfadapt__heat_reading *raw,
                                  const struct perfadapt__reading *reading, const struct perfadapt__policy *policy,
                                  const struct perfadapt__busy *busy) {
    struct perfadapt__heat_reading sensor = *raw; /* a time to come would make every later sample an old one */
    sensor.timestamp_ns = raw->timestamp_ns < reading->now_ns ? raw->timestamp_ns : reading->now_ns;
    sensor.timestamp_ns = sensor.timestamp_ns > 0 ? sensor.timestamp_ns : 0;
    const bool believed = perfadapt__heat_channel_believes(&sensor);
    const bool asleep = sensor.state == PERFADAPT_STATE_ASLEEP || sensor.state == PERFADAPT_STATE_UNSUPPORTED;
    channel->believed = believed;
    channel->lost = !believed && !asleep;
    if (is_a_limit(sensor.limit_c))
        channel->stated_c = sensor.limit_c; /* one that is not told any more still holds */
    channel->limit_c = limit_of(policy, channel);
    recall_limit(channel, sensor.remembered_c);
    channel->limit_c = limit_of(policy, channel);
    if (believed && (sensor.timestamp_ns > channel->read_ns || !channel->sample_count))
        take_sample(channel, &sensor, busy, reading->throttle);
    channel->limit_c = limit_of(policy, channel);
    channel->target_c = target_of(policy, channel);
    if (believed && reading->now_ns - channel->read_ns > stale_ns)
        channel->believed = false, channel->lost = true;
}

void perfadapt__heat_channel_miss(struct perfadapt__heat_channel *channel, bool excused) {
    channel->lost = !excused && (channel->believed || channel->lost);
    channel->believed = false;
}

bool perfadapt__heat_channel_steers(const struct perfadapt__heat_channel *channel) {
    return channel->believed && !isnan(channel->target_c);
}

double perfadapt__heat_channel_grain_c(const struct perfadapt__heat_channel *channel) {
    return channel->whole >= whole_enough ? 0.5 : 0;
}
