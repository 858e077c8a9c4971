/* SPDX-License-Identifier: MIT */
#include "control/memory.h"

#include <math.h> /* NAN only: no libm is linked */
#include <perfadapt/budget.h>
#include <perfadapt/monitor.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const int64_t window_ns = 2 * SECOND;
static const int64_t sample_gap_ns = SECOND / 10;
static const double some_free = 10.0 / 6.0; /* ms of stall per second that are taken as normal (senpai) */
static const double some_tight = 5.0;       /* ms per second from which memory counts as tight */
static const double full_critical = 70.0;   /* ms per second: lmkd's and GLib's threshold for "act now" */
static const double cut_divisor = 20.0;
static const double cut_most = 0.25;
static const double cut_at_once = 0.20;
static const double cut_floor = 0.5; /* of what the process uses */
static const double grow_factor = 1.02;
static const double grown_enough = 1.1;
static const int64_t cut_gap_ns = 2 * SECOND;
static const int64_t grow_gap_ns = 6 * SECOND;
static const int64_t relax_after_ns = 5 * SECOND; /* a state gets better only after this long */
static const int64_t rung_gap_ns = 4 * SECOND;
static const int64_t rung_back_gap_ns = 10 * SECOND;
static const double calm_percent = 0.1;
static const double least_bytes = 16.0 * 1024 * 1024;
static const double told_step = 1.0 / 16; /* of itself: smaller moves are not passed on */

struct stall {
    bool known;
    double some, full; /* ms per second over the window */
};

struct view {
    struct stall machine, cgroup;
    double available, total, resident; /* bytes; below 0 = unknown */
    bool plenty;                       /* more than half of the memory is available */
    bool calm;                         /* no stalls that concern this process, on average */
};

void perfadapt__memory_init(struct perfadapt__memory_control *control) {
    memset(control, 0, sizeof *control);
}

static bool is_ok(const struct perfadapt_metric *metric) {
    return metric->state == PERFADAPT_STATE_OK && isfinite(metric->value) && metric->value >= 0;
}

static double value_or(const struct perfadapt_metric *metric, double otherwise) {
    return is_ok(metric) ? metric->value : otherwise;
}

/* Stalls take no more time than passes: a total that runs ahead, or back, is another cgroup's. */
static bool is_another_total(const struct perfadapt__stall_window *window, double some_us, int64_t time_ns) {
    const double gained_us = some_us - window->some_us[window->newest];
    const double elapsed_us = (double)(time_ns - window->time_ns[window->newest]) / 1000.0;
    return gained_us < 0 || gained_us > 1.5 * elapsed_us + 100000.0;
}

static void add_sample(struct perfadapt__stall_window *window, const struct perfadapt_pressure *pressure) {
    const int64_t time_ns = pressure->some.total.timestamp_ns;
    if (window->count && time_ns - window->time_ns[window->newest] < sample_gap_ns)
        return;
    if (window->count && is_another_total(window, pressure->some.total.value, time_ns))
        window->count = 0;
    window->newest = window->count ? (window->newest + 1) % PERFADAPT__STALL_SAMPLES : 0;
    window->time_ns[window->newest] = time_ns;
    window->some_us[window->newest] = pressure->some.total.value;
    window->full_us[window->newest] = value_or(&pressure->full.total, 0);
    if (window->count < PERFADAPT__STALL_SAMPLES)
        window->count++;
}

/* The oldest sample within the window; with a slow sampler, the one before the newest. */
static uint32_t base_sample(const struct perfadapt__stall_window *window) {
    const int64_t newest_ns = window->time_ns[window->newest];
    uint32_t base = window->newest;
    for (uint32_t back = 1; back < window->count; back++) {
        const uint32_t i = (window->newest + PERFADAPT__STALL_SAMPLES - back) % PERFADAPT__STALL_SAMPLES;
        if (back > 1 && newest_ns - window->time_ns[i] > window_ns)
            break;
        base = i;
    }
    return base;
}

static struct stall measure(struct perfadapt__stall_window *window, const struct perfadapt_pressure *pressure) {
    if (!is_ok(&pressure->some.total))
        return (struct stall){0};
    add_sample(window, pressure);
    const uint32_t base = base_sample(window);
    /* Never less than the whole window: a first short stretch must not be blown up into a rate. */
    const int64_t span_ns = window->time_ns[window->newest] - window->time_ns[base];
    const double seconds = (double)(span_ns > window_ns ? span_ns : window_ns) / (double)SECOND;
    const double some_us = window->some_us[window->newest] - window->some_us[base];
    const double full_us = window->full_us[window->newest] - window->full_us[base];
    return (struct stall){
        .known = true,
        .some = some_us > 0 ? some_us / 1000.0 / seconds : 0,
        .full = full_us > 0 ? full_us / 1000.0 / seconds : 0,
    };
}

