/* SPDX-License-Identifier: MIT */
#include "control/memory.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/budget.h>
#include <perfadapt/monitor.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const double some_tight = 5.0; /* ms of stall per second */
static const double full_critical = 70.0;
static const double leave_factor = 1.25; /* of a level of what is left, to be better again */
static const int64_t relax_after_ns = 5 * SECOND;
static const int64_t rung_gap_ns = 4 * SECOND;
static const int64_t rung_back_gap_ns = 10 * SECOND;

void perfadapt__memory_init(struct perfadapt__memory_control *control) {
    memset(control, 0, sizeof *control);
}

/* --- The state --- */

/* Less is left than its level; where that was so, until there is some more. */
static bool is_below(const struct perfadapt__memory_view *view, bool critical, bool already) {
    const double factor = already ? leave_factor : 1.0;
    bool below = false;
    for (int i = 0; i < PERFADAPT__ROOMS; i++) {
        const struct perfadapt__memory_room *room = &view->rooms[i];
        below |= room->known && room->left < factor * (critical ? room->critical : room->tight);
    }
    return below;
}

static uint32_t state_called_for(const struct perfadapt__memory_view *view, const struct perfadapt__stall *stall,
                                 uint32_t now) {
    if (!stall->known && !perfadapt__memory_nearest(view))
        return PERFADAPT_MEMORY_UNKNOWN;
    if (stall->full > full_critical || is_below(view, true, now >= PERFADAPT_MEMORY_CRITICAL))
        return PERFADAPT_MEMORY_CRITICAL;
    if (stall->some > some_tight || is_below(view, false, now >= PERFADAPT_MEMORY_TIGHT))
        return PERFADAPT_MEMORY_TIGHT;
    return view->sudden || view->steady ? PERFADAPT_MEMORY_TIGHT : PERFADAPT_MEMORY_RELAXED;
}

static void judge(struct perfadapt__memory_judgement *judgement, uint32_t called_for, int64_t now_ns) {
    if (called_for >= judgement->state || called_for == PERFADAPT_MEMORY_UNKNOWN)
        judgement->called_ns = now_ns;
    else if (now_ns - judgement->called_ns < relax_after_ns)
        return;
    judgement->state = called_for;
}

/* What is told is tight wherever tasks stall, and critical only where it concerns this process. */
static uint32_t state_to_tell(const struct perfadapt__memory_control *control) {
    uint32_t state = control->own_state.state;
    if (state == PERFADAPT_MEMORY_RELAXED && control->machine_state.state > PERFADAPT_MEMORY_RELAXED)
        state = PERFADAPT_MEMORY_TIGHT;
    return control->gpu_state.state > state ? control->gpu_state.state : state;
}

/* --- The last resort --- */

static void step_down(struct perfadapt__memory_control *control, uint32_t rung, uint32_t rungs) {
    if (!control->stepped_ns)
        control->stepped_ns = control->now_ns;
    if (control->now_ns - control->stepped_ns < rung_gap_ns)
        return;
    const uint32_t from = control->rung > rung ? control->rung : rung;
    const uint32_t last = rungs > 0 ? rungs - 1 : 0;
    control->rung = from < last ? from + 1 : last;
    control->stepped_ns = control->now_ns;
}

/* Everything stalls although the process was told to shrink as far as it can: draw less. */
static void step_rung(struct perfadapt__memory_control *control, const struct perfadapt__memory_view *view,
                      uint32_t rung, uint32_t rungs) {
    if (view->stuck && perfadapt__memory_budget_is_lowest(&control->budget, view)) {
        step_down(control, rung, rungs);
    } else if (view->stuck || control->own_state.state == PERFADAPT_MEMORY_CRITICAL) {
        return; /* not over yet */
    } else if (control->rung == 0) {
        control->stepped_ns = 0;
    } else if (control->now_ns - control->stepped_ns >= rung_back_gap_ns) {
        control->rung--;
        control->stepped_ns = control->now_ns;
    }
}

