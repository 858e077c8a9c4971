/* SPDX-License-Identifier: MIT */
#include "control/tick.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <perfadapt/monitor.h>
#include <string.h>

/* A second, with the jitter of a timer: what is learned is learned from seconds, at whatever pace ticks come. */
static const int64_t look_gap_ns = INT64_C(750000000);
static const int64_t far_ns = INT64_C(120000000000);
static const float headroom_step = 0.03F; /* Android's smallest change worth a callback */
static const float near_headroom = 0.7F;  /* 9 °C below the limit */
static const double model_step_c = 0.25;  /* the fast model is passed on when it has moved by this … */
static const double curve_step = 0.01;    /* … or its curve by this */

void perfadapt__tick_init(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy,
                          const struct perfadapt__ladder *ladder) {
    memset(control, 0, sizeof *control);
    perfadapt__load_init(&control->load);
    perfadapt__thermal_init(&control->thermal);
    perfadapt__memory_init(&control->memory);
    perfadapt__power_init(&control->power);
    perfadapt__pace_init(&control->pace);
    perfadapt__knobs_init(&control->knobs, policy);
    perfadapt__yield_init(&control->yield);
    perfadapt__choice_init(&control->choice, ladder);
    control->caps.rung = control->choice.rung;
    control->caps.rung_reasons = control->choice.reasons;
    control->caps.memory_bytes = PERFADAPT_NO_LIMIT;
    control->caps.gpu_memory_bytes = PERFADAPT_NO_LIMIT;
    control->caps.frames_in_flight = policy->frames_in_flight;
    control->caps.worker_threads = policy->worker_threads;
    control->caps.thermal_headroom = NAN;
    control->caps.time_to_throttle_ns = PERFADAPT_THROTTLE_UNKNOWN;
    control->caps.busy = (double)NAN;
    control->caps.spread = control->load.spread;
    control->caps.clock = control->load.clock;
    control->caps.heat.curve = control->thermal.curve;
}

static uint32_t on_ladder(uint32_t rung, const struct perfadapt__ladder *ladder) {
    return rung < ladder->count ? rung : ladder->count - 1;
}

void perfadapt__tick_set_ladder(struct perfadapt__tick_control *control, const struct perfadapt__ladder *ladder,
                                uint32_t rung, uint64_t drops) {
    struct perfadapt__caps *caps = &control->caps;
    perfadapt__choice_begin_at(&control->choice, ladder, rung, drops);
    control->memory.rung = on_ladder(control->memory.rung, ladder);
    control->power.rung = on_ladder(control->power.rung, ladder);
    caps->memory_rung = on_ladder(caps->memory_rung, ladder);
    caps->power_rung = on_ladder(caps->power_rung, ladder);
    caps->yield_rung = on_ladder(caps->yield_rung, ladder);
    caps->rung = control->choice.rung;
    caps->rung_reasons = control->choice.reasons;
    caps->drops_seen = drops;
    caps->generation++;
}

static bool headroom_moved(float before, float after) {
    if (isnan(before) || isnan(after))
        return !isnan(before) != !isnan(after);
    const float moved = after > before ? after - before : before - after;
    return moved >= headroom_step;
}

/* It shrinks as time passes; told again when its kind changes, or it is off by half. Beyond two minutes it is a guess
 * that jumps with every sample, and as good as any other. */
static bool forecast_moved(int64_t before_ns, int64_t after_ns) {
    if (before_ns > far_ns && after_ns > far_ns)
        return false;
    if (before_ns < 0 || after_ns < 0)
        return before_ns != after_ns;
    return after_ns > before_ns / 2 * 3 || before_ns > after_ns / 2 * 3;
}

static bool apart(double a, double b, double step) {
    return a - b > step || b - a > step;
}

static bool model_moved(const struct perfadapt__heat_cap *a, const struct perfadapt__heat_cap *b) {
    bool moved = apart(a->base_c, b->base_c, model_step_c) || apart(a->target_c, b->target_c, 0) ||
                 apart(a->other_busy, b->other_busy, 0.02);
    for (int i = 0; i < PERFADAPT__CURVE_KNOTS; i++)
        moved |= apart(a->curve.heat[i], b->curve.heat[i], curve_step);
    for (int i = 0; i < PERFADAPT__POLES; i++)
        moved |= apart(a->gain_c[i], b->gain_c[i], model_step_c) || apart(a->other[i], b->other[i], 0.02);
    return moved;
}

