/* SPDX-License-Identifier: MIT */
#include "control/thermal.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <perfadapt/budget.h>
#include <perfadapt/monitor.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const double forecast_s = 8.0;        /* about the fast pole of a handheld: what a cut now can still change */
static const double near_c = 6.0;            /* a forecast alone acts only this near the target: slopes are noisy */
static const double forecast_margin_c = 1.0; /* a step of a coarse sensor is no rise */
static const double guard_c = 0.5;           /* over the target by this, a cut needs no forecast */
static const double loosen_c = 2.0;          /* below the target by this before loosening */
static const double headroom_band_c = 30.0;  /* Android's definition: 0 at limit - 30 °C */
static const double slope_least = 0.01;      /* °C/s; anything flatter foresees nothing */
static const int64_t cut_gap_ns = 1 * SECOND;
static const int64_t dwell_min_ns = 8 * SECOND;
static const int64_t dwell_max_ns = 64 * SECOND;
static const int64_t flip_ns = 60 * SECOND;
static const int64_t lost_patience_ns = 30 * SECOND;
static const int64_t lost_step_gap_ns = 10 * SECOND;

/* What the snapshot says of heat, before any decision. */
struct view {
    bool known;      /* at least one sensor that steers can be believed */
    bool lost;       /* one that steers cannot be read any more */
    double excess_c; /* of the worst sensor: max(T, forecast) - target */
    double over_c;   /* of the hottest sensor against its target: T - target, without forecast */
    double headroom; /* the largest; NAN unknown */
    double temperature_c, target_c, forecast_c; /* of the worst sensor */
    bool at_limit;
    int64_t time_to_throttle_ns;
    int64_t newest_ns;
};

void perfadapt__thermal_init(struct perfadapt__thermal_control *control) {
    memset(control, 0, sizeof *control);
    control->dwell_ns = dwell_min_ns;
}

static void take_throttle_time(struct view *view, double distance_c, double slope) {
    int64_t time_ns = PERFADAPT_THROTTLE_NOT_FORESEEN;
    if (distance_c <= 0)
        time_ns = 0;
    else if (slope > slope_least && distance_c / slope < 3600.0)
        time_ns = (int64_t)(distance_c / slope * (double)SECOND);
    const bool sooner = time_ns >= 0 && (view->time_to_throttle_ns < 0 || time_ns < view->time_to_throttle_ns);
    if (!view->known || sooner)
        view->time_to_throttle_ns = time_ns;
}

static void take_sensor(struct view *view, const struct perfadapt_sensor *sensor, double margin_c) {
    const double temperature = sensor->steering_c;
    const double limit = sensor->limit.value;
    const double target = limit - margin_c;
    const double slope = isnan(sensor->slope_c_per_s) ? 0.0 : sensor->slope_c_per_s;
    const double rise = slope > slope_least ? slope * forecast_s : 0.0;
    const bool near = temperature > target - near_c;
    const double over = temperature - target;
    const double excess = near ? over + rise : over;
    const double headroom = 1.0 - (limit - temperature) / headroom_band_c;
    take_throttle_time(view, limit - temperature, slope);
    if (!view->known || excess > view->excess_c) {
        view->excess_c = excess;
        view->temperature_c = temperature;
        view->target_c = target;
        view->forecast_c = temperature + rise;
    }
    if (!view->known || over > view->over_c)
        view->over_c = over;
    if (!view->known || headroom > view->headroom)
        view->headroom = headroom > 0 ? headroom : 0;
    if (sensor->temperature.timestamp_ns > view->newest_ns)
        view->newest_ns = sensor->temperature.timestamp_ns;
    view->at_limit |= temperature >= limit;
    view->known = true;
}

/* Notes in `seen` which sensors could be believed. */
static struct view look(const struct perfadapt_snapshot *snapshot, double margin_c, uint64_t *seen) {
    struct view view = {.headroom = (double)NAN, .time_to_throttle_ns = PERFADAPT_THROTTLE_UNKNOWN};
    const uint32_t count =
        snapshot->sensor_count < PERFADAPT_SENSORS_MAX ? snapshot->sensor_count : PERFADAPT_SENSORS_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct perfadapt_sensor *sensor = &snapshot->sensors[i];
        if (!sensor->steers || sensor->limit.state != PERFADAPT_STATE_OK)
            continue;
        const uint32_t state = sensor->temperature.state;
        const uint64_t bit = UINT64_C(1) << i;
        if (state == PERFADAPT_STATE_OK && isfinite(sensor->steering_c) && isfinite(sensor->limit.value)) {
            take_sensor(&view, sensor, margin_c);
            *seen |= bit;
        } else if ((state == PERFADAPT_STATE_STALE || state == PERFADAPT_STATE_ERROR) && (*seen & bit)) {
            view.lost = true;
        }
    }
    return view;
}