static double available_bytes(const struct perfadapt_memory *memory) {
    double available = value_or(&memory->available, -1);
    if (is_ok(&memory->cgroup_limit) && is_ok(&memory->cgroup_current)) {
        const double left = memory->cgroup_limit.value - memory->cgroup_current.value;
        const double own = left > 0 ? left : 0;
        available = available < 0 || own < available ? own : available;
    }
    return available;
}

static struct view look(struct perfadapt__memory_control *control, const struct perfadapt_snapshot *snapshot) {
    const struct perfadapt_pressure *machine = &snapshot->pressure[PERFADAPT_RESOURCE_MEMORY];
    const struct perfadapt_pressure *cgroup = &snapshot->pressure[PERFADAPT_RESOURCE_CGROUP_MEMORY];
    const struct perfadapt_memory *memory = &snapshot->memory;
    const bool own_averages = is_ok(&cgroup->some.avg10);
    const struct perfadapt_pressure *averages = own_averages ? cgroup : machine;
    const double available = available_bytes(memory);
    double total = value_or(&memory->total, -1);
    if (is_ok(&memory->cgroup_limit) && (total < 0 || memory->cgroup_limit.value < total))
        total = memory->cgroup_limit.value;
    const bool plenty = available >= 0 && total > 0 && available > 0.5 * total;
    const bool quiet =
        value_or(&averages->some.avg10, 0) < calm_percent && value_or(&averages->some.avg60, 0) < calm_percent;
    return (struct view){
        .machine = measure(&control->machine, machine),
        .cgroup = measure(&control->cgroup, cgroup),
        .available = available,
        .total = total,
        .resident = value_or(&memory->process_resident, -1),
        .plenty = plenty,
        .calm = quiet || (plenty && !own_averages),
    };
}

/* Stalls that giving memory back can help against: the own cgroup's, or the machine's where it is short of memory.
 * With more than half of it free, another cgroup stalls at a limit of its own. */
static struct stall own_stall(const struct view *view) {
    struct stall stall = view->plenty ? (struct stall){0} : view->machine;
    if (view->cgroup.some > stall.some)
        stall.some = view->cgroup.some;
    if (view->cgroup.full > stall.full)
        stall.full = view->cgroup.full;
    stall.known = view->machine.known || view->cgroup.known;
    return stall;
}

static uint32_t state_called_for(const struct view *view, const struct stall *stall) {
    const double free_share = view->available >= 0 && view->total > 0 ? view->available / view->total : 1.0;
    if (!stall->known && view->available < 0)
        return PERFADAPT_MEMORY_UNKNOWN;
    if (stall->full > full_critical || free_share < 0.03)
        return PERFADAPT_MEMORY_CRITICAL;
    return stall->some > some_tight || free_share < 0.10 ? PERFADAPT_MEMORY_TIGHT : PERFADAPT_MEMORY_RELAXED;
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
    const uint32_t own = control->own_state.state;
    const uint32_t machine = control->machine_state.state;
    return own == PERFADAPT_MEMORY_RELAXED && machine > PERFADAPT_MEMORY_RELAXED ? PERFADAPT_MEMORY_TIGHT : own;
}

static void step_budget(struct perfadapt__memory_control *control, const struct view *view, int64_t now_ns) {
    const struct stall stall = own_stall(view);
    if (!stall.known || view->resident <= 0)
        return;
    const bool may_cut = !control->cut_ns || now_ns - control->cut_ns >= cut_gap_ns;
    if ((stall.some > some_free || stall.full > full_critical) && may_cut) {
        const double excess = stall.some / some_free / cut_divisor;
        double share = excess * excess < cut_most ? excess * excess : cut_most;
        if (stall.full > full_critical && share < cut_at_once)
            share = cut_at_once;
        const bool first = control->budget_bytes <= 0 || control->budget_bytes > view->resident;
        const double base = first ? view->resident : control->budget_bytes;
        /* Below half of what it holds an app cannot go by freeing caches; asking for it only delays the way back. */
        const double floor = view->resident * cut_floor > least_bytes ? view->resident * cut_floor : least_bytes;
        control->budget_bytes = base * (1.0 - share) > floor ? base * (1.0 - share) : floor;
        control->cut_ns = control->grown_ns = now_ns;
    } else if (control->budget_bytes > 0 && view->calm && now_ns - control->grown_ns >= grow_gap_ns) {
        control->budget_bytes *= grow_factor;
        control->grown_ns = now_ns;
        /* Grown past what the process uses: stalls no longer say anything. */
        if (control->budget_bytes > grown_enough * view->resident)
            control->budget_bytes = 0;
    }
}