static double reading_busy(const struct perfadapt__reading *reading) {
    return reading->busy >= 0 && reading->busy <= 1 ? reading->busy : (double)NAN;
}

static bool busy_moved(double before, double after) {
    return isnan(before) || isnan(after) ? !isnan(before) != !isnan(after) : apart(before, after, 0.02);
}

/* What the app may see, or the fast step acts on. */
static bool differ(const struct perfadapt__caps *a, const struct perfadapt__caps *b) {
    return a->drops_seen != b->drops_seen || a->rung != b->rung || a->rung_reasons != b->rung_reasons ||
           a->memory_rung != b->memory_rung || a->power_rung != b->power_rung || a->yield_rung != b->yield_rung ||
           a->hold != b->hold || a->reasons != b->reasons || a->memory_bytes != b->memory_bytes ||
           a->gpu_memory_bytes != b->gpu_memory_bytes || a->pace_ns != b->pace_ns ||
           a->frames_in_flight != b->frames_in_flight || a->worker_threads != b->worker_threads ||
           a->thermal_state != b->thermal_state || a->memory_state != b->memory_state || a->throttled != b->throttled ||
           busy_moved(a->busy, b->busy) || apart((double)a->confidence, (double)b->confidence, 0) ||
           apart(a->clock, b->clock, 0.02) || apart(a->spread, b->spread, 0.01) ||
           forecast_moved(a->time_to_throttle_ns, b->time_to_throttle_ns) ||
           headroom_moved(a->thermal_headroom, b->thermal_headroom) || model_moved(&a->heat, &b->heat);
}

static void choose(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy,
                   const struct perfadapt__ladder *ladder, const struct perfadapt__frame_statistics *frames,
                   const struct perfadapt__reading *reading, struct perfadapt__caps *caps) {
    const struct perfadapt__prospects prospects = {
        .policy = policy,
        .ladder = ladder,
        .load = &control->load,
        .thermal = &control->thermal,
        .frames = frames,
    };
    perfadapt__choice_step(&control->choice, &prospects, reading->now_ns);
    caps->rung = control->choice.rung;
    caps->rung_reasons = control->choice.reasons;
    caps->drops_seen = control->choice.drops_seen;
    caps->choice = control->choice.evidence;
    caps->busy = reading_busy(reading);
    caps->spread = control->load.spread;
    caps->clock = control->load.clock;
}

bool perfadapt__tick_step(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy,
                          const struct perfadapt__ladder *ladder, const struct perfadapt__reading *reading,
                          const struct perfadapt__frame_statistics *frames) {
    const int64_t now_ns = reading->now_ns > control->stepped_ns ? reading->now_ns : control->stepped_ns;
    const bool first = control->looked_ns == 0;
    const bool looks = first || now_ns - control->looked_ns >= look_gap_ns;
    const double seconds = first ? 1.0 : (double)(now_ns - control->looked_ns) * 1e-9;
    const double passed_s = (double)(now_ns - control->stepped_ns) * 1e-9;
    control->stepped_ns = now_ns;
    struct perfadapt__reading in_order = *reading;
    in_order.now_ns = now_ns;
    struct perfadapt__caps caps = {.generation = control->caps.generation};
    perfadapt__load_judge_clock(&control->load, frames, &in_order, first ? 1.0 : passed_s);
    if (looks) {
        control->looked_ns = now_ns > 0 ? now_ns : 1;
        perfadapt__load_step(&control->load, frames, seconds);
        perfadapt__thermal_look(&control->thermal, &in_order, frames, control->load.clock);
    }
    perfadapt__thermal_step(&control->thermal, policy, &in_order, frames, &caps);
    perfadapt__memory_step(&control->memory, policy, &in_order, frames->rung, ladder->count, &caps);
    perfadapt__power_step(&control->power, policy, ladder, &in_order, frames, &control->load, &caps);
    perfadapt__pace_step(&control->pace, ladder, frames, now_ns, &caps);
    perfadapt__knobs_step(&control->knobs, policy, ladder, &in_order, frames, &caps);
    perfadapt__yield_step(&control->yield, policy, ladder, &in_order, frames, &control->load, &caps);
    choose(control, policy, ladder, frames, &in_order, &caps);
    if (!differ(&control->caps, &caps))
        return false;
    caps.generation++;
    control->caps = caps;
    return true;
}

bool perfadapt__tick_near_limit(const struct perfadapt__tick_control *control) {
    return control->caps.thermal_headroom >= near_headroom;
}