static void cut(struct perfadapt__thermal_control *control, double excess_c, uint32_t rung, uint32_t rungs,
                int64_t now_ns) {
    if (control->cut_ns && now_ns - control->cut_ns < cut_gap_ns)
        return;
    const uint32_t steps = excess_c > 4.0 ? 4 : excess_c > 2.0 ? 2 : 1;
    const uint32_t from = control->rung > rung ? control->rung : rung;
    control->rung = from + steps < rungs ? from + steps : rungs - 1;
    if (control->loosened_ns && now_ns - control->loosened_ns < flip_ns && control->loosened_ns > control->cut_ns)
        control->dwell_ns = control->dwell_ns * 2 < dwell_max_ns ? control->dwell_ns * 2 : dwell_max_ns;
    control->cut_ns = now_ns;
    control->good_since_ns = 0;
}

static void loosen(struct perfadapt__thermal_control *control, int64_t now_ns) {
    if (!control->good_since_ns)
        control->good_since_ns = now_ns;
    if (now_ns - control->good_since_ns < control->dwell_ns)
        return;
    control->rung--;
    control->loosened_ns = control->good_since_ns = now_ns;
    if (now_ns - control->cut_ns > 4 * flip_ns)
        control->dwell_ns = dwell_min_ns;
}

/* A sensor that counted is lost: wait for it, then move towards the middle, where most devices hold out unwatched. */
static void step_lost(struct perfadapt__thermal_control *control, uint32_t rung, uint32_t rungs, int64_t now_ns) {
    if (!control->lost_since_ns)
        control->lost_since_ns = control->lost_step_ns = now_ns;
    if (now_ns - control->lost_since_ns < lost_patience_ns || now_ns - control->lost_step_ns < lost_step_gap_ns)
        return;
    control->lost_step_ns = now_ns;
    const uint32_t from = control->rung > rung ? control->rung : rung;
    if (from < rungs / 2)
        control->rung = from + 1;
}

static void step_known(struct perfadapt__thermal_control *control, const struct view *view, uint32_t rung,
                       uint32_t rungs, int64_t now_ns) {
    if (view->newest_ns == control->read_ns)
        return;
    control->read_ns = view->newest_ns;
    if (view->over_c > guard_c || view->excess_c > forecast_margin_c)
        cut(control, view->excess_c, rung, rungs, now_ns);
    else if (control->rung > 0 && view->excess_c < -loosen_c)
        loosen(control, now_ns);
    else
        control->good_since_ns = 0;
}

static uint32_t state_of(const struct view *view) {
    if (!view->known)
        return PERFADAPT_THERMAL_UNKNOWN;
    if (view->at_limit)
        return PERFADAPT_THERMAL_CRITICAL;
    if (view->over_c >= 0)
        return PERFADAPT_THERMAL_HOT;
    return view->headroom >= 0.5 ? PERFADAPT_THERMAL_WARM : PERFADAPT_THERMAL_COOL;
}

void perfadapt__thermal_step(struct perfadapt__thermal_control *control, const struct perfadapt__policy *policy,
                             const struct perfadapt_snapshot *snapshot, uint32_t rung, uint32_t rungs, int64_t now_ns,
                             struct perfadapt__caps *caps) {
    const struct view view = look(snapshot, policy->thermal_margin_c, &control->seen);
    if (view.known)
        step_known(control, &view, rung, rungs, now_ns);
    if (view.lost)
        step_lost(control, rung, rungs, now_ns);
    else
        control->lost_since_ns = 0;
    caps->thermal_rung = control->rung;
    caps->hold = view.lost;
    caps->thermal_headroom = (float)view.headroom;
    caps->thermal_state = state_of(&view);
    caps->time_to_throttle_ns = view.time_to_throttle_ns;
    caps->confidence += view.known ? (view.lost ? 0.2F : 0.4F) : 0.0F;
    caps->reasons |= control->rung ? PERFADAPT_REASON_THERMAL : 0u;
    caps->reasons |= view.lost ? PERFADAPT_REASON_SENSOR_LOST : 0u;
    caps->thermal = (struct perfadapt__evidence){
        .signal = view.lost && !view.known ? PERFADAPT_SIGNAL_SENSOR : PERFADAPT_SIGNAL_TEMPERATURE,
        .value = view.known ? view.temperature_c : (double)NAN,
        .limit = view.known ? view.target_c : (double)NAN,
        .forecast = view.known ? view.forecast_c : (double)NAN,
    };
}
