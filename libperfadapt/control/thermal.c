/* SPDX-License-Identifier: MIT */
#include "control/thermal.h"

#include "control/clamp.h"
#include "control/root.h"

#include <math.h> /* NAN, INFINITY and isnan only: no libm is linked */
#include <perfadapt/monitor.h>
#include <string.h>

static const double pole_s[PERFADAPT__POLES] = PERFADAPT__POLE_SECONDS;
static const double headroom_band_c = 30.0;    /* Android's definition: 0 at limit - 30 °C */
static const double last_resort_most_c = 0.45; /* the frame rate gives way only this much above the target … */
static const double hitch_share = 0.05;        /* … less what one long frame heats a fast die by, of its gain */
static const double other_least = 0.03;        /* busy by others: less is the noise of two clocks */
static const double other_share = 0.2;         /* of a new second in what others are reckoned to go on with */
static const double busy_most = 2.0;           /* as it heats: see curve.h */
static const double slack_share = 0.15;        /* of the sensor's noise, that a forecast should stay below the target */
static const double slack_noise_most_c = 1.5;
static const double foreseen_most_s = 120.0;
static const double calm_s = 3.0; /* until a calmer state is told, and pace at which headroom grows */

void perfadapt__thermal_init(struct perfadapt__thermal_control *control) {
    memset(control, 0, sizeof *control);
    control->own_busy_ns = control->headroom = (double)NAN;
    control->last_resort_c = last_resort_most_c;
    perfadapt__curve_init(&control->curve, &control->curve_learning);
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

/* --- How busy the GPU is: what the frames know, and what others add --- */

static double others_share(struct perfadapt__thermal_control *control, const struct perfadapt__reading *reading,
                           const struct perfadapt__frame_statistics *frames, double clock, double seconds) {
    const double before_ns = control->own_busy_ns;
    control->own_busy_ns = frames->busy_ns;
    control->own_busy = (double)NAN;
    if (isnan(before_ns) || !(seconds > 0))
        return 0;
    const double own = perfadapt__clamp((frames->busy_ns - before_ns) / (seconds * 1e9), 0, 1);
    control->own_busy = own;
    if (!(reading->busy >= 0))
        return 0;
    const double other = perfadapt__clamp(reading->busy, 0, 1) * clock - own;
    if (!frames->gpu_known)
        return other; /* CPU times stood in for GPU times: what the driver says is right */
    return other > other_least ? other : 0;
}

/* What others add to the heat: on a curve that flattens, less than they would alone. */
static void follow_others(struct perfadapt__thermal_control *control, double other_busy, double seconds) {
    const double own = isnan(control->own_busy) ? 0 : control->own_busy;
    const double other =
        perfadapt__curve_at(&control->curve, own + other_busy) - perfadapt__curve_at(&control->curve, own);
    const double sensor_share = seconds / (PERFADAPT__SENSOR_LAG_SECONDS + seconds);
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        control->other_now[i] += seconds / (pole_s[i] + seconds) * (other - control->other_now[i]);
        control->other_sensed[i] += sensor_share * (control->other_now[i] - control->other_sensed[i]);
    }
    control->other_busy += other_share * (other_busy - control->other_busy);
}

/* Where heat holds the clock down, the same share of time makes another heat. */
static void learn_curve(struct perfadapt__thermal_control *control, const struct perfadapt__reading *reading,
                        double other) {
    const bool unknown = reading->throttle == PERFADAPT_THROTTLING_THERMAL || isnan(control->own_busy);
    const double busy = unknown ? (double)NAN : perfadapt__clamp(control->own_busy + other, 0, 1);
    perfadapt__curve_learn(&control->curve, &control->curve_learning, busy, reading->power_w);
}

void perfadapt__thermal_look(struct perfadapt__thermal_control *control, const struct perfadapt__reading *reading,
                             const struct perfadapt__frame_statistics *frames, double clock) {
    const double seconds = control->looked_ns ? perfadapt__clamp((double)(reading->now_ns - control->looked_ns) * 1e-9,
                                                                 0, PERFADAPT__HEAT_GAP_MOST_S)
                                              : 0.0;
    control->looked_ns = reading->now_ns > 0 ? reading->now_ns : 1;
    const double other = others_share(control, reading, frames, clock, seconds);
    learn_curve(control, reading, other);
    follow_others(control, other, seconds);
}