static uint64_t bytes_to_tell(struct perfadapt__memory_control *control, const struct perfadapt__policy *policy,
                              const struct view *view) {
    double bytes = control->budget_bytes;
    if (view->available >= 0 && view->resident > 0) {
        const double spare = view->available - (double)policy->memory_reserve_bytes;
        const double bound = view->resident + (spare > 0 ? spare / 2 : 0);
        bytes = bytes > 0 && bytes < bound ? bytes : bound;
    }
    if (bytes <= 0)
        return control->told_bytes = PERFADAPT_NO_LIMIT;
    const double told = (double)control->told_bytes;
    const bool cut = control->budget_bytes > 0 && bytes < told;
    if (control->told_bytes == 0 || control->told_bytes == PERFADAPT_NO_LIMIT || cut ||
        bytes > told * (1 + told_step) || bytes < told * (1 - told_step))
        control->told_bytes = (uint64_t)bytes;
    return control->told_bytes;
}

/* Everything stalls although the process was told to shrink: draw less. */
static void step_rung(struct perfadapt__memory_control *control, bool stalled, uint32_t rung, uint32_t rungs,
                      int64_t now_ns) {
    const bool critical = stalled && control->budget_bytes > 0;
    if (!critical && control->own_state.state == PERFADAPT_MEMORY_CRITICAL)
        return;
    if (!control->stepped_ns)
        control->stepped_ns = now_ns;
    if (critical && now_ns - control->stepped_ns >= rung_gap_ns) {
        const uint32_t from = control->rung > rung ? control->rung : rung;
        control->rung = from + 1 < rungs ? from + 1 : rungs - 1;
        control->stepped_ns = now_ns;
    } else if (!critical && control->rung > 0 && now_ns - control->stepped_ns >= rung_back_gap_ns) {
        control->rung--;
        control->stepped_ns = now_ns;
    } else if (!critical && control->rung == 0) {
        control->stepped_ns = now_ns;
    }
}

static struct perfadapt__evidence evidence_of(const struct view *view) {
    const struct stall own = own_stall(view);
    const double some = own.some > 0 ? own.some : view->machine.some;
    if (some > some_free)
        return (struct perfadapt__evidence){.signal = PERFADAPT_SIGNAL_MEMORY_PRESSURE,
                                            .value = some / 10,
                                            .limit = some_free / 10,
                                            .forecast = (double)NAN};
    return (struct perfadapt__evidence){.signal = PERFADAPT_SIGNAL_MEMORY_AVAILABLE,
                                        .value = view->available >= 0 ? view->available : (double)NAN,
                                        .limit = view->total > 0 ? 0.1 * view->total : (double)NAN,
                                        .forecast = (double)NAN};
}

void perfadapt__memory_step(struct perfadapt__memory_control *control, const struct perfadapt__policy *policy,
                            const struct perfadapt_snapshot *snapshot, uint32_t rung, uint32_t rungs, int64_t now_ns,
                            struct perfadapt__caps *caps) {
    const struct view view = look(control, snapshot);
    const struct stall own = own_stall(&view);
    judge(&control->machine_state, state_called_for(&view, &view.machine), now_ns);
    judge(&control->own_state, state_called_for(&view, &own), now_ns);
    step_budget(control, &view, now_ns);
    step_rung(control, own.full > full_critical, rung, rungs, now_ns);
    const bool pressed = control->own_state.state >= PERFADAPT_MEMORY_TIGHT;
    caps->memory_rung = control->rung;
    caps->memory_state = state_to_tell(control);
    caps->memory_bytes = bytes_to_tell(control, policy, &view);
    caps->frames_in_flight = pressed && policy->frames_in_flight > 2 ? 2 : policy->frames_in_flight;
    caps->reasons |= pressed || control->rung || control->budget_bytes > 0 ? PERFADAPT_REASON_MEMORY : 0u;
    caps->confidence += (view.machine.known || view.cgroup.known ? 0.15F : 0.0F) + (view.available >= 0 ? 0.15F : 0.0F);
    caps->memory = evidence_of(&view);
}
