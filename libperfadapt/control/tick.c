/* SPDX-License-Identifier: MIT */
#include "control/tick.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <perfadapt/budget.h>
#include <string.h>

static const int64_t far_ns = INT64_C(120000000000);
static const float headroom_step = 0.03F; /* Android's smallest change worth a callback */
static const float near_headroom = 0.7F;  /* 9 °C below the limit */

void perfadapt__tick_init(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy) {
    memset(control, 0, sizeof *control);
    perfadapt__thermal_init(&control->thermal);
    perfadapt__memory_init(&control->memory);
    control->caps.memory_bytes = PERFADAPT_NO_LIMIT;
    control->caps.frames_in_flight = policy->frames_in_flight;
    control->caps.thermal_headroom = NAN;
    control->caps.time_to_throttle_ns = PERFADAPT_THROTTLE_UNKNOWN;
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

static bool differ(const struct perfadapt__caps *a, const struct perfadapt__caps *b) {
    return a->thermal_rung != b->thermal_rung || a->memory_rung != b->memory_rung || a->hold != b->hold ||
           a->reasons != b->reasons || a->memory_bytes != b->memory_bytes ||
           a->frames_in_flight != b->frames_in_flight || a->thermal_state != b->thermal_state ||
           a->memory_state != b->memory_state || a->confidence < b->confidence || a->confidence > b->confidence ||
           forecast_moved(a->time_to_throttle_ns, b->time_to_throttle_ns) ||
           headroom_moved(a->thermal_headroom, b->thermal_headroom);
}

bool perfadapt__tick_step(struct perfadapt__tick_control *control, const struct perfadapt__policy *policy,
                          const struct perfadapt__tick_input *input) {
    struct perfadapt__caps caps = {.generation = control->caps.generation};
    perfadapt__thermal_step(&control->thermal, policy, input->snapshot, input->rung, input->rungs, input->now_ns,
                            &caps);
    perfadapt__memory_step(&control->memory, policy, input->snapshot, input->rung, input->rungs, input->now_ns, &caps);
    if (!differ(&control->caps, &caps))
        return false;
    caps.generation++;
    control->caps = caps;
    return true;
}

bool perfadapt__tick_near_limit(const struct perfadapt__tick_control *control) {
    return control->caps.thermal_headroom >= near_headroom;
}