static void take_busy(struct perfadapt__thermal_control *control, const struct perfadapt__frame_statistics *frames) {
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        control->busy.now[i] = perfadapt__clamp(frames->busy[i] + control->other_now[i], 0, busy_most);
        control->busy.sensed[i] = perfadapt__clamp(frames->sensed[i] + control->other_sensed[i], 0, busy_most);
    }
}

/* --- The sensors --- */

static struct perfadapt__heat_channel *find_channel(struct perfadapt__thermal_control *control, uint32_t key) {
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        if (control->channels[i].key == key)
            return &control->channels[i];
    return NULL;
}

/* A free place, or that of a sensor which has gone without being lost. */
static struct perfadapt__heat_channel *add_channel(struct perfadapt__thermal_control *control,
                                                   const struct perfadapt__heat_reading *reading) {
    struct perfadapt__heat_channel *channel = find_channel(control, 0);
    for (int i = 0; !channel && i < PERFADAPT__HEAT_SENSORS; i++)
        if (!control->channels[i].believed && !control->channels[i].lost)
            channel = &control->channels[i];
    if (!channel)
        return NULL;
    perfadapt__heat_channel_init(channel, reading);
    return channel;
}

static void take_sensor(struct perfadapt__thermal_control *control, const struct perfadapt__policy *policy,
                        const struct perfadapt__reading *reading, const struct perfadapt__heat_reading *sensor) {
    struct perfadapt__heat_channel *channel = sensor->key ? find_channel(control, sensor->key) : NULL;
    if (!channel && perfadapt__heat_channel_believes(sensor) && sensor->key)
        channel = add_channel(control, sensor);
    if (channel)
        perfadapt__heat_channel_take(channel, sensor, reading, policy, &control->busy);
}

static bool is_withdrawn(const struct perfadapt__reading *reading, uint32_t key) {
    return key >= 1 && key <= 64 && reading->withdrawn >> (key - 1) & 1;
}

/* A sensor that is not in the reading any more is lost like one that cannot be read; where there are more sensors than a
 * reading holds, it may just not be among the hottest. One that is known to be none, stuck or replaced by a better one, is
 * not waited for. */
static void miss_sensors(struct perfadapt__thermal_control *control, const struct perfadapt__reading *reading) {
    const bool full = reading->heat_count >= PERFADAPT__HEAT_SENSORS;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++) {
        struct perfadapt__heat_channel *channel = &control->channels[i];
        bool present = channel->key == 0;
        for (uint32_t j = 0; !present && j < reading->heat_count && j < PERFADAPT__HEAT_SENSORS; j++)
            present = reading->heat[j].key == channel->key;
        if (!present)
            perfadapt__heat_channel_miss(channel, full || is_withdrawn(reading, channel->key));
    }
}

/* --- What others ask --- */

double perfadapt__thermal_doubtful_excess_c(const struct perfadapt__thermal_control *control, double own_utilisation,
                                            enum perfadapt__horizon horizon, double doubts) {
    const double utilisation = perfadapt__curve_at(&control->curve, own_utilisation + control->other_busy);
    double worst = -(double)INFINITY;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++) {
        const struct perfadapt__heat_channel *channel = &control->channels[i];
        if (!perfadapt__heat_channel_steers(channel))
            continue;
        double forecast = perfadapt__heat_forecast_c(&channel->heat, &control->busy, utilisation, horizon);
        if (doubts > 0)
            forecast +=
                doubts * perfadapt__root(perfadapt__heat_doubt(&channel->heat, &control->busy, utilisation, horizon));
        worst = larger(worst, forecast - channel->target_c);
    }
    return worst;
}

double perfadapt__thermal_excess_c(const struct perfadapt__thermal_control *control, double own_utilisation,
                                   enum perfadapt__horizon horizon) {
    return perfadapt__thermal_doubtful_excess_c(control, own_utilisation, horizon, 0);
}

static const struct perfadapt__heat_channel *worst_channel(const struct perfadapt__thermal_control *control) {
    const struct perfadapt__heat_channel *worst = NULL;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++) {
        const struct perfadapt__heat_channel *channel = &control->channels[i];
        if (perfadapt__heat_channel_steers(channel) &&
            (!worst || channel->temperature_c - channel->target_c > worst->temperature_c - worst->target_c))
            worst = channel;
    }
    return worst;
}

double perfadapt__thermal_over_c(const struct perfadapt__thermal_control *control, double *out_temperature_c,
                                 double *out_target_c) {
    const struct perfadapt__heat_channel *worst = worst_channel(control);
    *out_temperature_c = worst ? worst->temperature_c : (double)NAN;
    *out_target_c = worst ? worst->target_c : (double)NAN;
    return worst ? worst->temperature_c - worst->target_c : -(double)INFINITY;
}