/* --- What it rests on --- */

static double bytes_or_nan(double bytes) {
    return perfadapt__is_bytes(bytes) ? bytes : (double)NAN;
}

static struct perfadapt__evidence evidence_of(const struct perfadapt__memory_control *control,
                                              const struct perfadapt__memory_view *view,
                                              const struct perfadapt__reading *reading) {
    const double some = view->own.some > 0 ? view->own.some : view->machine.some;
    const uint32_t gpu_state = control->gpu_state.state;
    const struct perfadapt__memory_room *room = perfadapt__memory_nearest(view);
    struct perfadapt__evidence evidence = {.signal = PERFADAPT_SIGNAL_MEMORY_AVAILABLE,
                                           .value = room ? room->left : (double)NAN,
                                           .limit = room && room->size > 0 ? room->tight : (double)NAN,
                                           .forecast = room ? room->forecast : (double)NAN};
    if (some > PERFADAPT__STALL_FREE)
        evidence = (struct perfadapt__evidence){.signal = PERFADAPT_SIGNAL_MEMORY_PRESSURE,
                                                .value = some / 10, /* percent of the time */
                                                .limit = PERFADAPT__STALL_FREE / 10,
                                                .forecast = (double)NAN};
    else if (gpu_state >= PERFADAPT_MEMORY_TIGHT && gpu_state > control->own_state.state)
        evidence = (struct perfadapt__evidence){.signal = PERFADAPT_SIGNAL_GPU_MEMORY,
                                                .value = bytes_or_nan(reading->gpu_memory_used),
                                                .limit = bytes_or_nan(reading->gpu_memory_budget),
                                                .forecast = (double)NAN};
    return evidence;
}

static void step_states(struct perfadapt__memory_control *control, const struct perfadapt__memory_view *view,
                        uint32_t gpu_called_for) {
    struct perfadapt__memory_judgement *own = &control->own_state;
    struct perfadapt__memory_judgement *machine = &control->machine_state;
    judge(own, state_called_for(view, &view->own, own->state), control->now_ns);
    judge(machine, state_called_for(view, &view->machine, machine->state), control->now_ns);
    judge(&control->gpu_state, gpu_called_for, control->now_ns);
}

void perfadapt__memory_step(struct perfadapt__memory_control *control, const struct perfadapt__policy *policy,
                            const struct perfadapt__reading *reading, uint32_t rung, uint32_t rungs,
                            struct perfadapt__caps *caps) {
    const int64_t least_ns = control->now_ns > 0 ? control->now_ns : 1; /* 0 is "never" */
    control->now_ns = reading->now_ns > least_ns ? reading->now_ns : least_ns;
    const struct perfadapt__memory_view view = perfadapt__memory_look(&control->past, reading, control->now_ns);
    step_states(control, &view,
                perfadapt__gpu_memory_step(&control->gpu, reading->gpu_memory_used, reading->gpu_memory_budget,
                                           control->now_ns));
    const bool tight = control->own_state.state >= PERFADAPT_MEMORY_TIGHT;
    perfadapt__memory_budget_step(&control->budget, policy, &view, tight, control->now_ns);
    step_rung(control, &view, rung, rungs);
    const bool pressed = tight || control->gpu_state.state >= PERFADAPT_MEMORY_TIGHT;
    const bool limited = control->rung > 0 || control->budget.bytes > 0;
    caps->memory_rung = control->rung;
    caps->memory_state = state_to_tell(control);
    caps->memory_bytes = control->budget.told_bytes;
    caps->gpu_memory_bytes = control->gpu.told_bytes;
    caps->reasons |= pressed || limited ? PERFADAPT_REASON_MEMORY : 0u;
    caps->confidence += view.machine.known || view.cgroup.known ? 0.15F : 0.0F;
    caps->confidence += perfadapt__memory_nearest(&view) ? 0.15F : 0.0F;
    caps->memory = evidence_of(control, &view, reading);
}
