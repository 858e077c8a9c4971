/* SPDX-License-Identifier: MIT */
#include "sampler/schedule.h"

#include "providers/pause.h"

#include <math.h> /* NAN and isnan only: no libm is linked */

int64_t perfadapt__schedule_period_ns(const struct perfadapt__provider_class *type,
                                      const struct perfadapt__activity *activity) {
    const bool fast = type->fast_with_frames ? activity->frames_flow : activity->near_limit;
    if (fast)
        return type->fast_period_ns;
    const bool slow = type->slow_when_cool && activity->cool && !activity->frames_flow;
    return slow ? 2 * type->period_ns : type->period_ns;
}

/* Devices that are slow to answer keep the thread from every other source: their share of its time is kept small. */
int64_t perfadapt__schedule_due_ns(const struct perfadapt__provider_class *type,
                                   const struct perfadapt__activity *activity, int64_t read_ns, int64_t cost_ns) {
    const int64_t period_ns = perfadapt__schedule_period_ns(type, activity);
    const int64_t slow_ns = type->asks_devices ? perfadapt__pause_after(cost_ns) : 0;
    return read_ns + (slow_ns > period_ns ? slow_ns : period_ns);
}

static double join_busy(double a, double b) {
    if (isnan(a))
        return b;
    if (isnan(b))
        return a;
    return a + b < 1.0 ? a + b : 1.0;
}

struct perfadapt__activity perfadapt__schedule_join(struct perfadapt__activity a, struct perfadapt__activity b) {
    return (struct perfadapt__activity){
        .frames_flow = a.frames_flow || b.frames_flow,
        .near_limit = a.near_limit || b.near_limit,
        .gpu_busy = join_busy(a.gpu_busy, b.gpu_busy),
    };
}

struct perfadapt__activity perfadapt__schedule_rest(void) {
    return (struct perfadapt__activity){.gpu_busy = (double)NAN};
}