double perfadapt__thermal_slack_c(const struct perfadapt__thermal_control *control) {
    double noise = 0;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        if (perfadapt__heat_channel_steers(&control->channels[i]))
            noise = larger(noise, perfadapt__heat_noise_c(&control->channels[i].heat));
    return slack_share * perfadapt__clamp(noise, 0, slack_noise_most_c);
}

double perfadapt__thermal_grain_c(const struct perfadapt__thermal_control *control) {
    double grain = 0;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        if (perfadapt__heat_channel_steers(&control->channels[i]))
            grain = larger(grain, perfadapt__heat_channel_grain_c(&control->channels[i]));
    return grain;
}

bool perfadapt__thermal_is_fresh(const struct perfadapt__thermal_control *control) {
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        if (control->channels[i].believed && control->channels[i].fresh)
            return true;
    return false;
}

/* --- What the budget tells --- */

/* With the load as it is, when the forecast crosses the limit; between two horizons along a line. */
static int64_t time_to_throttle_ns(const struct perfadapt__thermal_control *control,
                                   const struct perfadapt__heat_channel *channel) {
    if (channel->temperature_c >= channel->limit_c)
        return 0;
    const double utilisation = control->busy.now[1]; /* of the last seconds */
    double before_c = channel->temperature_c;
    double before_s = 0;
    for (int h = PERFADAPT__AFTER_1_S; h < PERFADAPT__HORIZONS; h++) {
        const double forecast_c =
            perfadapt__heat_forecast_c(&channel->heat, &control->busy, utilisation, (enum perfadapt__horizon)h);
        const double seconds = perfadapt__horizon_seconds((enum perfadapt__horizon)h);
        if (forecast_c >= channel->limit_c && forecast_c > before_c) {
            const double way = perfadapt__clamp((channel->limit_c - before_c) / (forecast_c - before_c), 0, 1);
            return (int64_t)((before_s + way * (seconds - before_s)) * 1e9);
        }
        before_c = forecast_c;
        before_s = seconds;
        if (seconds >= foreseen_most_s)
            break;
    }
    return PERFADAPT_THROTTLE_NOT_FORESEEN;
}

static int64_t soonest_throttle_ns(const struct perfadapt__thermal_control *control) {
    int64_t soonest = PERFADAPT_THROTTLE_UNKNOWN;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++) {
        if (!perfadapt__heat_channel_steers(&control->channels[i]))
            continue;
        const int64_t time_ns = time_to_throttle_ns(control, &control->channels[i]);
        if (soonest < 0 || (time_ns >= 0 && time_ns < soonest))
            soonest = time_ns >= 0 || soonest == PERFADAPT_THROTTLE_UNKNOWN ? time_ns : soonest;
    }
    return soonest;
}

static double headroom_of(const struct perfadapt__thermal_control *control) {
    double headroom = (double)NAN;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++) {
        const struct perfadapt__heat_channel *channel = &control->channels[i];
        if (!perfadapt__heat_channel_steers(channel))
            continue;
        const double own = larger(0, 1.0 - (channel->limit_c - channel->temperature_c) / headroom_band_c);
        headroom = headroom > own ? headroom : own;
    }
    return headroom;
}

static uint32_t state_of(const struct perfadapt__thermal_control *control, double headroom) {
    const struct perfadapt__heat_channel *worst = worst_channel(control);
    if (!worst)
        return PERFADAPT_THERMAL_UNKNOWN;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        if (perfadapt__heat_channel_steers(&control->channels[i]) &&
            control->channels[i].temperature_c >= control->channels[i].limit_c)
            return PERFADAPT_THERMAL_CRITICAL;
    if (worst->temperature_c >= worst->target_c)
        return PERFADAPT_THERMAL_HOT;
    return headroom >= 0.5 ? PERFADAPT_THERMAL_WARM : PERFADAPT_THERMAL_COOL;
}

/* A reading that flickers about a limit is no news ten times a second: worse counts at once, better after a while. */
static void follow_state(struct perfadapt__thermal_control *control, uint32_t state, int64_t now_ns) {
    const bool calmer = state < control->state && state != PERFADAPT_THERMAL_UNKNOWN;
    if (!calmer)
        control->calmer_ns = 0;
    else if (!control->calmer_ns)
        control->calmer_ns = now_ns > 0 ? now_ns : 1;
    if (!calmer || (double)(now_ns - control->calmer_ns) * 1e-9 >= calm_s)
        control->state = state;
}

/* Likewise: nearer to the limit at once, further from it slowly. */
static void follow_headroom(struct perfadapt__thermal_control *control, double headroom, int64_t now_ns) {
    const double seconds =
        perfadapt__clamp((double)(now_ns - control->stepped_ns) * 1e-9, 0, PERFADAPT__HEAT_GAP_MOST_S);
    const bool eases = headroom < control->headroom;
    control->headroom =
        eases ? control->headroom + seconds / (calm_s + seconds) * (headroom - control->headroom) : headroom;
    control->stepped_ns = now_ns;
}

/* The sensor that would be furthest over its target after a second of full load is the one a die's jump would show on. */
static const struct perfadapt__heat_channel *fastest_channel(const struct perfadapt__thermal_control *control) {
    const struct perfadapt__heat_channel *fastest = NULL;
    double worst = 0;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++) {
        const struct perfadapt__heat_channel *channel = &control->channels[i];
        if (!perfadapt__heat_channel_steers(channel) || channel->heat.learned < 2)
            continue;
        const double excess =
            perfadapt__heat_forecast_c(&channel->heat, &control->busy, perfadapt__curve_at(&control->curve, 1.0),
                                       PERFADAPT__AFTER_1_S) -
            channel->target_c;
        if (!fastest || excess > worst) {
            fastest = channel;
            worst = excess;
        }
    }
    return fastest;
}

static void write_model(struct perfadapt__thermal_control *control, struct perfadapt__heat_cap *cap) {
    const struct perfadapt__heat_channel *channel = fastest_channel(control);
    memset(cap, 0, sizeof *cap);
    cap->curve = control->curve;
    if (!channel)
        return;
    const double hitch_c = hitch_share * channel->heat.unknowns[1 + PERFADAPT__POLE_FAST];
    control->last_resort_c = perfadapt__clamp(last_resort_most_c - hitch_c, 0, last_resort_most_c);
    cap->base_c = perfadapt__heat_base_c(&channel->heat);
    cap->target_c = channel->target_c;
    cap->last_resort_c = control->last_resort_c;
    cap->other_busy = control->other_busy;
    for (int i = 0; i < PERFADAPT__POLES; i++) {
        cap->gain_c[i] = channel->heat.unknowns[1 + i];
        cap->other[i] = control->other_now[i];
        for (int j = 0; j < PERFADAPT__POLES; j++)
            cap->doubt[i][j] = channel->heat.covariance[1 + i][1 + j];
    }
}

void perfadapt__thermal_step(struct perfadapt__thermal_control *control, const struct perfadapt__policy *policy,
                             const struct perfadapt__reading *reading, const struct perfadapt__frame_statistics *frames,
                             struct perfadapt__caps *caps) {
    take_busy(control, frames);
    miss_sensors(control, reading);
    bool lost = false;
    bool known = false;
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++)
        control->channels[i].fresh = false;
    for (uint32_t i = 0; i < reading->heat_count && i < PERFADAPT__HEAT_SENSORS; i++)
        take_sensor(control, policy, reading, &reading->heat[i]);
    for (int i = 0; i < PERFADAPT__HEAT_SENSORS; i++) {
        lost |= control->channels[i].lost && !isnan(control->channels[i].target_c);
        known |= perfadapt__heat_channel_steers(&control->channels[i]);
    }
    control->lost_since_ns = !lost ? 0 : control->lost_since_ns ? control->lost_since_ns : reading->now_ns;
    const double headroom = headroom_of(control);
    caps->hold = lost;
    /* A policy lasts: what frames cost under it is what they cost. */
    caps->throttled =
        reading->throttle >= PERFADAPT_THROTTLING_THERMAL && reading->throttle != PERFADAPT_THROTTLING_POLICY;
    follow_headroom(control, headroom, reading->now_ns);
    caps->thermal_headroom = (float)control->headroom;
    follow_state(control, state_of(control, headroom), reading->now_ns);
    caps->thermal_state = control->state;
    caps->time_to_throttle_ns = soonest_throttle_ns(control);
    caps->confidence += known ? (lost ? 0.2F : 0.4F) : 0.0F;
    caps->reasons |= lost ? PERFADAPT_REASON_SENSOR_LOST : 0u;
    write_model(control, &caps->heat);
}
